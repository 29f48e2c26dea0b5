package lm

import (
	"math"
	"math/rand/v2"
	"testing"
)

// TestGradients compares the backward pass with finite differences of the
// forward pass, for full and for low-rank training, over two documents a row.
func TestGradients(t *testing.T) {
	tok, err := NewTokenizer(nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, full := range []bool{true, false} {
		b, err := NewBase(Config{Vocab: tok.Vocab(), Width: 16, Layers: 2, Heads: 4, KVHeads: 2, FFN: 24, Context: 16, RopeTheta: 1e4, NormEps: 1e-5, Tied: true}, tok, 3)
		if err != nil {
			t.Fatal(err)
		}
		var a *Adapter
		if !full {
			if a, err = NewAdapter(b, Recipe{Rank: 4, Alpha: 8, Epochs: 1, Batch: 2, Context: 8}); err != nil {
				t.Fatal(err)
			}
		}
		m := newNetwork(b, a, 2, 8, full, true)
		r := rand.New(rand.NewPCG(4, 4))
		for _, p := range m.params {
			for i := range p {
				p[i] += float32(r.NormFloat64() * 0.2)
			}
		}
		p := pack([][]int32{{1, 70, 71, 72, 0}, {1, 90, 91, 90, 91, 90, 0}, {1, 5, 0}}, 8)
		value := func() float64 { return m.step(p, 0, p.rows()) }
		value()
		want := make([][]float32, len(m.grads))
		for i, g := range m.grads {
			want[i] = append([]float32(nil), g...)
		}
		var wrong, size float64
		for k, x := range m.params {
			for range 10 {
				i := r.IntN(len(x))
				old := x[i]
				const e = 1e-2
				x[i] = old + e
				up := value()
				x[i] = old - e
				down := value()
				x[i] = old
				slope := (up - down) / (2 * e)
				d := slope - float64(want[k][i])
				wrong += d * d
				size += slope * slope
			}
		}
		if rel := math.Sqrt(wrong / size); rel > 0.02 {
			t.Errorf("full %v: gradients are off by %.4f of their size", full, rel)
		}
	}
}

func TestFixedFunctions(t *testing.T) {
	for i := range 4000 {
		x := float64(i)/50 - 40
		if got, want := exp(x), math.Exp(x); math.Abs(got/want-1) > 1e-13 {
			t.Fatalf("exp(%v) = %v, want %v", x, got, want)
		}
		if got, want := float64(expf(float32(x))), math.Exp(float64(float32(x))); math.Abs(got/want-1) > 3e-7 {
			t.Fatalf("expf(%v) = %v, want %v", x, got, want)
		}
		y := float64(i)*0.37 + 1e-3
		if got, want := ln(y), math.Log(y); math.Abs(got-want) > 1e-12*(1+math.Abs(want)) {
			t.Fatalf("ln(%v) = %v, want %v", y, got, want)
		}
		s, c := sincos(y)
		if math.Abs(s-math.Sin(y)) > 1e-11 || math.Abs(c-math.Cos(y)) > 1e-11 {
			t.Fatalf("sincos(%v) = %v, %v, want %v, %v", y, s, c, math.Sin(y), math.Cos(y))
		}
	}
}
