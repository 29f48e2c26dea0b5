package sgemm

import "golang.org/x/sys/cpu"

//go:noescape
func kern512(k int64, a, b, c *float32, ldc int64)

//go:noescape
func kern256(k int64, a, b, c *float32, ldc int64)

func plans() map[Kernel]plan {
	p := map[Kernel]plan{Portable: portable}
	if cpu.X86.HasAVX2 && cpu.X86.HasFMA {
		p[AVX2] = plan{6, 16, kern256}
	}
	if cpu.X86.HasAVX512F && cpu.X86.HasFMA {
		p[AVX512] = plan{12, 32, kern512}
	}
	return p
}
