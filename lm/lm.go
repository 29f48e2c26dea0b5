// Package lm is the embedded language model: a decoder-only transformer of the
// Llama family with low-rank adapters, its tokenizer, its training step and its
// generation, in Go, with the same bits on any machine.
//
// The contract on bits is docs/formats/numerics.md; TestSameBits hashes a
// training run over kernels and threads.
package lm

import (
	"crypto/sha256"
	"errors"
	"fmt"
)

// NumericsVersion names the order of every floating-point operation. It
// changes when the bits of any result change.
const NumericsVersion = "fma32-v1"

// A Digest is a SHA-256.
type Digest = [sha256.Size]byte

// ErrConfig says that a configuration is not one that this package can run.
var ErrConfig = errors.New("unsupported model configuration")

// Config is the shape of a model, with the field names of Hugging Face's
// config.json for the Llama family.
type Config struct {
	Vocab     int     `json:"vocab_size"`
	Width     int     `json:"hidden_size"`
	Layers    int     `json:"num_hidden_layers"`
	Heads     int     `json:"num_attention_heads"`
	KVHeads   int     `json:"num_key_value_heads"`
	FFN       int     `json:"intermediate_size"`
	Context   int     `json:"max_position_embeddings"`
	RopeTheta float64 `json:"rope_theta"`
	NormEps   float64 `json:"rms_norm_eps"`
	Tied      bool    `json:"tie_word_embeddings"`
}

// Check tells whether the configuration can be run.
func (c Config) Check() error {
	switch {
	case c.Vocab < 1, c.Width < 1, c.Layers < 1, c.Heads < 1, c.KVHeads < 1, c.FFN < 1, c.Context < 2:
		return fmt.Errorf("%w: every size is at least 1", ErrConfig)
	case c.Width%c.Heads != 0 || c.Width/c.Heads%2 != 0:
		return fmt.Errorf("%w: hidden_size %d needs an even share for each of %d heads", ErrConfig, c.Width, c.Heads)
	case c.Heads%c.KVHeads != 0:
		return fmt.Errorf("%w: %d heads can't share %d key-value heads", ErrConfig, c.Heads, c.KVHeads)
	case !c.Tied:
		return fmt.Errorf("%w: tie_word_embeddings must be true", ErrConfig)
	case c.RopeTheta <= 1 || c.NormEps <= 0:
		return fmt.Errorf("%w: rope_theta and rms_norm_eps must be positive", ErrConfig)
	case c.Vocab > 1<<20, c.Width > 1<<14, c.Layers > 1<<10, c.FFN > 1<<16, c.Context > 1<<17:
		return fmt.Errorf("%w: larger than anything that fits here", ErrConfig)
	}
	return nil
}

func (c Config) head() int    { return c.Width / c.Heads }
func (c Config) kvWidth() int { return c.KVHeads * c.head() }

// The seven linear maps of a layer, in the order in which everything lists them.
var linears = [7]string{
	"self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.o_proj", "mlp.gate_proj", "mlp.up_proj", "mlp.down_proj",
}

// shape returns the output and input widths of linear i.
func (c Config) shape(i int) (out, in int) {
	switch i {
	case 0, 3:
		return c.Width, c.Width
	case 1, 2:
		return c.kvWidth(), c.Width
	case 4, 5:
		return c.FFN, c.Width
	default:
		return c.Width, c.FFN
	}
}
