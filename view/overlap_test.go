package view

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"testing"

	"licet/internal/grams"
)

func TestSorted(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for n := range 200 {
		list := make([]occurrence, n)
		for i := range list {
			list[i] = occurrence{grams.Gram(r.Uint64N(40) << (r.UintN(4) * 16)), uint32(i)} //nolint:gosec // small
		}
		want := slices.Clone(list)
		slices.SortStableFunc(want, func(a, b occurrence) int { return cmp.Compare(a.gram, b.gram) })
		if got, _ := sorted(list, nil); !slices.Equal(got, want) {
			t.Fatalf("%d occurrences are in another order", n)
		}
	}
}
