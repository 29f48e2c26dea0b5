package app

import (
	"context"
	"errors"

	"licet"
	"licet/policy"
	"licet/view"
)

// before returns the standings of the freeze in force, for a purpose that knows
// freezes, and of now.
func (a *App) before(ctx context.Context, purpose licet.Purpose) (frozen, now licet.State, err error) {
	if now, err = a.ledger.StateNow(ctx); err != nil {
		return frozen, now, err
	}
	now.Time = a.Now() // somebody may have come of age since the last event
	frozen = now
	if learns := purpose == licet.PurposeTrain || purpose == licet.PurposeShare; learns && now.Frozen > 0 {
		frozen, err = a.ledger.Frozen(ctx, now.Frozen)
	}
	return frozen, now, err
}

// Explain says what becomes of a member's records, and which regime applies.
func (a *App) Explain(ctx context.Context, m licet.MemberID, purpose licet.Purpose) ([]view.Line, policy.Regime, error) {
	frozen, now, err := a.before(ctx, purpose)
	if err != nil {
		return nil, policy.Regime{}, err
	}
	l, done, err := a.lookAt(ctx, purpose, frozen, now, m)
	if err != nil {
		return nil, policy.Regime{}, err
	}
	defer done()
	lines, err := l.Explain(ctx, m)
	return lines, a.policy.Regime(now.Members[m].Facts), err
}

// ExplainRecord says what becomes of one record of a member, by the platform's id.
func (a *App) ExplainRecord(ctx context.Context, m licet.MemberID, record string, purpose licet.Purpose) (view.RecordLine, error) {
	frozen, now, err := a.before(ctx, purpose)
	if err != nil {
		return view.RecordLine{}, err
	}
	l, done, err := a.lookAt(ctx, purpose, frozen, now, m)
	if err != nil {
		return view.RecordLine{}, err
	}
	defer done()
	return l.ExplainRecord(ctx, m, record)
}

// lookAt looks at one member's records; done must be called after use.
func (a *App) lookAt(ctx context.Context, purpose licet.Purpose, frozen, now licet.State, m licet.MemberID) (_ *view.Look, done func(), err error) {
	a.gathered.mu.Lock()
	l, err := a.view.Of(ctx, purpose, frozen, now, m, a.gathered.look)
	if err != nil {
		a.gathered.mu.Unlock()
		return nil, nil, err
	}
	return l, a.gathered.mu.Unlock, nil
}

// ComparePolicies counts whose decisions are others under one policy than under another.
func (a *App) ComparePolicies(ctx context.Context, one, other *policy.Policy, purpose licet.Purpose) ([]view.Change, error) {
	now, err := a.ledger.StateNow(ctx)
	if err != nil {
		return nil, err
	}
	v, err := view.New(a.vault, one, a.view.Adults(), a.cfg.Temp)
	if err != nil {
		return nil, err
	}
	l, err := v.Look(ctx, purpose, now, now, nil, nil)
	if err != nil {
		return nil, err
	}
	changes, err := l.Diff(ctx, other)
	return changes, errors.Join(err, l.Close())
}
