package app

import (
	"context"
	"errors"
	"sync"

	"licet"
	"licet/corpus"
	"licet/view"
)

// gathered is what may be learned at one position, kept up to date: looking again
// after one event costs what the event touches.
type gathered struct {
	mu     sync.Mutex
	frozen uint64 // 0: nothing was gathered yet
	look   *view.Look
	stock  *corpus.Stock
}

// gather brings what may be learned of a freeze to position at, or leaves it where it
// is already later: nobody who is gone by then comes back. The caller holds
// a.gathered.mu, as long as it uses what gather returns.
func (a *App) gather(ctx context.Context, frozen, at uint64, progress Progress) (*view.Look, *corpus.Stock, error) {
	g := &a.gathered
	if g.look != nil && g.frozen == frozen && g.look.State().Next >= at {
		return g.look, g.stock, nil
	}
	state, err := a.ledger.State(ctx, at)
	if err != nil {
		return nil, nil, err
	}
	before, err := a.ledger.Frozen(ctx, frozen)
	if err != nil {
		return nil, nil, err
	}
	if g.look != nil && g.frozen == frozen {
		touched, err := a.ledger.Touched(ctx, g.look.State().Next, at)
		if err != nil {
			return nil, nil, err
		}
		moved, err := g.look.Advance(ctx, before, state, touched, func(p view.Person) error { return g.stock.Put(p.Member, p.Passages) })
		if err != nil {
			return nil, nil, errors.Join(err, g.drop())
		}
		if moved {
			return g.look, g.stock, nil
		}
	}
	if err := g.drop(); err != nil {
		return nil, nil, err
	}
	stock := corpus.NewStock(a.keys, a.cfg.Temp)
	look, err := a.view.Look(ctx, licet.PurposeTrain, before, state, func(p view.Person) error { return stock.Put(p.Member, p.Passages) }, view.Progress(progress))
	if err != nil {
		return nil, nil, errors.Join(err, stock.Close())
	}
	g.frozen, g.look, g.stock = frozen, look, stock
	return look, stock, nil
}

// ready makes the first rebuild of this process as fast as every later one: it reads
// everything once, before anybody has objected.
func (a *App) ready(ctx context.Context) error {
	state, err := a.ledger.StateNow(ctx)
	if err != nil || state.Promoted.Run.IsZero() {
		return err
	}
	m, err := a.loadModel(state.Promoted.Run)
	if err != nil {
		return err
	}
	a.gathered.mu.Lock()
	defer a.gathered.mu.Unlock()
	look, stock, err := a.gather(ctx, m.Frozen, state.Next, nil)
	if err != nil {
		return err
	}
	if !stock.Made() {
		if _, err := a.layOut(ctx, m.Frozen, look, stock, nil); err != nil {
			return err
		}
	}
	return stock.Ready(ctx)
}

// drop forgets what was gathered.
func (g *gathered) drop() error {
	if g.look == nil {
		return nil
	}
	look, stock := g.look, g.stock
	g.frozen, g.look, g.stock = 0, nil, nil
	return errors.Join(look.Close(), stock.Close())
}
