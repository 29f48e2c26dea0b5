package app_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/goccy/go-yaml"

	"licet"
	"licet/app"
	"licet/internal/quayside"
	"licet/internal/testshared"
	"licet/policy"
	"licet/source/jsonl"
)

// exchange writes lines of the exchange format.
type exchange struct {
	t *testing.T
	bytes.Buffer
}

func newExchange(t *testing.T, platform string) *exchange {
	t.Helper()
	e := &exchange{t: t}
	e.line(map[string]any{"type": "exchange", "version": 1, "platform": platform})
	return e
}

func (e *exchange) line(v any) {
	e.t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		e.t.Fatal(err)
	}
	e.Write(append(data, '\n'))
}

func (e *exchange) into(a *app.App) {
	e.t.Helper()
	if _, err := a.Import(e.t.Context(), jsonl.FS(fstest.MapFS{"in": {Data: e.Bytes()}}, "in")); err != nil {
		e.t.Fatal(err)
	}
}

func empty(t *testing.T, cfg app.Config, s app.Settings) *app.App {
	t.Helper()
	a, err := app.Create(t.Context(), cfg, s)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	})
	return a
}

// legislator is what the test reads of one.
type legislator struct {
	ID   struct{ Bioguide string }
	Name struct{ First, Last string }
	Bio  struct{ Birthday string }

	Terms []struct{ Type, Start, End, State string }
}

func legislators(t *testing.T, file string) []legislator {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(testshared.Dir(t, "congress_legislators"), file))
	if err != nil {
		t.Fatal(err)
	}
	var out []legislator
	if err := yaml.Unmarshal(data, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// snapshot writes one dated snapshot, with deletions of who was in the one before it.
func snapshot(t *testing.T, now []legislator, before map[string]bool) (*exchange, map[string]bool) {
	t.Helper()
	e, here := newExchange(t, "congress"), map[string]bool{}
	for _, l := range now {
		id := l.ID.Bioguide
		here[id] = true
		last := l.Terms[len(l.Terms)-1]
		e.line(map[string]any{"type": "member", "id": id, "name": l.Name.First + " " + l.Name.Last, "country": "US", "region": "US-" + last.State, "birth_date": l.Bio.Birthday})
		e.line(map[string]any{
			"type": "record", "id": id + "/position", "member": id, "kind": "position", "title": last.Type, "employer": "the Congress",
			"text": "Since " + last.Start, "created": last.Start + "T00:00:00Z",
		})
	}
	for id := range before {
		if !here[id] {
			e.line(map[string]any{"type": "delete", "member": id})
		}
	}
	return e, here
}

// TestFourSnapshotsOfAParliament replays joins, leaves and edits of real people.
// After each, the standings are those of a clean fold of the log; after the
// last, those of an installation that has seen nothing else.
func TestFourSnapshotsOfAParliament(t *testing.T) {
	ctx := t.Context()
	a := empty(t, quayside.Config(t.TempDir()), quayside.Settings(3))
	var here map[string]bool
	var last *exchange
	for i, file := range []string{"legislators-current.2019-03-01.yaml", "legislators-current.2023-03-01.yaml", "legislators-current.2025-03-01.yaml", "legislators-current.yaml"} {
		before := here
		last, here = snapshot(t, legislators(t, file), here)
		last.into(a)
		state, err := a.Ledger().StateNow(ctx)
		if err != nil {
			t.Fatal(err)
		}
		fresh := licet.NewFolder(licet.State{})
		for e, err := range a.Ledger().Events(ctx, 0, state.Next) {
			if err != nil {
				t.Fatal(err)
			}
			if err := fresh.Fold(e); err != nil {
				t.Fatal(err)
			}
		}
		if !reflect.DeepEqual(fresh.State(), state) {
			t.Fatalf("snapshot %d: the standings are not those of a clean fold", i+1)
		}
		living, left := 0, 0
		for _, s := range state.Members {
			if s.Erased {
				left++
			} else {
				living++
			}
		}
		gone := 0
		for id := range before {
			if !here[id] {
				gone++
			}
		}
		if living != len(here) || i > 0 && (gone == 0 || left < gone) {
			t.Errorf("snapshot %d: %d members, %d erased; want %d, and at least %d", i+1, living, left, len(here), gone)
		}
	}
	clean(t, a)
	cfg := quayside.Config(t.TempDir())
	cfg.CarryOver = &app.CarryOver{Community: a.Keys().Community(), Directory: []byte("[]")}
	b := empty(t, cfg, quayside.Settings(3))
	e, _ := snapshot(t, legislators(t, "legislators-current.yaml"), nil)
	e.into(b)
	if x, y := facts(t, a), facts(t, b); !maps.Equal(x, y) {
		t.Errorf("%d members after four snapshots, %d after the last alone, or other facts", len(x), len(y))
	}
}

func facts(t *testing.T, a *app.App) map[licet.MemberID]licet.Facts {
	t.Helper()
	state, err := a.Ledger().StateNow(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	out := map[licet.MemberID]licet.Facts{}
	for id, s := range state.Members {
		if !s.Erased {
			out[id] = s.Facts
		}
	}
	return out
}

// TestAgesChangeOnTheDay moves real birthdays to the year in which they make
// somebody 18, and lets a year of days pass: each changes on its day, when it has
// begun everywhere on Earth (at noon UTC), and on no other. No event is needed for it.
func TestAgesChangeOnTheDay(t *testing.T) {
	ctx := t.Context()
	a := empty(t, quayside.Config(t.TempDir()), quayside.Settings(3))
	first := quayside.Start.Year() - 18
	people := legislators(t, "legislators-current.yaml")
	for i := range people {
		born, err := time.Parse(time.DateOnly, people[i].Bio.Birthday)
		if err != nil {
			t.Fatal(err)
		}
		year := first
		if born.YearDay() <= quayside.Start.YearDay() {
			year++ // in the twelve months to come
		}
		people[i].Bio.Birthday = fmt.Sprintf("%04d-%s", year, people[i].Bio.Birthday[5:])
		if strings.HasSuffix(people[i].Bio.Birthday, "-02-29") && year%4 != 0 {
			people[i].Bio.Birthday = fmt.Sprintf("%04d-03-01", year)
		}
	}
	e, _ := snapshot(t, people, nil)
	e.into(a)
	state, err := a.Ledger().StateNow(ctx)
	if err != nil {
		t.Fatal(err)
	}
	permitted := func(s licet.Standing, at time.Time) bool {
		return a.Policy().Decide(policy.Question{Purpose: licet.PurposeTrain, Standing: s, Kind: licet.KindPost, At: at}).Permit
	}
	start := time.Date(quayside.Start.Year(), quayside.Start.Month(), quayside.Start.Day(), 12, 0, 0, 0, time.UTC)
	changed := 0
	for _, s := range state.Members {
		for day := range 370 {
			at := start.AddDate(0, 0, day)
			// The 18th birthday as a calendar has it, written down another way.
			want := at.AddDate(-18, 0, 0).Format(time.DateOnly) >= s.Facts.BirthDate
			for _, moment := range []time.Time{at, at.Add(24*time.Hour - time.Millisecond)} {
				if got := permitted(s, moment); got != want {
					t.Fatalf("born %s, at %s: permitted %v", s.Facts.BirthDate, moment, got)
				}
			}
			if want && !permitted(s, at.Add(-time.Millisecond)) {
				changed++
			}
		}
	}
	if changed < len(people)*9/10 {
		t.Errorf("%d of %d came of age within the year: the test shows little", changed, len(people))
	}
	// The same in the installation: somebody's page changes at noon, without an event.
	ids := slices.SortedFunc(maps.Keys(state.Members), func(x, y licet.MemberID) int {
		return strings.Compare(state.Members[x].Facts.BirthDate+string(x), state.Members[y].Facts.BirthDate+string(y))
	})
	m := ids[len(ids)/8]
	birthday, err := time.Parse(time.DateOnly, state.Members[m].Facts.BirthDate)
	if err != nil {
		t.Fatal(err)
	}
	noon := birthday.AddDate(18, 0, 0).Add(12 * time.Hour)
	if _, err := a.Advance(noon.Add(-time.Second).Sub(a.Now())); err != nil {
		t.Fatal(err)
	}
	for _, want := range []int{0, 1} {
		lines, _, err := a.Explain(ctx, m, licet.PurposeTrain)
		if err != nil || len(lines) != 1 || lines[0].Used != want {
			t.Errorf("at %s: %+v, %v, want %d used", a.Now(), lines, err, want)
		}
		if _, err := a.Advance(time.Second); err != nil {
			t.Fatal(err)
		}
	}
}

// salaries reads the named salaries of five years, whose headers differ.
func salaries(t *testing.T, e *exchange) (records int) {
	t.Helper()
	dir := testshared.Dir(t, "white_house_salaries")
	seen := map[string]bool{}
	for year := 2009; year <= 2013; year++ {
		data, err := os.ReadFile(filepath.Join(dir, strconv.Itoa(year)+".csv"))
		if err != nil {
			t.Fatal(err)
		}
		r := csv.NewReader(bytes.NewReader(data))
		r.FieldsPerRecord, r.LazyQuotes = -1, true
		if _, err := r.Read(); err != nil { // the header
			t.Fatal(err)
		}
		for {
			row, err := r.Read()
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			if len(row) < 5 || strings.TrimSpace(row[0]) == "" {
				continue
			}
			id := strings.TrimSpace(row[0])
			if !seen[id] {
				seen[id] = true
				e.line(map[string]any{"type": "member", "id": id, "name": id, "country": "US", "birth_date": "1970-01-01"})
			}
			records++
			e.line(map[string]any{
				"type": "record", "id": fmt.Sprintf("%d/%d", year, records), "member": id, "kind": "salary", "text": strings.TrimSpace(row[2]) + " " + row[3],
				"title": row[4], "created": fmt.Sprintf("%d-07-01T00:00:00Z", year),
			})
		}
	}
	return records
}

var said = regexp.MustCompile(`^\[\d\d:\d\d\] <@?([^>\s@][^>\s]*)> (.*)$`)

// chat reads a real channel: each line a message to a group.
func chat(t *testing.T, e *exchange) (records int) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(testshared.Dir(t, "irc_disentanglement"), "data", "dev", "*.raw.txt"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	seen := map[string]bool{}
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(data)) {
			m := said.FindStringSubmatch(strings.ToValidUTF8(strings.TrimSpace(line), "?"))
			if m == nil {
				continue
			}
			if !seen[m[1]] {
				seen[m[1]] = true
				e.line(map[string]any{"type": "member", "id": m[1], "handles": []string{m[1]}, "country": "US", "birth_date": "1970-01-01"})
			}
			records++
			kind := "group_message"
			if records%2 == 0 {
				kind = "private_message"
			}
			e.line(map[string]any{
				"type": "record", "id": fmt.Sprint("line/", records), "member": m[1], "kind": kind, "text": m[2], "group": "#ubuntu", "created": "2008-01-01T00:00:00Z",
			})
		}
	}
	return records
}

// TestRealSalariesAndRealChatAreNeverUsed, whatever the switch says, under every
// preset; and the explanation names the rule.
func TestRealSalariesAndRealChatAreNeverUsed(t *testing.T) {
	ctx := t.Context()
	for _, preset := range policy.Presets() {
		s := quayside.Settings(3)
		s.Policy = preset
		a := empty(t, quayside.Config(t.TempDir()), s)
		pay, talk := newExchange(t, "payroll"), newExchange(t, "irc")
		salaries, messages := salaries(t, pay), chat(t, talk)
		pay.into(a)
		talk.into(a)
		state, err := a.Ledger().StateNow(ctx)
		if err != nil {
			t.Fatal(err)
		}
		yes := 0
		for _, m := range slices.Sorted(maps.Keys(state.Members)) {
			if yes++; yes > 40 {
				break
			}
			if _, err := a.Consent(ctx, m, licet.PurposeTrain, licet.Said{Channel: "test"}); err != nil {
				t.Fatal(err)
			}
		}
		if state, err = a.Ledger().StateNow(ctx); err != nil {
			t.Fatal(err)
		}
		for _, purpose := range []licet.Purpose{licet.PurposeTrain, licet.PurposeShare, licet.PurposeMatch, licet.PurposeSuggest, licet.PurposeVoice} {
			res, err := a.View().At(ctx, purpose, state, state)
			if err != nil {
				t.Fatal(err)
			}
			if len(res.Passages) != 0 || res.Excluded["never-sensitive"] != salaries || res.Excluded["never-messages"] != messages || salaries < 2000 || messages < 1000 {
				t.Errorf("%s, %s: %d passages; left out %v, want %d salaries and %d messages", preset, purpose, len(res.Passages), res.Excluded, salaries, messages)
			}
		}
		for ref, want := range map[string]string{"2009/1": "never-sensitive", "line/1": "never-messages", "line/2": "never-messages"} {
			explains(t, a, ref, want)
		}
	}
}

// explains finds the record of that id and checks that the explanation names a rule.
func explains(t *testing.T, a *app.App, ref, rule string) {
	t.Helper()
	for r, err := range a.Vault().All(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		if r.Ref != ref {
			continue
		}
		line, err := a.ExplainRecord(t.Context(), r.Member, ref, licet.PurposeTrain)
		if err != nil {
			t.Fatal(err)
		}
		if line.Decision.Permit || !slices.Contains(line.Decision.Rules, rule) || !slices.Contains(line.Reasons, rule) || line.Facts["kind"] != string(r.Kind) {
			t.Errorf("%s: %+v, want %s", ref, line, rule)
		}
		return
	}
	t.Fatalf("no record %s", ref)
}

// TestEveryExclusionIsExplained: on the village, the explanation of a record names the
// rule for each thing that is excluded whatever the switch says.
func TestEveryExclusionIsExplained(t *testing.T) {
	ctx := t.Context()
	for _, preset := range policy.Presets() {
		s := quayside.Settings(3)
		s.Policy = preset
		a := quayside.New(t, quayside.Config(t.TempDir()), s)
		bring(t, a,
			`{"type":"member","id":"nobody-knows","name":"Perpetua Oxlade","country":"FR"}`,
			`{"type":"record","id":"x-age","member":"nobody-knows","kind":"post","text":"We meet at eight.","created":"2025-11-03T10:00:00Z"}`,
			`{"type":"record","id":"x-group","member":"m02","kind":"post","group":"Syndicat des éclusiers","text":"We meet at six.","created":"2025-11-03T10:00:00Z"}`,
			`{"type":"record","id":"x-stated","member":"m02","kind":"post","group":"Tuesdays","special":"health","text":"We meet at seven.","created":"2025-11-03T10:00:00Z"}`)
		explains(t, a, "x-group", "never-special-group")
		explains(t, a, "x-stated", "never-special-group")
		found := map[string]bool{}
		want := []string{
			"never-messages", "never-sensitive", "never-special-group", "never-under-age", "never-unknown-age", "never-suspected-minor", "person-objected",
		}
		state, err := a.Ledger().StateNow(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := a.Object(ctx, quayside.Member(t, a, "m02"), licet.PurposeTrain, licet.Said{Channel: "test"}); err != nil {
			t.Fatal(err)
		}
		for id := range state.Members {
			lines, _, err := a.Explain(ctx, id, licet.PurposeTrain)
			if err != nil {
				t.Fatal(err)
			}
			for _, l := range lines {
				for _, reason := range l.Reasons {
					found[reason] = true
				}
			}
		}
		for _, rule := range want {
			if !found[rule] {
				t.Errorf("%s: no record of the village is left out by %s", preset, rule)
			}
		}
	}
}
