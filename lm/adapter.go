package lm

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"licet/lm/safetensors"
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

// finite tells whether training went well.
func (a *Adapter) finite() error {
	for _, t := range a.tensors {
		for _, v := range t {
			if v-v != 0 { // not a number, or infinite
				return fmt.Errorf("%w: training came to numbers that are not finite: lower the learning rate", ErrAdapter)
			}
		}
	}
	return nil
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
	tensors := map[string]safetensors.Tensor{}
	for _, s := range adapterSpecs(a.config, a.targets, a.rank) {
		tensors[s.name] = safetensors.Tensor{Type: safetensors.F32, Shape: s.shape, Data: a.tensors[s.index]}
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
	var out bytes.Buffer
	if err := safetensors.Write(&out, tensors, meta); err != nil {
		return nil, fmt.Errorf("adapter: %w", err)
	}
	return out.Bytes(), nil
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
	tensors, meta, err := safetensors.Read(bytes.NewReader(data), int64(len(data)), anyTensor)
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
		if !ok || !slices.Equal(t.Shape, s.shape) {
			return fmt.Errorf("%w: tensor %s has shape %v, want %v", ErrAdapter, s.name, t.Shape, s.shape)
		}
		n.tensors[s.index] = t.Data
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
