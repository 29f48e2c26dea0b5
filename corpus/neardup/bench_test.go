package neardup_test

import (
	"testing"

	"licet/corpus/neardup"
)

// BenchmarkSign signs digital.gov cut to short records, on one core.
func BenchmarkSign(b *testing.B) {
	texts, size := short(paragraphs(b))
	var s neardup.Scratch
	b.SetBytes(int64(size))
	b.ResetTimer()
	for b.Loop() {
		for _, t := range texts {
			neardup.Sign(t, &s)
		}
	}
	b.ReportMetric(float64(len(texts))*float64(b.N)/b.Elapsed().Seconds(), "records/s")
	b.ReportMetric(float64(size)/float64(len(texts)), "B/record")
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
