package licet

import (
	"slices"
	"strings"
)

// A Purpose is a use of what members provided.
type Purpose string

// The purposes. Train is the one that the switch governs.
const (
	PurposeTrain   Purpose = "train"   // learn a model from it
	PurposeVoice   Purpose = "voice"   // help its author write in their own voice
	PurposeMatch   Purpose = "match"   // suggest people and jobs to others by it
	PurposeSuggest Purpose = "suggest" // make suggestions to its author
	PurposeAccess  Purpose = "access"  // show it to its author

	// PurposeShare is a part of training: let somebody outside train on it for ends of their own.
	PurposeShare Purpose = "train/share"
)

var purposes = []Purpose{PurposeTrain, PurposeShare, PurposeVoice, PurposeMatch, PurposeSuggest, PurposeAccess}

// Purposes returns every purpose.
func Purposes() []Purpose { return slices.Clone(purposes) }

// Known tells whether p is one of the purposes.
func (p Purpose) Known() bool { return slices.Contains(purposes, p) }

// Within returns the purpose that p is a part of: "train" of "train/share". A
// refusal of it covers p, a yes to it does not.
func (p Purpose) Within() (whole Purpose, ok bool) {
	i := strings.LastIndexByte(string(p), '/')
	if i < 0 {
		return "", false
	}
	return p[:i], true
}

// A Signal is a standing wish that a machine expresses for a person. It is
// never the person's own word: a policy says which purposes it speaks of, and
// the person's own choice goes before it.
type Signal string

// The signals.
const (
	SignalGPC     Signal = "gpc"          // Global Privacy Control: the header Sec-GPC: 1
	SignalNoIndex Signal = "noindex"      // noindex, or indexable=false, on the platform
	SignalNoTrain Signal = "train-ai=n"   // Content-Usage: train-ai=n (IETF aipref)
	SignalHost    Signal = "host-opt-out" // a switch of the host site
)

var signals = []Signal{SignalGPC, SignalNoIndex, SignalNoTrain, SignalHost}

// Signals returns every signal.
func Signals() []Signal { return slices.Clone(signals) }

// Known tells whether s is one of the signals.
func (s Signal) Known() bool { return slices.Contains(signals, s) }
