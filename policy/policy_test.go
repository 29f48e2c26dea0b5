package policy_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"licet"
	"licet/policy"
)

var now = time.Date(2025, 11, 4, 12, 0, 0, 0, time.UTC)

func load(tb testing.TB) *policy.Policy {
	tb.Helper()
	p, err := policy.Load("linkedin-2025")
	if err != nil {
		tb.Fatal(err)
	}
	return p
}

func adult() licet.Standing {
	return licet.Standing{Member: "m", Facts: licet.Facts{Country: "FR", BirthDate: "1980-01-01"}}
}

func says(s licet.Standing, p licet.Purpose, v licet.Verdict) licet.Standing {
	s.Choices = map[licet.Purpose]licet.Choice{p: {Verdict: v}}
	return s
}

// TestAnnounced is the announcement, kind by kind.
func TestAnnounced(t *testing.T) {
	p := load(t)
	want := map[licet.Kind]string{
		licet.KindName: "profile-may-train", licet.KindPhoto: "profile-may-train", licet.KindHeadline: "profile-may-train",
		licet.KindAbout: "profile-may-train", licet.KindPosition: "profile-may-train", licet.KindExperience: "profile-may-train",
		licet.KindEducation: "profile-may-train", licet.KindSkill: "profile-may-train", licet.KindRecommendation: "content-may-train",
		licet.KindPost: "content-may-train", licet.KindComment: "content-may-train", licet.KindJobOffer: "job-offers-may-train",
		licet.KindPrivateMessage: "never-messages", licet.KindGroupMessage: "never-messages", licet.KindApplication: licet.RuleDefaultDeny,
		licet.KindCredential: "never-sensitive", licet.KindPaymentMethod: "never-sensitive", licet.KindSalary: "never-sensitive",
	}
	for _, k := range licet.Kinds() {
		for _, v := range []licet.Verdict{licet.Undecided, licet.Permitted} {
			d := p.Decide(policy.Question{Purpose: licet.PurposeTrain, Standing: says(adult(), licet.PurposeTrain, v), Kind: k, At: now})
			if d.Permit != strings.HasSuffix(want[k], "-train") || !slices.Equal(d.Rules, []string{want[k]}) {
				t.Errorf("%s, %s: got %+v, want %s", k, v, d, want[k])
			}
		}
		if d := p.Decide(policy.Question{Purpose: licet.PurposeTrain, Standing: says(adult(), licet.PurposeTrain, licet.Refused), Kind: k, At: now}); d.Permit || !slices.Contains(d.Rules, "person-objected") {
			t.Errorf("%s, objected: got %+v", k, d)
		}
	}
}

func TestExclusions(t *testing.T) {
	p := load(t)
	minor, erased, unknown := adult(), adult(), adult()
	minor.Facts.BirthDate, unknown.Facts.BirthDate, erased.Erased = "2008-01-01", "", true
	objector := says(adult(), licet.PurposeTrain, licet.Refused)
	for _, c := range []struct {
		what string
		q    policy.Question
		rule string // "" permits
	}{
		{"a minor", policy.Question{Standing: minor}, "never-under-age"},
		{"a minor who consents", policy.Question{Standing: says(minor, licet.PurposeTrain, licet.Permitted)}, "never-under-age"},
		{"a minor on a platform said to be of adults", policy.Question{Standing: minor, Adults: true}, "never-under-age"},
		{"the day before 18", policy.Question{Standing: born("2007-11-05")}, "never-under-age"},
		{"the day of 18", policy.Question{Standing: born("2007-11-04")}, ""},
		{"an unknown age", policy.Question{Standing: unknown}, "never-unknown-age"},
		{"an unknown age where all are adults", policy.Question{Standing: unknown, Adults: true}, ""},
		{"a suspected minor", policy.Question{Standing: adult(), SuspectedMinor: true}, "never-suspected-minor"},
		{"somebody erased", policy.Question{Standing: erased}, "never-erased"},
		{"an unknown kind", policy.Question{Standing: adult(), Kind: "rumour"}, licet.RuleDefaultDeny},
		{"about an objector", policy.Question{Standing: adult(), Kind: licet.KindRecommendation, About: &objector}, "subject-objected"},
		{"about a minor", policy.Question{Standing: adult(), Kind: licet.KindRecommendation, About: &minor}, "subject-under-age"},
		{"about a stranger", policy.Question{Standing: adult(), Kind: licet.KindRecommendation, About: &licet.Standing{}}, "subject-unknown"},
		{"an unknown purpose", policy.Question{Standing: adult(), Purpose: "sell"}, licet.RuleDefaultDeny},
	} {
		if c.q.Kind == "" {
			c.q.Kind = licet.KindPost
		}
		if c.q.Purpose == "" {
			c.q.Purpose = licet.PurposeTrain
		}
		c.q.At = now
		d := p.Decide(c.q)
		if d.Permit != (c.rule == "") || c.rule != "" && !slices.Contains(d.Rules, c.rule) {
			t.Errorf("%s: got %+v, want %q", c.what, d, c.rule)
		}
	}
}

// TestAgesOnTheEdgeOfTimeZonesAndLeapDays: somebody is of age when the day has begun
// everywhere on Earth, and not a millisecond before.
func TestAgesOnTheEdgeOfTimeZonesAndLeapDays(t *testing.T) {
	p := load(t)
	for _, c := range []struct{ born, from string }{
		{"2007-11-04", "2025-11-04T12:00:00Z"},
		{"2008-02-29", "2026-03-01T12:00:00Z"}, // no such day in that year
		{"2008-02-28", "2026-02-28T12:00:00Z"},
		{"2008-03-01", "2026-03-01T12:00:00Z"},
		{"2006-12-31", "2024-12-31T12:00:00Z"},
		{"2006-02-28", "2024-02-28T12:00:00Z"},
	} {
		from, err := time.Parse(time.RFC3339, c.from)
		if err != nil {
			t.Fatal(err)
		}
		for at, want := range map[time.Time]bool{from.Add(-time.Millisecond): false, from: true, from.In(time.FixedZone("", 14*3600)): true} {
			if got := p.Decide(policy.Question{Purpose: licet.PurposeTrain, Standing: born(c.born), Kind: licet.KindPost, At: at}).Permit; got != want {
				t.Errorf("born %s, at %s: permitted %v, want %v", c.born, at, got, want)
			}
		}
	}
}

// TestAnnouncedDeadline: the preset that was announced keeps its date, for who
// publishes the notice in time; nobody's window is shorter for it.
func TestAnnouncedDeadline(t *testing.T) {
	for _, c := range []struct{ preset, at, want string }{
		{"linkedin-2025", "2025-09-18T09:00:00Z", "2025-11-03"},
		{"linkedin-2025", "2025-10-04T09:00:00Z", "2025-11-03"},
		{"linkedin-2025", "2025-10-05T09:00:00Z", "2025-11-19"},
		{"linkedin-2025", "2026-01-01T09:00:00Z", "2026-02-15"},
		{"recommended", "2025-09-18T09:00:00Z", "2025-11-02"},
		{"opt-in", "2025-09-18T09:00:00Z", "2025-11-02"},
	} {
		p, err := policy.Load(c.preset)
		if err != nil {
			t.Fatal(err)
		}
		at, err := time.Parse(time.RFC3339, c.at)
		if err != nil {
			t.Fatal(err)
		}
		if got := p.DeadlineFor(at); got != c.want {
			t.Errorf("%s, published on %s: %s, want %s", c.preset, c.at, got, c.want)
		}
	}
}

func born(date string) licet.Standing {
	s := adult()
	s.Facts.BirthDate = date
	return s
}

// TestTheSwitchSwitchesOneThing: objecting to training leaves every other purpose as it is.
func TestTheSwitchSwitchesOneThing(t *testing.T) {
	p := load(t)
	for _, purpose := range licet.Purposes() {
		if purpose == licet.PurposeTrain {
			continue
		}
		for _, k := range licet.Kinds() {
			q := policy.Question{Purpose: purpose, Standing: adult(), Kind: k, At: now}
			before := p.Decide(q)
			q.Standing = says(adult(), licet.PurposeTrain, licet.Refused)
			if after := p.Decide(q); after.Permit != before.Permit {
				t.Errorf("%s of %s: %v before and %v after objecting to training", purpose, k, before, after)
			}
		}
	}
}

func TestRegimes(t *testing.T) {
	p := load(t)
	for _, c := range []struct{ country, region, want string }{
		{"FR", "", "eu"},
		{"CH", "", "eu"},
		{"NO", "", "eu"},
		{"GB", "", "uk"},
		{"CA", "CA-QC", "quebec"},
		{"CA", "CA-ON", "elsewhere"},
		{"CA", "", "unknown"},
		{"HK", "", "hong-kong"},
		{"BR", "", "brazil"},
		{"US", "US-CA", "elsewhere"},
		{"", "", "unknown"},
	} {
		r := p.Regime(licet.Facts{Country: c.country, Region: c.region})
		if r.ID != c.want || r.Why["en"] == "" || r.Why["fr"] == "" {
			t.Errorf("%s %s: got %q, want %q with reasons in both languages", c.country, c.region, r.ID, c.want)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	const places = "min_window_days: 30\nage_of_majority: 18\nregimes: [{id: elsewhere}, {id: unknown}]\n"
	for what, rules := range map[string]string{
		"no id":                     `permit (principal, action, resource);`,
		"twice":                     `@id("a") permit (principal, action, resource); @id("a") forbid (principal, action, resource);`,
		"not Cedar":                 `allow everything`,
		"half a rule":               `@id("a") permit (principal`,
		"an action that nobody has": `@id("a") forbid (principal, action == Purpose::"train", resource);`,
	} {
		if _, err := policy.Parse("x", []byte(rules), []byte(places)); err == nil {
			t.Errorf("%s: accepted", what)
		}
	}
	good := []byte(`@id("a") permit (principal, action, resource);`)
	for what, text := range map[string]string{"a field too many": places + "surprise: 1\n", "no regime for the unknown": "regimes: [{id: elsewhere}]\n"} {
		if _, err := policy.Parse("x", good, []byte(text)); err == nil {
			t.Errorf("%s: accepted", what)
		}
	}
	if _, err := policy.Load("nobody"); err == nil {
		t.Error("a preset that does not exist was loaded")
	}
}
