// Package score measures how fast the language model multiplies, trains and
// writes, against floors and against what others reach.
package score

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"time"

	"licet/lm"
	"licet/lm/sgemm"
)

// A Row is one measurement.
type Row struct {
	Name   string // such as "training 5.3M"
	Value  float64
	PerCPU float64 // Value for each second of a processor; 0 where that says nothing
	Unit   string
	Floor  float64 // what Value must reach; 0: nothing
	Below  bool    // Floor is a ceiling
	Ratio  float64 // how many times the peer's value it must reach; 0: nothing
}

// OK tells whether the row keeps its floor.
func (r Row) OK() bool {
	if r.Floor == 0 {
		return true
	}
	if r.Below {
		return r.Value <= r.Floor
	}
	return r.Value >= r.Floor
}

// Options say how to measure.
type Options struct {
	Now   func() time.Time
	CPU   func() time.Duration // of this process
	Peak  func() int64         // bytes: the most this process had in memory; 0: unknown
	Short bool                 // fewer rounds
}

// The shapes that are measured, with random weights, and a step's rows and tokens.
var shapes = []struct {
	name          string
	rows, tokens  int
	config        lm.Config
	floor, ratio  float64 // training, tokens a second on two threads
	writing       map[lm.Weights]float64
	steps, answer int
}{
	{
		"135M", 2, 256,
		lm.Config{Vocab: 49152, Width: 576, Layers: 30, Heads: 9, KVHeads: 3, FFN: 1536, Context: 2048, RopeTheta: 1e4, NormEps: 1e-5, Tied: true},
		280, 1,
		map[lm.Weights]float64{lm.Int8: 60, lm.BF16: 40},
		8, 64,
	},
	{
		"5.3M", 8, 128,
		lm.Config{Vocab: 4096, Width: 256, Layers: 4, Heads: 4, KVHeads: 4, FFN: 704, Context: 256, RopeTheta: 1e4, NormEps: 1e-5},
		6500, 1.5,
		map[lm.Weights]float64{lm.BF16: 2500},
		60, 200,
	},
	{
		"1.1M", 8, 128,
		lm.Config{Vocab: 2000, Width: 128, Layers: 4, Heads: 4, KVHeads: 2, FFN: 352, Context: 256, RopeTheta: 1e4, NormEps: 1e-5, Tied: true},
		0, 1.5,
		map[lm.Weights]float64{lm.BF16: 0},
		120, 200,
	},
}

const (
	memory  = 2 << 30 // bytes: training of 135M
	start   = 0.1     // seconds: opening the bundled base
	written = 3       // times the peer
)

// All measures training, writing and opening. The largest comes first, so that
// the process's peak of memory is its own.
func All(ctx context.Context, o Options) iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		for i, s := range shapes {
			r, err := o.training(ctx, i)
			if !yield(r, err) || err != nil {
				return
			}
			if s.name == "135M" && o.Peak() > 0 {
				mib := float64(o.Peak() >> 20)
				if !yield(Row{Name: "memory while training 135M", Value: mib, Unit: "MiB", Floor: memory >> 20, Below: true}, nil) {
					return
				}
			}
			for _, w := range []lm.Weights{lm.BF16, lm.Int8} {
				floor, ok := s.writing[w]
				if !ok {
					continue
				}
				r, err := o.writing(ctx, i, w, floor)
				if !yield(r, err) || err != nil {
					return
				}
			}
		}
		yield(o.opening())
	}
}

// rounds is how often something is measured, of which the best counts.
func (o Options) rounds(n int) int {
	if o.Short {
		return max(2, n/4)
	}
	return n
}

// best returns the least wall and processor time of n calls.
func (o Options) best(n int, f func() error) (wall, cpu time.Duration, err error) {
	for i := range n {
		begin, used := o.Now(), o.CPU()
		if err := f(); err != nil {
			return 0, 0, err
		}
		took, worked := o.Now().Sub(begin), o.CPU()-used
		if i == 0 || took < wall {
			wall = took
		}
		if i == 0 || worked < cpu {
			cpu = worked
		}
	}
	return max(wall, 1), max(cpu, 1), nil
}

func (o Options) training(ctx context.Context, i int) (Row, error) {
	s := shapes[i]
	r := lm.DefaultRecipe()
	r.Batch, r.Context = s.rows, s.tokens
	t, err := lm.NewTrial(s.config, sgemm.Best(2), r)
	if err != nil {
		return Row{}, err
	}
	wall, cpu, err := o.best(o.rounds(s.steps), func() error { t.Step(); return ctx.Err() })
	if err != nil {
		return Row{}, fmt.Errorf("measure training: %w", err)
	}
	n := float64(s.rows * s.tokens)
	return Row{"training " + s.name, n / wall.Seconds(), n / cpu.Seconds(), "tokens/s", s.floor, false, s.ratio}, nil
}

func (o Options) writing(ctx context.Context, i int, w lm.Weights, floor float64) (Row, error) {
	s := shapes[i]
	tok, err := lm.NewTokenizer(nil)
	if err != nil {
		return Row{}, err
	}
	m, err := lm.RandomModel(s.config, tok, sgemm.Best(1), 1, w)
	if err != nil {
		return Row{}, err
	}
	prompt := make([]int32, 32)
	for j := range prompt {
		prompt[j] = int32(2 + j*7)
	}
	// What random weights write may end at once: the longest answer of each
	// round counts for what was written.
	var rate, perCPU float64
	for seed := range o.rounds(12) {
		n := 0
		wall, cpu, err := o.best(1, func() error {
			for _, err := range m.Generate(ctx, prompt, lm.GenerateOptions{MaxTokens: s.answer, Temperature: 1, Seed: uint64(seed)}) {
				if err != nil {
					return err
				}
				n++
			}
			return nil
		})
		if err != nil {
			return Row{}, err
		}
		if n >= s.answer/2 {
			rate, perCPU = max(rate, float64(n)/wall.Seconds()), max(perCPU, float64(n)/cpu.Seconds())
		}
	}
	return Row{fmt.Sprintf("writing %s, %s", s.name, w), rate, perCPU, "tokens/s", floor, false, written}, nil
}

func (o Options) opening() (Row, error) {
	wall, _, err := o.best(o.rounds(12), func() error {
		b, err := lm.Bundled()
		if err != nil {
			return err
		}
		_, err = lm.NewModel(b, nil, lm.BF16)
		return err
	})
	return Row{"opening the bundled base", wall.Seconds(), 0, "s", start, true, 0}, err
}

// A Product is a size of square matrices on a number of threads.
type Product struct{ Size, Threads int }

// Products are those that are measured, and how many times the peer's speed each
// must reach.
var Products = []struct {
	Product
	Ratio float64
}{{Product{512, 1}, .9}, {Product{1024, 1}, .9}, {Product{512, 2}, .8}, {Product{1024, 2}, .8}}

// Name is what the peer calls it, too.
func (p Product) Name() string { return fmt.Sprintf("sgemm %d on %d", p.Size, p.Threads) }

// Product returns the best GFLOP/s within some time.
func (o Options) Product(p Product, during time.Duration) float64 {
	n, e := p.Size, sgemm.Best(p.Threads)
	a, b, c := make([]float32, n*n), make([]float32, n*n), make([]float32, n*n)
	for i := range a {
		a[i], b[i] = float32(i%7-3), float32(i%5-2)
	}
	var best time.Duration
	for end := o.Now().Add(during); best == 0 || o.Now().Before(end); {
		took, _, _ := o.best(4, func() error {
			e.Gemm(false, false, n, n, n, a, n, b, n, c, n, false)
			return nil
		})
		if best == 0 || took < best {
			best = took
		}
	}
	return 2 * float64(n*n*n) / best.Seconds() / 1e9
}

// A Peer is what somebody else reaches.
type Peer struct {
	Peer    string  `json:"peer"`
	Measure string  `json:"measure"`
	Value   float64 `json:"value"`
	PerCPU  float64 `json:"per_cpu"` // 0: not told
}

// ReadPeers reads lines of JSON, as bench/lm_peers.py and bench/openblas.c write them.
func ReadPeers(r io.Reader) (map[string]Peer, error) {
	out := map[string]Peer{}
	lines := bufio.NewScanner(r)
	for n := 1; lines.Scan(); n++ {
		var p Peer
		if err := json.Unmarshal(lines.Bytes(), &p); err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
		if p.Measure == "" || p.Value <= 0 {
			return nil, fmt.Errorf("line %d: no measure, or no value above 0", n)
		}
		out[p.Measure] = p
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("read peers: %w", err)
	}
	return out, nil
}
