package lm

import "math"

// Everything here is written out, because the standard library's versions may
// differ between platforms or be fused by the compiler. Every product is
// converted explicitly: a conversion is a rounding that can't be fused away.

// exp returns e^x in float64 by halving the argument and a Taylor series; it
// is for tables and schedules, where speed does not matter.
func exp(x float64) float64 {
	const ln2 = 0.693147180559945309417232121458
	k := math.Floor(float64(x/ln2) + 0.5)
	r := x - float64(k*ln2)
	sum, term := 1.0, 1.0
	for i := 1; i <= 20; i++ {
		term = float64(float64(term*r) / float64(i))
		sum += term
	}
	return math.Ldexp(sum, int(k))
}

// ln returns the natural logarithm of x > 0 in float64.
func ln(x float64) float64 {
	const ln2 = 0.693147180559945309417232121458
	f, e := math.Frexp(x) // f in [½, 1)
	if f < math.Sqrt2/2 {
		f, e = f*2, e-1
	}
	// ln f = 2·artanh((f−1)/(f+1))
	s := float64((f - 1) / (f + 1))
	square, power, sum := float64(s*s), s, 0.0
	for i := 1; i < 40; i += 2 {
		sum += float64(power / float64(i))
		power = float64(power * square)
	}
	return float64(2*sum) + float64(float64(e)*ln2)
}

// sincos returns the sine and cosine of x ≥ 0 by reduction to [−π/4, π/4] and
// Taylor series.
func sincos(x float64) (sin, cos float64) {
	// π/2 in three parts, so that the reduction keeps its bits (Cody and Waite).
	const p1, p2, p3 = 1.57079632673412561417e+00, 6.07710050630396597660e-11, 2.02226624879595063154e-21
	k := math.Floor(float64(x*(2/math.Pi)) + 0.5)
	r := float64(float64(x-float64(k*p1))-float64(k*p2)) - float64(k*p3)
	s, c, term := 0.0, 0.0, 1.0
	for i := range 22 { // term is rⁱ/i!, with its sign put in below
		signed := term
		if i/2%2 == 1 {
			signed = -term
		}
		if i%2 == 0 {
			c += signed
		} else {
			s += signed
		}
		term = float64(float64(term*r) / float64(i+1))
	}
	switch int64(k) & 3 {
	case 0:
		return s, c
	case 1:
		return c, -s
	case 2:
		return -s, -c
	}
	return -c, s
}

// normal is a source of numbers that are nearly normal: the sum of twelve
// uniform ones less six has mean 0 and variance 1, by additions alone.
type normal struct{ state uint64 }

// next is SplitMix64 (Steele, Lea and Flood 2014).
func (n *normal) next() uint64 {
	n.state += 0x9e3779b97f4a7c15
	z := n.state
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// uniform returns a number in [0, 1).
func (n *normal) uniform() float64 { return float64(n.next()>>11) / (1 << 53) }

func (n *normal) value() float64 {
	sum := -6.0
	for range 12 {
		sum += n.uniform()
	}
	return sum
}

func (n *normal) fill(x []float32, deviation float64) {
	for i := range x {
		x[i] = float32(float64(n.value() * deviation))
	}
}
