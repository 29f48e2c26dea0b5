package gemv_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"licet/lm/gemv"
	"licet/lm/sgemm"
)

func random(r *rand.Rand, n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(r.Float64()*2-1) * float32(math.Ldexp(1, r.IntN(20)-10))
	}
	return x
}

func same(t *testing.T, what string, got, want []float32) {
	t.Helper()
	for i := range want {
		if math.Float32bits(got[i]) != math.Float32bits(want[i]) {
			t.Fatalf("%s: element %d is %g, want %g", what, i, got[i], want[i])
		}
	}
}

// stored returns w as a matrix of a kind keeps it, and for Int8 the whole
// numbers and their scales, by the rule that docs/formats/numerics.md gives.
func stored(kind gemv.Kind, w []float32, in int) (values, scales []float32) {
	values = make([]float32, len(w))
	for i, v := range w {
		switch bits := math.Float32bits(v); kind {
		case gemv.Float32:
			values[i] = v
		case gemv.BF16:
			low := bits & 0xffff
			bits -= low
			if low > 0x8000 || low == 0x8000 && bits>>16&1 == 1 {
				bits += 0x10000
			}
			values[i] = math.Float32frombits(bits)
		case gemv.Int8:
			from := i/in*in + i%in/gemv.Group*gemv.Group
			to := min(from+gemv.Group, i/in*in+in)
			var top float32
			for _, x := range w[from:to] {
				top = max(top, float32(math.Abs(float64(x))))
			}
			if i == from {
				scales = append(scales, top/127)
			}
			if top > 0 {
				values[i] = float32(math.RoundToEven(float64(v/(top/127)))) + 0 // no negative zero
			}
		}
	}
	return values, scales
}

// product is the definition: one chain, or for Int8 a chain of groups.
func product(kind gemv.Kind, w, scales, x []float32, out, in int, y []float32) {
	groups := (in + gemv.Group - 1) / gemv.Group
	for o := range out {
		if kind != gemv.Int8 {
			for i, v := range x[:in] {
				y[o] = sgemm.FMA(w[o*in+i], v, y[o])
			}
			continue
		}
		for g := range groups {
			var sum float32
			for i := g * gemv.Group; i < min(in, (g+1)*gemv.Group); i++ {
				sum = sgemm.FMA(w[o*in+i], x[i], sum)
			}
			y[o] = sgemm.FMA(scales[o*groups+g], sum, y[o])
		}
	}
}

// TestKernelsAgree compares every kernel, kind of weights, number of rows and
// of threads with the definition, bit by bit.
func TestKernelsAgree(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for _, shape := range [][2]int{{1, 1}, {7, 100}, {32, 64}, {128, 65}, {200, 192}, {330, 63}, {1100, 512}} {
		out, in := shape[0], shape[1]
		w := random(r, out*in)
		for _, kind := range []gemv.Kind{gemv.Float32, gemv.BF16, gemv.Int8} {
			values, scales := stored(kind, w, in)
			for _, n := range []int{1, 2, 5, 8, 13} {
				ldx, ldy := in+3, out+1
				x, start := random(r, n*ldx), random(r, n*ldy)
				want := append([]float32(nil), start...)
				for row := range n {
					product(kind, values, scales, x[row*ldx:], out, in, want[row*ldy:row*ldy+out])
				}
				for _, kernel := range sgemm.Kernels() {
					for _, threads := range []int{1, 3} {
						e := gemv.On(sgemm.New(kernel, threads))
						m := e.Matrix(kind, out, in)
						e.Fill(m, 0, w[:out/2*in])
						e.Fill(m, out/2, w[out/2*in:])
						got := append([]float32(nil), start...)
						e.Add(m, n, x, ldx, got, ldy)
						same(t, fmt.Sprintf("%s %s %v, %d rows, %d threads", kernel, kind, shape, n, threads), got, want)
					}
				}
			}
		}
	}
}

// TestAProductIsOfPackageSgemm: written and trained with the same bits.
func TestAProductIsOfPackageSgemm(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 2))
	const n, out, in = 3, 300, 129
	w, x := random(r, out*in), random(r, n*in)
	want, got := make([]float32, n*out), random(r, n*out)
	e := sgemm.Best(1)
	e.Gemm(false, true, n, out, in, x, in, w, in, want, out, false)
	on := gemv.On(e)
	m := on.Matrix(gemv.Float32, out, in)
	on.Fill(m, 0, w)
	on.Mul(m, n, x, in, got, out)
	same(t, "product", got, want)
}

func TestRowGivesBackWhatIsStored(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	const out, in = 70, 100
	w, row := random(r, out*in), make([]float32, in)
	clear(w[5*in : 6*in]) // a row of zeros has a scale of zero
	for _, kernel := range sgemm.Kernels() {
		for _, kind := range []gemv.Kind{gemv.Float32, gemv.BF16, gemv.Int8} {
			e := gemv.On(sgemm.New(kernel, 1))
			m := e.Matrix(kind, out, in)
			e.Fill(m, 0, w)
			values, scales := stored(kind, w, in)
			for o := range out {
				m.Row(o, row)
				want := values[o*in : (o+1)*in]
				if kind == gemv.Int8 {
					for i := range want {
						want[i] *= scales[o*((in+gemv.Group-1)/gemv.Group)+i/gemv.Group]
					}
				}
				same(t, fmt.Sprintf("%s %s row %d", kernel, kind, o), row, want)
			}
		}
	}
}

// TestMemory compares scores and mixtures with their definition, over more than
// one page and with heads that fill no panel.
func TestMemory(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 4))
	for _, head := range []int{4, 32, 80} {
		const heads, n, positions = 2, 3, 300
		keys, values := random(r, positions*heads*head), random(r, positions*heads*head)
		q := random(r, n*head)
		for _, kernel := range sgemm.Kernels() {
			e := gemv.On(sgemm.New(kernel, 1))
			m := e.Memory(heads, head)
			for at := range positions {
				e.Put(m, at, keys[at*heads*head:(at+1)*heads*head], values[at*heads*head:(at+1)*heads*head])
			}
			for _, to := range []int{1, 127, 128, 129, positions} {
				room := gemv.Room(to)
				scores, share, y := make([]float32, n*room), random(r, n*room), make([]float32, n*head)
				e.Scores(m, 1, to, n, q, scores)
				e.Mix(m, 1, to, n, share, y)
				for i := range n {
					for at := range to {
						var want float32
						for j := range head {
							want = sgemm.FMA(keys[(at*heads+1)*head+j], q[i*head+j], want)
						}
						same(t, fmt.Sprintf("%s score of %d at %d", kernel, i, at), scores[i*room+at:i*room+at+1], []float32{want})
					}
					for j := range head {
						var want float32
						for at := range to {
							want = sgemm.FMA(values[(at*heads+1)*head+j], share[i*room+at], want)
						}
						same(t, fmt.Sprintf("%s mixture %d to %d", kernel, j, to), y[i*head+j:i*head+j+1], []float32{want})
					}
				}
			}
		}
	}
}

func BenchmarkMul(b *testing.B) {
	for _, shape := range [][2]int{{704, 256}, {3072, 576}, {49152, 576}} {
		for _, kind := range []gemv.Kind{gemv.Float32, gemv.BF16, gemv.Int8} {
			for _, n := range []int{1, 8} {
				b.Run(fmt.Sprintf("%s/%dx%d/%d", kind, shape[0], shape[1], n), func(b *testing.B) {
					e := gemv.On(sgemm.Best(1))
					m := e.Matrix(kind, shape[0], shape[1])
					x, y := make([]float32, n*shape[1]), make([]float32, n*shape[0])
					for b.Loop() {
						e.Mul(m, n, x, shape[1], y, shape[0])
					}
					s := b.Elapsed().Seconds() / float64(b.N)
					b.ReportMetric(float64(n*shape[0]*shape[1])/s/1e9, "GMAC/s")
					b.ReportMetric(float64(m.Bytes())/s/1e9, "GB/s")
				})
			}
		}
	}
}

// BenchmarkFill measures how fast weights are laid out.
func BenchmarkFill(b *testing.B) {
	const out, in = 8192, 576
	w := make([]float32, out*in)
	for i := range w {
		w[i] = float32(i%255) - 127
	}
	for _, kind := range []gemv.Kind{gemv.BF16, gemv.Int8, gemv.Float32} {
		b.Run(kind.String(), func(b *testing.B) {
			e := gemv.On(sgemm.Best(1))
			m := e.Matrix(kind, out, in)
			for b.Loop() {
				e.Fill(m, 0, w)
			}
			b.ReportMetric(float64(b.N*len(w))/b.Elapsed().Seconds()/1e6, "Mweights/s")
		})
	}
}
