// Command digitalgov writes the content folder of a Hugo site in the style of
// digital.gov as exchange lines: its authors as members, their news and events
// as posts. It is an example of a converter for a site that Licet has no source for.
//
//	go run ./examples/digitalgov PATH/content > digitalgov.jsonl
//	licet init --adults digitalgov
//	licet import jsonl digitalgov.jsonl
//
// The site does not say how old its authors are; they write as employees of
// public offices, so the operator asserts that they are of age.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"regexp"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: digitalgov PATH/content > digitalgov.jsonl")
		os.Exit(2)
	}
	out := bufio.NewWriter(os.Stdout)
	n, err := convert(os.DirFS(os.Args[1]), out)
	if err := errors.Join(err, out.Flush()); err != nil {
		fmt.Fprintln(os.Stderr, "digitalgov:", err)
		os.Exit(1)
	}
	fmt.Fprintf(os.Stderr, "%d members, %d posts; %d pages left out: nobody in the authors' folder wrote them\n", n.members, n.posts, n.orphans)
}

type counts struct{ members, posts, orphans int }

// line is one line of the exchange format (docs/formats/exchange.md).
type line struct {
	Type     string   `json:"type"`
	Version  int      `json:"version,omitempty"`
	Platform string   `json:"platform,omitempty"`
	ID       string   `json:"id,omitempty"`
	Name     string   `json:"name,omitempty"`
	Handles  []string `json:"handles,omitempty"`
	Country  string   `json:"country,omitempty"`
	Member   string   `json:"member,omitempty"`
	Kind     string   `json:"kind,omitempty"`
	Text     string   `json:"text,omitempty"`
	Title    string   `json:"title,omitempty"`
	Employer string   `json:"employer,omitempty"`
	Language string   `json:"language,omitempty"`
	Created  string   `json:"created,omitempty"`
}

func convert(site fs.FS, out io.Writer) (n counts, err error) {
	enc := json.NewEncoder(out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(line{Type: "exchange", Version: 1, Platform: "digitalgov"}); err != nil {
		return n, err
	}
	known, err := authors(site, enc)
	if err != nil {
		return n, err
	}
	n.members = len(known)
	for _, section := range []string{"news", "events"} {
		err := fs.WalkDir(site, section, func(name string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || path.Ext(name) != ".md" || path.Base(name) == "_index.md" {
				return err
			}
			written, err := page(site, name, known, enc)
			if err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			if written {
				n.posts++
			} else {
				n.orphans++
			}
			return nil
		})
		if err != nil {
			return n, err
		}
	}
	return n, nil
}

// profileDate stands for the day on which a profile was written, which the site
// does not say.
const profileDate = "2010-01-01T00:00:00Z"

func authors(site fs.FS, enc *json.Encoder) (map[string]bool, error) {
	folders, err := fs.ReadDir(site, "authors")
	if err != nil {
		return nil, err
	}
	known := map[string]bool{}
	for _, f := range folders {
		if !f.IsDir() {
			continue
		}
		data, err := fs.ReadFile(site, "authors/"+f.Name()+"/_index.md")
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		var head struct {
			Name   string `yaml:"display_name"`
			Agency string `yaml:"agency_full_name"`
			GitHub string `yaml:"github"`
		}
		if _, err := front(data, &head); err != nil {
			return nil, fmt.Errorf("authors/%s: %w", f.Name(), err)
		}
		m := line{Type: "member", ID: f.Name(), Name: head.Name, Country: "US"}
		if h := strings.TrimLeft(head.GitHub, "@"); h != "" && !strings.ContainsAny(h, " /") {
			m.Handles = []string{h}
		}
		lines := []line{m, {Type: "record", ID: "name-" + f.Name(), Member: f.Name(), Kind: "name", Text: head.Name, Created: profileDate}}
		if head.Agency != "" {
			lines = append(lines, line{Type: "record", ID: "position-" + f.Name(), Member: f.Name(), Kind: "position", Employer: head.Agency, Created: profileDate})
		}
		for _, l := range lines {
			if err := enc.Encode(l); err != nil {
				return nil, err
			}
		}
		known[f.Name()] = true
	}
	return known, nil
}

// page writes a page as a post of its first author.
func page(site fs.FS, name string, known map[string]bool, enc *json.Encoder) (bool, error) {
	data, err := fs.ReadFile(site, name)
	if err != nil {
		return false, err
	}
	var head struct {
		Title   string   `yaml:"title"`
		Deck    string   `yaml:"deck"`
		Summary string   `yaml:"summary"`
		Date    string   `yaml:"date"`
		Authors []string `yaml:"authors"`
	}
	body, err := front(data, &head)
	if err != nil {
		return false, err
	}
	if len(head.Authors) == 0 || !known[head.Authors[0]] {
		return false, nil
	}
	created, err := date(head.Date)
	if err != nil {
		return false, err
	}
	text := plain(body)
	if text == "" {
		text = firstOf(head.Summary, head.Deck)
	}
	return true, enc.Encode(line{
		Type: "record", ID: strings.TrimSuffix(name, ".md"), Member: head.Authors[0], Kind: "post", Text: strings.TrimSpace(head.Title + "\n\n" + text),
		Language: "en", Created: created.UTC().Format(time.RFC3339),
	})
}

func firstOf(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// front reads the YAML between the two lines of dashes and returns the rest.
func front(data []byte, into any) (body string, err error) {
	data = bytes.ReplaceAll(data, []byte("\r\n"), []byte("\n"))
	rest, ok := bytes.CutPrefix(bytes.TrimLeft(data, "\ufeff\n "), []byte("---\n"))
	if !ok {
		return "", errors.New("no front matter: the file does not begin with ---")
	}
	head, text, ok := bytes.Cut(append([]byte("\n"), rest...), []byte("\n---"))
	if !ok {
		return "", errors.New("the front matter does not end")
	}
	return string(text), yaml.UnmarshalWithOptions(head, into, yaml.AllowDuplicateMapKey())
}

func date(text string) (time.Time, error) {
	for _, layout := range []string{time.RFC3339, "2006-01-02 15:04:05 -0700", "2006-01-02 15:04:05", "2006-01-02T15:04:05", "2006-01-02"} {
		if t, err := time.Parse(layout, strings.TrimSpace(text)); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("date %q is in no form that is known here", text)
}

var (
	shortcode = regexp.MustCompile(`(?s)\{\{[<%].*?[>%]\}\}`)
	comment   = regexp.MustCompile(`(?s)<!--.*?-->`)
	tag       = regexp.MustCompile(`</?[a-zA-Z][^>]*>`)
	picture   = regexp.MustCompile(`!\[[^\]]*\]\([^)]*\)`)
	link      = regexp.MustCompile(`\[([^\]]*)\]\([^)]*\)`)
	mark      = regexp.MustCompile(`(?m)^#+ +|\*\*|__`)
	empty     = regexp.MustCompile(`\n{3,}`)
)

// plain drops markup and keeps words; quotations keep their "> ".
func plain(s string) string {
	for _, cut := range []*regexp.Regexp{shortcode, comment, tag, picture} {
		s = cut.ReplaceAllString(s, "")
	}
	s = link.ReplaceAllString(s, "$1")
	s = mark.ReplaceAllString(s, "")
	var lines []string
	for l := range strings.SplitSeq(s, "\n") {
		lines = append(lines, strings.TrimRight(l, " \t"))
	}
	return strings.TrimSpace(empty.ReplaceAllString(strings.Join(lines, "\n"), "\n\n"))
}
