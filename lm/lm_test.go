package lm_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"testing"

	"licet/lm"
	"licet/lm/sgemm"
)

func tiny(tb testing.TB) *lm.Base {
	tb.Helper()
	tok, err := lm.TrainTokenizer(slices.Values([]string{"the quick brown fox jumps over the lazy dog and the dog sleeps"}), 270)
	if err != nil {
		tb.Fatal(err)
	}
	b, err := lm.NewBase(lm.Config{
		Vocab: tok.Vocab(), Width: 16, Layers: 2, Heads: 4, KVHeads: 2, FFN: 24, Context: 32, RopeTheta: 10000, NormEps: 1e-5, Tied: true,
	}, tok, 7)
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

func recipe() lm.Recipe {
	r := lm.DefaultRecipe()
	r.Rank, r.Context, r.Batch, r.Epochs, r.LearningRate = 4, 16, 2, 3, 1e-2
	return r
}

func docs(r *rand.Rand, b *lm.Base, n int) [][]int32 {
	var out [][]int32
	for range n {
		text := ""
		for range 3 + r.IntN(20) {
			text += []string{"the ", "dog ", "fox ", "sleeps ", "jumps. "}[r.IntN(5)]
		}
		out = append(out, b.Tokenizer().Document(text))
	}
	return out
}

func TestSameBits(t *testing.T) {
	b := tiny(t)
	d := docs(rand.New(rand.NewPCG(1, 1)), b, 9)
	var want [32]byte
	for i, kernel := range sgemm.Kernels() {
		for _, threads := range []int{1, 2, 5} {
			on := b.On(sgemm.New(kernel, threads))
			start, err := lm.NewAdapter(on, recipe())
			if err != nil {
				t.Fatal(err)
			}
			a, err := lm.Train(t.Context(), on, start, d, recipe(), nil)
			if err != nil {
				t.Fatal(err)
			}
			model, err := lm.NewModel(on, a, lm.Float32)
			if err != nil {
				t.Fatal(err)
			}
			nats, _, err := lm.Loss(t.Context(), on, a, d)
			if err != nil {
				t.Fatal(err)
			}
			h := sha256.New()
			digest := a.Digest()
			h.Write(digest[:])
			_, _ = fmt.Fprint(h, math.Float64bits(nats))
			for token, err := range model.Generate(t.Context(), d[0][:4], lm.GenerateOptions{Temperature: 1, TopP: .9, Seed: 3, RepetitionPenalty: 1.1}) {
				_, _ = fmt.Fprint(h, token, err)
			}
			got := [32]byte(h.Sum(nil))
			if i == 0 && threads == 1 {
				want = got
			}
			if got != want {
				t.Errorf("%s on %d threads: other bits", kernel, threads)
			}
		}
	}
	// The golden hash also holds between machines, GOAMD64 levels and versions.
	if got := fmt.Sprintf("%x", want[:8]); got != goldenBits {
		t.Errorf("the bits are %s, want %s: change NumericsVersion if this is meant", got, goldenBits)
	}
}

const goldenBits = "8bc7ec23587c89c5"

func TestTrainLearnsAndDependsOnDocumentsAlone(t *testing.T) {
	b := tiny(t)
	d := docs(rand.New(rand.NewPCG(2, 2)), b, 12)
	start, err := lm.NewAdapter(b, recipe())
	if err != nil {
		t.Fatal(err)
	}
	before, tokens, err := lm.Loss(t.Context(), b, start, d)
	if err != nil || tokens == 0 {
		t.Fatal(tokens, err)
	}
	alone, _, err := lm.Loss(t.Context(), b, nil, d)
	if err != nil || alone != before {
		t.Errorf("an untrained adapter changes the loss: %v and %v, %v", alone, before, err)
	}
	steps := 0
	a, err := lm.Train(t.Context(), b, start, d, recipe(), func(_, total int) { steps++; _ = total })
	if err != nil || steps == 0 {
		t.Fatal(steps, err)
	}
	after, _, err := lm.Loss(t.Context(), b, a, d)
	if err != nil || after > before-0.1 {
		t.Errorf("loss %v before and %v after training, %v", before, after, err)
	}
	slices.Reverse(d)
	again, err := lm.Train(t.Context(), b, start, d, recipe(), nil)
	if err != nil || again.Digest() != a.Digest() {
		t.Errorf("another order of documents gives another adapter (%v)", err)
	}
	fewer, err := lm.Train(t.Context(), b, start, d[1:], recipe(), nil)
	if err != nil || fewer.Digest() == a.Digest() {
		t.Errorf("one document less gives the same adapter (%v)", err)
	}
	same, err := lm.Train(t.Context(), b, start, nil, recipe(), nil)
	if err != nil || same.Digest() != start.Digest() {
		t.Errorf("no documents change the adapter (%v)", err)
	}
}

func TestTrainStops(t *testing.T) {
	b := tiny(t)
	start, err := lm.NewAdapter(b, recipe())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	_, err = lm.Train(ctx, b, start, docs(rand.New(rand.NewPCG(3, 3)), b, 9), recipe(), func(int, int) { cancel() })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled", err)
	}
}

func TestAdapterFile(t *testing.T) {
	b := tiny(t)
	start, err := lm.NewAdapter(b, recipe())
	if err != nil {
		t.Fatal(err)
	}
	a, err := lm.Train(t.Context(), b, start, docs(rand.New(rand.NewPCG(4, 4)), b, 3), recipe(), nil)
	if err != nil {
		t.Fatal(err)
	}
	data, err := a.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	var got lm.Adapter
	if err := got.UnmarshalBinary(data); err != nil || got.Digest() != a.Digest() {
		t.Errorf("reading it again: %v", err)
	}
	for n := 0; n < len(data); n += 97 {
		if err := new(lm.Adapter).UnmarshalBinary(data[:n]); err == nil {
			t.Fatalf("a file cut at %d was read", n)
		}
	}
	other, err := lm.NewBase(b.Config(), b.Tokenizer(), 8)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := lm.NewModel(other, a, lm.Float32); !errors.Is(err, lm.ErrAdapter) {
		t.Errorf("an adapter of another base: got %v, want ErrAdapter", err)
	}
}

func TestMergeIsTheMean(t *testing.T) {
	b := tiny(t)
	start, err := lm.NewAdapter(b, recipe())
	if err != nil {
		t.Fatal(err)
	}
	d := docs(rand.New(rand.NewPCG(5, 5)), b, 8)
	a, err := lm.Train(t.Context(), b, start, d, recipe(), nil)
	if err != nil {
		t.Fatal(err)
	}
	write := func(a *lm.Adapter) []int32 {
		t.Helper()
		m, err := lm.NewModel(b, a, lm.Float32)
		if err != nil {
			t.Fatal(err)
		}
		var out []int32
		for token, err := range m.Generate(t.Context(), d[0][:3], lm.GenerateOptions{}) {
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, token)
		}
		return out
	}
	twice, err := lm.Merge(b, []*lm.Adapter{a, a})
	if err != nil {
		t.Fatal(err)
	}
	one, _, err := lm.Loss(t.Context(), b, a, d)
	if err != nil {
		t.Fatal(err)
	}
	two, _, err := lm.Loss(t.Context(), b, twice, d)
	if err != nil || math.Abs(one-two) > 1e-5 {
		t.Errorf("the mean of two equal adapters: loss %v, one alone %v, %v", two, one, err)
	}
	if !slices.Equal(write(a), write(twice)) {
		t.Error("the mean of two equal adapters writes something else than one")
	}
	half, err := lm.Merge(b, []*lm.Adapter{a, start})
	if err != nil {
		t.Fatal(err)
	}
	none, _, err := lm.Loss(t.Context(), b, start, d)
	if err != nil {
		t.Fatal(err)
	}
	if between, _, err := lm.Loss(t.Context(), b, half, d); err != nil || between <= one || between >= none {
		t.Errorf("half of the change: loss %v, want between %v and %v, %v", between, one, none, err)
	}
}

func TestGenerateAgreesWithLoss(t *testing.T) {
	// The likeliest token by the writing path must be the likeliest by the
	// training path: the two are written apart.
	b := tiny(t)
	m, err := lm.NewModel(b, nil, lm.Float32)
	if err != nil {
		t.Fatal(err)
	}
	prompt := b.Tokenizer().Document("the dog sleeps")
	prompt = prompt[:len(prompt)-1]
	var first int32 = -1
	for token, err := range m.Generate(t.Context(), prompt, lm.GenerateOptions{MaxTokens: 1}) {
		if err != nil {
			t.Fatal(err)
		}
		first = token
	}
	score := func(token int32) float64 {
		nats, n, err := lm.Loss(t.Context(), b, nil, [][]int32{append(slices.Clone(prompt), token)})
		if err != nil {
			t.Fatal(err)
		}
		return nats * float64(n)
	}
	if first < 0 {
		first = b.Tokenizer().End() // it chose to end the document
	}
	want := score(first)
	for token := range int32(b.Config().Vocab) {
		if got := score(token); got < want-1e-5 {
			t.Errorf("token %d has loss %v, the chosen %d has %v", token, got, first, want)
		}
	}
}

func TestGenerateStops(t *testing.T) {
	m, err := lm.NewModel(tiny(t), nil, lm.Float32)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	n := 0
	for _, err := range m.Generate(ctx, []int32{1}, lm.GenerateOptions{Temperature: 1}) {
		if err != nil {
			if !errors.Is(err, context.Canceled) {
				t.Errorf("got %v", err)
			}
			break
		}
		n++
		cancel()
	}
	if n > 1 {
		t.Errorf("%d tokens after it was stopped", n)
	}
	for _, err := range m.Generate(t.Context(), make([]int32, 32), lm.GenerateOptions{}) {
		if !errors.Is(err, lm.ErrPrompt) {
			t.Errorf("a prompt without room: got %v", err)
		}
	}
}

func FuzzAdapter(f *testing.F) {
	b := tiny(f)
	a, err := lm.NewAdapter(b, lm.Recipe{Rank: 1, Alpha: 1, Epochs: 1, Batch: 1, Context: 8})
	if err != nil {
		f.Fatal(err)
	}
	data, err := a.MarshalBinary()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add(data[:40])
	f.Fuzz(func(t *testing.T, data []byte) {
		var a lm.Adapter
		if a.UnmarshalBinary(data) == nil {
			if _, err := a.MarshalBinary(); err != nil {
				t.Error(err)
			}
		}
	})
}

// TestTheBundledBaseIsTheRecipes: the weights in the binary are those that the
// recipe beside them names.
func TestTheBundledBaseIsTheRecipes(t *testing.T) {
	data, err := os.ReadFile("bundled/recipe.json")
	if err != nil {
		t.Fatal(err)
	}
	var recipe struct{ Digest string }
	if err := json.Unmarshal(data, &recipe); err != nil {
		t.Fatal(err)
	}
	base, err := lm.Bundled()
	if err != nil {
		t.Fatal(err)
	}
	d := base.Digest()
	if got := hex.EncodeToString(d[:]); got != recipe.Digest {
		t.Errorf("the base is %s, the recipe names %s", got, recipe.Digest)
	}
}
