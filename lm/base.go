package lm

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"

	"licet/lm/sgemm"
)

// ErrBase says that a base is damaged or incomplete.
var ErrBase = errors.New("damaged base model")

// A Base is a model that no member's text was used for: weights, tokenizer and
// shape. It is immutable and safe for concurrent use.
type Base struct {
	config    Config
	tokenizer *Tokenizer
	weights   map[string]tensor
	digest    Digest
	engine    *sgemm.Engine
}

// NewBase makes a base with random weights, from seed alone.
func NewBase(c Config, t *Tokenizer, seed uint64) (*Base, error) {
	if err := c.Check(); err != nil {
		return nil, err
	}
	if c.Vocab != t.Vocab() {
		return nil, fmt.Errorf("%w: vocab_size %d, the tokenizer has %d", ErrConfig, c.Vocab, t.Vocab())
	}
	w := map[string]tensor{}
	r := &normal{seed}
	for _, name := range names(c) {
		t := tensor{shapeOf(c, name), nil}
		n := 1
		for _, d := range t.shape {
			n *= d
		}
		t.data = make([]float32, n)
		if len(t.shape) == 1 {
			for i := range t.data {
				t.data[i] = 1 // a norm's scale
			}
		} else {
			r.fill(t.data, 0.02)
		}
		w[name] = t
	}
	return newBase(c, t, w)
}

// newBase rounds the weights to bfloat16, so that saving loses nothing.
func newBase(c Config, t *Tokenizer, w map[string]tensor) (*Base, error) {
	for _, x := range w {
		for i, v := range x.data {
			x.data[i] = roundHalf(v)
		}
	}
	b := &Base{config: c, tokenizer: t, weights: w, engine: sgemm.Best(runtime.GOMAXPROCS(0))}
	files, err := b.files()
	if err != nil {
		return nil, err
	}
	b.digest = digestFiles(files)
	return b, nil
}

// On returns the same base computing with another engine. Nothing but speed
// depends on it.
func (b *Base) On(e *sgemm.Engine) *Base {
	other := *b
	other.engine = e
	return &other
}

// Threads returns the same base computing on n threads.
func (b *Base) Threads(n int) *Base { return b.On(sgemm.Best(n)) }

// Digest names the base: the SHA-256 of its files.
func (b *Base) Digest() Digest { return b.digest }

// Config returns the shape.
func (b *Base) Config() Config { return b.config }

// Tokenizer returns the tokenizer.
func (b *Base) Tokenizer() *Tokenizer { return b.tokenizer }

// Parameters returns how many weights there are.
func (b *Base) Parameters() int {
	n := 0
	for _, t := range b.weights {
		n += len(t.data)
	}
	return n
}

func layerName(l int, part string) string { return fmt.Sprintf("model.layers.%d.%s.weight", l, part) }

// names lists the tensors of a base in a fixed order, as Hugging Face names them.
func names(c Config) []string {
	out := []string{"model.embed_tokens.weight"}
	for l := range c.Layers {
		out = append(out, layerName(l, "input_layernorm"), layerName(l, "post_attention_layernorm"))
		for _, part := range linears {
			out = append(out, layerName(l, part))
		}
	}
	return append(out, "model.norm.weight")
}

func shapeOf(c Config, name string) []int {
	if name == "model.embed_tokens.weight" {
		return []int{c.Vocab, c.Width}
	}
	for l := range c.Layers {
		for i, part := range linears {
			if name == layerName(l, part) {
				out, in := c.shape(i)
				return []int{out, in}
			}
		}
	}
	return []int{c.Width}
}

// The files of a base.
const (
	fileConfig    = "config.json"
	fileTokenizer = "tokenizer.json"
	fileWeights   = "model.safetensors"
)

func (b *Base) files() (map[string][]byte, error) {
	config, err := json.MarshalIndent(struct {
		Type string `json:"model_type"`
		Config
	}{"llama", b.config}, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("config: %w", err)
	}
	tokenizer, err := json.Marshal(b.tokenizer)
	if err != nil {
		return nil, fmt.Errorf("tokenizer: %w", err)
	}
	weights, err := writeTensors(b.weights, map[string]string{"format": "pt", "numerics": NumericsVersion}, true)
	if err != nil {
		return nil, err
	}
	return map[string][]byte{fileConfig: append(config, '\n'), fileTokenizer: tokenizer, fileWeights: weights}, nil
}

func digestFiles(files map[string][]byte) Digest {
	h := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(files)) {
		_, _ = fmt.Fprintf(h, "%s %x\n", name, sha256.Sum256(files[name])) // a hash never fails
	}
	return Digest(h.Sum(nil))
}

// Save writes the base's files into dir.
func (b *Base) Save(dir string) error {
	files, err := b.files()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil { //nolint:gosec // a base is public
		return fmt.Errorf("save base: %w", err)
	}
	for name, data := range files {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil { //nolint:gosec // a base is public
			return fmt.Errorf("save base: %w", err)
		}
	}
	return nil
}

// OpenBase reads the base in dir.
func OpenBase(dir string) (*Base, error) { return readBase(os.DirFS(dir)) }

func readBase(dir fs.FS) (*Base, error) {
	files := map[string][]byte{}
	for _, name := range []string{fileConfig, fileTokenizer, fileWeights} {
		data, err := fs.ReadFile(dir, name)
		if err != nil {
			return nil, fmt.Errorf("read base: %w", err)
		}
		files[name] = data
	}
	var config struct {
		Type string `json:"model_type"`
		Config
	}
	if err := json.Unmarshal(files[fileConfig], &config); err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrBase, fileConfig, err)
	}
	if config.Type != "llama" {
		return nil, fmt.Errorf("%w: %s: model_type %q: only llama can be run", ErrBase, fileConfig, config.Type)
	}
	if err := config.Check(); err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrBase, fileConfig, err)
	}
	t, err := ReadTokenizer(files[fileTokenizer])
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrBase, fileTokenizer, err)
	}
	w, _, err := readTensors(files[fileWeights])
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrBase, fileWeights, err)
	}
	for _, name := range names(config.Config) {
		if got, want := w[name].shape, shapeOf(config.Config, name); !slices.Equal(got, want) {
			return nil, fmt.Errorf("%w: %s: tensor %s has shape %v, want %v", ErrBase, fileWeights, name, got, want)
		}
	}
	if t.Vocab() != config.Vocab {
		return nil, fmt.Errorf("%w: the tokenizer has %d ids, vocab_size is %d", ErrBase, t.Vocab(), config.Vocab)
	}
	return newBase(config.Config, t, w)
}
