package app

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"licet"
	"licet/corpus"
	"licet/vault"
	"licet/view"
)

// A Story is what becomes of one record, from what the platform gave to its place in
// the corpus, or to why it has none.
type Story struct {
	view.RecordLine
	view.Story

	// Fate is its place in the corpus; zero where none was built, or it is in none.
	Fate corpus.Fate
	// Built tells whether there is a freeze that a corpus can be built of.
	Built bool
}

// Story tells what becomes of a record: by our id, or by the platform's as platform/id.
func (a *App) Story(ctx context.Context, record string) (Story, error) {
	r, err := a.findRecord(ctx, record)
	if err != nil {
		return Story{}, err
	}
	frozen, now, err := a.before(ctx, licet.PurposeTrain)
	if err != nil {
		return Story{}, err
	}
	var out Story
	if now.Frozen > 0 {
		out.Built = true
		e, err := a.evaluate(ctx, now.Frozen, now.Next, nil)
		if err != nil {
			return Story{}, err
		}
		a.gathered.mu.Lock()
		if a.gathered.stock != nil {
			out.Fate, err = a.gathered.stock.Fate(ctx, r.Member, r.ID)
		}
		a.gathered.mu.Unlock()
		if err != nil {
			return Story{}, err
		}
		out.Fate.Shards, out.Fate.Slices = e.plan.Shards, e.plan.Slices
	}
	l, done, err := a.lookAt(ctx, licet.PurposeTrain, frozen, now, r.Member)
	if err != nil {
		return Story{}, err
	}
	defer done()
	if out.RecordLine, err = l.ExplainRecord(ctx, r.Member, string(r.ID)); err != nil {
		return Story{}, err
	}
	out.Story, err = l.Story(r)
	return out, err
}

func (a *App) findRecord(ctx context.Context, name string) (licet.Record, error) {
	r, err := a.vault.Record(ctx, licet.RecordID(name))
	if platform, ref, ok := strings.Cut(name, "/"); ok && errors.Is(err, vault.ErrNotFound) {
		r, err = a.vault.Record(ctx, a.keys.RecordID(licet.Platform(platform), ref))
	}
	if errors.Is(err, vault.ErrNotFound) {
		return r, fmt.Errorf("%w: no record %q: give the platform and its id of the record, as platform/id, or our id of 32 digits", vault.ErrNotFound, name)
	}
	return r, err
}
