// Package ngram is an interpolated modified Kneser-Ney model over token ids: the
// yardstick that a base is measured against.
//
// The method is the modified Kneser-Ney smoothing of Chen and Goodman (1999), with
// their estimate of its three discounts. A document is a sequence of ids of which the first is its start:
// the same id in every document, nowhere else, and not predicted. No n-gram reaches
// across two documents. One that begins at a start has nothing to its left: its
// lower-order count is the raw one.
package ngram

import (
	"errors"
	"fmt"
	"math"
	"slices"
)

// ErrModel says that a model can't be made of what was given.
var ErrModel = errors.New("no n-gram model")

// MaxOrder is the longest n-gram that is counted.
const MaxOrder = 6

// A Model gives every id of the vocabulary a probability after a context.
// It is immutable and safe for concurrent use.
type Model struct {
	vocab  int
	levels []level // levels[k] holds the n-grams of k+1 tokens
}

// level is a layer of a trie. An n-gram's key is the number of its first n−1
// tokens in the level before, times 2³², plus its last token; its own number is
// the key's place. Keys are sorted, so what follows one context stands together.
type level struct {
	keys   []uint64
	counts []uint32 // of the n-gram: raw at the highest order, else of distinct left neighbours
	// Of what follows each n-gram, in the next level: the sum of counts, and how
	// many have the count 1, 2, and 3 or more. Empty at the highest order.
	total []uint64
	ones  [][3]uint32
	// discount is taken off a count of 1, 2, and 3 or more.
	discount [3]float64
}

// Train counts the n-grams of documents of ids below vocab, up to order tokens.
func Train(docs [][]int32, vocab, order int) (*Model, error) {
	if order < 1 || order > MaxOrder {
		return nil, fmt.Errorf("%w: order %d, want 1 to %d", ErrModel, order, MaxOrder)
	}
	if vocab < 1 {
		return nil, fmt.Errorf("%w: a vocabulary of %d", ErrModel, vocab)
	}
	if err := check(docs, vocab); err != nil {
		return nil, err
	}
	m := &Model{vocab: vocab, levels: make([]level, order)}
	c := newCounter(docs)
	for k := range order {
		m.levels[k] = c.next(k)
	}
	m.lowerCounts(c)
	for k := range m.levels {
		m.levels[k].discount = discounts(m.levels[k].counts)
		m.sumUp(k)
	}
	return m, nil
}

func check(docs [][]int32, vocab int) error {
	start := int32(-1)
	for i, doc := range docs {
		for j, t := range doc {
			if t < 0 || int(t) >= vocab {
				return fmt.Errorf("%w: document %d has token %d, the vocabulary has %d", ErrModel, i, t, vocab)
			}
			if start < 0 {
				start = t
			}
			if (j == 0) != (t == start) {
				return fmt.Errorf("%w: document %d has token %d at %d: every document begins with %d, and none holds it elsewhere", ErrModel, i, t, j, start)
			}
		}
	}
	return nil
}

// sumUp adds up, for each n-gram of level k−1, what follows it in level k. For
// level 0 the one context is the empty one, kept in its own total and ones.
func (m *Model) sumUp(k int) {
	l := &m.levels[k]
	if k == 0 {
		l.total, l.ones = make([]uint64, 1), make([][3]uint32, 1)
		for _, n := range l.counts {
			add(l.total, l.ones, 0, n)
		}
		return
	}
	contexts := len(m.levels[k-1].keys)
	l.total, l.ones = make([]uint64, contexts), make([][3]uint32, contexts)
	for i, key := range l.keys {
		add(l.total, l.ones, int(key>>32), l.counts[i])
	}
}

func add(total []uint64, ones [][3]uint32, at int, n uint32) {
	if n == 0 {
		return
	}
	total[at] += uint64(n)
	ones[at][min(n, 3)-1]++
}

// discounts returns D₁, D₂ and D₃₊ from how many counts are 1, 2, 3 and 4. Where
// there are too few to tell, or they give no discount between 0 and the count, it
// is absolute discounting by a half.
func discounts(counts []uint32) [3]float64 {
	var n [5]float64
	for _, c := range counts {
		if c >= 1 && c <= 4 {
			n[c]++
		}
	}
	out := [3]float64{0.5, 0.5, 0.5}
	if n[1] == 0 || n[2] == 0 {
		return out
	}
	y := n[1] / (n[1] + 2*n[2])
	for i := range out {
		c := float64(i + 1)
		if d := c - (c+1)*y*n[i+2]/n[i+1]; n[i+1] > 0 && d > 0 && d < c {
			out[i] = d
		}
	}
	return out
}

// Prob returns the probability of an id after a context, of which the last
// order−1 ids count. Over all ids of the vocabulary it sums to 1.
func (m *Model) Prob(context []int32, id int32) float64 {
	p := 1 / float64(m.vocab)
	context = context[max(0, len(context)-len(m.levels)+1):]
	for n := 0; n <= len(context); n++ {
		at, ok := 0, true
		if n > 0 {
			at, ok = m.find(context[len(context)-n:])
		}
		if !ok {
			break // a longer context is not there either
		}
		p = m.levels[n].interpolate(at, id, p)
	}
	return p
}

// interpolate returns max(c−D, 0)/Σc + γ·lower for what follows context at.
func (l *level) interpolate(at int, id int32, lower float64) float64 {
	sum := float64(l.total[at])
	if sum == 0 {
		return lower
	}
	var left float64
	for i, n := range l.ones[at] {
		left += l.discount[i] * float64(n)
	}
	p := left / sum * lower
	if i, ok := l.find(at, id); ok && l.counts[i] > 0 {
		c := l.counts[i]
		p += (float64(c) - l.discount[min(c, 3)-1]) / sum
	}
	return p
}

func (l *level) find(parent int, id int32) (int, bool) {
	return slices.BinarySearch(l.keys, key(parent, id))
}

// find returns the number of an n-gram in its level.
func (m *Model) find(gram []int32) (at int, ok bool) {
	for k, id := range gram {
		if at, ok = m.levels[k].find(at, id); !ok {
			return 0, false
		}
	}
	return at, true
}

// Loss returns the mean negative log-probability of documents, in nats a token,
// and over how many tokens: all but the first of each document.
func (m *Model) Loss(docs [][]int32) (nats float64, tokens int) {
	for _, doc := range docs {
		for i := 1; i < len(doc); i++ {
			nats -= math.Log(m.Prob(doc[:i], doc[i]))
			tokens++
		}
	}
	return nats / float64(max(tokens, 1)), tokens
}
