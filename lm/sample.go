package lm

import (
	"math"
	"math/bits"
	"slices"

	"licet/lm/lanes"
)

// floor is the least share of the likeliest token's weight that a token needs
// to be drawn at all: 1e-6, as the logarithm.
const floor = -13.815511

// sampler draws the tokens of one answer.
type sampler struct {
	o      GenerateOptions
	random normal
	text   []int32 // prompt and answer
	kinds  []int32 // the different tokens of text, in order of first use
	stands map[int32]bool
	list   []candidate
	work   []candidate
}

func newSampler(o GenerateOptions, prompt []int32) *sampler {
	s := &sampler{o: o, random: normal{o.Seed}, stands: map[int32]bool{}}
	for _, t := range prompt {
		s.add(t)
	}
	return s
}

// add says that a token stands.
func (s *sampler) add(t int32) {
	s.text = append(s.text, t)
	if !s.stands[t] {
		s.stands[t] = true
		s.kinds = append(s.kinds, t)
	}
}

// A candidate is a token and its share, as a whole number, so that sums are
// exact in any order: e^((logit − greatest)/temperature)·2³², rounded down.
type candidate struct {
	token  int32
	weight uint64
}

// before tells whether a is likelier; of equals the smaller id is.
func (a candidate) before(b candidate) bool {
	return a.weight > b.weight || a.weight == b.weight && a.token < b.token
}

// pick draws the next token, or the likeliest where there is no temperature. It
// changes the logits. −1: every token is forbidden.
func (s *sampler) pick(logits []float32, forbidden []int32) int32 {
	s.penalize(logits)
	never := float32(math.Inf(-1))
	for _, t := range forbidden {
		logits[t] = never
	}
	s.forbidRepeats(logits)
	best, top := int32(-1), never
	for i, v := range logits {
		if v > top {
			best, top = int32(i), v //nolint:gosec // a vocabulary is small
		}
	}
	if s.o.Temperature <= 0 || best < 0 {
		return best
	}
	s.list = s.list[:0]
	inverse, sum := float32(1/s.o.Temperature), uint64(0)
	for i, v := range logits {
		if x := float32(v-top) * inverse; x > floor {
			w := uint64(float64(lanes.Exp(x)) * (1 << 32))
			s.list = append(s.list, candidate{int32(i), w}) //nolint:gosec // a vocabulary is small
			sum += w
		}
	}
	last := candidate{math.MaxInt32, 0}
	if p := s.o.TopP; p > 0 && p < 1 {
		last, sum = s.nucleus(uint64(p * float64(sum)))
	}
	x, _ := bits.Mul64(s.random.next(), sum) // uniform in 0 … sum−1
	for _, c := range s.list {
		if last.before(c) {
			continue
		}
		if x < c.weight {
			return c.token
		}
		x -= c.weight
	}
	return best
}

// penalize divides the logits of tokens that stand already.
func (s *sampler) penalize(logits []float32) {
	p := float32(s.o.RepetitionPenalty)
	if p == 0 || p == 1 {
		return
	}
	for _, t := range s.kinds {
		if logits[t] > 0 {
			logits[t] /= p
		} else {
			logits[t] *= p
		}
	}
}

// forbidRepeats takes away the tokens that would complete a run of NoRepeat
// tokens for the second time.
func (s *sampler) forbidRepeats(logits []float32) {
	n := s.o.NoRepeat
	if n < 2 || len(s.text) < n {
		return
	}
	tail := s.text[len(s.text)-n+1:]
	for i := 0; i+n <= len(s.text); i++ {
		if s.text[i] == tail[0] && slices.Equal(s.text[i:i+n-1], tail) {
			logits[s.text[i+n-1]] = float32(math.Inf(-1))
		}
	}
}

// nucleus finds the fewest likeliest candidates whose weights sum to at least
// `want` and returns the last of them and their sum (Holtzman et al. 2020). It
// looks only at the side where that one is, as in Hoare's selection.
func (s *sampler) nucleus(want uint64) (last candidate, sum uint64) {
	s.work = append(s.work[:0], s.list...)
	for work := s.work; ; {
		mid := work[len(work)/2]
		work[len(work)/2], work[0] = work[0], mid
		n, over := 1, uint64(0) // work[1:n] are before mid, and sum to over
		for i := 1; i < len(work); i++ {
			if work[i].before(mid) {
				over += work[i].weight
				work[i], work[n] = work[n], work[i]
				n++
			}
		}
		switch {
		case n > 1 && sum+over >= want:
			work = work[1:n]
		case sum+over+mid.weight >= want || n == len(work):
			return mid, sum + over + mid.weight
		default:
			sum += over + mid.weight
			work = work[n:]
		}
	}
}

// A Choice is a token and the logarithm of its probability.
type Choice struct {
	Token   int32
	LogProb float64
}

// logProbs returns the log-probability of a token and those of the n likeliest,
// before any penalty or temperature. logits are as the model gave them.
func logProbs(ops *lanes.Ops, logits []float32, n int) (of func(t int32) float64, top []Choice) {
	work := slices.Clone(logits)
	greatest, sum := ops.Exps(work, 1)
	all := float64(greatest) + ln(float64(sum))
	copy(work, logits) // the caller may ask when the logits have changed
	for i, v := range work {
		if n == 0 || len(top) == n && float64(v)-all <= top[n-1].LogProb {
			continue
		}
		c, at := Choice{int32(i), float64(v) - all}, len(top) //nolint:gosec // a vocabulary is small
		for at > 0 && c.LogProb > top[at-1].LogProb {
			at--
		}
		if len(top) == n {
			top = top[:n-1]
		}
		top = slices.Insert(top, at, c)
	}
	return func(t int32) float64 { return float64(work[t]) - all }, top
}
