package score

import (
	"bufio"
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"licet/internal/split"
	"licet/view/redact"
)

// presidio are the labels of that set which Licet redacts. The others
// (organisations, places, times, ages, titles, nationalities) are kept.
var presidio = map[string]redact.Label{
	"PERSON": redact.LabelName, "EMAIL_ADDRESS": redact.LabelEmail, "PHONE_NUMBER": redact.LabelPhone, "CREDIT_CARD": redact.LabelCard,
	"IBAN_CODE": redact.LabelIBAN, "US_SSN": redact.LabelNationalID, "IP_ADDRESS": redact.LabelIP, "DOMAIN_NAME": redact.LabelURL,
	"URL": redact.LabelURL, "STREET_ADDRESS": redact.LabelAddress,
}

// Presidio reads the set of presidio-research from its folder.
func Presidio(dir string) (Set, error) {
	s := Set{Name: "presidio_research", Labels: []redact.Label{
		redact.LabelName, redact.LabelAddress, redact.LabelCard, redact.LabelPhone, redact.LabelURL, redact.LabelEmail, redact.LabelIBAN,
		redact.LabelNationalID, redact.LabelIP,
	}}
	data, err := os.ReadFile(filepath.Join(dir, "synth_dataset_v2.json")) //nolint:gosec // the caller names the folder
	if err != nil {
		return s, fmt.Errorf("read presidio_research: %w", err)
	}
	var in []struct {
		Text     string `json:"full_text"`
		Template int    `json:"template_id"`
		Spans    []struct {
			Type  string `json:"entity_type"`
			Start int    `json:"start_position"` // in characters
			End   int    `json:"end_position"`
		}
	}
	if err := json.Unmarshal(data, &in); err != nil {
		return s, fmt.Errorf("read presidio_research: %w", err)
	}
	for _, t := range in {
		item := Item{Text: t.Text, Scored: split.ScoredN(s.Name, t.Template)}
		offsets := make([]int, 0, len(t.Text)+1)
		for i := range t.Text {
			offsets = append(offsets, i)
		}
		offsets = append(offsets, len(t.Text))
		for _, g := range t.Spans {
			if l, ok := presidio[g.Type]; ok && g.Start >= 0 && g.Start < g.End && g.End < len(offsets) {
				item.Gold = append(item.Gold, redact.Span{Start: offsets[g.Start], End: offsets[g.End], Label: l})
			}
		}
		s.Items = append(s.Items, item.sorted())
	}
	return s, nil
}

func (it Item) sorted() Item {
	slices.SortFunc(it.Gold, func(a, b redact.Span) int { return a.Start - b.Start })
	return it
}

// Wnut reads the development file of WNUT17 from its folder: posts and the
// people in them.
func Wnut(dir string) (Set, error) {
	s := Set{Name: "wnut17", Labels: []redact.Label{redact.LabelName}}
	data, err := os.ReadFile(filepath.Join(dir, "emerging.dev.conll")) //nolint:gosec // the caller names the folder
	if err != nil {
		return s, fmt.Errorf("read wnut17: %w", err)
	}
	for post := range strings.SplitSeq(strings.ReplaceAll(string(data), "\r\n", "\n"), "\n\n") {
		var item Item
		open := false // a person's name goes on
		for line := range strings.SplitSeq(post, "\n") {
			word, tag, ok := strings.Cut(line, "\t")
			if !ok {
				continue
			}
			if item.Text != "" {
				item.Text += " "
			}
			start := len(item.Text)
			item.Text += word
			switch tag = strings.TrimSpace(tag); {
			case tag == "I-person" && open:
				item.Gold[len(item.Gold)-1].End = len(item.Text)
			case strings.HasSuffix(tag, "-person"):
				item.Gold = append(item.Gold, redact.Span{Start: start, End: len(item.Text), Label: redact.LabelName})
				open = true
			default:
				open = false
			}
		}
		if item.Text != "" {
			item.Scored = split.Scored(s.Name, item.Text)
			s.Items = append(s.Items, item)
		}
	}
	return s, nil
}

// Lines reads a set of one JSON object a line: {"id", "text", "spans": [{"start",
// "end", "label"}]}, with offsets in bytes. name is what the set is split by.
func Lines(name string, r io.Reader) (Set, error) {
	s := Set{Name: name, Labels: []redact.Label{
		redact.LabelName, redact.LabelEmail, redact.LabelPhone, redact.LabelCard, redact.LabelIBAN, redact.LabelNationalID, redact.LabelIP,
		redact.LabelURL, redact.LabelAddress, redact.LabelBirthDate, redact.LabelSalary, redact.LabelSecret,
	}}
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 1<<20)
	for n := 1; lines.Scan(); n++ {
		if len(bytes.TrimSpace(lines.Bytes())) == 0 {
			continue
		}
		var in struct {
			ID, Text string
			Spans    []struct {
				Start, End int
				Label      string
			}
		}
		if err := json.Unmarshal(lines.Bytes(), &in); err != nil {
			return s, fmt.Errorf("set %s, line %d: %w", name, n, err)
		}
		item := Item{Text: in.Text, Scored: split.Scored(name, in.ID)}
		for _, g := range in.Spans {
			l := redact.Label(g.Label)
			if l == "person" {
				l = redact.LabelName
			}
			if g.Start < 0 || g.Start >= g.End || g.End > len(in.Text) || !slices.Contains(s.Labels, l) || !utf8.RuneStart(in.Text[g.Start]) {
				return s, fmt.Errorf("set %s, line %d: a span from %d to %d, %q, is none of the text", name, n, g.Start, g.End, g.Label)
			}
			item.Gold = append(item.Gold, redact.Span{Start: g.Start, End: g.End, Label: l})
		}
		s.Items = append(s.Items, item.sorted())
	}
	if err := lines.Err(); err != nil {
		return s, fmt.Errorf("set %s: %w", name, err)
	}
	return s, nil
}

//go:embed testdata/french.jsonl
var french []byte

// French returns the texts in French that the project wrote and labelled itself
// (testdata/README.md).
func French() (Set, error) { return Lines("french", bytes.NewReader(french)) }
