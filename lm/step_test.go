package lm

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"licet/lm/sgemm"
)

// changed returns a random base of bfloat16 weights and an adapter that changes
// it by about size.
func changed(t *testing.T, c Config, tok *Tokenizer, size float64) (*Base, *Adapter) {
	t.Helper()
	b, err := NewBase(c, tok, 3)
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(5, 5))
	for _, s := range specs(c) {
		data := b.weights[s.name].data
		for i := range data {
			data[i] = roundHalf(data[i] + float32(r.NormFloat64()*0.2))
		}
	}
	a, err := NewAdapter(b, Recipe{Rank: 4, Alpha: 8, Epochs: 1, Batch: 1, Context: 8})
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range a.tensors {
		for i := range x {
			x[i] += float32(r.NormFloat64() * size)
		}
	}
	return b, a
}

// training returns the logits of the network that trains, [token][vocab].
func training(b *Base, a *Adapter, tokens []int32) []float32 {
	n := newNetwork(b, a, 1, len(tokens), false, false)
	n.run(tokens, make([]int, len(tokens)), 1)
	return n.logits
}

// writing returns the logits of the model that writes, which reads `at once`
// tokens together.
func writing(t *testing.T, b *Base, a *Adapter, w Weights, tokens []int32, atOnce int) []float32 {
	t.Helper()
	m, err := NewModel(b, a, w)
	if err != nil {
		t.Fatal(err)
	}
	s, text := newStepper(m), m.memory()
	var all []float32
	for at := 0; at < len(tokens); at += atOnce {
		var rows []row
		for i := at; i < min(len(tokens), at+atOnce); i++ {
			rows = append(rows, row{text, tokens[i], i, true})
		}
		all = append(all, s.read(rows)...)
	}
	return all
}

var someTokens = []int32{1, 70, 71, 72, 90, 91, 5, 0}

// TestWritingIsTheForwardPass: the two are written apart, and give the same
// logits for every shape; the same bits where no weight is rounded: without an
// adapter, and with one that stands beside bfloat16 weights.
func TestWritingIsTheForwardPass(t *testing.T) {
	tok, err := NewTokenizer(nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range shapes(tok.Vocab()) {
		b, a := changed(t, c, tok, 0.1)
		for _, run := range []struct {
			w     Weights
			a     *Adapter
			exact bool
		}{{Float32, nil, true}, {BF16, nil, true}, {BF16, a, true}, {Float32, a, false}} {
			want := training(b, run.a, someTokens)
			for _, atOnce := range []int{1, 3, len(someTokens)} {
				got := writing(t, b, run.a, run.w, someTokens, atOnce)
				for i := range want {
					if run.exact && got[i] != want[i] || math.Abs(float64(got[i]-want[i])) > 1e-4*(1+math.Abs(float64(want[i]))) {
						t.Fatalf("%s, %s, adapter %v, %d together: logit %d is %v, the forward pass has %v", name, run.w, run.a != nil, atOnce, i, got[i], want[i])
					}
				}
			}
		}
	}
}

// TestATinyAdapterIsNotLost: a change far below what weights are rounded to
// changes what is written as it changes the network that trains.
func TestATinyAdapterIsNotLost(t *testing.T) {
	tok, err := NewTokenizer(nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range shapes(tok.Vocab()) {
		b, a := changed(t, c, tok, 0)
		r := rand.New(rand.NewPCG(6, 6))
		for i, x := range a.tensors {
			for j := range x {
				if i%2 == 1 { // B
					x[j] = float32(r.NormFloat64() * 1e-3)
				}
			}
		}
		want := difference(training(b, a, someTokens), training(b, nil, someTokens))
		for _, w := range []Weights{Float32, BF16, Int8} {
			got := difference(writing(t, b, a, w, someTokens, 8), writing(t, b, nil, w, someTokens, 8))
			// Weights of eight bits answer the same change a little differently.
			if most := map[Weights]float64{Float32: 0.02, BF16: 0, Int8: 0.2}[w]; size(difference(got, want)) > most*size(want) || size(want) == 0 {
				t.Errorf("%s, %s: the change of the logits is off by %.3f of itself", name, w, size(difference(got, want))/size(want))
			}
		}
	}
}

func difference(a, b []float32) []float32 {
	d := make([]float32, len(a))
	for i := range a {
		d[i] = a[i] - b[i]
	}
	return d
}

func size(x []float32) float64 {
	var s float64
	for _, v := range x {
		s += float64(v) * float64(v)
	}
	return math.Sqrt(s)
}

// TestLogitsAreTheSameBits: on every kernel and number of threads.
func TestLogitsAreTheSameBits(t *testing.T) {
	tok, err := NewTokenizer(nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range shapes(tok.Vocab()) {
		b, a := changed(t, c, tok, 0.1)
		for _, w := range []Weights{Float32, BF16, Int8} {
			var want []float32
			for _, kernel := range sgemm.Kernels() {
				for _, threads := range []int{1, 3} {
					got := writing(t, b.On(sgemm.New(kernel, threads)), a, w, someTokens, 5)
					if want == nil {
						want = got
					}
					if fmt.Sprint(got) != fmt.Sprint(want) {
						t.Fatalf("%s, %s: %s on %d threads gives other bits", name, w, kernel, threads)
					}
				}
			}
		}
	}
}

// TestRandomModelIsNewModel: what is measured is what writes.
func TestRandomModelIsNewModel(t *testing.T) {
	tok, err := NewTokenizer(nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range shapes(tok.Vocab()) {
		b, err := NewBase(c, tok, 9)
		if err != nil {
			t.Fatal(err)
		}
		want := writing(t, b, nil, Int8, someTokens, 8)
		m, err := RandomModel(c, tok, b.engine, 9, Int8)
		if err != nil {
			t.Fatal(err)
		}
		s, text := newStepper(m), m.memory()
		var rows []row
		for i, token := range someTokens {
			rows = append(rows, row{text, token, i, true})
		}
		if got := s.read(rows); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s: other logits", name)
		}
	}
}
