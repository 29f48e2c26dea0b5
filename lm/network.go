package lm

import (
	"sync"

	"licet/lm/lanes"
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

	forth, back *sgemm.Panels // W for y and for dx; laid out once where W is frozen
	sides       [4]*sgemm.Panels
	low, dlow   []float32 // [n][rank]: scale·x·Aᵀ and scale·dy·B
}

// The sides of an adapter in products: x·Aᵀ, low·Bᵀ, dy·B and dlow·A.
const (
	toLow = iota
	fromLow
	toDLow
	fromDLow
)

// layer holds the weights of one layer and what its forward pass leaves for the
// backward pass.
type layer struct {
	norm1, norm2, gnorm1, gnorm2 []float32
	lin                          [7]linear

	x0, q, k, v, att, x1, gate, up []float32 // [n][…]
	prob                           []float32 // [rows][heads] of shape.size
	inv1, inv2                     []float32
}

// network is a base, perhaps with an adapter, and the room for one batch of at
// most `rows` rows of T tokens. It is used by one goroutine.
type network struct {
	Config
	e          *sgemm.Engine
	ops        *lanes.Ops
	rows, T    int
	emb, gemb  []float32
	norm, gnrm []float32
	head       []float32 // [vocab][width]; the embedding where they are tied
	ghead      []float32
	forth      *sgemm.Panels // the head
	back       *sgemm.Panels
	layers     []*layer
	cos, sin   []float32 // [T][head/2]
	nsin       []float32 // −sin: it turns back
	grid       grid

	xf, hf, invf, logits, losses []float32
	h1, h2, act                  []float32 // of the layer at hand
	d                            gradients
	params, grads                [][]float32
	undecayed                    []bool    // by parameter: a bias
	more                         bool      // gradients add to those of the rows before
	buffers                      sync.Pool // of *[]float32: what one task uses for a while
}

// gradients of what lies between a layer's tensors, of the layer at hand.
type gradients struct {
	out, mid, in         []float32 // of the layer's output, of x1, of its input
	hf, h1, h2, att      []float32
	q, k, v, gate, up    []float32
	adapters, everything bool // which weights are trained
}

// zeros returns n floats with room behind them for products that read on.
func zeros(n int) []float32 { return make([]float32, n+sgemm.Slack)[:n] }

// newNetwork lays out a network. full trains every weight (of copies that the
// caller gave); otherwise the adapter's tensors are trained, if there is one.
func newNetwork(b *Base, ad *Adapter, rows, context int, full, train bool) *network {
	c := b.config
	m := &network{Config: c, e: b.engine, ops: lanes.For(b.engine.Kernel()), rows: rows, T: context, grid: newGrid(context)}
	m.d.adapters, m.d.everything = train && !full && ad != nil, train && full
	m.emb, m.norm = b.weights[embedName].data, b.weights[normName].data
	m.gemb, m.gnrm = m.grad(m.emb, full, train), m.grad(m.norm, full, train)
	m.head, m.ghead = m.emb, m.gemb
	if !c.Tied {
		m.head = b.weights[headName].data
		m.ghead = m.grad(m.head, full, train)
	}
	for l := range c.Layers {
		m.layers = append(m.layers, m.newLayer(b, ad, l, full, train))
	}
	m.layOut()
	m.cos, m.sin = ropeTable(c, context)
	for _, v := range m.sin {
		m.nsin = append(m.nsin, -v)
	}
	m.makeRoom(train)
	return m
}

// grad makes the gradient of a tensor that is trained.
func (m *network) grad(p []float32, trained, train bool) []float32 {
	if !trained || !train || p == nil {
		return nil
	}
	g := zeros(len(p))
	m.params, m.grads, m.undecayed = append(m.params, p), append(m.grads, g), append(m.undecayed, false)
	return g
}

func (m *network) newLayer(b *Base, ad *Adapter, l int, full, train bool) *layer {
	c, n := m.Config, m.rows*m.T
	y := &layer{norm1: b.weights[layerName(l, "input_layernorm")].data, norm2: b.weights[layerName(l, "post_attention_layernorm")].data}
	y.gnorm1, y.gnorm2 = m.grad(y.norm1, full, train), m.grad(y.norm2, full, train)
	for i, part := range linears {
		out, in := c.shape(i)
		x := linear{out: out, in: in, w: b.weights[layerName(l, part)].data}
		x.gw = m.grad(x.w, full, train)
		if c.biased(i) {
			x.bias = b.weights[biasName(l, part)].data
			if x.gbias = m.grad(x.bias, full, train); x.gbias != nil {
				m.undecayed[len(m.undecayed)-1] = true
			}
		}
		if ad != nil && ad.targets.has(i) {
			x.rank, x.scale = ad.rank, float32(ad.alpha/float64(ad.rank))
			x.a, x.b = ad.tensors[2*(7*l+i)], ad.tensors[2*(7*l+i)+1]
			x.ga, x.gb = m.grad(x.a, !full, train), m.grad(x.b, !full, train)
			x.low, x.dlow = zeros(n*x.rank), zeros(n*x.rank)
			x.sides = [4]*sgemm.Panels{m.e.Empty(x.rank, in), m.e.Empty(out, x.rank), m.e.Empty(x.rank, out), m.e.Empty(in, x.rank)}
		}
		y.lin[i] = x
	}
	y.x0, y.q, y.k, y.v = zeros(n*c.Width), zeros(n*c.qWidth()), zeros(n*c.kvWidth()), zeros(n*c.kvWidth())
	y.att, y.x1, y.gate, y.up = zeros(n*c.qWidth()), zeros(n*c.Width), zeros(n*c.FFN), zeros(n*c.FFN)
	y.prob = zeros(m.rows * c.Heads * m.grid.size())
	y.inv1, y.inv2 = zeros(n), zeros(n)
	return y
}

// layOut lays frozen weights out once where an adapter is trained, and takes
// them as they lie elsewhere.
func (m *network) layOut() {
	var tasks []func()
	side := func(p **sgemm.Panels, n, k int, w []float32, ld int, trans bool) {
		if !m.d.adapters {
			*p = m.e.View(n, k, w, ld, trans)
			return
		}
		tasks = append(tasks, func() { *p = m.e.Panels(n, k, w, ld, trans) })
	}
	both := func(forth, back **sgemm.Panels, w []float32, out, in int) {
		side(forth, out, in, w, in, true)
		side(back, in, out, w, in, false)
	}
	both(&m.forth, &m.back, m.head, m.Vocab, m.Width)
	for _, y := range m.layers {
		for i := range y.lin {
			l := &y.lin[i]
			both(&l.forth, &l.back, l.w, l.out, l.in)
		}
	}
	m.e.Parallel(len(tasks), func(i int) { tasks[i]() })
}

// makeRoom makes what one layer after the other uses.
func (m *network) makeRoom(train bool) {
	c, n := m.Config, m.rows*m.T
	m.xf, m.hf, m.invf, m.losses = zeros(n*c.Width), zeros(n*c.Width), zeros(n), zeros(n)
	m.h1, m.h2, m.act = zeros(n*c.Width), zeros(n*c.Width), zeros(n*c.FFN)
	if m.ghead != nil {
		m.logits = zeros(n * c.Vocab)
	}
	if !train {
		return
	}
	d := &m.d
	d.out, d.mid, d.in, d.hf, d.h1, d.h2 = zeros(n*c.Width), zeros(n*c.Width), zeros(n*c.Width), zeros(n*c.Width), zeros(n*c.Width), zeros(n*c.Width)
	d.att, d.q, d.k, d.v = zeros(n*c.qWidth()), zeros(n*c.qWidth()), zeros(n*c.kvWidth()), zeros(n*c.kvWidth())
	d.gate, d.up = zeros(n*c.FFN), zeros(n*c.FFN)
}

// chunks calls f for pieces of 0…n on the engine's threads; results never depend
// on the cut. A piece is a multiple of every kernel's height, and large enough
// that what is laid out for it pays.
func (m *network) chunks(n, most int, f func(from, to int)) {
	const unit = 12
	pieces := max(2*m.e.Threads(), (n+most-1)/most)
	if m.e.Threads() == 1 {
		pieces = (n + most - 1) / most
	}
	step := ((n+pieces-1)/pieces + unit - 1) / unit * unit
	m.e.Parallel((n+step-1)/step, func(i int) { f(i*step, min(n, (i+1)*step)) })
}

// The largest pieces: of layers, and of the head with its wide rows.
const (
	pieceOfLayer = 264
	pieceOfHead  = 132
)

// buffer returns at least n floats, whatever they are, until they are released.
func (m *network) buffer(n int) *[]float32 {
	b, ok := m.buffers.Get().(*[]float32)
	if !ok {
		b = new([]float32)
	}
	if len(*b) < n {
		*b = make([]float32, n+sgemm.Slack)
	}
	return b
}

func (m *network) release(b *[]float32) { m.buffers.Put(b) }
