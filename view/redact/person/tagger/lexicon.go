package tagger

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/bits"
)

// A Rec is what the lexicon knows of a word, packed:
//
//	bits 0-2   given: how widely it is a given name, 0 to 7
//	bits 3-5   family: how widely it is a family name, 0 to 7
//	bits 6-8   common: how often ordinary text has it in small letters, 0 to 7
//	bits 9-10  place: 0 none, 1 a small town, 2 a town, 3 a large city, a country or a region
//	bits 11-12 proper: how much of its use inside sentences is capitalised, 0 to 3
//	bits 13-17 class: a Class
//	bit  18    dictionary: a word list has it
//	bit  19    known: the lexicon has it
//	bit  20    organisation: part of a company's or a product's name
type Rec uint32

// The parts of a record.
func (r Rec) given() uint32  { return uint32(r) & 7 }
func (r Rec) family() uint32 { return uint32(r) >> 3 & 7 }
func (r Rec) common() uint32 { return uint32(r) >> 6 & 7 }
func (r Rec) place() uint32  { return uint32(r) >> 9 & 3 }
func (r Rec) proper() uint32 { return uint32(r) >> 11 & 3 }
func (r Rec) class() Class   { return Class(r >> 13 & 31) }
func (r Rec) dict() uint32   { return uint32(r) >> 18 & 1 }
func (r Rec) known() bool    { return r>>19&1 == 1 }
func (r Rec) org() uint32    { return uint32(r) >> 20 & 1 }

// named tells whether the word is anybody's name in the lexicon.
func (r Rec) named() bool { return r&63 != 0 }

// An Entry is what a record is made of.
type Entry struct {
	Given, Family, Common, Place, Proper int
	Class                                Class
	Dict, Org                            bool
}

// Rec packs e.
func (e Entry) Rec() Rec {
	r := Rec(min(e.Given, 7)) | Rec(min(e.Family, 7))<<3 | Rec(min(e.Common, 7))<<6 | Rec(min(e.Place, 3))<<9 | Rec(min(e.Proper, 3))<<11 //nolint:gosec // all within 0 to 7
	r |= Rec(e.Class)<<13 | 1<<19
	if e.Dict {
		r |= 1 << 18
	}
	if e.Org {
		r |= 1 << 20
	}
	return r
}

// A Lexicon finds words by the hash of their folded letters. Two of its words
// never share a hash; a word that is not in it matches one by chance once in 2³².
type Lexicon struct {
	slots []slot
	shift uint
	n     int
	// ordinary holds the rest of the dictionaries' words, in a Bloom filter: a
	// word of nobody's is taken for one of theirs once in about thirty times.
	ordinary []uint64
}

// ordinaryBits is the size of the filter: some eight bits a word.
const ordinaryBits = 22

// AddOrdinary puts a word of a dictionary in, of which no more is known.
func (l *Lexicon) AddOrdinary(hash uint64) {
	for i := range uint64(4) {
		at := ordinaryAt(hash, i)
		l.ordinary[at>>6] |= 1 << (at & 63)
	}
}

func (l *Lexicon) isOrdinary(hash uint64) bool {
	for i := range uint64(4) {
		if at := ordinaryAt(hash, i); l.ordinary[at>>6]>>(at&63)&1 == 0 {
			return false
		}
	}
	return true
}

func ordinaryAt(hash, i uint64) uint64 {
	h := (hash + i*0x9E3779B97F4A7C15) * 0xD6E8FEB86659FD93
	return (h ^ h>>32) * 0xD6E8FEB86659FD93 >> (64 - ordinaryBits)
}

type slot struct {
	print uint32
	rec   Rec
}

// NewLexicon returns an empty lexicon with room for n words.
func NewLexicon(n int) *Lexicon {
	size := uint(bits.Len(uint(max(n, 8)) * 10 / 7)) //nolint:gosec // positive; at most .7 full: the smaller the table, the more of it stays near
	return &Lexicon{slots: make([]slot, 1<<size), shift: 64 - size, ordinary: make([]uint64, 1<<ordinaryBits/64)}
}

// Add puts a word in, by its hash, or replaces what was known of it.
func (l *Lexicon) Add(hash uint64, r Rec) {
	for i := hash * hashMix >> l.shift; ; i = (i + 1) & uint64(len(l.slots)-1) {
		s := &l.slots[i]
		if s.rec == 0 {
			l.n++
		} else if s.print != uint32(hash) { //nolint:gosec // the low half is the print
			continue
		}
		*s = slot{uint32(hash), r} //nolint:gosec // the low half is the print
		return
	}
}

// hashMix spreads a hash over the slots: the low half, which is the print, would else decide both.
const hashMix = 0x9E3779B97F4A7C15

// Lookup returns what is known of a word, 0 where nothing is.
func (l *Lexicon) Lookup(hash uint64) Rec {
	for i := hash * hashMix >> l.shift; l.slots[i].rec != 0; i = (i + 1) & uint64(len(l.slots)-1) {
		s := l.slots[i]
		if s.print == uint32(hash) { //nolint:gosec // the low half is the print
			return s.rec
		}
	}
	return 0
}

// Len returns how many words the lexicon has.
func (l *Lexicon) Len() int { return l.n }

// A Word is a folded word with its record.
type Word struct {
	Text string
	Rec  Rec
}

// errLexicon is a lexicon that does not read as one.
var errLexicon = errors.New("no lexicon")

// write writes the filter and words, which are l's, sorted: their number, then for each the
// length shared with the word before, the rest's length, the rest, and the record.
func (l *Lexicon) write(w io.Writer, words []Word) error {
	var buf []byte
	for _, x := range l.ordinary {
		buf = binary.LittleEndian.AppendUint64(buf, x)
	}
	buf = binary.AppendUvarint(buf, uint64(len(words)))
	last := ""
	for _, x := range words {
		n := 0
		for n < len(last) && n < len(x.Text) && last[n] == x.Text[n] {
			n++
		}
		buf = binary.AppendUvarint(buf, uint64(n))
		buf = binary.AppendUvarint(buf, uint64(len(x.Text)-n))
		buf = append(buf, x.Text[n:]...)
		buf = binary.AppendUvarint(buf, uint64(x.Rec))
		last = x.Text
	}
	if _, err := w.Write(buf); err != nil {
		return fmt.Errorf("write the lexicon: %w", err)
	}
	return nil
}

// maxWords bounds what a lexicon may claim to hold.
const maxWords = 1 << 20

// readLexicon reads what write wrote.
func readLexicon(r *bufio.Reader) (*Lexicon, error) {
	filter := make([]byte, 1<<ordinaryBits/8)
	if _, err := io.ReadFull(r, filter); err != nil {
		return nil, fmt.Errorf("read the dictionary: %w", errors.Join(errLexicon, err))
	}
	n, err := binary.ReadUvarint(r)
	if err != nil || n > maxWords {
		return nil, fmt.Errorf("read how many words: %w", errors.Join(errLexicon, err))
	}
	l := NewLexicon(int(n)) //nolint:gosec // at most maxWords
	for i := range l.ordinary {
		l.ordinary[i] = binary.LittleEndian.Uint64(filter[8*i:])
	}
	var word [256]byte
	have := uint64(0)
	for range n {
		keep, err1 := binary.ReadUvarint(r)
		more, err2 := binary.ReadUvarint(r)
		if err := errors.Join(err1, err2); err != nil || keep > have || more > uint64(len(word))-keep {
			return nil, fmt.Errorf("read a word: %w", errors.Join(errLexicon, err))
		}
		have = keep + more
		_, err := io.ReadFull(r, word[keep:have])
		rec, err2 := binary.ReadUvarint(r)
		if err = errors.Join(err, err2); err != nil || rec == 0 || rec >= 1<<21 {
			return nil, fmt.Errorf("read a word: %w", errors.Join(errLexicon, err))
		}
		l.Add(hashFolded(word[:have]), Rec(rec))
	}
	return l, nil
}

func hashFolded(word []byte) uint64 {
	h := uint64(hashStart)
	for _, b := range word {
		h = (h ^ uint64(b)) * hashPrime
	}
	return h
}
