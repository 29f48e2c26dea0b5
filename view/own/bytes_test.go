package own_test

import (
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"licet/internal/testshared"
	"licet/view/own"
)

// TestTheBytesStay holds the words and the cuts of three real communities to what they
// were when this test was written: a corpus is a pure function of them, and the package
// was made faster since. A digest that changes is another recipe.
func TestTheBytesStay(t *testing.T) {
	for _, c := range []struct {
		what  string
		texts []string
		want  string
	}{
		{"digitalgov, Markdown", markdownFiles(t), "00f644002b5699b2d64e7d63173ee6f3aec83df6947d79da5c48754ec383c02e"},
		{"digitalgov, CRLF and Latin-1", disguised(markdownFiles(t)), "f1b929fd843d355c1e3148c653c1736913823c59f5d64f5bc536e0f63fdfe18a"},
		{"conlang.meta, HTML", htmlPosts(t), "b5588c42c19f2afe7e6e0f8e6983875f8b19c9330e7f998ea35988e4cd3fcc7a"},
		{"polis, plain text", comments(t), "654ab635043c8629b5a1c3a5973caeab5854e7b9a871349659bb7b89ffaef6b5"},
	} {
		sum := sha256.New()
		size := 0
		for _, text := range c.texts {
			words, cuts := own.Words(text)
			size += len(text)
			fmt.Fprintf(sum, "%d\x00%s\x00%v\x00", len(words), words, cuts) //nolint:errcheck // a hash takes everything
		}
		if got := hex.EncodeToString(sum.Sum(nil)); got != c.want {
			t.Errorf("%s: %d texts of %d bytes give %s, want %s", c.what, len(c.texts), size, got, c.want)
		}
	}
}

func markdownFiles(tb testing.TB) (out []string) {
	tb.Helper()
	err := filepath.WalkDir(filepath.Join(testshared.Dir(tb, "digitalgov"), "content"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".md" {
			return err
		}
		data, err := os.ReadFile(path) //nolint:gosec // below the data's folder
		out = append(out, string(data))
		return err
	})
	if err != nil || len(out) == 0 {
		tb.Fatal(len(out), err)
	}
	return out
}

// disguised are texts as old programs write them.
func disguised(texts []string) (out []string) {
	latin := strings.NewReplacer("\n", "\r\n", "’", "\x92", "“", "\x93", "”", "\x94", "–", "\x96", "é", "\xe9", "&", "&amp;")
	for i, t := range texts {
		if i%5 == 0 {
			out = append(out, latin.Replace(t))
		}
	}
	return out
}

func htmlPosts(tb testing.TB) (out []string) {
	tb.Helper()
	f, err := os.Open(filepath.Join(testshared.Dir(tb, "se_conlang_meta"), "data", "Posts.xml"))
	if err != nil {
		tb.Fatal(err)
	}
	defer f.Close() //nolint:errcheck // only read
	for d := xml.NewDecoder(f); ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			tb.Fatal(err)
		}
		if start, ok := token.(xml.StartElement); ok {
			for _, a := range start.Attr {
				if a.Name.Local == "Body" {
					out = append(out, a.Value)
				}
			}
		}
	}
}

func comments(tb testing.TB) (out []string) {
	tb.Helper()
	names, err := filepath.Glob(filepath.Join(testshared.Dir(tb, "polis"), "*", "comments.csv"))
	if err != nil || len(names) == 0 {
		tb.Fatal(len(names), err)
	}
	for _, name := range names {
		f, err := os.Open(name) //nolint:gosec // below the data's folder
		if err != nil {
			tb.Fatal(err)
		}
		rows, err := csv.NewReader(f).ReadAll()
		_ = f.Close()
		if err != nil {
			tb.Fatal(name, err)
		}
		for i, column := range rows[0] {
			if column != "comment-body" {
				continue
			}
			for _, row := range rows[1:] {
				out = append(out, row[i])
			}
		}
	}
	return out
}
