package dataset_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"licet"
	"licet/corpus/dataset"
)

func readme(t *testing.T, rows []dataset.Row, c dataset.Card) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "out")
	w, err := dataset.New(dir, dataset.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		if err := w.Add(r); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := w.Close(c); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(filepath.Join(dir, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// TestNoMembersTextOnTheCard: whichever field of a row holds words of a member,
// also one that should hold a label.
func TestNoMembersTextOnTheCard(t *testing.T) {
	const words = "Brunhilde"
	r := story()[0]
	r.Text, r.Kind, r.Role, r.Language = words+" wrote", licet.Kind(words), licet.Role(words), words
	r.Member, r.Record, r.Others, r.AlsoSaidBy = licet.MemberID(words), licet.RecordID(words), []licet.MemberID{words}, []licet.MemberID{words}
	r.Cuts = map[string]int{words + " Street 4": 2}
	c := card()
	c.LeftOut = map[string]int{words + "'s reason": 3}
	page := readme(t, []dataset.Row{r}, c)
	if strings.Contains(strings.ToLower(page), strings.ToLower(words)) {
		t.Errorf("the card has a member's words:\n%s", page)
	}
	for _, want := range []string{"| other | 1 | 15 |", "| other | 2 |", "| other | 3 |"} {
		if !strings.Contains(page, want) {
			t.Errorf("the card has no line %q:\n%s", want, page)
		}
	}
}

// TestTheFrontMatterHolds: whatever the operator writes stays inside its value.
func TestTheFrontMatterHolds(t *testing.T) {
	c := card()
	c.Title = "Words: \"a\"\n---\nlicense: mit # '"
	page := readme(t, story(), c)
	_, rest, _ := strings.Cut(page, "---\n")
	head, _, ok := strings.Cut(rest, "\n---\n\n# ")
	if !ok {
		t.Fatalf("no front matter:\n%s", page)
	}
	var got map[string]any
	if err := yaml.Unmarshal([]byte(head), &got); err != nil {
		t.Fatal(err)
	}
	if got["pretty_name"] != `Words: "a" --- license: mit # '` || got["license"] != "other" {
		t.Errorf("the front matter is read as %v", got)
	}
}

func TestACardSaysWhatItMust(t *testing.T) {
	for _, c := range []struct {
		missing string
		spin    func(*dataset.Card)
	}{
		{"basis", func(c *dataset.Card) { c.Basis = " " }},
		{"notice", func(c *dataset.Card) { c.Notice = "" }},
		{"contact", func(c *dataset.Card) { c.Contact = "" }},
		{"purpose", func(c *dataset.Card) { c.Purpose = "" }},
		{"licence", func(c *dataset.Card) { c.LicenseName = "" }},
	} {
		parent := t.TempDir()
		w, err := dataset.New(filepath.Join(parent, "out"), dataset.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Add(story()[0]); err != nil {
			t.Fatal(err)
		}
		bad := card()
		c.spin(&bad)
		if _, err := w.Close(bad); err == nil || !strings.Contains(err.Error(), "names no "+c.missing) {
			t.Errorf("without a %s: %v", c.missing, err)
		}
		if left, _ := os.ReadDir(parent); len(left) > 0 {
			t.Errorf("without a %s, %v is left", c.missing, left)
		}
	}
}
