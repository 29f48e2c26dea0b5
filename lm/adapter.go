package lm

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// ErrAdapter says that an adapter is damaged or belongs to another base.
var ErrAdapter = errors.New("unusable adapter")

// An Adapter is a low-rank change to linear maps of a base (Hu et al. 2021). It
// is immutable and safe for concurrent use.
type Adapter struct {
	base    Digest
	config  Config
	rank    int
	alpha   float64
	targets Targets
	tensors [][]float32 // for each layer, for each linear: A [rank][in], B [out][rank]; nil where it is no target
}

// NewAdapter returns the adapter that every shard starts from: A from the
// recipe's seed, B zero, so that it changes nothing yet.
func NewAdapter(b *Base, r Recipe) (*Adapter, error) {
	if r.Rank < 1 || r.Epochs < 1 || r.Batch < 1 || r.Context < 2 || r.Context > b.config.Context {
		return nil, fmt.Errorf("%w: rank, epochs and batch are at least 1 and the context from 2 to %d", ErrConfig, b.config.Context)
	}
	a := &Adapter{base: b.digest, config: b.config, rank: r.Rank, alpha: r.Alpha, targets: r.Targets}
	random := &normal{r.Seed}
	for range b.config.Layers {
		for i := range linears {
			if !r.Targets.has(i) {
				a.tensors = append(a.tensors, nil, nil)
				continue
			}
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

// Targets returns which linear maps it changes.
func (a *Adapter) Targets() Targets { return a.targets }

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
	for _, s := range adapterSpecs(a.config, a.targets, a.rank) {
		tensors[s.name] = tensor{s.shape, a.tensors[s.index]}
	}
	config, err := json.Marshal(a.config)
	if err != nil {
		return nil, fmt.Errorf("adapter: %w", err)
	}
	meta := map[string]string{
		"format": "pt", "base": hex.EncodeToString(a.base[:]), "config": string(config), "rank": strconv.Itoa(a.rank),
		"alpha": strconv.FormatFloat(a.alpha, 'g', -1, 64), "numerics": NumericsVersion,
	}
	if a.targets != 0 {
		meta["targets"] = strings.Join(a.targets.Names(), " ")
	}
	return writeTensors(tensors, meta, false)
}

// An adapterSpec says what one tensor of an adapter is called, how large it is
// and where it stands in Adapter.tensors.
type adapterSpec struct {
	name  string
	shape []int
	index int
}

func adapterSpecs(c Config, t Targets, rank int) []adapterSpec {
	var all []adapterSpec
	for l := range c.Layers {
		for i := range linears {
			if !t.has(i) {
				continue
			}
			out, in := c.shape(i)
			k := 2 * (7*l + i)
			all = append(all, adapterSpec{adapterName(l, i, "A"), []int{rank, in}, k}, adapterSpec{adapterName(l, i, "B"), []int{out, rank}, k + 1})
		}
	}
	return all
}

// UnmarshalBinary reads what MarshalBinary wrote.
func (a *Adapter) UnmarshalBinary(data []byte) error {
	tensors, meta, err := readTensors(data)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrAdapter, err)
	}
	n, err := ofMetadata(meta)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrAdapter, err)
	}
	if want := 2 * n.config.Layers * n.targets.count(); len(tensors) != want {
		return fmt.Errorf("%w: %d tensors, want %d", ErrAdapter, len(tensors), want)
	}
	n.tensors = make([][]float32, 2*len(linears)*n.config.Layers)
	for _, s := range adapterSpecs(n.config, n.targets, n.rank) {
		t, ok := tensors[s.name]
		if !ok || !slices.Equal(t.shape, s.shape) {
			return fmt.Errorf("%w: tensor %s has shape %v, want %v", ErrAdapter, s.name, t.shape, s.shape)
		}
		n.tensors[s.index] = t.data
	}
	*a = *n
	return nil
}

// ofMetadata returns the adapter that the metadata of its file tells of, still
// without tensors.
func ofMetadata(meta map[string]string) (*Adapter, error) {
	if meta["numerics"] != NumericsVersion {
		return nil, fmt.Errorf("made with arithmetic %q, this is %q: train it again", meta["numerics"], NumericsVersion)
	}
	base, err := hex.DecodeString(meta["base"])
	if err != nil || len(base) != sha256.Size {
		return nil, errors.New("metadata: base is no digest")
	}
	a := &Adapter{base: Digest(base)}
	if err := json.Unmarshal([]byte(meta["config"]), &a.config); err != nil {
		return nil, fmt.Errorf("metadata: config: %w", err)
	}
	if err := a.config.Check(); err != nil {
		return nil, fmt.Errorf("metadata: config: %w", err)
	}
	if a.rank, err = strconv.Atoi(meta["rank"]); err != nil || a.rank < 1 {
		return nil, fmt.Errorf("metadata: rank %q", meta["rank"])
	}
	if a.alpha, err = strconv.ParseFloat(meta["alpha"], 64); err != nil || math.IsNaN(a.alpha) || math.IsInf(a.alpha, 0) {
		return nil, fmt.Errorf("metadata: alpha %q", meta["alpha"])
	}
	if a.targets, err = ParseTargets(strings.Fields(meta["targets"])...); err != nil {
		return nil, fmt.Errorf("metadata: targets: %w", err)
	}
	return a, nil
}

// PEFTConfig returns the adapter_config.json that PEFT wants beside the file.
func (a *Adapter) PEFTConfig() ([]byte, error) {
	return json.MarshalIndent(map[string]any{
		"peft_type": "LORA", "task_type": "CAUSAL_LM", "r": a.rank, "lora_alpha": a.alpha, "lora_dropout": 0.0, "bias": "none",
		"target_modules": a.targets.Names(), "inference_mode": true, "base_model_name_or_path": hex.EncodeToString(a.base[:]),
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
	m := &Adapter{base: b.digest, config: b.config, alpha: first.alpha, targets: first.targets}
	for i, a := range adapters {
		if a.base != b.digest {
			return nil, fmt.Errorf("%w: adapter %d is for base %x, not %x", ErrAdapter, i, a.base[:6], b.digest[:6])
		}
		if a.rank != first.rank || a.alpha != first.alpha || a.targets != first.targets {
			return nil, fmt.Errorf("%w: adapter %d has another rank, alpha or targets than the first", ErrAdapter, i)
		}
		m.rank += a.rank
	}
	for l := range m.config.Layers {
		for i := range linears {
			if !m.targets.has(i) {
				m.tensors = append(m.tensors, nil, nil)
				continue
			}
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
