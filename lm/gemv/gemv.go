// Package gemv multiplies a few rows with matrices that are laid out once, as
// decoding does for every token, with the same bits everywhere.
//
// A product y = x·Wᵀ is one chain of fused multiply-adds over ascending inputs,
// from zero or from what stands in y: the very chain of package sgemm. Weights
// of eight bits have a scale for each group of inputs; there every group is a
// chain from zero, and the groups' sums times their scales are a second chain.
// How many rows are multiplied together, the width of vectors and the number of
// threads change who computes an element, never how: TestKernelsAgree.
package gemv

import (
	"sync"
	"unsafe"

	"licet/lm/sgemm"
)

// An Engine multiplies with one kernel on a number of threads. Its results do
// not depend on either. It is safe for concurrent use.
type Engine struct {
	kernel  sgemm.Kernel
	width   int // of a panel
	rows    int // at most, in one call of many
	threads *sgemm.Engine
	scratch *sync.Pool // of *[…]float32: room for products at the edge
}

// On returns an engine with the kernel and the threads of another.
func On(e *sgemm.Engine) *Engine {
	n, rows := lanes(e.Kernel())
	return &Engine{e.Kernel(), 2 * n, rows, e, &sync.Pool{New: func() any { return new([8 * 64]float32) }}}
}

// Parallel calls f(0) … f(n-1), each once, on the engine's threads.
func (e *Engine) Parallel(n int, f func(i int)) { e.threads.Parallel(n, f) }

// Threads returns on how many threads the engine works.
func (e *Engine) Threads() int { return e.threads.Threads() }

// worth is how many multiply-adds a thread must have to do before a second one
// saves more than it costs.
const worth = 1 << 19

// Mul computes y = x·Wᵀ for n rows: x [n][In], ldx floats apart, and y [n][Out],
// ldy floats apart.
func (e *Engine) Mul(m *Matrix, n int, x []float32, ldx int, y []float32, ldy int) {
	for r := range n {
		clear(y[r*ldy : r*ldy+m.Out])
	}
	e.Add(m, n, x, ldx, y, ldy)
}

// Add computes y += x·Wᵀ; every chain goes on from what stands in y.
func (e *Engine) Add(m *Matrix, n int, x []float32, ldx int, y []float32, ldy int) {
	p := panels{
		kind: m.kind, k: m.In, group: m.group, out: m.Out, data: unsafe.Pointer(unsafe.SliceData(m.data)), stride: int64(m.In * e.width * m.kind.size()),
	}
	if m.kind == Int8 {
		p.scales = unsafe.Pointer(unsafe.SliceData(m.scales))
		p.scaleStride = int64(m.groups() * e.width * 4)
	}
	count := (m.Out + e.width - 1) / e.width
	pieces := min(2*e.Threads(), n*m.In*m.Out/worth)
	if e.Threads() == 1 || pieces < 2 {
		e.span(p, 0, count, n, x, ldx, y, ldy)
		return
	}
	step := ((count+pieces-1)/pieces + 3) / 4 * 4
	e.Parallel((count+step-1)/step, func(i int) { e.span(p, i*step, min(count, (i+1)*step), n, x, ldx, y, ldy) })
}

// panels is a matrix as the kernels see it.
type panels struct {
	kind        Kind
	k, group    int // inputs, and how many of them share a scale
	out         int
	data        unsafe.Pointer
	stride      int64 // bytes from panel to panel
	scales      unsafe.Pointer
	scaleStride int64
}

// span adds the products of panels from … to. It goes through four panels with
// all rows before the next four, which the second-level cache holds meanwhile.
func (e *Engine) span(p panels, from, to, n int, x []float32, ldx int, y []float32, ldy int) {
	for at := from; at < to; at += 4 {
		end, row := min(at+4, to), 0
		for size := e.rows; size >= 4; size /= 2 {
			for ; row+size <= n; row += size {
				for i := at; i < end; i++ {
					e.panel(p, i, size, x[row*ldx:], ldx, y[row*ldy:], ldy)
				}
			}
		}
		for ; row < n; row++ {
			e.four(p, at, end, x[row*ldx:], y[row*ldy:])
		}
	}
}

// panel adds one panel's products with 4 or 8 rows.
func (e *Engine) panel(p panels, i, rows int, x []float32, ldx int, y []float32, ldy int) {
	from := i * e.width
	w := min(e.width, p.out-from)
	if w == e.width {
		e.groups(p, i, func(groups, k int, at int, data, scales unsafe.Pointer) {
			e.many(rows, p.kind, int64(groups), int64(k), &x[at], int64(ldx), data, scales, &y[from], int64(ldy))
		})
		return
	}
	edge, _ := e.scratch.Get().(*[8 * 64]float32)
	defer e.scratch.Put(edge)
	for r := range rows {
		copy(edge[r*e.width:r*e.width+w], y[r*ldy+from:])
	}
	e.groups(p, i, func(groups, k int, at int, data, scales unsafe.Pointer) {
		e.many(rows, p.kind, int64(groups), int64(k), &x[at], int64(ldx), data, scales, &edge[0], int64(e.width))
	})
	for r := range rows {
		copy(y[r*ldy+from:r*ldy+from+w], edge[r*e.width:])
	}
}

// four adds the products of up to four panels with one row.
func (e *Engine) four(p panels, i, end int, x, y []float32) {
	from := i * e.width
	call := func(y *float32) {
		e.groups(p, i, func(groups, k int, at int, data, scales unsafe.Pointer) {
			e.one(p.kind, int64(groups), int64(k), &x[at], data, p.stride, scales, p.scaleStride, int64(end-i-1), y)
		})
	}
	w := min(end*e.width, p.out) - from
	if w == 4*e.width {
		call(&y[from])
		return
	}
	edge, _ := e.scratch.Get().(*[8 * 64]float32)
	defer e.scratch.Put(edge)
	copy(edge[:w], y[from:])
	call(&edge[0])
	copy(y[from:from+w], edge[:w])
}

// groups calls f for the whole groups of a panel together and for what is left.
func (e *Engine) groups(p panels, i int, f func(groups, k, at int, data, scales unsafe.Pointer)) {
	data := unsafe.Add(p.data, int64(i)*p.stride)
	if p.kind != Int8 {
		f(1, p.k, 0, data, nil)
		return
	}
	scales := unsafe.Add(p.scales, int64(i)*p.scaleStride)
	whole := p.k / p.group
	if whole > 0 {
		f(whole, p.group, 0, data, scales)
	}
	if at := whole * p.group; at < p.k {
		f(1, p.k-at, at, unsafe.Add(data, at*e.width), unsafe.Add(scales, whole*e.width*4))
	}
}
