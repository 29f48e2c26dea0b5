package person_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"licet/internal/split"
	"licet/internal/testshared"
	"licet/view/redact/person"
)

// A labelled text has the byte ranges of the names in it.
type labelled struct {
	text   string
	names  [][2]int
	scored bool
}

// A score counts names and findings. A name is found if the findings cover it
// wholly; a finding is right if it overlaps a name, exact if it is one.
type score struct{ names, found, findings, right, exact int }

func (s *score) add(gold, got [][2]int) {
	s.names += len(gold)
	s.findings += len(got)
	for _, g := range gold {
		at := g[0]
		for _, p := range got {
			if p[0] <= at && p[1] > at {
				at = p[1]
			}
			if p == g {
				s.exact++
			}
		}
		if at >= g[1] {
			s.found++
		}
	}
	for _, p := range got {
		for _, g := range gold {
			if p[0] < g[1] && g[0] < p[1] {
				s.right++
				break
			}
		}
	}
}

func ratio(a, b int) float64 { return float64(a) / float64(max(b, 1)) }

func (s *score) recall() float64    { return ratio(s.found, s.names) }
func (s *score) precision() float64 { return ratio(s.right, s.findings) }

// exactF is the F-measure where only the very range counts.
func (s *score) exactF() float64 { return ratio(2*s.exact, s.names+s.findings) }

func scoreOf(m *person.Model, texts []labelled, scored bool) score {
	var s score
	for _, x := range texts {
		if x.scored == scored {
			s.add(x.names, m.Find(x.text))
		}
	}
	return s
}

func presidio(tb testing.TB) []labelled {
	tb.Helper()
	raw, err := os.ReadFile(filepath.Join(testshared.Dir(tb, "presidio_research"), "synth_dataset_v2.json"))
	if err != nil {
		tb.Fatal(err)
	}
	var texts []struct {
		Text     string `json:"full_text"`
		Template int    `json:"template_id"`
		Spans    []struct {
			Type  string `json:"entity_type"`
			Start int    `json:"start_position"`
			End   int    `json:"end_position"`
		}
	}
	if err := json.Unmarshal(raw, &texts); err != nil {
		tb.Fatal(err)
	}
	var out []labelled
	for _, x := range texts {
		l := labelled{text: x.Text, scored: split.ScoredN("presidio_research", x.Template)}
		at := offsets(x.Text) // the set counts characters
		for _, v := range slices.Backward(x.Spans) {
			if s := v; s.Type == "PERSON" {
				l.names = append(l.names, [2]int{at[s.Start], at[s.End]})
			}
		}
		out = append(out, l)
	}
	return out
}

// offsets gives the byte at which each character begins, and where the last one ends.
func offsets(text string) []int {
	var at []int
	for i := range text {
		at = append(at, i)
	}
	return append(at, len(text))
}

func wnut(tb testing.TB) []labelled {
	tb.Helper()
	raw, err := os.ReadFile(filepath.Join(testshared.Dir(tb, "wnut17"), "emerging.dev.conll"))
	if err != nil {
		tb.Fatal(err)
	}
	var out []labelled
	for post := range strings.SplitSeq(strings.ReplaceAll(string(raw), "\t\n", "\n"), "\n\n") {
		var l labelled
		for line := range strings.Lines(post) {
			word, tag, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
			if word == "" {
				continue
			}
			if l.text != "" {
				l.text += " "
			}
			at := [2]int{len(l.text), len(l.text) + len(word)}
			l.text += word
			switch tag {
			case "B-person":
				l.names = append(l.names, at)
			case "I-person":
				l.names[len(l.names)-1][1] = at[1]
			}
		}
		if l.text != "" {
			l.scored = split.Scored("wnut17", l.text)
			out = append(out, l)
		}
	}
	return out
}

// own are the sentences of a file that were written while the model was made.
func own(tb testing.TB, file string) []labelled {
	tb.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", file))
	if err != nil {
		tb.Fatal(err)
	}
	var out []labelled
	for line := range strings.Lines(string(raw)) {
		line = strings.ReplaceAll(strings.TrimSuffix(line, "\n"), `\n`, "\n")
		if strings.HasPrefix(line, "# ") {
			continue
		}
		text, names := marked(line)
		out = append(out, labelled{text: text, names: names})
	}
	return out
}
