package gemv

import (
	"math"
	"unsafe"

	"licet/lm/sgemm"
)

// The kernels for every other machine, and the reference for the others: the
// same chains of fused multiply-adds, one at a time.

const portableLanes = 4

func portableOne(kind Kind, groups, k int64, x *float32, p unsafe.Pointer, ps int64, s unsafe.Pointer, ss, last int64, y *float32) {
	const width = 2 * portableLanes
	for panel := range last + 1 {
		out := (*float32)(unsafe.Add(unsafe.Pointer(y), panel*width*4))
		var scales unsafe.Pointer
		if s != nil {
			scales = unsafe.Add(s, panel*ss)
		}
		portableMany(1, kind, groups, k, x, 0, unsafe.Add(p, panel*ps), scales, out, 0)
	}
}

func portableMany(rows int, kind Kind, groups, k int64, x *float32, ldx int64, p, s unsafe.Pointer, y *float32, ldy int64) {
	const width = 2 * portableLanes
	for row := range int64(rows) {
		xs := unsafe.Slice((*float32)(unsafe.Add(unsafe.Pointer(x), row*ldx*4)), groups*k)
		ys := unsafe.Slice((*float32)(unsafe.Add(unsafe.Pointer(y), row*ldy*4)), width)
		for j := range ys {
			if kind != Int8 {
				ys[j] = portableChain(kind, ys[j], xs, p, j)
				continue
			}
			scales := unsafe.Slice((*float32)(s), groups*width)
			for g := range int(groups) {
				from := g * int(k)
				sum := portableChain(kind, 0, xs[from:from+int(k)], unsafe.Add(p, from*width), j)
				ys[j] = sgemm.FMA(scales[g*width+j], sum, ys[j])
			}
		}
	}
}

// portableChain adds x times lane j of a panel to sum.
func portableChain(kind Kind, sum float32, x []float32, p unsafe.Pointer, j int) float32 {
	const width = 2 * portableLanes
	for i, v := range x {
		sum = sgemm.FMA(element(kind, p, width, i, j), v, sum)
	}
	return sum
}

// element returns weight i of lane j of a panel.
func element(kind Kind, p unsafe.Pointer, width, i, j int) float32 {
	at := i*width + place(kind, width, j)
	switch kind {
	case BF16:
		return math.Float32frombits(uint32(*(*uint16)(unsafe.Add(p, 2*at))) << 16)
	case Int8:
		return float32(*(*int8)(unsafe.Add(p, at)))
	default:
		return *(*float32)(unsafe.Add(p, 4*at))
	}
}

// place returns where lane j stands among the weights of one input. Pairs of
// bf16 share a word, so that a shift or a mask makes floats of either half.
func place(kind Kind, width, j int) int {
	if kind != BF16 {
		return j
	}
	return j%(width/2)*2 + j/(width/2)
}
