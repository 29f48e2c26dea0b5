package lm

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// The special tokens. They never come out of Encode.
const (
	TokenEnd   = "<|end|>"   // ends a document
	TokenStart = "<|start|>" // begins one
)

var specials = []string{TokenEnd, TokenStart}

// ErrTokenizer says that a tokenizer file is not one that this package reads.
var ErrTokenizer = errors.New("unsupported tokenizer")

// A Tokenizer is a byte-level byte-pair encoding (Sennrich et al. 2016; bytes
// as in Radford et al. 2019). Token ids: the specials, the 256 bytes, then one
// for each merge. It is immutable and safe for concurrent use.
type Tokenizer struct {
	merges [][2]int32
	rank   map[[2]int32]int32 // to the merged id
	pieces []string           // bytes of every id; empty for specials
	cache  *sync.Map          // word to ids, for short words
}

// NewTokenizer makes a tokenizer from its merges, pairs of ids in order.
func NewTokenizer(merges [][2]int32) (*Tokenizer, error) {
	t := &Tokenizer{rank: map[[2]int32]int32{}, cache: &sync.Map{}}
	for range specials {
		t.pieces = append(t.pieces, "")
	}
	for b := range 256 {
		t.pieces = append(t.pieces, string([]byte{byte(b)}))
	}
	for i, m := range merges {
		n := int32(len(t.pieces))
		for _, id := range m {
			if id < int32(len(specials)) || id >= n {
				return nil, fmt.Errorf("%w: merge %d joins token %d, which does not exist yet", ErrTokenizer, i, id)
			}
		}
		if _, ok := t.rank[m]; ok {
			return nil, fmt.Errorf("%w: merge %d stands twice", ErrTokenizer, i)
		}
		t.rank[m] = n
		t.pieces = append(t.pieces, t.pieces[m[0]]+t.pieces[m[1]])
	}
	t.merges = slices.Clone(merges)
	return t, nil
}

// Vocab returns how many ids there are.
func (t *Tokenizer) Vocab() int { return len(t.pieces) }

// Special returns the id of a special token.
func (t *Tokenizer) Special(name string) (int32, bool) {
	i := slices.Index(specials, name)
	return int32(i), i >= 0
}

// End returns the id of TokenEnd.
func (t *Tokenizer) End() int32 { return 0 }

// Start returns the id of TokenStart.
func (t *Tokenizer) Start() int32 { return 1 }

// Document returns the ids of one document: start, text, end.
func (t *Tokenizer) Document(text string) []int32 {
	return append(append([]int32{t.Start()}, t.Encode(text)...), t.End())
}

// Encode returns the ids of text. Decode gives back the same bytes.
func (t *Tokenizer) Encode(text string) []int32 {
	var out []int32
	for word := range words(text) {
		out = append(out, t.word(word)...)
	}
	return out
}

func (t *Tokenizer) word(word string) []int32 {
	if ids, ok := t.cache.Load(word); ok {
		return ids.([]int32) //nolint:forcetypeassert // only this function stores
	}
	ids := make([]int32, len(word))
	for i := range len(word) {
		ids[i] = int32(word[i]) + int32(len(specials))
	}
	for len(ids) > 1 {
		best, at := int32(len(t.pieces)), -1
		for i := range len(ids) - 1 {
			if id, ok := t.rank[[2]int32{ids[i], ids[i+1]}]; ok && id < best {
				best, at = id, i
			}
		}
		if at < 0 {
			break
		}
		ids[at] = best
		ids = slices.Delete(ids, at+1, at+2)
	}
	if len(word) <= 16 {
		t.cache.Store(strings.Clone(word), ids)
	}
	return ids
}

// Decode returns the bytes of ids as text; specials and unknown ids are nothing.
func (t *Tokenizer) Decode(ids []int32) string {
	var b strings.Builder
	for _, id := range ids {
		if id >= 0 && int(id) < len(t.pieces) {
			b.WriteString(t.pieces[id])
		}
	}
	return b.String()
}

// words cuts text where no merge may reach across: a space goes with the word
// that follows it, letters with letters, each digit alone, other signs together.
func words(text string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for len(text) > 0 {
			n := next(text)
			if !yield(text[:n]) {
				return
			}
			text = text[n:]
		}
	}
}

func next(text string) int {
	i := 0
	if text[0] == ' ' && len(text) > 1 && text[1] != ' ' && text[1] != '\n' {
		i = 1
	}
	r, n := utf8.DecodeRuneInString(text[i:])
	c := class(r)
	i += n
	if c == classDigit {
		return i
	}
	for i < len(text) && i < 64 {
		r, n := utf8.DecodeRuneInString(text[i:])
		if class(r) != c || r == ' ' && i+n < len(text) && text[i+n] != ' ' && c == classSpace {
			break
		}
		i += n
	}
	return i
}

const (
	classLetter = iota
	classDigit
	classSpace
	classSign
)

func class(r rune) int {
	switch {
	case unicode.IsLetter(r) || unicode.IsMark(r):
		return classLetter
	case unicode.IsDigit(r):
		return classDigit
	case unicode.IsSpace(r):
		return classSpace
	}
	return classSign
}

// TrainTokenizer learns merges from texts until there are vocab ids, always
// joining the most frequent pair, of equals the one with the smaller ids.
func TrainTokenizer(texts iter.Seq[string], vocab int) (*Tokenizer, error) {
	counts := map[string]int{}
	for text := range texts {
		for w := range words(text) {
			counts[w]++
		}
	}
	type word struct {
		ids   []int32
		count int
	}
	var list []word
	for _, w := range slices.Sorted(maps.Keys(counts)) {
		ids := make([]int32, len(w))
		for i := range len(w) {
			ids[i] = int32(w[i]) + int32(len(specials))
		}
		list = append(list, word{ids, counts[w]})
	}
	var merges [][2]int32
	pairs := map[[2]int32]int{}
	where := map[[2]int32]map[int]bool{} // pair to the words that may hold it
	count := func(i, sign int) {
		w := list[i]
		for j := range len(w.ids) - 1 {
			p := [2]int32{w.ids[j], w.ids[j+1]}
			pairs[p] += sign * w.count
			if where[p] == nil {
				where[p] = map[int]bool{}
			}
			where[p][i] = true
		}
	}
	for i := range list {
		count(i, 1)
	}
	for next := int32(len(specials) + 256); int(next) < vocab; next++ {
		var best [2]int32
		most := 1 // a pair that stands once is not worth an id
		for p, n := range pairs {
			if n > most || n == most && n > 1 && cmp.Or(cmp.Compare(p[0], best[0]), cmp.Compare(p[1], best[1])) < 0 {
				best, most = p, n
			}
		}
		if most == 1 {
			break
		}
		merges = append(merges, best)
		for i := range where[best] {
			count(i, -1)
			w := &list[i]
			for j := 0; j+1 < len(w.ids); j++ {
				if w.ids[j] == best[0] && w.ids[j+1] == best[1] {
					w.ids[j] = next
					w.ids = slices.Delete(w.ids, j+1, j+2)
				}
			}
			count(i, 1)
		}
		delete(pairs, best)
		delete(where, best)
	}
	return NewTokenizer(merges)
}

type tokenizerFile struct {
	Version  string     `json:"version"`
	Specials []string   `json:"specials"`
	Merges   [][2]int32 `json:"merges"`
}

const tokenizerVersion = "licet-bpe-1"

// MarshalJSON writes the tokenizer's file (docs/formats/base.md).
func (t *Tokenizer) MarshalJSON() ([]byte, error) {
	return json.Marshal(tokenizerFile{tokenizerVersion, specials, t.merges})
}

// ReadTokenizer reads what MarshalJSON wrote.
func ReadTokenizer(data []byte) (*Tokenizer, error) {
	var f tokenizerFile
	if err := json.Unmarshal(data, &f); err != nil {
		return nil, fmt.Errorf("tokenizer: %w", err)
	}
	if f.Version != tokenizerVersion || !slices.Equal(f.Specials, specials) {
		return nil, fmt.Errorf("%w: version %q", ErrTokenizer, f.Version)
	}
	return NewTokenizer(f.Merges)
}

// inside lists the ids below n that can't begin a new word after a word:
// letters and digits without a blank before them, parts of characters, and
// the special tokens.
func (t *Tokenizer) inside(n int) []int32 {
	var out []int32
	for id := range int32(n) { //nolint:gosec // a vocabulary is small
		piece := t.Decode([]int32{id})
		if r, _ := utf8.DecodeRuneInString(piece); r == utf8.RuneError || unicode.IsLetter(r) || unicode.IsDigit(r) || id == t.Start() || id == t.End() {
			out = append(out, id)
		}
	}
	return out
}
