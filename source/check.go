package source

import (
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"licet"
)

// maxRef is the longest id of a platform, in bytes.
const maxRef = 200

var (
	platformForm = regexp.MustCompile(`^[a-z0-9-]{1,32}$`)
	countryForm  = regexp.MustCompile(`^[A-Z]{2}$`)
	regionForm   = regexp.MustCompile(`^[A-Z]{2}-[A-Z0-9]{1,3}$`)
	languageForm = regexp.MustCompile(`^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$`)
	yearEnd      = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)
)

// check returns an *InputError when an item is not what the exchange format
// allows, whatever platform it comes from.
func (i Item) check() error {
	if i.Skip != "" {
		return nil
	}
	if !platformForm.MatchString(string(i.Platform)) {
		return i.Pos.Errorf("platform", "%q is not a short name: use 1 to 32 of a-z, 0-9 and -", i.Platform)
	}
	c := checker{pos: i.Pos}
	switch {
	case i.Member != nil:
		c.member(*i.Member)
	case i.Record != nil:
		c.record(*i.Record)
	case i.DeleteMember != "":
		c.ref("member", i.DeleteMember)
	default:
		c.ref("record", i.DeleteRecord)
	}
	return c.err
}

// A checker keeps the first thing that is wrong.
type checker struct {
	pos Pos
	err error
}

func (c *checker) want(ok bool, field, format string, args ...any) {
	if c.err == nil && !ok {
		c.err = c.pos.Errorf(field, format, args...)
	}
}

func (c *checker) member(m Member) {
	c.ref("id", m.Ref)
	c.text("name", m.Name)
	for _, h := range m.Handles {
		c.want(h != "" && !strings.HasPrefix(h, "@") && !strings.ContainsFunc(h, unicode.IsSpace) && utf8.ValidString(h), "handles",
			"a handle is a word without @ and without blanks: correct it")
	}
	f := m.Facts
	c.want(f.Country == "" || countryForm.MatchString(f.Country), "country",
		"is no country: use two capital letters (ISO 3166-1) such as GB, or leave it empty")
	c.want(f.Region == "" || regionForm.MatchString(f.Region), "region",
		"is no region: use ISO 3166-2 such as CA-QC, or leave it empty")
	c.want(f.Region == "" || strings.HasPrefix(f.Region, f.Country), "region", "is not in the country that is given: correct one of them")
	if f.BirthDate != "" {
		born, err := time.Parse(time.DateOnly, f.BirthDate)
		c.want(err == nil && born.Year() > 0, "birth_date", "not a date: use YYYY-MM-DD, or leave it empty")
	}
	c.want(f.School == 0 || f.School >= 1900 && f.School < 2200, "school", "is no year: give the year in which they first went to school, or leave it out")
	for _, s := range m.Signals {
		c.want(s.Known(), "signals", "%q is no signal: use one of %v", s, licet.Signals())
	}
	c.language(f.Language)
	c.want(slices.Contains([]licet.Plan{"", licet.PlanFree, licet.PlanPremium}, f.Plan), "plan", "is no plan: use free or premium")
	c.want(f.Joined.IsZero() || sane(f.Joined), "joined", "not a time that anybody joined at: correct it, or leave it out")
}

func (c *checker) record(r Record) {
	c.ref("id", r.Ref)
	c.ref("member", r.Member)
	c.want(r.Kind != "", "kind", "is missing: say what the record is")
	c.want(r.Kind == "" || r.Kind.Known(), "kind", "is not a kind of record: use one of %s", kindNames())
	c.want(slices.Contains([]licet.Role{"", licet.RoleMember, licet.RoleManager, licet.RoleRecruiter}, r.Role), "role",
		"is no role: use member, manager or recruiter")
	c.want(r.Signal == "" || r.Signal.Known(), "signal", "is no signal: use one of %v, or leave it empty", licet.Signals())
	c.want(!r.Created.IsZero(), "created", "is missing: say when, as in 2025-02-03T10:00:00Z")
	c.want(r.Created.IsZero() || sane(r.Created), "created", "not a time that anything was written at: correct it")
	c.language(r.Language)
	for _, other := range []struct{ field, ref string }{{"about", r.About}, {"reply_to", r.ReplyTo}, {"share_of", r.ShareOf}} {
		if other.ref != "" {
			c.ref(other.field, other.ref)
		}
	}
	for _, ref := range r.To {
		c.ref("to", ref)
	}
	for _, m := range []struct{ field, value string }{{"from", r.From}, {"until", r.Until}} {
		if m.value != "" {
			_, err := time.Parse("2006-01", m.value)
			c.want(err == nil, m.field, "not a month: use YYYY-MM, or leave it empty")
		}
	}
	c.want(r.From == "" || r.Until == "" || r.From <= r.Until, "until", "lies before from: correct one of them")
	for _, t := range []struct{ field, value string }{
		{"text", r.Text},
		{"group", r.Group},
		{"special", r.Special},
		{"title", r.Title},
		{"employer", r.Employer},
		{"url", r.URL},
		{"license", r.License},
	} {
		c.text(t.field, t.value)
	}
}

func (c *checker) ref(field, ref string) {
	c.want(ref != "", field, "is missing: give the platform's id")
	c.want(len(ref) <= maxRef, field, "is %d bytes long: an id has at most %d", len(ref), maxRef)
	c.want(utf8.ValidString(ref) && !strings.ContainsFunc(ref, unicode.IsControl), field, "holds bytes that are not text: correct the id")
}

func (c *checker) text(field, text string) {
	c.want(utf8.ValidString(text), field, "is not UTF-8: convert the input")
}

func (c *checker) language(tag string) {
	c.want(tag == "" || languageForm.MatchString(tag), "language", "is no language: use a BCP 47 tag such as en or fr-CA, or leave it empty")
}

// kindNames lists the kinds, for people.
func kindNames() string {
	var names []string
	for _, k := range licet.Kinds() {
		names = append(names, string(k))
	}
	return strings.Join(names, ", ")
}

// sane tells whether t, in UTC, can be written as RFC 3339.
func sane(t time.Time) bool { return t.UTC().Year() > 0 && t.Before(yearEnd) }
