// Package neardup finds texts that say nearly the same, and keeps one of each:
// a pure function of the set of records, so that a record removed leaves
// exactly what there would be if it had never been.
//
// A text is signed with [Bands] bucket numbers (docs/formats/neardup.md); texts
// that share one of them are near-duplicates. A [Resolver] decides over all
// records at once, an [Index] answers what a change of some of them changes.
//
// The rule has two steps, both without an order of arrival:
//
//  1. of one member's own records, those stay that have the smallest key of the
//     member's records in each of their buckets;
//  2. of these, those are kept that have the smallest key in each of their buckets.
//
// The sets of step 1 are one for each member and don't touch; step 2 reads their
// union. So what is kept is a function of the set of (key, member, buckets),
// whatever was there before: TestIncrementalIsFromScratch.
package neardup

import (
	"bytes"
	"errors"
	"slices"
)

// Version is of the format of [Sign]: texts signed by other versions must be
// signed again.
const Version = 1

const (
	// Bands is how many buckets a text is in.
	Bands = 16
	// Rows is how many minima make a bucket number. Two texts of Jaccard
	// similarity s share a bucket with probability 1-(1-s^Rows)^Bands.
	Rows = 8
	// ShingleWords is how many words make a shingle. A text of fewer words is one shingle.
	ShingleWords = 5
)

// Buckets are the bucket numbers of one text. The band is part of the number,
// so that buckets of different bands are different.
type Buckets [Bands]uint64

// A Key orders records: of near-duplicates the record with the smallest key is
// kept. It is a keyed hash of who the record is, never of when it came, and no
// two records have the same.
type Key [16]byte

// Compare orders keys byte by byte.
func (k Key) Compare(o Key) int { return bytes.Compare(k[:], o[:]) }

// An Entry is what is known of a record here: no text.
type Entry struct {
	Key Key
	// Member stands for the author: the first eight bytes of a keyed hash, or any
	// number that is one member's only. Nothing but equality is read from it.
	Member  uint64
	Buckets Buckets
}

var (
	// ErrNotFound says that no record has the key.
	ErrNotFound = errors.New("no record has this key")
	// ErrSameKey says that two records have one key: nothing could be decided between them.
	ErrSameKey = errors.New("two records have one key")
)

// Sign returns the buckets of a text: a pure function of the text. The zero
// Scratch is ready for use; one goroutine at a time may use it.
func Sign(text string, s *Scratch) Buckets {
	s.shingle(text)
	return s.sketch()
}

// Shingles returns the shingles of a text, as their hashes, in the order of the
// text, repetitions included. They are the caller's.
func Shingles(text string, s *Scratch) []uint64 {
	s.shingle(text)
	return slices.Clone(s.shingles)
}

// A Scratch is room to work in, used again from text to text.
type Scratch struct {
	word     []byte      // the word so far, folded
	words    []uint64    // hashes of the words
	shingles []uint64    // hashes of the shingles
	fold     [1920]int32 // of runes from U+0080 to U+07FF; 0 is not yet known
	salts    [rounds + bins + Bands]uint64
	ready    bool
}
