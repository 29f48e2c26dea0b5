package safetensors

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
)

// An Entry is what the header says of one tensor.
type Entry struct {
	Name  string
	Type  Type
	Shape []int

	from, to int64 // in the bytes after the header
}

// Longest header that is read, as in the reference implementation.
const maxHeader = 100_000_000

// Read reads a file of size bytes from front to back. Before a tensor's numbers
// are read, want says whether they are wanted; an error of it ends the reading.
// The tensors' numbers are finite, each byte of the file belongs to the header or to one tensor.
func Read(r io.Reader, size int64, want func(Entry) (bool, error)) (map[string]Tensor, map[string]string, error) {
	entries, metadata, err := readHeader(r, size)
	if err != nil {
		return nil, nil, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	tensors := map[string]Tensor{}
	buf := make([]byte, min(size, 1<<20))
	for _, e := range entries {
		wanted, err := want(e)
		if err != nil {
			return nil, nil, err
		}
		if !wanted {
			if _, err := io.CopyN(io.Discard, r, e.to-e.from); err != nil {
				return nil, nil, fmt.Errorf("%w: tensor %s: %w", ErrDamaged, e.Name, whole(err))
			}
			continue
		}
		t, err := readTensor(r, e, buf)
		if err != nil {
			return nil, nil, fmt.Errorf("%w: tensor %s: %w", ErrDamaged, e.Name, err)
		}
		tensors[e.Name] = t
	}
	return tensors, metadata, nil
}

// whole says of an early end that it is one.
func whole(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

func readTensor(r io.Reader, e Entry, buf []byte) (Tensor, error) {
	if !e.Type.readable() {
		return Tensor{}, fmt.Errorf("type %s: only F32, F16 and BF16 can be read", e.Type)
	}
	width := sizes[e.Type]
	t := Tensor{e.Type, e.Shape, make([]float32, int(e.to-e.from)/width)}
	buf = buf[:len(buf)/4*4]
	for at := 0; at < len(t.Data); {
		n := min(len(t.Data)-at, len(buf)/width)
		if _, err := io.ReadFull(r, buf[:n*width]); err != nil {
			return Tensor{}, whole(err)
		}
		if i := decode(e.Type, buf, t.Data[at:at+n]); i >= 0 {
			return Tensor{}, fmt.Errorf("element %d is not a finite number", at+i)
		}
		at += n
	}
	return t, nil
}

// readHeader returns the entries in the order of their place.
func readHeader(r io.Reader, size int64) ([]Entry, map[string]string, error) {
	var length [8]byte
	if _, err := io.ReadFull(r, length[:]); err != nil {
		return nil, nil, fmt.Errorf("the header's length: %w", whole(err))
	}
	n := binary.LittleEndian.Uint64(length[:])
	if size < 8 || n > uint64(size-8) || n > maxHeader {
		return nil, nil, fmt.Errorf("a header of %d bytes in a file of %d", n, size)
	}
	raw := make([]byte, n)
	if _, err := io.ReadFull(r, raw); err != nil {
		return nil, nil, fmt.Errorf("header: %w", whole(err))
	}
	var entries []Entry
	metadata := map[string]string{}
	body := size - 8 - int64(n)
	err := object(raw, func(name string, value json.RawMessage) error {
		if name == "__metadata__" {
			if err := json.Unmarshal(value, &metadata); err != nil {
				return fmt.Errorf("metadata: %w", err)
			}
			return nil
		}
		e, err := readEntry(name, value, body)
		if err != nil {
			return fmt.Errorf("tensor %s: %w", name, err)
		}
		entries = append(entries, e)
		return nil
	})
	if err != nil {
		return nil, nil, fmt.Errorf("header: %w", err)
	}
	slices.SortFunc(entries, func(a, b Entry) int { return cmp.Compare(a.from, b.from) })
	at := int64(0)
	for _, e := range entries {
		if e.from != at {
			return nil, nil, fmt.Errorf("tensor %s begins at byte %d, the one before it ends at %d", e.Name, e.from, at)
		}
		at = e.to
	}
	if at != body {
		return nil, nil, fmt.Errorf("tensors take %d bytes of %d", at, body)
	}
	return entries, metadata, nil
}

func readEntry(name string, value json.RawMessage, body int64) (Entry, error) {
	e := Entry{Name: name}
	var shape, offsets []int64
	err := object(value, func(key string, value json.RawMessage) error {
		switch key {
		case "dtype":
			return json.Unmarshal(value, &e.Type)
		case "shape":
			return json.Unmarshal(value, &shape)
		case "data_offsets":
			return json.Unmarshal(value, &offsets)
		}
		return nil
	})
	if err != nil {
		return e, err
	}
	width, ok := sizes[e.Type]
	if !ok {
		return e, fmt.Errorf("unknown type %q", e.Type)
	}
	n, err := count(shape, body)
	if err != nil {
		return e, err
	}
	if len(offsets) != 2 || offsets[0] < 0 || offsets[1] < offsets[0] || offsets[1] > body || (offsets[1]-offsets[0])/int64(width) != n || (offsets[1]-offsets[0])%int64(width) != 0 {
		return e, fmt.Errorf("offsets %v do not fit shape %v of %s in %d bytes", offsets, shape, e.Type, body)
	}
	e.from, e.to = offsets[0], offsets[1]
	for _, d := range shape {
		e.Shape = append(e.Shape, int(d))
	}
	return e, nil
}

// object calls f for each key of a JSON object, and refuses one that stands twice.
func object(raw []byte, f func(key string, value json.RawMessage) error) error {
	d := json.NewDecoder(bytes.NewReader(raw))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return errors.Join(errors.New("want a JSON object"), err)
	}
	seen := map[string]bool{}
	for d.More() {
		t, err := d.Token()
		if err != nil {
			return err
		}
		key, _ := t.(string) // the decoder lets nothing else be a key
		if seen[key] {
			return fmt.Errorf("%q stands twice", key)
		}
		seen[key] = true
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return fmt.Errorf("%q: %w", key, err)
		}
		if err := f(key, value); err != nil {
			return err
		}
	}
	if _, err := d.Token(); err != nil {
		return whole(err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("something after the JSON object")
	}
	return nil
}
