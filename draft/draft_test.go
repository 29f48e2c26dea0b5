package draft_test

import (
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"licet"
	"licet/draft"
	"licet/internal/db"
	"licet/lm"
	"licet/train"
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

// TestADraftsPartsAreItsText: what is streamed is the text, from its opening to
// its end without blanks, and each token is told once.
func TestADraftsPartsAreItsText(t *testing.T) {
	tok, err := lm.TrainTokenizer(slices.Values([]string{"the dog sleeps and the fox jumps over the dog. post · member"}), 290)
	if err != nil {
		t.Fatal(err)
	}
	base, err := lm.NewBase(lm.Config{
		Vocab: tok.Vocab(), Width: 16, Layers: 1, Heads: 2, KVHeads: 1, FFN: 24, Context: 200, RopeTheta: 10000, NormEps: 1e-5, Tied: true,
	}, tok, 3)
	if err != nil {
		t.Fatal(err)
	}
	m, err := lm.NewModel(base, nil, lm.BF16)
	if err != nil {
		t.Fatal(err)
	}
	form, err := train.FormOf(base)
	if err != nil {
		t.Fatal(err)
	}
	for seed := range uint64(50) {
		var parts, tokens strings.Builder
		n := 0
		text, how, err := draft.Write(t.Context(), lm.NewWriter(m, nil), form, draft.Request{
			Kind: licet.KindPost, About: " the dog ", Seed: seed, Tokens: 20, LogProbs: true, Top: 2,
		}, func(p draft.Part) error {
			parts.WriteString(p.Text)
			for _, x := range p.Tokens {
				n++
				tokens.WriteString(x.Text)
				if len(x.Top) != 2 || x.LogProb > 0 || x.Top[0].LogProb < x.LogProb {
					t.Errorf("seed %d: a token of %v among %v", seed, x.LogProb, x.Top)
				}
			}
			return nil
		})
		if err != nil || n != how.Answer || how.Finish == "" || how.Prompt < 4 {
			t.Errorf("seed %d: %d tokens of %+v, %v", seed, n, how, err)
		}
		if want := strings.TrimSpace("the dog" + strings.ToValidUTF8(tokens.String(), "")); parts.String() != text || text != want {
			t.Errorf("seed %d: streamed %q, whole %q, the tokens say %q", seed, parts.String(), text, want)
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
