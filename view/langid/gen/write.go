package main

import (
	"encoding/binary"
	"math"
	"slices"

	"licet/view/langid"
	"licet/view/langid/feature"
)

// bytes returns the model's file.
func (t *trainer) bytes() []byte {
	b := []byte(langid.Magic)
	b = binary.LittleEndian.AppendUint16(b, uint16(t.scale)) //nolint:gosec // checked by Parse
	for _, v := range t.floor {
		b = binary.LittleEndian.AppendUint16(b, v)
	}
	for _, e := range t.bias.w {
		for k, v := range e {
			if k >= len(t.draws.own) {
				v -= t.shift
			}
			b = binary.LittleEndian.AppendUint32(b, uint32(int32(t.units(v)))) //nolint:gosec // two's complement
		}
	}
	b = t.table(b, t.known())
	b = append(b, t.marks...)
	return t.table(b, t.runs.w)
}

// known returns what each word that has a number of its own weighs in all: its
// own weights and those of its runs, so that one look-up is enough. As only
// differences between lanes count, each is moved so that its least and its
// greatest are as far from 0.
func (t *trainer) known() [][lanes]float32 {
	var slots [feature.MaxRuns]uint32
	all := make([][lanes]float32, len(t.words.w))
	for i, codes := range t.owners {
		if codes == "" {
			continue
		}
		e := &all[i]
		*e = t.words.w[i]
		n := feature.Runs([]uint8(codes), &slots)
		for _, j := range slots[:n] {
			for k, v := range t.runs.w[j] {
				e[k] += v
			}
		}
		mid := (slices.Min(e[:]) + slices.Max(e[:])) / 2
		for k := range e {
			e[k] -= mid
		}
	}
	return all
}

func (t *trainer) table(b []byte, entries [][lanes]float32) []byte {
	for _, e := range entries {
		for _, v := range e {
			b = append(b, uint8(128+max(-128, min(127, t.units(v))))) //nolint:gosec // 0 to 255
		}
	}
	return b
}

// units rounds a weight to whole units.
func (t *trainer) units(v float32) int {
	return int(math.RoundToEven(float64(v) * float64(t.scale)))
}
