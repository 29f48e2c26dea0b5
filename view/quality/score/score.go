// Package score says how well package quality judges real posts: how many of
// those that a reader would keep it keeps, and how many of the others it drops.
package score

import (
	"encoding/csv"
	"encoding/xml"
	"errors"
	"fmt"
	"html"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"licet"
	"licet/internal/split"
	"licet/view/quality"
)

// A Post is a labelled post with its words.
type Post struct {
	quality.Label
	Kind   licet.Kind
	Text   string // as it stands in the data set, HTML or Markdown
	Scored bool   // of the half that counts, which nobody looks at
}

// A Row is what became of the posts with one label.
type Row struct {
	Reason         string // the reader's; "" is to keep
	Posts, Dropped int
}

// A Table has a row for each label, the kept first, then by name.
type Table []Row

// Kept returns how many posts that a reader would keep are kept, of how many.
func (t Table) Kept() (kept, of int) {
	for _, r := range t {
		if r.Reason == "" {
			return r.Posts - r.Dropped, r.Posts
		}
	}
	return 0, 0
}

// Dropped returns how many posts that a reader would drop are dropped, of how many.
func (t Table) Dropped() (dropped, of int) {
	for _, r := range t {
		if r.Reason != "" {
			dropped, of = dropped+r.Dropped, of+r.Posts
		}
	}
	return dropped, of
}

// A Judge says why a text is dropped; see quality.Judge.
type Judge func(text string, kind licet.Kind) quality.Reason

// Half judges one half of the posts, of the draw alone or with those added to it.
// prepare turns a post into what is judged; nil is Strip.
func Half(posts []Post, scored, drawn bool, prepare func(string) string, judge Judge) Table {
	if prepare == nil {
		prepare = Strip
	}
	var t Table
	for _, p := range posts {
		if p.Scored != scored || drawn && !p.Drawn {
			continue
		}
		i, ok := slices.BinarySearchFunc(t, p.Reason, func(r Row, reason string) int { return strings.Compare(r.Reason, reason) })
		if !ok {
			t = slices.Insert(t, i, Row{Reason: p.Reason})
		}
		t[i].Posts++
		if judge(prepare(p.Text), p.Kind) != quality.Keep {
			t[i].Dropped++
		}
	}
	return t
}

// Load returns the labelled posts with the words that they have in the data sets
// below dir: digitalgov, polis and se_conlang_meta.
func Load(dir string) ([]Post, error) {
	labels, err := quality.Labels()
	if err != nil {
		return nil, err
	}
	texts := map[string]string{}
	for _, f := range []struct{ file, attr, as string }{
		{"Posts.xml", "Body", "post"}, {"Comments.xml", "Text", "comment"}, {"Users.xml", "AboutMe", "about"},
	} {
		if err := readRows(filepath.Join(dir, "se_conlang_meta", "data", f.file), f.attr, "se_conlang_meta/"+f.as+"/", texts); err != nil {
			return nil, err
		}
	}
	for _, c := range []string{"football-concussions", "scoop-hivemind.ubi"} {
		if err := readComments(filepath.Join(dir, "polis", c, "comments.csv"), "polis/"+c+"/", texts); err != nil {
			return nil, err
		}
	}
	var out []Post
	for _, l := range labels {
		p := Post{Label: l, Kind: kind(l.Ref), Scored: split.Scored("quality", l.Ref)}
		var ok bool
		if p.Text, ok = texts[l.Ref]; !ok {
			if p.Text, err = readMarkdown(filepath.Join(dir, filepath.FromSlash(l.Ref))); err != nil {
				return nil, fmt.Errorf("read a labelled post: %w", err)
			}
		}
		out = append(out, p)
	}
	return out, nil
}

func kind(ref string) licet.Kind {
	switch {
	case strings.Contains(ref, "/about/"):
		return licet.KindAbout
	case strings.HasPrefix(ref, "polis/"), strings.Contains(ref, "/comment/"):
		return licet.KindComment
	}
	return licet.KindPost
}

func readRows(file, attr, prefix string, into map[string]string) error {
	f, err := os.Open(file)
	if err != nil {
		return fmt.Errorf("read rows: %w", err)
	}
	defer f.Close() //nolint:errcheck // read only
	for d := xml.NewDecoder(f); ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read rows of %s: %w", filepath.Base(file), err)
		}
		row, ok := token.(xml.StartElement)
		if !ok || row.Name.Local != "row" {
			continue
		}
		id, text, found := "", "", false
		for _, a := range row.Attr {
			switch a.Name.Local {
			case "Id":
				id = a.Value
			case attr:
				text, found = a.Value, true
			}
		}
		if found {
			into[prefix+id] = text
		}
	}
}

func readComments(file, prefix string, into map[string]string) error {
	f, err := os.Open(file)
	if err != nil {
		return fmt.Errorf("read comments: %w", err)
	}
	defer f.Close() //nolint:errcheck // read only
	lines, err := csv.NewReader(f).ReadAll()
	if err != nil {
		return fmt.Errorf("read comments: %w", err)
	}
	if len(lines) == 0 {
		return fmt.Errorf("read comments of %s: no heading", filepath.Base(file))
	}
	id, body := slices.Index(lines[0], "comment-id"), slices.Index(lines[0], "comment-body")
	if id < 0 || body < 0 {
		return fmt.Errorf("read comments of %s: want the columns comment-id and comment-body", filepath.Base(file))
	}
	for _, l := range lines[1:] {
		into[prefix+l[id]] = l[body]
	}
	return nil
}

// readMarkdown returns what stands behind a file's front matter.
func readMarkdown(file string) (string, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return "", err
	}
	rest, ok := strings.CutPrefix(string(data), "---\n")
	if !ok {
		return string(data), nil
	}
	_, body, _ := strings.Cut(rest, "\n---")
	return body, nil
}

var (
	shortcode = regexp.MustCompile(`\{\{[<%].*?[>%]\}\}`)
	shown     = regexp.MustCompile(`(?s)<a [^>]*>\s*(https?://[^<]*)</a>`)
	anchor    = regexp.MustCompile(`<a [^>]*>|<img [^>]*>`)
	tag       = regexp.MustCompile(`</?[a-zA-Z][^>]*>`)
	picture   = regexp.MustCompile(`!\[[^\]]*\]\([^)\s]*[^)]*\)`)
	linked    = regexp.MustCompile(`\[([^\]]*)\]\(([^)\s]*)[^)]*\)`)
	address   = regexp.MustCompile(`(?:https?://|www\.)[^\s<>)]+`)
	markup    = regexp.MustCompile("(?m)^[ \t]*#{1,6} |[*`]{1,3}|^[ \t]*[-+] ")
)

// Strip takes HTML, Markdown and shortcodes off a post; addresses become [URL].
func Strip(text string) string {
	text = shortcode.ReplaceAllString(text, " ")
	text = shown.ReplaceAllString(text, " [URL] ")
	text = anchor.ReplaceAllString(text, " [URL] ")
	text = tag.ReplaceAllString(text, " ")
	text = html.UnescapeString(text)
	text = picture.ReplaceAllString(text, " [URL] ")
	text = linked.ReplaceAllString(text, " $1 [URL] ")
	text = address.ReplaceAllString(text, " [URL] ")
	return strings.TrimSpace(markup.ReplaceAllString(text, ""))
}
