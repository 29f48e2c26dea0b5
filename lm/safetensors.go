package lm

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
)

// ErrTensors says that a safetensors file is damaged or lies.
var ErrTensors = errors.New("damaged safetensors")

// tensor is a named array of float32.
type tensor struct {
	shape []int
	data  []float32
}

type header struct {
	Type    string `json:"dtype"`
	Shape   []int  `json:"shape"`
	Offsets [2]int `json:"data_offsets"`
}

// writeTensors writes safetensors with sorted names: the same tensors give the
// same bytes. half stores bfloat16, which must lose nothing (see roundHalf).
func writeTensors(tensors map[string]tensor, metadata map[string]string, half bool) ([]byte, error) {
	kind, size := "F32", 4
	if half {
		kind, size = "BF16", 2
	}
	names := slices.Sorted(maps.Keys(tensors))
	top := map[string]any{"__metadata__": metadata}
	at := 0
	for _, name := range names {
		n := len(tensors[name].data) * size
		top[name] = header{kind, tensors[name].shape, [2]int{at, at + n}}
		at += n
	}
	head, err := json.Marshal(top) // Go sorts the keys of maps
	if err != nil {
		return nil, fmt.Errorf("safetensors header: %w", err)
	}
	head = append(head, bytes.Repeat([]byte{' '}, (8-len(head)%8)%8)...)
	out := binary.LittleEndian.AppendUint64(make([]byte, 0, 8+len(head)+at), uint64(len(head)))
	out = append(out, head...)
	for _, name := range names {
		for _, v := range tensors[name].data {
			bits := math.Float32bits(v)
			if half {
				out = binary.LittleEndian.AppendUint16(out, uint16(bits>>16))
			} else {
				out = binary.LittleEndian.AppendUint32(out, bits)
			}
		}
	}
	return out, nil
}

// readTensors reads F32 and BF16 tensors. It refuses headers whose numbers
// don't fit the file and weights that are not finite.
func readTensors(data []byte) (map[string]tensor, map[string]string, error) {
	if len(data) < 8 {
		return nil, nil, fmt.Errorf("%w: %d bytes are too few", ErrTensors, len(data))
	}
	n := binary.LittleEndian.Uint64(data)
	if n > uint64(len(data)-8) {
		return nil, nil, fmt.Errorf("%w: a header of %d bytes in a file of %d", ErrTensors, n, len(data))
	}
	var top map[string]json.RawMessage
	if err := json.Unmarshal(data[8:8+n], &top); err != nil {
		return nil, nil, fmt.Errorf("%w: header: %w", ErrTensors, err)
	}
	body := data[8+n:]
	metadata := map[string]string{}
	tensors := map[string]tensor{}
	used := 0
	for _, name := range slices.Sorted(maps.Keys(top)) {
		if name == "__metadata__" {
			if err := json.Unmarshal(top[name], &metadata); err != nil {
				return nil, nil, fmt.Errorf("%w: metadata: %w", ErrTensors, err)
			}
			continue
		}
		t, size, err := readTensor(top[name], body)
		if err != nil {
			return nil, nil, fmt.Errorf("%w: tensor %s: %w", ErrTensors, name, err)
		}
		used += size
		tensors[name] = t
	}
	// With every tensor inside the body, as many bytes as the body has, and no
	// overlap, each byte belongs to one tensor.
	if used != len(body) {
		return nil, nil, fmt.Errorf("%w: tensors take %d bytes of %d", ErrTensors, used, len(body))
	}
	return tensors, metadata, overlap(top)
}

func readTensor(raw json.RawMessage, body []byte) (tensor, int, error) {
	var h header
	if err := json.Unmarshal(raw, &h); err != nil {
		return tensor{}, 0, err
	}
	size := map[string]int{"F32": 4, "BF16": 2}[h.Type]
	if size == 0 {
		return tensor{}, 0, fmt.Errorf("type %q: want F32 or BF16", h.Type)
	}
	count := 1
	for _, d := range h.Shape {
		if d < 1 || count > len(body)/d {
			return tensor{}, 0, fmt.Errorf("shape %v does not fit the file", h.Shape)
		}
		count *= d
	}
	from, to := h.Offsets[0], h.Offsets[1]
	if from < 0 || to > len(body) || to-from != count*size {
		return tensor{}, 0, fmt.Errorf("offsets %v do not fit shape %v in %d bytes", h.Offsets, h.Shape, len(body))
	}
	t := tensor{h.Shape, make([]float32, count)}
	for i := range t.data {
		var bits uint32
		if size == 2 {
			bits = uint32(binary.LittleEndian.Uint16(body[from+2*i:])) << 16
		} else {
			bits = binary.LittleEndian.Uint32(body[from+4*i:])
		}
		if bits&0x7f800000 == 0x7f800000 {
			return tensor{}, 0, fmt.Errorf("element %d is not finite", i)
		}
		t.data[i] = math.Float32frombits(bits)
	}
	return t, count * size, nil
}

func overlap(top map[string]json.RawMessage) error {
	var all []header
	for name, raw := range top {
		if name == "__metadata__" {
			continue
		}
		var h header
		if err := json.Unmarshal(raw, &h); err != nil {
			return fmt.Errorf("%w: %w", ErrTensors, err)
		}
		all = append(all, h)
	}
	slices.SortFunc(all, func(a, b header) int { return a.Offsets[0] - b.Offsets[0] })
	for i := 1; i < len(all); i++ {
		if all[i].Offsets[0] < all[i-1].Offsets[1] {
			return fmt.Errorf("%w: tensors overlap at byte %d", ErrTensors, all[i].Offsets[0])
		}
	}
	return nil
}

// roundHalf rounds x to bfloat16, to nearest, ties to even.
func roundHalf(x float32) float32 {
	bits := math.Float32bits(x)
	bits += 0x7fff + bits>>16&1
	return math.Float32frombits(bits &^ 0xffff)
}
