package app_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"licet"
	"licet/app"
	"licet/internal/quayside"
	"licet/policy"
	"licet/source/jsonl"
)

// TestWhatCameLateWaitsForTheNextNotice: text that came after the freeze is learned
// after the next notice's window, not before; until then the earlier freeze counts,
// and forgetting goes on under it.
func TestWhatCameLateWaitsForTheNextNotice(t *testing.T) {
	ctx := t.Context()
	a := quayside.Trained(t, quayside.Config(t.TempDir()), quayside.Settings(3))
	if _, err := a.Import(ctx, jsonl.FS(fstest.MapFS{"in": {Data: []byte(`{"type":"exchange","version":1,"platform":"village"}
{"type":"record","id":"late","member":"m02","kind":"post","text":"Wheelbarrows on the lower deck, zanzibar.","created":"2026-01-02T03:04:05Z"}
`)}}, "in")); err != nil {
		t.Fatal(err)
	}
	holds := func() bool { return strings.Contains(string(corpusOf(t, a)), "zanzibar") }
	if s, err := a.Served(ctx); err != nil || !s.Exact {
		t.Fatalf("a late text changes what is served: %v", err)
	}
	if _, err := a.Notify(ctx, ""); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Deliver(ctx, []byte("again")); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Build(ctx, nil); err != nil {
		t.Fatal(err)
	}
	if holds() {
		t.Error("a late text is learned before the next window is over")
	}
	if _, err := a.Advance(47 * 24 * time.Hour); err != nil {
		t.Fatal(err)
	}
	// Built from the new freeze, while the old model is still served.
	if _, err := a.Build(ctx, nil); err != nil {
		t.Fatal(err)
	}
	if !holds() {
		t.Error("a late text is not learned after the next window")
	}
	if s, err := a.Served(ctx); err != nil || !s.Exact {
		t.Errorf("a corpus that nobody trained on changes what is served: %v", err)
	}
	r, err := a.Train(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	clean, err := a.Clean(ctx, quayside.Config(t.TempDir()), nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := app.DigestsOf(r.Model); got.Adapter != clean.Adapter || got.Corpus != clean.Corpus {
		t.Errorf("after the second freeze %s, clean is %s", got.Adapter.Short(), clean.Adapter.Short())
	}
	if b, err := a.Audit(ctx); err != nil || len(b.Breaches) > 0 {
		t.Errorf("audit: %v, %v", b, err)
	}
}

// TestAWindowIsNeverShortened: a notice may give more time than the one before it,
// not less, until that one's window was frozen.
func TestAWindowIsNeverShortened(t *testing.T) {
	ctx := t.Context()
	a := quayside.New(t, quayside.Config(t.TempDir()), quayside.Settings(3))
	in := func(days int) string { return a.Now().AddDate(0, 0, days).Format(time.DateOnly) }
	if _, err := a.Notify(ctx, in(60)); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Notify(ctx, in(59)); err == nil || !strings.Contains(err.Error(), "never shorter") {
		t.Errorf("a day less: %v, want to be refused", err)
	}
	if _, err := a.Notify(ctx, in(61)); err != nil {
		t.Errorf("a day more: %v", err)
	}
	if b, err := a.Audit(ctx); err != nil || len(b.Breaches) > 0 {
		t.Errorf("audit: %v, %v", b, err)
	}
}

// TestErasingTakesWhatWasLearnedAlong: after an erasure and the forgetting that
// follows, no object is left that learned from the member, and neither what they
// wrote nor a receipt can be had.
func TestErasingTakesWhatWasLearnedAlong(t *testing.T) {
	ctx := t.Context()
	a := quayside.Trained(t, quayside.Config(t.TempDir()), quayside.Settings(3))
	m := quayside.Member(t, a, "m33")
	s, err := a.Served(ctx)
	if err != nil {
		t.Fatal(err)
	}
	learned := []string{s.Adapter.String()}
	for shard := range s.Learned.Shards {
		met := false
		for slice := range s.Learned.Slices {
			cell := s.Learned.Cells[shard*s.Learned.Slices+slice]
			if slices.Contains(cell.Lineage, m) {
				met = true
				learned = append(learned, cell.Digest.String())
			}
			if met {
				learned = append(learned, s.Learned.Checkpoints[shard][slice+1].String())
			}
		}
	}
	there := func(d string) bool {
		_, err := os.Stat(filepath.Join(a.Dir(), "objects", d[:2], d[2:]))
		return err == nil
	}
	for _, d := range learned {
		if !there(d) {
			t.Fatalf("before: %s is not there: the test shows nothing", d)
		}
	}
	if err := a.Erase(ctx, m); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Forget(ctx, nil); err != nil {
		t.Fatal(err)
	}
	for _, d := range learned {
		if there(d) {
			t.Errorf("%s learned from the member and is still there", d)
		}
	}
	if _, err := a.Receipt(ctx, m); !errors.Is(err, app.ErrNoMember) {
		t.Errorf("a receipt of an erased member: %v", err)
	}
	clean, err := a.Clean(ctx, quayside.Config(t.TempDir()), nil)
	if err != nil {
		t.Fatal(err)
	}
	if s, err = a.Served(ctx); err != nil || s.Adapter != clean.Adapter || !s.Exact {
		t.Errorf("served is not the clean build: %v", err)
	}
	if b, err := a.Audit(ctx); err != nil || len(b.Breaches) > 0 {
		t.Errorf("audit: %v, %v", b, err)
	}
}

// bring imports lines of the village's platform.
func bring(t *testing.T, a *app.App, lines ...string) {
	t.Helper()
	text := "{\"type\":\"exchange\",\"version\":1,\"platform\":\"village\"}\n" + strings.Join(lines, "\n") + "\n"
	if _, err := a.Import(t.Context(), jsonl.FS(fstest.MapFS{"in": {Data: []byte(text)}}, "in")); err != nil {
		t.Fatal(err)
	}
}

// TestAChoiceInTheLastSecondCounts: the last second of the deadline is the one
// before its date has ended in the last time zone; nothing is frozen until then.
func TestAChoiceInTheLastSecondCounts(t *testing.T) {
	ctx := t.Context()
	a := quayside.New(t, quayside.Config(t.TempDir()), quayside.Settings(3))
	state, err := a.Ledger().StateNow(ctx)
	if err != nil {
		t.Fatal(err)
	}
	day, err := time.Parse(time.DateOnly, state.Notice.Deadline)
	if err != nil {
		t.Fatal(err)
	}
	end := day.AddDate(0, 0, 1).Add(12 * time.Hour) // midnight at UTC−12
	if _, err := a.Advance(end.Add(-time.Second).Sub(a.Now())); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Build(ctx, nil); !errors.Is(err, app.ErrTooEarly) {
		t.Fatalf("a second before the end: %v", err)
	}
	m := quayside.Member(t, a, "m33")
	if _, err := a.Object(ctx, m, licet.PurposeTrain, licet.Said{Channel: "test"}); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Advance(time.Second); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Build(ctx, nil); err != nil {
		t.Fatalf("at the end: %v", err)
	}
	for r, err := range a.Rows(ctx) {
		if err != nil {
			t.Fatal(err)
		}
		if r.Member == m {
			t.Fatal("who objected in the last second is in the corpus")
		}
	}
}

// TestSilenceNeedsAWindow: who joined when the notice was out already was told of
// nothing, so that their silence is no permission at that freeze; their own yes is,
// and after the next notice their silence is like everybody's.
func TestSilenceNeedsAWindow(t *testing.T) {
	ctx := t.Context()
	a := quayside.New(t, quayside.Config(t.TempDir()), quayside.Settings(3))
	bring(t, a,
		`{"type":"member","id":"new","name":"Perpetua Oxlade","country":"FR","birth_date":"1980-01-02"}`,
		`{"type":"record","id":"new-1","member":"new","kind":"post","text":"Wheelbarrows on the lower deck, zanzibar.","created":"2025-11-03T10:00:00Z"}`,
		`{"type":"member","id":"keen","name":"Leopold Quince","country":"FR","birth_date":"1980-01-02"}`,
		`{"type":"record","id":"keen-1","member":"keen","kind":"post","text":"Two ladders went to Tashkent, nobody asked why.","created":"2025-11-03T10:00:00Z"}`,
		`{"type":"record","id":"keen-2","member":"keen","kind":"recommendation","about":"new","text":"Knows Samarkand by heart.","created":"2025-11-03T10:00:00Z"}`)
	if _, err := a.Consent(ctx, quayside.Member(t, a, "keen"), licet.PurposeTrain, licet.Said{Channel: "test"}); err != nil {
		t.Fatal(err)
	}
	holds := func(when string, want map[string]bool) {
		t.Helper()
		if _, err := a.Advance(47 * 24 * time.Hour); err != nil {
			t.Fatal(err)
		}
		if _, err := a.Build(ctx, nil); err != nil {
			t.Fatal(err)
		}
		for word, in := range want {
			if got := strings.Contains(string(corpusOf(t, a)), word); got != in {
				t.Errorf("%s: %s is in the corpus: %v, want %v", when, word, got, in)
			}
		}
		if b, err := a.Audit(ctx); err != nil || len(b.Breaches) > 0 {
			t.Errorf("%s: audit: %v, %v", when, b, err)
		}
	}
	holds("after a notice before they came", map[string]bool{"zanzibar": false, "Tashkent": true, "Samarkand": false})
	if lines, _, err := a.Explain(ctx, quayside.Member(t, a, "new"), licet.PurposeTrain); err != nil || len(lines) != 1 || !slices.Equal(lines[0].Reasons, []string{licet.RuleNoWindow}) {
		t.Errorf("what the member reads: %+v, %v", lines, err)
	}
	if _, err := a.Notify(ctx, ""); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Deliver(ctx, []byte("again")); err != nil {
		t.Fatal(err)
	}
	holds("after their own notice", map[string]bool{"zanzibar": true, "Tashkent": true, "Samarkand": true})
}

// TestADeliveryHasItsOwnWindow: a notice that is delivered late moves the freeze, and
// one that is published under another policy says so first.
func TestADeliveryHasItsOwnWindow(t *testing.T) {
	ctx := t.Context()
	a := empty(t, quayside.Config(t.TempDir()), quayside.Settings(3))
	first, err := a.Notify(ctx, "")
	if err != nil {
		t.Fatal(err)
	}
	again, err := a.Notify(ctx, "")
	if err != nil || first.Notice == again.Notice {
		t.Errorf("two notices of one day are both called %q: %v", first.Notice, err)
	}
	advance := func(days int) {
		t.Helper()
		if _, err := a.Advance(time.Duration(days) * 24 * time.Hour); err != nil {
			t.Fatal(err)
		}
	}
	advance(40)
	if _, err := a.Deliver(ctx, nil); err != nil {
		t.Fatal(err)
	}
	advance(10)
	if _, err := a.Freeze(ctx); !errors.Is(err, app.ErrTooEarly) || !strings.Contains(err.Error(), "was delivered on 2025-12-13: members can object until the end of 2026-01-11") {
		t.Errorf("ten days after its delivery: %v", err)
	}
	advance(21)
	if _, err := a.Freeze(ctx); err != nil {
		t.Errorf("a month after its delivery: %v", err)
	}
	if b, err := a.Audit(ctx); err != nil || len(b.Breaches) > 0 {
		t.Errorf("audit: %v, %v", b, err)
	}
}

// TestAnotherPolicyNeedsItsOwnNotice: what members were told of is what is frozen. A
// program that comes with other rules adopts them in the log, with the next notice.
func TestAnotherPolicyNeedsItsOwnNotice(t *testing.T) {
	ctx := t.Context()
	cfg := quayside.Config(t.TempDir())
	a := empty(t, cfg, quayside.Settings(3))
	if _, err := a.Notify(ctx, ""); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Deliver(ctx, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Advance(47 * 24 * time.Hour); err != nil {
		t.Fatal(err)
	}
	var err error
	if cfg.Rules, err = policy.Load("opt-in"); err != nil {
		t.Fatal(err)
	}
	b, err := app.Open(ctx, cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	})
	if _, err := b.Freeze(ctx); !errors.Is(err, app.ErrTooEarly) || !strings.Contains(err.Error(), "another policy") {
		t.Errorf("frozen under a policy that nobody was told of: %v", err)
	}
	n, err := b.Notify(ctx, "")
	if err != nil || n.Policy != cfg.Rules.Digest() {
		t.Errorf("the notice is of %s: %v", n.Policy.Short(), err)
	}
	if r, err := b.Audit(ctx); err != nil || len(r.Breaches) > 0 {
		t.Errorf("audit: %v, %v", r, err)
	}
}
