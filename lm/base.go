package lm

import (
	"errors"
	"fmt"
	"math"
	"runtime"
	"slices"
	"strings"

	"licet/lm/safetensors"
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

	types    map[string]safetensors.Type // what files keep each tensor as; BF16 where it is not said
	file     configFile                  // config.json as it is written
	others   map[string][]byte           // companions, by name
	begin    *int32
	ends     []int32
	numerics string // the arithmetic that trained it; "": not trained here
}

// tensor is a named array of float32.
type tensor struct {
	shape []int
	data  []float32
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
	for _, s := range specs(c) {
		w[s.name] = tensor{shape: s.shape, data: randomTensor(s, r)}
	}
	return newBase(c, t, w)
}

// randomTensor returns matrices from r, norms of ones and biases of zeros.
func randomTensor(s spec, r *normal) []float32 {
	n := 1
	for _, d := range s.shape {
		n *= d
	}
	data := make([]float32, n)
	switch {
	case len(s.shape) > 1:
		r.fill(data, 0.02)
	case !strings.HasSuffix(s.name, ".bias"): // a norm's scale
		for i := range data {
			data[i] = 1
		}
	}
	return data
}

// newBase makes a base of weights that were trained here. They are rounded to
// bfloat16, so that saving loses nothing.
func newBase(c Config, t *Tokenizer, w map[string]tensor) (*Base, error) {
	for _, x := range w {
		for i, v := range x.data {
			x.data[i] = roundHalf(v)
		}
	}
	b := &Base{config: c, tokenizer: t, weights: w, numerics: NumericsVersion}
	return b.finish()
}

func (b *Base) finish() (*Base, error) {
	b.engine = sgemm.Best(runtime.GOMAXPROCS(0))
	var err error
	b.digest, err = b.digestOf()
	return b, err
}

// roundHalf rounds x to bfloat16, to nearest, ties to even.
func roundHalf(x float32) float32 {
	bits := math.Float32bits(x)
	bits += 0x7fff + bits>>16&1
	return math.Float32frombits(bits &^ 0xffff)
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

// Begin returns the id of the token that a text begins with, if the base's
// files name one.
func (b *Base) Begin() (id int32, ok bool) {
	if b.begin == nil {
		return 0, false
	}
	return *b.begin, true
}

// Ends returns the ids of the tokens that end a text; none: the files don't say.
func (b *Base) Ends() []int32 { return slices.Clone(b.ends) }

// Companion returns a file that came with the base, as it came: one of
// chat_template.jinja, generation_config.json, special_tokens_map.json and
// tokenizer_config.json.
func (b *Base) Companion(name string) (data []byte, ok bool) {
	data, ok = b.others[name]
	return slices.Clone(data), ok
}

// Parameters returns how many weights there are.
func (b *Base) Parameters() int {
	n := 0
	for _, t := range b.weights {
		n += len(t.data)
	}
	return n
}

// The tensors outside the layers, as Hugging Face names them.
const (
	embedName = "model.embed_tokens.weight"
	normName  = "model.norm.weight"
	headName  = "lm_head.weight" // where it is not the embedding
)

func layerName(l int, part string) string { return fmt.Sprintf("model.layers.%d.%s.weight", l, part) }
func biasName(l int, part string) string  { return fmt.Sprintf("model.layers.%d.%s.bias", l, part) }

// A spec says what one tensor of a base is called and how large it is.
type spec struct {
	name  string
	shape []int // vectors have one number, matrices [out][in]
}

// specs lists the tensors of a base in a fixed order.
func specs(c Config) []spec {
	out := []spec{{embedName, []int{c.Vocab, c.Width}}}
	for l := range c.Layers {
		out = append(out, spec{layerName(l, "input_layernorm"), []int{c.Width}}, spec{layerName(l, "post_attention_layernorm"), []int{c.Width}})
		for i, part := range linears {
			rows, columns := c.shape(i)
			out = append(out, spec{layerName(l, part), []int{rows, columns}})
			if c.biased(i) {
				out = append(out, spec{biasName(l, part), []int{rows}})
			}
		}
	}
	out = append(out, spec{normName, []int{c.Width}})
	if !c.Tied {
		out = append(out, spec{headName, []int{c.Vocab, c.Width}})
	}
	return out
}
