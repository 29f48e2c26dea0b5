package ngram

import "slices"

// counter walks the documents once for each length of n-gram. ends[i] is the
// number, in the level before, of the n-gram that ends at token i, or −1.
type counter struct {
	tokens []int32
	start  []bool // the token begins a document
	ends   []int32
	// suffix[k] is, for each n-gram of k+1 tokens, what it is without its first
	// token: a number in the level before, or −1.
	suffix [][]int32
	begins [][]bool // the n-gram begins at a document's start
}

func newCounter(docs [][]int32) *counter {
	c := &counter{}
	for _, doc := range docs {
		for i, t := range doc {
			c.tokens = append(c.tokens, t)
			c.start = append(c.start, i == 0)
		}
	}
	return c
}

func key(parent int, id int32) uint64 { return uint64(parent)<<32 | uint64(uint32(id)) } //nolint:gosec // both are not negative

// next finds the n-grams of k+1 tokens. The start alone is one, for contexts
// begin with it, but it is never predicted: its count stays 0.
func (c *counter) next(k int) level {
	keys := make([]uint64, 0, len(c.tokens))
	parent := func(i int) int { // of the n-gram that ends at i, or −1
		switch {
		case k == 0:
			return 0
		case c.start[i]:
			return -1
		}
		return int(c.ends[i-1])
	}
	for i, t := range c.tokens {
		if p := parent(i); p >= 0 {
			keys = append(keys, key(p, t))
		}
	}
	slices.Sort(keys)
	l := level{keys: slices.Clip(slices.Compact(slices.Clone(keys)))}
	l.counts = make([]uint32, len(l.keys))
	at := 0
	for _, x := range keys {
		for l.keys[at] != x {
			at++
		}
		l.counts[at]++
	}
	ends := make([]int32, len(c.tokens))
	suffix, begins := make([]int32, len(l.keys)), make([]bool, len(l.keys))
	for i, t := range c.tokens {
		ends[i] = -1
		p := parent(i)
		if p < 0 {
			continue
		}
		n, _ := slices.BinarySearch(l.keys, key(p, t))
		ends[i] = int32(n) //nolint:gosec // fewer than tokens
		suffix[n] = -1
		if k > 0 {
			suffix[n] = c.ends[i]
		}
		begins[n] = c.start[i-k]
		if k == 0 && c.start[i] {
			l.counts[n] = 0
		}
	}
	c.ends = ends
	c.suffix, c.begins = append(c.suffix, suffix), append(c.begins, begins)
	return l
}

// lowerCounts replaces the counts below the highest order by how many distinct
// tokens stand to the left, except of n-grams that begin a document.
func (m *Model) lowerCounts(c *counter) {
	for k := range len(m.levels) - 1 {
		l := &m.levels[k]
		left := make([]uint32, len(l.counts))
		for _, n := range c.suffix[k+1] {
			left[n]++
		}
		for i := range left {
			if c.begins[k][i] {
				left[i] = l.counts[i]
			}
		}
		l.counts = left
	}
}
