package tokenizer

import (
	"math"
	"slices"
	"strings"
	"sync/atomic"
	"unicode/utf8"

	"github.com/zeebo/xxh3"
)

// A pair of neighbours that may become one token.
type pair struct{ left, right int32 }

// merged is what a pair becomes, and when: lower ranks first.
type merged struct{ rank, id int32 }

const never = math.MaxInt32 // the rank of a pair that is no merge

// A model turns a word into ids: its smallest units, joined by the merges.
type model struct {
	bytes    bool             // the units are bytes, not characters
	ofByte   [256]int32       // id of each byte (or of <0xNN>, where the units are characters); -1: none
	ofRune   map[rune]int32   // where the units are characters
	whole    map[string]int32 // words that are one token whatever the merges say; nil: none
	unknown  int32            // stands for a unit without id; -1: it is left out
	fuse     bool             // one for neighbouring unknown units
	fallback bool             // characters without id are written as their bytes
	merges   map[pair]merged
	border   string // a character that no token has after another; empty: none is known
	cache    *cache
}

// cache remembers the ids of short words. It is of a fixed size: a later word
// takes the place of an earlier one with the same hash. Nothing but speed
// depends on it.
type cache struct {
	slots [1 << 14]atomic.Pointer[cached]
}

type cached struct {
	word string
	ids  []int32
}

const longestCached = 32 // bytes

// encode appends the ids of word to out. A word of a whole text, as Llama 2
// has it, is cut at borders: no merge reaches across one.
func (m *model) encode(out []int32, word string) []int32 {
	for m.border != "" && len(word) > longestCached {
		n := m.cut(word)
		if n == len(word) {
			break
		}
		out = m.encodeWord(out, word[:n])
		word = word[n:]
	}
	return m.encodeWord(out, word)
}

// cut returns where the first border after another character is.
func (m *model) cut(word string) int {
	i := 0
	for strings.HasPrefix(word[i:], m.border) {
		i += len(m.border)
	}
	if n := strings.Index(word[i:], m.border); n >= 0 {
		return i + n
	}
	return len(word)
}

func (m *model) encodeWord(out []int32, word string) []int32 {
	if len(word) > longestCached {
		return m.merge(out, word)
	}
	slot := &m.cache.slots[xxh3.HashString(word)%uint64(len(m.cache.slots))]
	if c := slot.Load(); c != nil && c.word == word {
		return append(out, c.ids...)
	}
	at := len(out)
	out = m.merge(out, word)
	slot.Store(&cached{strings.Clone(word), slices.Clone(out[at:])})
	return out
}

func (m *model) merge(out []int32, word string) []int32 {
	if m.whole != nil {
		if id, ok := m.whole[word]; ok {
			return append(out, id)
		}
	}
	at := len(out)
	out = m.units(out, word)
	return out[:at+m.join(out[at:])]
}

// units appends the ids of the smallest units of word.
func (m *model) units(out []int32, word string) []int32 {
	unknown := 0 // units that wait to be written as unknown
	flush := func() {
		if unknown > 0 && m.unknown >= 0 {
			if m.fuse {
				unknown = 1
			}
			for range unknown {
				out = append(out, m.unknown)
			}
		}
		unknown = 0
	}
	if m.bytes {
		for i := range len(word) {
			if id := m.ofByte[word[i]]; id >= 0 {
				flush()
				out = append(out, id)
			} else {
				unknown++
			}
		}
		flush()
		return out
	}
	for len(word) > 0 {
		r, n := utf8.DecodeRuneInString(word)
		unit := word[:n]
		word = word[n:]
		if id, ok := m.ofRune[r]; ok && (r != utf8.RuneError || n > 1) {
			flush()
			out = append(out, id)
		} else if m.fallback && m.spelled(unit) {
			for i := range n {
				out = append(out, m.ofByte[unit[i]])
			}
		} else {
			unknown++
		}
	}
	flush()
	return out
}

// spelled tells whether every byte of unit has an id.
func (m *model) spelled(unit string) bool {
	for i := range len(unit) {
		if m.ofByte[unit[i]] < 0 {
			return false
		}
	}
	return true
}

const shortest = 48 // symbols; fewer are joined by looking at all of them again

// join merges ids in place, always the pair of the lowest rank, of equals the
// leftmost, and returns how many are left.
func (m *model) join(ids []int32) int {
	if len(ids) > shortest {
		return m.joinLong(ids)
	}
	var next [shortest]merged // what ids[i] and ids[i+1] become
	n := len(ids)
	for i := range n - 1 {
		next[i] = m.becomes(ids[i], ids[i+1])
	}
	for n > 1 {
		at := 0
		for i := 1; i < n-1; i++ {
			if next[i].rank < next[at].rank {
				at = i
			}
		}
		if next[at].rank == never {
			break
		}
		ids[at] = next[at].id
		copy(ids[at+1:n-1], ids[at+2:n])
		if at+2 < n {
			copy(next[at+1:], next[at+2:n-1])
		}
		n--
		if at > 0 {
			next[at-1] = m.becomes(ids[at-1], ids[at])
		}
		if at+1 < n {
			next[at] = m.becomes(ids[at], ids[at+1])
		}
	}
	return n
}

func (m *model) becomes(left, right int32) merged {
	if to, ok := m.merges[pair{left, right}]; ok {
		return to
	}
	return merged{rank: never}
}

// joinLong does the same for words of any length in n·log n steps: symbols are
// a linked list, pairs wait in a heap by rank and place.
func (m *model) joinLong(ids []int32) int {
	n := int32(len(ids)) //nolint:gosec // a text is below 2 GiB
	left, right := make([]int32, n), make([]int32, n)
	var waiting heap
	push := func(i int32) {
		if right[i] < n {
			if to := m.becomes(ids[i], ids[right[i]]); to.rank != never {
				waiting.push(uint64(to.rank)<<32 | uint64(i)) //nolint:gosec // both are not negative
			}
		}
	}
	for i := range n {
		left[i], right[i] = i-1, i+1
	}
	for i := range n {
		push(i)
	}
	for len(waiting) > 0 {
		top := waiting.pop()
		i := int32(top & math.MaxUint32) //nolint:gosec // it was one
		if ids[i] < 0 || right[i] >= n {
			continue
		}
		to := m.becomes(ids[i], ids[right[i]])
		if uint64(to.rank) != top>>32 { //nolint:gosec // not negative
			continue // one of the two has become something else
		}
		gone := right[i]
		ids[i], ids[gone] = to.id, -1
		right[i] = right[gone]
		if right[i] < n {
			left[right[i]] = i
		}
		if left[i] >= 0 {
			push(left[i])
		}
		push(i)
	}
	kept := 0
	for i := int32(0); i < n; i = right[i] {
		ids[kept] = ids[i]
		kept++
	}
	return kept
}

// heap is a binary heap, the least first.
type heap []uint64

func (h *heap) push(x uint64) {
	s := append(*h, x)
	i := len(s) - 1
	for i > 0 && s[(i-1)/2] > x {
		s[i] = s[(i-1)/2]
		i = (i - 1) / 2
	}
	s[i] = x
	*h = s
}

func (h *heap) pop() uint64 {
	s := *h
	top, x := s[0], s[len(s)-1]
	s = s[:len(s)-1]
	*h = s
	i := 0
	for {
		c := 2*i + 1
		if c >= len(s) {
			break
		}
		if c+1 < len(s) && s[c+1] < s[c] {
			c++
		}
		if s[c] >= x {
			break
		}
		s[i] = s[c]
		i = c
	}
	if len(s) > 0 {
		s[i] = x
	}
	return top
}
