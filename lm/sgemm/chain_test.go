package sgemm_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"licet/lm/sgemm"
)

// half rounds to what a bfloat16 can hold.
func half(x []float32) []float32 {
	for i, v := range x {
		x[i] = math.Float32frombits(math.Float32bits(v) &^ 0xffff)
	}
	return x
}

// TestChainIsOneSum: two terms, one laid out once and one of half the width, are
// the chain that one product of their sides put together is.
func TestChainIsOneSum(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 5))
	for _, s := range [][4]int{{1, 1, 1, 1}, {13, 40, 300, 8}, {130, 70, 1300, 3}} {
		m, n, k, rank := s[0], s[1], s[2], s[3]
		a, b, low, up := random(r, m*k), half(random(r, n*k)), random(r, m*rank), random(r, n*rank)
		c := random(r, m*n)
		want := append([]float32(nil), c...)
		one := sgemm.New(sgemm.Portable, 1)
		one.Gemm(false, true, m, n, k, a, k, b, k, want, n, true)
		one.Gemm(false, true, m, n, rank, low, rank, up, rank, want, n, true)
		for _, kernel := range sgemm.Kernels() {
			e := sgemm.New(kernel, 1)
			got := append([]float32(nil), c...)
			x, y := e.Left(m, k, a, k), e.Left(m, rank, low, rank)
			second := e.Empty(n, rank)
			second.Set(random(r, n*rank), rank, true)
			second.Set(up, rank, true)
			e.Chain(got, n, true, sgemm.Term{A: x, B: e.Panels(n, k, b, k, true)}, sgemm.Term{A: y, B: second})
			same(t, fmt.Sprintf("%s %v", kernel, s), got, want)
			x.Free()
			y.Free()
		}
	}
}

func TestDirectIsGemm(t *testing.T) {
	r := rand.New(rand.NewPCG(6, 6))
	for _, s := range [][3]int{{1, 1, 1}, {8, 100, 64}, {24, 40, 7}, {13, 16, 33}} {
		m, n, k := s[0], s[1], s[2]
		a, b, c := random(r, m*k+sgemm.Slack), random(r, n*k+sgemm.Slack), random(r, m*n)
		for _, acc := range []bool{false, true} {
			want := append([]float32(nil), c...)
			sgemm.New(sgemm.Portable, 1).Gemm(true, false, m, n, k, a, m, b, n, want, n, acc)
			for _, kernel := range sgemm.Kernels() {
				got := append([]float32(nil), c...)
				sgemm.New(kernel, 1).Direct(m, n, k, a, m, b, n, got, n, acc)
				same(t, fmt.Sprintf("%s %v %v", kernel, s, acc), got, want)
			}
		}
	}
}
