package ledger

import (
	"encoding/json"
	"fmt"

	"licet"
	"licet/ledger/smt"
)

// Standings are what a freeze commits to of each member: at a slot that only their
// token finds, the digest of what the log knows of them (docs/formats/leaf.md).
func Standings(state licet.State) (map[licet.Digest]licet.Digest, error) {
	values := map[licet.Digest]licet.Digest{}
	for _, s := range state.Members {
		if s.Erased {
			continue
		}
		data, err := json.Marshal(s)
		if err != nil {
			return nil, fmt.Errorf("standing: %w", err)
		}
		values[smt.Slot(licet.Sum([]byte("licet-standings-v1")), s.Token)] = licet.Sum(data)
	}
	return values, nil
}

// StandingsRoot commits to every member's standing.
func StandingsRoot(state licet.State) (licet.Digest, error) {
	values, err := Standings(state)
	if err != nil {
		return licet.Digest{}, err
	}
	return smt.New(values).Root(), nil
}
