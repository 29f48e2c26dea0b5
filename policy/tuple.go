package policy

import (
	"slices"

	"github.com/cedar-policy/cedar-go/types"

	"licet"
)

// The values of the attributes that rules read, small numbers for the sake of the table.
type (
	age     uint8
	subject uint8
)

const (
	ageUnder age = iota
	ageOf
	ageUnknown
)

const (
	subjectNone subject = iota
	subjectUnknown
	subjectRefused
	subjectUnder
)

// Their names in rules.
var (
	ages     = [...]types.String{"under", "of-age", "unknown"}
	subjects = [...]types.String{"none", "unknown", "refused", "under"}
)

// A tuple is everything that a decision depends on: each attribute that rules
// can read, and nothing else. There are few, so each is decided once.
type tuple struct {
	purpose   licet.Purpose
	kind      licet.Kind // kindUnknown where it is not one of the kinds
	age       age
	verdict   licet.Verdict
	subject   subject
	erased    bool
	suspected bool
	basis     bool
}

const kindUnknown licet.Kind = "unknown"

var (
	purposes = licet.Purposes()
	kindAt   = numbered(append(licet.Kinds(), kindUnknown)...)
	verdicts = []licet.Verdict{licet.Undecided, licet.Permitted, licet.Refused}
	// tuples is how many there are.
	tuples = len(purposes) * len(kindAt) * len(ages) * len(verdicts) * len(subjects) * 8
)

func numbered[T comparable](values ...T) map[T]int {
	out := map[T]int{}
	for i, v := range values {
		out[v] = i
	}
	return out
}

// tuple reduces a question to what rules can read of it, and returns its place
// among all tuples, −1 where the purpose or the verdict is none that we know.
func (p *Policy) tuple(q *Question) (t tuple, index int) {
	verdict := q.Standing.Verdict(q.Purpose)
	t = tuple{
		purpose: q.Purpose, kind: q.Kind, age: p.age(&q.Standing.Facts, q.At, q.Adults), verdict: verdict, subject: p.subject(q),
		erased: q.Standing.Erased, suspected: q.SuspectedMinor, basis: p.basis(&q.Standing.Facts, verdict),
	}
	kind, known := kindAt[t.kind]
	if !known {
		t.kind, kind = kindUnknown, len(kindAt)-1
	}
	at, said := slices.Index(purposes, t.purpose), slices.Index(verdicts, t.verdict)
	if at < 0 || said < 0 {
		return t, -1
	}
	at = at*len(kindAt) + kind
	at = at*len(ages) + int(t.age)
	at = at*len(verdicts) + said
	at = at*len(subjects) + int(t.subject)
	for _, b := range [...]bool{t.erased, t.suspected, t.basis} {
		at *= 2
		if b {
			at++
		}
	}
	return t, at
}
