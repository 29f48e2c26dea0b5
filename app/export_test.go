package app

import (
	"context"
	"encoding/json"

	"licet"
)

// ManifestOf reads a manifest of an installation.
func ManifestOf(a *App, d licet.Digest) (m Manifest, err error) {
	data, err := a.objects.Get(d)
	if err != nil {
		return m, err
	}
	return m, json.Unmarshal(data, &m)
}

// GatheredAt gathers what may be learned at position at of what was frozen at another,
// and returns the position that it is of and who is admitted.
func GatheredAt(ctx context.Context, a *App, frozen, at uint64) (uint64, map[licet.MemberID]bool, error) {
	a.gathered.mu.Lock()
	defer a.gathered.mu.Unlock()
	look, _, err := a.gather(ctx, frozen, at, nil)
	if err != nil {
		return 0, nil, err
	}
	return look.State().Next, look.Admitted(), nil
}
