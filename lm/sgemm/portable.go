package sgemm

import (
	"math"
	"unsafe"
)

// portable is the kernel for every other machine, and the reference for the
// others: the same chains of fused multiply-adds, one at a time.
var portable = plan{4, 8, portableKernel}

// FMA returns a·b+c rounded once to float32, as the hardware's fused
// instruction does.
//
// The product of two float32 is exact in float64. Their sum with c is rounded to
// odd, so that rounding it again to float32 gives the correctly rounded result
// (Boldo and Melquiond 2008); float32(math.FMA(…)) would round twice.
func FMA(a, b, c float32) float32 {
	p, z := float64(float64(a)*float64(b)), float64(c)
	s := float64(p + z)
	if math.IsInf(s, 0) || math.IsNaN(s) {
		return float32(s)
	}
	// The exact error of p+z (Knuth's two-sum).
	t := float64(s - p)
	e := float64(float64(p-float64(s-t)) + float64(z-t))
	if e != 0 {
		bits := math.Float64bits(s)
		if bits&1 == 0 {
			if (e > 0) == (s > 0) {
				bits++
			} else {
				bits--
			}
			s = math.Float64frombits(bits)
		}
	}
	return float32(s)
}

func portableKernel(k int64, a, b, c *float32, ldc int64) {
	const mr, nr = 4, 8
	pa, pb := unsafe.Slice(a, k*mr), unsafe.Slice(b, k*nr)
	for i := range mr {
		row := unsafe.Slice((*float32)(unsafe.Add(unsafe.Pointer(c), int64(i)*ldc*4)), nr)
		for j := range row {
			sum := row[j]
			for x := range int(k) {
				sum = FMA(pa[x*mr+i], pb[x*nr+j], sum)
			}
			row[j] = sum
		}
	}
}
