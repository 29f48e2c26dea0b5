package neardup_test

import (
	"encoding/csv"
	"encoding/xml"
	"html"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"licet/internal/testshared"
)

// paragraphs returns the paragraphs of digital.gov's posts, in the order of their files.
func paragraphs(tb testing.TB) []string {
	tb.Helper()
	var out []string
	err := filepath.WalkDir(filepath.Join(testshared.Dir(tb, "digitalgov"), "content", "news"), func(name string, d fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(name) != ".md" {
			return err
		}
		data, err := os.ReadFile(name)
		_, rest, _ := strings.Cut(strings.TrimPrefix(string(data), "---"), "\n---")
		for p := range strings.SplitSeq(rest, "\n\n") {
			if p = strings.TrimSpace(p); p != "" {
				out = append(out, p)
			}
		}
		return err
	})
	if err != nil {
		tb.Fatal(err)
	}
	return out
}

// short cuts texts at blanks into records of about 150 bytes.
func short(texts []string) (out []string, size int) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, t := range texts {
		for t != "" {
			n := min(len(t), 75+rng.IntN(180))
			if i := strings.IndexByte(t[n:], ' '); i >= 0 && len(t)-n-i > 40 {
				n += i
			} else {
				n = len(t)
			}
			out, size = append(out, t[:n]), size+n
			t = strings.TrimSpace(t[n:])
		}
	}
	return out, size
}

var tag = regexp.MustCompile(`<[^>]*>`)

// exchange returns the posts and comments of a whole Stack Exchange site, without markup.
func exchange(tb testing.TB) []string {
	tb.Helper()
	var out []string
	for _, name := range []string{"Posts.xml", "Comments.xml"} {
		data, err := os.ReadFile(filepath.Join(testshared.Dir(tb, "se_conlang_meta"), "data", name))
		if err != nil {
			tb.Fatal(err)
		}
		var doc struct {
			Row []struct {
				Body string `xml:"Body,attr"`
				Text string `xml:"Text,attr"`
			} `xml:"row"`
		}
		if err := xml.Unmarshal(data, &doc); err != nil {
			tb.Fatal(err)
		}
		for _, r := range doc.Row {
			for p := range strings.SplitSeq(html.UnescapeString(tag.ReplaceAllString(r.Body+r.Text, "")), "\n\n") {
				if p = strings.TrimSpace(p); p != "" {
					out = append(out, p)
				}
			}
		}
	}
	return out
}

// comments returns those of two conversations on Polis.
func comments(tb testing.TB) []string {
	tb.Helper()
	var out []string
	for _, name := range []string{"football-concussions", "scoop-hivemind.ubi"} {
		f, err := os.Open(filepath.Join(testshared.Dir(tb, "polis"), name, "comments.csv"))
		if err != nil {
			tb.Fatal(err)
		}
		rows, err := csv.NewReader(f).ReadAll()
		if err != nil {
			tb.Fatal(err)
		}
		for _, r := range rows[1:] {
			out = append(out, r[len(r)-1])
		}
		_ = f.Close()
	}
	return out
}
