package app

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"licet"
	"licet/vault"
)

// ErrNoMember says that nobody has the id that was asked for.
var ErrNoMember = errors.New("no such member")

// Find turns what people type, "platform/id" or an id of the only platform
// that has it, into a member's id.
func (a *App) Find(ctx context.Context, name string) (licet.Member, error) {
	if platform, ref, ok := strings.Cut(name, "/"); ok {
		m, err := a.vault.Member(ctx, a.keys.MemberID(licet.Platform(platform), ref))
		if err == nil {
			return m, nil
		}
		if !errors.Is(err, vault.ErrNotFound) {
			return m, err
		}
	}
	var found []licet.Member
	for m, err := range a.vault.Members(ctx) {
		if err != nil {
			return licet.Member{}, err
		}
		if m.Ref == name || string(m.ID) == name {
			found = append(found, m)
		}
	}
	switch len(found) {
	case 0:
		return licet.Member{}, fmt.Errorf("%w: %q; give the platform's id, or platform/id", ErrNoMember, name)
	case 1:
		return found[0], nil
	}
	return licet.Member{}, fmt.Errorf("%w: %q is an id on %d platforms; give platform/id", ErrNoMember, name, len(found))
}

// Object records that a person refuses purpose p. It returns when the choice
// is committed and sequenced: the event says at which position.
func (a *App) Object(ctx context.Context, m licet.MemberID, p licet.Purpose, said licet.Said) (licet.Event, error) {
	return a.choose(ctx, licet.EventObjected, m, p, licet.Objected{Purpose: p, Said: said})
}

// Consent records that a person permits purpose p.
func (a *App) Consent(ctx context.Context, m licet.MemberID, p licet.Purpose, said licet.Said) (licet.Event, error) {
	return a.choose(ctx, licet.EventConsented, m, p, licet.Consented{Purpose: p, Said: said})
}

func (a *App) choose(ctx context.Context, t licet.EventType, m licet.MemberID, p licet.Purpose, body any) (licet.Event, error) {
	if !p.Known() {
		return licet.Event{}, fmt.Errorf("unknown purpose %q", p)
	}
	e, err := member(t, m, body)
	if err == nil {
		e, err = a.ledger.Append(ctx, e)
	}
	if err != nil {
		return licet.Event{}, fmt.Errorf("record the choice: %w", err)
	}
	a.changed()
	return e, nil
}

// Erase takes everything of a member away: records, profile and key. What they
// had refused stays refused. It returns when the key is overwritten.
func (a *App) Erase(ctx context.Context, m licet.MemberID) error {
	state, err := a.ledger.StateNow(ctx)
	if err != nil {
		return err
	}
	var refused []licet.Purpose
	given := state.Members[m].Given
	for _, p := range licet.Purposes() {
		if state.Members[m].Verdict(p) == licet.Refused {
			refused = append(refused, p)
		}
	}
	_, err = a.ledger.Do(ctx, func(ctx context.Context, tx *sql.Tx, _ uint64) ([]licet.Event, error) {
		if err := a.vault.Erase(ctx, tx, m); err != nil {
			return nil, err
		}
		e, err := operator(licet.EventErased, licet.Erased{Member: m, Refused: refused, Given: given})
		return []licet.Event{e}, err
	})
	if err != nil {
		return fmt.Errorf("erase: %w", err)
	}
	if err := a.keys.Destroy(ctx, m); err != nil {
		return fmt.Errorf("erase: the records are gone, the key is not: run it again: %w", err)
	}
	a.changed()
	return a.vault.Scrub(ctx)
}
