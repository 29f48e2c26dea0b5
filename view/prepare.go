package view

import (
	"slices"
	"strings"

	"licet"
	"licet/view/own"
	"licet/view/quality"
	"licet/view/redact"
)

// passage returns what may be used of r, or why nothing may.
func (l *Look) passage(r *licet.Record) (licet.Passage, quality.Glance, []string, error) {
	for _, atFreeze := range []bool{false, true} {
		if d := l.decide(r, atFreeze); !d.Permit {
			return licet.Passage{}, quality.Glance{}, d.Rules, nil
		}
	}
	switch {
	case r.Seq >= l.frozen.Next:
		return licet.Passage{}, quality.Glance{}, []string{ReasonAfterFreeze}, nil
	case r.Kind == licet.KindName:
		return licet.Passage{}, quality.Glance{}, []string{ReasonPlaceholder}, nil
	case strings.Contains(r.Text, licet.AssistantMark):
		return licet.Passage{}, quality.Glance{}, []string{ReasonAssistant}, nil
	}
	original := l.original(r.ShareOf)
	s, err := l.prepare(r, original)
	if err != nil || s.Reason != "" {
		return licet.Passage{}, quality.Glance{}, []string{s.Reason}, err
	}
	out := licet.Passage{Member: r.Member, Record: r.ID, Kind: r.Kind, Role: r.Role, Language: s.Language, Text: s.Redacted, Employer: s.employer}
	if len(s.OwnCuts)+len(s.Redactions) > 0 {
		out.Cuts = s.OwnCuts
		for what, n := range s.Redactions {
			out.Cuts[what] += n
		}
	}
	for _, other := range []licet.MemberID{r.About, original.Member} {
		if other != "" && other != r.Member {
			out.Others = append(out.Others, other)
		}
	}
	slices.Sort(out.Others)
	return out, s.glance, nil, nil
}

// A Story is what becomes of a record's text, step by step.
type Story struct {
	Raw        string         // as the platform gave it
	Own        string         // without what others wrote
	OwnCuts    map[string]int // what was taken out for that, by what it was
	Redacted   string         // without what identifies people: what may be used
	Redactions map[string]int // what was replaced for that, by what it was
	Language   string         // that it is written in; empty: it can't be told
	Reason     string         // why nothing of it is used; empty: it is
	employer   string
	glance     quality.Glance
}

// prepare takes a permitted record's text through every step.
func (l *Look) prepare(r *licet.Record, original licet.Record) (s Story, err error) {
	s.Raw, s.OwnCuts = r.Text, map[string]int{}
	text := r.Text
	if r.ShareOf != "" {
		if text = added(text, original.Text); text == "" {
			s.Reason = ReasonRepost
			return s, nil
		}
	}
	with := redact.Context{People: l.people, Region: l.frozen.Members[r.Member].Facts.Country}
	if prose(r.Kind) && strings.ContainsAny(strings.TrimSpace(text), " \n\t") {
		with.Persons, with.Service = l.v.persons, l.asked(r.Language)
	}
	var cuts []own.Cut
	s.Own, cuts = own.Words(text)
	for _, c := range cuts {
		if c.What == own.TooLong {
			s.Reason = own.TooLong
			return s, nil
		}
		s.OwnCuts[c.What]++
	}
	said, err := l.quoted.of(keyOf(r.ID))
	if err != nil {
		return s, err
	}
	var quotes int
	if s.Own, quotes = unquote(s.Own, said); quotes > 0 {
		s.OwnCuts[own.Quote] += quotes
	}
	s.Redacted, s.Redactions = redact.Text(s.Own, with)
	with.Persons, with.Service = nil, nil // titles and employers are no sentences
	s.Redacted = render(r, s.Redacted, with)
	if r.Employer != "" {
		s.employer, _ = redact.Text(r.Employer, with)
	}
	if err := l.failed.Err(); err != nil {
		return s, err // a text that the service did not see may be in it
	}
	switch {
	case learns(l.purpose):
		var reason quality.Reason
		reason, s.glance = quality.Look(s.Redacted, r.Kind)
		s.Reason = string(reason)
	case !strings.ContainsFunc(strip(s.Redacted), func(r rune) bool {
		return r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' || r > 127
	}):
		s.Reason = ReasonEmpty
	}
	s.Language = l.v.language(s.Redacted, r.Language)
	return s, nil
}

// A fate is what becomes of one record: a passage, or the reasons why it is none.
type fate struct {
	passage licet.Passage
	reasons []string
}

// fates says what becomes of one member's records, in their order. Of an account that
// floods nothing counts that was written for others to read: judged by the member's own
// records alone, so that nobody else's come or go with it.
func (l *Look) fates(records []licet.Record) (out []fate, err error) {
	out = make([]fate, len(records))
	var account quality.Account
	for i := range records {
		var seen quality.Glance
		if out[i].passage, seen, out[i].reasons, err = l.passage(&records[i]); err != nil {
			return nil, err
		}
		if p := out[i].passage; len(out[i].reasons) == 0 && p.Kind.Category() == licet.CategoryContent {
			account.Add(seen)
		}
	}
	if !learns(l.purpose) || !account.Bot() {
		return out, nil
	}
	for i, f := range out {
		if len(f.reasons) == 0 && f.passage.Kind.Category() == licet.CategoryContent {
			out[i] = fate{reasons: []string{string(quality.Bot)}}
		}
	}
	return out, nil
}

// prose tells whether texts of a kind are sentences. In a list of skills and employers
// every word has a capital, and a word alone has nothing around it: there only names
// that the directory knows are looked for.
func prose(k licet.Kind) bool {
	switch k.Category() {
	case licet.CategoryContent, licet.CategoryMessage, licet.CategoryWork:
		return true
	case licet.CategoryProfile:
		return k == licet.KindAbout || k == licet.KindHeadline || k == licet.KindPhoto
	case licet.CategorySensitive, licet.CategoryUnknown:
	}
	return false
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
func render(r *licet.Record, text string, c redact.Context) string {
	if r.Title == "" && r.Employer == "" {
		return text
	}
	title, _ := redact.Text(r.Title, c)
	employer, _ := redact.Text(r.Employer, c)
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
