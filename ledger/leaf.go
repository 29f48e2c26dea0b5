package ledger

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/gowebpki/jcs"

	"licet"
)

// leafVersion is the version of the bytes that the log commits to
// (docs/formats/leaf.md).
const leafVersion = 1

type leafJSON struct {
	Version    int             `json:"v"`
	Seq        uint64          `json:"seq"`
	Time       int64           `json:"time"` // milliseconds
	Type       licet.EventType `json:"type,omitempty"`
	Body       json.RawMessage `json:"body,omitempty"`
	Commitment string          `json:"commitment,omitempty"`
}

// canonical returns the RFC 8785 form of v.
func canonical(v any) ([]byte, error) {
	data, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	return jcs.Transform(data)
}

// operatorLeaf is what the log commits to for an operator's event: all of it.
func operatorLeaf(seq uint64, at time.Time, t licet.EventType, body json.RawMessage) ([]byte, error) {
	return canonical(leafJSON{Version: leafVersion, Seq: seq, Time: at.UnixMilli(), Type: t, Body: body})
}

// memberLeaf is what the log commits to for a member's event: a salted
// commitment, which says nothing once the salt is gone.
func memberLeaf(seq uint64, at time.Time, commitment licet.Digest) ([]byte, error) {
	return canonical(leafJSON{Version: leafVersion, Seq: seq, Time: at.UnixMilli(), Commitment: commitment.String()})
}

type content struct {
	Type licet.EventType `json:"type"`
	Body json.RawMessage `json:"body"`
}

// commit returns the commitment to a member's event, given its canonical content.
func commit(salt, content []byte) licet.Digest {
	return sha256.Sum256(slices.Concat([]byte("licet-commit-v1\x00"), salt, content))
}

// An Opening is what a member needs to show one of their own events.
type Opening struct {
	Seq  uint64          `json:"seq"`
	Time int64           `json:"time"` // milliseconds since 1970, UTC
	Type licet.EventType `json:"type"`
	Body json.RawMessage `json:"body"`
	Salt string          `json:"salt,omitempty"` // hex; empty: an operator's event, in clear
}

// leaf returns the bytes that the log must hold for the opening to be true.
func (o Opening) leaf() ([]byte, error) {
	at := time.UnixMilli(o.Time).UTC()
	if o.Salt == "" {
		if o.Type.OfMember() {
			return nil, fmt.Errorf("event %d: a member's event without its salt", o.Seq)
		}
		return operatorLeaf(o.Seq, at, o.Type, o.Body)
	}
	if !o.Type.OfMember() {
		return nil, fmt.Errorf("event %d: an operator's event with a salt", o.Seq)
	}
	salt, err := hex.DecodeString(o.Salt)
	if err != nil || len(salt) != sha256.Size || o.Salt != hex.EncodeToString(salt) {
		return nil, fmt.Errorf("event %d: its salt is not 64 hexadecimal digits", o.Seq)
	}
	text, err := canonical(content{o.Type, o.Body})
	if err != nil {
		return nil, fmt.Errorf("event %d: %w", o.Seq, err)
	}
	return memberLeaf(o.Seq, at, commit(salt, text))
}
