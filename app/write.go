package app

import (
	"context"
	"errors"

	"licet"
	"licet/draft"
	"licet/match"
)

// ErrWithdrawn says that a draft was stopped because the model that wrote it
// may no longer be served.
var ErrWithdrawn = errors.New("somebody has just objected: the model that was writing is no longer served; ask again")

// Draft writes a draft and counts it. Before every token, and before every part
// that it hands on, it looks whether the model may still be served; if not, it
// stops with ErrWithdrawn.
func (a *App) Draft(ctx context.Context, r draft.Request, stream func(model licet.Digest, part draft.Part) error) (*draft.Draft, error) {
	state, err := a.ledger.StateNow(ctx)
	if err != nil {
		return nil, err
	}
	standing, ok := state.Members[r.Member]
	if !ok || standing.Erased {
		return nil, ErrNoMember
	}
	s, err := a.Served(ctx)
	if err != nil {
		return nil, err
	}
	left, err := a.quota.Take(ctx, r.Member, standing.Facts.Plan, a.Now())
	if err != nil {
		return nil, err
	}
	text, how, err := draft.Write(ctx, s.Writer, s.Form, r, func(part draft.Part) error {
		// What was drawn before somebody objected is not handed on either.
		if err := a.still(s.Adapter); err != nil {
			return err
		}
		if stream == nil {
			return nil
		}
		return stream(s.Adapter, part)
	})
	if err != nil {
		return nil, err
	}
	others, err := a.others(ctx, s)
	if err != nil {
		return nil, err
	}
	return &draft.Draft{
		Text: text, Label: draft.Label(s.Adapter), Model: s.Adapter, Originality: others.Measure(text, r.Member), Left: left, Written: how,
	}, nil
}

// others returns what members wrote that a draft is compared with, once for
// each position of the log.
func (a *App) others(ctx context.Context, s *Served) (*draft.Others, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.compared != nil && a.comparedAt == s.At {
		return a.compared, nil
	}
	a.gathered.mu.Lock()
	defer a.gathered.mu.Unlock()
	_, stock, err := a.gather(ctx, s.Learned.Frozen, s.At, nil)
	if err != nil {
		return nil, err
	}
	o := draft.NewOthers()
	for r, err := range stock.Rows() {
		if err != nil {
			return nil, err
		}
		o.Add(r.Member, r.Text)
	}
	a.compared, a.comparedAt = o, s.At
	return a.compared, nil
}

// A Suggestion is somebody worth knowing, with their name.
type Suggestion struct {
	match.Suggestion
	Name string
}

// Match suggests people to a member; nobody to one who objects to it.
func (a *App) Match(ctx context.Context, m licet.MemberID, limit int) ([]Suggestion, error) {
	state, err := a.ledger.StateNow(ctx)
	if err != nil {
		return nil, err
	}
	state.Time = a.Now() // somebody may have come of age since the last event
	res, err := a.view.At(ctx, licet.PurposeMatch, state, state)
	if err != nil {
		return nil, err
	}
	var out []Suggestion
	for _, s := range match.People(m, res.Passages, limit) {
		who, err := a.vault.Member(ctx, s.Member)
		if err != nil {
			return nil, err
		}
		out = append(out, Suggestion{s, who.Name})
	}
	return out, nil
}
