package lanes

import "licet/lm/sgemm"

//go:noescape
func greatest512(n int64, x *float32, out *float32)

//go:noescape
func expSum512(n int64, x *float32, top float32, scale float32, out *float32)

//go:noescape
func scale512(n int64, x *float32, by float32)

//go:noescape
func add512(n int64, x *float32, y *float32)

//go:noescape
func silu512(n int64, gate *float32, up *float32, y *float32)

//go:noescape
func siluBack512(n int64, gate *float32, up *float32, d *float32, dup *float32)

//go:noescape
func squares512(n int64, x *float32, out *float32)

//go:noescape
func dot512(n int64, x *float32, y *float32, out *float32)

//go:noescape
func normed512(n int64, x *float32, r float32, w *float32, y *float32)

//go:noescape
func triple512(n int64, x *float32, w *float32, y *float32, out *float32)

//go:noescape
func normBack512(n int64, dy *float32, w *float32, x *float32, r float32, c float32, old *float32, y *float32)

//go:noescape
func softmaxBack512(n int64, p *float32, d *float32, sum float32, scale float32)

//go:noescape
func turn512(n int64, a *float32, b *float32, cos *float32, sin *float32)

//go:noescape
func adam512(n int64, p *float32, grad *float32, m *float32, v *float32, b1 float32, c1 float32, b2 float32, c2 float32, k1 float32, k2 float32, eps float32, rate float32, decay float32)

//go:noescape
func greatest256(n int64, x *float32, out *float32)

//go:noescape
func expSum256(n int64, x *float32, top float32, scale float32, out *float32)

//go:noescape
func scale256(n int64, x *float32, by float32)

//go:noescape
func add256(n int64, x *float32, y *float32)

//go:noescape
func silu256(n int64, gate *float32, up *float32, y *float32)

//go:noescape
func siluBack256(n int64, gate *float32, up *float32, d *float32, dup *float32)

//go:noescape
func squares256(n int64, x *float32, out *float32)

//go:noescape
func dot256(n int64, x *float32, y *float32, out *float32)

//go:noescape
func normed256(n int64, x *float32, r float32, w *float32, y *float32)

//go:noescape
func triple256(n int64, x *float32, w *float32, y *float32, out *float32)

//go:noescape
func normBack256(n int64, dy *float32, w *float32, x *float32, r float32, c float32, old *float32, y *float32)

//go:noescape
func softmaxBack256(n int64, p *float32, d *float32, sum float32, scale float32)

//go:noescape
func turn256(n int64, a *float32, b *float32, cos *float32, sin *float32)

//go:noescape
func adam256(n int64, p *float32, grad *float32, m *float32, v *float32, b1 float32, c1 float32, b2 float32, c2 float32, k1 float32, k2 float32, eps float32, rate float32, decay float32)

func vectors(k sgemm.Kernel) functions {
	switch k {
	case sgemm.AVX512:
		return functions{
			greatest512, squares512, expSum512, scale512, add512, silu512, siluBack512, turn512, dot512, normed512, triple512, normBack512,
			softmaxBack512, adam512,
		}
	case sgemm.AVX2:
		return functions{
			greatest256, squares256, expSum256, scale256, add256, silu256, siluBack256, turn256, dot256, normed256, triple256, normBack256,
			softmaxBack256, adam256,
		}
	case sgemm.Portable:
	}
	return functions{}
}
