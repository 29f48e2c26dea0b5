// Package score measures how well signatures find near-duplicates: by bin of
// Jaccard similarity, against comparing every pair.
package score

import (
	"fmt"
	"slices"
	"strings"

	"licet/corpus/neardup"
)

// A Row is the pairs whose Jaccard similarity, over sets of shingles, is in [From, To).
type Row struct {
	From, To float64
	Pairs    int
	Found    int // share a bucket
}

// Share is the part of the pairs that was found, or 0 of none.
func (r Row) Share() float64 {
	if r.Pairs == 0 {
		return 0
	}
	return float64(r.Found) / float64(r.Pairs)
}

// A Table is rows from dissimilar to equal.
type Table []Row

// edges are those of the rows. The last row is of pairs with equal sets.
var edges = []float64{0, .1, .2, .3, .4, .5, .6, .7, .8, .85, .9, .95, 1, 2}

func newTable() Table {
	var t Table
	for i := range len(edges) - 1 {
		t = append(t, Row{From: edges[i], To: edges[i+1]})
	}
	return t
}

func (t Table) add(jaccard float64, found bool) {
	for i := range t {
		if jaccard < t[i].To {
			t[i].Pairs++
			if found {
				t[i].Found++
			}
			return
		}
	}
}

// between sums the rows that lie in [from, to).
func (t Table) between(from, to float64) Row {
	sum := Row{From: from, To: to}
	for _, r := range t {
		if r.From >= from && r.To <= to {
			sum.Pairs += r.Pairs
			sum.Found += r.Found
		}
	}
	return sum
}

// Recall is the share found of the pairs with a similarity of at least from,
// and Precision the share of the found pairs that have it. Both need from to be
// where a row begins.
func (t Table) Recall(from float64) float64 { return t.between(from, 2).Share() }

// Precision is described at [Table.Recall].
func (t Table) Precision(from float64) float64 {
	all := t.between(0, 2)
	return Row{Pairs: all.Found, Found: t.between(from, 2).Found}.Share()
}

// String is the table as people read it.
func (t Table) String() string {
	var out strings.Builder
	fmt.Fprintln(&out, "jaccard       pairs    found    share")
	for _, r := range t {
		name := fmt.Sprintf("%.2f to %.2f", r.From, r.To)
		if r.From == 1 {
			name = "equal sets"
		}
		fmt.Fprintf(&out, "%-12s %6d %8d   %.4f\n", name, r.Pairs, r.Found, r.Share())
	}
	return out.String()
}

// Check tells what is below its floor: 95 % found from .8 to .85, 99 % from .9
// on, and of the pairs below .5 no more than 5 %.
func (t Table) Check() error {
	for _, f := range []struct {
		from, to, least, most float64
	}{
		{.8, .85, .95, 1}, {.9, 2, .99, 1}, {0, .5, 0, .05}, {.4, .5, 0, .05},
	} {
		r := t.between(f.from, f.to)
		if s := r.Share(); r.Pairs > 0 && (s < f.least || s > f.most) {
			return fmt.Errorf("near-duplicates with similarity from %v to %v: found %.4f of %d, want from %v to %v", f.from, f.to, s, r.Pairs, f.least, f.most)
		}
	}
	return nil
}

// A Pair is two texts.
type Pair struct{ A, B string }

// Pairs scores each pair by itself.
func Pairs(pairs []Pair) Table {
	t := newTable()
	var s neardup.Scratch
	for _, p := range pairs {
		j := Jaccard(set(neardup.Shingles(p.A, &s)), set(neardup.Shingles(p.B, &s)))
		t.add(j, share(neardup.Sign(p.A, &s), neardup.Sign(p.B, &s)))
	}
	return t
}

// All scores every pair of texts that have a shingle or a bucket in common,
// that is every pair but those with similarity 0 that were rightly not found.
// It takes time and room by the square of how many texts share a shingle.
func All(texts []string) Table {
	sets := make([][]uint64, len(texts))
	mates := map[uint64][]int32{}
	signed := make([]neardup.Buckets, len(texts))
	var s neardup.Scratch
	for i, text := range texts {
		sets[i] = set(neardup.Shingles(text, &s))
		signed[i] = neardup.Sign(text, &s)
		for _, h := range append(slices.Clone(sets[i]), signed[i][:]...) {
			mates[h] = append(mates[h], int32(i)) //nolint:gosec // texts in memory
		}
	}
	t := newTable()
	seen := make([]int32, len(texts)) // by the last text that met it, plus one
	for i := range texts {
		for _, h := range append(slices.Clone(sets[i]), signed[i][:]...) {
			for _, j := range mates[h] {
				if int(j) < i && seen[j] != int32(i)+1 { //nolint:gosec // texts in memory
					seen[j] = int32(i) + 1 //nolint:gosec // texts in memory
					t.add(Jaccard(sets[i], sets[j]), share(signed[i], signed[j]))
				}
			}
		}
	}
	return t
}

func set(shingles []uint64) []uint64 {
	slices.Sort(shingles)
	return slices.Compact(shingles)
}

// Jaccard is the size of the intersection of two sorted sets over that of their union.
func Jaccard(a, b []uint64) float64 {
	both, i, j := 0, 0, 0
	for i < len(a) && j < len(b) {
		switch {
		case a[i] < b[j]:
			i++
		case a[i] > b[j]:
			j++
		default:
			both, i, j = both+1, i+1, j+1
		}
	}
	if len(a)+len(b) == 0 {
		return 1
	}
	return float64(both) / float64(len(a)+len(b)-both)
}

func share(a, b neardup.Buckets) bool {
	for i := range a {
		if a[i] == b[i] {
			return true
		}
	}
	return false
}
