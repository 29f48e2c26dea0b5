package lm

import (
	"encoding/json"
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
)

func TestConfigsOfBothSpellings(t *testing.T) {
	const sizes = `"vocab_size":300,"hidden_size":32,"num_hidden_layers":2,"num_attention_heads":4,"intermediate_size":64,"max_position_embeddings":128`
	plain := Config{Vocab: 300, Width: 32, Layers: 2, Heads: 4, KVHeads: 4, FFN: 64, Context: 128, RopeTheta: 10000, NormEps: 1e-6}
	with := func(f func(*Config)) Config { c := plain; f(&c); return c }
	llama3 := RopeScaling{Type: RopeLlama3, Factor: 32, Low: 1, High: 4, Original: 8192}
	for _, c := range []struct {
		name, text string
		want       Config
	}{
		{"what is left out has the family's defaults", `{"model_type":"llama",` + sizes + `}`, plain},
		{"null is left out", `{"model_type":"llama","head_dim":null,"rope_scaling":null,"num_key_value_heads":null,"quantization_config":null,` + sizes + `}`, plain},
		{"a head that is told of and not needed", `{"model_type":"llama","head_dim":8,` + sizes + `}`, plain},
		{"a wide head", `{"model_type":"llama","head_dim":16,` + sizes + `}`, with(func(c *Config) { c.HeadDim = 16 })},
		{"biases of Llama", `{"model_type":"llama","attention_bias":true,"mlp_bias":true,` + sizes + `}`, with(func(c *Config) { c.AttentionBias, c.MLPBias = true, true })},
		{
			"Qwen 2.5 as transformers 4 writes it", `{"model_type":"qwen2","architectures":["Qwen2ForCausalLM"],"rope_theta":1e6,"num_key_value_heads":2,"tie_word_embeddings":true,` +
				`"sliding_window":131072,"max_window_layers":28,"use_sliding_window":false,"torch_dtype":"bfloat16","rms_norm_eps":1e-06,` + sizes + `}`,
			with(func(c *Config) { c.Type, c.RopeTheta, c.KVHeads, c.Tied = Qwen2, 1e6, 2, true }),
		},
		{
			"Llama 3.2 as transformers 4 writes it", `{"model_type":"llama","rope_theta":500000.0,"rope_scaling":{"factor":32.0,"high_freq_factor":4.0,"low_freq_factor":1.0,` +
				`"original_max_position_embeddings":8192,"rope_type":"llama3"},` + sizes + `}`,
			with(func(c *Config) { c.RopeTheta, c.RopeScaling = 500000, llama3 }),
		},
		{
			"and as transformers 5 does", `{"model_type":"llama","dtype":"bfloat16","rope_parameters":{"factor":32.0,"high_freq_factor":4.0,"low_freq_factor":1.0,` +
				`"original_max_position_embeddings":8192,"rope_theta":500000.0,"rope_type":"llama3"},` + sizes + `}`,
			with(func(c *Config) { c.RopeTheta, c.RopeScaling = 500000, llama3 }),
		},
		{
			"linear, as it was once spelled", `{"model_type":"llama","rope_scaling":{"type":"linear","factor":2},` + sizes + `}`,
			with(func(c *Config) { c.RopeScaling = RopeScaling{Type: RopeLinear, Factor: 2} }),
		},
		{
			"SmolLM2", `{"model_type":"llama","is_llama_config":true,"rope_interleaved":false,"pretraining_tp":1,"rope_scaling":null,"rope_theta":100000,"eos_token_id":2,` + sizes + `}`,
			with(func(c *Config) { c.RopeTheta = 100000 }),
		},
	} {
		got, err := readConfig([]byte(c.text))
		if err != nil || got.Config != c.want {
			t.Errorf("%s: got %+v, %v, want %+v", c.name, got.Config, err, c.want)
		}
		again, err := json.Marshal(configFile{Type: got.Type, Config: got.Config, Begin: got.Begin, Ends: got.Ends})
		if err != nil {
			t.Fatal(err)
		}
		if back, err := readConfig(again); err != nil || back.Config != c.want {
			t.Errorf("%s: written as %s and read as %+v, %v", c.name, again, back.Config, err)
		}
	}
}

// TestConfigsThatCannotBeRun: each error names the key and its value.
func TestConfigsThatCannotBeRun(t *testing.T) {
	data, err := os.ReadFile(filepath.Join(golden, "llama3", fileConfig))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ key, value, want string }{
		{"model_type", `"mistral"`, `model_type: "mistral"`},
		{"model_type", `"qwen3_moe"`, `"qwen3_moe"`},
		{"model_type", ``, "no model_type"},
		{"model_type", `7`, "model_type: 7"},
		{"architectures", `["LlamaForSequenceClassification"]`, "LlamaForSequenceClassification"},
		{"hidden_act", `"gelu"`, `hidden_act: "gelu"`},
		{"use_sliding_window", `true`, "use_sliding_window: true"},
		{"layer_types", `["full_attention","sliding_attention"]`, "sliding_attention"},
		{"quantization_config", `{"quant_method":"gptq"}`, "gptq"},
		{"num_local_experts", `8`, "num_local_experts: 8: a mixture of experts"},
		{"auto_map", `{"AutoModel":"x.Y"}`, "auto_map"},
		{"partial_rotary_factor", `0.5`, "partial_rotary_factor: 0.5"},
		{"rope_interleaved", `true`, "rope_interleaved: true"},
		{"rope_parameters", `{"rope_type":"yarn","factor":4.0}`, `"yarn"`},
		{"rope_parameters", `{"rope_type":"dynamic","factor":4.0}`, `"dynamic"`},
		{"rope_parameters", `{"rope_type":"linear","factor":0.5}`, "linear needs a factor"},
		{"rope_parameters", `{"rope_type":"llama3","factor":8}`, "low_freq_factor"},
		{"rope_parameters", `{"rope_type":"llama3","factor":8,"low_freq_factor":4,"high_freq_factor":4}`, "high_freq_factor"},
		{"rope_parameters", `{"full_attention":{"rope_type":"default"}}`, "full_attention"},
		{"rope_parameters", `{"rope_type":"llama3","factor":"eight"}`, `rope_parameters: `},
		{"rope_parameters", `[]`, "rope_parameters: []"},
		{"rope_parameters", `{"rope_theta":0.5}`, "rope_theta 0.5"},
		{"rms_norm_eps", `0`, "rms_norm_eps 0"},
		{"hidden_size", `"32"`, `hidden_size: "32"`},
		{"hidden_size", `0`, "at least 1"},
		{"hidden_size", `-32`, "at least 1"},
		{"hidden_size", `1000000`, "larger than"},
		{"num_key_value_heads", `3`, "can't share 3"},
		{"head_dim", `7`, "7 numbers"},
		{"head_dim", `-8`, "-8 numbers"},
		{"vocab_size", `9e99`, "vocab_size: 9e99"},
		{"eos_token_id", `[0,400]`, "eos_token_id: [0,400]"},
		{"eos_token_id", `"end"`, `eos_token_id: "end"`},
		{"bos_token_id", `-1`, "bos_token_id: -1"},
	} {
		dir := fstest.MapFS{fileConfig: {Data: data}}
		set(t, dir, fileConfig, c.key, c.value)
		_, err := readConfig(dir[fileConfig].Data)
		if !errors.Is(err, ErrConfig) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s %s: got %v, want ErrConfig with %q", c.key, c.value, err, c.want)
		}
	}
	if _, err := readConfig([]byte("[1]")); !errors.Is(err, ErrConfig) {
		t.Errorf("a list: got %v", err)
	}
	for _, c := range []Config{
		{Vocab: 9, Width: 8, Layers: 1, Heads: 1, KVHeads: 1, FFN: 8, Context: 8, RopeTheta: math.NaN(), NormEps: 1e-5},
		{Vocab: 9, Width: 8, Layers: 1, Heads: 1, KVHeads: 1, FFN: 8, Context: 8, RopeTheta: 1e4, NormEps: 1e-5, Type: Qwen2, MLPBias: true},
		{Vocab: 9, Width: 8, Layers: 1, Heads: 1, KVHeads: 1, FFN: 8, Context: 8, RopeTheta: 1e4, NormEps: 1e-5, RopeScaling: RopeScaling{Factor: 2}},
	} {
		if err := c.Check(); !errors.Is(err, ErrConfig) {
			t.Errorf("%+v: got %v", c, err)
		}
	}
}

func FuzzConfig(f *testing.F) {
	for _, name := range goldenModels {
		data, err := os.ReadFile(filepath.Join(golden, name, fileConfig))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := readConfig(data)
		if err != nil {
			return
		}
		again, err := json.Marshal(got)
		if err != nil {
			t.Fatal(err)
		}
		if back, err := readConfig(again); err != nil || back.Config != got.Config {
			t.Errorf("%s is read as %+v, written as %s and read as %+v, %v", data, got.Config, again, back.Config, err)
		}
	})
}
