package lm

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"licet/lm/lanes"
	"licet/lm/sgemm"
)

// attendingOnce is attention by its definition, one number at a time: over the
// whole row if whole, else as docs/formats/numerics.md says.
func attendingOnce(m *network, l *layer, rows int, start []int, whole bool) []float32 {
	hd, T, D, kd := m.Config.head(), m.T, m.qWidth(), m.kvWidth()
	out := make([]float32, rows*T*D)
	for b := range rows {
		for h := range m.Heads {
			kv := h / (m.Heads / m.KVHeads)
			for t := range T {
				share := make([]float32, T)
				for s := range T {
					for i := range hd {
						share[s] = sgemm.FMA(l.q[(b*T+t)*D+h*hd+i], l.k[(b*T+s)*kd+kv*hd+i], share[s])
					}
				}
				clear(share[:start[b*T+t]])
				clear(share[t+1:])
				new(lanes.Ops).Softmax(share[start[b*T+t]:t+1], m.rootHead())
				from, to := start[b*T+t/12*12]/12*12, min(T, t/12*12+12)
				if whole {
					from, to = 0, T
				}
				for i := range hd {
					y := &out[(b*T+t)*D+h*hd+i]
					for s := from; s < to; s++ {
						*y = sgemm.FMA(share[s], l.v[(b*T+s)*kd+kv*hd+i], *y)
					}
				}
			}
		}
	}
	return out
}

// TestWhatIsNotSeenIsNotComputed: places that have no share are left out, which
// gives the bits of sums over whole rows, zeros and all.
func TestWhatIsNotSeenIsNotComputed(t *testing.T) {
	tok, err := NewTokenizer(nil)
	if err != nil {
		t.Fatal(err)
	}
	c := Config{Vocab: tok.Vocab(), Width: 36, Layers: 1, Heads: 6, KVHeads: 2, HeadDim: 10, FFN: 24, Context: 64, RopeTheta: 1e4, NormEps: 1e-5, Tied: true}
	base, err := NewBase(c, tok, 3)
	if err != nil {
		t.Fatal(err)
	}
	const rows, T = 2, 59
	r := rand.New(rand.NewPCG(8, 8))
	var start []int
	for range rows { // documents of 1 to 30 tokens
		begin, left := 0, 1
		for at := range T {
			if left--; left == 0 {
				begin, left = at, 1+r.IntN(30)
			}
			start = append(start, begin)
		}
	}
	for _, kernel := range sgemm.Kernels() {
		m := newNetwork(base.On(sgemm.New(kernel, 2)), nil, rows, T, false, false)
		l := m.layers[0]
		for _, x := range [][]float32{l.q, l.k, l.v} {
			for i := range x {
				x[i] = float32(r.NormFloat64())
			}
		}
		m.attend(l, rows, start)
		for _, whole := range []bool{false, true} {
			want := attendingOnce(m, l, rows, start, whole)
			for i := range want {
				if math.Float32bits(l.att[i]) != math.Float32bits(want[i]) {
					t.Fatalf("%s, whole %v: number %d is %v, want %v", kernel, whole, i, l.att[i], want[i])
				}
			}
		}
	}
}

// TestPiecesOfABatch: a batch whose rows follow one another gives an adapter's
// gradients the same bits.
func TestPiecesOfABatch(t *testing.T) {
	tok, err := NewTokenizer(nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range shapes(tok.Vocab()) {
		b, err := NewBase(c, tok, 3)
		if err != nil {
			t.Fatal(err)
		}
		a, err := NewAdapter(b, Recipe{Rank: 4, Alpha: 8, Epochs: 1, Batch: 5, Context: 8})
		if err != nil {
			t.Fatal(err)
		}
		r := rand.New(rand.NewPCG(9, 9))
		for _, x := range a.tensors {
			for i := range x {
				x[i] += float32(r.NormFloat64() * 0.1)
			}
		}
		doc := make([]int32, 37)
		for i := range doc {
			doc[i] = r.Int32N(int32(tok.Vocab())) //nolint:gosec // a small vocabulary
		}
		p := pack([][]int32{doc}, 8)
		var want string
		for _, rows := range []int{5, 2, 1} {
			m := newNetwork(b, a, rows, 8, false, true)
			loss := m.step(p, 0, 5)
			got := fmt.Sprintf("%x %x", loss, m.grads)
			if want == "" {
				want = got
			}
			if got != want {
				t.Errorf("%s: %d rows at once give other bits than 5", name, rows)
			}
		}
		if rowsAtOnce(c, 8) < 5 {
			t.Errorf("%s: room for %d small rows only", name, rowsAtOnce(c, 8))
		}
	}
	large := Config{Vocab: 49152, Width: 576, Layers: 30, Heads: 9, KVHeads: 3, FFN: 1536}
	if n := rowsAtOnce(large, 256); n != 3 {
		t.Errorf("room for %d rows of 256 tokens of 135M parameters, want 3", n)
	}
}

// TestEverySliceBeginsAnew: what an optimizer knew of one slice does not reach
// the next: a slice gives the same adapter whatever was trained before.
func TestEverySliceBeginsAnew(t *testing.T) {
	tok, err := NewTokenizer(nil)
	if err != nil {
		t.Fatal(err)
	}
	b, err := NewBase(shapes(tok.Vocab())["tied"], tok, 3)
	if err != nil {
		t.Fatal(err)
	}
	r := Recipe{Rank: 2, Alpha: 4, LearningRate: 1e-2, Epochs: 2, Batch: 2, Context: 8}
	start, err := NewAdapter(b, r)
	if err != nil {
		t.Fatal(err)
	}
	first, err := Train(t.Context(), b, start, [][]int32{{1, 70, 71, 72, 0}, {1, 90, 91, 0}}, r, nil)
	if err != nil {
		t.Fatal(err)
	}
	next := [][]int32{{1, 80, 81, 82, 83, 0}, {1, 60, 0}}
	second, err := Train(t.Context(), b, first, next, r, nil)
	if err != nil {
		t.Fatal(err)
	}
	data, err := first.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	var read Adapter // all that goes from slice to slice
	if err := read.UnmarshalBinary(data); err != nil {
		t.Fatal(err)
	}
	again, err := Train(t.Context(), b, &read, next, r, nil)
	if err != nil || again.Digest() != second.Digest() {
		t.Errorf("the same slice after the same adapter gives another one (%v)", err)
	}
	if slices.Equal(second.tensors[0], first.tensors[0]) {
		t.Error("the second slice taught nothing")
	}
}
