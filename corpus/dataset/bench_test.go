//go:build unix

package dataset_test

import (
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"licet"
	"licet/corpus/dataset"
	"licet/internal/testshared"
)

// realRows returns rows of about n bytes of text: the paragraphs of real posts,
// again and again under other ids, each time with its words in another order.
func realRows(tb testing.TB, n int) []dataset.Row {
	tb.Helper()
	var paragraphs []string
	err := filepath.WalkDir(filepath.Join(testshared.Dir(tb, "digitalgov"), "content"), func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(name) != ".md" {
			return err
		}
		data, err := os.ReadFile(name)
		for p := range strings.SplitSeq(string(data), "\n\n") {
			if p = strings.TrimSpace(p); len(p) > 20 {
				paragraphs = append(paragraphs, p)
			}
		}
		return err
	})
	if err != nil {
		tb.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(1, 2))
	var rows []dataset.Row
	for size := 0; size < n; {
		words := strings.Fields(paragraphs[len(rows)%len(paragraphs)])
		if len(rows) >= len(paragraphs) {
			rng.Shuffle(len(words), func(i, j int) { words[i], words[j] = words[j], words[i] })
		}
		r := dataset.Row{
			Text: strings.Join(words, " "), Kind: []licet.Kind{licet.KindPost, licet.KindComment}[rng.IntN(2)], Language: "en",
			Member: licet.MemberID(fmt.Sprintf("%032x", rng.IntN(2000))), Record: licet.RecordID(fmt.Sprintf("%016x%016x", rng.Uint64(), rng.Uint64())),
			Shard: rng.IntN(8), Slice: rng.IntN(4),
		}
		if rng.IntN(4) == 0 {
			r.Cuts = map[string]int{"name": 1 + rng.IntN(3), "url": 1}
		}
		size += len(r.Text)
		rows = append(rows, r)
	}
	return rows
}

// perCPU reports megabytes of text per second of processor time, which a machine
// that others use changes less than the clock's.
func perCPU(b *testing.B, size int64) func() {
	b.Helper()
	used := func() float64 {
		var u syscall.Rusage
		if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
			b.Fatal(err)
		}
		return float64(u.Utime.Nano()+u.Stime.Nano()) / 1e9
	}
	before := used()
	return func() { b.ReportMetric(float64(size)*float64(b.N)/1e6/(used()-before), "MB/CPU-s") }
}

func benchmarkWrite(b *testing.B, formats ...dataset.Format) {
	b.Helper()
	rows := realRows(b, 64<<20)
	var size int64
	for _, r := range rows {
		size += int64(len(r.Text))
	}
	b.SetBytes(size)
	b.ReportAllocs()
	defer perCPU(b, size)()
	for b.Loop() {
		w, err := dataset.New(filepath.Join(b.TempDir(), "out"), dataset.Options{Formats: formats})
		if err != nil {
			b.Fatal(err)
		}
		for _, r := range rows {
			if err := w.Add(r); err != nil {
				b.Fatal(err)
			}
		}
		if _, err := w.Close(card()); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(size)/float64(len(rows)), "B/text")
}

func BenchmarkParquet(b *testing.B)   { benchmarkWrite(b, dataset.Parquet) }
func BenchmarkLines(b *testing.B)     { benchmarkWrite(b, dataset.Lines) }
func BenchmarkLinesZstd(b *testing.B) { benchmarkWrite(b, dataset.LinesZstd) }

func BenchmarkCheck(b *testing.B) {
	dir := filepath.Join(b.TempDir(), "out")
	rows := realRows(b, 64<<20)
	write(b, dir, rows, dataset.Options{})
	var size int64
	for _, r := range rows {
		size += int64(len(r.Text))
	}
	b.SetBytes(size)
	defer perCPU(b, size)()
	for b.Loop() {
		if _, err := dataset.Check(b.Context(), dir); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkLine(b *testing.B) {
	benchmarkLine(b, func(r dataset.Row) ([]byte, error) { return r.Line() })
}

// BenchmarkLineOfLibraries is what the encoder saves.
func BenchmarkLineOfLibraries(b *testing.B) { benchmarkLine(b, libraries) }

func benchmarkLine(b *testing.B, line func(dataset.Row) ([]byte, error)) {
	b.Helper()
	rows := realRows(b, 4<<20)
	var size int64
	for _, r := range rows {
		size += int64(len(r.Text))
	}
	b.SetBytes(size)
	defer perCPU(b, size)()
	for b.Loop() {
		for _, r := range rows {
			if _, err := line(r); err != nil {
				b.Fatal(err)
			}
		}
	}
}
