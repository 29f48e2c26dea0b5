package lm_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"licet/lm"
	"licet/lm/sgemm"
)

// baseRun is a run of a few steps over documents that no two runs share.
func baseRun(t *testing.T) *lm.BaseRun {
	t.Helper()
	var texts []string
	for i := range 40 {
		texts = append(texts, fmt.Sprintf("The valve of pump %d was closed at %d, and the level rose by %d.", i, 3*i, i*i))
	}
	tok, err := lm.TrainTokenizer(slices.Values(texts), 300)
	if err != nil {
		t.Fatal(err)
	}
	r := &lm.BaseRun{
		Config:    lm.Config{Vocab: tok.Vocab(), Width: 16, Layers: 2, Heads: 2, KVHeads: 1, FFN: 24, Context: 32, RopeTheta: 10000, NormEps: 1e-5, Tied: true},
		Tokenizer: tok, Recipe: lm.BaseRecipe{LearningRate: 1e-2, Epochs: 3, Batch: 2, Context: 32, Seed: 5},
		Checkpoint: filepath.Join(t.TempDir(), "checkpoint"), Every: 3,
	}
	for i, text := range texts {
		r.Documents = append(r.Documents, tok.Document(text))
		r.Passes = append(r.Passes, 1+i%3)
	}
	return r
}

func digestOf(t *testing.T, r *lm.BaseRun) lm.Digest {
	t.Helper()
	b, err := r.Train(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return b.Digest()
}

// TestARunWithoutPassesIsTrainBase: they are two loops of the same thing.
func TestARunWithoutPassesIsTrainBase(t *testing.T) {
	r := baseRun(t)
	r.Passes, r.Checkpoint = nil, ""
	want, err := lm.TrainBase(t.Context(), r.Config, r.Tokenizer, r.Documents, r.Recipe, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := digestOf(t, r); got != want.Digest() {
		t.Errorf("digest %x, TrainBase gives %x", got[:6], want.Digest())
	}
}

// TestARunGoesOnToTheSameBits: stopped after any step, on other threads and with
// other kernels than before.
func TestARunGoesOnToTheSameBits(t *testing.T) {
	whole := baseRun(t)
	total := whole.TotalSteps()
	want := digestOf(t, whole)
	kernels := sgemm.Kernels()
	for stop := 1; stop < total; stop += 4 {
		r := baseRun(t)
		ctx, cancel := context.WithCancel(t.Context())
		r.Engine = sgemm.New(kernels[stop%len(kernels)], 1+stop%2)
		r.Report = func(done, _ int, _ float64) {
			if done == stop {
				cancel()
			}
		}
		if _, err := r.Train(ctx); !errors.Is(err, context.Canceled) {
			t.Fatalf("stopped after step %d: %v", stop, err)
		}
		r.Engine = sgemm.New(kernels[(stop+1)%len(kernels)], 2-stop%2)
		first := 0
		r.Report = func(done, of int, loss float64) {
			if first == 0 {
				first = done
			}
			if of != total || !(loss > 0) {
				t.Errorf("step %d of %d, loss %v", done, of, loss)
			}
		}
		if got := digestOf(t, r); got != want {
			t.Errorf("stopped after step %d of %d: digest %x, want %x", stop, total, got[:6], want[:6])
		}
		if want := stop/r.Every*r.Every + 1; first != want {
			t.Errorf("stopped after step %d: went on with step %d, want %d", stop, first, want)
		}
	}
}

func TestEachDocumentHasItsPasses(t *testing.T) {
	r := baseRun(t)
	// With one document, the steps are the epochs that read it.
	for passes := 1; passes <= 5; passes++ {
		for i := range 10 {
			one := &lm.BaseRun{Recipe: lm.BaseRecipe{Epochs: 5, Batch: 1, Context: 64}, Documents: r.Documents[i : i+1], Passes: []int{passes}}
			rows := (len(r.Documents[i]) + 63) / 64
			if got := one.TotalSteps(); got != passes*rows {
				t.Errorf("document %d: %d steps of %d rows, want %d passes", i, got, rows, passes)
			}
		}
	}
}

func TestCheckpointsThatAreRefused(t *testing.T) {
	r := baseRun(t)
	r.Steps = 4
	digestOf(t, r)
	good, err := os.ReadFile(r.Checkpoint)
	if err != nil {
		t.Fatal(err)
	}
	flipped := bytes.Clone(good)
	flipped[len(flipped)/2] ^= 1
	for name, x := range map[string]struct {
		data   []byte
		change func(*lm.BaseRun)
		says   string
	}{
		"cut":            {good[:len(good)-1], nil, "bytes, want"},
		"empty":          {nil, nil, "not a training checkpoint"},
		"another file":   {[]byte(strings.Repeat("x", len(good))), nil, "not a training checkpoint"},
		"a flipped bit":  {flipped, nil, "is damaged"},
		"other texts":    {good, func(r *lm.BaseRun) { r.Documents = r.Documents[1:]; r.Passes = r.Passes[1:] }, "another recipe"},
		"another seed":   {good, func(r *lm.BaseRun) { r.Recipe.Seed++ }, "another recipe"},
		"another length": {good, func(r *lm.BaseRun) { r.Steps = 5 }, "another recipe"},
	} {
		r := baseRun(t)
		r.Steps = 4
		if x.change != nil {
			x.change(r)
		}
		if err := os.WriteFile(r.Checkpoint, x.data, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := r.Train(t.Context()); !errors.Is(err, lm.ErrCheckpoint) || !strings.Contains(err.Error(), x.says) {
			t.Errorf("%s: error %v, want one that says %q", name, err, x.says)
		}
	}
}
