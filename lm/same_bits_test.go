package lm

import (
	"testing"

	"licet/lm/sgemm"
)

// TestSameBitsOfEveryShape: what TestSameBits holds for one shape, every kernel
// and number of threads hold for all of them, for training of adapters and of every weight.
func TestSameBitsOfEveryShape(t *testing.T) {
	tok := byBytes(t)
	r := Recipe{Rank: 2, Alpha: 4, LearningRate: 2e-2, FinalShare: 0.1, WeightDecay: 0.1, Clip: 1, Epochs: 2, Batch: 2, Context: 8, Seed: 1}
	docs := [][]int32{{1, 70, 71, 72, 0}, {1, 90, 91, 90, 91, 90, 0}, {1, 5, 0}, {1, 200, 201, 202, 203, 204, 205, 206, 207, 208, 0}}
	for name, c := range shapes(tok.Vocab()) {
		var want [2]Digest
		for _, kernel := range sgemm.Kernels() {
			for _, threads := range []int{1, 2, 5} {
				b, err := NewBase(c, tok, 3)
				if err != nil {
					t.Fatal(err)
				}
				b = b.On(sgemm.New(kernel, threads))
				start, err := NewAdapter(b, r)
				if err != nil {
					t.Fatal(err)
				}
				a, err := Train(t.Context(), b, start, docs, r, nil)
				if err != nil {
					t.Fatal(err)
				}
				m := newNetwork(b, nil, r.Batch, r.Context, true, true)
				if err := m.fit(t.Context(), docs, r, nil); err != nil {
					t.Fatal(err)
				}
				whole, err := newBase(c, tok, b.weights)
				if err != nil {
					t.Fatal(err)
				}
				got := [2]Digest{a.Digest(), whole.Digest()}
				if want == [2]Digest{} {
					want = got
				}
				if got != want {
					t.Errorf("%s: %s on %d threads: other bits", name, kernel, threads)
				}
			}
		}
	}
}
