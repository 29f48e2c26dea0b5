package train_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"licet"
	"licet/corpus"
	"licet/internal/build"
	"licet/internal/cas"
	"licet/lm"
	"licet/train"
	"licet/train/gotrain"
)

type ranks struct{}

// Rank hashes label and parts.
func (ranks) Rank(label string, parts ...string) licet.Digest {
	return licet.Sum([]byte(label + "\x00" + strings.Join(parts, "\x00")))
}

const words = "the quick brown fox jumps over the lazy dog while the river runs past the old mill and the miller sleeps "

// world is a tiny base, a trainer and a store.
type world struct {
	*testing.T
	base    *lm.Base
	trainer *gotrain.Trainer
	store   *cas.Store
}

func newWorld(t *testing.T) world {
	t.Helper()
	tok, err := lm.TrainTokenizer(slices.Values([]string{words + words}), 280)
	if err != nil {
		t.Fatal(err)
	}
	base, err := lm.NewBase(lm.Config{
		Vocab: tok.Vocab(), Width: 8, Layers: 1, Heads: 2, KVHeads: 1, FFN: 12, Context: 64, RopeTheta: 1e4, NormEps: 1e-5, Tied: true,
	}, tok, 5)
	if err != nil {
		t.Fatal(err)
	}
	store, err := cas.Open(t.TempDir(), [32]byte{1}, false)
	if err != nil {
		t.Fatal(err)
	}
	return world{t, base, gotrain.New(base, lm.Recipe{Rank: 2, Alpha: 4, LearningRate: 1e-2, FinalShare: 0.1, Clip: 1, Epochs: 1, Batch: 2, Context: 24, Seed: 3}), store}
}

func passages(gone ...licet.MemberID) []licet.Passage {
	var out []licet.Passage
	for m := range 24 {
		id := licet.MemberID(fmt.Sprintf("m%02d", m))
		if !slices.Contains(gone, id) {
			out = append(out, licet.Passage{Member: id, Record: licet.RecordID("r" + string(id)), Kind: licet.KindPost, Text: fmt.Sprintf("%d %s", m, words)})
		}
	}
	return out
}

func cut(t *testing.T, g *build.Graph, p []licet.Passage) *corpus.Corpus {
	t.Helper()
	stock := corpus.NewStock(ranks{}, t.TempDir())
	t.Cleanup(func() { _ = stock.Close() })
	for _, x := range p {
		if err := stock.Put(x.Member, []licet.Passage{x}); err != nil {
			t.Fatal(err)
		}
	}
	c, err := stock.Build(t.Context(), g, corpus.Layout{Shards: 3, Slices: 3})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func (w world) run(p []licet.Passage) (*train.Model, build.Count) {
	w.Helper()
	g := build.New(w.store, nil)
	c := cut(w.T, g, p)
	m, err := train.Run(w.Context(), g, c, train.Options{Base: w.base, Trainer: w.trainer, HeldOut: []string{words}})
	if err != nil {
		w.Fatal(err)
	}
	return m, g.Count()
}

// TestOneObjectionRunsOnlyWhatChanged: the second build runs the slices from
// the member's on, in their shard, and ends where a build from nothing ends.
func TestOneObjectionRunsOnlyWhatChanged(t *testing.T) {
	w := newWorld(t)
	_, first := w.run(passages())
	if first.Ran != first.Total {
		t.Errorf("a first build ran %s", first)
	}
	if _, again := w.run(passages()); again.Ran != 0 {
		t.Errorf("the same again ran %s", again)
	}
	shard, slice := corpus.Place(ranks{}, "m07", 3, 3)
	after, count := w.run(passages("m07"))
	// The cell, its slice and the later ones of the shard, the merge, the judgement.
	if most := 1 + (3 - slice) + 2; count.Ran > most {
		t.Errorf("after one objection in shard %d, slice %d: %s, want at most %d", shard, slice, count, most)
	}
	clean, _ := newWorld(t).run(passages("m07"))
	if clean.Adapter != after.Adapter || !slices.EqualFunc(clean.Checkpoints, after.Checkpoints, slices.Equal) {
		t.Error("the incremental build is not the clean one")
	}
}

// TestTheFallbackNeverSawWhoIsGone: of every shard it takes the last checkpoint
// before any slice whose lineage names somebody who is gone.
func TestTheFallbackNeverSawWhoIsGone(t *testing.T) {
	w := newWorld(t)
	m, _ := w.run(passages())
	whole, err := m.FallBack(w.store, w.base, nil)
	if err != nil {
		t.Fatal(err)
	}
	if licet.Digest(whole.Adapter.Digest()) != m.Adapter {
		t.Error("with nobody gone the fallback is not the model")
	}
	for _, gone := range []map[licet.MemberID]bool{{"m03": true}, {"m03": true, "m11": true, "m20": true}} {
		f, err := m.FallBack(w.store, w.base, gone)
		if err != nil {
			t.Fatal(err)
		}
		for shard, left := range f.Slices {
			first := 3
			for slice := 2; slice >= 0; slice-- {
				for _, id := range m.Cells[shard*3+slice].Lineage {
					if gone[id] {
						first = slice
					}
				}
			}
			if left != first || f.Points[shard] != m.Checkpoints[shard][first] {
				t.Errorf("shard %d keeps %d slices, want %d", shard, left, first)
			}
		}
	}
}

func TestAWorseModelSaysSo(t *testing.T) {
	if (&train.Model{Loss: 4, BaseLoss: 5}).Worse() || !(&train.Model{Loss: 5.1, BaseLoss: 5}).Worse() {
		t.Error("worse is not told from better")
	}
}

func TestThePlanIsAsSmallAsTheTimeToRebuildAllows(t *testing.T) {
	for _, test := range []struct{ tokens, shards, slices int }{
		{1_000, 1, 4},        // a village
		{400_000, 1, 4},      // 5 minutes for 62 % of 320 s
		{3_000_000, 8, 4},    // 40 minutes whole
		{8_000_000, 16, 4},   // nearly two hours whole
		{100_000_000, 32, 8}, // as good as it gets
	} {
		p := train.ChoosePlan(test.tokens, 5000)
		if p.Shards != test.shards || p.Slices != test.slices {
			t.Errorf("%d tokens: %d × %d, want %d × %d", test.tokens, p.Shards, p.Slices, test.shards, test.slices)
		}
		if p.Shards > 1 && test.tokens/p.Shards < 50_000 {
			t.Errorf("%d tokens: shards of %d", test.tokens, test.tokens/p.Shards)
		}
	}
	p := train.Plan{Shards: 4, Slices: 8, Recipe: lm.DefaultRecipe()}
	if got := p.Cost(); got < 0.1406 || got > 0.1407 {
		t.Errorf("4 × 8 costs %v of a run, want 9/64", got)
	}
	if full := p.Full(5000, 5000); full != time.Duration(p.Recipe.Epochs)*time.Second {
		t.Errorf("a full run takes %s", full)
	}
}

func TestAStoppedRunEndsWithItsError(t *testing.T) {
	w := newWorld(t)
	ctx, stop := context.WithCancel(t.Context())
	g := build.New(w.store, nil)
	c := cut(t, g, passages())
	stop()
	if _, err := train.Run(ctx, g, c, train.Options{Base: w.base, Trainer: w.trainer}); err == nil {
		t.Error("a stopped run returned a model")
	}
}
