package app

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"licet"
	"licet/lm"
	"licet/train"
)

// Served is what answers are written with at one position of the log.
type Served struct {
	At      uint64       // events before this position count
	Exact   bool         // false: the fallback, until the rebuild is done
	Adapter licet.Digest // names what is served
	Run     licet.Digest
	Points  []licet.Digest // the checkpoints that it is merged from
	Slices  []int          // how many slices of each shard are in it
	Of      int            // slices a shard has
	Gone    int            // members taken out since the model was built
	Writer  *lm.Writer     // writes all answers of this model; stops when it may no longer be served
	Base    *lm.Base       // what the adapter changes
	Form    *train.Form    // how it is asked
	Learned *train.Model
	adapter *lm.Adapter
}

// Served returns what may be served now: the model, or, from the moment that
// somebody in it objects, the fallback without them. It looks at the log at
// every call, so that the choice of another process counts at once.
func (a *App) Served(ctx context.Context) (*Served, error) {
	head, err := a.ledger.Head(ctx)
	if err != nil {
		return nil, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.served != nil && a.served.At == head {
		return a.served, nil
	}
	s, err := a.serve(ctx, head)
	if err != nil {
		a.served = nil // nothing that may be stale is served
		return nil, err
	}
	a.served = s
	return s, nil
}

func (a *App) serve(ctx context.Context, head uint64) (*Served, error) {
	state, err := a.ledger.State(ctx, head)
	if err != nil {
		return nil, err
	}
	if state.Promoted.Run.IsZero() {
		return nil, fmt.Errorf("%w: run \"licet train\"", ErrNoModel)
	}
	m, err := a.loadModel(state.Promoted.Run)
	if err != nil {
		return nil, err
	}
	gone, err := a.gone(ctx, m, state)
	if err != nil {
		return nil, err
	}
	s := &Served{At: head, Exact: len(gone) == 0, Run: m.Run, Of: m.Slices, Gone: len(gone), Learned: m}
	base, err := a.Base()
	if err != nil {
		return nil, err
	}
	f, err := m.FallBack(a.objects, base, gone)
	if errors.Is(err, lm.ErrAdapter) {
		return nil, fmt.Errorf("%w for this base: what was trained before belongs to another one: run \"licet train\": %w", ErrNoModel, err)
	}
	if err != nil {
		return nil, err
	}
	if s.Form, err = train.FormOf(base); err != nil {
		return nil, err
	}
	s.Base = base
	s.Points, s.Slices, s.Adapter, s.adapter = f.Points, f.Slices, licet.Digest(f.Adapter.Digest()), f.Adapter
	if last := a.served; last != nil && last.Adapter == s.Adapter {
		s.Writer = last.Writer
		return s, nil
	}
	model, err := a.model(base, f.Adapter)
	if err != nil {
		return nil, err
	}
	s.Writer = lm.NewWriter(model, func() error { return a.still(s.Adapter) })
	return s, nil
}

// model returns the base with an adapter. The base is laid out once: a fallback
// has to be there at once.
func (a *App) model(b *lm.Base, adapter *lm.Adapter) (*lm.Model, error) {
	if a.cfg.Weights == lm.Float32 {
		return lm.NewModel(b, adapter, lm.Float32)
	}
	if a.plain == nil || a.plain.Base() != b.Digest() {
		plain, err := lm.NewModel(b, nil, a.cfg.Weights)
		if err != nil {
			return nil, err
		}
		a.plain = plain
	}
	return a.plain.With(adapter)
}

// still tells whether an adapter may be served, or why not. Writers ask before
// each token, for all answers together; no request's context may end the others.
func (a *App) still(adapter licet.Digest) error {
	now, err := a.Served(context.Background())
	if err != nil {
		return err
	}
	if now.Adapter != adapter {
		return ErrWithdrawn
	}
	return nil
}

// gone returns the members whose admitted passages are not what the model
// learned: who objected, deleted, edited, moved, or was found to be a minor.
func (a *App) gone(ctx context.Context, m *train.Model, state licet.State) (map[licet.MemberID]bool, error) {
	a.gathered.mu.Lock()
	defer a.gathered.mu.Unlock()
	look, _, err := a.gather(ctx, m.Frozen, state.Next, nil)
	if err != nil {
		return nil, err
	}
	gone := map[licet.MemberID]bool{}
	for id, learned := range m.Admitted {
		if d, ok := look.Digest(id); !ok || d != learned {
			gone[id] = true
		}
	}
	return gone, nil
}

// Loss measures what is served on texts, in nats a token.
func (a *App) Loss(ctx context.Context, s *Served, texts []string) (float64, error) {
	var adapter *lm.Adapter
	if s != nil {
		adapter = s.adapter
	}
	base, err := a.Base()
	if err != nil {
		return 0, err
	}
	return train.Loss(ctx, base, adapter, texts)
}

// Knows tells whether what is served learned from a member.
func (s *Served) Knows(m licet.MemberID) bool {
	for shard := range s.Learned.Shards {
		for slice := range s.Slices[shard] {
			if slices.Contains(s.Learned.Cells[shard*s.Learned.Slices+slice].Lineage, m) {
				return true
			}
		}
	}
	return false
}
