package policy

import (
	"slices"

	"github.com/cedar-policy/cedar-go"
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
	special   bool
	basis     bool
	signal    bool
	excluded  bool
}

const kindUnknown licet.Kind = "unknown"

var (
	purposes = licet.Purposes()
	allKinds = append(licet.Kinds(), kindUnknown)
	kindAt   = numbered(allKinds...)
	verdicts = []licet.Verdict{licet.Undecided, licet.Permitted, licet.Refused}
	// tuples is how many there are.
	tuples = len(purposes) * len(allKinds) * len(ages) * len(verdicts) * len(subjects) << flags
)

// flags is how many of a tuple's attributes are booleans.
const flags = 6

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
	regime := p.regime(&q.Standing.Facts)
	t = tuple{
		purpose: q.Purpose, kind: q.Kind, age: p.age(&q.Standing.Facts, regime, q.At, q.Adults), verdict: verdict, subject: p.subject(q),
		erased: q.Standing.Erased, suspected: q.SuspectedMinor, special: q.Special, basis: regime.basis(q.Purpose, verdict, q.Standing.Unnoticed),
		signal:   verdict != licet.Permitted && (len(q.Standing.Signals) > 0 || q.Signal != "") && p.signalled(q),
		excluded: len(regime.Exclude) > 0 && regime.excludes(q.Kind),
	}
	kind, known := kindAt[t.kind]
	if !known {
		t.kind, kind = kindUnknown, len(allKinds)-1
	}
	at, said := slices.Index(purposes, t.purpose), slices.Index(verdicts, t.verdict) // few: faster than a map
	if at < 0 || said < 0 {
		return t, -1
	}
	at = at*len(allKinds) + kind
	at = at*len(ages) + int(t.age)
	at = at*len(verdicts) + said
	at = at*len(subjects) + int(t.subject)
	for _, b := range [flags]bool{t.erased, t.suspected, t.special, t.basis, t.signal, t.excluded} {
		at *= 2
		if b {
			at++
		}
	}
	return t, at
}

// nth is the inverse of tuple: the tuple at a place.
func nth(at int) (t tuple) {
	for _, b := range [flags]*bool{&t.excluded, &t.signal, &t.basis, &t.special, &t.suspected, &t.erased} {
		*b = at%2 == 1
		at /= 2
	}
	take := func(n int) int {
		digit := at % n
		at /= n
		return digit
	}
	t.subject = subject(take(len(subjects))) //nolint:gosec // below 4
	t.verdict = verdicts[take(len(verdicts))]
	t.age = age(take(len(ages))) //nolint:gosec // below 3
	t.kind = allKinds[take(len(allKinds))]
	t.purpose = purposes[take(len(purposes))]
	return t
}

// The entities of a request. Actions know what they are a part of, so that a
// rule about the whole reaches the part.
var (
	author  = cedar.NewEntityUID("Member", "author")
	record  = cedar.NewEntityUID("Record", "record")
	actions = func() types.EntityMap {
		out := types.EntityMap{}
		for _, p := range purposes {
			uid, parents := action(p), []types.EntityUID{}
			if whole, ok := p.Within(); ok {
				parents = append(parents, action(whole))
			}
			out[uid] = types.Entity{UID: uid, Parents: types.NewEntityUIDSet(parents...)}
		}
		return out
	}()
)

func action(p licet.Purpose) types.EntityUID { return cedar.NewEntityUID("Action", types.String(p)) }

// seen is what rules see of a tuple: its two entities, beside the actions.
type seen struct{ author, record types.Entity }

// Get implements types.EntityGetter.
func (s *seen) Get(uid types.EntityUID) (types.Entity, bool) {
	switch uid {
	case author:
		return s.author, true
	case record:
		return s.record, true
	}
	e, ok := actions[uid]
	return e, ok
}

func (t tuple) entities() *seen {
	return &seen{
		author: types.Entity{UID: author, Attributes: types.NewRecord(types.RecordMap{
			"age":             cedar.NewEntityUID("Age", ages[t.age]),
			"verdict":         cedar.NewEntityUID("Verdict", types.String(t.verdict)),
			"erased":          types.Boolean(t.erased),
			"suspected_minor": types.Boolean(t.suspected),
		})},
		record: types.Entity{UID: record, Attributes: types.NewRecord(types.RecordMap{
			"kind":    cedar.NewEntityUID("Kind", types.String(t.kind)),
			"subject": cedar.NewEntityUID("Subject", subjects[t.subject]),
			"special": types.Boolean(t.special),
		})},
	}
}

func (t tuple) context() types.Record {
	return types.NewRecord(types.RecordMap{
		"basis": types.Boolean(t.basis), "signal": types.Boolean(t.signal), "excluded": types.Boolean(t.excluded),
	})
}
