package safetensors

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
)

// header is the order of an entry's keys in what Write writes.
type header struct {
	Type    Type     `json:"dtype"`
	Shape   []int    `json:"shape"`
	Offsets [2]int64 `json:"data_offsets"`
}

// Write writes tensors in order of their names: the same tensors and metadata
// give the same bytes. A number that its tensor's type can't hold exactly is
// an error.
func Write(w io.Writer, tensors map[string]Tensor, metadata map[string]string) error {
	names := slices.Sorted(maps.Keys(tensors))
	top := map[string]any{"__metadata__": metadata}
	at := int64(0)
	for _, name := range names {
		t := tensors[name]
		if !t.Type.readable() {
			return fmt.Errorf("write tensor %s: type %q: want F32, F16 or BF16", name, t.Type)
		}
		n := int64(len(t.Data) * sizes[t.Type])
		top[name] = header{t.Type, t.Shape, [2]int64{at, at + n}}
		at += n
	}
	head, err := json.Marshal(top) // Go sorts the keys of maps
	if err != nil {
		return fmt.Errorf("safetensors header: %w", err)
	}
	head = append(head, bytes.Repeat([]byte{' '}, (8-len(head)%8)%8)...)
	if _, err := w.Write(append(binary.LittleEndian.AppendUint64(nil, uint64(len(head))), head...)); err != nil {
		return fmt.Errorf("write safetensors: %w", err)
	}
	buf := make([]byte, 1<<16)
	for _, name := range names {
		t := tensors[name]
		width := sizes[t.Type]
		for at := 0; at < len(t.Data); {
			n := min(len(t.Data)-at, len(buf)/width)
			if i := encode(t.Type, t.Data[at:at+n], buf); i >= 0 {
				return fmt.Errorf("write tensor %s: element %d, %v, is not exact in %s", name, at+i, t.Data[at+i], t.Type)
			}
			if _, err := w.Write(buf[:n*width]); err != nil {
				return fmt.Errorf("write safetensors: %w", err)
			}
			at += n
		}
	}
	return nil
}
