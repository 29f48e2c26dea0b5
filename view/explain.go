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
func (v *View) Explain(ctx context.Context, m licet.MemberID, purpose licet.Purpose, frozen, now licet.State) ([]Line, error) {
	p, err := v.pass(ctx, purpose, frozen, now)
	if err != nil {
		return nil, err
	}
	lines := map[licet.Kind]*Line{}
	reasons := map[licet.Kind]map[string]bool{}
	for r, err := range v.vault.Records(ctx, m) {
		if err != nil {
			return nil, err
		}
		if lines[r.Kind] == nil {
			lines[r.Kind], reasons[r.Kind] = &Line{Kind: r.Kind}, map[string]bool{}
		}
		if _, why := p.passage(r, licet.Record{}); len(why) > 0 {
			lines[r.Kind].Unused++
			for _, reason := range why {
				reasons[r.Kind][reason] = true
			}
			continue
		}
		lines[r.Kind].Used++
	}
	var out []Line
	for _, k := range licet.Kinds() {
		if l, ok := lines[k]; ok {
			l.Reasons = slices.Sorted(maps.Keys(reasons[k]))
			out = append(out, *l)
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

// ExplainRecord says what becomes of one record of a member, by the platform's id.
func (v *View) ExplainRecord(ctx context.Context, m licet.MemberID, ref string, purpose licet.Purpose, frozen, now licet.State) (RecordLine, error) {
	p, err := v.pass(ctx, purpose, frozen, now)
	if err != nil {
		return RecordLine{}, err
	}
	for r, err := range v.vault.Records(ctx, m) {
		if err != nil {
			return RecordLine{}, err
		}
		if r.Ref != ref && string(r.ID) != ref {
			continue
		}
		q := p.question(r, now)
		out := RecordLine{Record: r, Decision: p.decide(r, false), Facts: v.policy.Facts(q), From: v.policy.Provenance(q)}
		_, out.Reasons = p.passage(r, p.original(r.ShareOf))
		return out, nil
	}
	return RecordLine{}, fmt.Errorf("the member has no record %q: give the platform's id of it", ref)
}

// original returns the record that another re-posts, if it may be used.
func (p *pass) original(id licet.RecordID) licet.Record {
	for _, r := range p.all {
		if id != "" && r.ID == id && p.usable(r) {
			return r
		}
	}
	return licet.Record{}
}

// Provenance says whose word decides about a member for a purpose.
func (v *View) Provenance(ctx context.Context, m licet.MemberID, purpose licet.Purpose, now licet.State) (licet.Provenance, error) {
	p, err := v.pass(ctx, purpose, now, now)
	if err != nil {
		return "", err
	}
	return v.policy.Provenance(p.question(licet.Record{Member: m, Kind: licet.KindPost}, now)), nil
}

// Suspects returns the members of whom a text says that they are under age, and
// whose case is open, sorted.
func (v *View) Suspects(ctx context.Context, now licet.State) ([]licet.MemberID, error) {
	p, err := v.pass(ctx, licet.PurposeTrain, now, now)
	if err != nil {
		return nil, err
	}
	var out []licet.MemberID
	for _, id := range slices.Sorted(maps.Keys(p.suspects)) {
		if s := now.Members[id]; p.suspected(s) && (s.Age == nil || s.Age.OfAge) {
			out = append(out, id)
		}
	}
	return out, nil
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

// Diff counts whose decisions another policy would change, at one position.
func (v *View) Diff(ctx context.Context, other *policy.Policy, purpose licet.Purpose, now licet.State) ([]Change, error) {
	p, err := v.pass(ctx, purpose, now, now)
	if err != nil {
		return nil, err
	}
	o := &pass{v: &View{vault: v.vault, policy: other, adults: v.adults}, purpose: purpose, frozen: now, now: now, people: p.people, platform: p.platform, suspects: p.suspects, asked: map[question]licet.Decision{}}
	type who struct {
		change  Change
		members map[licet.MemberID]bool
	}
	found := map[string]*who{}
	for _, r := range p.all {
		was, is := p.decide(r, false), o.decide(r, false)
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
