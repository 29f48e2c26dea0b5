package langid

import (
	_ "embed"
	"encoding/binary"
	"errors"
	"fmt"

	"licet/view/langid/feature"
)

// Magic begins the model's file, which is little-endian:
//
//	"licet-langid 1\n"                    15 bytes
//	scale   uint16                        weight units in one natural logarithm
//	floor   [Buckets]uint16               least share, of 65536, for an answer
//	bias    [Buckets][Lanes]int32
//	words   [feature.WordSlots][Lanes]uint8  weight + 128
//	marks   [feature.WordSlots]uint8         0: no word
//	runs    [feature.RunSlots][Lanes]uint8   weight + 128
//
// Magic begins a model's file.
const Magic = "licet-langid 1\n"

const (
	// Lanes are the classes that are told apart: English, French, German,
	// Spanish, and four families of other languages, which are one answer.
	Lanes = 8
	// Buckets are lengths of a text in words: 0, 1, 2, 3, 4-6, 7-12, 13 and more.
	Buckets = 7

	headSize = len(Magic) + 2 + 2*Buckets + 4*Buckets*Lanes
	fileSize = headSize + feature.WordSlots*(Lanes+1) + feature.RunSlots*Lanes
)

//go:embed model.bin
var embedded []byte

// ErrFormat is returned for bytes that are no model of this version.
var ErrFormat = errors.New("not a language model of this version")

// A Model tells languages apart. It is never changed after it was read, and
// any number of goroutines may use it at once.
type Model struct {
	letters *feature.Letters
	floor   [Buckets]uint16
	bias    [Buckets][Lanes]int32
	words   []uint64
	marks   []uint8
	runs    []uint64
	power   []uint32 // e^(-i/scale) · 2^powerBits
}

// Load returns the model that is part of the program.
func Load() (*Model, error) {
	m, err := Parse(embedded)
	if err != nil {
		return nil, fmt.Errorf("read the embedded language model: %w", err)
	}
	return m, nil
}

// Parse reads a model from its file's bytes.
func Parse(b []byte) (*Model, error) {
	if len(b) != fileSize || string(b[:len(Magic)]) != Magic {
		return nil, ErrFormat
	}
	b = b[len(Magic):]
	scale := int(binary.LittleEndian.Uint16(b))
	if scale < 1 || scale > 127 {
		return nil, fmt.Errorf("scale %d: %w", scale, ErrFormat)
	}
	b = b[2:]
	m := &Model{letters: feature.NewLetters(), power: powers(scale)}
	for i := range m.floor {
		m.floor[i] = binary.LittleEndian.Uint16(b)
		b = b[2:]
	}
	for i := range m.bias {
		for j := range m.bias[i] {
			m.bias[i][j] = int32(binary.LittleEndian.Uint32(b)) //nolint:gosec // two's complement
			b = b[4:]
		}
	}
	m.words, b = table(b, feature.WordSlots)
	m.marks, b = b[:feature.WordSlots], b[feature.WordSlots:]
	m.runs, _ = table(b, feature.RunSlots)
	return m, nil
}

func table(b []byte, n int) (entries []uint64, rest []byte) {
	entries = make([]uint64, n)
	for i := range entries {
		entries[i] = binary.LittleEndian.Uint64(b[8*i:])
	}
	return entries, b[8*n:]
}

const (
	powerBits = 24
	powerEnd  = 17 // e^-17 · 2^24 is less than 1
)

// powers returns e^(-i/scale) · 2^powerBits in whole numbers, from products of
// whole numbers only, so that it is the same on every machine.
func powers(scale int) []uint32 {
	const bits = 60
	// e^(-1/scale) = sum of (-1/scale)^k / k!, to 2^-60.
	step, term := int64(1)<<bits, int64(1)<<bits
	for k := int64(1); term != 0; k++ {
		term = -term / (int64(scale) * k)
		step += term
	}
	p := make([]uint32, powerEnd*scale)
	value := uint64(1) << bits
	for i := range p {
		p[i] = uint32(value >> (bits - powerBits))  //nolint:gosec // at most 2^24
		value = mulShift(value, uint64(step), bits) //nolint:gosec // step is in (0, 2^60)
	}
	return p
}
