package lm

import (
	"math"

	"licet/lm/sgemm"
)

// linear is y = x·Wᵀ, plus a bias where it has one, plus scale·(x·Aᵀ)·Bᵀ where
// it has an adapter.
//
//	w [out][in]   bias [out]   a [rank][in]   b [out][rank]
//
// A gradient is nil where its tensor is not trained.
type linear struct {
	out, in, rank int
	scale         float32
	w, bias, a, b []float32

	gw, gbias, ga, gb []float32
}

// layer holds the weights of one layer and what its forward pass leaves for the
// backward pass.
type layer struct {
	norm1, norm2, gnorm1, gnorm2 []float32
	lin                          [7]linear

	x0, h1, q, k, v, att, x1, h2, gate, up, act []float32 // [n][…]
	prob                                        []float32 // [rows][heads][T][T]
	low                                         [7][]float32
	inv1, inv2                                  []float32
}

// network is a base, perhaps with an adapter, and the room for one batch of at
// most `rows` rows of T tokens. It is used by one goroutine.
type network struct {
	Config
	e          *sgemm.Engine
	rows, T    int
	emb, gemb  []float32
	norm, gnrm []float32
	head       []float32 // [vocab][width]; the embedding where they are tied
	ghead      []float32
	layers     []*layer
	cos, sin   []float32 // [T][head/2]

	xf, hf, invf, logits               []float32
	d1, d2, dq, dk, dv, df1, df2, dlow []float32
	losses                             []float32
	params, grads                      [][]float32
	undecayed                          []bool // by parameter: a bias
}

// newNetwork lays out a network. full trains every weight (of copies that the
// caller gave); otherwise the adapter's tensors are trained, if there is one.
func newNetwork(b *Base, ad *Adapter, rows, context int, full, train bool) *network {
	c := b.config
	m := &network{Config: c, e: b.engine, rows: rows, T: context}
	n := rows * context
	f := func(size int) []float32 { return make([]float32, size) }
	grad := func(p []float32, trained bool) []float32 {
		if !trained || !train || p == nil {
			return nil
		}
		g := f(len(p))
		m.params, m.grads, m.undecayed = append(m.params, p), append(m.grads, g), append(m.undecayed, false)
		return g
	}
	m.emb, m.norm = b.weights[embedName].data, b.weights[normName].data
	m.gemb, m.gnrm = grad(m.emb, full), grad(m.norm, full)
	m.head, m.ghead = m.emb, m.gemb
	if !c.Tied {
		m.head = b.weights[headName].data
		m.ghead = grad(m.head, full)
	}
	for l := range c.Layers {
		y := &layer{norm1: b.weights[layerName(l, "input_layernorm")].data, norm2: b.weights[layerName(l, "post_attention_layernorm")].data}
		y.gnorm1, y.gnorm2 = grad(y.norm1, full), grad(y.norm2, full)
		for i, part := range linears {
			out, in := c.shape(i)
			x := linear{out: out, in: in, w: b.weights[layerName(l, part)].data}
			x.gw = grad(x.w, full)
			if c.biased(i) {
				x.bias = b.weights[biasName(l, part)].data
				if x.gbias = grad(x.bias, full); x.gbias != nil {
					m.undecayed[len(m.undecayed)-1] = true
				}
			}
			if ad != nil && ad.targets.has(i) {
				x.rank, x.scale = ad.rank, float32(ad.alpha/float64(ad.rank))
				x.a, x.b = ad.tensors[2*(7*l+i)], ad.tensors[2*(7*l+i)+1]
				x.ga, x.gb = grad(x.a, !full), grad(x.b, !full)
				y.low[i] = f(n * x.rank)
			}
			y.lin[i] = x
		}
		y.x0, y.h1, y.q, y.k, y.v = f(n*c.Width), f(n*c.Width), f(n*c.qWidth()), f(n*c.kvWidth()), f(n*c.kvWidth())
		y.att, y.x1, y.h2 = f(n*c.qWidth()), f(n*c.Width), f(n*c.Width)
		y.gate, y.up, y.act = f(n*c.FFN), f(n*c.FFN), f(n*c.FFN)
		y.prob = f(rows * c.Heads * context * context)
		y.inv1, y.inv2 = f(n), f(n)
		m.layers = append(m.layers, y)
	}
	m.xf, m.hf, m.invf, m.logits, m.losses = f(n*c.Width), f(n*c.Width), f(n), f(n*c.Vocab), f(n)
	if train {
		rank := 0
		if ad != nil {
			rank = ad.rank
		}
		m.d1, m.d2, m.dq = f(n*c.Width), f(n*max(c.Width, c.qWidth())), f(n*c.qWidth())
		m.dk, m.dv, m.df1, m.df2, m.dlow = f(n*c.kvWidth()), f(n*c.kvWidth()), f(n*c.FFN), f(n*c.FFN), f(n*rank)
	}
	m.cos, m.sin = ropeTable(c, context)
	return m
}

// each calls f for chunks of 0…n; results never depend on the cut.
func (m *network) each(n, work int, f func(from, to int)) {
	const chunk = 32
	if n*work < 1<<15 {
		f(0, n)
		return
	}
	m.e.Parallel((n+chunk-1)/chunk, func(i int) { f(i*chunk, min(n, (i+1)*chunk)) })
}

// forward of one linear; low keeps x·Aᵀ·scale for the backward pass.
func (m *network) forward(l *linear, n int, x, y, low []float32) {
	m.e.Gemm(false, true, n, l.out, l.in, x, l.in, l.w, l.in, y, l.out, false)
	if l.bias != nil {
		m.each(n, l.out, func(from, to int) {
			for i := from; i < to; i++ {
				addTo(y[i*l.out:(i+1)*l.out], l.bias)
			}
		})
	}
	if l.rank == 0 {
		return
	}
	m.e.Gemm(false, true, n, l.rank, l.in, x, l.in, l.a, l.in, low, l.rank, false)
	for i := range low[:n*l.rank] {
		low[i] *= l.scale
	}
	m.e.Gemm(false, true, n, l.out, l.rank, low, l.rank, l.b, l.rank, y, l.out, true)
}

// rms computes y = x/√(mean(x²)+eps)·w for n rows and keeps 1/√(…) in inv.
func (m *network) rms(n int, x, w, y, inv []float32) {
	d, eps := m.Width, float32(m.NormEps)
	m.each(n, d, func(from, to int) {
		for i := from; i < to; i++ {
			row, out := x[i*d:i*d+d], y[i*d:i*d+d]
			r := inverseRMS(row, eps)
			inv[i] = r
			for j, v := range row {
				out[j] = float32(v*r) * w[j]
			}
		}
	})
}

// inverseRMS sums squares in four lanes, always the same four.
func inverseRMS(row []float32, eps float32) float32 {
	var s [4]float32
	for j, v := range row {
		s[j&3] += float32(v * v)
	}
	mean := float32(float32(s[0]+s[1])+float32(s[2]+s[3])) / float32(len(row))
	return float32(1 / math.Sqrt(float64(mean+eps)))
}

// rope turns n rows of heads·head floats by their position; sign −1 turns back.
func (m *network) rope(x []float32, heads, n int, sign float32) {
	hd := m.Config.head()
	half := hd / 2
	m.each(n, heads*hd, func(from, to int) {
		for i := from; i < to; i++ {
			t := i % m.T
			turn(x[i*heads*hd:(i+1)*heads*hd], m.cos[t*half:(t+1)*half], m.sin[t*half:(t+1)*half], sign)
		}
	})
}

func turn(x, cos, sin []float32, sign float32) {
	half := len(cos)
	for h := 0; h < len(x); h += 2 * half {
		low, high := x[h:h+half], x[h+half:h+2*half]
		for j, c := range cos {
			s := sign * sin[j]
			a, b := low[j], high[j]
			low[j] = float32(a*c) - float32(b*s)
			high[j] = float32(b*c) + float32(a*s)
		}
	}
}

// attend computes softmax(q·kᵀ/√head)·v, where a token sees the tokens of its
// own document up to itself. start[i] is the place in its row where token i's
// document begins.
func (m *network) attend(l *layer, rows int, start []int) {
	hd, T, D, kd := m.Config.head(), m.T, m.qWidth(), m.kvWidth()
	group := m.Heads / m.KVHeads
	scale := float32(1 / math.Sqrt(float64(hd)))
	run := func(i int) {
		b, h := i/m.Heads, i%m.Heads
		p := l.prob[i*T*T : (i+1)*T*T]
		q, k, v := l.q[b*T*D+h*hd:], l.k[b*T*kd+h/group*hd:], l.v[b*T*kd+h/group*hd:]
		m.e.Gemm1(false, true, T, T, hd, q, D, k, kd, p, T, false)
		for t := range T {
			softmax(p[t*T:t*T+T], start[b*T+t], t+1, scale)
		}
		m.e.Gemm1(false, false, T, hd, T, p, T, v, kd, l.att[b*T*D+h*hd:], D, false)
	}
	if rows*m.Heads*T*T*hd < 1<<17 {
		for i := range rows * m.Heads {
			run(i)
		}
		return
	}
	m.e.Parallel(rows*m.Heads, run)
}

// softmax of scale·row[from:to]; the rest of the row becomes zero.
func softmax(row []float32, from, to int, scale float32) {
	clear(row[:from])
	clear(row[to:])
	x := row[from:to]
	top := float32(math.Inf(-1))
	for j := range x {
		x[j] *= scale
		top = max(top, x[j])
	}
	var sum float32
	for j := range x {
		x[j] = expf(x[j] - top)
		sum += x[j]
	}
	sum = 1 / sum
	for j := range x {
		x[j] *= sum
	}
}

func (m *network) add(dst, src []float32, n int) {
	m.each(n, m.Width, func(from, to int) {
		d, s := dst[from*m.Width:to*m.Width], src[from*m.Width:to*m.Width]
		for i, v := range s {
			d[i] += v
		}
	})
}

// run is the forward pass over rows rows of tokens.
func (m *network) run(tokens []int32, start []int, rows int) {
	n, D, F := rows*m.T, m.Width, m.FFN
	x := m.layers[0].x0
	for i, t := range tokens[:n] {
		copy(x[i*D:i*D+D], m.emb[int(t)*D:])
	}
	for li, l := range m.layers {
		m.rms(n, l.x0, l.norm1, l.h1, l.inv1)
		for i, y := range [][]float32{l.q, l.k, l.v} {
			m.forward(&l.lin[i], n, l.h1, y, l.low[i])
		}
		m.rope(l.q, m.Heads, n, 1)
		m.rope(l.k, m.KVHeads, n, 1)
		m.attend(l, rows, start)
		m.forward(&l.lin[3], n, l.att, l.x1, l.low[3])
		m.add(l.x1, l.x0, n)
		m.rms(n, l.x1, l.norm2, l.h2, l.inv2)
		m.forward(&l.lin[4], n, l.h2, l.gate, l.low[4])
		m.forward(&l.lin[5], n, l.h2, l.up, l.low[5])
		m.each(n, F*8, func(from, to int) {
			silu(l.gate[from*F:to*F], l.up[from*F:to*F], l.act[from*F:to*F])
		})
		out := m.xf
		if li+1 < len(m.layers) {
			out = m.layers[li+1].x0
		}
		m.forward(&l.lin[6], n, l.act, out, l.low[6])
		m.add(out, l.x1, n)
	}
	m.rms(n, m.xf, m.norm, m.hf, m.invf)
	m.e.Gemm(false, true, n, m.Vocab, D, m.hf, D, m.head, D, m.logits, m.Vocab, false)
}

// silu computes gate·sigmoid(gate)·up.
func silu(gate, up, out []float32) {
	for i, g := range gate {
		out[i] = float32(g/(1+expf(-g))) * up[i]
	}
}

// loss turns the logits of n tokens into the gradient of the mean loss over
// valid targets, and returns the sum of the losses in nats. A target below 0 is none.
func (m *network) loss(targets []int32, n, valid int) float64 {
	V := m.Vocab
	share := 1 / float32(max(valid, 1))
	m.each(n, V*8, func(from, to int) {
		for i := from; i < to; i++ {
			m.losses[i] = 0
			row := m.logits[i*V : i*V+V]
			t := targets[i]
			if t < 0 {
				clear(row)
				continue
			}
			top := row[0]
			for _, v := range row {
				top = max(top, v)
			}
			at := row[t]
			var s0, s1 float32
			for j := range row {
				row[j] = expf(row[j] - top)
				if j&1 == 0 {
					s0 += row[j]
				} else {
					s1 += row[j]
				}
			}
			sum := s0 + s1
			m.losses[i] = float32(ln(float64(sum))) - float32(at-top)
			c := share / sum
			for j := range row {
				row[j] *= c
			}
			row[t] -= share
		}
	})
	var total float64
	for _, v := range m.losses[:n] {
		total += float64(v)
	}
	return total
}
