package sgemm

import (
	"math"
	"unsafe"
)

// scratch is what one goroutine needs while it multiplies.
type scratch struct {
	sub  []float32 // one panel of B, at most blockK deep
	tile []float32 // one tile of C, at an edge
}

func newScratch(p plan) *scratch {
	return &scratch{aligned(blockK * p.nr), aligned(p.mr * p.nr)}
}

// aligned returns n zeros at a multiple of 64 bytes.
func aligned(n int) []float32 {
	raw := make([]float32, n+16)
	off := 0
	for uintptr(unsafe.Pointer(&raw[off]))%64 != 0 {
		off++
	}
	return raw[off : off+n : off+n]
}

// grow returns n floats at a multiple of 64 bytes, perhaps used before.
func grow(p *[]float32, n int) []float32 {
	if cap(*p) < n {
		*p = aligned(n)
	}
	return (*p)[:n]
}

// A Left is the left side of a product, laid out for the kernel: panels of rows,
// k by k, zeros below. Free gives it back.
type Left struct {
	e    *Engine
	m, k int
	data []float32
}

func (e *Engine) left(m, k int) *Left {
	l, _ := e.lefts.Get().(*Left)
	l.e, l.m, l.k = e, m, k
	l.data = grow(&l.data, (m+e.plan.mr-1)/e.plan.mr*e.plan.mr*k)
	return l
}

// Left lays out A [m][k], rows lda floats apart.
func (e *Engine) Left(m, k int, a []float32, lda int) *Left {
	l := e.left(m, k)
	l.pack(a, lda, false, 0, (m+e.plan.mr-1)/e.plan.mr)
	return l
}

// Free says that l is used no more.
func (l *Left) Free() { l.e.lefts.Put(l) }

// pack fills panels from…to.
func (l *Left) pack(a []float32, lda int, trans bool, from, to int) {
	mr := l.e.plan.mr
	for i := from; i < to; i++ {
		h := min(mr, l.m-i*mr)
		panel := l.data[i*mr*l.k : (i+1)*mr*l.k]
		if h < mr {
			clear(panel)
		}
		if trans {
			if f := l.e.plan.pack.left; f != nil && h == mr {
				_ = a[(l.k-1)*lda+i*mr+mr-1]
				f(int64(l.k), &a[i*mr], int64(lda)*4, &panel[0])
				continue
			}
			for k := range l.k {
				copy(panel[k*mr:k*mr+h], a[k*lda+i*mr:])
			}
			continue
		}
		l.e.Transpose(panel, mr, a[i*mr*lda:], lda, h, l.k)
	}
}

// Transpose writes rows rows of n floats, ld apart, as columns: dst[k·step+r] is
// src[r·ld+k].
func (e *Engine) Transpose(dst []float32, step int, src []float32, ld, rows, n int) {
	if rows < 1 || n < 1 {
		return
	}
	_, _ = dst[(n-1)*step+rows-1], src[(rows-1)*ld+n-1]
	r, done := 0, 0
	if f := e.plan.pack.transpose; f != nil && n >= 8 {
		done = n &^ 7
		for ; r+4 <= rows; r += 4 {
			f(int64(done/8), &src[r*ld], int64(ld)*4, &dst[r], int64(step)*4)
		}
	}
	for i := range rows {
		from := done
		if i >= r {
			from = 0
		}
		for k, v := range src[i*ld+from : i*ld+n] {
			dst[(from+k)*step+i] = v
		}
	}
}

// Panels is the right side of a product: B [k][n], or a view of one that is laid
// out where it is needed. Weights that are multiplied often are laid out once,
// in half the room where every number is a bfloat16.
type Panels struct {
	e     *Engine
	n, k  int
	raw   []float32 // B or its transpose, not laid out
	ld    int
	trans bool
	whole []float32 // panels of nr columns, k by k, zeros right
	half  []uint16  // the upper halves of whole
}

// Columns returns n.
func (p *Panels) Columns() int { return p.n }

// Panels lays out B [k][n], or, with trans, B's transpose [n][k] as it is stored.
func (e *Engine) Panels(n, k int, b []float32, ld int, trans bool) *Panels {
	p := &Panels{e: e, n: n, k: k}
	rows, w := k, n
	if trans {
		rows, w = n, k
	}
	for r := range rows {
		for _, v := range b[r*ld : r*ld+w] {
			if math.Float32bits(v)&0xffff != 0 {
				p.Set(b, ld, trans)
				return p
			}
		}
	}
	nr := e.plan.nr
	p.half = make([]uint16, (n+nr-1)/nr*nr*k)
	s, _ := e.scratch.Get().(*scratch)
	defer e.scratch.Put(s)
	for j := 0; j < n; j += nr {
		for k0 := 0; k0 < k; k0 += blockK {
			piece := s.sub[:min(blockK, k-k0)*nr]
			e.panel(piece, b, ld, trans, j, min(nr, n-j), k0, len(piece)/nr)
			for i, v := range piece {
				p.half[j*k+k0*nr+i] = uint16(math.Float32bits(v) >> 16)
			}
		}
	}
	return p
}

// View returns B [k][n], or, with trans, its transpose as it is stored, to be laid
// out piece by piece where it is multiplied.
func (e *Engine) View(n, k int, b []float32, ld int, trans bool) *Panels {
	return &Panels{e: e, n: n, k: k, raw: b, ld: ld, trans: trans}
}

// Empty returns panels of a B B [k][n], to be Set.
func (e *Engine) Empty(n, k int) *Panels { return &Panels{e: e, n: n, k: k} }

// Set lays out another B of the same shape.
func (p *Panels) Set(b []float32, ld int, trans bool) {
	nr := p.e.plan.nr
	data := grow(&p.whole, (p.n+nr-1)/nr*nr*p.k)
	p.whole = data
	for j := 0; j < p.n; j += nr {
		p.e.panel(data[j*p.k:], b, ld, trans, j, min(nr, p.n-j), 0, p.k)
	}
}

// sub returns rows k0…k0+kc of panel j/nr, in buf if they had to be laid out.
func (p *Panels) sub(j, k0, kc int, buf []float32) *float32 {
	nr := p.e.plan.nr
	switch {
	case p.whole != nil:
		return &p.whole[j*p.k+k0*nr]
	case p.half != nil:
		p.e.widen(buf[:kc*nr], p.half[j*p.k+k0*nr:])
	default:
		p.e.panel(buf, p.raw, p.ld, p.trans, j, min(nr, p.n-j), k0, kc)
	}
	return &buf[0]
}

// panel lays out kc rows and w columns of op(B) from row k0 and column j.
func (e *Engine) panel(dst, b []float32, ld int, trans bool, j, w, k0, kc int) {
	nr := e.plan.nr
	dst = dst[:kc*nr]
	if w < nr {
		clear(dst)
	}
	if trans {
		const strip = 32 // keeps what is written in the first-level cache
		for k := 0; k < kc; k += strip {
			n := min(strip, kc-k)
			e.Transpose(dst[k*nr:], nr, b[j*ld+k0+k:], ld, w, n)
		}
		return
	}
	if f := e.plan.pack.right; f != nil && w == nr {
		_ = b[(k0+kc-1)*ld+j+nr-1]
		f(int64(kc), &b[k0*ld+j], int64(ld)*4, &dst[0])
		return
	}
	for k := range kc {
		copy(dst[k*nr:k*nr+w], b[(k0+k)*ld+j:])
	}
}

// widen turns bfloat16 into float32; len(dst) is a multiple of 8.
func (e *Engine) widen(dst []float32, src []uint16) {
	done := 0
	if f := e.plan.pack.widen; f != nil {
		done = len(dst) &^ 15
		_ = src[len(dst)-1]
		f(int64(done/16), &src[0], &dst[0])
	}
	for i := done; i < len(dst); i++ {
		dst[i] = math.Float32frombits(uint32(src[i]) << 16)
	}
}
