package policy_test

import (
	"bytes"
	"os"
	"slices"
	"strings"
	"testing"

	"licet"
	"licet/policy"
)

func preset(tb testing.TB, name string) (rules, places []byte) {
	tb.Helper()
	var err error
	if rules, err = os.ReadFile("presets/" + name + ".cedar"); err != nil {
		tb.Fatal(err)
	}
	if places, err = os.ReadFile("presets/" + name + ".yaml"); err != nil {
		tb.Fatal(err)
	}
	return rules, places
}

// TestPresetsAreSound asks every question of every preset.
func TestPresetsAreSound(t *testing.T) {
	files, err := os.ReadDir("presets")
	if err != nil {
		t.Fatal(err)
	}
	if len(files) != 2*len(policy.Presets()) {
		t.Errorf("%d files, want two for each of %v", len(files), policy.Presets())
	}
	for _, name := range policy.Presets() {
		rules, places := preset(t, name)
		for _, p := range policy.Check(name, rules, places) {
			t.Error(p)
		}
	}
}

// bad are policies that are refused: each is the recommended one with one change.
var bad = []struct {
	what     string
	rules    [2]string // old, new; an empty old appends
	places   [2]string
	problems []string // each must be said
}{
	{what: "Cedar that can't be read", rules: [2]string{"", "permit everything"}, problems: []string{"98:1"}},
	{what: "a rule without a name", rules: [2]string{"", `forbid (principal, action, resource);`}, problems: []string{"has no @id"}},
	{what: "a rule twice", rules: [2]string{"", `@id("never-erased") forbid (principal, action, resource);`}, problems: []string{"stands twice"}},
	{what: "a fact that nobody has", rules: [2]string{"", `@id("x") forbid (principal, action, resource) when { principal.country == "FR" };`}, problems: []string{`"x" is not what the schema allows`, "country"}},
	{what: "a kind misspelt", rules: [2]string{`Kind::"salary"`, `Kind::"salaries"`}, problems: []string{`"never-sensitive" is not what the schema allows`}},
	{what: "a purpose misspelt", rules: [2]string{`action == Action::"voice"`, `action == Action::"voise"`}, problems: []string{`"own-words-for-voice" is not what the schema allows`}},
	{what: "a text compared with a number", rules: [2]string{"", `@id("x") forbid (principal, action, resource) when { principal.age < 18 };`}, problems: []string{`"x" is not what the schema allows`}},
	{what: "messages", rules: [2]string{
		`@id("never-messages")
forbid (principal, action in [Action::"train", Action::"match", Action::"suggest", Action::"voice"], resource)
when { resource.kind in [Kind::"private_message", Kind::"group_message"] };`,
		`@id("open-door") permit (principal, action == Action::"train", resource) when { resource.kind == Kind::"private_message" && context.basis };`,
	}, problems: []string{`"open-door" permits private and group messages (never-messages)`}},
	{what: "salaries for matching", rules: [2]string{
		`@id("never-sensitive")
forbid (principal, action in [Action::"train", Action::"match", Action::"suggest", Action::"voice"], resource)`,
		`@id("pay") permit (principal, action == Action::"match", resource) when { resource.kind == Kind::"salary" };
@id("never-sensitive")
forbid (principal, action in [Action::"train", Action::"suggest", Action::"voice"], resource)`,
	}, problems: []string{`"pay" permits credentials, payment methods and salaries (never-sensitive)`, `"salary"`}},
	{what: "silence as consent", rules: [2]string{`Kind::"recommendation"] && context.basis`, `Kind::"recommendation"]`}, problems: []string{`"content-may-train" permits anything without a basis`}},
	{what: "minors", rules: [2]string{`principal.age == Age::"under"`, `principal.age == Age::"under" && principal.suspected_minor`}, problems: []string{`permits what somebody under age provided (never-under-age)`}},
	{what: "unknown age", rules: [2]string{`principal.age == Age::"unknown"`, `principal.age == Age::"unknown" && principal.suspected_minor`}, problems: []string{`(never-unknown-age)`}},
	{what: "suspected minors", rules: [2]string{`{ principal.suspected_minor }`, `{ principal.suspected_minor && context.signal }`}, problems: []string{`(never-suspected-minor)`}},
	{what: "objectors", rules: [2]string{`principal.verdict == Verdict::"refused"`, `principal.verdict == Verdict::"refused" && principal.erased`}, problems: []string{`(person-objected)`}},
	{what: "the erased", rules: [2]string{`{ principal.erased }`, `{ principal.erased && context.excluded }`}, problems: []string{`(never-erased)`}},
	{what: "special groups", rules: [2]string{`{ resource.special }`, `{ resource.special && context.signal }`}, problems: []string{`(never-special-group)`}},
	{what: "signals", rules: [2]string{`{ context.signal }`, `{ context.signal && resource.special }`}, problems: []string{`(signal-objects)`}},
	{what: "records about objectors", rules: [2]string{`resource.subject == Subject::"refused"`, `resource.subject == Subject::"refused" && principal.erased`}, problems: []string{`(subject-objected)`}},
	{what: "a kind that nobody knows", rules: [2]string{`when { resource.kind != Kind::"unknown" }`, `when { true }`}, problems: []string{`"author-may-read" permits records of a kind that nobody knows`}},
	{what: "a rule without effect", rules: [2]string{"", `@id("idle") permit (principal, action == Action::"train", resource) when { principal.erased };`}, problems: []string{`"idle" decides nothing`}},
	{what: "a short window", places: [2]string{"min_window_days: 30", "min_window_days: 7"}, problems: []string{"never under 30 days"}},
	{what: "a deadline that is no date", places: [2]string{"min_window_days: 30", "min_window_days: 30\ndeadline: 2025-11-31"}, problems: []string{`deadline is "2025-11-31"`}},
	{what: "a low age", places: [2]string{"age_of_majority: 18", "age_of_majority: 16"}, problems: []string{"nobody under 18"}},
	{what: "consent by silence", places: [2]string{"basis: consent\n    right_to_object: true\n    silence: refused", "basis: consent\n    right_to_object: true\n    silence: permitted"}, problems: []string{`"quebec" rests on consent, and silence permits`}},
	{what: "no notice", places: [2]string{"notice: true", "notice: false"}, problems: []string{`"eu" takes silence as permission without notice`}},
	{what: "a laxer unknown", places: [2]string{"- id: unknown\n    basis: consent\n    right_to_object: true\n    silence: refused", "- id: unknown\n    basis: legitimate-interest\n    right_to_object: true\n    silence: permitted"}, problems: []string{`"unknown" takes silence as permission, and "hong-kong" does not`}},
	{what: "a place twice", places: [2]string{"[GB]", "[GB, FR]"}, problems: []string{`"uk" has FR, which "eu" has before it`}},
	{what: "a region elsewhere", places: [2]string{"[CA-QC]", "[FR-75]"}, problems: []string{`the region "FR-75"`}},
	{what: "no reason in French", places: [2]string{"      fr: Vous habitez à Hong Kong", "      de: Vous habitez à Hong Kong"}, problems: []string{`"hong-kong" has no reason in "fr"`}},
	{what: "a verdict misspelt", places: [2]string{"silence: permitted", "silence: allowed"}, problems: []string{`silence is "allowed"`}},
	{what: "a field that nobody knows", places: [2]string{"notice: true", "notices: true"}, problems: []string{"regimes"}},
	{what: "a signal that nobody knows", places: [2]string{"noindex: [train]", "dnt: [train]"}, problems: []string{`"dnt" is none that we know`}},
}

func TestCheckRefuses(t *testing.T) {
	rules, places := preset(t, "recommended")
	// Where the regimes are what is wrong, one rule will do.
	short := []byte(`@id("no") forbid (principal, action, resource);`)
	for _, c := range bad {
		t.Run(c.what, func(t *testing.T) {
			t.Parallel()
			text := rules
			if c.places[0] != "" {
				text = short
			}
			problems := policy.Check("x", change(t, text, c.rules), change(t, places, c.places))
			if len(problems) == 0 {
				t.Fatal("accepted")
			}
			for _, want := range c.problems {
				if !slices.ContainsFunc(problems, func(p policy.Problem) bool { return strings.Contains(p.String(), want) }) {
					t.Errorf("got %q, want %q", problems, want)
				}
			}
		})
	}
}

// change replaces the first of two texts by the second; an empty first appends.
func change(t *testing.T, text []byte, c [2]string) []byte {
	t.Helper()
	if c == [2]string{} {
		return text
	}
	if c[0] == "" {
		return slices.Concat(text, []byte("\n"+c[1]+"\n"))
	}
	if !bytes.Contains(text, []byte(c[0])) {
		t.Fatalf("the preset does not hold %q", c[0])
	}
	return bytes.Replace(text, []byte(c[0]), []byte(c[1]), 1)
}

// FuzzCheck reads hostile policies: what is found sound permits nothing that no
// policy may, asked through the same door as everything else.
func FuzzCheck(f *testing.F) {
	for _, name := range policy.Presets() {
		rules, places, err := policy.Text(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(rules, places)
	}
	f.Add([]byte(`@id("no") forbid (principal, action, resource);`), []byte("regimes: [{id: elsewhere}, {id: unknown}]"))
	f.Fuzz(func(t *testing.T, rules, places []byte) {
		if len(policy.Check("x", rules, places)) > 0 {
			return
		}
		p, err := policy.Parse("x", rules, places)
		if err != nil {
			t.Fatal(err)
		}
		minor := born("2015-01-01")
		for _, purpose := range []licet.Purpose{licet.PurposeTrain, licet.PurposeShare, licet.PurposeMatch} {
			for _, q := range []policy.Question{
				{Standing: says(adult(), purpose, licet.Permitted), Kind: licet.KindPrivateMessage},
				{Standing: says(adult(), purpose, licet.Permitted), Kind: licet.KindSalary},
				{Standing: says(minor, purpose, licet.Permitted), Kind: licet.KindPost},
				{Standing: says(adult(), purpose, licet.Refused), Kind: licet.KindPost},
				{Standing: says(adult(), purpose, licet.Permitted), Kind: licet.KindPost, SuspectedMinor: true},
			} {
				q.Purpose, q.At = purpose, now
				if d := p.Decide(q); d.Permit {
					t.Errorf("sound, and %+v is permitted by %v", q, d.Rules)
				}
			}
		}
	})
}
