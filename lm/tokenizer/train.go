package tokenizer

import (
	"cmp"
	"iter"
	"maps"
	"slices"
)

// counted is a word of the texts, how often it stands, and its ids so far.
type counted struct {
	ids   []int32
	count int
}

// learner counts the pairs of neighbours in all words.
type learner struct {
	words []counted
	pairs map[pair]int
	where map[pair]map[int]bool // to the words that may hold it
}

// Train learns merges from texts until there are vocab ids, always joining the
// most frequent pair, of equals the one with the smaller ids. It ends early
// when no pair stands twice.
func Train(texts iter.Seq[string], vocab int) (*Tokenizer, error) {
	l := newLearner(texts)
	var merges [][2]int32
	for next := int32(len(specials) + 256); int(next) < vocab; next++ {
		best, ok := l.best()
		if !ok {
			break
		}
		merges = append(merges, [2]int32{best.left, best.right})
		l.join(best, next)
	}
	return New(merges)
}

func newLearner(texts iter.Seq[string]) *learner {
	counts := map[string]int{}
	for text := range texts {
		for len(text) > 0 {
			n := next(text)
			counts[text[:n]]++
			text = text[n:]
		}
	}
	l := &learner{pairs: map[pair]int{}, where: map[pair]map[int]bool{}}
	for _, w := range slices.Sorted(maps.Keys(counts)) {
		ids := make([]int32, len(w))
		for i := range len(w) {
			ids[i] = int32(w[i]) + int32(len(specials))
		}
		l.words = append(l.words, counted{ids, counts[w]})
	}
	for i := range l.words {
		l.count(i, 1)
	}
	return l
}

// count adds the pairs of word i (sign 1) or takes them away (sign -1).
func (l *learner) count(i, sign int) {
	w := l.words[i]
	for j := range len(w.ids) - 1 {
		p := pair{w.ids[j], w.ids[j+1]}
		l.pairs[p] += sign * w.count
		if l.where[p] == nil {
			l.where[p] = map[int]bool{}
		}
		l.where[p][i] = true
	}
}

// best returns the pair to join next; a pair that stands once is not worth an id.
func (l *learner) best() (best pair, ok bool) {
	most := 1
	for p, n := range l.pairs {
		if n > most || n == most && n > 1 && cmp.Or(cmp.Compare(p.left, best.left), cmp.Compare(p.right, best.right)) < 0 {
			best, most = p, n
		}
	}
	return best, most > 1
}

// join makes one token, id, of every p.
func (l *learner) join(p pair, id int32) {
	for i := range l.where[p] {
		l.count(i, -1)
		w := &l.words[i]
		for j := 0; j+1 < len(w.ids); j++ {
			if w.ids[j] == p.left && w.ids[j+1] == p.right {
				w.ids[j] = id
				w.ids = slices.Delete(w.ids, j+1, j+2)
			}
		}
		l.count(i, 1)
	}
	delete(l.pairs, p)
	delete(l.where, p)
}
