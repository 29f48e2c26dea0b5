package lm

import (
	"math"
	"slices"
)

// back is the backward pass of one linear: gradients accumulate, and dx becomes
// (or, with acc, grows by) dy·W plus the adapter's part. dx nil: not needed.
func (m *network) back(l *linear, n int, x, dy, dx, low []float32, acc bool) {
	e := m.e
	if l.gw != nil {
		e.Gemm(true, false, l.out, l.in, n, dy, l.out, x, l.in, l.gw, l.in, true)
	}
	for i := range n * min(1, len(l.gbias)) { // in order of rows, on one thread: the sum has one order
		addTo(l.gbias, dy[i*l.out:(i+1)*l.out])
	}
	if l.rank > 0 {
		e.Gemm(false, false, n, l.rank, l.out, dy, l.out, l.b, l.rank, m.dlow, l.rank, false)
		for i := range m.dlow[:n*l.rank] {
			m.dlow[i] *= l.scale
		}
		if l.ga != nil {
			e.Gemm(true, false, l.out, l.rank, n, dy, l.out, low, l.rank, l.gb, l.rank, true)
			e.Gemm(true, false, l.rank, l.in, n, m.dlow, l.rank, x, l.in, l.ga, l.in, true)
		}
	}
	if dx == nil {
		return
	}
	e.Gemm(false, false, n, l.in, l.out, dy, l.out, l.w, l.in, dx, l.in, acc)
	if l.rank > 0 {
		e.Gemm(false, false, n, l.in, l.rank, m.dlow, l.rank, l.a, l.in, dx, l.in, true)
	}
}

// rmsBack adds the gradient through a norm to dx, or sets it.
func (m *network) rmsBack(n int, x, w, inv, dy, dx, gw []float32, acc bool) {
	d := m.Width
	m.each(n, d, func(from, to int) {
		for i := from; i < to; i++ {
			row, g, out := x[i*d:i*d+d], dy[i*d:i*d+d], dx[i*d:i*d+d]
			r := inv[i]
			var s float32
			for j, v := range row {
				s += float32(float32(g[j]*w[j]) * v)
			}
			c := float32(float32(float32(s*r)*r)*r) / float32(d)
			for j, v := range row {
				change := float32(float32(g[j]*w[j])*r) - float32(v*c)
				if acc {
					out[j] += change
				} else {
					out[j] = change
				}
			}
		}
	})
	if gw == nil {
		return
	}
	for i := range n { // in order of rows, on one thread: the sum has one order
		row, g, r := x[i*d:i*d+d], dy[i*d:i*d+d], inv[i]
		for j := range gw {
			gw[j] += float32(float32(g[j]*row[j]) * r)
		}
	}
}

// attendBack fills dq, dk and dv from the gradient of the attention's output.
// One task is one key-value head of one row, so that no two add to one place.
func (m *network) attendBack(l *layer, rows int, start []int, datt []float32) {
	hd, T, D, kd := m.Config.head(), m.T, m.qWidth(), m.kvWidth()
	group := m.Heads / m.KVHeads
	scale := float32(1 / math.Sqrt(float64(hd)))
	clear(m.dk[:rows*T*kd])
	clear(m.dv[:rows*T*kd])
	m.e.Parallel(rows*m.KVHeads, func(i int) {
		b, kv := i/m.KVHeads, i%m.KVHeads
		dp := make([]float32, T*T)
		k, v := l.k[b*T*kd+kv*hd:], l.v[b*T*kd+kv*hd:]
		dk, dv := m.dk[b*T*kd+kv*hd:], m.dv[b*T*kd+kv*hd:]
		for h := kv * group; h < (kv+1)*group; h++ {
			p := l.prob[(b*m.Heads+h)*T*T : (b*m.Heads+h+1)*T*T]
			q, do := l.q[b*T*D+h*hd:], datt[b*T*D+h*hd:]
			m.e.Gemm1(true, false, T, hd, T, p, T, do, D, dv, kd, true)
			m.e.Gemm1(false, true, T, T, hd, do, D, v, kd, dp, T, false)
			for t := range T {
				softmaxBack(p[t*T:t*T+T], dp[t*T:t*T+T], start[b*T+t], t+1, scale)
			}
			m.e.Gemm1(false, false, T, hd, T, dp, T, k, kd, m.dq[b*T*D+h*hd:], D, false)
			m.e.Gemm1(true, false, T, hd, T, dp, T, q, D, dk, kd, true)
		}
	})
}

func softmaxBack(p, dp []float32, from, to int, scale float32) {
	var s float32
	for j := from; j < to; j++ {
		s += float32(p[j] * dp[j])
	}
	for j := from; j < to; j++ {
		dp[j] = float32(p[j]*(dp[j]-s)) * scale
	}
	clear(dp[:from])
	clear(dp[to:])
}

// backward is the backward pass after run and loss; gradients are set, not added to.
func (m *network) backward(tokens []int32, start []int, rows int) {
	n, D, F, V := rows*m.T, m.Width, m.FFN, m.Vocab
	for _, g := range m.grads {
		clear(g)
	}
	if m.ghead != nil {
		m.e.Gemm(true, false, V, D, n, m.logits, V, m.hf, D, m.ghead, D, true)
	}
	m.e.Gemm(false, false, n, D, V, m.logits, V, m.head, D, m.d2, D, false)
	m.rmsBack(n, m.xf, m.norm, m.invf, m.d2, m.d1, m.gnrm, false)
	for li, l := range slices.Backward(m.layers) {
		m.back(&l.lin[6], n, l.act, m.d1, m.df1, l.low[6], false)
		m.each(n, F*8, func(from, to int) {
			siluBack(l.gate[from*F:to*F], l.up[from*F:to*F], m.df1[from*F:to*F], m.df2[from*F:to*F])
		})
		m.back(&l.lin[5], n, l.h2, m.df2, m.d2, l.low[5], false)
		m.back(&l.lin[4], n, l.h2, m.df1, m.d2, l.low[4], true)
		m.rmsBack(n, l.x1, l.norm2, l.inv2, m.d2, m.d1, l.gnorm2, true)
		m.back(&l.lin[3], n, l.att, m.d1, m.d2, l.low[3], false)
		m.attendBack(l, rows, start, m.d2)
		m.rope(m.dq, m.Heads, n, -1)
		m.rope(m.dk, m.KVHeads, n, -1)
		dx := m.d2
		if li == 0 && m.gemb == nil {
			dx = nil // nothing below the first layer is trained
		}
		m.back(&l.lin[0], n, l.h1, m.dq, dx, l.low[0], false)
		m.back(&l.lin[1], n, l.h1, m.dk, dx, l.low[1], true)
		m.back(&l.lin[2], n, l.h1, m.dv, dx, l.low[2], true)
		if dx != nil {
			m.rmsBack(n, l.x0, l.norm1, l.inv1, m.d2, m.d1, l.gnorm1, true)
		}
	}
	if m.gemb == nil {
		return
	}
	for i, t := range tokens[:n] {
		g := m.gemb[int(t)*D : int(t)*D+D]
		for j, v := range m.d1[i*D : i*D+D] {
			g[j] += v
		}
	}
}

// siluBack turns d, the gradient of gate·sigmoid(gate)·up, into the gradient of
// gate, and writes that of up to dup.
func siluBack(gate, up, d, dup []float32) {
	for i, g := range gate {
		s := 1 / (1 + expf(-g))
		dy := d[i]
		dup[i] = dy * float32(g*s)
		d[i] = float32(dy*up[i]) * float32(s*(1+float32(g*(1-s))))
	}
}
