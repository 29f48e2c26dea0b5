package lm

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"licet/lm/safetensors"
)

// The files of an adapter as PEFT has them.
const (
	filePEFTConfig  = "adapter_config.json"
	filePEFTWeights = "adapter_model.safetensors"
)

// PEFTConfig returns the adapter_config.json that PEFT wants beside the file.
func (a *Adapter) PEFTConfig() ([]byte, error) {
	data, err := json.MarshalIndent(map[string]any{
		"peft_type": "LORA", "task_type": "CAUSAL_LM", "r": a.rank, "lora_alpha": a.alpha, "lora_dropout": 0.0, "bias": "none",
		"target_modules": a.targets.Names(), "inference_mode": true, "base_model_name_or_path": hex.EncodeToString(a.base[:]),
	}, "", "  ")
	return append(data, '\n'), err
}

// SavePEFT writes the adapter into dir as PEFT reads it.
func (a *Adapter) SavePEFT(dir string) error {
	config, err := a.PEFTConfig()
	if err != nil {
		return fmt.Errorf("save adapter: %w", err)
	}
	data, err := a.MarshalBinary()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("save adapter: %w", err)
	}
	for name, data := range map[string][]byte{filePEFTConfig: config, filePEFTWeights: data} {
		if err := writeFile(filepath.Join(dir, name), 0o600, bytesTo(data)); err != nil {
			return fmt.Errorf("save adapter: %w", err)
		}
	}
	return nil
}

// ReadPEFT reads an adapter for base b from a folder that PEFT or SavePEFT wrote.
// Of an adapter that was made here, the digest of its base is compared with
// b's. Of any other only the shapes are, and foreign is true: it says
// itself which base it is for, and nobody can check it.
func ReadPEFT(dir fs.FS, b *Base) (a *Adapter, foreign bool, err error) {
	config, err := fs.ReadFile(dir, filePEFTConfig)
	if err != nil {
		return nil, false, fmt.Errorf("read adapter: %w", err)
	}
	data, err := fs.ReadFile(dir, filePEFTWeights)
	if err != nil {
		return nil, false, fmt.Errorf("read adapter: %w", err)
	}
	p, err := readPEFTConfig(config)
	if err != nil {
		return nil, false, fmt.Errorf("%w: %s: %w", ErrAdapter, filePEFTConfig, err)
	}
	tensors, meta, err := safetensors.Read(bytes.NewReader(data), int64(len(data)), anyTensor)
	if err != nil {
		return nil, false, fmt.Errorf("%w: %s: %w", ErrAdapter, filePEFTWeights, err)
	}
	if meta["numerics"] != "" && meta["base"] != "" {
		a = &Adapter{}
		if err := a.UnmarshalBinary(data); err != nil {
			return nil, false, err
		}
		return a, false, a.checkBase(b)
	}
	a, err = p.adapter(b, tensors)
	if err != nil {
		return nil, false, fmt.Errorf("%w: %s: %w", ErrAdapter, filePEFTWeights, err)
	}
	return a, true, nil
}

func anyTensor(safetensors.Entry) (bool, error) { return true, nil }

// checkBase compares digests.
func (a *Adapter) checkBase(b *Base) error {
	if a.base != b.digest {
		return fmt.Errorf("%w: it is for base %x, not %x", ErrAdapter, a.base[:6], b.digest[:6])
	}
	return nil
}

// peftConfig is what an adapter_config.json says.
type peftConfig struct {
	rank  int
	alpha float64  // with which alpha/rank is the scale, also of rsLoRA
	names []string // target_modules, if they are a list
}

// plainPEFT are the keys that change nothing in what an adapter computes once
// it is trained, whatever their value, and those that readPEFTConfig reads.
var plainPEFT = []string{
	"peft_type", "r", "lora_alpha", "target_modules", "use_rslora", "bias", "init_lora_weights",
	"task_type", "auto_mapping", "peft_version", "base_model_name_or_path", "revision", "inference_mode", "exclude_modules", "lora_dropout",
	"layers_to_transform", "layers_pattern", "megatron_core", "qalora_group_size", "eva_config",
}

func readPEFTConfig(data []byte) (peftConfig, error) {
	var k keys
	if err := json.Unmarshal(data, &k.values); err != nil {
		return peftConfig{}, err
	}
	kind, bias := "", "none"
	k.into("peft_type", &kind)
	if k.err == nil && kind != "LORA" {
		k.refuse("peft_type", "only LORA can be used")
	}
	if k.into("bias", &bias) && bias != "none" {
		k.refuse("bias", "only none can be used")
	}
	for _, key := range slices.Sorted(maps.Keys(k.values)) {
		if !slices.Contains(plainPEFT, key) && !empty(k.values[key]) {
			k.refuse(key, "can't be used")
		}
	}
	var start any
	if k.into("init_lora_weights", &start) {
		switch start {
		case true, false, "gaussian", "eva", "orthogonal":
		default: // pissa, olora, corda, loftq, lora_ga: they change the base, too
			k.refuse("init_lora_weights", "it goes with a base that was changed")
		}
	}
	p := peftConfig{rank: k.int("r", 0), alpha: k.float("lora_alpha", 0)}
	if k.bool("use_rslora") {
		p.alpha = float64(p.alpha * math.Sqrt(float64(p.rank))) // scale alpha/√rank
	}
	if targets := k.values["target_modules"]; len(targets) > 0 && targets[0] == '[' {
		k.into("target_modules", &p.names)
	}
	if k.err == nil && (p.rank < 1 || p.rank > 1<<14) {
		k.refuse("r", "a rank is from 1 to 16384")
	}
	if k.err == nil && !(p.alpha > 0 && p.alpha < 1e9) { // a NaN is refused, too
		k.refuse("lora_alpha", "alpha is above 0")
	}
	return p, k.err
}

// empty tells whether a JSON value is null, false, zero or holds nothing.
func empty(v []byte) bool {
	return slices.Contains([]string{"", "null", "false", "0", "0.0", `""`, "[]", "{}"}, string(v))
}

// adapter puts the tensors of a foreign adapter in their places. The tensors
// that are there, not target_modules, tell which linear maps are changed: a map
// that is changed in some layers only gets a change of zero in the others.
func (p peftConfig) adapter(b *Base, tensors map[string]safetensors.Tensor) (*Adapter, error) {
	all := adapterSpecs(b.config, 0, p.rank)
	a := &Adapter{base: b.digest, config: b.config, rank: p.rank, alpha: p.alpha, tensors: make([][]float32, len(all))}
	places := map[string]adapterSpec{}
	for _, s := range all {
		places[s.name] = s
	}
	for _, name := range slices.Sorted(maps.Keys(tensors)) {
		s, ok := places[name]
		t := tensors[name]
		switch {
		case !ok:
			return nil, fmt.Errorf("tensor %s changes nothing that this base has or that can be changed here", name)
		case !slices.Equal(t.Shape, s.shape):
			return nil, fmt.Errorf("tensor %s has shape %v, this base and rank want %v: is it for another base?", name, t.Shape, s.shape)
		}
		a.tensors[s.index] = t.Data
		a.targets |= 1 << (s.index / 2 % len(linears))
	}
	if a.targets == 0 {
		return nil, errors.New("no tensor of an adapter")
	}
	for _, s := range all {
		if !a.targets.has(s.index/2%len(linears)) || a.tensors[s.index] != nil {
			continue
		}
		if other := all[s.index^1].name; tensors[other].Data != nil {
			return nil, fmt.Errorf("no tensor %s beside %s", s.name, other)
		}
		a.tensors[s.index] = make([]float32, s.shape[0]*s.shape[1])
	}
	if err := p.checkNames(a.targets); err != nil {
		return nil, err
	}
	if a.targets == allTargets {
		a.targets = 0
	}
	return a, nil
}

// checkNames: a linear map that target_modules lists has tensors.
func (p peftConfig) checkNames(t Targets) error {
	for _, name := range p.names {
		i := slices.IndexFunc(linears[:], func(part string) bool {
			return part == name || short(part) == name || strings.HasSuffix(name, "."+part)
		})
		if i < 0 || !t.has(i) {
			return fmt.Errorf("target_modules lists %q, the file has no tensors of it", cut([]byte(name)))
		}
	}
	return nil
}
