// Package neardup is a stand-in.
package neardup

import (
	"bytes"
	"strings"

	"licet"
)

// Buckets are the bucket numbers of one text.
type Buckets [1]uint64

// A Key orders records.
type Key [16]byte

// Compare orders keys.
func (k Key) Compare(o Key) int { return bytes.Compare(k[:], o[:]) }

// An Entry is what is known of a record.
type Entry struct {
	Key     Key
	Member  uint64
	Buckets Buckets
}

// Scratch is room.
type Scratch struct{}

// Sign signs.
func Sign(text string, _ *Scratch) Buckets {
	d := licet.Sum([]byte(strings.Join(strings.Fields(strings.ToLower(text)), " ")))
	var b Buckets
	for i := range b {
		for _, c := range d[:8] {
			b[i] = b[i]<<8 | uint64(c)
		}
	}
	return b
}
