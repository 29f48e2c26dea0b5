package lm

import (
	"slices"

	"licet/lm/sgemm"
)

// headBack is the backward pass of the head and the last norm for tokens from…to,
// from the gradient of their logits.
func (m *network) headBack(logits []float32, from, to int) {
	D, d := m.Width, &m.d
	// In pieces of the vocabulary, which is too wide to lay out at once.
	const piece = 4096
	for at := 0; at < m.Vocab; at += piece {
		dy := m.e.Left(to-from, min(piece, m.Vocab-at), logits[at:], m.Vocab)
		m.e.Chain(d.hf[from*D:to*D], D, at > 0, sgemm.Term{A: dy, B: m.back, From: at})
		dy.Free()
	}
	clear(d.out[from*D : to*D])
	m.rmsBack(m.xf, m.norm, m.invf, d.hf, d.out, d.out, from, to)
}

// rmsBack writes old plus the gradient through a norm.
func (m *network) rmsBack(x, w, inv, dy, old, y []float32, from, to int) {
	d := m.Width
	for i := from; i < to; i++ {
		a, b := i*d, i*d+d
		m.ops.NormBack(dy[a:b], w, x[a:b], inv[i], old[a:b], y[a:b])
	}
}

// backward is the backward pass after hidden and loss. Gradients are set, or
// grow where m.more.
func (m *network) backward(tokens []int32, start []int, rows int) {
	n, D, d := rows*m.T, m.Width, &m.d
	if m.ghead != nil {
		m.e.Gemm(true, false, m.Vocab, D, n, m.logits, m.Vocab, m.hf, D, m.ghead, D, m.more)
	}
	m.gradNorm(m.gnrm, m.xf, d.hf, m.invf, n)
	for i, l := range slices.Backward(m.layers) {
		m.chunks(n, pieceOfLayer, func(from, to int) { m.afterBack(l, from, to) })
		m.attendBack(l, rows, start)
		m.chunks(n, pieceOfLayer, func(from, to int) { m.beforeBack(l, i > 0 || m.gemb != nil, from, to) })
		m.learn(l, n)
		d.out, d.in = d.in, d.out
	}
	if m.gemb == nil {
		return
	}
	if !m.Tied && !m.more {
		clear(m.gemb)
	}
	for i, t := range tokens[:n] {
		m.ops.Add(m.gemb[int(t)*D:int(t)*D+D], d.out[i*D:i*D+D])
	}
}

// afterBack undoes after: from d.out to d.mid and d.att.
func (m *network) afterBack(l *layer, from, to int) {
	D, F, Q, d := m.Width, m.FFN, m.qWidth(), &m.d
	m.pull(d.gate, F, from, to, from7(l, 6, d.out))
	gate, up := l.gate[from*F:to*F], l.up[from*F:to*F]
	m.ops.SiLUBack(gate, up, d.gate[from*F:to*F], d.up[from*F:to*F])
	m.pull(d.h2, D, from, to, from7(l, 5, d.up), from7(l, 4, d.gate))
	m.rmsBack(l.x1, l.norm2, l.inv2, d.h2, d.out, d.mid, from, to)
	m.pull(d.att, Q, from, to, from7(l, 3, d.mid))
	// For the gradients of the weights, what these maps were given.
	m.ops.SiLU(gate, up, m.act[from*F:to*F])
	m.again(l.x1, l.norm2, m.h2, l.inv2, from, to)
	m.again(l.x0, l.norm1, m.h1, l.inv1, from, to)
}

// again computes what a norm gave once more.
func (m *network) again(x, w, y, inv []float32, from, to int) {
	d := m.Width
	for i := from; i < to; i++ {
		m.ops.Normed(x[i*d:i*d+d], inv[i], w, y[i*d:i*d+d])
	}
}

// beforeBack undoes before: from d.q, d.k, d.v and d.mid to d.in. deeper: something
// below this layer is trained, too.
func (m *network) beforeBack(l *layer, deeper bool, from, to int) {
	d := &m.d
	m.turn(d.q, m.qWidth(), m.nsin, from, to)
	m.turn(d.k, m.kvWidth(), m.nsin, from, to)
	list := []flow{from7(l, 0, d.q), from7(l, 1, d.k), from7(l, 2, d.v)}
	if !deeper && !m.d.everything {
		m.pull(nil, 0, from, to, list...)
		return
	}
	m.pull(d.h1, m.Width, from, to, list...)
	m.rmsBack(l.x0, l.norm1, l.inv1, d.h1, d.mid, d.in, from, to)
}

// flow is the gradient of what a linear map gave.
type flow struct {
	l  *linear
	dy []float32
}

func from7(l *layer, i int, dy []float32) flow { return flow{&l.lin[i], dy} }

// pull computes dx, the gradient of what linear maps were given, for tokens
// from…to: one chain over the maps in order, and of each dy·W, then dlow·A. It keeps
// dlow. dx nil: dlow only.
func (m *network) pull(dx []float32, width, from, to int, list ...flow) {
	var terms []sgemm.Term
	for _, f := range list {
		l := f.l
		if dx == nil && l.rank == 0 {
			continue
		}
		dy := m.e.Left(to-from, l.out, f.dy[from*l.out:], l.out)
		terms = append(terms, sgemm.Term{A: dy, B: l.back})
		if l.rank == 0 {
			continue
		}
		dlow := l.dlow[from*l.rank : to*l.rank]
		m.e.Chain(dlow, l.rank, false, sgemm.Term{A: dy, B: l.sides[toDLow]})
		m.ops.Scale(dlow, l.scale)
		terms = append(terms, sgemm.Term{A: m.e.Left(to-from, l.rank, dlow, l.rank), B: l.sides[fromDLow]})
	}
	if dx != nil {
		m.e.Chain(dx[from*width:to*width], width, false, terms...)
	}
	for _, t := range terms {
		t.A.Free()
	}
}

// learn computes the gradients of a layer's weights, over all n tokens in order.
func (m *network) learn(l *layer, n int) {
	d := &m.d
	given := [7][]float32{m.h1, m.h1, m.h1, l.att, m.h2, m.h2, m.act}
	came := [7][]float32{d.q, d.k, d.v, d.mid, d.gate, d.up, d.out}
	if d.adapters {
		m.learnAdapter(l, n, given, came)
		return
	}
	m.gradNorm(l.gnorm1, l.x0, d.h1, l.inv1, n)
	m.gradNorm(l.gnorm2, l.x1, d.h2, l.inv2, n)
	for i := range l.lin {
		y := &l.lin[i]
		if y.gw != nil {
			m.e.Gemm(true, false, y.out, y.in, n, came[i], y.out, given[i], y.in, y.gw, y.in, m.more)
		}
		if y.gbias == nil {
			continue
		}
		if !m.more {
			clear(y.gbias)
		}
		for r := range n { // in order of rows, on one thread: the sum has one order
			m.ops.Add(y.gbias, came[i][r*y.out:(r+1)*y.out])
		}
	}
}

// learnAdapter computes gA = dlowᵀ·x and gB = dyᵀ·low, in pieces of columns.
func (m *network) learnAdapter(l *layer, n int, given, came [7][]float32) {
	const piece = 192
	var tasks []func()
	for i := range l.lin {
		y := &l.lin[i]
		if y.rank == 0 {
			continue
		}
		for at := 0; at < y.in; at += piece {
			tasks = append(tasks, func() {
				m.e.Direct(y.rank, min(piece, y.in-at), n, y.dlow, y.rank, given[i][at:], y.in, y.ga[at:], y.in, m.more)
			})
		}
		for at := 0; at < y.out; at += piece {
			tasks = append(tasks, func() { m.gradB(y, n, at, min(piece, y.out-at), came[i]) })
		}
	}
	m.e.Parallel(len(tasks), func(i int) { tasks[i]() })
}

// gradB computes w rows of gB from row at, as columns of its transpose.
func (m *network) gradB(y *linear, n, at, w int, dy []float32) {
	buffer := m.buffer(y.rank * w)
	defer m.release(buffer)
	g := (*buffer)[:y.rank*w]
	if m.more {
		m.e.Transpose(g, w, y.gb[at*y.rank:], y.rank, w, y.rank)
	}
	m.e.Direct(y.rank, w, n, y.low, y.rank, dy[at:], y.out, g, w, m.more)
	m.e.Transpose(y.gb[at*y.rank:], y.rank, g, w, y.rank, w)
}

// gradNorm adds up the gradient of a norm's weights over n tokens, in order; tasks
// are pieces of columns.
func (m *network) gradNorm(g, x, dy, inv []float32, n int) {
	if g == nil {
		return
	}
	const piece = 64
	d := m.Width
	m.e.Parallel((d+piece-1)/piece, func(task int) {
		from, to := task*piece, min(d, (task+1)*piece)
		sum := g[from:to]
		if !m.more {
			clear(sum)
		}
		for i := range n {
			row, y, r := x[i*d+from:i*d+to], dy[i*d+from:i*d+to], inv[i]
			for j := range sum {
				sum[j] += float32(float32(y[j]*row[j]) * r)
			}
		}
	})
}
