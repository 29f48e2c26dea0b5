package lm

import "licet/lm/sgemm"

// A Trial trains an adapter of a base whose weights are random, to be timed.
type Trial struct {
	n   *network
	p   *packed
	opt *adamW
	r   Recipe
}

// NewTrial lays a network out, and a batch of random tokens, one document a row.
func NewTrial(c Config, e *sgemm.Engine, r Recipe) (*Trial, error) {
	if err := c.Check(); err != nil {
		return nil, err
	}
	random := &normal{1}
	b := &Base{config: c, engine: e, weights: map[string]tensor{}}
	for _, s := range specs(c) {
		t := tensor{shape: s.shape, data: randomTensor(s, random)}
		for i, v := range t.data {
			t.data[i] = roundHalf(v)
		}
		b.weights[s.name] = t
	}
	a, err := NewAdapter(b, r)
	if err != nil {
		return nil, err
	}
	var docs [][]int32
	for range r.Batch {
		doc := make([]int32, r.Context)
		for i := range doc {
			doc[i] = int32(random.next() % uint64(c.Vocab)) //nolint:gosec // below the vocabulary
		}
		docs = append(docs, doc)
	}
	n := newNetwork(b, a, r.Batch, r.Context, false, true)
	return &Trial{n, pack(docs, r.Context), newAdamW(n, r.WeightDecay), r}, nil
}

// Step trains one step, and returns the mean loss before it.
func (t *Trial) Step() float64 {
	loss := t.n.step(t.p, 0, t.r.Batch)
	t.n.clip(t.r.Clip)
	t.opt.update(float32(t.r.LearningRate))
	return loss
}
