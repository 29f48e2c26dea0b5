package licet

import "slices"

// A Purpose is a use of what members provided.
type Purpose string

// The purposes. Train is the one that the switch governs.
const (
	PurposeTrain   Purpose = "train"   // learn a model from it
	PurposeVoice   Purpose = "voice"   // help its author write in their own voice
	PurposeMatch   Purpose = "match"   // suggest people and jobs to others by it
	PurposeSuggest Purpose = "suggest" // make suggestions to its author
	PurposeAccess  Purpose = "access"  // show it to its author
)

var purposes = []Purpose{PurposeTrain, PurposeVoice, PurposeMatch, PurposeSuggest, PurposeAccess}

// Purposes returns every purpose.
func Purposes() []Purpose { return slices.Clone(purposes) }

// Known tells whether p is one of the purposes.
func (p Purpose) Known() bool { return slices.Contains(purposes, p) }
