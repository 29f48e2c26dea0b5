package score_test

import (
	"strings"
	"testing"

	"licet/internal/testshared"
	"licet/view/redact"
	"licet/view/redact/score"
)

func find(text string) []redact.Span { return redact.Find(text, redact.Context{}) }

// TestTheFloors holds redaction to what it reached on the half of
// presidio_research of which nobody read a text; names are for a model of names.
func TestTheFloors(t *testing.T) {
	set, err := score.Presidio(testshared.Dir(t, "presidio_research"))
	if err != nil {
		t.Fatal(err)
	}
	type floor struct{ recall, precision float64 }
	floors := map[redact.Label]floor{
		redact.LabelCard: {.98, .98}, redact.LabelEmail: {.98, .98}, redact.LabelURL: {.98, .98}, redact.LabelIBAN: {.98, .98},
		redact.LabelIP: {.98, .98}, redact.LabelNationalID: {.98, .98}, redact.LabelPhone: {.95, .95}, redact.LabelAddress: {.80, .98},
	}
	for _, row := range set.Half(true, find) {
		f, ok := floors[row.Label]
		t.Logf("%-12s %4d items: recall %.3f, precision %.3f, F1 %.3f, exact %.3f", row.Label, row.Items, row.Recall(), row.Precision(), row.F1(), row.Exact())
		if ok && (row.Items == 0 || row.Recall() < f.recall || row.Precision() < f.precision) {
			t.Errorf("%s: recall %.3f, precision %.3f of %d items, want %.2f and %.2f", row.Label, row.Recall(), row.Precision(), row.Items, f.recall, f.precision)
		}
	}
}

func TestHowSpansAreCounted(t *testing.T) {
	const set = `{"id":"f001","text":"Zoe, 12 Elm Street.","spans":[{"start":0,"end":3,"label":"person"},{"start":5,"end":19,"label":"address"}]}
{"id":"f003","text":"a@example.org","spans":[]}
`
	s, err := score.Lines("french", strings.NewReader(set))
	if err != nil {
		t.Fatal(err)
	}
	for i := range s.Items {
		s.Items[i].Scored = true
	}
	all := func(spans ...redact.Span) score.Row {
		rows := s.Half(true, func(text string) []redact.Span {
			if text[0] == 'Z' {
				return spans
			}
			return nil
		})
		return rows[len(rows)-1]
	}
	for _, c := range []struct {
		what  string
		spans []redact.Span
		want  score.Row
	}{
		{"nothing", nil, score.Row{Items: 2}},
		{"without the full stop", []redact.Span{{Start: 5, End: 18, Label: redact.LabelAddress}}, score.Row{Items: 2, Found: 1, Predicted: 1, Right: 1}},
		{"exactly", []redact.Span{{Start: 5, End: 19, Label: redact.LabelAddress}}, score.Row{Items: 2, Found: 1, Predicted: 1, Right: 1, Hit: 1}},
		{"in two parts", []redact.Span{{Start: 5, End: 7, Label: redact.LabelAddress}, {Start: 8, End: 18, Label: redact.LabelAddress}}, score.Row{Items: 2, Found: 1, Predicted: 2, Right: 2}},
		{"a part alone", []redact.Span{{Start: 8, End: 18, Label: redact.LabelAddress}}, score.Row{Items: 2, Predicted: 1, Right: 1}},
		{"another label", []redact.Span{{Start: 5, End: 19, Label: redact.LabelPhone}}, score.Row{Items: 2, Predicted: 1}},
		{"a label that is not looked for", []redact.Span{{Start: 0, End: 3, Label: redact.LabelHandle}}, score.Row{Items: 2}},
	} {
		if got := all(c.spans...); got != c.want {
			t.Errorf("%s: got %+v, want %+v", c.what, got, c.want)
		}
	}
}

func TestWhatIsNoSetIsRefused(t *testing.T) {
	for _, line := range []string{
		`{`, `{"id":"x","text":"a","spans":[{"start":0,"end":2,"label":"person"}]}`, `{"id":"x","text":"a","spans":[{"start":0,"end":1,"label":"shoe"}]}`,
		`{"id":"x","text":"é","spans":[{"start":1,"end":2,"label":"person"}]}`,
	} {
		if _, err := score.Lines("french", strings.NewReader(line)); err == nil {
			t.Errorf("%s is taken for a set", line)
		}
	}
	if _, err := score.Presidio(t.TempDir()); err == nil {
		t.Error("an empty folder is taken for a set")
	}
}

func TestTheSetsAreParted(t *testing.T) {
	presidio, err := score.Presidio(testshared.Dir(t, "presidio_research"))
	if err != nil {
		t.Fatal(err)
	}
	wnut, err := score.Wnut(testshared.Dir(t, "wnut17"))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		set        score.Set
		look, kept int
	}{{presidio, 753, 747}, {wnut, 485, 524}} {
		look := 0
		for _, item := range c.set.Items {
			if !item.Scored {
				look++
			}
		}
		if look != c.look || len(c.set.Items)-look != c.kept {
			t.Errorf("%s: %d to look at and %d to score on, want %d and %d", c.set.Name, look, len(c.set.Items)-look, c.look, c.kept)
		}
	}
}
