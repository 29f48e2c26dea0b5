package app

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"licet"
	"licet/train"
	"licet/vault"
)

// CarryOver is what a clean build takes from the vault beside the records: the
// community key, which places and orders everything, and the directory, which
// outlives those who are gone.
type CarryOver struct {
	Community []byte
	Directory []byte
	Grams     []vault.Gone // what others may quote of those who are not in it
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
func (a *App) Clean(ctx context.Context, cfg Config, progress Progress) (_ Digests, err error) {
	state, err := a.ledger.StateNow(ctx)
	if err != nil {
		return Digests{}, err
	}
	if state.Frozen == 0 {
		return Digests{}, ErrNoModel
	}
	frozenAt := state.Frozen
	if m, err := a.loadModel(state.Promoted.Run); err == nil {
		frozenAt = m.Frozen
	}
	frozen, err := a.ledger.Frozen(ctx, frozenAt)
	if err != nil {
		return Digests{}, err
	}
	look, err := a.view.Look(ctx, licet.PurposeTrain, frozen, state, nil, nil)
	if err != nil {
		return Digests{}, err
	}
	admitted := look.Admitted()
	if err := look.Close(); err != nil {
		return Digests{}, err
	}
	cfg.CarryOver = &CarryOver{Community: a.keys.Community()}
	if cfg.CarryOver.Directory, err = a.vault.ExportDirectory(ctx, frozenAt, state.Next); err != nil {
		return Digests{}, err
	}
	if cfg.CarryOver.Grams, err = a.vault.ExportGrams(ctx, frozenAt, func(m licet.MemberID) bool { return !admitted[m] }); err != nil {
		return Digests{}, err
	}
	if cfg.Base, err = a.Base(); err != nil {
		return Digests{}, err
	}
	cfg.Rules, cfg.Trainer, cfg.Recipe = a.cfg.Rules, a.cfg.Trainer, a.cfg.Recipe
	begin := frozen.Time.AddDate(0, 0, -2*a.policy.WindowDays())
	cfg.Now = func() time.Time { return begin }
	settings := a.settings
	settings.Simulated = true
	clean, err := Create(ctx, cfg, settings)
	if err != nil {
		return Digests{}, err
	}
	defer func() { err = errors.Join(err, clean.Close()) }()
	if err := clean.copyFrom(ctx, a, admitted, frozen); err != nil {
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
	if err := clean.catchUp(ctx, admitted, frozen, state); err != nil {
		return Digests{}, err
	}
	r, err := clean.Train(ctx, progress)
	if err != nil && !errors.Is(err, train.ErrWorse) {
		return Digests{}, err
	}
	return DigestsOf(r.Model), nil
}

// copyFrom brings the members of another installation as they stood at its
// freeze: with their records who is admitted there, with nothing but an
// objection who is not. The order is the reverse of the other's, on purpose.
// Names are left out: the directory came along whole.
func (a *App) copyFrom(ctx context.Context, other *App, admitted map[licet.MemberID]bool, frozen licet.State) error {
	var members []licet.Member
	for m, err := range other.vault.Members(ctx) {
		if err != nil {
			return err
		}
		if s, ok := frozen.Members[m.ID]; ok && !s.Erased {
			members = append(members, licet.Member{ID: m.ID, Platform: m.Platform, Ref: m.Ref, Facts: s.Facts})
		}
	}
	slices.Reverse(members)
	for _, m := range members {
		if err := a.copyMember(ctx, other, m, admitted[m.ID], frozen); err != nil {
			return fmt.Errorf("copy a member: %w", err)
		}
	}
	return nil
}

func (a *App) copyMember(ctx context.Context, other *App, m licet.Member, in bool, frozen licet.State) error {
	if err := a.keys.Create(ctx, m.ID); err != nil {
		return err
	}
	token, err := a.keys.Token(ctx, m.ID)
	if err != nil {
		return err
	}
	entries := []entry{{licet.EventJoined, licet.Joined{Token: token, Facts: m.Facts}}}
	var records []licet.Record
	var judged *licet.AgeJudged
	if !in {
		entries = append(entries, entry{licet.EventObjected, licet.Objected{Purpose: licet.PurposeTrain, Said: cleanSaid}})
	} else {
		if age := frozen.Members[m.ID].Age; age != nil {
			judged = &licet.AgeJudged{OfAge: age.OfAge, Reason: age.Reason}
		}
		if frozen.Members[m.ID].Verdict(licet.PurposeTrain) == licet.Permitted {
			entries = append(entries, entry{licet.EventConsented, licet.Consented{Purpose: licet.PurposeTrain, Said: cleanSaid}})
		}
		var ids []licet.RecordID
		for r, err := range other.vault.Records(ctx, m.ID) {
			if err != nil {
				return err
			}
			if r.Seq < frozen.Next {
				records, ids = append(records, r), append(ids, r.ID)
			}
		}
		slices.Reverse(records)
		entries = append(entries, entry{licet.EventIngested, licet.Ingested{Records: ids}})
		if judged != nil { // after the words that it judges
			entries = append(entries, entry{licet.EventAgeJudged, *judged})
		}
	}
	return a.logMember(ctx, m.ID, entries, func(ctx context.Context, tx *sql.Tx, next uint64) error {
		if err := a.vault.PutMember(ctx, tx, m, next); err != nil {
			return err
		}
		for _, r := range records {
			r.Seq = next
			if err := a.vault.PutRecord(ctx, tx, r); err != nil {
				return err
			}
		}
		return nil
	})
}

var cleanSaid = licet.Said{Channel: "clean"}

// catchUp brings what changed of the admitted between the freeze and now.
func (a *App) catchUp(ctx context.Context, admitted map[licet.MemberID]bool, frozen, now licet.State) error {
	for _, id := range slices.Sorted(maps.Keys(admitted)) {
		var entries []entry
		if f := now.Members[id].Facts; f != frozen.Members[id].Facts {
			entries = append(entries, entry{licet.EventDescribed, licet.Described{Facts: f}})
		}
		if v := now.Members[id].Verdict(licet.PurposeTrain); v == licet.Permitted && frozen.Members[id].Verdict(licet.PurposeTrain) != v {
			entries = append(entries, entry{licet.EventConsented, licet.Consented{Purpose: licet.PurposeTrain, Said: cleanSaid}})
		}
		if len(entries) == 0 {
			continue
		}
		if err := a.logMember(ctx, id, entries, nil); err != nil {
			return fmt.Errorf("bring a member up to date: %w", err)
		}
	}
	return nil
}

// logMember appends a member's events, with what changes the vault beside them.
func (a *App) logMember(ctx context.Context, m licet.MemberID, entries []entry, change func(context.Context, *sql.Tx, uint64) error) error {
	_, err := a.ledger.Do(ctx, func(ctx context.Context, tx *sql.Tx, next uint64) ([]licet.Event, error) {
		var out []licet.Event
		for _, x := range entries {
			e, err := member(x.t, m, x.body)
			if err != nil {
				return nil, err
			}
			out = append(out, e)
		}
		if change == nil {
			return out, nil
		}
		return out, change(ctx, tx, next)
	})
	return err
}
