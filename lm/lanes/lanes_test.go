package lanes_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"licet/lm/lanes"
	"licet/lm/sgemm"
)

// row returns n numbers of many sizes, some zero, some great.
func row(r *rand.Rand, n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(r.NormFloat64() * math.Ldexp(1, r.IntN(12)-6))
		if r.IntN(20) == 0 {
			x[i] = []float32{0, float32(math.Copysign(0, -1)), -200, 150, 1e-40, -1e-30}[r.IntN(6)]
		}
	}
	return x
}

// calls are every function, on a few rows that it may change; what it returns
// goes to the last.
var calls = map[string]func(o *lanes.Ops, x [6][]float32){
	"exps":        func(o *lanes.Ops, x [6][]float32) { x[5][0], x[5][1] = o.Exps(x[0], .25) },
	"softmax":     func(o *lanes.Ops, x [6][]float32) { o.Softmax(x[0], .125) },
	"softmaxBack": func(o *lanes.Ops, x [6][]float32) { o.SoftmaxBack(x[0], x[1], .3) },
	"scale":       func(o *lanes.Ops, x [6][]float32) { o.Scale(x[0], 1.7) },
	"add":         func(o *lanes.Ops, x [6][]float32) { o.Add(x[0], x[1]) },
	"silu":        func(o *lanes.Ops, x [6][]float32) { o.SiLU(x[0], x[1], x[2]) },
	"siluBack":    func(o *lanes.Ops, x [6][]float32) { o.SiLUBack(x[0], x[1], x[2], x[3]) },
	"rms":         func(o *lanes.Ops, x [6][]float32) { x[5][0] = o.InverseRMS(x[0], 1e-5) },
	"normed":      func(o *lanes.Ops, x [6][]float32) { o.Normed(x[0], 1.3, x[1], x[2]) },
	"normBack":    func(o *lanes.Ops, x [6][]float32) { o.NormBack(x[0], x[1], x[2], .7, x[3], x[4]) },
	"turn":        func(o *lanes.Ops, x [6][]float32) { o.Turn(slices.Concat(x[0], x[1], x[2], x[3]), x[4], x[5]) },
	"turnInPlace": func(o *lanes.Ops, x [6][]float32) {
		if n := len(x[0]) / 2; n > 0 {
			o.Turn(x[0][:2*n], x[1][:n], x[2][:n])
		}
	},
	"adam": func(o *lanes.Ops, x [6][]float32) {
		for i, v := range x[3] {
			x[3][i] = float32(math.Abs(float64(v)))
		}
		o.Step(lanes.Adam{B1: .9, B2: .999, C1: .1, C2: .001, K1: 2, K2: 30, Eps: 1e-8, Rate: .01, Decay: .1}, x[0], x[1], x[2], x[3])
	},
}

func TestWidthsAgree(t *testing.T) {
	for name, call := range calls {
		for _, n := range []int{2, 15, 16, 17, 33, 64, 127, 352} {
			for seed := range uint64(20) {
				run := func(k sgemm.Kernel) (x [6][]float32) {
					r := rand.New(rand.NewPCG(seed, uint64(n)))
					for i := range x {
						x[i] = row(r, n)
					}
					call(lanes.For(k), x)
					return x
				}
				want := fmt.Sprintf("%x", run(sgemm.Portable))
				for _, k := range sgemm.Kernels() {
					if got := fmt.Sprintf("%x", run(k)); got != want {
						t.Fatalf("%s of %d numbers on %s: other bits\n got %.300s\nwant %.300s", name, n, k, got, want)
					}
				}
			}
		}
	}
}

func TestExp(t *testing.T) {
	for i := range 4000 {
		x := float32(float64(i)/50 - 40)
		if got, want := float64(lanes.Exp(x)), math.Exp(float64(x)); math.Abs(got/want-1) > 3e-7 {
			t.Fatalf("Exp(%v) = %v, want %v", x, got, want)
		}
	}
}

func BenchmarkSoftmax(b *testing.B) {
	for _, k := range sgemm.Kernels() {
		b.Run(k.String(), func(b *testing.B) {
			o, x := lanes.For(k), make([]float32, 2048)
			for b.Loop() {
				o.Softmax(x, 1)
			}
		})
	}
}
