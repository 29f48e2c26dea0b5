package lm

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestNucleusIsSorting: the choice without sorting is the one by sorting.
func TestNucleusIsSorting(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for range 2000 {
		s := &sampler{}
		var all uint64
		for i := range 1 + r.IntN(40) {
			w := uint64(1 + r.IntN(9)) //nolint:gosec // small, so that many are equal
			s.list = append(s.list, candidate{int32(i), w})
			all += w
		}
		want := uint64(r.Float64() * float64(all))
		sorted := slices.Clone(s.list)
		slices.SortFunc(sorted, func(a, b candidate) int {
			if a.before(b) {
				return -1
			}
			return 1
		})
		n, sum := 0, uint64(0)
		for ; n == 0 || sum < want; n++ {
			sum += sorted[n].weight
		}
		if last, got := s.nucleus(want); last != sorted[n-1] || got != sum {
			t.Fatalf("%v of %v: the last is %v, the sum %d; want %v and %d", want, sorted, last, got, sorted[n-1], sum)
		}
	}
}

// TestDrawsAreAsLikelyAsTheirProbabilities: over many draws, within what chance
// allows, with and without top-p.
func TestDrawsAreAsLikelyAsTheirProbabilities(t *testing.T) {
	logits := []float32{0.5, -1, 2, 0.5, -40, 1.2}
	for _, c := range []struct {
		top  float64
		kept []int
	}{{1, []int{0, 1, 2, 3, 5}}, {0.7, []int{2, 5}}} {
		s := newSampler(GenerateOptions{Temperature: 0.8, TopP: c.top, Seed: 5}, []int32{0})
		const draws = 200_000
		counts, sum := make([]float64, len(logits)), 0.0
		for range draws {
			counts[s.pick(slices.Clone(logits), nil)]++
		}
		for _, i := range c.kept {
			sum += math.Exp(float64(logits[i]) / 0.8)
		}
		for i, n := range counts {
			p := 0.0
			if slices.Contains(c.kept, i) {
				p = math.Exp(float64(logits[i])/0.8) / sum
			}
			if most := 5 * math.Sqrt(draws*p*(1-p)); math.Abs(n-draws*p) > most {
				t.Errorf("top-p %v: token %d was drawn %v times, want %v ± %v", c.top, i, n, draws*p, most)
			}
		}
	}
}

func TestWhatIsForbiddenIsNotDrawn(t *testing.T) {
	s := newSampler(GenerateOptions{NoRepeat: 3}, []int32{7, 1, 2, 3, 1, 2})
	logits := []float32{0, 1, 2, 9, 8, 7}
	if got := s.pick(slices.Clone(logits), nil); got != 4 {
		t.Errorf("drew %d, want 4: 1 2 3 stands already", got)
	}
	if got := s.pick(slices.Clone(logits), []int32{4}); got != 5 {
		t.Errorf("drew %d, want 5", got)
	}
	if got := s.pick(slices.Clone(logits), []int32{0, 1, 2, 3, 4, 5}); got != -1 {
		t.Errorf("drew %d of nothing", got)
	}
	s = newSampler(GenerateOptions{RepetitionPenalty: 2}, []int32{3, 3, 0})
	if got := s.pick([]float32{-1, -1.5, 2.2, 4}, nil); got != 2 {
		t.Errorf("drew %d, want 2: the penalty counts once", got)
	}
}

// TestALongPromptDelaysNobody: every answer that runs gets its token in each
// step, whatever prompts there are to read, and prompts are read in turn.
func TestALongPromptDelaysNobody(t *testing.T) {
	waiting := func(prompt int) *answer {
		return &answer{prompt: make([]int32, prompt), text: &memory{}, draw: &sampler{text: make([]int32, prompt)}}
	}
	running := waiting(5)
	running.text.next, running.draw.text = 7, make([]int32, 8)
	long, short := waiting(70), waiting(3)
	batch := []*answer{long, running, short}
	for step, want := range []struct{ rows, readers int }{{stepRows, 1}, {stepRows, 1}, {1 + 8 + 3, 3}, {3, 3}} {
		rows, readers := plan(batch)
		if len(rows) != want.rows || len(readers) != want.readers || !slices.Contains(readers, running) {
			t.Errorf("step %d reads %d rows for %d answers, want %+v", step, len(rows), len(readers), want)
		}
		for i, r := range rows {
			if r.text.next = r.at + 1; i > 0 && rows[i-1].text == r.text && rows[i-1].at+1 != r.at {
				t.Errorf("step %d: rows of a text are not in order", step)
			}
		}
		for _, a := range readers {
			a.draw.text = append(a.draw.text, 0)
		}
	}
}
