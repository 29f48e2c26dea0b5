package lm_test

import (
	"fmt"
	"math"
	"slices"
	"sync"
	"testing"
	"time"

	"licet/lm"
	"licet/lm/sgemm"
)

// The shapes that are measured; weights are random.
var measured = []struct {
	name string
	c    lm.Config
}{
	{"5.3M", lm.Config{Vocab: 4096, Width: 256, Layers: 4, Heads: 4, KVHeads: 4, FFN: 704, Context: 256, RopeTheta: 10000, NormEps: 1e-5}},
	{"135M", lm.Config{
		Vocab: 49152, Width: 576, Layers: 30, Heads: 9, KVHeads: 3, FFN: 1536, Context: 2048, RopeTheta: 10000, NormEps: 1e-5, Tied: true,
	}},
}

// BenchmarkTrain measures steps of an adapter of rank 8 on every linear map, best
// of all.
func BenchmarkTrain(b *testing.B) {
	for _, shape := range measured {
		r := lm.DefaultRecipe()
		r.Batch, r.Context = 8, 128
		if shape.c.Layers > 10 {
			r.Batch, r.Context = 2, 256
		}
		for _, threads := range []int{1, 2} {
			b.Run(fmt.Sprintf("%s/on-%d", shape.name, threads), func(b *testing.B) {
				trial, err := lm.NewTrial(shape.c, sgemm.Best(threads), r)
				if err != nil {
					b.Fatal(err)
				}
				best, least := time.Hour, math.Inf(1)
				for b.Loop() {
					begin, used := time.Now(), cpu()
					trial.Step()
					best, least = min(best, time.Since(begin)), min(least, cpu()-used)
				}
				b.ReportMetric(float64(r.Batch*r.Context)/best.Seconds(), "tokens/s-best")
				b.ReportMetric(float64(r.Batch*r.Context)/least, "tokens/cpu-s")
			})
		}
	}
}

// BenchmarkGenerate measures answers of 128 tokens to prompts of 32: one on one
// core, and eight together on two. Prompts count as time, not as tokens.
func BenchmarkGenerate(b *testing.B) {
	tok, err := lm.TrainTokenizer(slices.Values([]string{"the dog sleeps"}), 258)
	if err != nil {
		b.Fatal(err)
	}
	for _, shape := range measured {
		for _, weights := range []lm.Weights{lm.Float32, lm.BF16, lm.Int8} {
			for _, run := range []struct{ answers, threads int }{{1, 1}, {8, 2}} {
				b.Run(fmt.Sprintf("%s/%s/%d-on-%d", shape.name, weights, run.answers, run.threads), func(b *testing.B) {
					m, err := lm.RandomModel(shape.c, tok, sgemm.Best(run.threads), 1, weights)
					if err != nil {
						b.Fatal(err)
					}
					n, before := 0, cpu()
					for b.Loop() {
						n += answers(b, m, run.answers, 32, 128)
					}
					b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "tokens/s")
					b.ReportMetric(float64(n)/(cpu()-before), "tokens/cpu-s")
					b.ReportMetric(peak(), "MB-peak")
				})
			}
		}
	}
}

// BenchmarkPrompt measures how fast prompts of 224 tokens are read.
func BenchmarkPrompt(b *testing.B) {
	tok, err := lm.TrainTokenizer(slices.Values([]string{"the dog sleeps"}), 258)
	if err != nil {
		b.Fatal(err)
	}
	for _, shape := range measured {
		b.Run(shape.name+"/bf16", func(b *testing.B) {
			m, err := lm.RandomModel(shape.c, tok, sgemm.Best(1), 1, lm.BF16)
			if err != nil {
				b.Fatal(err)
			}
			before := cpu()
			for b.Loop() {
				answers(b, m, 1, 224, 1)
			}
			b.ReportMetric(float64(224*b.N)/b.Elapsed().Seconds(), "tokens/s")
			b.ReportMetric(float64(224*b.N)/(cpu()-before), "tokens/cpu-s")
		})
	}
}

// answers writes some together and returns how many tokens they have.
func answers(b *testing.B, m *lm.Model, n, prompt, most int) int {
	b.Helper()
	w, counts := lm.NewWriter(m, nil), make([]int, n)
	var wait sync.WaitGroup
	for i := range n {
		wait.Go(func() {
			text := make([]int32, prompt)
			for j := range text {
				text[j] = int32((i*31 + j*7) % 250)
			}
			for p, err := range w.Write(b.Context(), text, lm.GenerateOptions{MaxTokens: most, Temperature: 1, Seed: uint64(i)}) {
				if err != nil {
					b.Error(err)
				}
				if p.Finish == "" {
					counts[i]++
				}
			}
		})
	}
	wait.Wait()
	sum := 0
	for _, c := range counts {
		sum += c
	}
	return sum
}
