// Package score scores package langid on sets of texts whose language is
// known.
package score

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"licet/internal/split"
	"licet/view/langid"
)

// A Kind of text is scored apart and has a floor of its own.
type Kind struct {
	Name  string  // the folder of lingua_testdata
	Floor float64 // least share of right answers, over the four languages
}

// Kinds returns the kinds of text that are scored. The floors were set before
// the recogniser was written.
func Kinds() []Kind { return []Kind{{"sentences", .99}, {"word-pairs", .93}} }

// A Row counts the answers for texts of one kind in one language.
type Row struct {
	Kind     string
	Language langid.Language
	Texts    int
	Right    int
	// Other and Undetermined are answers that name none of the four languages.
	Other, Undetermined int
}

// Share is the share of right answers, 0 to 1.
func (r Row) Share() float64 { return float64(r.Right) / float64(max(1, r.Texts)) }

// Score asks for the language of each line of lingua_testdata, which lies at
// dir, in the half that is scored on or in the half to look at; see
// docs/splits.md. There is a row for each kind and language.
func Score(m *langid.Model, dir string, scored bool) ([]Row, error) {
	var rows []Row
	for _, k := range Kinds() {
		for _, lang := range langid.Languages() {
			r := Row{Kind: k.Name, Language: lang}
			file := filepath.Join(dir, k.Name, string(lang)+".txt")
			err := lines(file, func(text string) {
				if split.Scored("lingua_testdata", text) == scored {
					r.add(m, text)
				}
			})
			if err != nil {
				return nil, fmt.Errorf("score %s in %s: %w", k.Name, lang, err)
			}
			rows = append(rows, r)
		}
	}
	return rows, nil
}

func (r *Row) add(m *langid.Model, text string) {
	r.Texts++
	got, _ := m.Detect(text)
	if got == r.Language {
		r.Right++
	}
	if got == langid.Other {
		r.Other++
	}
	if got == langid.Undetermined {
		r.Undetermined++
	}
}

// lines calls each with every line of a file that is not empty, without the
// white space at its ends.
func lines(file string, each func(text string)) error {
	f, err := os.Open(file) //nolint:gosec // a data set that the caller names
	if err != nil {
		return err
	}
	defer f.Close() //nolint:errcheck // only read
	s := bufio.NewScanner(f)
	s.Buffer(nil, 1<<20)
	for s.Scan() {
		if text := strings.TrimSpace(s.Text()); text != "" {
			each(text)
		}
	}
	return s.Err()
}

// Total adds up the rows of one kind.
func Total(rows []Row, kind string) Row {
	t := Row{Kind: kind}
	for _, r := range rows {
		if r.Kind == kind {
			t.Texts += r.Texts
			t.Right += r.Right
			t.Other += r.Other
			t.Undetermined += r.Undetermined
		}
	}
	return t
}

// Write prints rows as a table in Markdown, each kind's total with its floor.
func Write(w io.Writer, rows []Row) error {
	var b strings.Builder
	b.WriteString("| kind | language | texts | right | share | floor |\n|---|---|--:|--:|--:|--:|\n")
	for _, k := range Kinds() {
		for _, r := range rows {
			if r.Kind == k.Name {
				fmt.Fprintf(&b, "| %s | %s | %d | %d | %.2f %% | |\n", r.Kind, r.Language, r.Texts, r.Right, 100*r.Share())
			}
		}
		t := Total(rows, k.Name)
		fmt.Fprintf(&b, "| %s | all four | %d | %d | %.2f %% | %.0f %% |\n", t.Kind, t.Texts, t.Right, 100*t.Share(), 100*k.Floor)
	}
	if _, err := io.WriteString(w, b.String()); err != nil {
		return fmt.Errorf("write the scores: %w", err)
	}
	return nil
}
