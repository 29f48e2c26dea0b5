package view_test

import (
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"licet"
	"licet/policy"
	"licet/source"
	"licet/source/jsonl"
	"licet/source/sourcetest"
	"licet/view"
)

const people = `{"type":"exchange","version":1,"platform":"yard"}
{"type":"member","id":"ann","name":"Ann Quillfeather","handles":["annq"],"country":"IE","birth_date":"1980-01-02"}
{"type":"member","id":"bob","name":"Bob Tarrant","country":"FR","birth_date":"1975-05-06"}
{"type":"member","id":"kid","name":"Kid Ostler","country":"US","birth_date":"2015-03-04"}
{"type":"member","id":"liar","name":"Lia Marchbank","country":"US","birth_date":"1990-03-04"}
{"type":"member","id":"old","name":"Who Knows","country":"US"}
{"type":"record","id":"name","member":"ann","kind":"name","text":"Ann Quillfeather","created":"2024-01-01T08:00:00Z"}
{"type":"record","id":"post","member":"ann","kind":"post","text":"Write to ann@yard.example or +353 1 555 0199, see https://yard.example/x, says Bob Tarrant to @annq.","created":"2024-01-01T08:00:00Z"}
{"type":"record","id":"job","member":"ann","kind":"position","title":"Foreman","employer":"Yard","text":"Ladders.","created":"2024-01-01T08:00:00Z"}
{"type":"record","id":"photo","member":"ann","kind":"photo","url":"https://x.example/1","created":"2024-01-01T08:00:00Z"}
{"type":"record","id":"private","member":"ann","kind":"private_message","to":["bob"],"text":"secret","created":"2024-01-01T08:00:00Z"}
{"type":"record","id":"pay","member":"ann","kind":"salary","text":"1","created":"2024-01-01T08:00:00Z"}
{"type":"record","id":"cv","member":"ann","kind":"application","text":"Dear all of the yard.","created":"2024-01-01T08:00:00Z"}
{"type":"record","id":"quote","member":"bob","kind":"comment","text":"> Write to Ann\n\nI will ask the crew.","created":"2024-01-01T08:00:00Z"}
{"type":"record","id":"share","member":"bob","kind":"post","share_of":"quote2","text":"We see it another way.\n\nTheirs entirely is this text.","created":"2024-01-01T08:00:00Z"}
{"type":"record","id":"quote2","member":"ann","kind":"post","text":"Theirs entirely is this text.","created":"2024-01-01T08:00:00Z"}
{"type":"record","id":"praise","member":"bob","kind":"recommendation","about":"ann","text":"She keeps her word.","created":"2024-01-01T08:00:00Z"}
{"type":"record","id":"praise2","member":"bob","kind":"recommendation","about":"kid","text":"He sweeps.","created":"2024-01-01T08:00:00Z"}
{"type":"record","id":"kidpost","member":"kid","kind":"post","text":"My first week.","created":"2024-01-01T08:00:00Z"}
{"type":"record","id":"slip","member":"liar","kind":"post","text":"To be honest I'm only sixteen, and I like it here.","created":"2024-01-01T08:00:00Z"}
{"type":"record","id":"oldpost","member":"old","kind":"post","text":"No date of birth.","created":"2024-01-01T08:00:00Z"}
`

// world is the people above in a real vault.
type world struct {
	*testing.T
	to   source.Target
	view *view.View
}

func newWorld(t *testing.T, adults ...licet.Platform) world {
	t.Helper()
	to := sourcetest.NewTarget(t)
	p, err := policy.Load("linkedin-2025")
	if err != nil {
		t.Fatal(err)
	}
	v, err := view.New(to.Vault, p, adults, "")
	if err != nil {
		t.Fatal(err)
	}
	w := world{t, to, v}
	w.add(people)
	return w
}

func (w world) add(text string) {
	w.Helper()
	if _, err := source.Import(w.Context(), w.to, jsonl.FS(fstest.MapFS{"in.jsonl": {Data: []byte(text)}}, "in.jsonl")); err != nil {
		w.Fatal(err)
	}
}

func (w world) member(ref string) licet.MemberID { return w.to.Vault.Keys().MemberID("yard", ref) }

func (w world) state() licet.State {
	w.Helper()
	s, err := w.to.Ledger.StateNow(w.Context())
	if err != nil {
		w.Fatal(err)
	}
	return s
}

// object returns the state in which a member has objected.
func (w world) object(s licet.State, ref string) licet.State {
	s.Members = maps.Clone(s.Members)
	m := s.Members[w.member(ref)]
	m.Choices = map[licet.Purpose]licet.Choice{licet.PurposeTrain: {Verdict: licet.Refused}}
	s.Members[m.Member] = m
	return s
}

func (w world) at(frozen, now licet.State) *view.Result {
	w.Helper()
	r, err := w.view.At(w.Context(), licet.PurposeTrain, frozen, now)
	if err != nil {
		w.Fatal(err)
	}
	return r
}

func texts(r *view.Result) []string {
	var out []string
	for _, p := range r.Passages {
		out = append(out, p.Text)
	}
	slices.Sort(out)
	return out
}

func TestWhatMayBeLearnedAndWhyNotTheRest(t *testing.T) {
	w := newWorld(t)
	s := w.state()
	r := w.at(s, s)
	want := []string{
		"Foreman, Yard: Ladders.",
		"I will ask the crew.",
		"She keeps her word.",
		"Theirs entirely is this text.",
		"We see it another way.",
		"Write to [EMAIL] or [PHONE], see [URL], says [NAME] to [HANDLE].",
	}
	if got := texts(r); !slices.Equal(got, want) {
		t.Errorf("passages\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	reasons := map[string]int{
		view.ReasonPlaceholder: 1, view.ReasonEmpty: 1, "never-messages": 1, "never-sensitive": 1, licet.RuleDefaultDeny: 1,
		"never-under-age": 1, "subject-under-age": 1, "never-suspected-minor": 1, "never-unknown-age": 1,
	}
	if !maps.Equal(r.Excluded, reasons) {
		t.Errorf("left out %v, want %v", r.Excluded, reasons)
	}
	if r.Records != 15 {
		t.Errorf("%d records were looked at, want 15", r.Records)
	}
}

func TestAnAssertedAgeAdmitsWhoGivesNone(t *testing.T) {
	w := newWorld(t, "yard")
	s := w.state()
	got := texts(w.at(s, s))
	if !slices.Contains(got, "No date of birth.") || slices.Contains(got, "My first week.") {
		t.Errorf("passages %q", got)
	}
}

// TestAdmittedIsPermittedAtTheFreezeAndNow: a late objection acts at once, a late
// consent or text waits.
func TestAdmittedIsPermittedAtTheFreezeAndNow(t *testing.T) {
	w := newWorld(t)
	s := w.state()
	gone := w.object(s, "ann")
	for name, r := range map[string]*view.Result{"objected now": w.at(s, gone), "objected at the freeze": w.at(gone, s), "always": w.at(gone, gone)} {
		if got := texts(r); !slices.Equal(got, []string{"I will ask the crew."}) {
			t.Errorf("%s: %q", name, got)
		}
	}
	w.add(`{"type":"exchange","version":1,"platform":"yard"}
{"type":"member","id":"new","name":"New Here","country":"IE","birth_date":"1980-01-02"}
{"type":"record","id":"late","member":"ann","kind":"post","text":"After the freeze.","created":"2024-01-01T08:00:00Z"}
{"type":"record","id":"newpost","member":"new","kind":"post","text":"I have just arrived here.","created":"2024-01-01T08:00:00Z"}
`)
	now := w.state()
	r := w.at(s, now)
	if got := texts(r); len(got) != 6 || r.Excluded[view.ReasonAfterFreeze] != 1 || r.Excluded[view.ReasonUnknownMember] != 1 {
		t.Errorf("passages %q, left out %v", got, r.Excluded)
	}
	if got := texts(w.at(now, now)); len(got) != 8 {
		t.Errorf("after the next freeze: %q", got)
	}
}

// TestAnObjectionChangesNobodyElsesPassages but those about the member, and what
// was re-posted of theirs.
func TestAnObjectionChangesNobodyElsesPassages(t *testing.T) {
	w := newWorld(t)
	s := w.state()
	before, after := w.at(s, s).ByMember(), w.at(s, w.object(s, "liar")).ByMember()
	for id, p := range before {
		if !reflect.DeepEqual(p, after[id]) {
			t.Errorf("somebody else's objection changes the passages of %s", id)
		}
	}
}

func TestAnUnknownPurposeGetsNothing(t *testing.T) {
	w := newWorld(t)
	s := w.state()
	r, err := w.view.At(t.Context(), "advertise", s, s)
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Passages) > 0 {
		t.Errorf("%d passages for a purpose that no rule knows", len(r.Passages))
	}
}
