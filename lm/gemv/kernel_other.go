//go:build !amd64

package gemv

import (
	"unsafe"

	"licet/lm/sgemm"
)

func (e *Engine) one(kind Kind, groups, k int64, x *float32, p unsafe.Pointer, ps int64, s unsafe.Pointer, ss, last int64, y *float32) {
	portableOne(kind, groups, k, x, p, ps, s, ss, last, y)
}

func (e *Engine) many(rows int, kind Kind, groups, k int64, x *float32, ldx int64, p, s unsafe.Pointer, y *float32, ldy int64) {
	portableMany(rows, kind, groups, k, x, ldx, p, s, y, ldy)
}

func lanes(sgemm.Kernel) (lanes, rows int) { return portableLanes, 4 }
