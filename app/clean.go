package app

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"licet"
	"licet/lm"
	"licet/train"
	"licet/view"
)

// CarryOver is what a clean build takes from the vault beside the records: the
// community key, which places and orders everything, and the directory, which
// outlives those who are gone.
type CarryOver struct {
	Community []byte
	Directory []byte
}

// Digests name everything that a clean build is compared by.
type Digests struct {
	Corpus      licet.Digest     `json:"corpus"`
	Cells       []licet.Digest   `json:"cells"`
	Checkpoints [][]licet.Digest `json:"checkpoints"`
	Adapter     licet.Digest     `json:"adapter"`
}

// DigestsOf returns the digests of a model.
func DigestsOf(m *train.Model) Digests {
	d := Digests{Corpus: m.Corpus, Adapter: m.Adapter, Checkpoints: m.Checkpoints}
	for _, c := range m.Cells {
		d.Cells = append(d.Cells, c.Digest)
	}
	return d
}

// Clean builds the served model again in the empty folder of cfg, as it would
// be had nobody who is not in it ever been here: it imports the other members'
// records in another order, lets those who are not in the model object first,
// and provide nothing, and goes the whole way from notice to model. Run it in a process of its own.
func (a *App) Clean(ctx context.Context, cfg Config) (_ Digests, err error) {
	state, err := a.ledger.StateNow(ctx)
	if err != nil {
		return Digests{}, err
	}
	if state.Promoted.Run.IsZero() {
		return Digests{}, ErrNoModel
	}
	frozenAt := state.Built.Frozen
	frozen, err := a.ledger.State(ctx, frozenAt)
	if err != nil {
		return Digests{}, err
	}
	admitted, err := a.view.At(ctx, licet.PurposeTrain, frozen, state)
	if err != nil {
		return Digests{}, err
	}
	cfg.CarryOver = &CarryOver{Community: a.keys.Community()}
	if cfg.CarryOver.Directory, err = a.vault.ExportDirectory(ctx, frozenAt); err != nil {
		return Digests{}, err
	}
	cfg.Base, cfg.Rules, cfg.Trainer, cfg.Recipe = a.cfg.Base, a.cfg.Rules, a.cfg.Trainer, a.cfg.Recipe
	begin := frozen.Time.AddDate(0, 0, -2*WindowDays)
	cfg.Now = func() time.Time { return begin }
	settings := a.settings
	settings.Simulated = true
	clean, err := Create(ctx, cfg, settings)
	if err != nil {
		return Digests{}, err
	}
	defer func() { err = errors.Join(err, clean.Close()) }()
	if err := clean.copyFrom(ctx, a, admitted, frozenAt, state); err != nil {
		return Digests{}, err
	}
	if _, err := clean.Notify(ctx, frozen.Time.AddDate(0, 0, -3).Format(time.DateOnly)); err != nil {
		return Digests{}, err
	}
	if _, err := clean.Deliver(ctx, []byte("clean build")); err != nil {
		return Digests{}, err
	}
	if err := writeClock(cfg, frozen.Time); err != nil {
		return Digests{}, err
	}
	if _, err := clean.Freeze(ctx); err != nil {
		return Digests{}, err
	}
	if err := writeClock(cfg, state.Time); err != nil {
		return Digests{}, err
	}
	r, err := clean.Train(ctx, nil)
	if err != nil && !errors.Is(err, train.ErrWorse) {
		return Digests{}, err
	}
	return DigestsOf(r.Model), nil
}

// copyFrom brings the members of another installation: with their records who
// is admitted there, with nothing but an objection who is not. The order is the
// reverse of the other's, on purpose.
func (a *App) copyFrom(ctx context.Context, other *App, admitted *view.Result, frozenAt uint64, state licet.State) error {
	var members []licet.Member
	for m, err := range other.vault.Members(ctx) {
		if err != nil {
			return err
		}
		if s, ok := state.Members[m.ID]; ok && !s.Erased {
			m.Facts = s.Facts
			members = append(members, m)
		}
	}
	slices.Reverse(members)
	for _, m := range members {
		if err := a.keys.Create(ctx, m.ID); err != nil {
			return err
		}
		token, err := a.keys.Token(ctx, m.ID)
		if err != nil {
			return err
		}
		first, err := member(licet.EventJoined, m.ID, licet.Joined{Token: token, Facts: m.Facts})
		if err != nil {
			return err
		}
		events := []licet.Event{first}
		var records []licet.Record
		if !admitted.Admitted[m.ID] {
			e, err := member(licet.EventObjected, m.ID, licet.Objected{Purpose: licet.PurposeTrain, Said: licet.Said{Channel: "clean"}})
			if err != nil {
				return err
			}
			events = append(events, e)
		} else {
			var ids []licet.RecordID
			for r, err := range other.vault.Records(ctx, m.ID) {
				if err != nil {
					return err
				}
				if r.Seq < frozenAt {
					records, ids = append(records, r), append(ids, r.ID)
				}
			}
			slices.Reverse(records)
			if state.Members[m.ID].Verdict(licet.PurposeTrain) == licet.Permitted {
				e, err := member(licet.EventConsented, m.ID, licet.Consented{Purpose: licet.PurposeTrain, Said: licet.Said{Channel: "clean"}})
				if err != nil {
					return err
				}
				events = append(events, e)
			}
			e, err := member(licet.EventIngested, m.ID, licet.Ingested{Records: ids})
			if err != nil {
				return err
			}
			events = append(events, e)
		}
		if _, err := a.ledger.Do(ctx, func(ctx context.Context, tx *sql.Tx, next uint64) ([]licet.Event, error) {
			if err := a.vault.PutMember(ctx, tx, m, next); err != nil {
				return nil, err
			}
			for _, r := range records {
				r.Seq = next
				if err := a.vault.PutRecord(ctx, tx, r); err != nil {
					return nil, err
				}
			}
			return events, nil
		}); err != nil {
			return fmt.Errorf("copy a member: %w", err)
		}
	}
	return nil
}

// Base returns the base that adapters change.
func (a *App) Base() *lm.Base { return a.base }
