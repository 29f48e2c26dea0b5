package lm

import "licet/lm/sgemm"

// dozen is how many tokens attend together: the height of every kernel's tile
// divides it, so that what is computed does not depend on the kernel.
const dozen = 12

// grid is how shares of attention lie: rows for queries, columns for keys. Only
// from the dozen where a document begins to a query's own dozen is computed.
type grid struct{ T, height, stride, across int }

func newGrid(T int) grid {
	up := func(n, unit int) int { return (n + unit - 1) / unit * unit }
	// Rows of transposed keys are 64 bytes more than a power of two apart, which
	// a cache finds room for.
	height := up(T, dozen)
	return grid{T: T, height: height, stride: up(height, 32), across: up(height, 32) + 16}
}

func (g grid) size() int { return g.height * g.stride }

// from returns the first place that dozen i looks at, a multiple of 12: that of the
// document of its first token. start is of the row.
func (g grid) from(i int, start []int) int { return start[i*dozen] / dozen * dozen }

// to returns the place behind the last query that looks at dozen j.
func (g grid) to(j int, start []int) int {
	i := j + 1
	for i*dozen < g.T && g.from(i, start) <= j*dozen {
		i++
	}
	return min(g.T, i*dozen)
}

// attend computes softmax(q·kᵀ/√head)·v, where a token sees the tokens of its
// own document up to itself.
func (m *network) attend(l *layer, rows int, start []int) {
	g, hd, T, D, kd := m.grid, m.Config.head(), m.T, m.qWidth(), m.kvWidth()
	group := m.Heads / m.KVHeads
	m.e.Parallel(rows*m.Heads, func(task int) {
		b, h := task/m.Heads, task%m.Heads
		buffer := m.buffer(2*hd*g.across + dozen*(g.stride+dozen))
		defer m.release(buffer)
		qT, kT, tile := (*buffer)[:hd*g.across], (*buffer)[hd*g.across:2*hd*g.across], (*buffer)[2*hd*g.across:]
		p, begin := l.prob[task*g.size():(task+1)*g.size()], start[b*T:(b+1)*T]
		m.across(qT, l.q[b*T*D+h*hd:], D)
		m.across(kT, l.k[b*T*kd+h/group*hd:], kd)
		v := l.v[b*T*kd+h/group*hd:]
		for i := 0; i*dozen < T; i++ {
			m.table(p, qT, kT, i, begin)
			from, to := g.from(i, begin), (i+1)*dozen
			for t := i * dozen; t < to; t++ {
				row := p[t*g.stride : t*g.stride+g.stride]
				if t >= T {
					clear(row[from:to])
					continue
				}
				clear(row[from:begin[t]])
				m.ops.Softmax(row[begin[t]:t+1], m.rootHead())
				clear(row[t+1 : to])
			}
			m.mix(tile, p, i, from, v, kd, l.att[b*T*D+h*hd:], D)
		}
	})
}

// across writes one head of a row, [T][hd] with rows ld apart, as columns, with
// zeros behind.
func (m *network) across(dst, src []float32, ld int) {
	g, hd := m.grid, m.Config.head()
	for i := range hd {
		clear(dst[i*g.across+g.T : (i+1)*g.across])
	}
	m.e.Transpose(dst, g.across, src, ld, g.T, hd)
}

// table writes the products of dozen i of queries with all keys that it looks
// at, and perhaps some more.
func (m *network) table(p, qT, kT []float32, i int, start []int) {
	g := m.grid
	from := g.from(i, start) &^ 15
	to := min(g.stride, from+((i+1)*dozen-from+31)/32*32)
	m.e.Direct(dozen, to-from, m.Config.head(), qT[i*dozen:], g.across, kT[from:], g.across, p[i*dozen*g.stride+from:], g.stride, false)
}

// mix computes rows of dozen i of y = p·x over places from… up to the dozen.
func (m *network) mix(tile, p []float32, i, from int, x []float32, ldx int, y []float32, ldy int) {
	g, to := m.grid, min(m.T, (i+1)*dozen)
	m.e.Transpose(tile, dozen, p[i*dozen*g.stride+from:], g.stride, dozen, to-from)
	m.e.Direct(to-i*dozen, m.Config.head(), to-from, tile, dozen, x[from*ldx:], ldx, y[i*dozen*ldy:], ldy, false)
}

// attendBack fills dq, dk and dv from the gradient of the attention's output.
// One task is one key-value head of one row, so that no two add to one place.
func (m *network) attendBack(l *layer, rows int, start []int) {
	g, hd, T, D, kd := m.grid, m.Config.head(), m.T, m.qWidth(), m.kvWidth()
	group := m.Heads / m.KVHeads
	m.e.Parallel(rows*m.KVHeads, func(task int) {
		b, kv := task/m.KVHeads, task%m.KVHeads
		buffer := m.buffer(2*hd*g.across + g.size() + sgemm.Slack + dozen*(g.stride+dozen))
		defer m.release(buffer)
		doT, vT, rest := (*buffer)[:hd*g.across], (*buffer)[hd*g.across:2*hd*g.across], (*buffer)[2*hd*g.across:]
		dp, tile := rest[:g.size()], rest[g.size()+sgemm.Slack:]
		begin := start[b*T : (b+1)*T]
		m.across(vT, l.v[b*T*kd+kv*hd:], kd)
		for h := kv * group; h < (kv+1)*group; h++ {
			p := l.prob[(b*m.Heads+h)*g.size() : (b*m.Heads+h+1)*g.size()]
			q, do := l.q[b*T*D+h*hd:], m.d.att[b*T*D+h*hd:]
			m.across(doT, do, D)
			for i := 0; i*dozen < T; i++ {
				m.table(dp, doT, vT, i, begin)
				from, to := g.from(i, begin), (i+1)*dozen
				for t := i * dozen; t < to; t++ {
					row := dp[t*g.stride : t*g.stride+g.stride]
					if t >= T {
						clear(row[from:to])
						continue
					}
					clear(row[from:begin[t]])
					m.ops.SoftmaxBack(p[t*g.stride+begin[t]:t*g.stride+t+1], row[begin[t]:t+1], m.rootHead())
					clear(row[t+1 : to])
				}
				m.mix(tile, dp, i, from, l.k[b*T*kd+kv*hd:], kd, m.d.q[b*T*D+h*hd:], D)
			}
			for j := 0; j*dozen < T; j++ {
				m.gather(p, j, begin, do, m.d.v[b*T*kd+kv*hd:], h > kv*group)
				m.gather(dp, j, begin, q, m.d.k[b*T*kd+kv*hd:], h > kv*group)
			}
		}
	})
}

// gather computes dozen j of y = pᵀ·x, x of one query head and y of keys or
// values, over the queries that look at it.
func (m *network) gather(p []float32, j int, start []int, x, y []float32, acc bool) {
	g, D, kd := m.grid, m.qWidth(), m.kvWidth()
	from, to := j*dozen, g.to(j, start)
	m.e.Direct(min(dozen, m.T-from), m.Config.head(), to-from, p[from*g.stride+from:], g.stride, x[from*D:], D, y[from*kd:], kd, acc)
}
