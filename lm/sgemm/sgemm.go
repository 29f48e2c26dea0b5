// Package sgemm multiplies float32 matrices with the same bits everywhere.
//
// Every element of a product is one chain of fused multiply-adds over
// ascending k, started from the old element or from zero. Blocking, vector
// width and threads change who computes an element, never how:
// TestKernelsAgree compares all of them bit by bit.
package sgemm

import (
	"fmt"
	"sync"
	"sync/atomic"
	"unsafe"
)

// A Kernel is the inner loop of a product.
type Kernel int

// The kernels, slowest first.
const (
	Portable Kernel = iota
	AVX2
	AVX512
)

// String returns the kernel's name.
func (k Kernel) String() string { return [...]string{"portable", "avx2", "avx512"}[k] }

type plan struct {
	mr, nr int
	// mul adds a packed mr×k panel times a packed k×nr panel to C.
	mul func(k int64, a, b, c *float32, ldc int64)
}

// Kernels returns what this machine has, slowest first.
func Kernels() []Kernel {
	var out []Kernel
	p := plans()
	for _, k := range []Kernel{Portable, AVX2, AVX512} {
		if _, ok := p[k]; ok {
			out = append(out, k)
		}
	}
	return out
}

// An Engine multiplies with one kernel on a number of threads. Its results do
// not depend on either. It is safe for concurrent use.
type Engine struct {
	kernel  Kernel
	plan    plan
	threads int
	scratch *sync.Pool
}

// New returns an engine; it panics on a kernel that this machine lacks.
func New(k Kernel, threads int) *Engine {
	p, ok := plans()[k]
	if !ok {
		panic(fmt.Sprintf("sgemm: this machine has no %s", k))
	}
	return &Engine{k, p, max(1, threads), &sync.Pool{New: func() any { return &scratch{} }}}
}

// Kernel returns the inner loop that the engine uses.
func (e *Engine) Kernel() Kernel { return e.kernel }

// Threads returns on how many threads it works.
func (e *Engine) Threads() int { return e.threads }

// Best returns an engine with this machine's fastest kernel.
func Best(threads int) *Engine {
	k := Kernels()
	return New(k[len(k)-1], threads)
}

const (
	blockK = 256
	blockN = 512
	blockM = 192
	small  = 200_000 // floating-point operations below which threads cost more than they save
)

type scratch struct{ a, b, t []float32 }

// grow returns n floats at a multiple of 64 bytes.
func grow(p *[]float32, n int) []float32 {
	if cap(*p) < n {
		raw := make([]float32, n+16)
		off := 0
		for uintptr(unsafe.Pointer(&raw[off]))%64 != 0 {
			off++
		}
		*p = raw[off : off+n : off+n]
	}
	return (*p)[:n]
}

// Gemm computes C = op(A)·op(B), plus C where acc. op(A) is m×k, op(B) is k×n;
// transA and transB say that the transpose is stored. Strides are in floats.
func (e *Engine) Gemm(transA, transB bool, m, n, k int, a []float32, lda int, b []float32, ldb int, c []float32, ldc int, acc bool) {
	if e.threads == 1 || 2*m*n*k < small {
		e.Gemm1(transA, transB, m, n, k, a, lda, b, ldb, c, ldc, acc)
		return
	}
	if n >= m {
		step := tile(n, e.threads, e.plan.nr)
		e.Parallel((n+step-1)/step, func(i int) {
			e.part(transA, transB, 0, m, i*step, min(n, (i+1)*step), k, a, lda, b, ldb, c, ldc, acc)
		})
		return
	}
	step := tile(m, e.threads, e.plan.mr)
	e.Parallel((m+step-1)/step, func(i int) {
		e.part(transA, transB, i*step, min(m, (i+1)*step), 0, n, k, a, lda, b, ldb, c, ldc, acc)
	})
}

// tile cuts n into about two pieces a thread, each a multiple of unit.
func tile(n, threads, unit int) int {
	step := (n + threads*2 - 1) / (threads * 2)
	return max(unit, (step+unit-1)/unit*unit)
}

// Gemm1 is Gemm on the calling goroutine only.
func (e *Engine) Gemm1(transA, transB bool, m, n, k int, a []float32, lda int, b []float32, ldb int, c []float32, ldc int, acc bool) {
	e.part(transA, transB, 0, m, 0, n, k, a, lda, b, ldb, c, ldc, acc)
}

func (e *Engine) part(transA, transB bool, m0, m1, n0, n1, k int, a []float32, lda int, b []float32, ldb int, c []float32, ldc int, acc bool) {
	s, _ := e.scratch.Get().(*scratch)
	defer e.scratch.Put(s)
	if !acc {
		for i := m0; i < m1; i++ {
			clear(c[i*ldc+n0 : i*ldc+n1])
		}
	}
	mr, nr := e.plan.mr, e.plan.nr
	edge := grow(&s.t, mr*nr)
	for n := n0; n < n1; n += blockN {
		nc := min(blockN, n1-n)
		for kk := 0; kk < k; kk += blockK {
			kc := min(blockK, k-kk)
			bp := grow(&s.b, (nc+nr-1)/nr*nr*kc)
			packB(bp, b, ldb, transB, n, nc, kk, kc, nr)
			for m := m0; m < m1; m += blockM {
				mc := min(blockM, m1-m)
				ap := grow(&s.a, (mc+mr-1)/mr*mr*kc)
				packA(ap, a, lda, transA, m, mc, kk, kc, mr)
				e.block(mc, nc, kc, ap, bp, c[m*ldc+n:], ldc, edge)
			}
		}
	}
}

// block multiplies packed panels; tiles at the edge go through a full tile.
func (e *Engine) block(mc, nc, kc int, ap, bp, c []float32, ldc int, edge []float32) {
	mr, nr := e.plan.mr, e.plan.nr
	for j := 0; j < nc; j += nr {
		for i := 0; i < mc; i += mr {
			if i+mr <= mc && j+nr <= nc {
				e.plan.mul(int64(kc), &ap[i*kc], &bp[j*kc], &c[i*ldc+j], int64(ldc))
				continue
			}
			h, w := min(mr, mc-i), min(nr, nc-j)
			for r := range h {
				copy(edge[r*nr:r*nr+w], c[(i+r)*ldc+j:])
			}
			e.plan.mul(int64(kc), &ap[i*kc], &bp[j*kc], &edge[0], int64(nr))
			for r := range h {
				copy(c[(i+r)*ldc+j:(i+r)*ldc+j+w], edge[r*nr:])
			}
		}
	}
}

// packA lays rows m0… of op(A) in panels of mr rows, k by k, zeros below.
func packA(dst, a []float32, lda int, trans bool, m0, mc, k0, kc, mr int) {
	for i := 0; i < mc; i += mr {
		h := min(mr, mc-i)
		panel := dst[i*kc : (i+mr)*kc]
		if h < mr {
			clear(panel)
		}
		if trans {
			for k := range kc {
				copy(panel[k*mr:k*mr+h], a[(k0+k)*lda+m0+i:])
			}
			continue
		}
		for r := range h {
			src := a[(m0+i+r)*lda+k0:][:kc]
			q := panel[r:]
			for k, v := range src {
				q[k*mr] = v
			}
		}
	}
}

// packB lays columns n0… of op(B) in panels of nr columns, k by k, zeros right.
func packB(dst, b []float32, ldb int, trans bool, n0, nc, k0, kc, nr int) {
	const strip = 16 // keeps the transposed panel in the first-level cache
	for j := 0; j < nc; j += nr {
		w := min(nr, nc-j)
		panel := dst[j*kc : (j+nr)*kc]
		if w < nr {
			clear(panel)
		}
		if !trans {
			for k := range kc {
				copy(panel[k*nr:k*nr+w], b[(k0+k)*ldb+n0+j:])
			}
			continue
		}
		for kk := 0; kk < kc; kk += strip {
			ke := min(kk+strip, kc)
			for r := range w {
				src := b[(n0+j+r)*ldb+k0+kk:][:ke-kk]
				q := panel[kk*nr+r:]
				for k, v := range src {
					q[k*nr] = v
				}
			}
		}
	}
}

// Parallel calls f(0) … f(n-1), each once, on the engine's threads.
func (e *Engine) Parallel(n int, f func(i int)) {
	if e.threads <= 1 || n <= 1 {
		for i := range n {
			f(i)
		}
		return
	}
	var next atomic.Int64
	var wait sync.WaitGroup
	run := func() {
		for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
			f(i)
		}
	}
	for range min(e.threads, n) - 1 {
		wait.Go(run)
	}
	run()
	wait.Wait()
}
