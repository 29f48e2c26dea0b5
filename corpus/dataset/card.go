package dataset

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"

	"licet"
)

// A Card is what the writer of a dataset says of it; the counts come from the rows.
// Its texts are the operator's: nothing that a member wrote belongs in them.
type Card struct {
	Title       string
	Community   string
	Purpose     licet.Purpose
	Basis       string // the lawful basis, in words
	Notice      string // what members were told, when and where, in words
	Contact     string // where somebody asks to be taken out
	License     string // a licence that the hub knows, or "other"
	LicenseName string // of a licence "other"
	LicenseLink string

	Seq     uint64         // the corpus is of the log up to this position
	Corpus  licet.Digest   // that the log names; zero where there is none
	Members int            // how many people's words are in it
	LeftOut map[string]int // records left out, by reason code
	Limits  []string       // besides the usual ones
}

func (c *Card) check() error {
	for _, f := range []struct{ name, value string }{
		{"title", c.Title},
		{"community", c.Community},
		{"purpose", string(c.Purpose)},
		{"basis", c.Basis},
		{"notice", c.Notice},
		{"contact", c.Contact},
		{"licence", c.License},
	} {
		if strings.TrimSpace(f.value) == "" {
			return fmt.Errorf("the card names no %s", f.name)
		}
	}
	if c.License == "other" && c.LicenseName == "" {
		return errors.New(`the card names no licence: "other" needs a name`)
	}
	return nil
}

// counts is what the card says of the rows.
type counts struct {
	rows, bytes    int64 // bytes of text
	kinds          map[string]*tally
	languages      map[string]*tally
	cuts           map[string]int64
	shared, echoed int64 // rows that needed another's word; that stand for others'
}

type tally struct{ rows, bytes int64 }

func newCounts() counts {
	return counts{kinds: map[string]*tally{}, languages: map[string]*tally{}, cuts: map[string]int64{}}
}

func (c *counts) add(r *Row) {
	n := int64(len(r.Text))
	c.rows, c.bytes = c.rows+1, c.bytes+n
	kind := otherLabel
	if r.Kind.Known() {
		kind = string(r.Kind)
	}
	count(c.kinds, kind, n)
	count(c.languages, language(r.Language), n)
	for what, times := range r.Cuts {
		c.cuts[label(what)] += int64(times)
	}
	if len(r.Others) > 0 {
		c.shared++
	}
	if len(r.AlsoSaidBy) > 0 {
		c.echoed++
	}
}

func count(m map[string]*tally, key string, n int64) {
	t := m[key]
	if t == nil {
		t = &tally{}
		m[key] = t
	}
	t.rows, t.bytes = t.rows+1, t.bytes+n
}

// What stands on the card where a label could hold a member's words.
const (
	otherLabel = "other"
	unknown    = "unknown"
)

// label returns what names a kind of cut or a reason: anything that is not built
// like one could be text of a member, and is "other".
func label(s string) string {
	if s == "" || len(s) > 40 {
		return otherLabel
	}
	for _, c := range s {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' && c != '_' && c != '.' {
			return otherLabel
		}
	}
	return s
}

// language returns the primary part of a BCP 47 tag. A platform states the tag,
// so that it is not believed to be one.
func language(tag string) string {
	if tag == "" {
		return unknown
	}
	primary, _, _ := strings.Cut(strings.ToLower(tag), "-")
	if len(primary) < 2 || len(primary) > 3 {
		return otherLabel
	}
	for i := range len(primary) {
		if primary[i] < 'a' || primary[i] > 'z' {
			return otherLabel
		}
	}
	return primary
}

// front is the block that loaders and the hub read.
type front struct {
	PrettyName     string      `yaml:"pretty_name"`
	Language       []string    `yaml:"language,omitempty"`
	License        string      `yaml:"license"`
	LicenseName    string      `yaml:"license_name,omitempty"`
	LicenseLink    string      `yaml:"license_link,omitempty"`
	SizeCategories []string    `yaml:"size_categories"`
	TaskCategories []string    `yaml:"task_categories"`
	Configs        []config    `yaml:"configs"`
	DatasetInfo    datasetInfo `yaml:"dataset_info"`
}

type config struct {
	Name  string      `yaml:"config_name"`
	Files []dataFiles `yaml:"data_files"`
}

type dataFiles struct {
	Split string `yaml:"split"`
	Path  string `yaml:"path"`
}

type datasetInfo struct {
	Features []feature `yaml:"features"`
	Splits   []split   `yaml:"splits"`
	Download int64     `yaml:"download_size"`
	Size     int64     `yaml:"dataset_size"`
}

type feature struct {
	Name  string `yaml:"name"`
	Dtype string `yaml:"dtype,omitempty"`
	List  any    `yaml:"list,omitempty"` // a type, or the fields of a structure
}

type split struct {
	Name     string `yaml:"name"`
	Bytes    int64  `yaml:"num_bytes"`
	Examples int64  `yaml:"num_examples"`
}

func features() []feature {
	return []feature{
		{Name: "text", Dtype: "string"},
		{Name: "kind", Dtype: "string"},
		{Name: "role", Dtype: "string"},
		{Name: "language", Dtype: "string"},
		{Name: "member", Dtype: "string"},
		{Name: "record", Dtype: "string"},
		{Name: "shard", Dtype: "int32"},
		{Name: "slice", Dtype: "int32"},
		{Name: "others", List: "string"},
		{Name: "also_said_by", List: "string"},
		{Name: "cuts", List: []feature{{Name: "what", Dtype: "string"}, {Name: "count", Dtype: "int32"}}},
	}
}

func (c *Card) front(n *counts, m *Manifest, f Format) front {
	out := front{
		PrettyName: inline(c.Title), License: c.License, LicenseName: c.LicenseName, LicenseLink: c.LicenseLink,
		SizeCategories: []string{sizeCategory(n.rows)}, TaskCategories: []string{"text-generation"},
		Configs:     []config{{"default", []dataFiles{{"train", "data/train-*." + string(f)}}}},
		DatasetInfo: datasetInfo{Features: features(), Splits: []split{{"train", n.bytes, n.rows}}, Size: n.bytes},
	}
	for _, file := range m.Files {
		if strings.HasSuffix(file.Name, "."+string(f)) {
			out.DatasetInfo.Download += file.Bytes
		}
	}
	for _, l := range slices.Sorted(maps.Keys(n.languages)) {
		if l != unknown && l != otherLabel {
			out.Language = append(out.Language, l)
		}
	}
	return out
}

// sizeCategory returns the hub's word for a number of rows.
func sizeCategory(rows int64) string {
	bounds := []struct {
		below int64
		name  string
	}{
		{1e3, "n<1K"}, {1e4, "1K<n<10K"}, {1e5, "10K<n<100K"}, {1e6, "100K<n<1M"}, {1e7, "1M<n<10M"}, {1e8, "10M<n<100M"}, {1e9, "100M<n<1B"},
	}
	for _, b := range bounds {
		if rows < b.below {
			return b.name
		}
	}
	return "n>1B"
}

// render returns README.md: front matter, and a page for people.
func (c *Card) render(n *counts, m *Manifest, f Format) ([]byte, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	head, err := yaml.Marshal(c.front(n, m, f))
	if err != nil {
		return nil, fmt.Errorf("front matter of the card: %w", err)
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "---\n%s---\n\n# %s\n", head, inline(c.Title))
	c.whatItIs(&b, n)
	c.basis(&b)
	inIt(&b, n)
	c.leftOut(&b, n)
	c.limits(&b)
	c.takenOut(&b, m)
	return b.Bytes(), nil
}

func inline(s string) string { return strings.Join(strings.Fields(s), " ") }

// byCount returns the keys of m, the largest first.
func byCount[N int | int64](m map[string]N) []string {
	return slices.SortedFunc(maps.Keys(m), func(a, b string) int { return cmp.Or(cmp.Compare(m[b], m[a]), cmp.Compare(a, b)) })
}
