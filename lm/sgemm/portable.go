package sgemm

import (
	"math"
	"unsafe"
)

// portable is the kernel for every other machine, and the reference for the
// others: the same chains of fused multiply-adds, one at a time.
var portable = plan{mr: 4, nr: 8, mul: portableKernel(8), narrow: portableKernel(4)}

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

// portableKernel multiplies tiles of 4×nr.
func portableKernel(nr int) func(k int64, a *float32, as int64, b *float32, bs int64, c *float32, ldc, acc int64) {
	return func(k int64, a *float32, as int64, b *float32, bs int64, c *float32, ldc, acc int64) {
		const mr = 4
		as, bs, ldc = as/4, bs/4, ldc/4
		pa, pb := unsafe.Slice(a, (k-1)*as+mr), unsafe.Slice(b, (k-1)*bs+int64(nr))
		pc := unsafe.Slice(c, (mr-1)*ldc+int64(nr))
		for i := range mr {
			row := pc[int64(i)*ldc:][:nr]
			for j := range row {
				var sum float32
				if acc != 0 {
					sum = row[j]
				}
				for x := range k {
					sum = FMA(pa[x*as+int64(i)], pb[x*bs+int64(j)], sum)
				}
				row[j] = sum
			}
		}
	}
}
