package lm

import (
	"errors"
	"fmt"
	"sync"

	"licet/lm/gemv"
	"licet/lm/sgemm"
)

// Weights says how a model keeps its weights while it writes.
type Weights = gemv.Kind

// The kinds of weights. An adapter is folded into Float32; beside the others it
// stays as it is, so that no small change is lost by rounding.
const (
	BF16    = gemv.BF16 // loses nothing where the base is bfloat16
	Int8    = gemv.Int8 // with a scale for every gemv.Group inputs
	Float32 = gemv.Float32
)

// ErrWeights says that there are no weights of this name.
var ErrWeights = errors.New("no such weights: use bf16, int8 or float32")

// ParseWeights returns the weights of a name, as their String writes it.
func ParseWeights(name string) (Weights, error) {
	for _, w := range []Weights{BF16, Int8, Float32} {
		if w.String() == name {
			return w, nil
		}
	}
	return BF16, fmt.Errorf("%w, not %q", ErrWeights, name)
}

// A Model is a base with an adapter, laid out for writing. It is immutable and
// safe for concurrent use, and it doesn't hold the base that it was made of.
type Model struct {
	config    Config
	tokenizer *Tokenizer
	base      Digest
	engine    *gemv.Engine
	kernel    sgemm.Kernel
	weights   Weights
	embed     *gemv.Matrix // the head's where they are tied
	head      *gemv.Matrix
	layers    []*block
	norm      []float32
	turns     []float64      // radians a token, [head/2]
	inside    func() []int32 // see Tokenizer.Inside
	ends      []int32        // ids that end a text, sorted
}

// block is one layer.
type block struct {
	norm1, norm2               []float32
	attention, o, gateUp, down joint
}

// joint is linear maps of one input as one product: q, k and v, or gate and up.
type joint struct {
	first, end int // linears first … end−1
	w          *gemv.Matrix
	bias       []float32 // [out], or nil
	adapter    *beside   // nil: none, or folded in
}

// beside is what an adapter adds to a joint: scale·(x·Aᵀ)·Bᵀ.
type beside struct {
	scale float32      // alpha/rank
	a     *gemv.Matrix // the A's of the joint's linears, one below the other
	b     []beside1
}

// beside1 is the B of one linear: it reads the numbers from low on and adds to
// the outputs from out on.
type beside1 struct {
	out, low int
	b        *gemv.Matrix
}

// NewModel lays out a base with an adapter (nil: the base alone). Into Float32
// the adapter is folded: W + scale·ΣB·A, summed in float64 over ascending rank
// and rounded once; beside other weights it stays as it is.
func NewModel(b *Base, a *Adapter, w Weights) (*Model, error) {
	if err := fits(b.digest, a); err != nil {
		return nil, err
	}
	m := newModel(b.config, b.tokenizer, b.engine, w, func(name string) []float32 { return b.weights[name].data }, a)
	m.base = b.digest
	m.ends = append(m.ends, b.ends...)
	if a == nil || w == Float32 {
		return m, nil
	}
	return m.With(a)
}

func fits(base Digest, a *Adapter) error {
	if a != nil && a.base != base {
		return fmt.Errorf("%w: it is for base %x, not %x", ErrAdapter, a.base[:6], base[:6])
	}
	return nil
}

// RandomModel is NewModel of NewBase without an adapter, but never holds more
// than one tensor of the base; it is there to measure with.
func RandomModel(c Config, t *Tokenizer, e *sgemm.Engine, seed uint64, w Weights) (*Model, error) {
	if err := c.Check(); err != nil {
		return nil, err
	}
	r, left := &normal{seed}, specs(c)
	return newModel(c, t, e, w, func(name string) []float32 {
		s := left[0]
		if left = left[1:]; s.name != name {
			panic("lm: a base lists " + s.name + " where a model reads " + name)
		}
		data := randomTensor(s, r)
		for i, v := range data {
			data[i] = roundHalf(v)
		}
		return data
	}, nil), nil
}

// newModel reads each tensor of a base once, in the order of specs. An adapter
// is folded into Float32, and otherwise left out.
func newModel(c Config, t *Tokenizer, e *sgemm.Engine, w Weights, read func(name string) []float32, a *Adapter) *Model {
	m := &Model{config: c, tokenizer: t, engine: gemv.On(e), kernel: e.Kernel(), weights: w, turns: frequencies(c)}
	for _, t := range []int32{t.End(), t.Start()} { // the start of another text ends one, too
		if t >= 0 {
			m.ends = append(m.ends, t)
		}
	}
	m.inside = sync.OnceValue(func() []int32 { return t.Inside(c.Vocab) })
	whole := func(name string) *gemv.Matrix {
		x := m.engine.Matrix(w, c.Vocab, c.Width)
		m.engine.Fill(x, 0, read(name))
		return x
	}
	m.embed = whole(embedName)
	for l := range c.Layers {
		x := &block{norm1: read(layerName(l, "input_layernorm")), norm2: read(layerName(l, "post_attention_layernorm"))}
		x.attention, x.o = m.joint(l, 0, 3, read, a), m.joint(l, 3, 4, read, a)
		x.gateUp, x.down = m.joint(l, 4, 6, read, a), m.joint(l, 6, 7, read, a)
		m.layers = append(m.layers, x)
	}
	m.norm, m.head = read(normName), m.embed
	if !c.Tied {
		m.head = whole(headName)
	}
	return m
}

// joint lays out the linears first … end−1 of layer l.
func (m *Model) joint(l, first, end int, read func(name string) []float32, a *Adapter) joint {
	c, out := m.config, 0
	_, in := c.shape(first)
	for i := first; i < end; i++ {
		rows, _ := c.shape(i)
		out += rows
	}
	y := joint{first: first, end: end, w: m.engine.Matrix(m.weights, out, in)}
	at := 0
	for i := first; i < end; i++ {
		rows, _ := c.shape(i)
		tensor := read(layerName(l, linears[i]))
		if a != nil && m.weights == Float32 && a.targets.has(i) {
			down, up := a.pair(l, i)
			tensor = fold(tensor, down, up, rows, in, a.rank, a.alpha/float64(a.rank))
		}
		m.engine.Fill(y.w, at, tensor)
		if c.biased(i) { // then all linears of a joint are
			y.bias = append(y.bias, read(biasName(l, linears[i]))...)
		}
		at += rows
	}
	return y
}

// With returns the model with another adapter, or with none (nil), beside the
// same weights. It takes no time to speak of; weights of Float32, into which
// adapters are folded, can't do it.
func (m *Model) With(a *Adapter) (*Model, error) {
	if m.weights == Float32 {
		return nil, fmt.Errorf("%w: weights of float32 have their adapter folded in: lay out a new model", ErrAdapter)
	}
	if err := fits(m.base, a); err != nil {
		return nil, err
	}
	other := *m
	other.layers = make([]*block, len(m.layers))
	for l, x := range m.layers {
		y := *x
		for _, j := range []*joint{&y.attention, &y.o, &y.gateUp, &y.down} {
			j.adapter = m.beside(a, l, j)
		}
		other.layers[l] = &y
	}
	return &other, nil
}

func (m *Model) beside(a *Adapter, l int, j *joint) *beside {
	y, out := &beside{}, 0
	var downs []float32
	for i := j.first; i < j.end; i++ {
		rows, _ := m.config.shape(i)
		if a != nil && a.targets.has(i) {
			down, up := a.pair(l, i)
			b := m.engine.Matrix(Float32, rows, a.rank)
			m.engine.Fill(b, 0, up)
			y.b, downs = append(y.b, beside1{out, len(downs) / j.w.In, b}), append(downs, down...)
		}
		out += rows
	}
	if y.b == nil {
		return nil
	}
	y.scale, y.a = float32(a.alpha/float64(a.rank)), m.engine.Matrix(Float32, len(downs)/j.w.In, j.w.In)
	m.engine.Fill(y.a, 0, downs)
	return y
}

// pair returns A [rank][in] and B [out][rank] of linear i of layer l.
func (a *Adapter) pair(l, i int) (down, up []float32) {
	k := 2 * (len(linears)*l + i)
	return a.tensors[k], a.tensors[k+1]
}

func fold(w, down, up []float32, out, in, rank int, scale float64) []float32 {
	y := make([]float32, len(w))
	sum := make([]float64, in)
	for o := range out {
		clear(sum)
		for r := range rank {
			f := float64(up[o*rank+r])
			if f == 0 {
				continue
			}
			for i, v := range down[r*in : (r+1)*in] {
				sum[i] += float64(f * float64(v))
			}
		}
		for i, s := range sum {
			y[o*in+i] = float32(float64(w[o*in+i]) + float64(s*scale))
		}
	}
	return y
}

// Tokenizer returns the tokenizer of the base.
func (m *Model) Tokenizer() *Tokenizer { return m.tokenizer }

// Base returns the digest of the base that it was made of.
func (m *Model) Base() Digest { return m.base }

// Context returns how many tokens prompt and answer may have together.
func (m *Model) Context() int { return m.config.Context }
