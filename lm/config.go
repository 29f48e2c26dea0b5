package lm

import (
	"errors"
	"fmt"
)

// ErrConfig says that a configuration is not one that this package can run.
var ErrConfig = errors.New("unsupported model configuration")

// The architectures, as config.json's model_type names them.
const (
	Llama = "llama" // Llama 2 and 3, SmolLM2
	Qwen2 = "qwen2" // Qwen 2 and 2.5: q, k and v have biases
)

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
	Tied      bool    `json:"tie_word_embeddings"` // the head is the embedding

	// What follows is left out of files where it is zero.
	Type          string      `json:"model_type,omitempty"`     // "": Llama
	HeadDim       int         `json:"head_dim,omitempty"`       // 0: Width / Heads
	AttentionBias bool        `json:"attention_bias,omitempty"` // of q, k, v and o; Llama only
	MLPBias       bool        `json:"mlp_bias,omitempty"`       // of gate, up and down; Llama only
	RopeScaling   RopeScaling `json:"rope_scaling,omitzero"`
}

// Check tells whether the configuration can be run.
func (c Config) Check() error {
	switch {
	case c.Type != "" && c.Type != Llama && c.Type != Qwen2:
		return fmt.Errorf("%w: model_type %q: only llama and qwen2 can be run", ErrConfig, c.Type)
	case c.Vocab < 1, c.Width < 1, c.Layers < 1, c.Heads < 1, c.KVHeads < 1, c.FFN < 1, c.Context < 2:
		return fmt.Errorf("%w: every size is at least 1, max_position_embeddings at least 2", ErrConfig)
	case c.Vocab > 1<<20, c.Width > 1<<14, c.Layers > 1<<10, c.Heads > 1<<10, c.FFN > 1<<16, c.Context > 1<<17, c.HeadDim > 1<<10:
		return fmt.Errorf("%w: larger than anything that fits here", ErrConfig)
	case c.HeadDim == 0 && c.Width%c.Heads != 0:
		return fmt.Errorf("%w: hidden_size %d needs an even share for each of %d heads, or head_dim", ErrConfig, c.Width, c.Heads)
	case c.head() < 2 || c.head()%2 != 0:
		return fmt.Errorf("%w: a head of %d numbers: an even one is needed", ErrConfig, c.head())
	case c.Heads%c.KVHeads != 0:
		return fmt.Errorf("%w: %d heads can't share %d key-value heads", ErrConfig, c.Heads, c.KVHeads)
	case c.Type == Qwen2 && (c.AttentionBias || c.MLPBias):
		return fmt.Errorf("%w: attention_bias and mlp_bias are keys of llama, not of qwen2", ErrConfig)
	case !(c.RopeTheta > 1 && c.RopeTheta < 1e12) || !(c.NormEps > 0 && c.NormEps < 1): // a NaN is refused, too
		return fmt.Errorf("%w: rope_theta %v and rms_norm_eps %v must be above 1 and above 0", ErrConfig, c.RopeTheta, c.NormEps)
	}
	return c.RopeScaling.check()
}

// head is the width of one head.
func (c Config) head() int {
	if c.HeadDim != 0 {
		return c.HeadDim
	}
	return c.Width / c.Heads
}

// qWidth is the width of all heads together; it may differ from Width.
func (c Config) qWidth() int  { return c.Heads * c.head() }
func (c Config) kvWidth() int { return c.KVHeads * c.head() }

// The seven linear maps of a layer, in the order in which everything lists them.
var linears = [7]string{
	"self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.o_proj", "mlp.gate_proj", "mlp.up_proj", "mlp.down_proj",
}

// shape returns the output and input widths of linear i.
func (c Config) shape(i int) (out, in int) {
	switch i {
	case 0:
		return c.qWidth(), c.Width
	case 1, 2:
		return c.kvWidth(), c.Width
	case 3:
		return c.Width, c.qWidth()
	case 4, 5:
		return c.FFN, c.Width
	default:
		return c.Width, c.FFN
	}
}

// biased tells whether linear i has a bias.
func (c Config) biased(i int) bool {
	switch i {
	case 0, 1, 2:
		return c.AttentionBias || c.Type == Qwen2
	case 3:
		return c.AttentionBias
	default:
		return c.MLPBias
	}
}
