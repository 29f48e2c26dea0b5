package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	near "licet/corpus/neardup/score"
	"licet/view"
	"licet/view/langid"
	languages "licet/view/langid/score"
	"licet/view/own"
	"licet/view/quality"
	posts "licet/view/quality/score"
	"licet/view/redact"
	redactions "licet/view/redact/score"
)

// errBelow says that a figure is below its floor.
var errBelow = errors.New("below the floors")

func (c *command) benchRedactCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "redact",
		Short: "Precision and recall of redaction on the scoring halves of three labelled sets",
		Args:  exactly(0, "no argument but flags"),
		RunE:  func(*cobra.Command, []string) error { return c.benchRedact() },
	}
}

// A floor is what a label has to reach.
type floor struct{ recall, precision float64 }

// The floors of redaction, by set.
var redactFloors = map[string]map[redact.Label]floor{
	"presidio_research": {
		redact.LabelEmail: {.98, .98}, redact.LabelURL: {.98, .98}, redact.LabelCard: {.98, .98}, redact.LabelIBAN: {.98, .98},
		redact.LabelNationalID: {.98, .98}, redact.LabelIP: {.98, .98}, redact.LabelPhone: {.95, .95}, redact.LabelName: {.85, .85},
	},
	"wnut17": {redact.LabelName: {.55, .55}},
	"french": {},
}

// redactTogether is the F1 that all labels of presidio_research reach together.
const redactTogether = .90

func (c *command) benchRedact() error {
	presidio, err := c.shared("presidio_research")
	if err != nil {
		return err
	}
	wnut, err := c.shared("wnut17")
	if err != nil {
		return err
	}
	persons, err := view.Persons()
	if err != nil {
		return err
	}
	var below []string
	for _, open := range []func() (redactions.Set, error){
		func() (redactions.Set, error) { return redactions.Presidio(presidio) },
		func() (redactions.Set, error) { return redactions.Wnut(wnut) },
		redactions.French,
	} {
		set, err := open()
		if err != nil {
			return err
		}
		below = append(below, c.sayRedactions(set, persons)...)
	}
	if len(below) > 0 {
		return fmt.Errorf("%w: %s", errBelow, strings.Join(below, "; "))
	}
	return nil
}

func (c *command) sayRedactions(set redactions.Set, persons func(string, []redact.Span) []redact.Span) (below []string) {
	region := ""
	if set.Name == "french" {
		region = "FR"
	}
	rows := set.Half(true, func(text string) []redact.Span {
		return redact.Find(text, redact.Context{Region: region, Persons: persons})
	})
	c.say("%s, scoring half:", set.Name)
	c.say("| label | items | recall | precision | F1 | F1, equal spans |")
	c.say("|---|---|---|---|---|---|")
	for i, r := range rows {
		name := string(r.Label)
		if i == len(rows)-1 {
			name = "together"
			if set.Name == "presidio_research" && r.F1() < redactTogether {
				below = append(below, fmt.Sprintf("%s together: F1 %.3f, want %.2f", set.Name, r.F1(), redactTogether))
			}
		}
		c.say("| %s | %d | %.3f | %.3f | %.3f | %.3f |", name, r.Items, r.Recall(), r.Precision(), r.F1(), r.Exact())
		if f, ok := redactFloors[set.Name][r.Label]; ok && i < len(rows)-1 && (r.Recall() < f.recall || r.Precision() < f.precision) {
			below = append(below, fmt.Sprintf("%s %s: recall %.3f, precision %.3f, want %.2f and %.2f", set.Name, name, r.Recall(), r.Precision(), f.recall, f.precision))
		}
	}
	return below
}

func (c *command) benchNeardupCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "neardup",
		Short: "Recall of near-duplicates by similarity, on pairs planted in real texts",
		Args:  exactly(0, "no argument but flags"),
		RunE: func(*cobra.Command, []string) error {
			dir, err := c.shared("digitalgov")
			if err != nil {
				return err
			}
			texts, err := paragraphs(filepath.Join(dir, "content", "news"))
			if err != nil {
				return err
			}
			const planted, seed = 6000, 1
			t := near.Pairs(near.Plant(texts, planted, seed))
			c.say("%s", t.String())
			if err := t.Check(); err != nil {
				return fmt.Errorf("%w: %w", errBelow, err)
			}
			return nil
		},
	}
}

// paragraphs are those of the Markdown files below a folder that have enough words to
// be edited.
func paragraphs(dir string) (out []string, err error) {
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".md" {
			return err
		}
		data, err := os.ReadFile(path) //nolint:gosec // a file of the folder that was named
		if err != nil {
			return err
		}
		for part := range bytes.SplitSeq(data, []byte("\n\n")) {
			if n := len(bytes.Fields(part)); n >= 12 && n <= 120 && part[0] != '-' && part[0] != '{' {
				out = append(out, string(part))
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read texts: %w", err)
	}
	return out, nil
}

func (c *command) benchLangidCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "langid",
		Short: "How often the language of a text is known, on the scoring half of lingua_testdata",
		Args:  exactly(0, "no argument but flags"),
		RunE: func(*cobra.Command, []string) error {
			dir, err := c.shared("lingua_testdata")
			if err != nil {
				return err
			}
			m, err := langid.Load()
			if err != nil {
				return err
			}
			rows, err := languages.Score(m, dir, true)
			if err != nil {
				return err
			}
			if err := languages.Write(c.Out, rows); err != nil {
				return err
			}
			for _, k := range languages.Kinds() {
				if r := languages.Total(rows, k.Name); r.Share() < k.Floor {
					return fmt.Errorf("%w: %s: %.4f, want %.2f", errBelow, k.Name, r.Share(), k.Floor)
				}
			}
			return nil
		},
	}
}

func (c *command) benchQualityCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "quality",
		Short: "What the rules for short text keep of 300 real posts that a reader has judged",
		Args:  exactly(0, "no argument but flags"),
		RunE: func(*cobra.Command, []string) error {
			dir, err := c.shared("digitalgov")
			if err != nil {
				return err
			}
			posts, err := posts.Load(filepath.Dir(dir))
			if err != nil {
				return err
			}
			return c.sayQuality(posts)
		},
	}
}

// keptFloor is the share of the posts to keep that is kept.
const keptFloor = .95

func (c *command) sayQuality(list []posts.Post) error {
	plain := func(text string) string {
		text, _ = own.Words(text)
		text, _ = redact.Text(text, redact.Context{})
		return text
	}
	t := posts.Half(list, true, true, plain, quality.Judge)
	c.say("| a reader's reason | posts | dropped |")
	c.say("|---|---|---|")
	for _, r := range t {
		reason := r.Reason
		if reason == "" {
			reason = "(keep)"
		}
		c.say("| %s | %d | %d |", reason, r.Posts, r.Dropped)
	}
	kept, of := t.Kept()
	dropped, bad := t.Dropped()
	c.say("Of the drawn posts in the scoring half, %d of %d to keep are kept, %d of %d to drop are dropped.", kept, of, dropped, bad)
	if float64(kept) < keptFloor*float64(of) {
		return fmt.Errorf("%w: %d of %d kept, want %.0f %%", errBelow, kept, of, 100*keptFloor)
	}
	return nil
}
