package lm_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"licet/lm"
	"licet/lm/sgemm"
)

// roomy returns a small random base whose context has three pages.
func roomy(tb testing.TB) *lm.Base {
	tb.Helper()
	tok, err := lm.TrainTokenizer(slices.Values([]string{"the quick brown fox jumps over the lazy dog and the dog sleeps"}), 270)
	if err != nil {
		tb.Fatal(err)
	}
	b, err := lm.NewBase(lm.Config{
		Vocab: tok.Vocab(), Width: 32, Layers: 2, Heads: 4, KVHeads: 2, FFN: 48, Context: 300, RopeTheta: 10000, NormEps: 1e-5, Tied: true,
	}, tok, 7)
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

func model(tb testing.TB, b *lm.Base, w lm.Weights) *lm.Model {
	tb.Helper()
	m, err := lm.NewModel(b, nil, w)
	if err != nil {
		tb.Fatal(err)
	}
	return m
}

type request struct {
	prompt []int32
	o      lm.GenerateOptions
}

func requests(r *rand.Rand, n, vocab int) []request {
	all := make([]request, n)
	for i := range all {
		x := &all[i]
		x.prompt = make([]int32, 1+r.IntN([]int{5, 40, 250}[r.IntN(3)]))
		for j := range x.prompt {
			x.prompt[j] = int32(r.IntN(vocab)) //nolint:gosec // small
		}
		x.o = lm.GenerateOptions{
			MaxTokens: 1 + r.IntN(60), Temperature: float64(r.IntN(3)) / 2, TopP: float64(r.IntN(3)) * 0.4, RepetitionPenalty: 1 + float64(r.IntN(2))/4,
			NoRepeat: r.IntN(4), NewWord: r.IntN(2) == 0, Seed: r.Uint64(), LogProbs: r.IntN(2) == 0, Top: r.IntN(3),
		}
		if r.IntN(3) == 0 {
			x.o.Stop = []string{"e", " th"}
		}
	}
	return all
}

func collect(ctx context.Context, w *lm.Writer, x request, most int) ([]lm.Piece, error) {
	var all []lm.Piece
	for p, err := range w.Write(ctx, x.prompt, x.o) {
		if err != nil {
			return all, err
		}
		if all = append(all, p); len(all) == most {
			break
		}
	}
	return all, nil
}

// TestTogetherIsAlone: whoever else is written for, when they come and when they
// leave, an answer is the one that it would be alone, to the last bit.
func TestTogetherIsAlone(t *testing.T) {
	b := roomy(t)
	for _, weights := range []lm.Weights{lm.Float32, lm.BF16, lm.Int8} {
		r := rand.New(rand.NewPCG(1, uint64(weights))) //nolint:gosec // small
		m := model(t, b.On(sgemm.Best(2)), weights)
		all := requests(r, 40, b.Config().Vocab)
		alone := make([][]lm.Piece, len(all))
		for i, x := range all {
			var err error
			if alone[i], err = collect(t.Context(), lm.NewWriter(m, nil), x, -1); err != nil || len(alone[i]) == 0 {
				t.Fatal(len(alone[i]), err)
			}
		}
		w := lm.NewWriter(m, nil)
		var wait sync.WaitGroup
		order := r.Perm(len(all))
		for worker := range 20 { // more than run at once
			wait.Go(func() {
				for _, i := range order[worker*2 : worker*2+2] {
					most := -1
					if i%5 == 0 {
						most = 1 + i%3 // leaves early
					}
					got, err := collect(t.Context(), w, all[i], most)
					want := alone[i]
					if most > 0 {
						want = want[:min(most, len(want))]
					}
					if err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
						t.Errorf("%s, answer %d: %v\n%v alone\n%v together", weights, i, err, want, got)
					}
				}
			})
		}
		wait.Wait()
	}
}

// stepwise returns a writer that waits before each step for what the channel
// says: nil, or an error.
func stepwise(m *lm.Model) (*lm.Writer, chan<- error) {
	leave := make(chan error)
	return lm.NewWriter(m, func() error { return <-leave }), leave
}

var errWithdrawn = errors.New("withdrawn")

// TestAWithdrawnWriterDrawsNoMore: the answers that run and those that wait end
// with the reason, and none has a token of a step after it.
func TestAWithdrawnWriterDrawsNoMore(t *testing.T) {
	b := roomy(t)
	w, leave := stepwise(model(t, b, lm.BF16))
	const n, steps = 20, 4
	counts := make([]int, n)
	var wait sync.WaitGroup
	for i := range n {
		wait.Go(func() {
			got, err := collect(t.Context(), w, request{[]int32{int32(i + 2)}, lm.GenerateOptions{Temperature: 1, Seed: uint64(i)}}, -1) //nolint:gosec // small
			if counts[i] = len(got); !errors.Is(err, errWithdrawn) && (err != nil || got[len(got)-1].Finish == "") {
				t.Errorf("answer %d ended with %v", i, err)
			}
		})
	}
	for range steps {
		leave <- nil
	}
	ended := make(chan struct{})
	go func() {
		wait.Wait()
		close(ended)
	}()
	for more := true; more; {
		select {
		case leave <- errWithdrawn: // again for those that came meanwhile
		case <-ended:
			more = false
		}
	}
	for i, c := range counts {
		if c > steps {
			t.Errorf("answer %d has %d pieces after %d steps", i, c, steps)
		}
	}
}

// TestACancelledAnswerTakesNoSecondStep: it is let go of before the step after
// the one that runs.
func TestACancelledAnswerTakesNoSecondStep(t *testing.T) {
	b := roomy(t)
	w, leave := stepwise(model(t, b, lm.BF16))
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ended := make(chan error)
	go func() {
		_, err := collect(ctx, w, request{[]int32{5}, lm.GenerateOptions{}}, -1)
		ended <- err
	}()
	leave <- nil
	leave <- nil
	cancel()
	for steps := 0; ; {
		select {
		case leave <- nil:
			if steps++; steps > 1 {
				t.Fatalf("%d steps after it was cancelled", steps)
			}
		case err := <-ended:
			if !errors.Is(err, context.Canceled) {
				t.Errorf("got %v, want context.Canceled", err)
			}
			return
		}
	}
}

func TestRequestsThatCannotBeWritten(t *testing.T) {
	b := roomy(t)
	w := lm.NewWriter(model(t, b, lm.Int8), nil)
	for _, c := range []struct {
		what string
		x    request
		want error
	}{
		{"no prompt", request{}, lm.ErrNoPrompt},
		{"a prompt without room", request{prompt: make([]int32, 300)}, lm.ErrPrompt},
		{"a token above the vocabulary", request{prompt: []int32{1, 270}}, lm.ErrToken},
		{"a negative token", request{prompt: []int32{-1}}, lm.ErrToken},
		{"no number for temperature", request{[]int32{1}, lm.GenerateOptions{Temperature: math.NaN()}}, lm.ErrOptions},
		{"top-p above 1", request{[]int32{1}, lm.GenerateOptions{TopP: 1.5}}, lm.ErrOptions},
		{"a negative penalty", request{[]int32{1}, lm.GenerateOptions{RepetitionPenalty: -1}}, lm.ErrOptions},
		{"a negative length", request{[]int32{1}, lm.GenerateOptions{MaxTokens: -1}}, lm.ErrOptions},
		{"too many log-probabilities", request{[]int32{1}, lm.GenerateOptions{Top: 21}}, lm.ErrOptions},
		{"a stop that is no text", request{[]int32{1}, lm.GenerateOptions{Stop: []string{"\xff"}}}, lm.ErrOptions},
	} {
		if got, err := collect(t.Context(), w, c.x, -1); !errors.Is(err, c.want) || len(got) > 0 {
			t.Errorf("%s: got %v and %d pieces, want %v", c.what, err, len(got), c.want)
		}
	}
}

func TestWeightsHaveNames(t *testing.T) {
	for _, w := range []lm.Weights{lm.BF16, lm.Int8, lm.Float32} {
		if got, err := lm.ParseWeights(w.String()); err != nil || got != w {
			t.Errorf("%s: got %v, %v", w, got, err)
		}
	}
	if _, err := lm.ParseWeights("fp8"); !errors.Is(err, lm.ErrWeights) {
		t.Errorf("fp8: got %v, want ErrWeights", err)
	}
}

// TestHowAnAnswerEnds: with its length, or before a stop text of which nothing
// is shown, though tokens end within it.
func TestHowAnAnswerEnds(t *testing.T) {
	b := roomy(t)
	w := lm.NewWriter(model(t, b, lm.Float32), nil)
	o := lm.GenerateOptions{Temperature: 1, Seed: 11, MaxTokens: 100}
	x := request{b.Tokenizer().Document("the dog")[:3], o}
	whole, err := collect(t.Context(), w, x, -1)
	if err != nil {
		t.Fatal(err)
	}
	var tokens []int32
	for _, p := range whole {
		tokens = append(tokens, p.Token)
	}
	text := b.Tokenizer().Decode(tokens)
	if end := whole[len(whole)-1]; end.Finish != lm.FinishLength || end.Token != -1 || len(whole) != 101 {
		t.Fatalf("%d pieces, the last %+v: choose another seed, one that writes to the end", len(whole), end)
	}
	for at := range len(text) - 6 {
		stop := text[at : at+5]
		if !utf8.ValidString(stop) {
			continue
		}
		x.o.Stop = []string{"never", stop}
		got, err := collect(t.Context(), w, x, -1)
		if err != nil {
			t.Fatal(err)
		}
		shown := ""
		for _, p := range got {
			shown += p.Text
		}
		before, _, _ := strings.Cut(text, stop)
		if before = strings.ToValidUTF8(before, ""); shown != before || got[len(got)-1].Finish != lm.FinishStop {
			t.Fatalf("until %q: %q ended with %q, want %q", stop, shown, got[len(got)-1].Finish, before)
		}
	}
}

// TestLogProbs: they are those of the loss, and the likeliest are the likeliest.
func TestLogProbs(t *testing.T) {
	b := roomy(t)
	m := model(t, b, lm.BF16)
	prompt := b.Tokenizer().Document("the dog sleeps")
	prompt = prompt[:len(prompt)-1]
	got, err := collect(t.Context(), lm.NewWriter(m, nil), request{prompt, lm.GenerateOptions{MaxTokens: 3, Temperature: 1.5, RepetitionPenalty: 2, Seed: 4, LogProbs: true, Top: 4}}, -1)
	if err != nil {
		t.Fatal(err)
	}
	score := func(text []int32) float64 {
		nats, n, err := lm.Loss(t.Context(), b, nil, [][]int32{text})
		if err != nil {
			t.Fatal(err)
		}
		return -nats * float64(n)
	}
	text := slices.Clone(prompt)
	for _, p := range got {
		if p.Finish != "" {
			break
		}
		before := score(text)
		if want := score(append(slices.Clone(text), p.Token)) - before; math.Abs(p.LogProb-want) > 1e-4 {
			t.Errorf("token %d: log-probability %v, the loss says %v", p.Token, p.LogProb, want)
		}
		var all []lm.Choice
		for token := range int32(b.Config().Vocab) { //nolint:gosec // small
			all = append(all, lm.Choice{Token: token, LogProb: score(append(slices.Clone(text), token)) - before})
		}
		slices.SortFunc(all, func(a, b lm.Choice) int { return int(math.Copysign(1, b.LogProb-a.LogProb)) })
		if len(p.Top) != 4 {
			t.Fatalf("%d choices, want 4", len(p.Top))
		}
		for i, c := range p.Top {
			if math.Abs(c.LogProb-all[i].LogProb) > 1e-4 || i > 0 && c.LogProb > p.Top[i-1].LogProb {
				t.Errorf("choice %d has log-probability %v, want %v", i, c.LogProb, all[i].LogProb)
			}
		}
		text = append(text, p.Token)
	}
}

// TestWritesTheSameBits: what each kind of weights writes, on every kernel and
// number of threads, is what it wrote when this was set down.
func TestWritesTheSameBits(t *testing.T) {
	b := roomy(t)
	start, err := lm.NewAdapter(b, recipe())
	if err != nil {
		t.Fatal(err)
	}
	a, err := lm.Train(t.Context(), b, start, docs(rand.New(rand.NewPCG(1, 1)), b, 9), recipe(), nil)
	if err != nil {
		t.Fatal(err)
	}
	for weights, golden := range map[lm.Weights]string{lm.Float32: "8cfc2e1ef16afba2", lm.BF16: "baff35409aef1829", lm.Int8: "0d726a4278131bbe"} {
		for _, kernel := range sgemm.Kernels() {
			for _, threads := range []int{1, 3} {
				m, err := lm.NewModel(b.On(sgemm.New(kernel, threads)), a, weights)
				if err != nil {
					t.Fatal(err)
				}
				h := sha256.New()
				for i, x := range requests(rand.New(rand.NewPCG(9, 9)), 4, b.Config().Vocab) {
					x.o.LogProbs, x.o.Top = true, 2
					got, err := collect(t.Context(), lm.NewWriter(m, nil), x, -1)
					_, _ = fmt.Fprint(h, i, got, err)
				}
				if got := fmt.Sprintf("%x", h.Sum(nil)[:8]); got != golden {
					t.Errorf("%s, %s on %d threads: the bits are %s, want %s", weights, kernel, threads, got, golden)
				}
			}
		}
	}
}

// TestWithIsNewModel: a model that changes its adapter is the one that was made
// with it.
func TestWithIsNewModel(t *testing.T) {
	b := roomy(t)
	start, err := lm.NewAdapter(b, recipe())
	if err != nil {
		t.Fatal(err)
	}
	a, err := lm.Train(t.Context(), b, start, docs(rand.New(rand.NewPCG(1, 1)), b, 3), recipe(), nil)
	if err != nil {
		t.Fatal(err)
	}
	x := request{[]int32{1, 40}, lm.GenerateOptions{Temperature: 1, LogProbs: true, MaxTokens: 20}}
	for _, weights := range []lm.Weights{lm.BF16, lm.Int8} {
		plain := model(t, b, weights)
		for _, adapter := range []*lm.Adapter{a, nil} {
			fresh, err := lm.NewModel(b, adapter, weights)
			if err != nil {
				t.Fatal(err)
			}
			want, err := collect(t.Context(), lm.NewWriter(fresh, nil), x, -1)
			if err != nil {
				t.Fatal(err)
			}
			if plain, err = plain.With(adapter); err != nil {
				t.Fatal(err)
			}
			if got, err := collect(t.Context(), lm.NewWriter(plain, nil), x, -1); err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("%s, adapter %v: %v %v, want %v", weights, adapter != nil, got, err, want)
			}
		}
	}
	if _, err := model(t, b, lm.Float32).With(a); !errors.Is(err, lm.ErrAdapter) {
		t.Errorf("an adapter that is folded in was changed: %v", err)
	}
	other, err := lm.NewBase(b.Config(), b.Tokenizer(), 8)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := model(t, other, lm.BF16).With(a); !errors.Is(err, lm.ErrAdapter) {
		t.Errorf("an adapter of another base: got %v, want ErrAdapter", err)
	}
}
