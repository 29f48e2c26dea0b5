package policy

import (
	_ "embed"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/cedar-policy/cedar-go"
	"github.com/cedar-policy/cedar-go/types"
	"github.com/cedar-policy/cedar-go/x/exp/ast"
	"github.com/cedar-policy/cedar-go/x/exp/schema"
	"github.com/cedar-policy/cedar-go/x/exp/schema/resolved"
	"github.com/cedar-policy/cedar-go/x/exp/schema/validate"

	"licet"
)

//go:embed schema.cedarschema
var schemaText []byte

// A Problem is what is wrong with a policy, and where.
type Problem struct {
	File string // NAME.cedar or NAME.yaml
	Line int    // from 1; 0: the file as a whole
	Rule string // or regime; empty: none
	What string
}

// String says it for people.
func (p Problem) String() string {
	where := p.File
	if p.Line > 0 {
		where = fmt.Sprintf("%s:%d", p.File, p.Line)
	}
	if p.Rule == "" {
		return where + ": " + p.What
	}
	return fmt.Sprintf("%s: %q %s", where, p.Rule, p.What)
}

func (p *Policy) problem(rule, format string, args ...any) Problem {
	out := Problem{File: p.name + ".cedar", Rule: rule, What: fmt.Sprintf(format, args...)}
	if r := p.rules.Get(cedar.PolicyID(rule)); r != nil {
		out.Line = r.Position().Line
	}
	return out
}

// Check says everything that is wrong with a policy: what can't be read, what
// the schema does not know, what permits something that no policy may permit,
// and regimes that would not hold their promises. It does not sample: it asks the
// rules every question that can be asked.
func Check(name string, rules, places []byte) []Problem {
	p, err := parse(name, rules, places)
	if err != nil {
		return []Problem{{File: name, What: strings.TrimPrefix(err.Error(), "policy "+name+": ")}}
	}
	problems := p.validate()
	if len(problems) == 0 { // what the schema refuses would only be refused again, less clearly
		problems = p.exhaust()
	}
	return append(problems, p.regimes.check(name+".yaml")...)
}

// validate holds the rules to the schema.
func (p *Policy) validate() (problems []Problem) {
	var s schema.Schema
	if err := s.UnmarshalCedar(schemaText); err != nil {
		return []Problem{{File: "schema.cedarschema", What: err.Error()}}
	}
	known, err := s.Resolve()
	if err != nil {
		return []Problem{{File: "schema.cedarschema", What: err.Error()}}
	}
	v := validate.New(known)
	for id, rule := range p.rules.All() {
		if err := v.Policy(string(id), (*ast.Policy)(rule.AST())); err != nil {
			problems = append(problems, p.problem(string(id), "is not what the schema allows: %v", err))
			continue
		}
		for _, uid := range unlisted(known, (*ast.Policy)(rule.AST())) {
			problems = append(problems, p.problem(string(id), "is not what the schema allows: there is no %s", uid))
		}
	}
	slices.SortFunc(problems, func(a, b Problem) int { return a.Line - b.Line })
	return problems
}

// unlisted returns the values in a rule's conditions that the schema does not
// list. The validator looks at their types alone.
func unlisted(s *resolved.Schema, rule *ast.Policy) (out []types.EntityUID) {
	for _, c := range rule.Conditions {
		ast.Inspect(ast.NewNode(c.Body), func(n ast.IsNode) bool {
			if v, ok := n.(ast.NodeValue); ok {
				if uid, ok := v.Value.(types.EntityUID); ok {
					if e, ok := s.Enums[uid.Type]; ok && !slices.Contains(e.Values, uid) {
						out = append(out, uid)
					}
				}
			}
			return true
		})
	}
	return out
}

var (
	countryForm = regexp.MustCompile(`^[A-Z]{2}$`)
	regionForm  = regexp.MustCompile(`^[A-Z]{2}-[A-Z0-9]{1,3}$`)
)

// The least that any policy may promise, in days and years.
const (
	leastWindow   = 30
	leastMajority = 18
)

// bases are the lawful bases that a regime may name.
var bases = []string{"legitimate-interest", "consent", "none-required"}

// check holds regimes to what members are told of them.
func (r *regimes) check(file string) (problems []Problem) {
	bad := func(regime, format string, args ...any) {
		problems = append(problems, Problem{File: file, Rule: regime, What: fmt.Sprintf(format, args...)})
	}
	if r.MinWindowDays < leastWindow {
		bad("", "min_window_days is %d: a window is never under %d days", r.MinWindowDays, leastWindow)
	}
	if r.Majority < leastMajority {
		bad("", "age_of_majority is %d: nobody under %d is ever learned from", r.Majority, leastMajority)
	}
	if _, err := time.Parse(time.DateOnly, r.Deadline); r.Deadline != "" && err != nil {
		bad("", "deadline is %q: want a date, YYYY-MM-DD", r.Deadline)
	}
	for _, s := range slices.Sorted(maps.Keys(r.Signals)) {
		if !s.Known() {
			bad("", "signals: %q is none that we know: use one of %v", s, licet.Signals())
		}
		for _, p := range r.Signals[s] {
			if !p.Known() {
				bad("", "signals: %s: %q is no purpose: use one of %v", s, p, licet.Purposes())
			}
		}
	}
	ids, places := map[string]bool{}, map[string]string{}
	for i := range r.Regimes {
		g := &r.Regimes[i]
		if ids[g.ID] || g.ID == "" {
			bad(g.ID, "has no id, or another's")
		}
		ids[g.ID] = true
		r.checkRegime(g, bad)
		for _, place := range g.places() {
			if other, taken := places[place]; taken {
				bad(g.ID, "has %s, which %q has before it: it would never apply there", place, other)
			} else {
				places[place] = g.ID
			}
		}
	}
	return append(problems, r.strictest(file)...)
}

// places are what a regime covers, countries as "FR", regions as "CA-QC".
func (r *Regime) places() []string {
	if len(r.Regions) > 0 {
		return r.Regions
	}
	return r.Countries
}

func (r *regimes) checkRegime(g *Regime, bad func(regime, format string, args ...any)) {
	if g.Silence != licet.Permitted && g.Silence != licet.Refused {
		bad(g.ID, "says that silence is %q: want permitted or refused", g.Silence)
	}
	if !slices.Contains(bases, g.Basis) {
		bad(g.ID, "rests on %q: want one of %s", g.Basis, strings.Join(bases, ", "))
	}
	if g.Basis == "consent" && g.Silence == licet.Permitted {
		bad(g.ID, "rests on consent, and silence permits: silence is not consent")
	}
	if g.Silence == licet.Permitted && !g.Notice {
		bad(g.ID, "takes silence as permission without notice: nobody can object to what they were not told")
	}
	if g.WindowDays < r.MinWindowDays {
		bad(g.ID, "gives a window of %d days, under min_window_days (%d)", g.WindowDays, r.MinWindowDays)
	}
	if g.Majority != 0 && g.Majority < r.Majority {
		bad(g.ID, "sets the age of majority at %d, under the policy's %d", g.Majority, r.Majority)
	}
	for _, k := range g.Exclude {
		if !k.Known() {
			bad(g.ID, "excludes %q, which is no kind", k)
		}
	}
	for _, c := range g.Countries {
		if !countryForm.MatchString(c) {
			bad(g.ID, "names the country %q: want ISO 3166-1, two capital letters (quote \"NO\")", c)
		}
	}
	for _, region := range g.Regions {
		if !regionForm.MatchString(region) || !slices.Contains(g.Countries, region[:2]) {
			bad(g.ID, "names the region %q: want ISO 3166-2, in one of its countries", region)
		}
	}
	for _, language := range []string{"en", "fr"} {
		if strings.TrimSpace(g.Why[language]) == "" {
			bad(g.ID, "has no reason in %q (why): a member reads it", language)
		}
	}
}

// strictest holds the regime of who lives nobody knows where to the strictest of all.
func (r *regimes) strictest(file string) (problems []Problem) {
	at := slices.IndexFunc(r.Regimes, func(g Regime) bool { return g.ID == regimeUnknown })
	if at < 0 {
		return nil
	}
	u := &r.Regimes[at]
	for i := range r.Regimes {
		g := &r.Regimes[i]
		for what, laxer := range map[string]bool{
			"takes silence as permission": u.Silence == licet.Permitted && g.Silence != licet.Permitted,
			"gives a shorter window":      u.WindowDays < g.WindowDays,
			"owes no notice":              !u.Notice && g.Notice,
			"gives no right to object":    !u.RightToObject && g.RightToObject,
			"has a lower age of majority": max(u.Majority, r.Majority) < g.Majority,
			"excludes less":               slices.ContainsFunc(g.Exclude, func(k licet.Kind) bool { return !slices.Contains(u.Exclude, k) }),
		} {
			if laxer {
				problems = append(problems, Problem{File: file, Rule: u.ID, What: fmt.Sprintf("%s, and %q does not: who lives nobody knows where gets the strictest", what, g.ID)})
			}
		}
	}
	slices.SortFunc(problems, func(a, b Problem) int { return strings.Compare(a.What, b.What) })
	return problems
}
