package ledger

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
)

// ErrWitness says that a witness did not sign.
var ErrWitness = errors.New("the witness did not sign")

// cosignatureKind marks the keys of C2SP tlog-cosignature: Ed25519, with a time.
const cosignatureKind = 4

// A cosigner verifies the signatures of one witness (C2SP tlog-cosignature).
type cosigner struct {
	name string
	id   uint32
	key  ed25519.PublicKey
}

// newCosigner reads a witness's key: NAME+ID+KEY, as signed notes write keys.
func newCosigner(text string) (*cosigner, error) {
	parts := strings.SplitN(strings.TrimSpace(text), "+", 3)
	if len(parts) != 3 || parts[0] == "" {
		return nil, fmt.Errorf("a witness's key has three parts joined by +, not %d", len(parts))
	}
	data, err := base64.StdEncoding.DecodeString(parts[2])
	if err != nil || len(data) != 1+ed25519.PublicKeySize || data[0] != cosignatureKind {
		return nil, fmt.Errorf("the key of witness %s is not one of C2SP tlog-cosignature", parts[0])
	}
	hash := sha256.Sum256(append([]byte(parts[0]+"\n"), data...))
	id := binary.BigEndian.Uint32(hash[:4])
	if fmt.Sprintf("%08x", id) != parts[1] {
		return nil, fmt.Errorf("the key of witness %s is damaged: its id does not belong to it", parts[0])
	}
	return &cosigner{parts[0], id, data[1:]}, nil
}

// Name implements note.Verifier.
func (c *cosigner) Name() string { return c.name }

// KeyHash implements note.Verifier.
func (c *cosigner) KeyHash() uint32 { return c.id }

// Verify implements note.Verifier: sig is a time, in seconds, and a signature over
// it and the checkpoint.
func (c *cosigner) Verify(text, sig []byte) bool {
	if len(sig) != 8+ed25519.SignatureSize {
		return false
	}
	at := binary.BigEndian.Uint64(sig)
	return ed25519.Verify(c.key, fmt.Appendf(nil, "cosignature/v1\ntime %d\n%s", at, text), sig[8:])
}

// A Cosignature says that a witness had seen a checkpoint, consistent with every one
// that it saw before, at a time.
type Cosignature struct {
	Witness string
	Time    time.Time // UTC, by the witness's clock
}

// Cosignatures returns which of the witnesses with these keys have signed a
// checkpoint, and when. A signature of another witness says nothing.
func Cosignatures(signed []byte, keys ...string) ([]Cosignature, error) {
	var out []Cosignature
	for _, k := range keys {
		c, err := newCosigner(k)
		if err != nil {
			return nil, err
		}
		n, err := note.Open(signed, note.VerifierList(c))
		if _, none := errors.AsType[*note.UnverifiedNoteError](err); none {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("the signature of witness %s: %w", c.name, err)
		}
		for _, s := range n.Sigs {
			raw, err := base64.StdEncoding.DecodeString(s.Base64)
			if err != nil || len(raw) < 12 {
				return nil, fmt.Errorf("%w: the signature of witness %s", ErrDamaged, c.name)
			}
			at := int64(binary.BigEndian.Uint64(raw[4:])) //nolint:gosec // signed by the witness
			out = append(out, Cosignature{c.name, time.Unix(at, 0).UTC()})
		}
	}
	return out, nil
}

// A Witness is somebody else's server that signs checkpoints which continue those
// that it has seen (C2SP tlog-witness).
type Witness struct {
	Key string `json:"key"` // NAME+ID+KEY
	URL string `json:"url"` // below which "add-checkpoint" is
}

// witnessTime is how long one witness may take.
const witnessTime = 15 * time.Second

// Cosign asks witnesses to sign the newest checkpoint, and keeps their signatures
// beside it. It returns who signed; with the errors of those who did not.
func (l *Ledger) Cosign(ctx context.Context, witnesses ...Witness) ([]Cosignature, error) {
	signed, size, err := l.Checkpoint(ctx)
	if err != nil {
		return nil, err
	}
	var errs []error
	var keys []string
	for _, w := range witnesses {
		line, err := l.ask(ctx, w, signed, size)
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", w.URL, err))
			continue
		}
		signed, keys = append(signed, line...), append(keys, w.Key)
	}
	if len(keys) == 0 {
		return nil, errors.Join(errs...)
	}
	if err := writeFile(l.cosignedFile(), signed); err != nil {
		return nil, err
	}
	by, err := Cosignatures(signed, keys...)
	return by, errors.Join(append(errs, err)...)
}

func (l *Ledger) cosignedFile() string { return l.o.Checkpoint + ".cosigned" }

// Cosigned returns the newest checkpoint that a witness has signed, if it is one of
// this log and covers the first least events; else the newest of all.
func (l *Ledger) Cosigned(ctx context.Context, least uint64) (signed []byte, size uint64, err error) {
	if signed, err = os.ReadFile(l.cosignedFile()); err == nil {
		if c, err := ReadCheckpoint(signed, l.verifier); err == nil && c.Size >= least {
			if head, err := l.Head(ctx); err == nil && c.Size <= head {
				return signed, c.Size, nil
			}
		}
	}
	return l.Checkpoint(ctx)
}

// ask returns the line with which a witness has signed a checkpoint.
func (l *Ledger) ask(ctx context.Context, w Witness, signed []byte, size uint64) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, witnessTime)
	defer cancel()
	old := uint64(0)
	for range 3 { // it says how much it has seen, unless another process was faster
		body, status, err := l.add(ctx, w, old, signed, size)
		if err != nil {
			return nil, err
		}
		switch status {
		case http.StatusOK:
			return w.line(signed, body)
		case http.StatusConflict:
			seen, err := strconv.ParseUint(strings.TrimSpace(string(body)), 10, 63)
			if err != nil || seen > size {
				return nil, fmt.Errorf("%w: it has seen %.40q events of this log, which has %d: somebody else's log has its name, or this one was rolled back", ErrWitness, body, size)
			}
			old = seen
		default:
			return nil, fmt.Errorf("%w: it answered %d %s", ErrWitness, status, http.StatusText(status))
		}
	}
	return nil, fmt.Errorf("%w: it has seen another size each time", ErrWitness)
}

// add makes one request of C2SP tlog-witness.
func (l *Ledger) add(ctx context.Context, w Witness, old uint64, signed []byte, size uint64) (body []byte, status int, err error) {
	var ask bytes.Buffer
	fmt.Fprintf(&ask, "old %d\n", old)
	if old > 0 && old < size {
		proof, err := l.Consistency(ctx, old, size)
		if err != nil {
			return nil, 0, err
		}
		for _, h := range proof {
			fmt.Fprintf(&ask, "%s\n", base64.StdEncoding.EncodeToString(h[:]))
		}
	}
	fmt.Fprintf(&ask, "\n%s", signed)
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, strings.TrimSuffix(w.URL, "/")+"/add-checkpoint", &ask)
	if err != nil {
		return nil, 0, fmt.Errorf("ask a witness: %w", err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, 0, fmt.Errorf("ask a witness: %w", err)
	}
	defer resp.Body.Close()
	body, err = io.ReadAll(io.LimitReader(resp.Body, 1<<16))
	if err != nil {
		return nil, 0, fmt.Errorf("ask a witness: %w", err)
	}
	return body, resp.StatusCode, nil
}

// line finds the witness's own signature in its answer.
func (w Witness) line(signed, answer []byte) ([]byte, error) {
	for line := range bytes.Lines(answer) {
		if by, err := Cosignatures(append(bytes.Clone(signed), line...), w.Key); err == nil && len(by) > 0 {
			return line, nil
		}
	}
	return nil, fmt.Errorf("%w: its answer holds no signature of its key", ErrWitness)
}
