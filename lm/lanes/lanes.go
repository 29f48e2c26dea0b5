// Package lanes computes the functions of a network's rows, sixteen numbers at
// a time, with the same bits as one at a time.
//
// Every operation is rounded by itself and none is fused. A sum is sixteen sums:
// element i goes to lane i mod 16 in ascending order; then lanes 8 to 15 are
// added to lanes 0 to 7, 4 to 7 to 0 to 3, and so on. TestWidthsAgree compares
// the vector code of this machine with the loops of this file bit by bit.
package lanes

import (
	"math"

	"licet/lm/sgemm"
)

// Ops are the functions for one width of vectors. They are safe for concurrent
// use, on slices that are of one length unless said otherwise.
type Ops struct{ asm functions }

// functions take n blocks of 16 floats. A nil function: one at a time.
type functions struct {
	greatest, squares func(n int64, x, out *float32)
	expSum            func(n int64, x *float32, top, scale float32, out *float32)
	scale             func(n int64, x *float32, by float32)
	add               func(n int64, x, y *float32)
	silu              func(n int64, gate, up, y *float32)
	siluBack, turn    func(n int64, a, b, c, d *float32)
	dot               func(n int64, x, y, out *float32)
	normed            func(n int64, x *float32, r float32, w, y *float32)
	triple            func(n int64, x, w, y, out *float32)
	normBack          func(n int64, dy, w, x *float32, r, c float32, old, y *float32)
	softmaxBack       func(n int64, p, d *float32, sum, scale float32)
	adam              func(n int64, p, g, m, v *float32, b1, c1, b2, c2, k1, k2, eps, rate, decay float32)
}

// For returns the functions that go with a kernel for products.
func For(k sgemm.Kernel) *Ops { return &Ops{vectors(k)} }

// blocks is how many whole blocks of 16 there are, and where the rest begins;
// 0 where there is no vector code.
func blocks(vector bool, n int) (count int64, rest int) {
	if !vector {
		return 0, 0
	}
	return int64(n / 16), n &^ 15
}

// together adds up the lanes.
func together(s *[16]float32) float32 {
	for half := 8; half > 0; half /= 2 {
		for i := range half {
			s[i] += s[i+half]
		}
	}
	return s[0]
}

// Exp returns e^x, within 2 units in the last place; 0 below −87. The polynomial
// is Cephes' expf (Moshier).
func Exp(x float32) float32 {
	if x < -87 {
		return 0
	}
	x = min(x, 88)
	const shift = 12582912 // 1.5·2²³: adding it rounds to an integer
	k := float32(float32(float32(x*1.44269504)+shift) - shift)
	r := x - float32(k*0.693359375)
	r -= float32(k * -2.12194440e-4)
	p := float32(r*1.9875691500e-4) + 1.3981999507e-3
	p = float32(p*r) + 8.3334519073e-3
	p = float32(p*r) + 4.1665795894e-2
	p = float32(p*r) + 1.6666665459e-1
	p = float32(p*r) + 5.0000001201e-1
	p = float32(float32(p*r)*r) + r + 1
	return float32(p * math.Float32frombits(uint32(int32(k)+127)<<23))
}

// Exps turns x into exp(scale·x − top), where top is the greatest of scale·x, and
// returns top and the sum. scale is positive; x is not empty.
func (o *Ops) Exps(x []float32, scale float32) (top, sum float32) {
	top = x[0]
	n, rest := blocks(o.asm.greatest != nil, len(x))
	if n > 0 {
		lanes := [16]float32(x[:16])
		o.asm.greatest(n, &x[0], &lanes[0])
		for _, v := range lanes {
			top = max(top, v)
		}
	}
	for _, v := range x[rest:] {
		top = max(top, v)
	}
	top = float32(top * scale)
	var lanes [16]float32
	if n > 0 {
		o.asm.expSum(n, &x[0], top, scale, &lanes[0])
	}
	for i := rest; i < len(x); i++ {
		x[i] = Exp(float32(x[i]*scale) - top)
		lanes[i&15] += x[i]
	}
	return top, together(&lanes)
}

// Softmax turns x into the softmax of scale·x.
func (o *Ops) Softmax(x []float32, scale float32) {
	_, sum := o.Exps(x, scale)
	o.Scale(x, 1/sum)
}

// SoftmaxBack turns d, the gradient of p = softmax(scale·x), into that of x.
func (o *Ops) SoftmaxBack(p, d []float32, scale float32) {
	d = d[:len(p)]
	var lanes [16]float32
	n, rest := blocks(o.asm.dot != nil, len(p))
	if n > 0 {
		o.asm.dot(n, &p[0], &d[0], &lanes[0])
	}
	for i := rest; i < len(p); i++ {
		lanes[i&15] += float32(p[i] * d[i])
	}
	sum := together(&lanes)
	if n > 0 {
		o.asm.softmaxBack(n, &p[0], &d[0], sum, scale)
	}
	for i := rest; i < len(p); i++ {
		d[i] = float32(p[i]*(d[i]-sum)) * scale
	}
}

// Scale multiplies x by a number.
func (o *Ops) Scale(x []float32, by float32) {
	n, rest := blocks(o.asm.scale != nil, len(x))
	if n > 0 {
		o.asm.scale(n, &x[0], by)
	}
	for i := rest; i < len(x); i++ {
		x[i] *= by
	}
}

// Add adds y to x.
func (o *Ops) Add(x, y []float32) {
	y = y[:len(x)]
	n, rest := blocks(o.asm.add != nil, len(x))
	if n > 0 {
		o.asm.add(n, &x[0], &y[0])
	}
	for i := rest; i < len(x); i++ {
		x[i] += y[i]
	}
}
