// Package view is the only door out of the vault: it says what one purpose may
// use of what members wrote, at one position of the ledger, and why not the rest.
package view

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"slices"
	"strings"

	"licet"
	"licet/policy"
	"licet/vault"
	"licet/view/redact"
)

// Reasons of this package, beside the rules of the policy.
const (
	ReasonAfterFreeze   = "after-freeze"    // it came after the window: it waits for the next one
	ReasonUnknownMember = "unknown-member"  // the log knows nobody of that id
	ReasonPlaceholder   = "placeholder"     // names are learned as placeholders only
	ReasonRepost        = "repost"          // somebody else's words
	ReasonEmpty         = "empty"           // nothing is left of it
	ReasonAssistant     = "written-with-ai" // text written with the assistant is not learned from
)

// records is the part of the vault that a view reads.
type records interface {
	All(ctx context.Context) iter.Seq2[licet.Record, error]
	Records(ctx context.Context, m licet.MemberID) iter.Seq2[licet.Record, error]
	Members(ctx context.Context) iter.Seq2[licet.Member, error]
	Directory(ctx context.Context, upto, now uint64) (*vault.Directory, error)
}

// A View reads the vault under one policy.
type View struct {
	vault  records
	policy *policy.Policy
	adults []licet.Platform
	memory memory
}

// New returns the view of v under p. adults are the platforms whose operator
// asserts that every member is of age.
func New(v records, p *policy.Policy, adults []licet.Platform) *View {
	return &View{vault: v, policy: p, adults: adults}
}

// Adults are the platforms whose operator asserts that every member is of age.
func (v *View) Adults() []licet.Platform { return v.adults }

// A Result is what a purpose may use.
type Result struct {
	Passages []licet.Passage // by member, then record
	Excluded map[string]int  // records left out, by reason
	Records  int             // looked at
	// Admitted are the members who are permitted as such, whether or not they
	// wrote anything.
	Admitted map[licet.MemberID]bool
}

// ByMember returns the passages of each member.
func (r *Result) ByMember() map[licet.MemberID][]licet.Passage {
	out := map[licet.MemberID][]licet.Passage{}
	for _, p := range r.Passages {
		out[p.Member] = append(out[p.Member], p)
	}
	return out
}

// pass is one reading of the vault.
type pass struct {
	v           *View
	purpose     licet.Purpose
	frozen, now licet.State
	people      *vault.Directory
	platform    map[licet.MemberID]licet.Platform
	suspects    map[licet.MemberID]uint64 // the newest text that says its author is under age: its position
	all         []licet.Record
	memory      *remembered // nil: every record is redacted anew
	asked       map[question]licet.Decision
}

// question is everything that a decision of one pass depends on.
type question struct {
	member   licet.MemberID
	kind     licet.Kind
	about    licet.MemberID
	special  bool
	signal   licet.Signal
	atFreeze bool
}

// At returns what purpose may use: what was permitted at the freeze, and is
// permitted now, and had come before the freeze. For purposes that know no
// freeze the two states are the same.
func (v *View) At(ctx context.Context, purpose licet.Purpose, frozen, now licet.State) (*Result, error) {
	p, err := v.pass(ctx, purpose, frozen, now)
	if err != nil {
		return nil, err
	}
	if frozen.Next != now.Next {
		p.memory = v.memory.at(frozen.Next, p.people.Shields())
		defer func() { v.memory.put(p.memory) }()
	}
	out := &Result{Excluded: map[string]int{}, Admitted: map[licet.MemberID]bool{}}
	for id := range now.Members {
		r := licet.Record{Member: id, Kind: licet.KindPost}
		if p.decide(r, false).Permit && p.decide(r, true).Permit {
			out.Admitted[id] = true
		}
	}
	originals := map[licet.RecordID]licet.Record{} // what others re-posted
	for _, r := range p.all {
		if r.ShareOf != "" {
			originals[r.ShareOf] = licet.Record{}
		}
	}
	for _, r := range p.all {
		// An original that may not be used is as if it were not there: what
		// somebody added to it can't be told apart from it.
		if _, ok := originals[r.ID]; ok && p.usable(r) {
			originals[r.ID] = r
		}
	}
	for _, r := range p.all {
		out.Records++
		passage, reasons := p.passage(r, originals[r.ShareOf])
		if len(reasons) > 0 {
			for _, reason := range reasons {
				out.Excluded[reason]++
			}
			continue
		}
		out.Passages = append(out.Passages, passage)
	}
	return out, nil
}

func (v *View) pass(ctx context.Context, purpose licet.Purpose, frozen, now licet.State) (*pass, error) {
	p := &pass{
		v: v, purpose: purpose, frozen: frozen, now: now,
		platform: map[licet.MemberID]licet.Platform{}, suspects: map[licet.MemberID]uint64{}, asked: map[question]licet.Decision{},
	}
	var err error
	if p.people, err = v.vault.Directory(ctx, frozen.Next, now.Next); err != nil {
		return nil, err
	}
	for m, err := range v.vault.Members(ctx) {
		if err != nil {
			return nil, err
		}
		p.platform[m.ID] = m.Platform
	}
	for r, err := range v.vault.All(ctx) {
		if err != nil {
			return nil, err
		}
		p.all = append(p.all, r)
		if last, ok := p.suspects[r.Member]; (!ok || r.Seq > last) && suspect(r.Text) {
			p.suspects[r.Member] = r.Seq
		}
	}
	return p, nil
}

// decide asks the policy with the standings of one state.
func (p *pass) decide(r licet.Record, atFreeze bool) licet.Decision {
	q := question{r.Member, r.Kind, r.About, p.special(r), r.Signal, atFreeze}
	if d, ok := p.asked[q]; ok {
		return d
	}
	state := p.now
	if atFreeze {
		state = p.frozen
	}
	d := p.v.policy.Decide(p.question(r, state))
	if _, ok := state.Members[r.Member]; !ok {
		d = licet.Decision{Rules: []string{ReasonUnknownMember}}
	}
	p.asked[q] = d
	return d
}

// special tells whether a record was written in a group of a special category: as
// its platform says, or as the group's name does.
func (p *pass) special(r licet.Record) bool {
	return r.Special != "" || p.v.policy.Special(r.Group) != ""
}

// suspected tells whether somebody may be a minor: a text of theirs says so and no
// operator has decided otherwise since, or an operator has decided that they are.
func (p *pass) suspected(s licet.Standing) bool {
	last, says := p.suspects[s.Member]
	switch {
	case s.Age == nil:
		return says
	case !s.Age.OfAge:
		return true
	}
	return says && last > s.Age.Seq
}

// question is what the policy is asked of a record, with the standings of one state.
func (p *pass) question(r licet.Record, state licet.State) policy.Question {
	ask := policy.Question{
		Purpose: p.purpose, Standing: state.Members[r.Member], Kind: r.Kind, At: state.Time, SuspectedMinor: p.suspected(state.Members[r.Member]),
		Special: p.special(r), Signal: r.Signal, Adults: slices.Contains(p.v.adults, p.platform[r.Member]),
	}
	if r.About != "" {
		about := state.Members[r.About]
		if p.suspected(about) {
			about = licet.Standing{} // a suspected minor: as unknown as can be
		}
		ask.About = &about
	} else if r.Kind == licet.KindRecommendation {
		ask.About = &licet.Standing{} // of nobody that we know
	}
	return ask
}

// usable tells whether a record may be used as such.
func (p *pass) usable(r licet.Record) bool {
	return p.decide(r, false).Permit && p.decide(r, true).Permit && r.Seq < p.frozen.Next
}

// passage returns what may be used of r, or why nothing may.
func (p *pass) passage(r, original licet.Record) (licet.Passage, []string) {
	for _, atFreeze := range []bool{false, true} {
		if d := p.decide(r, atFreeze); !d.Permit {
			return licet.Passage{}, d.Rules
		}
	}
	switch {
	case r.Seq >= p.frozen.Next:
		return licet.Passage{}, []string{ReasonAfterFreeze}
	case r.Kind == licet.KindName:
		return licet.Passage{}, []string{ReasonPlaceholder}
	}
	text := r.Text
	if r.ShareOf != "" {
		if text = added(text, original.Text); text == "" {
			return licet.Passage{}, []string{ReasonRepost}
		}
	}
	cleared := p.clear(r, text)
	text = cleared.text
	if !strings.ContainsFunc(strip(text), func(r rune) bool {
		return r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' || r > 127
	}) {
		return licet.Passage{}, []string{ReasonEmpty}
	}
	out := licet.Passage{Member: r.Member, Record: r.ID, Kind: r.Kind, Role: r.Role, Language: r.Language, Text: text}
	if len(cleared.cuts) > 0 {
		out.Cuts = cleared.cuts
	}
	out.Employer = cleared.employer
	for _, other := range []licet.MemberID{r.About, original.Member} {
		if other != "" && other != r.Member {
			out.Others = append(out.Others, other)
		}
	}
	slices.Sort(out.Others)
	return out, nil
}

// added returns what somebody who re-posts wrote themselves.
func added(text, original string) string {
	own, rest, found := strings.Cut(text, strings.TrimSpace(original))
	if !found || original == "" {
		return "" // changed a little, or of somebody who is gone: not theirs to give
	}
	return strings.TrimSpace(own + "\n" + rest)
}

// render writes a record as a text; parts of a profile as one short line.
func render(r licet.Record, text string, c redact.Context) string {
	if r.Title == "" && r.Employer == "" {
		return text
	}
	title, _ := own(r.Title, c)
	employer, _ := own(r.Employer, c)
	parts := slices.DeleteFunc([]string{title, employer}, func(s string) bool { return s == "" })
	line := strings.Join(parts, ", ")
	if text == "" {
		return line
	}
	return line + ": " + text
}

// strip removes placeholders.
func strip(text string) string {
	for _, p := range redact.Placeholders() {
		text = strings.ReplaceAll(text, p, "")
	}
	return text
}

// Digest names the passages of one member, as a corpus would hold them.
func Digest(passages []licet.Passage) (licet.Digest, error) {
	data, err := json.Marshal(passages)
	if err != nil {
		return licet.Digest{}, fmt.Errorf("passages: %w", err)
	}
	return licet.Sum(data), nil
}
