package safetensors_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"

	"licet/lm/safetensors"
)

func all(safetensors.Entry) (bool, error) { return true, nil }

func file(header string, body ...byte) []byte {
	out := binary.LittleEndian.AppendUint64(nil, uint64(len(header)))
	return append(append(out, header...), body...)
}

func read(data []byte) (map[string]safetensors.Tensor, map[string]string, error) {
	return safetensors.Read(bytes.NewReader(data), int64(len(data)), all)
}

func TestEveryHalfComesBack(t *testing.T) {
	for _, kind := range []safetensors.Type{safetensors.F16, safetensors.BF16} {
		var body []byte
		want := 0
		for bits := range 1 << 16 {
			infinite := bits&0x7c00 == 0x7c00
			if kind == safetensors.BF16 {
				infinite = bits&0x7f80 == 0x7f80
			}
			if !infinite {
				body = binary.LittleEndian.AppendUint16(body, uint16(bits))
				want++
			}
		}
		data := file(fmt.Sprintf(`{"x":{"dtype":%q,"shape":[%d],"data_offsets":[0,%d]}}`, kind, want, len(body)), body...)
		tensors, _, err := read(data)
		if err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		if err := safetensors.Write(&out, tensors, nil); err != nil {
			t.Fatal(err)
		}
		if !bytes.HasSuffix(out.Bytes(), body) {
			t.Errorf("%s: other bits come back", kind)
		}
	}
}

func TestHalvesAreTheNumbersTheyStandFor(t *testing.T) {
	data := file(`{"x":{"dtype":"F16","shape":[6],"data_offsets":[0,12]}}`, 0x00, 0x3c, 0x00, 0xc0, 0xff, 0x7b, 0x01, 0x00, 0xff, 0x03, 0x00, 0x80)
	tensors, _, err := read(data)
	want := []float32{1, -2, 65504, 1.0 / (1 << 24), 1023.0 / (1 << 24), float32(math.Copysign(0, -1))}
	if got := tensors["x"].Data; err != nil || !slices.Equal(got, want) || !math.Signbit(float64(got[5])) {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
}

func TestWriteIsExact(t *testing.T) {
	for kind, v := range map[safetensors.Type]float32{
		safetensors.BF16: 1 + 1.0/(1<<10), safetensors.F16: 65536, safetensors.F32: float32(math.Inf(1)), "F64": 1,
	} {
		err := safetensors.Write(new(bytes.Buffer), map[string]safetensors.Tensor{"x": {Type: kind, Shape: []int{1}, Data: []float32{v}}}, nil)
		if err == nil || !strings.Contains(err.Error(), "x") {
			t.Errorf("%v as %s: got %v", v, kind, err)
		}
	}
	if err := safetensors.Write(new(bytes.Buffer), map[string]safetensors.Tensor{"x": {Type: safetensors.F16, Shape: []int{1}, Data: []float32{1.0 / (1 << 25)}}}, nil); err == nil {
		t.Error("a number below the smallest half was written as one")
	}
}

func TestReadInAnyOrderAndOnlyWhatIsWanted(t *testing.T) {
	data := file(`{"b":{"data_offsets":[0,4],"dtype":"F32","shape":[1,1],"new":1},"mask":{"dtype":"BOOL","shape":[3],"data_offsets":[4,7]},`+
		`"a":{"dtype":"BF16","shape":[],"data_offsets":[7,9]},"__metadata__":{"k":"v"}}   `, 0, 0, 0x80, 0x3f, 1, 1, 1, 0x80, 0xbf)
	var order []string
	tensors, metadata, err := safetensors.Read(bytes.NewReader(data), int64(len(data)), func(e safetensors.Entry) (bool, error) {
		order = append(order, e.Name)
		return e.Name != "mask", nil
	})
	want := map[string]safetensors.Tensor{
		"b": {Type: safetensors.F32, Shape: []int{1, 1}, Data: []float32{1}}, "a": {Type: safetensors.BF16, Data: []float32{-1}},
	}
	if err != nil || !reflect.DeepEqual(tensors, want) || metadata["k"] != "v" || !slices.Equal(order, []string{"b", "mask", "a"}) {
		t.Errorf("got %v, %v, %v, %v", tensors, metadata, order, err)
	}
	if _, _, err := read(data); !errors.Is(err, safetensors.ErrDamaged) || !strings.Contains(err.Error(), "tensor mask: type BOOL") {
		t.Errorf("a type that can't be read: got %v", err)
	}
	refused := errors.New("no")
	if _, _, err := safetensors.Read(bytes.NewReader(data), int64(len(data)), func(safetensors.Entry) (bool, error) { return false, refused }); !errors.Is(err, refused) {
		t.Errorf("got %v", err)
	}
}

func TestLyingFiles(t *testing.T) {
	const x = `"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}`
	for name, c := range map[string]struct {
		data []byte
		want string
	}{
		"empty":                    {nil, "header's length"},
		"a longer header":          {file(`{` + x + `}`)[:20], "header of"},
		"a huge header":            {binary.LittleEndian.AppendUint64(nil, math.MaxUint64), "header of"},
		"no JSON":                  {file(`nonsense`), "JSON"},
		"a list":                   {file(`[]`), "JSON"},
		"something after":          {file(`{`+x+`}{}`, 0, 0, 0, 0), "after"},
		"one name twice":           {file(`{`+x+`,`+x+`}`, 0, 0, 0, 0), `"x" stands twice`},
		"one key twice":            {file(`{"x":{"dtype":"F32","dtype":"F16","shape":[1],"data_offsets":[0,4]}}`, 0, 0, 0, 0), `"dtype" stands twice`},
		"an unknown type":          {file(`{"x":{"dtype":"Q4","shape":[1],"data_offsets":[0,4]}}`, 0, 0, 0, 0), `unknown type "Q4"`},
		"no type":                  {file(`{"x":{"shape":[1],"data_offsets":[0,4]}}`, 0, 0, 0, 0), `unknown type`},
		"metadata of numbers":      {file(`{"__metadata__":{"a":1}}`), "metadata"},
		"a number as tensor":       {file(`{"x":1}`), "x"},
		"a size of nothing":        {file(`{"x":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}`), "shape [0]"},
		"a negative size":          {file(`{"x":{"dtype":"F32","shape":[-1,-1],"data_offsets":[0,4]}}`, 0, 0, 0, 0), "shape [-1 -1]"},
		"a size beyond the file":   {file(`{"x":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,4]}}`, 0, 0, 0, 0), "shape"},
		"a fraction":               {file(`{"x":{"dtype":"F32","shape":[1.5],"data_offsets":[0,4]}}`, 0, 0, 0, 0), "x"},
		"offsets beyond the file":  {file(`{"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}`, 0, 0, 0, 0), "offsets [0 8]"},
		"offsets backwards":        {file(`{"x":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}`, 0, 0, 0, 0), "offsets [4 0]"},
		"negative offsets":         {file(`{"x":{"dtype":"F32","shape":[1],"data_offsets":[-4,0]}}`, 0, 0, 0, 0), "offsets [-4 0]"},
		"three offsets":            {file(`{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4,8]}}`, 0, 0, 0, 0), "offsets"},
		"offsets of another shape": {file(`{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,8]}}`, 0, 0, 0, 0, 0, 0, 0, 0), "offsets [0 8]"},
		"half a number":            {file(`{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,5]}}`, 0, 0, 0, 0, 0), "offsets [0 5]"},
		"bytes over":               {file(`{`+x+`}`, 0, 0, 0, 0, 9), "4 bytes of 5"},
		"a hole":                   {file(`{`+x+`,"y":{"dtype":"F32","shape":[1],"data_offsets":[8,12]}}`, make([]byte, 12)...), "tensor y begins at byte 8"},
		"an overlap":               {file(`{`+x+`,"y":{"dtype":"BF16","shape":[2],"data_offsets":[2,6]}}`, make([]byte, 6)...), "tensor y begins at byte 2"},
		"the same place":           {file(`{`+x+`,"y":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}`, make([]byte, 4)...), "begins at byte 0"},
		"no number":                {file(`{`+x+`}`, 0, 0, 0xc0, 0x7f), "tensor x: element 0 is not a finite number"},
		"an infinite number":       {file(`{"x":{"dtype":"BF16","shape":[2],"data_offsets":[0,4]}}`, 0, 0, 0x80, 0xff), "element 1 is not"},
		"an infinite half":         {file(`{"x":{"dtype":"F16","shape":[2],"data_offsets":[0,4]}}`, 0, 0, 0, 0x7c), "element 1 is not"},
		"deeply nested":            {file(strings.Repeat(`{"a":`, 20_000)), "header"},
	} {
		_, _, err := read(c.data)
		if !errors.Is(err, safetensors.ErrDamaged) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want ErrDamaged with %q", name, err, c.want)
		}
	}
}

func TestCutFiles(t *testing.T) {
	var whole bytes.Buffer
	if err := safetensors.Write(&whole, map[string]safetensors.Tensor{"x": {Type: safetensors.F32, Shape: []int{2, 3}, Data: make([]float32, 6)}}, map[string]string{"k": "v"}); err != nil {
		t.Fatal(err)
	}
	for n := range whole.Len() {
		if _, _, err := read(whole.Bytes()[:n]); !errors.Is(err, safetensors.ErrDamaged) {
			t.Errorf("a file cut at %d: got %v", n, err)
		}
		// A file that shrinks while it is read.
		if _, _, err := safetensors.Read(bytes.NewReader(whole.Bytes()[:n]), int64(whole.Len()), all); !errors.Is(err, safetensors.ErrDamaged) {
			t.Errorf("a file that ends at %d: got %v", n, err)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add(file(`{"x":{"dtype":"F16","shape":[2],"data_offsets":[0,4]},"__metadata__":{"k":"v"}}`, 0, 0x3c, 1, 0))
	f.Add(file(`{"x":{"dtype":"BF16","shape":[],"data_offsets":[0,2]},"y":{"dtype":"F32","shape":[1,1],"data_offsets":[2,6]}}`, 0, 0, 0, 0, 0, 0))
	f.Add(file(`{"x":{"dtype":"U8","shape":[1099511627776],"data_offsets":[0,1099511627776]}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		tensors, metadata, err := read(data)
		if err != nil {
			return
		}
		var out bytes.Buffer
		if err := safetensors.Write(&out, tensors, metadata); err != nil {
			t.Fatal(err)
		}
		again, _, err := read(out.Bytes())
		if err != nil || len(again) != len(tensors) {
			t.Fatalf("%d of %d tensors come back: %v", len(again), len(tensors), err)
		}
		for name, x := range tensors {
			if y := again[name]; x.Type != y.Type || !slices.Equal(x.Shape, y.Shape) || !slices.EqualFunc(x.Data, y.Data, func(a, b float32) bool { return math.Float32bits(a) == math.Float32bits(b) }) {
				t.Errorf("%q comes back as %v, was %v", name, y, x)
			}
		}
	})
}

// TestReadingHoldsNoFile: a file of 16 bits a number costs the 32 bits a number
// that it is read into, and a buffer.
func TestReadingHoldsNoFile(t *testing.T) {
	const numbers = 4 << 20
	head := file(fmt.Sprintf(`{"x":{"dtype":"BF16","shape":[%d],"data_offsets":[0,%d]}}`, numbers, 2*numbers))
	body := make([]byte, 2*numbers)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, _, err := safetensors.Read(io.MultiReader(bytes.NewReader(head), bytes.NewReader(body)), int64(len(head)+len(body)), all)
	runtime.ReadMemStats(&after)
	if got, most := after.TotalAlloc-before.TotalAlloc, uint64(4*numbers+2<<20); err != nil || got > most {
		t.Errorf("reading took %d bytes, want at most %d, %v", got, most, err)
	}
}
