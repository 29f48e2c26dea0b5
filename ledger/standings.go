package ledger

import (
	"encoding/json"
	"fmt"

	"licet"
	"licet/ledger/smt"
)

// StandingsRoot commits to every member's standing: at a slot that only their
// token finds, the digest of what the log knows of them (docs/formats/leaf.md).
func StandingsRoot(state licet.State) (licet.Digest, error) {
	values := map[licet.Digest]licet.Digest{}
	for _, s := range state.Members {
		if s.Erased {
			continue
		}
		data, err := json.Marshal(s)
		if err != nil {
			return licet.Digest{}, fmt.Errorf("standing: %w", err)
		}
		values[smt.Slot(licet.Sum([]byte("licet-standings-v1")), s.Token)] = licet.Sum(data)
	}
	return smt.New(values).Root(), nil
}
