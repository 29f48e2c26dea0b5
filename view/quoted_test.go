package view

import (
	"math/rand/v2"
	"slices"
	"testing"

	"licet/internal/grams"
)

// TestQuotedFindsWhatWasQuoted compares with a map, for few records and for many, more
// than stay in memory.
func TestQuotedFindsWhatWasQuoted(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for _, records := range []int{0, 1, indexed - 1, indexed, 9000} {
		want := map[recordKey][]grams.Gram{}
		w := quoter{temp: t.TempDir()}
		for from := 0; from < records; from += 100 {
			keys := make([]recordKey, min(100, records-from))
			var list []occurrence
			for rec := range keys {
				for i := range keys[rec] {
					keys[rec][i] = byte(r.Uint32() & 3 * 85) // few values: many begin alike
				}
				for range 1 + r.IntN(90) {
					list = append(list, occurrence{grams.Gram(r.Uint64N(1 << 40)), uint32(rec)}) //nolint:gosec // small
				}
			}
			for _, o := range append(list, list[:len(list)/3]...) { // some twice
				want[keys[o.rec]] = append(want[keys[o.rec]], o.gram)
			}
			if err := w.add(append(list, list[:len(list)/3]...), func(rec uint32) recordKey { return keys[rec] }); err != nil {
				t.Fatal(err)
			}
		}
		q, err := w.done()
		if err != nil {
			t.Fatal(err)
		}
		if many := records == 9000; many != (q.file != nil) || (records >= indexed) != (q.begins != nil) {
			t.Errorf("%d records: a file %v, an index %v", records, q.file != nil, q.begins != nil)
		}
		for k, list := range want {
			slices.Sort(list)
			if got, err := q.of(k); err != nil || !slices.Equal(got, slices.Compact(list)) {
				t.Fatalf("%d records: of %x got %d grams (%v), want %d", records, k, len(got), err, len(list))
			}
		}
		if got, err := q.of(recordKey{9}); got != nil || err != nil {
			t.Errorf("of a record without quotes: %v, %v", got, err)
		}
		if err := q.close(); err != nil {
			t.Error(err)
		}
	}
	var none *quoted
	if got, err := none.of(recordKey{}); got != nil || err != nil || none.close() != nil {
		t.Errorf("of none: %v, %v", got, err)
	}
}
