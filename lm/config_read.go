package lm

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// configFile is config.json as Save writes it.
type configFile struct {
	Type string `json:"model_type"`
	Config
	Begin *int32  `json:"bos_token_id,omitempty"`
	Ends  []int32 `json:"eos_token_id,omitempty"`
}

// keys reads values of a JSON object. The first error stays.
type keys struct {
	values map[string]json.RawMessage
	err    error
}

// has tells whether the key is there and not null.
func (k *keys) has(key string) bool {
	v, ok := k.values[key]
	return ok && string(bytes.TrimSpace(v)) != "null"
}

// into decodes the value of key, if it is there, into dst.
func (k *keys) into(key string, dst any) bool {
	if k.err != nil || !k.has(key) {
		return false
	}
	if err := json.Unmarshal(k.values[key], dst); err != nil {
		k.err = fmt.Errorf("%w: %s: %s: %w", ErrConfig, key, cut(k.values[key]), err)
		return false
	}
	return true
}

// refuse says why a value can't be run.
func (k *keys) refuse(key, why string) {
	if k.err == nil {
		k.err = fmt.Errorf("%w: %s: %s: %s", ErrConfig, key, cut(k.values[key]), why)
	}
}

// cut shortens a value for an error.
func cut(v []byte) string {
	const most = 80
	if len(v) > most {
		return strings.ToValidUTF8(string(v[:most]), "") + "…"
	}
	return string(v)
}

func (k *keys) int(key string, missing int) int {
	n := missing
	k.into(key, &n)
	return n
}

func (k *keys) bool(key string) bool {
	var b bool
	k.into(key, &b)
	return b
}

func (k *keys) float(key string, missing float64) float64 {
	x := missing
	k.into(key, &x)
	return x
}

// readConfig reads config.json: what Save writes, and what transformers does.
// A key whose value would change what the model computes in a way that this
// package can't is refused by name (docs/formats/base.md).
func readConfig(data []byte) (configFile, error) {
	var k keys
	if err := json.Unmarshal(data, &k.values); err != nil {
		return configFile{}, fmt.Errorf("%w: %w", ErrConfig, err)
	}
	f := configFile{}
	if !k.into("model_type", &f.Type) && k.err == nil {
		return f, fmt.Errorf("%w: no model_type: only llama and qwen2 can be run", ErrConfig)
	}
	if k.err == nil && f.Type != Llama && f.Type != Qwen2 {
		k.refuse("model_type", "only llama and qwen2 can be run")
	}
	k.refuseOthers()
	c := Config{
		Vocab: k.int("vocab_size", 0), Width: k.int("hidden_size", 0), Layers: k.int("num_hidden_layers", 0), Heads: k.int("num_attention_heads", 0),
		FFN: k.int("intermediate_size", 0), Context: k.int("max_position_embeddings", 0), NormEps: k.float("rms_norm_eps", 1e-6),
		Tied: k.bool("tie_word_embeddings"), HeadDim: k.int("head_dim", 0),
	}
	c.KVHeads = k.int("num_key_value_heads", c.Heads)
	if f.Type == Llama {
		c.AttentionBias, c.MLPBias = k.bool("attention_bias"), k.bool("mlp_bias")
	} else {
		c.Type = f.Type
		if !k.has("num_key_value_heads") && k.err == nil {
			return f, fmt.Errorf("%w: no num_key_value_heads, which a qwen2 has", ErrConfig)
		}
	}
	if c.Heads > 0 && c.HeadDim*c.Heads == c.Width {
		c.HeadDim = 0 // one model has one form
	}
	k.rope(&c)
	f.Begin, f.Ends = k.ids(c.Vocab)
	f.Config = c
	if k.err != nil {
		return configFile{}, k.err
	}
	return f, c.Check()
}

// refuseOthers refuses what is not computed here.
func (k *keys) refuseOthers() {
	var names []string
	if k.into("architectures", &names) && len(names) > 0 && !slices.Contains([]string{"LlamaForCausalLM", "Qwen2ForCausalLM"}, names[0]) {
		k.refuse("architectures", "only LlamaForCausalLM and Qwen2ForCausalLM can be run")
	}
	var act string
	if k.into("hidden_act", &act) && act != "silu" {
		k.refuse("hidden_act", "only silu can be run")
	}
	if k.bool("use_sliding_window") {
		k.refuse("use_sliding_window", "attention over a window can't be run")
	}
	var layers []string
	if k.into("layer_types", &layers) && slices.ContainsFunc(layers, func(s string) bool { return s != "full_attention" }) {
		k.refuse("layer_types", "only full_attention can be run")
	}
	if k.bool("rope_interleaved") {
		k.refuse("rope_interleaved", "turns of neighbours can't be run, only of halves")
	}
	if k.float("partial_rotary_factor", 1) != 1 {
		k.refuse("partial_rotary_factor", "a head is turned whole or not at all")
	}
	for _, key := range []string{"num_experts", "num_local_experts", "n_routed_experts", "moe_intermediate_size"} {
		if k.has(key) && string(k.values[key]) != "0" {
			k.refuse(key, "a mixture of experts can't be run")
		}
	}
	if k.has("quantization_config") {
		k.refuse("quantization_config", "quantized weights can't be run: take the model's weights of 16 or 32 bits")
	}
	if k.has("auto_map") {
		k.refuse("auto_map", "the model needs code of its own, which is never run")
	}
}

// rope reads the turns in the spellings of transformers 4 and 5.
func (k *keys) rope(c *Config) {
	c.RopeTheta = k.float("rope_theta", 10000)
	key := "rope_parameters"
	if !k.has(key) {
		key = "rope_scaling"
	}
	var r keys
	if !k.into(key, &r.values) {
		return
	}
	for name := range r.values {
		known := []string{
			"rope_type", "type", "rope_theta", "factor", "low_freq_factor", "high_freq_factor", "original_max_position_embeddings", "partial_rotary_factor",
		}
		if r.has(name) && !slices.Contains(known, name) {
			k.refuse(key, name+" is not known")
			return
		}
	}
	kind := "default"
	if !r.into("rope_type", &kind) {
		r.into("type", &kind)
	}
	c.RopeTheta = r.float("rope_theta", c.RopeTheta)
	if r.float("partial_rotary_factor", 1) != 1 {
		r.refuse("partial_rotary_factor", "a head is turned whole or not at all")
	}
	switch kind {
	case "default":
	case RopeLinear:
		c.RopeScaling = RopeScaling{Type: RopeLinear, Factor: r.float("factor", 0)}
	case RopeLlama3:
		c.RopeScaling = RopeScaling{
			Type: RopeLlama3, Factor: r.float("factor", 0), Low: r.float("low_freq_factor", 0), High: r.float("high_freq_factor", 0),
			Original: r.int("original_max_position_embeddings", k.int("original_max_position_embeddings", c.Context)),
		}
	default:
		k.refuse(key, "only default, linear and llama3 can be run")
	}
	if r.err != nil && k.err == nil {
		k.err = fmt.Errorf("%s: %w", key, r.err)
	}
}

// ids reads the tokens that begin and end a text; nil: not said.
func (k *keys) ids(vocab int) (begin *int32, ends []int32) {
	var b int32
	if k.into("bos_token_id", &b) {
		begin = &b
	}
	if k.has("eos_token_id") {
		if string(k.values["eos_token_id"][:1]) == "[" {
			k.into("eos_token_id", &ends)
		} else {
			var e int32
			k.into("eos_token_id", &e)
			ends = []int32{e}
		}
	}
	for _, id := range ends {
		if id < 0 || int(id) >= vocab {
			k.refuse("eos_token_id", fmt.Sprintf("ids go from 0 to %d", vocab-1))
		}
	}
	if begin != nil && (*begin < 0 || int(*begin) >= vocab) {
		k.refuse("bos_token_id", fmt.Sprintf("ids go from 0 to %d", vocab-1))
	}
	return begin, ends
}
