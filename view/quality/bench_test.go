package quality_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"licet"
	"licet/internal/testshared"
	"licet/view/quality"
)

// BenchmarkJudge judges the paragraphs of a real professional community one by one.
func BenchmarkJudge(b *testing.B) {
	var paragraphs []string
	total := 0
	err := filepath.WalkDir(filepath.Join(testshared.Dir(b, "digitalgov"), "content", "news"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".md") {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		_, body, _ := strings.Cut(strings.TrimPrefix(string(data), "---\n"), "\n---")
		for p := range strings.SplitSeq(body, "\n\n") {
			if p = strings.TrimSpace(p); p != "" {
				paragraphs = append(paragraphs, p)
				total += len(p)
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	quality.Judge("the lists are made once", licet.KindPost)
	b.SetBytes(int64(total))
	b.ReportAllocs()
	for b.Loop() {
		for _, p := range paragraphs {
			quality.Judge(p, licet.KindPost)
		}
	}
	b.ReportMetric(float64(len(paragraphs)), "paragraphs")
}
