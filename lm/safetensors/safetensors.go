// Package safetensors reads and writes the safetensors format: named arrays of
// numbers, of which it takes those of 16 and 32 bits.
//
// The format is Hugging Face's: the header's length (8 bytes, little-endian),
// a JSON header, the numbers. docs/formats/base.md says what is refused.
package safetensors

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
)

// ErrDamaged says that a file is cut, damaged or lies about itself.
var ErrDamaged = errors.New("damaged safetensors")

// A Type is the format of a tensor's numbers, as the format spells it.
type Type string

// The types whose numbers can be read. Each is held in a float32 without loss.
const (
	F32  Type = "F32"
	F16  Type = "F16"  // IEEE 754 binary16
	BF16 Type = "BF16" // the upper half of an F32
)

// sizes in bytes of every type that a header may name.
var sizes = map[Type]int{
	"BOOL": 1, "U8": 1, "I8": 1, "F8_E5M2": 1, "F8_E4M3": 1, "I16": 2, "U16": 2, F16: 2, BF16: 2,
	"I32": 4, "U32": 4, F32: 4, "F64": 8, "I64": 8, "U64": 8,
}

func (t Type) readable() bool { return t == F32 || t == F16 || t == BF16 }

// A Tensor is an array of finite numbers.
type Tensor struct {
	Type  Type // how the numbers are kept in a file
	Shape []int
	Data  []float32 // row by row
}

// decode returns the numbers of raw, little-endian, and the index of the first
// that is not finite, or -1.
func decode(t Type, raw []byte, out []float32) int {
	switch t {
	case F32:
		for i := range out {
			bits := binary.LittleEndian.Uint32(raw[4*i:])
			if bits&0x7f800000 == 0x7f800000 {
				return i
			}
			out[i] = math.Float32frombits(bits)
		}
	case BF16:
		for i := range out {
			bits := uint32(binary.LittleEndian.Uint16(raw[2*i:])) << 16
			if bits&0x7f800000 == 0x7f800000 {
				return i
			}
			out[i] = math.Float32frombits(bits)
		}
	default:
		for i := range out {
			bits := binary.LittleEndian.Uint16(raw[2*i:])
			if bits&0x7c00 == 0x7c00 {
				return i
			}
			out[i] = fromHalf(bits)
		}
	}
	return -1
}

// fromHalf widens a finite binary16 number, exactly.
func fromHalf(h uint16) float32 {
	sign, exponent, fraction := uint32(h&0x8000)<<16, uint32(h>>10&31), uint32(h&0x3ff)
	if exponent != 0 {
		return math.Float32frombits(sign | (exponent+112)<<23 | fraction<<13)
	}
	x := float32(fraction) / (1 << 24) // zero and subnormals
	return math.Float32frombits(sign | math.Float32bits(x))
}

// encode writes the numbers to raw and returns the index of the first that the
// type can't hold exactly, or -1.
func encode(t Type, data []float32, raw []byte) int {
	for i, v := range data {
		bits := math.Float32bits(v)
		if bits&0x7f800000 == 0x7f800000 {
			return i
		}
		switch t {
		case F32:
			binary.LittleEndian.PutUint32(raw[4*i:], bits)
		case BF16:
			if bits&0xffff != 0 {
				return i
			}
			binary.LittleEndian.PutUint16(raw[2*i:], uint16(bits>>16))
		default:
			h := toHalf(bits)
			if h&0x7c00 == 0x7c00 || math.Float32bits(fromHalf(h)) != bits {
				return i
			}
			binary.LittleEndian.PutUint16(raw[2*i:], h)
		}
	}
	return -1
}

// toHalf cuts a float32 to binary16. Its result is right only where nothing is lost.
func toHalf(bits uint32) uint16 {
	sign, exponent := uint16(bits>>16&0x8000), int(bits>>23&255)-112
	fraction := bits & 0x7fffff
	switch {
	case exponent > 30:
		return sign | 0x7c00
	case exponent > 0:
		return sign | uint16(exponent)<<10 | uint16(fraction>>13)
	case exponent > -10:
		return sign | uint16((fraction|0x800000)>>(14-exponent))
	}
	return sign
}

// count returns how many numbers a shape has, refusing more than most.
func count(shape []int64, most int64) (int64, error) {
	n := int64(1)
	for _, d := range shape {
		if d < 1 || n > most/d {
			return 0, fmt.Errorf("shape %v does not fit the file", shape)
		}
		n *= d
	}
	return n, nil
}
