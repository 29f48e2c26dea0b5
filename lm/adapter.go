package lm

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// ErrAdapter says that an adapter is damaged or belongs to another base.
var ErrAdapter = errors.New("unusable adapter")

// Recipe is every number that can change the bytes of an adapter.
type Recipe struct {
	Rank         int     `json:"rank"`
	Alpha        float64 `json:"alpha"` // the delta is alpha/rank·B·A
	LearningRate float64 `json:"learning_rate"`
	WarmupShare  float64 `json:"warmup_share"` // of a slice's steps
	FinalShare   float64 `json:"final_share"`  // of the learning rate, at the end of the cosine
	WeightDecay  float64 `json:"weight_decay"`
	Clip         float64 `json:"clip"` // largest norm of a gradient; 0: none
	Epochs       int     `json:"epochs"`
	Batch        int     `json:"batch"`   // rows
	Context      int     `json:"context"` // tokens a row
	Seed         uint64  `json:"seed"`
}

// DefaultRecipe was tuned on the merged model of pseudo-shards of public text.
func DefaultRecipe() Recipe {
	return Recipe{Rank: 8, Alpha: 16, LearningRate: 1e-2, WarmupShare: 0.05, FinalShare: 0.1, Clip: 1, Epochs: 4, Batch: 4, Context: 128, Seed: 1}
}

// Digest names the recipe, with the version of the arithmetic.
func (r Recipe) Digest() Digest {
	data, err := json.Marshal(r)
	if err != nil {
		panic(err) // numbers only: a NaN is the only way here
	}
	return sha256.Sum256(append([]byte(NumericsVersion+"\n"), data...))
}

// An Adapter is a low-rank change to every linear map of a base (Hu et al.
// 2021). It is immutable and safe for concurrent use.
type Adapter struct {
	base    Digest
	config  Config
	rank    int
	alpha   float64
	tensors [][]float32 // for each layer, for each linear: A [rank][in], B [out][rank]
}

// NewAdapter returns the adapter that every shard starts from: A from the
// recipe's seed, B zero, so that it changes nothing yet.
func NewAdapter(b *Base, r Recipe) (*Adapter, error) {
	if r.Rank < 1 || r.Epochs < 1 || r.Batch < 1 || r.Context < 2 || r.Context > b.config.Context {
		return nil, fmt.Errorf("%w: rank, epochs and batch are at least 1 and the context from 2 to %d", ErrConfig, b.config.Context)
	}
	a := &Adapter{base: b.digest, config: b.config, rank: r.Rank, alpha: r.Alpha}
	random := &normal{r.Seed}
	for range b.config.Layers {
		for i := range linears {
			out, in := b.config.shape(i)
			down := make([]float32, r.Rank*in)
			random.fill(down, 0.02)
			a.tensors = append(a.tensors, down, make([]float32, out*r.Rank))
		}
	}
	return a, nil
}

func (a *Adapter) clone() *Adapter {
	c := *a
	c.tensors = make([][]float32, len(a.tensors))
	for i, t := range a.tensors {
		c.tensors[i] = slices.Clone(t)
	}
	return &c
}

// Rank returns the rank.
func (a *Adapter) Rank() int { return a.rank }

// Base returns the digest of the base that it changes.
func (a *Adapter) Base() Digest { return a.base }

// Digest is the SHA-256 of the adapter's file.
func (a *Adapter) Digest() Digest {
	data, err := a.MarshalBinary()
	if err != nil {
		panic(err) // a header of names and numbers always marshals
	}
	return sha256.Sum256(data)
}

func adapterName(l, i int, side string) string {
	return fmt.Sprintf("base_model.model.model.layers.%d.%s.lora_%s.weight", l, linears[i], side)
}

// MarshalBinary writes safetensors with PEFT's names (docs/formats/adapter.md).
func (a *Adapter) MarshalBinary() ([]byte, error) {
	tensors := map[string]tensor{}
	for l := range a.config.Layers {
		for i := range linears {
			out, in := a.config.shape(i)
			k := 2 * (7*l + i)
			tensors[adapterName(l, i, "A")] = tensor{[]int{a.rank, in}, a.tensors[k]}
			tensors[adapterName(l, i, "B")] = tensor{[]int{out, a.rank}, a.tensors[k+1]}
		}
	}
	config, err := json.Marshal(a.config)
	if err != nil {
		return nil, fmt.Errorf("adapter: %w", err)
	}
	return writeTensors(tensors, map[string]string{
		"format": "pt", "base": hex.EncodeToString(a.base[:]), "config": string(config), "rank": strconv.Itoa(a.rank),
		"alpha": strconv.FormatFloat(a.alpha, 'g', -1, 64), "numerics": NumericsVersion,
	}, false)
}

// UnmarshalBinary reads what MarshalBinary wrote.
func (a *Adapter) UnmarshalBinary(data []byte) error {
	tensors, meta, err := readTensors(data)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrAdapter, err)
	}
	if meta["numerics"] != NumericsVersion {
		return fmt.Errorf("%w: made with arithmetic %q, this is %q", ErrAdapter, meta["numerics"], NumericsVersion)
	}
	base, err := hex.DecodeString(meta["base"])
	if err != nil || len(base) != sha256.Size {
		return fmt.Errorf("%w: no digest of a base", ErrAdapter)
	}
	n := Adapter{base: Digest(base)}
	if err := json.Unmarshal([]byte(meta["config"]), &n.config); err != nil {
		return fmt.Errorf("%w: config: %w", ErrAdapter, err)
	}
	if err := n.config.Check(); err != nil {
		return fmt.Errorf("%w: %w", ErrAdapter, err)
	}
	if n.rank, err = strconv.Atoi(meta["rank"]); err != nil || n.rank < 1 {
		return fmt.Errorf("%w: rank %q", ErrAdapter, meta["rank"])
	}
	if n.alpha, err = strconv.ParseFloat(meta["alpha"], 64); err != nil {
		return fmt.Errorf("%w: alpha %q", ErrAdapter, meta["alpha"])
	}
	for l := range n.config.Layers {
		for i := range linears {
			out, in := n.config.shape(i)
			for _, side := range []struct {
				name  string
				shape []int
			}{{"A", []int{n.rank, in}}, {"B", []int{out, n.rank}}} {
				t, ok := tensors[adapterName(l, i, side.name)]
				if !ok || !slices.Equal(t.shape, side.shape) {
					return fmt.Errorf("%w: tensor %s has shape %v, want %v", ErrAdapter, adapterName(l, i, side.name), t.shape, side.shape)
				}
				n.tensors = append(n.tensors, t.data)
			}
		}
	}
	if len(tensors) != len(n.tensors) {
		return fmt.Errorf("%w: %d tensors, want %d", ErrAdapter, len(tensors), len(n.tensors))
	}
	*a = n
	return nil
}

// PEFTConfig returns the adapter_config.json that PEFT wants beside the file.
func (a *Adapter) PEFTConfig() ([]byte, error) {
	var targets []string
	for _, part := range linears {
		targets = append(targets, part[strings.LastIndexByte(part, '.')+1:])
	}
	return json.MarshalIndent(map[string]any{
		"peft_type": "LORA", "task_type": "CAUSAL_LM", "r": a.rank, "lora_alpha": a.alpha, "lora_dropout": 0.0, "bias": "none",
		"target_modules": targets, "inference_mode": true, "base_model_name_or_path": hex.EncodeToString(a.base[:]),
	}, "", "  ")
}

// Merge returns the mean of the adapters' changes as one adapter of the summed
// rank: A's and B's are stacked in the given order, and alpha stays, so that the
// scale alpha/Σrank makes the product the mean: no weight is rounded on the way.
func Merge(b *Base, adapters []*Adapter) (*Adapter, error) {
	if len(adapters) == 0 {
		return nil, fmt.Errorf("%w: nothing to merge", ErrAdapter)
	}
	first := adapters[0]
	m := &Adapter{base: b.digest, config: b.config, alpha: first.alpha}
	for i, a := range adapters {
		if a.base != b.digest {
			return nil, fmt.Errorf("%w: adapter %d is for base %x, not %x", ErrAdapter, i, a.base[:6], b.digest[:6])
		}
		if a.rank != first.rank || a.alpha != first.alpha {
			return nil, fmt.Errorf("%w: adapter %d has another rank or alpha than the first", ErrAdapter, i)
		}
		m.rank += a.rank
	}
	for l := range m.config.Layers {
		for i := range linears {
			out, in := m.config.shape(i)
			k := 2 * (7*l + i)
			down, up := make([]float32, 0, m.rank*in), make([]float32, out*m.rank)
			for x, a := range adapters {
				down = append(down, a.tensors[k]...)
				for o := range out {
					copy(up[o*m.rank+x*a.rank:], a.tensors[k+1][o*a.rank:(o+1)*a.rank])
				}
			}
			m.tensors = append(m.tensors, down, up)
		}
	}
	return m, nil
}
