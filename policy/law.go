package policy

import (
	"fmt"
	"slices"
	"strings"

	"github.com/cedar-policy/cedar-go"
	"github.com/cedar-policy/cedar-go/x/exp/ast"

	"licet"
)

// A law is something that no policy may permit, whatever its rules say. The
// names are those of the presets' rules which hold it.
type law struct {
	name     string
	what     string // for people
	purposes []licet.Purpose
	breaks   func(t tuple) bool
}

var (
	learning  = []licet.Purpose{licet.PurposeTrain, licet.PurposeShare}
	toOthers  = append(slices.Clone(learning), licet.PurposeMatch)
	anyModel  = append(slices.Clone(toOthers), licet.PurposeSuggest)
	allButOwn = append(slices.Clone(anyModel), licet.PurposeVoice)
)

var laws = []law{
	{"never-messages", "private and group messages", allButOwn, func(t tuple) bool {
		return t.kind.Category() == licet.CategoryMessage
	}},
	{"never-sensitive", "credentials, payment methods and salaries", allButOwn, func(t tuple) bool {
		return t.kind.Category() == licet.CategorySensitive
	}},
	{"never-special-group", "what was written in a group of a special category", anyModel, func(t tuple) bool { return t.special }},
	{"never-under-age", "what somebody under age provided", toOthers, func(t tuple) bool { return t.age == ageUnder }},
	{"never-unknown-age", "what somebody of unknown age provided", learning, func(t tuple) bool { return t.age == ageUnknown }},
	{"never-suspected-minor", "what a suspected minor provided", toOthers, func(t tuple) bool { return t.suspected }},
	{"never-erased", "what somebody erased provided", purposes, func(t tuple) bool { return t.erased }},
	{"never-unknown-kind", "records of a kind that nobody knows", purposes, func(t tuple) bool { return t.kind == kindUnknown }},
	{"never-in-this-regime", "a kind that the regime leaves out", learning, func(t tuple) bool { return t.excluded }},
	{"person-objected", "what its author has refused", purposes, func(t tuple) bool { return t.verdict == licet.Refused }},
	{"signal-objects", "what a signal has refused and its author not permitted", purposes, func(t tuple) bool { return t.signal }},
	{"basis", "anything without a basis: no yes, and no silence that permits", learning, func(t tuple) bool { return !t.basis }},
	{"subject-unknown", "a record about somebody who is not known", toOthers, func(t tuple) bool { return t.subject == subjectUnknown }},
	{"subject-objected", "a record about somebody who refused", toOthers, func(t tuple) bool { return t.subject == subjectRefused }},
	{"subject-under-age", "a record about somebody under age", toOthers, func(t tuple) bool { return t.subject == subjectUnder }},
}

// broken returns the first law that permitting t breaks.
func (t tuple) broken() *law {
	for i := range laws {
		if slices.Contains(laws[i].purposes, t.purpose) && laws[i].breaks(t) {
			return &laws[i]
		}
	}
	return nil
}

// can tells whether a question can have this tuple at all: attributes that
// exclude each other never stand in one.
func (t tuple) can() bool {
	_, part := t.purpose.Within()
	switch t.verdict {
	case licet.Permitted:
		return t.basis && !t.signal
	case licet.Refused:
		return !t.basis
	case licet.Undecided:
	}
	return !t.basis || !part
}

// exhaust asks the rules every question that can be asked. It returns a problem
// for each rule that permits what a law forbids, and for each that decides nothing.
func (p *Policy) exhaust() (problems []Problem) {
	rules := p.readers()
	broken := map[[2]string]bool{} // by law and rule
	for at := range tuples {
		t := nth(at)
		if !t.can() {
			continue
		}
		d := ask(rules, t)
		l := t.broken()
		for _, r := range d {
			r.used = true
			if l == nil || !r.permits || broken[[2]string{l.name, r.id}] {
				continue
			}
			broken[[2]string{l.name, r.id}] = true
			problems = append(problems, p.problem(r.id, "permits %s (%s), which no policy may: for example %s", l.what, l.name, t))
		}
	}
	for _, r := range rules {
		if !r.used {
			problems = append(problems, p.problem(r.id, "decides nothing: there is no question in which it counts. Correct its condition, or take it out"))
		}
	}
	slices.SortStableFunc(problems, func(a, b Problem) int { return a.Line - b.Line })
	return problems
}

// A reader is one rule, and what it reads: it is asked once for each combination
// of that.
type reader struct {
	id      string
	permits bool
	alone   *cedar.PolicySet
	reads   map[string]bool // attributes; nil: it may read any
	memo    map[tuple]bool
	used    bool
}

func (p *Policy) readers() (out []*reader) {
	for id, rule := range p.rules.All() {
		r := &reader{id: string(id), permits: rule.Effect() == cedar.Permit, alone: cedar.NewPolicySet(), reads: map[string]bool{}, memo: map[tuple]bool{}}
		r.alone.Add(id, rule)
		for _, c := range rule.AST().Conditions {
			ast.Inspect(ast.NewNode(c.Body), func(n ast.IsNode) bool {
				if access, ok := n.(ast.NodeTypeAccess); ok {
					if _, ok := access.Arg.(ast.NodeTypeVariable); ok && r.reads != nil {
						r.reads[string(access.Value)] = true
						return false
					}
				}
				if _, whole := n.(ast.NodeTypeVariable); whole {
					r.reads = nil
				}
				return true
			})
		}
		out = append(out, r)
	}
	slices.SortFunc(out, func(a, b *reader) int { return strings.Compare(a.id, b.id) })
	return out
}

// holds tells whether the rule's conditions hold for t. The schema has shown that
// they can be evaluated.
func (r *reader) holds(t tuple) bool {
	if r.reads != nil {
		t = t.only(r.reads)
	}
	yes, asked := r.memo[t]
	if !asked {
		_, why := cedar.Authorize(r.alone, t.entities(), cedar.Request{Principal: author, Action: action(t.purpose), Resource: record, Context: t.context()})
		yes = len(why.Reasons) > 0
		r.memo[t] = yes
	}
	return yes
}

// only returns t with the attributes that are read; the others have one value.
func (t tuple) only(read map[string]bool) tuple {
	out := tuple{purpose: t.purpose, kind: kindUnknown, verdict: licet.Undecided}
	if read["kind"] {
		out.kind = t.kind
	}
	if read["verdict"] {
		out.verdict = t.verdict
	}
	if read["age"] {
		out.age = t.age
	}
	if read["subject"] {
		out.subject = t.subject
	}
	out.erased, out.suspected, out.special = t.erased && read["erased"], t.suspected && read["suspected_minor"], t.special && read["special"]
	out.basis, out.signal, out.excluded = t.basis && read["basis"], t.signal && read["signal"], t.excluded && read["excluded"]
	return out
}

// ask returns the rules that decide t: those that forbid, else those that permit.
func ask(rules []*reader, t tuple) (deciding []*reader) {
	for _, permits := range []bool{false, true} {
		for _, r := range rules {
			if r.permits == permits && r.holds(t) {
				deciding = append(deciding, r)
			}
		}
		if len(deciding) > 0 {
			break
		}
	}
	return deciding
}

// String describes a tuple for people, leaving out what is as usual.
func (t tuple) String() string {
	parts := []string{fmt.Sprintf("purpose %q", t.purpose), fmt.Sprintf("kind %q", t.kind), fmt.Sprintf("age %q", string(ages[t.age])), fmt.Sprintf("verdict %q", t.verdict)}
	if t.subject != subjectNone {
		parts = append(parts, fmt.Sprintf("subject %q", string(subjects[t.subject])))
	}
	for _, b := range []struct {
		name string
		set  bool
	}{{"erased", t.erased}, {"suspected minor", t.suspected}, {"special group", t.special}, {"a signal says no", t.signal}, {"left out by the regime", t.excluded}} {
		if b.set {
			parts = append(parts, b.name)
		}
	}
	if !t.basis {
		parts = append(parts, "no basis")
	}
	return strings.Join(parts, ", ")
}
