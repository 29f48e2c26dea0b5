// Package policy decides what a purpose may use: Cedar rules, regimes by
// country, and decisions that name the rules which made them. It is pure.
package policy

import (
	"embed"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
	"unicode"

	"github.com/cedar-policy/cedar-go"
	"github.com/goccy/go-yaml"
	"golang.org/x/text/unicode/norm"

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
	Majority      int               `yaml:"age_of_majority"` // years; 0: the policy's
	Exclude       []licet.Kind      `yaml:"exclude"`         // kinds that are left out here, beside those of the rules
	Why           map[string]string `yaml:"why"`             // for the member, by language
}

// basis tells whether the person said yes, or said nothing where silence
// permits. Of a purpose that is a part of another, silence never permits; nor does
// that of somebody whom no notice had reached.
func (r *Regime) basis(p licet.Purpose, said licet.Verdict, unnoticed bool) bool {
	if said == licet.Undecided && r.Silence == licet.Permitted {
		_, part := p.Within()
		return !part && !unnoticed
	}
	return said == licet.Permitted
}

// excludes tells whether the regime leaves out a kind, a kind that nobody knows included.
func (r *Regime) excludes(k licet.Kind) bool { return !k.Known() || slices.Contains(r.Exclude, k) }

type regimes struct {
	MinWindowDays int                              `yaml:"min_window_days"`
	Deadline      string                           `yaml:"deadline"` // YYYY-MM-DD, announced; empty: none was
	Majority      int                              `yaml:"age_of_majority"`
	Signals       map[licet.Signal][]licet.Purpose `yaml:"signals"`
	SpecialGroups map[string][]string              `yaml:"special_groups"` // words of groups' names, by category
	Regimes       []Regime                         `yaml:"regimes"`
}

// A Policy is rules and regimes. It is immutable and safe for concurrent use.
type Policy struct {
	name    string
	digest  licet.Digest
	rules   *cedar.PolicySet
	regimes regimes
	// places finds a country's regimes, in the file's order.
	places map[string][]*Regime
	other  [2]*Regime        // elsewhere, unknown
	groups map[string]string // the category of a folded word
	// memo has the decision of every tuple of attributes that was asked for.
	memo []atomic.Pointer[licet.Decision]
}

// Presets names the presets, the first of them the one that we recommend.
func Presets() []string { return []string{"recommended", "opt-in", "linkedin-2025"} }

// Load returns a preset.
func Load(preset string) (*Policy, error) {
	rules, places, err := Text(preset)
	if err != nil {
		return nil, err
	}
	return Parse(preset, rules, places)
}

// Text returns the two texts of a preset.
func Text(preset string) (rules, places []byte, err error) {
	if rules, err = presets.ReadFile("presets/" + preset + ".cedar"); err != nil {
		return nil, nil, fmt.Errorf("%w: %q", ErrPreset, preset)
	}
	if places, err = presets.ReadFile("presets/" + preset + ".yaml"); err != nil {
		return nil, nil, fmt.Errorf("%w: %q has no regimes", ErrPreset, preset)
	}
	return rules, places, nil
}

// Parse reads a policy from the text of its Cedar rules, each with an @id, and
// its regimes. It refuses rules that the schema does not allow: one that reads what
// nobody has would never hold, and nobody would notice.
func Parse(name string, rules, places []byte) (*Policy, error) {
	p, err := parse(name, rules, places)
	if err != nil {
		return nil, err
	}
	if problems := p.validate(); len(problems) > 0 {
		return nil, fmt.Errorf("policy %s: %s", name, problems[0])
	}
	return p, nil
}

func parse(name string, rules, places []byte) (*Policy, error) {
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
	p.places, p.groups = map[string][]*Regime{}, map[string]string{}
	for _, category := range slices.Sorted(maps.Keys(p.regimes.SpecialGroups)) {
		for _, word := range p.regimes.SpecialGroups[category] {
			p.groups[word] = category
		}
	}
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

// DeadlineFor returns the deadline of a notice that is published at a time: the one
// that the policy has announced, where that leaves the shortest window at least;
// else after the longest window of a regime.
func (p *Policy) DeadlineFor(at time.Time) string {
	if d := p.regimes.Deadline; d != "" && d > licet.LastDay(at, p.regimes.MinWindowDays) {
		return d
	}
	return at.UTC().AddDate(0, 0, p.WindowDays()).Format(time.DateOnly)
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
	// Special says that the record was written in a group of a special category: see Policy.Special.
	Special bool
	// Signal is one that came with the record itself; empty: none.
	Signal licet.Signal
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
	d := p.decide(&q)
	if q.Standing.Unnoticed && len(d.Rules) == 1 && d.Rules[0] == licet.RuleDefaultDeny {
		q.Standing.Unnoticed = false
		if p.decide(&q).Permit {
			return licet.Decision{Rules: []string{licet.RuleNoWindow}}
		}
	}
	return d
}

func (p *Policy) decide(q *Question) licet.Decision {
	t, at := p.tuple(q)
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
	decision, why := cedar.Authorize(p.rules, t.entities(), cedar.Request{
		Principal: author, Action: action(t.purpose), Resource: record, Context: t.context(),
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

// lastMidnight is how far behind UTC the last places begin a day.
const lastMidnight = 12 * time.Hour

// age compares with the age of majority. What is not known, or can't be, is unknown.
// A birthday counts from when it has begun everywhere on Earth: nobody knows in which
// time zone somebody lives, so that nobody is found of age while it is still the day before there.
func (p *Policy) age(f *licet.Facts, r *Regime, at time.Time, adults bool) age {
	at = at.Add(-lastMidnight)
	majority := max(p.regimes.Majority, r.Majority)
	unknown := ageUnknown
	if adults {
		unknown = ageOf
	}
	if f.BirthDate != "" {
		years, err := licet.Age(f.BirthDate, at)
		switch {
		case err != nil:
			return unknown
		case years < majority:
			return ageUnder
		}
		return ageOf
	}
	if f.School != 0 {
		switch least, greatest := licet.AgeFromSchool(f.School, at); {
		case least >= majority:
			return ageOf
		case greatest < majority:
			return ageUnder
		}
	}
	return unknown
}

func (p *Policy) subject(q *Question) subject {
	if q.About == nil {
		return subjectNone
	}
	if q.About.Member == "" || q.About.Erased {
		return subjectUnknown
	}
	regime, said := p.regime(&q.About.Facts), q.About.Verdict(q.Purpose)
	if !regime.basis(q.Purpose, said, q.About.Unnoticed) {
		return subjectRefused
	}
	if said != licet.Permitted && p.speaks(q.About.Signals, q.Purpose) {
		return subjectRefused
	}
	switch p.age(&q.About.Facts, regime, q.At, q.Adults) {
	case ageUnder:
		return subjectUnder
	case ageUnknown:
		return subjectUnknown
	case ageOf:
	}
	return subjectNone
}

// signalled tells whether a signal of the member or of the record speaks of the purpose.
func (p *Policy) signalled(q *Question) bool {
	return p.speaks(q.Standing.Signals, q.Purpose) || q.Signal != "" && p.refuses(q.Signal, q.Purpose)
}

func (p *Policy) speaks(signals map[licet.Signal]licet.Heard, purpose licet.Purpose) bool {
	for s := range signals {
		if p.refuses(s, purpose) {
			return true
		}
	}
	return false
}

// refuses tells whether a signal refuses a purpose, or what it is a part of. One
// that nobody knows refuses training and its parts.
func (p *Policy) refuses(s licet.Signal, purpose licet.Purpose) bool {
	of, known := p.regimes.Signals[s]
	for ok := true; ok; purpose, ok = purpose.Within() {
		if slices.Contains(of, purpose) || !known && !s.Known() && purpose == licet.PurposeTrain {
			return true
		}
	}
	return false
}

// SpokenFor returns the signals that refuse a purpose for a member who has not said
// yes to it themselves, sorted.
func (p *Policy) SpokenFor(s licet.Standing, purpose licet.Purpose) (out []licet.Signal) {
	if s.Verdict(purpose) != licet.Undecided {
		return nil
	}
	for _, signal := range slices.Sorted(maps.Keys(s.Signals)) {
		if p.refuses(signal, purpose) {
			out = append(out, signal)
		}
	}
	return out
}

// Special returns the special category of a group by its name, as the policy's
// list of words has it; empty: none.
func (p *Policy) Special(group string) (category string) {
	if group == "" || len(p.groups) == 0 {
		return ""
	}
	folded := strings.Map(func(r rune) rune {
		switch {
		case unicode.Is(unicode.Mn, r):
			return -1
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			return unicode.ToLower(r)
		}
		return ' '
	}, norm.NFKD.String(group))
	for word := range strings.FieldsSeq(folded) {
		if category, ok := p.groups[word]; ok {
			return category
		}
	}
	return ""
}

// Provenance says whose word decides about training for a member: an age rule,
// the person, a signal, or what the regime makes of silence.
func (p *Policy) Provenance(q Question) licet.Provenance {
	t, _ := p.tuple(&q)
	switch {
	case t.age != ageOf || t.suspected:
		return licet.FromAge
	case t.verdict != licet.Undecided:
		return licet.FromPerson
	case t.signal:
		return licet.FromSignal
	}
	return licet.FromDefault
}

// Facts are what rules saw of a question, by name, for people.
func (p *Policy) Facts(q Question) map[string]string {
	t, _ := p.tuple(&q)
	yes := func(b bool) string { return strconv.FormatBool(b) }
	return map[string]string{
		"purpose": string(t.purpose), "kind": string(t.kind), "age": string(ages[t.age]), "verdict": string(t.verdict), "subject": string(subjects[t.subject]),
		"erased": yes(t.erased), "suspected_minor": yes(t.suspected), "special": yes(t.special), "basis": yes(t.basis), "signal": yes(t.signal),
		"excluded": yes(t.excluded), "regime": p.regime(&q.Standing.Facts).ID,
	}
}

// Ages tells whether the age by which rules decide is another at one time than at
// another: somebody had a birthday. adults is as in Question.
func (p *Policy) Ages(f licet.Facts, adults bool, from, to time.Time) bool {
	if f.BirthDate == "" && f.School == 0 {
		return false
	}
	r := p.regime(&f)
	return p.age(&f, r, from, adults) != p.age(&f, r, to, adults)
}
