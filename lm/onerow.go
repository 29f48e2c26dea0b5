package lm

import "licet/lm/lanes"

// What writing computes of one row, one number at a time: the zero value of
// lanes.Ops has no vector code, and the same bits.

func softmax(row []float32, from, to int, scale float32) {
	clear(row[:from])
	clear(row[to:])
	new(lanes.Ops).Softmax(row[from:to], scale)
}

func silu(gate, up, out []float32) { new(lanes.Ops).SiLU(gate, up, out) }

func turn(x, cos, sin []float32, sign float32) {
	if sign != 1 {
		panic("lm: writing never turns back")
	}
	new(lanes.Ops).Turn(x, cos, sin)
}

func inverseRMS(row []float32, eps float32) float32 { return new(lanes.Ops).InverseRMS(row, eps) }

func expf(x float32) float32 { return lanes.Exp(x) }
