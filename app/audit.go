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
		Admits: func(s licet.Standing, p licet.Purpose, at time.Time) bool {
			return slices.ContainsFunc(licet.Kinds(), func(k licet.Kind) bool {
				return a.policy.Decide(policy.Question{Purpose: p, Standing: s, Kind: k, At: at, Adults: adults[s.Member]}).Permit
			})
		},
	})
}
