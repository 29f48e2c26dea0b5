package sgemm_test

import (
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
	"time"

	"licet/lm/sgemm"
)

func random(r *rand.Rand, n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(r.Float64()*2-1) * float32(math.Ldexp(1, r.IntN(20)-10))
	}
	return x
}

// TestFMA compares with exact arithmetic, rounded once.
func TestFMA(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for range 300_000 {
		a, b, c := math.Float32frombits(r.Uint32()), math.Float32frombits(r.Uint32()), math.Float32frombits(r.Uint32())
		if r.IntN(2) == 0 { // close to cancellation and to ties
			c = -float32(float64(a) * float64(b) * (1 + math.Ldexp(float64(r.IntN(9)-4), -24)))
		}
		if f := float64(a) + float64(b) + float64(c); math.IsNaN(f) || math.IsInf(f, 0) {
			continue
		}
		x := new(big.Float).SetPrec(2000).SetFloat64(float64(a))
		x.Mul(x, new(big.Float).SetFloat64(float64(b)))
		x.Add(x, new(big.Float).SetPrec(2000).SetFloat64(float64(c)))
		want, _ := x.Float32()
		if got := sgemm.FMA(a, b, c); got != want {
			t.Fatalf("FMA(%g, %g, %g) = %g, want %g", a, b, c, got, want)
		}
	}
}

func TestKernelsAgree(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 2))
	shapes := [][3]int{{1, 1, 1}, {3, 5, 7}, {12, 32, 256}, {13, 33, 257}, {64, 48, 300}, {200, 100, 40}, {37, 20, 700}, {500, 9, 30}, {5, 500, 24}}
	for _, s := range shapes {
		m, n, k := s[0], s[1], s[2]
		for flags := range 8 {
			transA, transB, acc := flags&1 != 0, flags&2 != 0, flags&4 != 0
			a, b, c := random(r, m*k), random(r, k*n), random(r, m*n)
			lda, ldb := k, n
			if transA {
				lda = m
			}
			if transB {
				ldb = k
			}
			want := append([]float32(nil), c...)
			for i := range m {
				for j := range n {
					sum := want[i*n+j]
					if !acc {
						sum = 0
					}
					for x := range k {
						var av, bv float32
						if transA {
							av = a[x*lda+i]
						} else {
							av = a[i*lda+x]
						}
						if transB {
							bv = b[j*ldb+x]
						} else {
							bv = b[x*ldb+j]
						}
						sum = sgemm.FMA(av, bv, sum)
					}
					want[i*n+j] = sum
				}
			}
			for _, kernel := range sgemm.Kernels() {
				for _, threads := range []int{1, 3} {
					got := append([]float32(nil), c...)
					sgemm.New(kernel, threads).Gemm(transA, transB, m, n, k, a, lda, b, ldb, got, n, acc)
					same(t, fmt.Sprintf("%s, %d threads, %v, flags %d", kernel, threads, s, flags), got, want)
				}
			}
		}
	}
}

func same(t *testing.T, what string, got, want []float32) {
	t.Helper()
	for i := range want {
		if math.Float32bits(got[i]) != math.Float32bits(want[i]) {
			t.Fatalf("%s: element %d is %g, want %g", what, i, got[i], want[i])
		}
	}
}

func BenchmarkGemm(b *testing.B) {
	for _, n := range []int{128, 512, 1024} {
		for _, kernel := range sgemm.Kernels()[1:] {
			for _, threads := range []int{1, 2} {
				b.Run(fmt.Sprintf("%s/%d/%d", kernel, n, threads), func(b *testing.B) {
					e := sgemm.New(kernel, threads)
					x, y, z := make([]float32, n*n), make([]float32, n*n), make([]float32, n*n)
					best := time.Hour
					for b.Loop() {
						begin := time.Now()
						e.Gemm(false, false, n, n, n, x, n, y, n, z, n, false)
						best = min(best, time.Since(begin))
					}
					b.ReportMetric(2*float64(n*n*n)/best.Seconds()/1e9, "GFLOP/s-best")
				})
			}
		}
	}
}
