package lm

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"flag"
	"io/fs"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"

	"licet/lm/safetensors"
)

// The vectors are made by worker/golden.py with the packages that versions.json
// names; "make golden-lm" makes them again.
const golden = "testdata/golden"

var (
	update = flag.Bool("update", false, "write the adapters that worker/golden.py measures")
	save   = flag.String("save", "", "with -update, a folder for bases as they are saved, for worker/golden.py to load")
)

var goldenModels = []string{"llama2", "llama3", "llama-biases", "smollm2", "qwen2.5-tied", "qwen2.5"}

// goldenBase opens a model of transformers, with a tokenizer, which it lacks.
func goldenBase(t *testing.T, name string) *Base {
	t.Helper()
	tok := byBytes(t)
	tokenizer, err := json.Marshal(tok)
	if err != nil {
		t.Fatal(err)
	}
	b, err := readBase(overlay{os.DirFS(filepath.Join(golden, name)), fstest.MapFS{fileTokenizer: {Data: tokenizer}}})
	if err != nil {
		t.Fatal(err)
	}
	b.digest = sha256.Sum256([]byte(name)) // so that PEFT's vectors depend on no tokenizer
	return b
}

// overlay is a folder with more files.
type overlay struct{ below, above fs.FS }

func (o overlay) Open(name string) (fs.File, error) {
	if f, err := o.above.Open(name); err == nil {
		return f, nil
	}
	return o.below.Open(name)
}

func goldenSequences(t *testing.T) [][]int32 {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(golden, "sequences.json"))
	if err != nil {
		t.Fatal(err)
	}
	var out [][]int32
	if err := json.Unmarshal(data, &out); err != nil || len(out) == 0 {
		t.Fatal(out, err)
	}
	return out
}

func goldenVectors(t *testing.T, path ...string) map[string]safetensors.Tensor {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(append([]string{golden}, path...)...))
	if err != nil {
		t.Fatal(err)
	}
	tensors, _, err := safetensors.Read(bytes.NewReader(data), int64(len(data)), anyTensor)
	if err != nil {
		t.Fatal(err)
	}
	return tensors
}

// apart returns the largest difference of two lists, and the largest size in want.
func apart(t *testing.T, got, want []float32) (difference, size float64) {
	t.Helper()
	if len(got) != len(want) || len(got) == 0 {
		t.Fatalf("%d numbers, want %d", len(got), len(want))
	}
	for i, v := range got {
		d := math.Abs(float64(v) - float64(want[i]))
		if math.IsNaN(d) {
			return math.Inf(1), 0
		}
		difference, size = max(difference, d), max(size, math.Abs(float64(want[i])))
	}
	return difference, size
}

// sameAs compares logits, of the forward pass and of writing, and losses with
// those of transformers and PEFT. The largest logit is about 4, so that 1e-4 is the
// absolute difference.
func sameAs(t *testing.T, b *Base, a *Adapter, vectors map[string]safetensors.Tensor, prefix string) {
	t.Helper()
	for i, tokens := range goldenSequences(t) {
		want := vectors[prefix+"logits."+string(rune('0'+i))].Data
		n := newNetwork(b, a, 1, len(tokens), false, false)
		n.run(tokens, make([]int, len(tokens)), 1)
		if d, _ := apart(t, n.logits, want); d > 1e-4 {
			t.Errorf("%slogits of sequence %d: the forward pass is off by %.2g", prefix, i, d)
		}
		if d, _ := apart(t, written(t, b, a, tokens), want); d > 1e-4 {
			t.Errorf("%slogits of sequence %d: writing is off by %.2g", prefix, i, d)
		}
		nats, _, err := Loss(t.Context(), b, a, [][]int32{tokens})
		if d := math.Abs(nats - float64(vectors[prefix+"losses"].Data[i])); err != nil || d > 1e-5 {
			t.Errorf("%sloss of sequence %d is off by %.2g, %v", prefix, i, d, err)
		}
	}
}

func TestLogitsAreThoseOfTransformers(t *testing.T) {
	for _, name := range goldenModels {
		t.Run(name, func(t *testing.T) {
			sameAs(t, goldenBase(t, name), nil, goldenVectors(t, name, "vectors.safetensors"), "")
		})
	}
}

func TestAdaptersOfPEFT(t *testing.T) {
	for _, name := range goldenModels {
		t.Run(name, func(t *testing.T) {
			b := goldenBase(t, name)
			a, foreign, err := ReadPEFT(os.DirFS(filepath.Join(golden, name, "peft")), b)
			if err != nil || !foreign {
				t.Fatal(foreign, err)
			}
			sameAs(t, b, a, goldenVectors(t, name, "vectors.safetensors"), "adapter.")
		})
	}
}

// TestGradientsAreThoseOfTorch: each tensor's gradient is within 1e-3 of the
// largest number in torch's. Two of the models have every gradient, not only the adapter's.
func TestGradientsAreThoseOfTorch(t *testing.T) {
	for _, name := range goldenModels {
		t.Run(name, func(t *testing.T) {
			b := goldenBase(t, name)
			vectors := goldenVectors(t, name, "vectors.safetensors")
			a, _, err := ReadPEFT(os.DirFS(filepath.Join(golden, name, "peft")), b)
			if err != nil {
				t.Fatal(err)
			}
			names := map[*float32]string{}
			for _, s := range adapterSpecs(b.config, a.targets, a.rank) {
				names[&a.tensors[s.index][0]] = s.name
			}
			compareGradients(t, newNetwork(b, a, 1, 33, false, true), names, vectors)
			if _, every := vectors["grad."+normName]; !every {
				return
			}
			clear(names)
			for _, s := range specs(b.config) {
				names[&b.weights[s.name].data[0]] = s.name
			}
			compareGradients(t, newNetwork(b, nil, 1, 33, true, true), names, vectors)
		})
	}
}

func compareGradients(t *testing.T, m *network, names map[*float32]string, vectors map[string]safetensors.Tensor) {
	t.Helper()
	sequences := goldenSequences(t)
	m.step(pack(sequences[len(sequences)-1:], m.T), 0, 1)
	if len(m.params) != len(names) {
		t.Fatalf("%d tensors are trained, want %d", len(m.params), len(names))
	}
	for i, p := range m.params {
		name := names[&p[0]]
		if d, size := apart(t, m.grads[i], vectors["grad."+name].Data); d > 1e-3*size {
			t.Errorf("gradient of %s is off by %.2g of %.2g", name, d, size)
		}
	}
}

// ours trains an adapter that is neither small nor zero, for PEFT to read.
func ours(t *testing.T, b *Base) *Adapter {
	t.Helper()
	r := Recipe{Rank: 3, Alpha: 5, LearningRate: 3e-2, FinalShare: 0.5, Clip: 1, Epochs: 4, Batch: 2, Context: 16, Seed: 2}
	if b.config.Type == Qwen2 {
		r.Targets = 1<<0 | 1<<3 | 1<<5
	}
	start, err := NewAdapter(b, r)
	if err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(7, 7))
	var docs [][]int32
	for range 6 {
		doc := make([]int32, 12)
		for i := range doc {
			doc[i] = 2 + random.Int32N(40)
		}
		docs = append(docs, doc)
	}
	a, err := Train(t.Context(), b, start, docs, r, nil)
	if err != nil {
		t.Fatal(err)
	}
	twice, err := Merge(b, []*Adapter{a, a})
	if err != nil {
		t.Fatal(err)
	}
	if b.config.Tied {
		return twice // merged adapters are for PEFT, too
	}
	return a
}

// TestPEFTReadsOurs: the logits that PEFT makes with the very bytes that are
// written here, committed in ours/, are ours.
func TestPEFTReadsOurs(t *testing.T) {
	for _, name := range goldenModels {
		t.Run(name, func(t *testing.T) {
			b := goldenBase(t, name)
			a := ours(t, b)
			dir := filepath.Join(golden, name, "ours")
			if *update {
				if err := errors.Join(a.SavePEFT(dir), b.Save(filepath.Join(*save, name))); err != nil {
					t.Fatal(err)
				}
				return
			}
			written := t.TempDir()
			if err := a.SavePEFT(written); err != nil {
				t.Fatal(err)
			}
			for _, file := range []string{filePEFTConfig, filePEFTWeights} {
				got, err := os.ReadFile(filepath.Join(written, file))
				if err != nil {
					t.Fatal(err)
				}
				want, err := os.ReadFile(filepath.Join(dir, file))
				if err != nil {
					t.Fatal(err)
				}
				if !bytes.Equal(got, want) {
					t.Errorf("%s is not the one that PEFT was given: run make golden-lm if this is meant", file)
				}
			}
			again, foreign, err := ReadPEFT(os.DirFS(dir), b)
			if err != nil || foreign || again.Digest() != a.Digest() {
				t.Fatal(foreign, err)
			}
			vectors := goldenVectors(t, name, "ours.safetensors")
			sameAs(t, b, again, vectors, "ours.")
			alone := goldenVectors(t, name, "vectors.safetensors")
			if d, _ := apart(t, vectors["ours.logits.2"].Data, alone["logits.2"].Data); d < 0.1 {
				t.Errorf("the adapter changes logits by %.2g: too little to tell", d)
			}
		})
	}
}
