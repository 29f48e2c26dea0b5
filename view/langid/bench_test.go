package langid_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"licet/internal/testshared"
	"licet/view/langid"
)

// BenchmarkDetect reads real posts whole, real sentences one at a time, and
// pairs of words.
func BenchmarkDetect(b *testing.B) {
	m := load(b)
	for name, texts := range map[string][]string{
		"posts":     folder(b, filepath.Join(testshared.Dir(b, "digitalgov"), "content"), 4<<20),
		"sentences": folder(b, filepath.Join(testshared.Dir(b, "lingua_testdata"), "sentences"), 0),
		"pairs":     folder(b, filepath.Join(testshared.Dir(b, "lingua_testdata"), "word-pairs"), 0),
	} {
		b.Run(name, func(b *testing.B) {
			bytes := 0
			for _, t := range texts {
				bytes += len(t)
			}
			b.SetBytes(int64(bytes))
			b.ReportAllocs()
			for b.Loop() {
				for _, t := range texts {
					m.Detect(t)
				}
			}
		})
	}
}

// BenchmarkLoad reads the embedded model.
func BenchmarkLoad(b *testing.B) {
	for b.Loop() {
		load(b)
	}
}

func load(tb testing.TB) *langid.Model {
	tb.Helper()
	m, err := langid.Load()
	if err != nil {
		tb.Fatal(err)
	}
	return m
}

// folder returns the files below dir, up to limit bytes, or with limit 0 their
// lines.
func folder(tb testing.TB, dir string, limit int) []string {
	tb.Helper()
	var texts []string
	bytes := 0
	err := filepath.WalkDir(dir, func(name string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || limit > 0 && (bytes > limit || filepath.Ext(name) != ".md") {
			return err
		}
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		bytes += len(text)
		if limit > 0 {
			texts = append(texts, string(text))
			return nil
		}
		texts = append(texts, strings.Split(string(text), "\n")...)
		return nil
	})
	if err != nil {
		tb.Fatal(err)
	}
	return texts
}
