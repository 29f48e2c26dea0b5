package lm

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"licet/lm/safetensors"
)

// byBytes returns a tokenizer without merges: a token for each byte.
func byBytes(tb testing.TB) *Tokenizer {
	tb.Helper()
	tok, err := NewTokenizer(nil)
	if err != nil {
		tb.Fatal(err)
	}
	return tok
}

// folder returns the files of a golden model, with a tokenizer.
func folder(tb testing.TB, name string) fstest.MapFS {
	tb.Helper()
	dir := fstest.MapFS{}
	tok := byBytes(tb)
	data, err := json.Marshal(tok)
	if err != nil {
		tb.Fatal(err)
	}
	dir[fileTokenizer] = &fstest.MapFile{Data: data}
	entries, err := os.ReadDir(filepath.Join(golden, name))
	if err != nil {
		tb.Fatal(err)
	}
	for _, e := range entries {
		if e.IsDir() || strings.HasSuffix(e.Name(), "vectors.safetensors") || e.Name() == "ours.safetensors" {
			continue
		}
		data, err := os.ReadFile(filepath.Join(golden, name, e.Name()))
		if err != nil {
			tb.Fatal(err)
		}
		dir[e.Name()] = &fstest.MapFile{Data: data}
	}
	return dir
}

// tensorsOf reads a weights file of a folder.
func tensorsOf(tb testing.TB, dir fstest.MapFS, name string) map[string]safetensors.Tensor {
	tb.Helper()
	data := dir[name].Data
	tensors, _, err := safetensors.Read(bytes.NewReader(data), int64(len(data)), anyTensor)
	if err != nil {
		tb.Fatal(err)
	}
	return tensors
}

func put(tb testing.TB, dir fstest.MapFS, name string, tensors map[string]safetensors.Tensor) {
	tb.Helper()
	var out bytes.Buffer
	if err := safetensors.Write(&out, tensors, nil); err != nil {
		tb.Fatal(err)
	}
	dir[name] = &fstest.MapFile{Data: out.Bytes()}
}

// set changes one key of a JSON file; an empty value takes it out.
func set(tb testing.TB, dir fstest.MapFS, file, key, value string) {
	tb.Helper()
	var top map[string]json.RawMessage
	if err := json.Unmarshal(dir[file].Data, &top); err != nil {
		tb.Fatal(err)
	}
	top[key] = json.RawMessage(value)
	if value == "" {
		delete(top, key)
	}
	data, err := json.Marshal(top)
	if err != nil {
		tb.Fatal(err)
	}
	dir[file] = &fstest.MapFile{Data: data}
}

func TestABaseIsTheSameHoweverItsFilesAreCut(t *testing.T) {
	for _, name := range goldenModels {
		t.Run(name, func(t *testing.T) {
			files := folder(t, name)
			b, err := readBase(files)
			if err != nil {
				t.Fatal(err)
			}
			dir := t.TempDir()
			if err := b.Save(dir); err != nil {
				t.Fatal(err)
			}
			whole, err := OpenBase(dir)
			if err != nil || whole.Digest() != b.Digest() {
				t.Fatalf("in one file: another base, %v", err)
			}
			if _, err := os.Stat(filepath.Join(dir, fileGenerate)); err != nil {
				t.Error(err)
			}
			for name, x := range b.weights {
				y := whole.weights[name]
				same := func(a, b float32) bool { return math.Float32bits(a) == math.Float32bits(b) }
				if b.types[name] != whole.types[name] || !slices.EqualFunc(x.data, y.data, same) {
					t.Errorf("%s comes back as another %s, was %s", name, whole.types[name], b.types[name])
				}
			}
			all := tensorsOf(t, fstest.MapFS{"x": {Data: read(t, filepath.Join(dir, fileWeights))}}, "x")
			if got := shard(t, files, all); got != b.Digest() {
				t.Error("in a file for each tensor: another base")
			}
			all[normName].Data[0] += 0.5
			if got := shard(t, files, all); got == b.Digest() {
				t.Error("other weights, and the same digest")
			}
		})
	}
}

func read(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// shard puts each tensor into a file of its own and returns the base's digest.
func shard(t *testing.T, files fstest.MapFS, all map[string]safetensors.Tensor) Digest {
	t.Helper()
	dir := maps.Clone(files)
	maps.DeleteFunc(dir, func(name string, _ *fstest.MapFile) bool { return strings.Contains(name, ".safetensors") })
	index := map[string]string{}
	for name, x := range all {
		index[name] = name + ".safetensors"
		put(t, dir, index[name], map[string]safetensors.Tensor{name: x})
	}
	data, err := json.Marshal(map[string]any{"weight_map": index})
	if err != nil {
		t.Fatal(err)
	}
	dir[fileIndex] = &fstest.MapFile{Data: data}
	b, err := readBase(dir)
	if err != nil {
		t.Fatal(err)
	}
	return b.Digest()
}

func TestTheIdsOfABase(t *testing.T) {
	dir := folder(t, "llama3")
	b, err := readBase(dir)
	if err != nil {
		t.Fatal(err)
	}
	if begin, ok := b.Begin(); !ok || begin != 1 || !slices.Equal(b.Ends(), []int32{0, 5}) {
		t.Errorf("got %v, %v, %v", begin, ok, b.Ends())
	}
	set(t, dir, fileGenerate, "eos_token_id", "7")
	set(t, dir, fileConfig, "bos_token_id", "null")
	set(t, dir, fileGenerate, "bos_token_id", "")
	other, err := readBase(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := other.Begin(); ok || !slices.Equal(other.Ends(), []int32{7}) {
		t.Errorf("generation_config.json says 7: got %v, begin %v", other.Ends(), ok)
	}
	if other.Digest() == b.Digest() {
		t.Error("another end of texts, and the same digest")
	}
	if data, ok := other.Companion(fileGenerate); !ok || !bytes.Equal(data, dir[fileGenerate].Data) {
		t.Errorf("generation_config.json came as %s", data)
	}
}

// TestBadBases: each error names the file and what is wrong in it.
func TestBadBases(t *testing.T) {
	const file = "model-00001-of-00002.safetensors"
	for name, c := range map[string]struct {
		model string
		spoil func(fstest.MapFS)
		want  []string
	}{
		"no config":     {"llama2", func(d fstest.MapFS) { delete(d, fileConfig) }, []string{fileConfig}},
		"no tokenizer":  {"llama2", func(d fstest.MapFS) { delete(d, fileTokenizer) }, []string{fileTokenizer}},
		"no weights":    {"llama2", func(d fstest.MapFS) { delete(d, fileWeights) }, []string{fileWeights, fileIndex}},
		"a cut file":    {"llama2", func(d fstest.MapFS) { d[fileWeights].Data = d[fileWeights].Data[:9000] }, []string{fileWeights}},
		"a small model": {"llama2", func(d fstest.MapFS) { set(t, d, fileConfig, "vocab_size", "200") }, []string{fileTokenizer, "258", "200"}},
		"another shape": {"llama2", func(d fstest.MapFS) { set(t, d, fileConfig, "intermediate_size", "88") }, []string{fileWeights, "_proj.weight", "80", "88"}},
		"a layer more":  {"llama2", func(d fstest.MapFS) { set(t, d, fileConfig, "num_hidden_layers", "3") }, []string{"no tensor model.layers.2."}},
		"a layer less":  {"llama2", func(d fstest.MapFS) { set(t, d, fileConfig, "num_hidden_layers", "1") }, []string{fileWeights, "tensor model.layers.1."}},
		"biases that are not told of": {
			"llama-biases", func(d fstest.MapFS) { set(t, d, fileConfig, "mlp_bias", "false") }, []string{"_proj.bias"},
		},
		"untied without a head": {
			"qwen2.5-tied", func(d fstest.MapFS) { set(t, d, fileConfig, "tie_word_embeddings", "false") }, []string{"no tensor lm_head.weight", "tie_word_embeddings"},
		},
		"tied with another head": {
			"qwen2.5", func(d fstest.MapFS) { set(t, d, fileConfig, "tie_word_embeddings", "true") }, []string{"lm_head.weight differs", "tie_word_embeddings"},
		},
		"an unknown tensor": {"llama2", func(d fstest.MapFS) {
			all := tensorsOf(t, d, fileWeights)
			all["model.layers.0.mlp.router.weight"] = all[normName]
			put(t, d, fileWeights, all)
		}, []string{fileWeights, "model.layers.0.mlp.router.weight"}},
		"an end out of range": {"llama2", func(d fstest.MapFS) { set(t, d, fileGenerate, "eos_token_id", "[272]") }, []string{fileGenerate, "eos_token_id", "272", "271"}},
		"a generation_config of text": {
			"llama2", func(d fstest.MapFS) { d[fileGenerate].Data = []byte("no") }, []string{fileGenerate},
		},
		"a shard that is missing": {"qwen2.5-tied", func(d fstest.MapFS) { delete(d, file) }, []string{file}},
		"a shard elsewhere": {"qwen2.5-tied", func(d fstest.MapFS) {
			d[fileIndex].Data = bytes.Replace(d[fileIndex].Data, []byte(file), []byte("../secret"), 1)
		}, []string{fileIndex, "../secret"}},
		"a tensor in another shard": {"qwen2.5-tied", func(d fstest.MapFS) {
			var index map[string]map[string]string
			var top map[string]json.RawMessage
			if err := errors.Join(json.Unmarshal(d[fileIndex].Data, &top), json.Unmarshal([]byte(`{"weight_map":`+string(top["weight_map"])+`}`), &index)); err != nil {
				t.Fatal(err)
			}
			for name := range index["weight_map"] {
				index["weight_map"][name] = file
			}
			data, err := json.Marshal(index)
			if err != nil {
				t.Fatal(err)
			}
			d[fileIndex].Data = data
		}, []string{file, "no tensor", fileIndex}},
		"a tensor twice": {"qwen2.5-tied", func(d fstest.MapFS) {
			all := tensorsOf(t, d, file)
			maps.Copy(all, tensorsOf(t, d, "model-00002-of-00002.safetensors"))
			put(t, d, file, all)
		}, []string{file, "is not in " + fileIndex}},
		"an index of nothing": {"qwen2.5-tied", func(d fstest.MapFS) { d[fileIndex].Data = []byte("{}") }, []string{"no tensor model."}},
		"an index of text":    {"qwen2.5-tied", func(d fstest.MapFS) { d[fileIndex].Data = []byte("x") }, []string{fileIndex}},
	} {
		dir := folder(t, c.model)
		c.spoil(dir)
		_, err := readBase(dir)
		if err == nil {
			t.Errorf("%s: was read", name)
			continue
		}
		if !errors.Is(err, ErrBase) && !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: %v is no ErrBase", name, err)
		}
		for _, want := range c.want {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s: got %v, want %q in it", name, err, want)
			}
		}
	}
}

func TestTensorsThatAreComputedAreIgnored(t *testing.T) {
	dir := folder(t, "smollm2")
	before, err := readBase(dir)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]safetensors.Tensor{}
	for name := range dir {
		if strings.HasSuffix(name, ".safetensors") {
			maps.Copy(all, tensorsOf(t, dir, name))
			delete(dir, name)
		}
	}
	all["model.layers.0.self_attn.rotary_emb.inv_freq"] = safetensors.Tensor{Type: safetensors.F32, Shape: []int{2}, Data: []float32{1, 2}}
	all[headName] = all[embedName]
	put(t, dir, fileWeights, all)
	after, err := readBase(dir)
	if err != nil || after.Digest() != before.Digest() {
		t.Errorf("with the head of a tied model and a table of turns: another base, %v", err)
	}
}

func TestAFullDiskLeavesNothingHalf(t *testing.T) {
	dir := t.TempDir()
	full := errors.New("no space left")
	name := filepath.Join(dir, fileWeights)
	for _, want := range []error{nil, full} {
		got := writeFile(name, 0o644, func(w io.Writer) error {
			_, err := w.Write([]byte("half"))
			return errors.Join(err, want)
		})
		if !errors.Is(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 || entries[0].Name() != fileWeights {
		t.Errorf("left: %v, %v", entries, err)
	}
}
