// Package split parts every labelled set in two: a half that whoever writes a
// recogniser may look at, and a half that it is scored on and nobody looks at.
// The rule was fixed before the first recogniser (docs/splits.md).
package split

import (
	"crypto/sha256"
	"strconv"
)

// Scored tells whether the item that key names is in the scoring half of a set.
// Items that come from one template share a key, so that no template is in both
// halves.
func Scored(set, key string) bool {
	d := sha256.Sum256([]byte("licet-split-v1\x00" + set + "\x00" + key))
	return d[0]&1 == 1
}

// ScoredN is Scored for items that a number names.
func ScoredN(set string, key int) bool { return Scored(set, strconv.Itoa(key)) }
