package gemv

import (
	"math"
	"unsafe"
)

// A Kind is how weights are stored.
type Kind int

// The kinds. The zero value loses nothing of what was trained in bfloat16.
const (
	BF16 Kind = iota // the upper half of a float32, rounded to nearest, ties to even
	Int8             // −127 … 127 times the scale of its group
	Float32
)

// String returns the kind's name.
func (k Kind) String() string { return [...]string{"bf16", "int8", "float32"}[k] }

func (k Kind) size() int { return [...]int{2, 1, 4}[k] }

// Group is how many inputs of an output share a scale in Int8.
const Group = 64

// A Matrix is W [Out][In], laid out for products: panels of as many outputs as
// two vectors hold, input by input. Fill writes it; then it is immutable.
type Matrix struct {
	Out, In int
	kind    Kind
	width   int
	group   int
	data    []byte
	scales  []float32 // [panel][group][lane]
}

// Matrix returns room for W [out][in].
func (e *Engine) Matrix(kind Kind, out, in int) *Matrix {
	m := &Matrix{Out: out, In: in, kind: kind, width: e.width, group: Group}
	count := (out + e.width - 1) / e.width
	m.data = aligned(count * e.width * in * kind.size())
	if kind == Int8 {
		m.scales = make([]float32, count*e.width*m.groups())
	}
	return m
}

// aligned returns n bytes from a multiple of 64.
func aligned(n int) []byte {
	raw := make([]byte, n+64)
	off := 0
	for uintptr(unsafe.Pointer(&raw[off]))%64 != 0 {
		off++
	}
	return raw[off : off+n : off+n]
}

func (m *Matrix) groups() int { return (m.In + m.group - 1) / m.group }

// Bytes returns how much memory the weights take.
func (m *Matrix) Bytes() int { return len(m.data) + 4*len(m.scales) }

// Fill sets the outputs of m from row on to w [rows][In], on all threads.
func (e *Engine) Fill(m *Matrix, row int, w []float32) {
	const chunk = 128
	rows := len(w) / m.In
	e.Parallel((rows+chunk-1)/chunk, func(i int) {
		for r := i * chunk; r < min(rows, (i+1)*chunk); r++ {
			m.fill(row+r, w[r*m.In:(r+1)*m.In])
		}
	})
}

func (m *Matrix) fill(row int, w []float32) {
	size := m.kind.size()
	p := unsafe.Pointer(&m.data[(row/m.width*m.width*m.In+place(m.kind, m.width, row%m.width))*size])
	step := m.width * size
	switch m.kind {
	case Float32:
		for i, v := range w {
			*(*float32)(unsafe.Add(p, i*step)) = v
		}
	case BF16:
		for i, v := range w {
			*(*uint16)(unsafe.Add(p, i*step)) = half(v)
		}
	case Int8:
		for g := range m.groups() {
			part := w[g*m.group : min(len(w), (g+1)*m.group)]
			scale := scaleOf(part)
			m.scales[m.scaleAt(row, g)] = scale
			for i, v := range part {
				*(*int8)(unsafe.Add(p, (g*m.group+i)*step)) = eighth(v, scale)
			}
		}
	}
}

func (m *Matrix) scaleAt(row, g int) int { return (row/m.width*m.groups()+g)*m.width + row%m.width }

// half rounds to bfloat16, to nearest, ties to even.
func half(v float32) uint16 {
	bits := math.Float32bits(v)
	return uint16((bits + 0x7fff + bits>>16&1) >> 16)
}

// scaleOf returns the greatest magnitude over 127.
func scaleOf(w []float32) float32 {
	var top uint32 // magnitudes are in the order of their bits
	for _, v := range w {
		top = max(top, math.Float32bits(v)&0x7fffffff)
	}
	return math.Float32frombits(top) / 127
}

// eighth returns v/scale, rounded to float32, then to the nearest whole number,
// ties to even.
func eighth(v, scale float32) int8 {
	if scale == 0 {
		return 0
	}
	const shift = 12582912 // 1.5·2²³: adding it rounds to a whole number
	return int8(max(-127, min(127, float32(float32(v/scale)+shift)-shift)))
}

// Row writes the weights of one output, as products see them, to dst [In].
func (m *Matrix) Row(row int, dst []float32) {
	p := unsafe.Pointer(&m.data[row/m.width*m.width*m.In*m.kind.size()])
	for i := range dst[:m.In] {
		v := element(m.kind, p, m.width, i, row%m.width)
		if m.kind == Int8 {
			v *= m.scales[m.scaleAt(row, i/m.group)]
		}
		dst[i] = v
	}
}
