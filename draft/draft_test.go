package draft_test

import (
	"errors"
	"path/filepath"
	"testing"
	"time"

	"licet"
	"licet/draft"
	"licet/internal/db"
)

func TestOriginality(t *testing.T) {
	const line = "the pump failed again on a Sunday night"
	others := draft.NewOthers()
	others.Add("a", line)
	others.Add("a", line)
	others.Add("b", "The pump failed again, on a Monday.")
	others.Add("c", "the pump failed again on the quay")
	for _, c := range []struct {
		what, text    string
		author        licet.MemberID
		grams, shared int
	}{
		{"one's own words and one other's are not common", "pump failed again on a", "a", 1, 0},
		{"two others wrote it", "pump failed again on a", "x", 1, 1},
		{"three wrote it, one is the author", "the pump failed again on", "a", 1, 1},
		{"one member twice is one member", "on a Sunday night then rain", "x", 2, 0},
		{"too short to have a run", "the pump failed", "x", 0, 0},
	} {
		if got := others.Measure(c.text, c.author); got.Grams != c.grams || got.Shared != c.shared {
			t.Errorf("%s: got %+v, want %d of %d", c.what, got, c.shared, c.grams)
		}
	}
}

func TestQuota(t *testing.T) {
	d, err := db.Open(t.Context(), filepath.Join(t.TempDir(), "x.db"), db.Options{Sync: "OFF"})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	q, may := draft.NewQuota(d), time.Date(2026, 5, 31, 23, 59, 59, 0, time.UTC)
	for i := range draft.Monthly(licet.PlanFree) {
		left, err := q.Take(t.Context(), "a", licet.PlanFree, may)
		if want := draft.Monthly(licet.PlanFree) - i - 1; err != nil || left != want {
			t.Fatalf("draft %d: left %d, %v; want %d", i, left, err, want)
		}
	}
	if _, err := q.Take(t.Context(), "a", licet.PlanFree, may); !errors.Is(err, draft.ErrQuota) {
		t.Errorf("one more: got %v, want ErrQuota", err)
	}
	if left, err := q.Left(t.Context(), "a", licet.PlanPremium, may); err != nil || left != 480 {
		t.Errorf("after an upgrade: %d left, %v; want 480", left, err)
	}
	if left, err := q.Take(t.Context(), "a", licet.PlanFree, may.Add(time.Second)); err != nil || left != 19 {
		t.Errorf("a new month: left %d, %v; want 19", left, err)
	}
}
