package view

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"licet"
	"licet/policy"
)

// A Line says what becomes of a member's records of one kind.
type Line struct {
	Kind    licet.Kind
	Used    int
	Unused  int
	Reasons []string // of those that are not used, sorted
}

// Explain says, kind by kind, what becomes of a member's own records.
func (l *Look) Explain(ctx context.Context, m licet.MemberID) ([]Line, error) {
	records, err := l.recordsOf(ctx, m)
	if err != nil {
		return nil, err
	}
	lines := map[licet.Kind]*Line{}
	reasons := map[licet.Kind]map[string]bool{}
	fates, err := l.fates(records)
	if err != nil {
		return nil, err
	}
	for i, f := range fates {
		k := records[i].Kind
		if lines[k] == nil {
			lines[k], reasons[k] = &Line{Kind: k}, map[string]bool{}
		}
		if len(f.reasons) == 0 {
			lines[k].Used++
			continue
		}
		lines[k].Unused++
		for _, reason := range f.reasons {
			reasons[k][reason] = true
		}
	}
	var out []Line
	for _, k := range licet.Kinds() {
		if line, ok := lines[k]; ok {
			line.Reasons = slices.Sorted(maps.Keys(reasons[k]))
			out = append(out, *line)
		}
	}
	return out, nil
}

// A RecordLine says what becomes of one record, and what the rules saw of it.
type RecordLine struct {
	Record   licet.Record
	Decision licet.Decision    // of the policy, now
	Reasons  []string          // why it is not used; empty: it is
	Facts    map[string]string // what rules saw, by name
	From     licet.Provenance  // whose word decided about its author
}

// ExplainRecord says what becomes of one record of a member, by the platform's id or ours.
func (l *Look) ExplainRecord(ctx context.Context, m licet.MemberID, ref string) (RecordLine, error) {
	records, err := l.recordsOf(ctx, m)
	if err != nil {
		return RecordLine{}, err
	}
	at := slices.IndexFunc(records, func(r licet.Record) bool { return r.Ref == ref || string(r.ID) == ref })
	if at < 0 {
		return RecordLine{}, fmt.Errorf("the member has no record %q: give the platform's id of it", ref)
	}
	fates, err := l.fates(records)
	if err != nil {
		return RecordLine{}, err
	}
	r := records[at]
	q := l.question(&r, l.now.Members[r.Member], &l.now)
	return RecordLine{
		Record: r, Decision: l.decide(&r, false), Facts: l.v.policy.Facts(q), From: l.v.policy.Provenance(q), Reasons: fates[at].reasons,
	}, nil
}

// Story returns what becomes of a record's text, step by step, whether or not the
// rules let it be used.
func (l *Look) Story(r licet.Record) (Story, error) {
	s, err := l.prepare(&r, l.original(r.ShareOf))
	if err != nil {
		return Story{}, err // of a text that was not seen whole nothing is shown
	}
	return s, nil
}

// Provenance says whose word decides about a member.
func (l *Look) Provenance(m licet.MemberID) licet.Provenance {
	return l.v.policy.Provenance(l.question(&licet.Record{Member: m, Kind: licet.KindPost}, l.now.Members[m], &l.now))
}

// Suspects returns the members of whom a text says that they are under age, and
// whose case is open, sorted.
func (l *Look) Suspects() (out []licet.MemberID) {
	for _, id := range slices.Sorted(maps.Keys(l.suspects)) {
		if s := l.now.Members[id]; l.suspected(s) && (s.Age == nil || s.Age.OfAge) {
			out = append(out, id)
		}
	}
	return out
}

// A Change counts the records of one kind whose decision is another under
// another policy.
type Change struct {
	Kind     licet.Kind
	Permit   bool     // the other policy permits; false: it forbids
	From, To []string // the rules that decided
	Records  int
	Members  int
}

// Diff counts whose decisions another policy would change.
func (l *Look) Diff(ctx context.Context, other *policy.Policy) ([]Change, error) {
	o := &Look{
		v: &View{vault: l.v.vault, policy: other, adults: l.v.adults}, purpose: l.purpose, frozen: l.frozen, now: l.now, people: l.people,
		platform: l.platform, suspects: l.suspects,
	}
	type who struct {
		change  Change
		members map[licet.MemberID]bool
	}
	found := map[string]*who{}
	for r, err := range l.v.vault.All(ctx) {
		if err != nil {
			return nil, err
		}
		was, is := l.decide(&r, false), o.decide(&r, false)
		if was.Permit == is.Permit {
			continue
		}
		key := fmt.Sprint(r.Kind, is.Permit, was.Rules, is.Rules)
		if found[key] == nil {
			found[key] = &who{Change{Kind: r.Kind, Permit: is.Permit, From: was.Rules, To: is.Rules}, map[licet.MemberID]bool{}}
		}
		found[key].change.Records++
		found[key].members[r.Member] = true
	}
	var out []Change
	for _, key := range slices.Sorted(maps.Keys(found)) {
		w := found[key]
		w.change.Members = len(w.members)
		out = append(out, w.change)
	}
	return out, nil
}
