package app

import (
	"context"
	"errors"
	"io/fs"
	"slices"
	"time"

	"licet"
	"licet/ledger"
	"licet/ledger/smt"
	"licet/policy"
)

// Audit replays the whole log, members' events included, and looks who is in each
// manifest and whether the policy in force admits them.
func (a *App) Audit(ctx context.Context) (*ledger.Report, error) {
	adults := map[licet.MemberID]bool{}
	for m, err := range a.vault.Members(ctx) {
		if err != nil {
			return nil, err
		}
		adults[m.ID] = slices.Contains(a.settings.Adults, string(m.Platform))
	}
	return a.ledger.Audit(ctx, ledger.Auditor{
		Policy: a.policy.Digest(),
		Manifest: func(run licet.Digest) (*smt.Tree, error) {
			tree, err := a.slots(run)
			if errors.Is(err, fs.ErrNotExist) {
				return nil, nil //nolint:nilnil // an auditor's word for "gone"
			}
			return tree, err
		},
		Standings: func(root licet.Digest) (map[licet.Digest]licet.Digest, error) {
			values, err := a.standings(root)
			if errors.Is(err, fs.ErrNotExist) {
				return nil, nil //nolint:nilnil // as above
			}
			return values, err
		},
		Admits: func(s licet.Standing, p licet.Purpose, at time.Time) bool {
			return slices.ContainsFunc(licet.Kinds(), func(k licet.Kind) bool {
				return a.policy.Decide(policy.Question{Purpose: p, Standing: s, Kind: k, At: at, Adults: adults[s.Member]}).Permit
			})
		},
	})
}

// keepStandings keeps what a freeze commits to, under its root, which it returns. An
// audit compares it where somebody is erased later. It tells nothing of anybody whose token is gone.
func (a *App) keepStandings(state licet.State) (licet.Digest, error) {
	values, err := ledger.Standings(state)
	if err != nil {
		return licet.Digest{}, err
	}
	root := smt.New(values).Root()
	return root, a.keep("standings", root, values)
}

func (a *App) standings(root licet.Digest) (map[licet.Digest]licet.Digest, error) {
	return a.kept("standings", root)
}
