package lm

import "licet/lm/lanes"

// adamW is the optimizer of Loshchilov and Hutter (2019), β = (0.9, 0.999), for
// a network's parameters.
type adamW struct {
	n      *network
	m, v   [][]float32
	decay  float32
	step   int
	c1, c2 float64 // β to the power of step
	pieces []piece
}

// piece is a part of parameter k that one task updates.
type piece struct{ k, from, to int }

func newAdamW(n *network, decay float64) *adamW {
	o := &adamW{n: n, decay: float32(decay), c1: 1, c2: 1}
	const most = 1 << 14
	for k, p := range n.params {
		o.m, o.v = append(o.m, make([]float32, len(p))), append(o.v, make([]float32, len(p)))
		for from := 0; from < len(p); from += most {
			o.pieces = append(o.pieces, piece{k, from, min(len(p), from+most)})
		}
	}
	return o
}

func (o *adamW) update(rate float32) {
	const b1, b2, eps = 0.9, 0.999, 1e-8
	o.step++
	o.c1, o.c2 = float64(o.c1*b1), float64(o.c2*b2)
	a := lanes.Adam{
		B1: b1, B2: b2, C1: 1 - b1, C2: 1 - b2, K1: float32(1 / (1 - o.c1)), K2: float32(1 / (1 - o.c2)),
		Eps: eps, Rate: rate,
	}
	n := o.n
	n.e.Parallel(len(o.pieces), func(i int) {
		p, a := o.pieces[i], a
		x := n.params[p.k]
		if len(x) > n.Width && !n.undecayed[p.k] { // norms, tensors as small, and biases are not decayed
			a.Decay = o.decay
		}
		n.ops.Step(a, x[p.from:p.to], n.grads[p.k][p.from:p.to], o.m[p.k][p.from:p.to], o.v[p.k][p.from:p.to])
	})
}
