package sgemm

// A Term is one link of a chain of products.
type Term struct {
	A *Left   // [m][k]
	B *Panels // [k][n], from row From
	// From is the first row of B that counts.
	From int
}

const (
	blockK = 288     // rows of a panel of B: it stays in the first-level cache
	blockM = 480     // rows of C at a time
	budget = 160_000 // floats of A at a time: they stay in the second-level cache
)

// Chain computes C = Σ A·B over the terms, plus C where acc: every element is
// one chain of fused multiply-adds over the terms' k, in order. All terms have
// the same m and n. It runs on the calling goroutine.
func (e *Engine) Chain(c []float32, ldc int, acc bool, terms ...Term) {
	e.columns(c, ldc, acc, 0, terms[0].B.n, terms)
}

// link is a piece of a term: rows k0…k0+kc of its B.
type link struct {
	Term
	k0, kc int
}

// columns is Chain for columns j0…j1 of C; j0 is a multiple of nr.
func (e *Engine) columns(c []float32, ldc int, acc bool, j0, j1 int, terms []Term) {
	for _, t := range terms {
		if t.From+t.A.k > t.B.k || t.B.n < j1 {
			panic("sgemm: the sides of a product do not fit")
		}
	}
	s, _ := e.scratch.Get().(*scratch)
	defer e.scratch.Put(s)
	m := terms[0].A.m
	var room [8]link
	for i0 := 0; i0 < m; i0 += blockM / e.plan.mr * e.plan.mr {
		i1 := min(m, i0+blockM/e.plan.mr*e.plan.mr)
		links, size, begun := room[:0], 0, acc
		for _, t := range terms {
			cuts := (t.A.k + blockK - 1) / blockK
			for i := range cuts {
				k0 := t.A.k * i / cuts
				l := link{t, k0, t.A.k*(i+1)/cuts - k0}
				if size += l.kc * (i1 - i0); size > budget && len(links) > 0 {
					e.sweep(s, c, ldc, begun, i0, i1, j0, j1, links)
					links, size, begun = room[:0], l.kc*(i1-i0), true
				}
				links = append(links, l)
			}
		}
		e.sweep(s, c, ldc, begun, i0, i1, j0, j1, links)
	}
}

// sweep is one pass over rows i0…i1 and columns j0…j1 of C.
func (e *Engine) sweep(s *scratch, c []float32, ldc int, acc bool, i0, i1, j0, j1 int, links []link) {
	mr, nr := e.plan.mr, e.plan.nr
	for j := j0; j < j1; j += nr {
		w := min(nr, j1-j)
		add := int64(0)
		if acc {
			add = 1
		}
		for _, l := range links {
			b := l.B.sub(j, l.From+l.k0, l.kc, s.sub)
			for i := i0; i < i1; i += mr {
				a := &l.A.data[i*l.A.k+l.k0*mr]
				if i+mr <= i1 && w == nr {
					_ = c[(i+mr-1)*ldc+j+nr-1]
					e.plan.mul(int64(l.kc), a, int64(mr)*4, b, int64(nr)*4, &c[i*ldc+j], int64(ldc)*4, add)
					continue
				}
				e.edge(s, l.kc, a, mr, b, nr, c[i*ldc+j:], ldc, min(mr, i1-i), w, add)
			}
			add = 1
		}
	}
}

// edge is a tile of h×w that may be smaller than the kernel's.
func (e *Engine) edge(s *scratch, k int, a *float32, as int, b *float32, bs int, c []float32, ldc, h, w int, add int64) {
	mul, nr := e.plan.mul, e.plan.nr
	if w <= nr/2 {
		mul, nr = e.plan.narrow, nr/2
	}
	if h == e.plan.mr && w == nr {
		_ = c[(h-1)*ldc+w-1]
		mul(int64(k), a, int64(as)*4, b, int64(bs)*4, &c[0], int64(ldc)*4, add)
		return
	}
	if add != 0 {
		for r := range h {
			copy(s.tile[r*nr:r*nr+w], c[r*ldc:])
		}
	}
	mul(int64(k), a, int64(as)*4, b, int64(bs)*4, &s.tile[0], int64(nr)*4, add)
	for r := range h {
		copy(c[r*ldc:r*ldc+w], s.tile[r*nr:])
	}
}

// Direct computes C = AᵀB, plus C where acc, where A [k][m] and B [k][n] are read
// where they lie: for products so small or thin that laying them out costs more
// than it saves. Behind the last element of A and of B there must be room for
// Slack floats, whose values do not matter. It runs on the calling goroutine.
func (e *Engine) Direct(m, n, k int, a []float32, as int, b []float32, bs int, c []float32, ldc int, acc bool) {
	s, _ := e.scratch.Get().(*scratch)
	defer e.scratch.Put(s)
	mr, nr := e.plan.mr, e.plan.nr
	_, _ = a[:(k-1)*as+m+Slack], b[:(k-1)*bs+n+Slack]
	add := int64(0)
	if acc {
		add = 1
	}
	for j := 0; j < n; j += nr {
		for i := 0; i < m; i += mr {
			e.edge(s, k, &a[i], as, &b[j], bs, c[i*ldc+j:], ldc, min(mr, m-i), min(nr, n-j), add)
		}
	}
}

// Slack is how many floats there must be behind the sides of Direct.
const Slack = 32
