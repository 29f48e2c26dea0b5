package view_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"licet/internal/testshared"
	"licet/view"
	"licet/view/redact"
)

// BenchmarkRedact is redaction with everything on but the directory: all recognisers and
// the model of names, over the paragraphs of digital.gov.
func BenchmarkRedact(b *testing.B) {
	names, err := filepath.Glob(filepath.Join(testshared.Dir(b, "digitalgov"), "content", "news", "20*", "*", "*.md"))
	if err != nil || len(names) == 0 {
		b.Fatal(len(names), err)
	}
	persons, err := view.Persons()
	if err != nil {
		b.Fatal(err)
	}
	var texts []string
	size := 0
	for _, name := range names[:300] {
		data, err := os.ReadFile(name)
		if err != nil {
			b.Fatal(err)
		}
		for p := range strings.SplitSeq(string(data), "\n\n") {
			texts = append(texts, p)
			size += len(p)
		}
	}
	b.SetBytes(int64(size))
	for b.Loop() {
		for _, text := range texts {
			redact.Text(text, redact.Context{Region: "US", Persons: persons})
		}
	}
}
