package neardup_test

import (
	"context"
	"encoding/binary"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"licet/corpus/neardup"
)

// BenchmarkSign signs digital.gov cut to short records, on one core and on two.
func BenchmarkSign(b *testing.B) {
	texts, size := short(paragraphs(b))
	out := make([]neardup.Buckets, len(texts))
	for _, workers := range []int{1, 2} {
		b.Run(strconv.Itoa(workers), func(b *testing.B) {
			b.SetBytes(int64(size))
			began := processor(b)
			for b.Loop() {
				neardup.SignAll(texts, out, workers)
			}
			b.ReportMetric(float64(size)/1e6*float64(b.N)/(processor(b)-began).Seconds(), "MB/CPU-s")
			b.ReportMetric(float64(len(texts))*float64(b.N)/b.Elapsed().Seconds(), "records/s")
			b.ReportMetric(float64(size)/float64(len(texts)), "B/record")
		})
	}
}

// BenchmarkShingles is what of it is reading.
func BenchmarkShingles(b *testing.B) {
	texts, size := short(paragraphs(b))
	var s neardup.Scratch
	b.SetBytes(int64(size))
	b.ResetTimer()
	for b.Loop() {
		for _, t := range texts {
			neardup.Shingles(t, &s)
		}
	}
}

// BenchmarkStage is the whole stage on one core: a text is read, signed and
// decided on. digital.gov is real; the generated corpus has $LICET_BENCH_RECORDS
// records. The texts are made while the clock stands. What they leave to the
// garbage collector raises the peak; GOMEMLIMIT=200MiB holds it for 5,000,000.
func BenchmarkStage(b *testing.B) {
	b.Run("digitalgov", func(b *testing.B) {
		texts, _ := short(paragraphs(b))
		stage(b, len(texts), func(i int) string { return texts[i] })
	})
	b.Run("generated", func(b *testing.B) {
		g := newGenerator()
		stage(b, records(b), g.text)
	})
}

// records is how many a benchmark generates: $LICET_BENCH_RECORDS, or few.
func records(tb testing.TB) int {
	tb.Helper()
	n, err := strconv.Atoi(os.Getenv("LICET_BENCH_RECORDS"))
	if err != nil {
		return 200_000
	}
	return n
}

func stage(b *testing.B, n int, text func(int) string) {
	b.Helper()
	var size, kept int
	var reading, deciding, busy time.Duration
	for range b.N {
		r := neardup.NewResolver(neardup.Options{Dir: b.TempDir()})
		var s neardup.Scratch
		rng := rand.New(rand.NewPCG(1, 1))
		chunk := make([]string, 0, 4096)
		size, reading, busy = 0, 0, 0
		for i := 0; i < n; i += len(chunk) {
			for chunk = chunk[:0]; len(chunk) < cap(chunk) && i+len(chunk) < n; {
				chunk = append(chunk, text(i+len(chunk)))
			}
			start, began := time.Now(), processor(b)
			for _, t := range chunk {
				e := neardup.Entry{Member: rng.Uint64N(uint64(n/20 + 1)), Buckets: neardup.Sign(t, &s)}
				binary.BigEndian.PutUint64(e.Key[:], rng.Uint64())
				if err := r.Add(&e); err != nil {
					b.Fatal(err)
				}
				size += len(t)
			}
			reading += time.Since(start)
			busy += processor(b) - began
		}
		start, began := time.Now(), processor(b)
		x, err := r.Resolve(context.Background())
		if err != nil {
			b.Fatal(err)
		}
		deciding = time.Since(start)
		busy += processor(b) - began
		kept = x.KeptLen()
		if err := r.Close(); err != nil {
			b.Fatal(err)
		}
	}
	both := (reading + deciding).Seconds()
	b.ReportMetric(float64(size)/1e6/both, "MB/s")
	b.ReportMetric(float64(size)/1e6/busy.Seconds(), "MB/CPU-s")
	b.ReportMetric(float64(n)/both, "records/s")
	b.ReportMetric(reading.Seconds(), "s-sign")
	b.ReportMetric(deciding.Seconds(), "s-resolve")
	b.ReportMetric(float64(size)/float64(n), "B/record")
	b.ReportMetric(float64(kept)/float64(n), "kept")
	b.ReportMetric(peak(b), "MiB-peak")
	b.ReportMetric(0, "ns/op")
}

// BenchmarkIndex takes members with 50 records out of an index of
// $LICET_BENCH_RECORDS generated records, and brings them back.
func BenchmarkIndex(b *testing.B) {
	n := records(b)
	members := uint64(n/50 + 1)
	var s neardup.Scratch
	g := newGenerator()
	entry := func(i int) (e neardup.Entry) {
		e.Member = uint64(i) % members
		e.Buckets = neardup.Sign(g.text(i), &s)
		rng := rand.New(rand.NewPCG(uint64(i), 77))
		binary.BigEndian.PutUint64(e.Key[:], rng.Uint64())
		binary.BigEndian.PutUint64(e.Key[8:], rng.Uint64())
		return e
	}
	dir := b.TempDir()
	start := time.Now()
	err := neardup.Build(context.Background(), dir, 1, func(yield func(neardup.Entry, error) bool) {
		for i := range n {
			if !yield(entry(i), nil) {
				return
			}
		}
	}, neardup.Options{Dir: b.TempDir()})
	if err != nil {
		b.Fatal(err)
	}
	built := time.Since(start)
	x, err := neardup.Open(dir)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = x.Close() }()
	b.Run("member", func(b *testing.B) {
		var took []time.Duration
		effects, m := 0, 0
		for b.Loop() {
			m++
			var gone []neardup.Key
			var back []neardup.Entry
			for i := m % int(members); i < n; i += int(members) {
				e := entry(i)
				gone, back = append(gone, e.Key), append(back, e)
			}
			for _, change := range []func() ([]neardup.Effect, error){
				func() ([]neardup.Effect, error) { return x.Apply(2, gone, nil) },
				func() ([]neardup.Effect, error) { return x.Apply(3, nil, back) },
			} {
				start := time.Now()
				f, err := change()
				if err != nil {
					b.Fatal(err)
				}
				took = append(took, time.Since(start))
				effects += len(f)
			}
		}
		slices.Sort(took)
		b.ReportMetric(took[len(took)/2].Seconds()*1e3, "ms-median")
		b.ReportMetric(took[len(took)*99/100].Seconds()*1e3, "ms-p99")
		b.ReportMetric(float64(effects)/float64(len(took)), "effects")
		b.ReportMetric(built.Seconds(), "s-build")
		b.ReportMetric(peak(b), "MiB-peak")
		b.ReportMetric(0, "ns/op")
	})
}

// processor is the time that the process has had of processors.
func processor(tb testing.TB) time.Duration {
	tb.Helper()
	var use syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &use); err != nil {
		tb.Fatal(err)
	}
	return time.Duration(use.Utime.Nano() + use.Stime.Nano())
}

// peak is the most memory that the process ever had resident, where the system tells.
func peak(tb testing.TB) float64 {
	tb.Helper()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(status), "VmHWM:")
	kib, _, _ := strings.Cut(strings.TrimSpace(rest), " ")
	n, _ := strconv.ParseFloat(kib, 64)
	return n / 1024
}

// A generator makes posts of about 150 bytes from 20,000 made-up words, some
// frequent, most rare. One in nine is an earlier one with a word changed, one in a
// hundred a set phrase of four words, and one in a hundred "Thank you!".
type generator struct {
	words []string
	buf   []byte
}

func newGenerator() *generator {
	rng := rand.New(rand.NewPCG(9, 9))
	g := &generator{}
	syllables := []string{"ka", "ri", "to", "men", "sol", "ve", "na", "du", "pra", "len", "is", "or", "ta", "bi", "gu", "he"}
	for range 20_000 {
		w := ""
		for range 1 + rng.IntN(2) + rng.IntN(3) {
			w += syllables[rng.IntN(len(syllables))]
		}
		g.words = append(g.words, w)
	}
	return g
}

func (g *generator) text(i int) string {
	rng := rand.New(rand.NewPCG(uint64(i), 1))
	swap := -1
	switch k := rng.IntN(100); {
	case k == 0:
		return "Thanks for sharing " + g.words[rng.IntN(50)]
	case k == 1:
		return "Thank you!"
	case k < 13 && i > 0:
		rng = rand.New(rand.NewPCG(uint64(rng.IntN(i)), 1))
		swap = i
		rng.IntN(100)
	}
	g.buf = g.buf[:0]
	n := 10 + rng.IntN(31)
	for j := range n {
		f := rng.Float64()
		w := int(f * f * f * float64(len(g.words)))
		if swap%n == j {
			w = i % len(g.words)
		}
		g.buf = append(append(g.buf, g.words[w]...), ' ')
	}
	return string(g.buf)
}
