// Package gotrain is the trainer in the binary: package lm on the processor.
package gotrain

import (
	"context"
	"fmt"

	"licet"
	"licet/lm"
)

// A Trainer trains adapters of one base by one recipe.
type Trainer struct {
	base   *lm.Base
	recipe lm.Recipe
}

// New returns a trainer that computes each slice on the threads of b. Shards run
// side by side; the bytes depend on neither.
func New(b *lm.Base, r lm.Recipe) *Trainer { return &Trainer{b, r} }

// Digest names base, recipe and arithmetic.
func (t *Trainer) Digest() licet.Digest {
	base, recipe := t.base.Digest(), t.recipe.Digest()
	return licet.Sum(append(base[:], recipe[:]...))
}

// Start returns the adapter that every shard begins with.
func (t *Trainer) Start() ([]byte, error) {
	a, err := lm.NewAdapter(t.base, t.recipe)
	if err != nil {
		return nil, err
	}
	return a.MarshalBinary()
}

// Slice continues an adapter on documents.
func (t *Trainer) Slice(ctx context.Context, start []byte, docs [][]int32, report func(done, total int)) ([]byte, error) {
	var a lm.Adapter
	if err := a.UnmarshalBinary(start); err != nil {
		return nil, fmt.Errorf("the checkpoint before: %w", err)
	}
	next, err := lm.Train(ctx, t.base, &a, docs, t.recipe, report)
	if err != nil {
		return nil, err
	}
	return next.MarshalBinary()
}
