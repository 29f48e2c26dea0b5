package licet

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
)

// A Digest is the SHA-256 of canonical bytes. Its text form is 64 lower-case
// hexadecimal digits.
type Digest [sha256.Size]byte

// ErrDigest says that a text is not 64 lower-case hexadecimal digits.
var ErrDigest = errors.New("not a digest: want 64 lower-case hexadecimal digits")

// Sum returns the digest of data.
func Sum(data []byte) Digest { return sha256.Sum256(data) }

// ParseDigest reads the text form of a digest.
func ParseDigest(text string) (Digest, error) {
	var d Digest
	if err := d.UnmarshalText([]byte(text)); err != nil {
		return Digest{}, err
	}
	return d, nil
}

// String returns the text form.
func (d Digest) String() string { return hex.EncodeToString(d[:]) }

// Short returns the first 12 digits, for people; never compare them.
func (d Digest) Short() string { return d.String()[:12] }

// IsZero tells whether d is the zero digest, which names nothing.
func (d Digest) IsZero() bool { return d == Digest{} }

// MarshalText writes the text form.
func (d Digest) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads the text form.
func (d *Digest) UnmarshalText(text []byte) error {
	if len(text) != hex.EncodedLen(len(d)) {
		return fmt.Errorf("%w, got %d characters", ErrDigest, len(text))
	}
	for _, c := range text {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return ErrDigest
		}
	}
	_, err := hex.Decode(d[:], text)
	return err
}
