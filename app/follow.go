package app

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"licet/train"
)

// pollEvery is how often the follower looks for choices of other processes; a
// choice of this one wakes it at once.
const pollEvery = time.Second

// follower is what Follow tells others.
type follower struct {
	wake        chan struct{}
	done, total atomic.Int64
	working     atomic.Bool
}

// Forgetting is how far the rebuild without those who objected is.
type Forgetting struct {
	Working     bool
	Done, Total int // slices trained again
}

// Forgetting tells whether a rebuild is under way in this process.
func (a *App) Forgetting() Forgetting {
	f := &a.follow
	return Forgetting{f.working.Load(), int(f.done.Load()), int(f.total.Load())}
}

// changed wakes the follower: something was appended to the log.
func (a *App) changed() {
	select {
	case a.follow.wake <- struct{}{}:
	default: // it is awake already
	}
}

// Follow keeps what is served exact until ctx is done: whenever the log says
// that somebody whom the served model learned from is gone, it builds again. All
// that it knows is in the log, so after a crash it goes on where it was.
func (a *App) Follow(ctx context.Context, log *slog.Logger) {
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	var seen uint64 // the log up to here needs nothing
	for {
		head, err := a.ledger.Head(ctx)
		if err == nil && head != seen {
			seen = a.catch(ctx, head, log)
			if err := a.ready(ctx); err != nil && ctx.Err() == nil {
				log.ErrorContext(ctx, "the next rebuild can't be made ready: it will take longer", slog.Any("error", err))
			}
			a.witness(ctx, log)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case <-a.follow.wake:
		}
	}
}

// catch forgets where something is to be forgotten, and returns the position up
// to which nothing is left to do.
func (a *App) catch(ctx context.Context, head uint64, log *slog.Logger) uint64 {
	s, err := a.Served(ctx)
	switch {
	case errors.Is(err, ErrNoModel), err == nil && s.Exact:
		return head
	case err != nil:
		log.ErrorContext(ctx, "what is served can't be read", slog.Any("error", err))
		return head
	}
	f := &a.follow
	f.done.Store(0)
	f.total.Store(0)
	f.working.Store(true)
	defer f.working.Store(false)
	r, err := a.Forget(ctx, func(what string, done, total int) {
		if what == trainingWork {
			f.done.Store(int64(done))
			f.total.Store(int64(total))
		}
	})
	switch {
	case ctx.Err() != nil:
		return 0 // the next process goes on
	case errors.Is(err, train.ErrWorse):
		log.WarnContext(ctx, "the rebuilt model is worse than its base: the fallback stays", slog.Any("error", err))
	case err != nil:
		log.ErrorContext(ctx, "forgetting stopped; it is tried again at the next event", slog.Any("error", err))
	case r.Changed: // otherwise another process has done it
		log.InfoContext(ctx, "forgotten", slog.Uint64("upto", head), slog.Int("steps", r.Steps.Ran), slog.Int("of", r.Steps.Total), slog.String("adapter", r.Model.Adapter.Short()))
	}
	now, headErr := a.ledger.Head(ctx)
	if headErr != nil || err == nil {
		return head // somebody may have objected meanwhile: look again
	}
	return now
}
