// Package view is the only door out of the vault: it says what one purpose may
// use of what members wrote, at one position of the ledger, and why not the rest.
package view

import (
	"context"
	"encoding/binary"
	"errors"
	"iter"
	"slices"
	"sync"

	"licet"
	"licet/policy"
	"licet/vault"
	"licet/view/langid"
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
	Between(ctx context.Context, from, to licet.MemberID) iter.Seq2[licet.Record, error]
	Records(ctx context.Context, m licet.MemberID) iter.Seq2[licet.Record, error]
	Record(ctx context.Context, id licet.RecordID) (licet.Record, error)
	Count(ctx context.Context) (int, error)
	Members(ctx context.Context) iter.Seq2[licet.Member, error]
	Member(ctx context.Context, id licet.MemberID) (licet.Member, error)
	Directory(ctx context.Context, upto, now uint64) (*vault.Directory, error)
	Shields(ctx context.Context, now uint64) (int, error)
	Gone(ctx context.Context, upto uint64) ([]vault.Gone, error)
}

func isNotFound(err error) bool { return errors.Is(err, vault.ErrNotFound) }

// A View reads the vault under one policy.
type View struct {
	vault  records
	policy *policy.Policy
	adults []licet.Platform
	temp   string

	persons func(text string, taken []redact.Span) []redact.Span
	service spanner // nil: none
	langid  *langid.Model

	mu     sync.Mutex
	people *vault.Directory // as it was asked for last
	upto   uint64
}

// directory returns the names and handles of a Look; it is read once for each freeze.
func (v *View) directory(ctx context.Context, upto, now uint64) (*vault.Directory, error) {
	shields, err := v.vault.Shields(ctx, now)
	if err != nil {
		return nil, err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.people != nil && v.upto == upto && v.people.Shields() == shields {
		return v.people, nil
	}
	d, err := v.vault.Directory(ctx, upto, now)
	if err == nil {
		v.people, v.upto = d, upto
	}
	return d, err
}

// New returns the view of v under p. adults are the platforms whose operator
// asserts that every member is of age. temp is where what does not fit into memory
// is put, in files that have no name; "" is the system's folder.
func New(v records, p *policy.Policy, adults []licet.Platform, temp string, options ...Option) (*View, error) {
	persons, err := Persons()
	if err != nil {
		return nil, err
	}
	m, err := models()
	if err != nil {
		return nil, err
	}
	out := &View{vault: v, policy: p, adults: adults, temp: temp, persons: persons, langid: m.langid}
	for _, o := range options {
		o(out)
	}
	return out, nil
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

// At returns what purpose may use, with all its text: see Look, which keeps none.
func (v *View) At(ctx context.Context, purpose licet.Purpose, frozen, now licet.State) (*Result, error) {
	var mu sync.Mutex
	var people []Person
	l, err := v.Look(ctx, purpose, frozen, now, func(p Person) error {
		mu.Lock()
		defer mu.Unlock()
		people = append(people, p)
		return nil
	}, nil)
	if err != nil {
		return nil, err
	}
	if err := l.Close(); err != nil {
		return nil, err
	}
	slices.SortFunc(people, func(a, b Person) int {
		if a.Member < b.Member {
			return -1
		}
		return 1 // nobody is in it twice
	})
	out := &Result{Excluded: l.Excluded(), Records: l.Records(), Admitted: l.Admitted()}
	for _, p := range people {
		out.Passages = append(out.Passages, p.Passages...)
	}
	return out, nil
}

// digest names the passages of one member: every field of each with its length, so
// that no two lists of passages read the same.
func digest(passages []licet.Passage) licet.Digest {
	w, _ := digesting.Get().(*[]byte)
	defer digesting.Put(w)
	out := append((*w)[:0], "licet-passages-v2\x00"...)
	text := func(s string) { out = append(binary.AppendUvarint(out, uint64(len(s))), s...) }
	for _, p := range passages {
		for _, s := range [...]string{string(p.Member), string(p.Record), string(p.Kind), string(p.Role), p.Language, p.Text, p.Employer} {
			text(s)
		}
		out = binary.AppendUvarint(out, uint64(len(p.Others)))
		for _, m := range p.Others {
			text(string(m))
		}
		out = binary.AppendUvarint(out, uint64(len(p.Cuts)))
		var few [16]string
		labels := few[:0]
		for what := range p.Cuts {
			labels = append(labels, what)
		}
		slices.Sort(labels)
		for _, what := range labels {
			text(what)
			out = binary.AppendUvarint(out, uint64(p.Cuts[what])) //nolint:gosec // a count
		}
	}
	*w = out
	return licet.Sum(out)
}

var digesting = sync.Pool{New: func() any { return new([]byte) }}
