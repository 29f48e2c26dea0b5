package main

import (
	"fmt"
	"io"
	"math"

	"licet/view/langid"
	"licet/view/langid/feature"
)

const lanes = langid.Lanes

// A trainer fits a logistic model: the share of lane k is proportional to
// e^(bias[k] + sum of the features' weights[k]). Steps are AdaGrad's (Duchi et
// al. 2011), one text at a time, in one order. Every product is rounded before
// it is added, so that no machine fuses the two and gets other bits.
type trainer struct {
	letters *feature.Letters
	draws   *sampler
	marks   []uint8
	owners  []string // the word at each number, as codes
	words   weights
	runs    weights
	bias    weights
	steps   int
	rate    float32
	drop    float64 // share of words that are learned without their own number
	scale   int
	shift   float32 // taken from other languages' bias: communities have fewer of them than the draws
	floor   [langid.Buckets]uint16
}

type weights struct {
	w, g [][lanes]float32 // weight, sum of squared gradients
}

func newWeights(n int) weights {
	return weights{make([][lanes]float32, n), make([][lanes]float32, n)}
}

func newTrainer(c corpora, r *recipe) (*trainer, error) {
	t := &trainer{
		letters: feature.NewLetters(),
		words:   newWeights(feature.WordSlots),
		runs:    newWeights(feature.RunSlots),
		bias:    newWeights(langid.Buckets),
	}
	var seed, rate, drop, shift int
	for name, to := range map[string]*int{"seed": &seed, "steps": &t.steps, "rate_thousandths": &rate, "drop_percent": &drop, "scale": &t.scale, "other_shift_hundredths": &shift} {
		v, err := r.param(name)
		if err != nil {
			return nil, err
		}
		*to = v
	}
	for i := range t.floor {
		v, err := r.param(fmt.Sprintf("floor_percent_%d", i))
		if err != nil {
			return nil, err
		}
		t.floor[i] = uint16(v * 65536 / 100) //nolint:gosec // below 100 %
	}
	t.rate, t.drop = float32(rate)/1000, float64(drop)/100
	t.shift = float32(shift) / 100
	t.marks, t.owners = place(c, t.letters)
	t.draws = newSampler(c, uint64(seed)) //nolint:gosec // any seed
	for _, v := range t.draws.own {
		if len(v.c.texts) == 0 {
			return nil, fmt.Errorf("%w: no source has text in %q", errRecipe, v.lang)
		}
	}
	if len(t.draws.other) == 0 {
		return nil, fmt.Errorf("%w: no source has text in a language beside the four", errRecipe)
	}
	return t, nil
}

func (t *trainer) train(log io.Writer) {
	loss, right, seen := 0.0, 0, 0
	for i := range t.steps {
		rate := t.rate * float32(t.steps-i) / float32(t.steps)
		text, lane := t.draws.draw()
		p, ok := t.step(text, lane, rate)
		if !ok {
			continue
		}
		seen++
		loss -= math.Log2(max(p, 1e-9))
		if p > .5 {
			right++
		}
		if (i+1)%max(1, t.steps/10) == 0 {
			fmt.Fprintf(log, "step %d: %.3f bits, %.1f %% above one half\n", i+1, loss/float64(seen), 100*float64(right)/float64(seen)) //nolint:errcheck // progress only
			loss, right, seen = 0, 0, 0
		}
	}
}

// step learns from one text, and returns the share that its lane had before.
func (t *trainer) step(text string, lane int, rate float32) (share float64, ok bool) {
	var (
		active []*[lanes]float32
		square []*[lanes]float32
		slots  [feature.MaxRuns]uint32
		count  int
	)
	s := t.letters.Scan(text)
	for s.Next() {
		word := s.Word()
		if len(word) > 1 {
			count++
		}
		n := feature.Runs(word, &slots)
		for _, i := range slots[:n] {
			active, square = append(active, &t.runs.w[i]), append(square, &t.runs.g[i])
		}
		if i, mark := feature.Word(word); t.marks[i] == mark && t.draws.rng.float() >= t.drop {
			active, square = append(active, &t.words.w[i]), append(square, &t.words.g[i])
		}
	}
	if count == 0 {
		return 0, false
	}
	b := bucket(count)
	active, square = append(active, &t.bias.w[b]), append(square, &t.bias.g[b])
	p := shares(active)
	for k := range lanes {
		g := float32(p[k])
		if k == lane {
			g--
		}
		gg := float32(g * g)
		for j, w := range active {
			square[j][k] += gg
			w[k] -= float32(rate*g) / float32(math.Sqrt(float64(square[j][k]+.1)))
		}
	}
	return p[lane], true
}

// shares is the softmax of the sums of weights.
func shares(active []*[lanes]float32) [lanes]float64 {
	var sum [lanes]float32
	for _, w := range active {
		for k, v := range w {
			sum[k] += v
		}
	}
	top := sum[0]
	for _, v := range sum {
		top = max(top, v)
	}
	var p [lanes]float64
	all := 0.0
	for k, v := range sum {
		p[k] = exp(float64(v - top))
		all += p[k]
	}
	for k := range p {
		p[k] /= all
	}
	return p
}

// exp returns e^x for x at most 0, with the same bits on every machine:
// (e^(x/1024))^1024, the inner one by its series.
func exp(x float64) float64 {
	if x < -40 {
		return 0
	}
	y := x / 1024
	r := 1 + float64(y*(1+float64(y/2*(1+float64(y/3*(1+float64(y/4)))))))
	for range 10 {
		r = float64(r * r)
	}
	return r
}

func bucket(words int) int {
	switch {
	case words < 4:
		return words
	case words < 7:
		return 4
	case words < 13:
		return 5
	}
	return 6
}
