package redact_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"licet/view/redact"
)

// marked parts a line with [[label|what]] into its text and the spans.
func marked(t *testing.T, line string) (string, []redact.Span) {
	t.Helper()
	var b strings.Builder
	var spans []redact.Span
	for {
		before, rest, ok := strings.Cut(line, "[[")
		b.WriteString(strings.ReplaceAll(before, `\n`, "\n"))
		if !ok {
			return b.String(), spans
		}
		inside, after, ok := strings.Cut(rest, "]]")
		label, what, bar := strings.Cut(inside, "|")
		if !ok || !bar {
			t.Fatalf("a mark is not closed in %q", line)
		}
		spans = append(spans, redact.Span{Start: b.Len(), End: b.Len() + len(what), Label: redact.Label(label)})
		b.WriteString(what)
		line = after
	}
}

// TestFrenchProse holds passwords, dates of birth and pay to texts that were written to
// look at (docs/splits.md has the halves that count): found where predicted spans cover
// them, right where a predicted span touches one.
func TestFrenchProse(t *testing.T) {
	data, err := os.ReadFile(filepath.Join("testdata", "french-prose.txt"))
	if err != nil {
		t.Fatal(err)
	}
	type count struct{ gold, found, predicted, right int }
	counts := map[redact.Label]*count{redact.LabelSecret: {}, redact.LabelBirthDate: {}, redact.LabelSalary: {}}
	for line := range strings.Lines(string(data)) {
		line = strings.TrimSuffix(line, "\n")
		if strings.HasPrefix(line, "# ") || line == "" {
			continue
		}
		text, gold := marked(t, line)
		spans := redact.Find(text, redact.Context{Region: "FR"})
		for _, g := range gold {
			covered := false
			for _, s := range spans {
				covered = covered || s.Label == g.Label && s.Start <= g.Start && s.End >= g.End
			}
			counts[g.Label].gold++
			if covered {
				counts[g.Label].found++
			} else {
				t.Logf("missed: %s", line)
			}
		}
		for _, s := range spans {
			c := counts[s.Label]
			if c == nil {
				continue
			}
			c.predicted++
			right := false
			for _, g := range gold {
				right = right || g.Label == s.Label && g.Start < s.End && s.Start < g.End
			}
			if right {
				c.right++
			} else {
				t.Logf("wrong: %s %q in %s", s.Label, text[s.Start:s.End], line)
			}
		}
	}
	for label, c := range counts {
		recall, precision := float64(c.found)/float64(c.gold), float64(c.right)/float64(max(1, c.predicted))
		t.Logf("%s: %d, recall %.3f, precision %.3f", label, c.gold, recall, precision)
		if recall < .95 || precision < .95 {
			t.Errorf("%s: recall %.3f and precision %.3f of %d, want .95 and .95", label, recall, precision, c.gold)
		}
	}
}
