package lm

import (
	"math"

	"licet/lm/gemv"
	"licet/lm/lanes"
)

// memory is what stands of one text: the keys and values of every layer.
type memory struct {
	layers []*gemv.Memory
	next   int // the position of the next token
}

func (m *Model) memory() *memory {
	x := &memory{}
	for range m.layers {
		x.layers = append(x.layers, m.engine.Memory(m.config.KVHeads, m.config.head()))
	}
	return x
}

// A row is one token of one text that a step reads.
type row struct {
	text  *memory
	token int32
	at    int  // its position
	last  bool // logits of what follows it are wanted
}

// stepper reads rows, of one text or of several, together: the weights are read
// once for all of them. A row's numbers are those that it would have alone. It
// is used by one goroutine.
type stepper struct {
	m                                                  *Model
	ops                                                *lanes.Ops
	x, h, joined, att, out, act, low, cos, sin, logits []float32
	scores                                             [][]float32
}

// room returns n floats, of the same memory if it is large enough.
func room(p *[]float32, n int) []float32 {
	if cap(*p) < n {
		*p = make([]float32, n)
	}
	return (*p)[:n]
}

func newStepper(m *Model) *stepper { return &stepper{m: m, ops: lanes.For(m.kernel)} }

// read reads rows and returns the logits of those that want them, one after the
// other, valid until the next call. The rows of one text stand in order.
func (s *stepper) read(rows []row) []float32 {
	m, c, n := s.m, s.m.config, len(rows)
	d, q, kv, half := c.Width, c.qWidth(), c.kvWidth(), c.head()/2
	x, h, wide := room(&s.x, n*d), room(&s.h, n*d), q+2*kv
	joined, att, out, act := room(&s.joined, n*max(wide, 2*c.FFN)), room(&s.att, n*q), room(&s.out, n*d), room(&s.act, n*c.FFN)
	cos, sin := room(&s.cos, n*half), room(&s.sin, n*half)
	for len(s.scores) < n {
		s.scores = append(s.scores, nil)
	}
	for i, r := range rows {
		m.embed.Row(int(r.token), x[i*d:(i+1)*d])
		for j, f := range m.turns {
			si, co := sincos(float64(float64(r.at) * f))
			cos[i*half+j], sin[i*half+j] = float32(co), float32(si)
		}
		r.text.next = r.at + 1
	}
	for l, b := range m.layers {
		s.norm(n, x, b.norm1, h)
		s.linear(&b.attention, n, h, joined)
		for i, r := range rows {
			y := joined[i*wide : (i+1)*wide]
			s.ops.Turn(y[:q+kv], cos[i*half:(i+1)*half], sin[i*half:(i+1)*half])
			m.engine.Put(r.text.layers[l], r.at, y[q:q+kv], y[q+kv:])
		}
		s.each(n, c.Heads*c.head()*256, func(i int) { s.attend(rows[i], i, l, joined[i*wide:i*wide+q], att[i*q:(i+1)*q]) })
		s.linear(&b.o, n, att, out)
		s.ops.Add(x, out)
		s.norm(n, x, b.norm2, h)
		s.linear(&b.gateUp, n, h, joined)
		s.each(n, c.FFN*8, func(i int) {
			y := joined[i*2*c.FFN : (i+1)*2*c.FFN]
			s.ops.SiLU(y[:c.FFN], y[c.FFN:], act[i*c.FFN:(i+1)*c.FFN])
		})
		s.linear(&b.down, n, act, out)
		s.ops.Add(x, out)
	}
	s.norm(n, x, m.norm, h)
	return s.head(rows, h)
}

// head returns the logits of the rows that want them.
func (s *stepper) head(rows []row, h []float32) []float32 {
	d, n := s.m.config.Width, 0
	for i, r := range rows {
		if r.last {
			copy(h[n*d:(n+1)*d], h[i*d:(i+1)*d])
			n++
		}
	}
	v := s.m.config.Vocab
	logits := room(&s.logits, n*v)
	if n > 0 {
		s.m.engine.Mul(s.m.head, n, h, d, logits, v)
	}
	return logits
}

// each calls f for rows 0 … n−1, on all threads if they are work enough.
func (s *stepper) each(n, work int, f func(i int)) {
	if n*work < 1<<16 {
		for i := range n {
			f(i)
		}
		return
	}
	s.m.engine.Parallel(n, f)
}

func (s *stepper) norm(n int, x, w, y []float32) {
	d := len(w)
	for i := range n {
		row := x[i*d : (i+1)*d]
		s.ops.Normed(row, s.ops.InverseRMS(row, float32(s.m.config.NormEps)), w, y[i*d:(i+1)*d])
	}
}

// linear computes y = x·Wᵀ for n rows, then adds the bias and the adapter, in
// the order in which training does.
func (s *stepper) linear(j *joint, n int, x, y []float32) {
	e, out, in := s.m.engine, j.w.Out, j.w.In
	e.Mul(j.w, n, x, in, y, out)
	if j.bias != nil {
		for i := range n {
			s.ops.Add(y[i*out:(i+1)*out], j.bias)
		}
	}
	if j.adapter == nil {
		return
	}
	a := j.adapter
	low := room(&s.low, n*a.a.Out)
	e.Mul(a.a, n, x, in, low, a.a.Out)
	s.ops.Scale(low, a.scale)
	for _, b := range a.b {
		e.Add(b.b, n, low[b.low:], a.a.Out, y[b.out:], out)
	}
}

// attend computes the heads of one row: shares of all positions up to its own,
// then the values in these shares. Heads with the same keys go together.
func (s *stepper) attend(r row, i, l int, q, y []float32) {
	c := s.m.config
	group, to := c.Heads/c.KVHeads, r.at+1
	wide, all := group*c.head(), gemv.Room(to)
	scores := room(&s.scores[i], group*all)
	for h := range c.KVHeads {
		s.m.engine.Scores(r.text.layers[l], h, to, group, q[h*wide:], scores)
		for g := range group {
			s.ops.Softmax(scores[g*all:g*all+to], float32(1/math.Sqrt(float64(c.head()))))
		}
		s.m.engine.Mix(r.text.layers[l], h, to, group, scores, y[h*wide:])
	}
}
