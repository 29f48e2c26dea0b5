package app_test

import (
	"slices"
	"testing"
	"time"

	"licet"
	"licet/internal/quayside"
)

// BenchmarkObjectionToServed measures from the moment that a member presses the
// switch until the model that may be served from then on is ready, on the village,
// with every write synchronised. Members object and consent in turn.
func BenchmarkObjectionToServed(b *testing.B) {
	cfg := quayside.Config(b.TempDir())
	cfg.Sync = ""
	a := quayside.Trained(b, cfg, quayside.Settings(3))
	var times []time.Duration
	m := quayside.Member(b, a, "m33")
	for i := 0; b.Loop(); i++ {
		begin := time.Now()
		choose := a.Object
		if i%2 == 1 {
			choose = a.Consent
		}
		if _, err := choose(b.Context(), m, licet.PurposeTrain, licet.Said{Channel: "bench"}); err != nil {
			b.Fatal(err)
		}
		if _, err := a.Served(b.Context()); err != nil {
			b.Fatal(err)
		}
		times = append(times, time.Since(begin))
	}
	slices.Sort(times)
	b.ReportMetric(float64(times[len(times)*99/100].Microseconds())/1000, "p99-ms")
}
