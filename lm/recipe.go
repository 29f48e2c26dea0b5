package lm

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"math/bits"
	"slices"
	"strings"
)

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
	Targets      Targets `json:"targets,omitzero"` // the linear maps that have an adapter
}

// DefaultRecipe was tuned on held-out text of the merged model, over the bundled base,
// of the fictional community and of digital.gov.
func DefaultRecipe() Recipe {
	return Recipe{Rank: 8, Alpha: 16, LearningRate: 3e-3, WarmupShare: 0.05, FinalShare: 0.1, Clip: 1, Epochs: 4, Batch: 4, Context: 128, Seed: 1}
}

// Digest names the recipe, with the version of the arithmetic.
func (r Recipe) Digest() Digest {
	data, err := json.Marshal(r)
	if err != nil {
		panic(err) // numbers only: a NaN is the only way here
	}
	return sha256.Sum256(append([]byte(NumericsVersion+"\n"), data...))
}

// Targets is a set of the seven linear maps of a layer. The zero value is all
// of them. In JSON it is a list of names in the order of linears: ["q_proj", "v_proj"].
type Targets uint8

const allTargets = Targets(1<<len(linears) - 1)

// ParseTargets returns the set of linear maps of these names, such as q_proj;
// none: all seven.
func ParseTargets(names ...string) (Targets, error) {
	var t Targets
	for _, name := range names {
		i := slices.IndexFunc(linears[:], func(part string) bool { return short(part) == name })
		if i < 0 {
			return 0, fmt.Errorf("%w: target %q: want some of %s", ErrConfig, name, strings.Join(allTargets.Names(), ", "))
		}
		if t>>i&1 == 1 {
			return 0, fmt.Errorf("%w: target %q stands twice", ErrConfig, name)
		}
		t |= 1 << i
	}
	if t == allTargets {
		t = 0 // one set has one form
	}
	return t, nil
}

// short is the last part of a linear map's name.
func short(part string) string { return part[strings.LastIndexByte(part, '.')+1:] }

func (t Targets) has(i int) bool { return t == 0 || t>>i&1 == 1 }

// count returns how many linear maps are in the set.
func (t Targets) count() int {
	if t == 0 {
		return len(linears)
	}
	return bits.OnesCount8(uint8(t))
}

// Names lists the linear maps of the set, in their order.
func (t Targets) Names() []string {
	var out []string
	for i, part := range linears {
		if t.has(i) {
			out = append(out, short(part))
		}
	}
	return out
}

// MarshalJSON writes the list of names.
func (t Targets) MarshalJSON() ([]byte, error) { return json.Marshal(t.Names()) }

// UnmarshalJSON reads a list of names; null and an empty list are all seven.
func (t *Targets) UnmarshalJSON(data []byte) error {
	var names []string
	if err := json.Unmarshal(data, &names); err != nil {
		return fmt.Errorf("targets: %w", err)
	}
	var err error
	*t, err = ParseTargets(names...)
	return err
}
