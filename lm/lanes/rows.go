package lanes

import "math"

// SiLU writes gate·sigmoid(gate)·up to y.
func (o *Ops) SiLU(gate, up, y []float32) {
	up, y = up[:len(gate)], y[:len(gate)]
	n, rest := blocks(o.asm.silu != nil, len(gate))
	if n > 0 {
		o.asm.silu(n, &gate[0], &up[0], &y[0])
	}
	for i := rest; i < len(gate); i++ {
		y[i] = float32(gate[i]/(1+Exp(-gate[i]))) * up[i]
	}
}

// SiLUBack turns d, the gradient of SiLU, into that of gate, and writes that of
// up to dup.
func (o *Ops) SiLUBack(gate, up, d, dup []float32) {
	up, d, dup = up[:len(gate)], d[:len(gate)], dup[:len(gate)]
	n, rest := blocks(o.asm.siluBack != nil, len(gate))
	if n > 0 {
		o.asm.siluBack(n, &gate[0], &up[0], &d[0], &dup[0])
	}
	for i := rest; i < len(gate); i++ {
		g, dy := gate[i], d[i]
		s := 1 / (1 + Exp(-g))
		dup[i] = dy * float32(g*s)
		d[i] = float32(dy*up[i]) * float32(s*(1+float32(g*(1-s))))
	}
}

// InverseRMS returns 1/√(mean(x²)+eps); the root and the quotient are float64's.
func (o *Ops) InverseRMS(x []float32, eps float32) float32 {
	var lanes [16]float32
	n, rest := blocks(o.asm.squares != nil, len(x))
	if n > 0 {
		o.asm.squares(n, &x[0], &lanes[0])
	}
	for i := rest; i < len(x); i++ {
		lanes[i&15] += float32(x[i] * x[i])
	}
	mean := together(&lanes) / float32(len(x))
	return float32(1 / math.Sqrt(float64(mean+eps)))
}

// Normed writes x·r·w to y.
func (o *Ops) Normed(x []float32, r float32, w, y []float32) {
	w, y = w[:len(x)], y[:len(x)]
	n, rest := blocks(o.asm.normed != nil, len(x))
	if n > 0 {
		o.asm.normed(n, &x[0], r, &w[0], &y[0])
	}
	for i := rest; i < len(x); i++ {
		y[i] = float32(x[i]*r) * w[i]
	}
}

// NormBack writes old plus the gradient of x, of y = x·r·w, to out. r is what
// InverseRMS gave for x.
func (o *Ops) NormBack(dy, w, x []float32, r float32, old, out []float32) {
	dy, w, old, out = dy[:len(x)], w[:len(x)], old[:len(x)], out[:len(x)]
	var lanes [16]float32
	n, rest := blocks(o.asm.triple != nil, len(x))
	if n > 0 {
		o.asm.triple(n, &dy[0], &w[0], &x[0], &lanes[0])
	}
	for i := rest; i < len(x); i++ {
		lanes[i&15] += float32(float32(dy[i]*w[i]) * x[i])
	}
	c := float32(float32(float32(together(&lanes)*r)*r)*r) / float32(len(x))
	if n > 0 {
		o.asm.normBack(n, &dy[0], &w[0], &x[0], r, c, &old[0], &out[0])
	}
	for i := rest; i < len(x); i++ {
		change := float32(float32(dy[i]*w[i])*r) - float32(x[i]*c)
		out[i] = old[i] + change
	}
}

// Turn turns the two halves of each head of x by angles: (a, b) become a·cos −
// b·sin and b·cos + a·sin. cos and sin have half a head's length.
func (o *Ops) Turn(x, cos, sin []float32) {
	half := len(cos)
	sin = sin[:half]
	n, rest := blocks(o.asm.turn != nil, half)
	for h := 0; h < len(x); h += 2 * half {
		low, high := x[h:h+half], x[h+half:h+2*half]
		if n > 0 {
			o.asm.turn(n, &low[0], &high[0], &cos[0], &sin[0])
		}
		for j := rest; j < half; j++ {
			a, b := low[j], high[j]
			low[j] = float32(a*cos[j]) - float32(b*sin[j])
			high[j] = float32(b*cos[j]) + float32(a*sin[j])
		}
	}
}

// Adam is one step of AdamW (Loshchilov and Hutter 2019).
type Adam struct {
	B1, B2 float32 // how much of the moments stays
	C1, C2 float32 // how much of a gradient comes in
	K1, K2 float32 // corrections of the moments for their start at zero
	Eps    float32
	Rate   float32
	Decay  float32
}

// Step changes p by its gradient g and the moments m and v.
func (o *Ops) Step(a Adam, p, g, m, v []float32) {
	g, m, v = g[:len(p)], m[:len(p)], v[:len(p)]
	n, rest := blocks(o.asm.adam != nil, len(p))
	if n > 0 {
		o.asm.adam(n, &p[0], &g[0], &m[0], &v[0], a.B1, a.C1, a.B2, a.C2, a.K1, a.K2, a.Eps, a.Rate, a.Decay)
	}
	for i := rest; i < len(p); i++ {
		m[i] = float32(a.B1*m[i]) + float32(a.C1*g[i])
		v[i] = float32(a.B2*v[i]) + float32(float32(a.C2*g[i])*g[i])
		d := float32(math.Sqrt(float64(float32(v[i]*a.K2)))) + a.Eps
		p[i] -= float32(a.Rate * (float32(float32(m[i]*a.K1)/d) + float32(a.Decay*p[i])))
	}
}
