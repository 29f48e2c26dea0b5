package lm

import (
	"math"

	"licet/lm/sgemm"
)

// hidden is the forward pass over rows rows of tokens, up to the last layer's
// output, m.xf. start[i] is the place in its row where token i's document begins.
func (m *network) hidden(tokens []int32, start []int, rows int) {
	n, D := rows*m.T, m.Width
	m.layOutAdapter()
	m.chunks(n, pieceOfLayer, func(from, to int) {
		x := m.layers[0].x0
		for i := from; i < to; i++ {
			copy(x[i*D:i*D+D], m.emb[int(tokens[i])*D:])
		}
		m.before(m.layers[0], from, to)
	})
	for i, l := range m.layers {
		m.attend(l, rows, start)
		out, next := m.xf, (*layer)(nil)
		if i+1 < len(m.layers) {
			next = m.layers[i+1]
			out = next.x0
		}
		m.chunks(n, pieceOfLayer, func(from, to int) {
			m.after(l, out, from, to)
			if next != nil {
				m.before(next, from, to)
			}
		})
	}
}

// layOutAdapter lays out the adapter's tensors, which change with every step.
func (m *network) layOutAdapter() {
	m.e.Parallel(len(m.layers), func(i int) {
		for j := range m.layers[i].lin {
			l := &m.layers[i].lin[j]
			if l.rank == 0 {
				continue
			}
			l.sides[toLow].Set(l.a, l.in, true)
			l.sides[fromLow].Set(l.b, l.rank, true)
			l.sides[toDLow].Set(l.b, l.rank, false)
			l.sides[fromDLow].Set(l.a, l.in, false)
		}
	})
}

// before is what comes before attention, for tokens from…to: norm, q, k and v,
// and the turns of q and k.
func (m *network) before(l *layer, from, to int) {
	m.rms(l.x0, l.norm1, m.h1, l.inv1, from, to)
	x := m.e.Left(to-from, m.Width, m.h1[from*m.Width:], m.Width)
	for i, y := range [][]float32{l.q, l.k, l.v} {
		m.apply(&l.lin[i], x, y, from, to)
	}
	x.Free()
	m.turn(l.q, m.qWidth(), m.sin, from, to)
	m.turn(l.k, m.kvWidth(), m.sin, from, to)
}

// after is what comes after attention, for tokens from…to: o, the sum, norm, the
// feed-forward part, and the sum, which goes to out.
func (m *network) after(l *layer, out []float32, from, to int) {
	D, F, Q := m.Width, m.FFN, m.qWidth()
	m.applyTo(&l.lin[3], l.att, Q, l.x1, from, to)
	m.ops.Add(l.x1[from*D:to*D], l.x0[from*D:to*D])
	m.rms(l.x1, l.norm2, m.h2, l.inv2, from, to)
	x := m.e.Left(to-from, D, m.h2[from*D:], D)
	m.apply(&l.lin[4], x, l.gate, from, to)
	m.apply(&l.lin[5], x, l.up, from, to)
	x.Free()
	m.ops.SiLU(l.gate[from*F:to*F], l.up[from*F:to*F], m.act[from*F:to*F])
	m.applyTo(&l.lin[6], m.act, F, out, from, to)
	m.ops.Add(out[from*D:to*D], l.x1[from*D:to*D])
}

func (m *network) applyTo(l *linear, x []float32, width int, y []float32, from, to int) {
	left := m.e.Left(to-from, width, x[from*width:], width)
	m.apply(l, left, y, from, to)
	left.Free()
}

// apply is one linear map of tokens from…to, whose x is laid out.
func (m *network) apply(l *linear, x *sgemm.Left, y []float32, from, to int) {
	y = y[from*l.out : to*l.out]
	if l.rank == 0 {
		m.e.Chain(y, l.out, false, sgemm.Term{A: x, B: l.forth})
		m.addBias(l, y)
		return
	}
	low := l.low[from*l.rank : to*l.rank]
	m.e.Chain(low, l.rank, false, sgemm.Term{A: x, B: l.sides[toLow]})
	m.ops.Scale(low, l.scale)
	left := m.e.Left(to-from, l.rank, low, l.rank)
	defer left.Free()
	second := sgemm.Term{A: left, B: l.sides[fromLow]}
	if l.bias == nil {
		m.e.Chain(y, l.out, false, sgemm.Term{A: x, B: l.forth}, second)
		return
	}
	m.e.Chain(y, l.out, false, sgemm.Term{A: x, B: l.forth})
	m.addBias(l, y)
	m.e.Chain(y, l.out, true, second)
}

func (m *network) addBias(l *linear, y []float32) {
	if l.bias == nil {
		return
	}
	for i := 0; i < len(y); i += l.out {
		m.ops.Add(y[i:i+l.out], l.bias)
	}
}

// rms computes y = x/√(mean(x²)+eps)·w and keeps 1/√(…) in inv.
func (m *network) rms(x, w, y, inv []float32, from, to int) {
	d := m.Width
	for i := from; i < to; i++ {
		inv[i] = m.ops.InverseRMS(x[i*d:i*d+d], float32(m.NormEps))
		m.ops.Normed(x[i*d:i*d+d], inv[i], w, y[i*d:i*d+d])
	}
}

// turn turns the heads of tokens from…to by their place in the row; with −sin,
// back.
func (m *network) turn(x []float32, width int, sin []float32, from, to int) {
	half := m.Config.head() / 2
	for i := from; i < to; i++ {
		t := i % m.T * half
		m.ops.Turn(x[i*width:(i+1)*width], m.cos[t:t+half], sin[t:t+half])
	}
}

// run is hidden and the logits of every token, m.logits.
func (m *network) run(tokens []int32, start []int, rows int) {
	n, V := rows*m.T, m.Vocab
	if m.logits == nil {
		m.logits = zeros(m.rows * m.T * V)
	}
	m.hidden(tokens, start, rows)
	m.chunks(n, pieceOfHead, func(from, to int) { m.score(m.logits[from*V:to*V], from, to) })
}

// score writes the logits of tokens from…to.
func (m *network) score(logits []float32, from, to int) {
	D := m.Width
	m.rms(m.xf, m.norm, m.hf, m.invf, from, to)
	x := m.e.Left(to-from, D, m.hf[from*D:], D)
	m.e.Chain(logits, m.Vocab, false, sgemm.Term{A: x, B: m.forth})
	x.Free()
}

// loss computes the head after hidden and returns the sum of the losses in nats;
// a target below 0 is none. Where something is trained it is also the head's
// backward pass: the gradient of the mean loss over valid targets, to m.d.out.
func (m *network) loss(targets []int32, rows, valid int) float64 {
	n, V := rows*m.T, m.Vocab
	train := m.d.adapters || m.d.everything
	m.chunks(n, pieceOfHead, func(from, to int) {
		var logits []float32
		if m.ghead != nil {
			logits = m.logits[from*V : to*V]
		} else {
			buffer := m.buffer((to - from) * V)
			defer m.release(buffer)
			logits = (*buffer)[:(to-from)*V]
		}
		m.score(logits, from, to)
		for i := from; i < to; i++ {
			m.losses[i] = m.lossOf(logits[(i-from)*V:(i-from+1)*V], targets[i], valid, train)
		}
		if train {
			m.headBack(logits, from, to)
		}
	})
	var total float64
	for _, v := range m.losses[:n] {
		total += float64(v)
	}
	return total
}

// lossOf returns the loss of one token and turns its logits into their gradient.
func (m *network) lossOf(row []float32, target int32, valid int, train bool) float32 {
	if target < 0 {
		clear(row)
		return 0
	}
	at := row[target]
	top, sum := m.ops.Exps(row, 1)
	if train {
		share := 1 / float32(max(valid, 1))
		m.ops.Scale(row, share/sum)
		row[target] -= share
	}
	return float32(ln(float64(sum))) - float32(at-top)
}

// rootHead is 1/√head, which scales scores.
func (m *network) rootHead() float32 { return float32(1 / math.Sqrt(float64(m.Config.head()))) }
