package gemv

import (
	"unsafe"

	"licet/lm/sgemm"
)

// run calls the kernel of this machine for one group of panels.
func (e *Engine) one(kind Kind, groups, k int64, x *float32, p unsafe.Pointer, ps int64, s unsafe.Pointer, ss, last int64, y *float32) {
	switch e.kernel {
	case sgemm.AVX512:
		switch kind {
		case Float32:
			float32One512(groups, k, x, p, ps, s, ss, last, y)
		case BF16:
			bf16One512(groups, k, x, p, ps, s, ss, last, y)
		case Int8:
			int8One512(groups, k, x, p, ps, s, ss, last, y)
		}
	case sgemm.AVX2:
		switch kind {
		case Float32:
			float32One256(groups, k, x, p, ps, s, ss, last, y)
		case BF16:
			bf16One256(groups, k, x, p, ps, s, ss, last, y)
		case Int8:
			int8One256(groups, k, x, p, ps, s, ss, last, y)
		}
	default:
		portableOne(kind, groups, k, x, p, ps, s, ss, last, y)
	}
}

// many multiplies one panel with 8 or 4 rows.
func (e *Engine) many(rows int, kind Kind, groups, k int64, x *float32, ldx int64, p, s unsafe.Pointer, y *float32, ldy int64) {
	switch e.kernel {
	case sgemm.AVX512:
		switch {
		case kind == Float32 && rows == 8:
			float32Many8512(groups, k, x, ldx, p, s, y, ldy)
		case kind == Float32:
			float32Many4512(groups, k, x, ldx, p, s, y, ldy)
		case kind == BF16 && rows == 8:
			bf16Many8512(groups, k, x, ldx, p, s, y, ldy)
		case kind == BF16:
			bf16Many4512(groups, k, x, ldx, p, s, y, ldy)
		case rows == 8:
			int8Many8512(groups, k, x, ldx, p, s, y, ldy)
		default:
			int8Many4512(groups, k, x, ldx, p, s, y, ldy)
		}
	case sgemm.AVX2:
		switch kind {
		case Float32:
			float32Many4256(groups, k, x, ldx, p, s, y, ldy)
		case BF16:
			bf16Many4256(groups, k, x, ldx, p, s, y, ldy)
		case Int8:
			int8Many4256(groups, k, x, ldx, p, s, y, ldy)
		}
	default:
		portableMany(rows, kind, groups, k, x, ldx, p, s, y, ldy)
	}
}

// lanes returns how many numbers a vector holds, and the most rows of many.
func lanes(k sgemm.Kernel) (lanes, rows int) {
	switch k {
	case sgemm.AVX512:
		return 16, 8
	case sgemm.AVX2:
		return 8, 4
	default:
		return portableLanes, 4
	}
}
