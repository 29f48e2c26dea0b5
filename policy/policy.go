// Package policy decides what a purpose may use: Cedar rules, regimes by
// country, and decisions that name the rules which made them. It is pure.
package policy

import (
	"embed"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"github.com/cedar-policy/cedar-go"
	"github.com/cedar-policy/cedar-go/types"
	"github.com/goccy/go-yaml"

	"licet"
)

//go:embed presets/*.cedar presets/*.yaml
var presets embed.FS

// ErrPreset says that there is no preset of that name.
var ErrPreset = errors.New("no such policy preset")

// A Regime is what the place where a member lives asks for.
type Regime struct {
	ID            string            `yaml:"id"`
	Countries     []string          `yaml:"countries"` // ISO 3166-1
	Regions       []string          `yaml:"regions"`   // ISO 3166-2; empty: the whole country
	Basis         string            `yaml:"basis"`
	RightToObject bool              `yaml:"right_to_object"`
	Silence       licet.Verdict     `yaml:"silence"` // what saying nothing means
	Notice        bool              `yaml:"notice"`
	WindowDays    int               `yaml:"window_days"`
	Why           map[string]string `yaml:"why"` // for the member, by language
}

type regimes struct {
	MinWindowDays int      `yaml:"min_window_days"`
	Majority      int      `yaml:"age_of_majority"`
	Regimes       []Regime `yaml:"regimes"`
}

// A Policy is rules and regimes. It is immutable and safe for concurrent use.
type Policy struct {
	name    string
	digest  licet.Digest
	rules   *cedar.PolicySet
	regimes regimes
	// places finds a country's regimes, in the file's order.
	places map[string][]*Regime
	other  [2]*Regime // elsewhere, unknown
	// memo has the decision of every tuple of attributes that was asked for.
	memo []atomic.Pointer[licet.Decision]
}

// Load returns a preset: "linkedin-2025".
func Load(preset string) (*Policy, error) {
	rules, err := presets.ReadFile("presets/" + preset + ".cedar")
	if err != nil {
		return nil, fmt.Errorf("%w: %q", ErrPreset, preset)
	}
	places, err := presets.ReadFile("presets/" + preset + ".yaml")
	if err != nil {
		return nil, fmt.Errorf("%w: %q has no regimes", ErrPreset, preset)
	}
	return Parse(preset, rules, places)
}

// Parse reads a policy from the text of its Cedar rules, each with an @id, and
// its regimes.
func Parse(name string, rules, places []byte) (*Policy, error) {
	p := &Policy{name: name, digest: licet.Sum(slices.Concat(rules, []byte{0}, places)), rules: cedar.NewPolicySet()}
	list, err := cedar.NewPolicyListFromBytes(name+".cedar", rules)
	if err != nil {
		return nil, fmt.Errorf("policy %s: %w", name, err)
	}
	for i, rule := range list {
		id, ok := rule.Annotations()["id"]
		if !ok {
			return nil, fmt.Errorf("policy %s: rule %d has no @id: a decision names its rules", name, i+1)
		}
		if !p.rules.Add(cedar.PolicyID(id), rule) {
			return nil, fmt.Errorf("policy %s: rule %q stands twice", name, id)
		}
	}
	if err := yaml.UnmarshalWithOptions(places, &p.regimes, yaml.Strict()); err != nil {
		return nil, fmt.Errorf("policy %s: regimes: %w", name, err)
	}
	return p, p.index()
}

// index makes the tables that decisions look things up in.
func (p *Policy) index() error {
	p.memo = make([]atomic.Pointer[licet.Decision], tuples)
	p.places = map[string][]*Regime{}
	for i := range p.regimes.Regimes {
		r := &p.regimes.Regimes[i]
		for _, c := range r.Countries {
			p.places[c] = append(p.places[c], r)
		}
		switch r.ID {
		case regimeElsewhere:
			p.other[0] = r
		case regimeUnknown:
			p.other[1] = r
		}
	}
	for i, id := range []string{regimeElsewhere, regimeUnknown} {
		if p.other[i] == nil {
			return fmt.Errorf("policy %s: no regime %q", p.name, id)
		}
	}
	return nil
}

const (
	regimeElsewhere = "elsewhere"
	regimeUnknown   = "unknown"
)

// Name returns the preset's name.
func (p *Policy) Name() string { return p.name }

// Digest names the text of rules and regimes.
func (p *Policy) Digest() licet.Digest { return p.digest }

// WindowDays is the longest window of a regime: everybody gets it.
func (p *Policy) WindowDays() int {
	days := p.regimes.MinWindowDays
	for _, r := range p.regimes.Regimes {
		days = max(days, r.WindowDays)
	}
	return days
}

// MinWindowDays is the shortest window that a notice may set.
func (p *Policy) MinWindowDays() int { return p.regimes.MinWindowDays }

// Regimes returns every regime, in the file's order.
func (p *Policy) Regimes() []Regime { return slices.Clone(p.regimes.Regimes) }

// Regime returns the regime of a member: the first in the file that has their
// country and region; else that of everywhere else; else, where the country, or
// a region on which it depends, is unknown, the one called "unknown".
func (p *Policy) Regime(f licet.Facts) Regime { return *p.regime(&f) }

func (p *Policy) regime(f *licet.Facts) *Regime {
	if f.Country == "" {
		return p.other[1]
	}
	here := p.places[f.Country]
	found := p.other[0]
	for _, r := range here {
		switch {
		case len(r.Regions) == 0 || slices.Contains(r.Regions, f.Region):
			return r
		case f.Region == "":
			found = p.other[1]
		}
	}
	return found
}

// A Question asks whether a purpose may use a record.
type Question struct {
	Purpose        licet.Purpose
	Standing       licet.Standing // the author's
	Kind           licet.Kind
	At             time.Time
	SuspectedMinor bool
	// Adults says that the operator asserts, on record, that every member of
	// the author's platform is of age.
	Adults bool
	// About is the standing of the person that a record is about; nil where it
	// is about nobody else. A zero standing is an unknown person.
	About *licet.Standing
}

// Decide answers q. It is pure: the same question has the same answer. The
// rules of the answer are shared by all who asked the same: they must not be changed.
func (p *Policy) Decide(q Question) licet.Decision {
	t, at := p.tuple(&q)
	if at < 0 {
		return p.authorize(t) // a purpose that nobody knows has no place in the table
	}
	if d := p.memo[at].Load(); d != nil {
		return *d
	}
	d := p.authorize(t)
	p.memo[at].Store(&d)
	return d
}

// authorize asks the rules.
func (p *Policy) authorize(t tuple) licet.Decision {
	principal := cedar.NewEntityUID("Member", "author")
	resource := cedar.NewEntityUID("Record", "record")
	entities := types.EntityMap{
		principal: {UID: principal, Attributes: types.NewRecord(types.RecordMap{
			"age":             ages[t.age],
			"verdict":         types.String(t.verdict),
			"erased":          types.Boolean(t.erased),
			"suspected_minor": types.Boolean(t.suspected),
		})},
		resource: {UID: resource, Attributes: types.NewRecord(types.RecordMap{
			"kind":    types.String(t.kind),
			"subject": subjects[t.subject],
		})},
	}
	decision, why := cedar.Authorize(p.rules, entities, cedar.Request{
		Principal: principal, Action: cedar.NewEntityUID("Purpose", types.String(t.purpose)), Resource: resource,
		Context: types.NewRecord(types.RecordMap{"basis": types.Boolean(t.basis)}),
	})
	d := licet.Decision{Permit: decision == cedar.Allow && len(why.Errors) == 0}
	for _, r := range why.Reasons {
		d.Rules = append(d.Rules, string(r.PolicyID))
	}
	for _, e := range why.Errors { // a rule that can't be evaluated permits nothing
		d.Rules = append(d.Rules, "error:"+string(e.PolicyID))
	}
	if len(d.Rules) == 0 {
		d.Rules = []string{licet.RuleDefaultDeny}
	}
	slices.Sort(d.Rules)
	return d
}

func (p *Policy) age(f *licet.Facts, at time.Time, adults bool) age {
	if f.BirthDate == "" { // the commonest case, and an error has to be made
		if adults {
			return ageOf
		}
		return ageUnknown
	}
	years, err := licet.Age(f.BirthDate, at)
	switch {
	case err != nil && adults:
		return ageOf
	case err != nil:
		return ageUnknown
	case years < p.regimes.Majority:
		return ageUnder
	}
	return ageOf
}

func (p *Policy) subject(q *Question) subject {
	if q.About == nil {
		return subjectNone
	}
	if q.About.Member == "" || q.About.Erased {
		return subjectUnknown
	}
	if !p.basis(&q.About.Facts, q.About.Verdict(q.Purpose)) {
		return subjectRefused
	}
	switch p.age(&q.About.Facts, q.At, q.Adults) {
	case ageUnder:
		return subjectUnder
	case ageUnknown:
		return subjectUnknown
	case ageOf:
	}
	return subjectNone
}

// basis tells whether the person said yes, or said nothing in a regime where
// silence permits.
func (p *Policy) basis(f *licet.Facts, said licet.Verdict) bool {
	return said == licet.Permitted || said == licet.Undecided && p.regime(f).Silence == licet.Permitted
}
