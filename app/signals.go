package app

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"

	"licet"
	"licet/vault"
)

// Signal records what a machine says for a member, once: the same again changes
// nothing. It reports whether anything was recorded.
func (a *App) Signal(ctx context.Context, m licet.MemberID, s licet.Signal, on bool, channel string) (bool, error) {
	if !s.Known() {
		return false, fmt.Errorf("unknown signal %q: use one of %v", s, licet.Signals())
	}
	done, err := a.ledger.Do(ctx, func(ctx context.Context, _ *sql.Tx, next uint64) ([]licet.Event, error) {
		state, err := a.ledger.State(ctx, next)
		if err != nil {
			return nil, err
		}
		if _, is := state.Members[m].Signals[s]; is == on {
			return nil, nil
		}
		e, err := member(licet.EventSignalled, m, licet.Signalled{Signal: s, On: on, Channel: channel})
		return []licet.Event{e}, err
	})
	if err != nil {
		return false, fmt.Errorf("record the signal: %w", err)
	}
	if len(done) > 0 {
		a.changed()
	}
	return len(done) > 0, nil
}

// Suspects returns the members of whom a text says that they are under age, and
// whose case no operator has decided since.
func (a *App) Suspects(ctx context.Context) ([]licet.MemberID, error) {
	state, err := a.ledger.StateNow(ctx)
	if err != nil {
		return nil, err
	}
	l, err := a.view.Look(ctx, licet.PurposeAccess, state, state, nil, nil)
	if err != nil {
		return nil, err
	}
	return l.Suspects(), l.Close()
}

// JudgeAge records the operator's decision on a suspected minor, with a reason.
// Until one is made, and for good where it says so, nothing of theirs is used.
func (a *App) JudgeAge(ctx context.Context, m licet.MemberID, ofAge bool, reason string) (licet.Event, error) {
	if strings.TrimSpace(reason) == "" {
		return licet.Event{}, errors.New("a decision on somebody's age has a reason: say what was looked at")
	}
	e, err := member(licet.EventAgeJudged, m, licet.AgeJudged{OfAge: ofAge, Reason: reason})
	if err == nil {
		e, err = a.ledger.Append(ctx, e)
	}
	if err != nil {
		return licet.Event{}, fmt.Errorf("record the decision: %w", err)
	}
	a.changed()
	return e, nil
}

// A Shield is what somebody who is no member keeps of their objection.
type Shield struct {
	Event licet.Event
	Salt  string // hex: with it, and what they are called, they recompute the event's commitment
}

// Shield records that somebody who is no member objects, by name or by handle. From
// here on it is a placeholder in everybody's texts: the installation keeps a
// keyed hash of it, and nothing else.
func (a *App) Shield(ctx context.Context, called string, handle bool, channel string) (Shield, error) {
	folded := vault.FoldName(called)
	if handle {
		folded = strings.ToLower(strings.TrimPrefix(called, "@"))
	}
	if vault.FoldName(called) == "" || handle && strings.ContainsFunc(folded, unicode.IsSpace) {
		return Shield{}, errors.New("nobody is called that: give a name as people write it, or a handle")
	}
	var salt [sha256.Size]byte
	if _, err := io.ReadFull(a.cfg.Random, salt[:]); err != nil {
		return Shield{}, fmt.Errorf("make a salt: %w", err)
	}
	commitment := licet.Sum(slices.Concat([]byte("licet-shield-v1\x00"), salt[:], []byte(folded)))
	done, err := a.ledger.Do(ctx, func(ctx context.Context, tx *sql.Tx, next uint64) ([]licet.Event, error) {
		if err := a.vault.Shield(ctx, tx, called, handle, next); err != nil {
			return nil, err
		}
		e, err := operator(licet.EventShielded, licet.Shielded{Commitment: commitment, Handle: handle, Channel: channel})
		return []licet.Event{e}, err
	})
	if err != nil {
		return Shield{}, fmt.Errorf("record the objection: %w", err)
	}
	a.changed()
	return Shield{done[0], hex.EncodeToString(salt[:])}, nil
}
