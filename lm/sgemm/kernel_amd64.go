package sgemm

import "golang.org/x/sys/cpu"

//go:noescape
func kern512(k int64, a *float32, as int64, b *float32, bs int64, c *float32, ldc, acc int64)

//go:noescape
func narrow512(k int64, a *float32, as int64, b *float32, bs int64, c *float32, ldc, acc int64)

//go:noescape
func kern256(k int64, a *float32, as int64, b *float32, bs int64, c *float32, ldc, acc int64)

//go:noescape
func narrow256(k int64, a *float32, as int64, b *float32, bs int64, c *float32, ldc, acc int64)

//go:noescape
func transpose4(n int64, src *float32, ld int64, dst *float32, step int64)

//go:noescape
func copy12(n int64, src *float32, ld int64, dst *float32)

//go:noescape
func copy6(n int64, src *float32, ld int64, dst *float32)

//go:noescape
func copy32(n int64, src *float32, ld int64, dst *float32)

//go:noescape
func copy16(n int64, src *float32, ld int64, dst *float32)

//go:noescape
func widen512(n int64, src *uint16, dst *float32)

//go:noescape
func widen256(n int64, src *uint16, dst *float32)

func plans() map[Kernel]plan {
	p := map[Kernel]plan{Portable: portable}
	if cpu.X86.HasAVX2 && cpu.X86.HasFMA {
		p[AVX2] = plan{6, 16, kern256, narrow256, packing{transpose4, copy6, copy16, widen256}}
		if cpu.X86.HasAVX512F {
			p[AVX512] = plan{12, 32, kern512, narrow512, packing{transpose4, copy12, copy32, widen512}}
		}
	}
	return p
}
