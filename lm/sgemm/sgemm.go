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
	// mul is C = A·B, plus C where acc is not 0, for one tile of mr×nr; row k of A
	// has mr and of B nr floats. Strides are in bytes.
	mul func(k int64, a *float32, as int64, b *float32, bs int64, c *float32, ldc, acc int64)
	// narrow is mul for tiles of mr×nr/2.
	narrow func(k int64, a *float32, as int64, b *float32, bs int64, c *float32, ldc, acc int64)
	pack   packing
}

// packing moves numbers and changes none. nil: written out in Go.
type packing struct {
	// transpose writes four rows of n·8 floats as columns, step bytes apart.
	transpose func(n int64, src *float32, ld int64, dst *float32, step int64)
	// left and right copy n rows of mr or nr floats, ld bytes apart, to one block.
	left, right func(n int64, src *float32, ld int64, dst *float32)
	// widen turns n·16 bfloat16 into float32.
	widen func(n int64, src *uint16, dst *float32)
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
	scratch *sync.Pool // of *scratch
	lefts   *sync.Pool // of *Left
}

// New returns an engine; it panics on a kernel that this machine lacks.
func New(k Kernel, threads int) *Engine {
	p, ok := plans()[k]
	if !ok {
		panic(fmt.Sprintf("sgemm: this machine has no %s", k))
	}
	return &Engine{
		k, p, max(1, threads),
		&sync.Pool{New: func() any { return newScratch(p) }}, &sync.Pool{New: func() any { return &Left{} }},
	}
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

// small is the number of floating-point operations below which threads cost
// more than they save.
const small = 200_000

// Gemm computes C = op(A)·op(B), plus C where acc. op(A) is m×k, op(B) is k×n;
// transA and transB say that the transpose is stored. Strides are in floats.
func (e *Engine) Gemm(transA, transB bool, m, n, k int, a []float32, lda int, b []float32, ldb int, c []float32, ldc int, acc bool) {
	if e.threads == 1 || 2*m*n*k < small {
		e.Gemm1(transA, transB, m, n, k, a, lda, b, ldb, c, ldc, acc)
		return
	}
	// Each task lays out what it needs itself, so that none waits for another:
	// columns of B again for each piece of rows, which costs less than a wait.
	nr, mr := e.plan.nr, e.plan.mr
	if m >= 4*mr*e.threads || m >= n {
		step := tile(m, max(2*e.threads, m/pieceM), mr)
		e.Parallel((m+step-1)/step, func(i int) {
			from := i * step
			at := from * lda
			if transA {
				at = from
			}
			e.Gemm1(transA, transB, min(step, m-from), n, k, a[at:], lda, b, ldb, c[from*ldc:], ldc, acc)
		})
		return
	}
	step := tile(n, max(2*e.threads, n/pieceM), nr)
	e.Parallel((n+step-1)/step, func(i int) {
		from := i * step
		at := from
		if transB {
			at = from * ldb
		}
		e.Gemm1(transA, transB, m, min(step, n-from), k, a, lda, b[at:], ldb, c[from:], ldc, acc)
	})
}

// pieceM is about how many rows or columns of C a task gets, where that leaves
// two for each thread: fewer would lay out the other side too often, more would
// wait for the last.
const pieceM = 264

// tile cuts n into pieces, each a multiple of unit.
func tile(n, pieces, unit int) int {
	step := (n + pieces - 1) / pieces
	return max(unit, (step+unit-1)/unit*unit)
}

// Gemm1 is Gemm on the calling goroutine only.
func (e *Engine) Gemm1(transA, transB bool, m, n, k int, a []float32, lda int, b []float32, ldb int, c []float32, ldc int, acc bool) {
	l := e.left(m, k)
	defer l.Free()
	l.pack(a, lda, transA, 0, (m+e.plan.mr-1)/e.plan.mr)
	e.columns(c, ldc, acc, 0, n, []Term{{A: l, B: &Panels{e: e, n: n, k: k, raw: b, ld: ldb, trans: transB}}})
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
