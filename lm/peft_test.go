package lm

import (
	"errors"
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

// peftFolder returns an adapter that PEFT wrote.
func peftFolder(tb testing.TB, name string) fstest.MapFS {
	tb.Helper()
	dir := fstest.MapFS{}
	for _, file := range []string{filePEFTConfig, filePEFTWeights} {
		data, err := os.ReadFile(filepath.Join(golden, name, "peft", file))
		if err != nil {
			tb.Fatal(err)
		}
		dir[file] = &fstest.MapFile{Data: data}
	}
	return dir
}

func TestWhatAnAdapterOfPEFTSays(t *testing.T) {
	for name, c := range map[string]struct {
		targets []string
		alpha   float64
	}{
		"smollm2":      {[]string{"q_proj", "v_proj"}, 6},
		"llama-biases": {[]string{"o_proj", "down_proj"}, 6},
		"qwen2.5-tied": {[]string{"q_proj", "up_proj", "down_proj"}, 6}, // a regular expression
		"llama3":       {allTargets.Names(), 12},                        // all-linear; rsLoRA: 6·√4
		"qwen2.5":      {allTargets.Names(), 6},
	} {
		b := goldenBase(t, name)
		a, _, err := ReadPEFT(peftFolder(t, name), b)
		if err != nil {
			t.Fatal(err)
		}
		if got := a.targets.Names(); !slices.Equal(got, c.targets) || a.alpha != c.alpha || a.rank != 4 || a.base != b.digest {
			t.Errorf("%s: targets %q, alpha %v, rank %d", name, got, a.alpha, a.rank)
		}
		dir := t.TempDir()
		if err := a.SavePEFT(dir); err != nil {
			t.Fatal(err)
		}
		again, foreign, err := ReadPEFT(os.DirFS(dir), b)
		if err != nil || foreign || again.Digest() != a.Digest() {
			t.Errorf("%s: saved and read again: foreign %v, %v", name, foreign, err)
		}
	}
}

// TestAdaptersThatCannotBeUsed: each error names the key, or the tensor.
func TestAdaptersThatCannotBeUsed(t *testing.T) {
	b := goldenBase(t, "llama2")
	for _, c := range []struct{ key, value, want string }{
		{"peft_type", `"IA3"`, `peft_type: "IA3"`},
		{"r", `0`, "r: 0"},
		{"r", `8`, "this base and rank want [8 "},
		{"r", `"four"`, `r: "four"`},
		{"lora_alpha", `0`, "lora_alpha: 0"},
		{"bias", `"lora_only"`, `bias: "lora_only"`},
		{"use_dora", `true`, "use_dora: true"},
		{"lora_bias", `true`, "lora_bias: true"},
		{"fan_in_fan_out", `true`, "fan_in_fan_out: true"},
		{"modules_to_save", `["lm_head"]`, `modules_to_save: ["lm_head"]`},
		{"rank_pattern", `{"q_proj":8}`, "rank_pattern"},
		{"alpha_pattern", `{"q_proj":8}`, "alpha_pattern"},
		{"layer_replication", `[[0,1]]`, "layer_replication"},
		{"trainable_token_indices", `[3]`, "trainable_token_indices"},
		{"target_parameters", `["x"]`, "target_parameters"},
		{"init_lora_weights", `"pissa"`, `init_lora_weights: "pissa"`},
		{"a_key_of_tomorrow", `{"on":true}`, "a_key_of_tomorrow"},
		{"target_modules", `["q_proj","embed_tokens"]`, `"embed_tokens"`},
	} {
		dir := peftFolder(t, "llama2")
		set(t, dir, filePEFTConfig, c.key, c.value)
		if _, _, err := ReadPEFT(dir, b); !errors.Is(err, ErrAdapter) && !errors.Is(err, ErrConfig) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s %s: got %v, want %q", c.key, c.value, err, c.want)
		}
	}
	dir := peftFolder(t, "llama2")
	delete(dir, filePEFTWeights)
	if _, _, err := ReadPEFT(dir, b); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("without weights: got %v", err)
	}
	if _, _, err := ReadPEFT(peftFolder(t, "llama2"), goldenBase(t, "smollm2")); !errors.Is(err, ErrAdapter) || !strings.Contains(err.Error(), "another base") {
		t.Errorf("shapes of another base: got %v", err)
	}
	ours := os.DirFS(filepath.Join(golden, "llama2", "ours"))
	other := goldenBase(t, "llama2")
	other.digest[0]++
	if _, _, err := ReadPEFT(ours, other); !errors.Is(err, ErrAdapter) || !strings.Contains(err.Error(), "for base") {
		t.Errorf("digest of another base: got %v", err)
	}
}

func TestTensorsOfAdapters(t *testing.T) {
	b := goldenBase(t, "smollm2")
	q0A, q0B := adapterName(0, 0, "A"), adapterName(0, 0, "B")
	change := func(f func(map[string]safetensors.Tensor)) fstest.MapFS {
		dir := peftFolder(t, "smollm2")
		all := tensorsOf(t, dir, filePEFTWeights)
		f(all)
		put(t, dir, filePEFTWeights, all)
		return dir
	}
	for want, f := range map[string]func(map[string]safetensors.Tensor){
		"no tensor " + q0B:   func(all map[string]safetensors.Tensor) { delete(all, q0B) },
		"no tensor of an ad": func(all map[string]safetensors.Tensor) { clear(all) },
		"no tensors of it": func(all map[string]safetensors.Tensor) {
			maps.DeleteFunc(all, func(n string, _ safetensors.Tensor) bool { return strings.Contains(n, "q_proj") })
		},
		"lora_magnitude_vector": func(all map[string]safetensors.Tensor) {
			all[strings.Replace(q0A, "lora_A.weight", "lora_magnitude_vector", 1)] = safetensors.Tensor{Type: safetensors.F32, Shape: []int{1}, Data: []float32{1}}
		},
	} {
		if _, _, err := ReadPEFT(change(f), b); !errors.Is(err, ErrAdapter) || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	// A map that is changed in one layer only is not changed in the other.
	a, _, err := ReadPEFT(change(func(all map[string]safetensors.Tensor) { delete(all, q0A); delete(all, q0B) }), b)
	if err != nil || a.targets != 1<<0|1<<2 {
		t.Fatal(err)
	}
	if zero := func(v float32) bool { return v != 0 }; slices.ContainsFunc(a.tensors[0], zero) || slices.ContainsFunc(a.tensors[1], zero) || !slices.ContainsFunc(a.tensors[14], zero) {
		t.Error("the change of q_proj in layer 0 is not zero, or that in layer 1 is")
	}
	// Adapters are kept in 16 bits, too.
	half := change(func(all map[string]safetensors.Tensor) {
		for name, x := range all {
			x.Type = safetensors.BF16
			for i, v := range x.Data {
				x.Data[i] = roundHalf(v)
			}
			all[name] = x
		}
	})
	c, _, err := ReadPEFT(half, b)
	if err != nil {
		t.Fatal(err)
	}
	whole, _, err := ReadPEFT(peftFolder(t, "smollm2"), b)
	if err != nil {
		t.Fatal(err)
	}
	if d, size := apart(t, c.tensors[0], whole.tensors[0]); d == 0 || d > size/128 {
		t.Errorf("in bfloat16 it is off by %v of %v", d, size)
	}
}

func FuzzPEFTConfig(f *testing.F) {
	for _, name := range goldenModels {
		f.Add(peftFolder(f, name)[filePEFTConfig].Data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := readPEFTConfig(data)
		if err == nil && (p.rank < 1 || !(p.alpha > 0) || math.IsInf(p.alpha, 0)) {
			t.Errorf("rank %d and alpha %v came through", p.rank, p.alpha)
		}
	})
}
