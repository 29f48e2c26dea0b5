package lm

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math"
	"slices"
	"strings"

	"licet/lm/sgemm"
)

// ErrPrompt says that a prompt leaves no room to write.
var ErrPrompt = errors.New("the prompt is too long")

// GenerateOptions say how to sample. The zero value takes the likeliest token
// each time and stops at the end of the document or of the context.
type GenerateOptions struct {
	MaxTokens         int     // 0: until the context is full
	Temperature       float64 // 0: always the likeliest
	TopP              float64 // 0 or 1: all; otherwise the likeliest that sum to it
	RepetitionPenalty float64 // 0 or 1: none; divides the logits of tokens that stand already
	NoRepeat          int     // no run of so many tokens twice; 0: no such rule
	NewWord           bool    // the answer begins a new word, and is not empty
	Seed              uint64
	Stop              []string // texts that end it; they are not part of the answer
}

// A Model is a base with an adapter folded in, laid out for writing. It is
// immutable and safe for concurrent use.
type Model struct {
	base   *Base
	layers [][7]*sgemm.Packed
	head   *sgemm.Packed
	cos    []float32
	sin    []float32
}

// NewModel folds the adapter into the base: W + scale·ΣB·A, summed in float64
// over ascending rank and rounded once. a nil: the base alone.
func NewModel(b *Base, a *Adapter) (*Model, error) {
	if a != nil && a.base != b.digest {
		return nil, fmt.Errorf("%w: it is for base %x, not %x", ErrAdapter, a.base[:6], b.digest[:6])
	}
	c := b.config
	m := &Model{base: b}
	for l := range c.Layers {
		var packs [7]*sgemm.Packed
		for i, part := range linears {
			out, in := c.shape(i)
			w := b.weights[layerName(l, part)].data
			if a != nil {
				w = fold(w, a.tensors[2*(7*l+i)], a.tensors[2*(7*l+i)+1], out, in, a.rank, a.alpha/float64(a.rank))
			}
			packs[i] = b.engine.Pack(w, out, in)
		}
		m.layers = append(m.layers, packs)
	}
	m.head = b.engine.Pack(b.weights["model.embed_tokens.weight"].data, c.Vocab, c.Width)
	m.cos, m.sin = ropeTable(c, c.Context)
	return m, nil
}

func fold(w, down, up []float32, out, in, rank int, scale float64) []float32 {
	y := make([]float32, len(w))
	sum := make([]float64, in)
	for o := range out {
		clear(sum)
		for r := range rank {
			f := float64(up[o*rank+r])
			if f == 0 {
				continue
			}
			for i, v := range down[r*in : (r+1)*in] {
				sum[i] += float64(f * float64(v))
			}
		}
		for i, s := range sum {
			y[o*in+i] = float32(float64(w[o*in+i]) + float64(s*scale))
		}
	}
	return y
}

// Tokenizer returns the tokenizer of the base.
func (m *Model) Tokenizer() *Tokenizer { return m.base.tokenizer }

// Context returns how many tokens prompt and answer may have together.
func (m *Model) Context() int { return m.base.config.Context }

// writer is one answer in the making: the keys and values of what stands.
type writer struct {
	m                                   *Model
	keys, values                        [][]float32 // by layer, [position][kvWidth]
	at                                  int
	x, h, q, k, v, att, o, gate, up, lg []float32
	scores                              []float32
}

func (m *Model) writer() *writer {
	c, e := m.base.config, m.base.engine
	room := func(n int) []float32 { return make([]float32, e.Room(n)) }
	w := &writer{m: m, keys: make([][]float32, c.Layers), values: make([][]float32, c.Layers)}
	w.x, w.h, w.att = make([]float32, c.Width), make([]float32, c.Width), make([]float32, c.Width)
	w.q, w.o, w.k, w.v = room(c.Width), room(c.Width), room(c.kvWidth()), room(c.kvWidth())
	w.gate, w.up, w.lg, w.scores = room(c.FFN), room(c.FFN), room(c.Vocab), make([]float32, c.Context)
	return w
}

// next reads one token and returns the logits of the one that follows, valid
// until the next call.
func (w *writer) next(token int32) []float32 {
	c, e, b := w.m.base.config, w.m.base.engine, w.m.base
	hd, kd, half := c.head(), c.kvWidth(), c.head()/2
	copy(w.x, b.weights["model.embed_tokens.weight"].data[int(token)*c.Width:])
	cos, sin := w.m.cos[w.at*half:(w.at+1)*half], w.m.sin[w.at*half:(w.at+1)*half]
	for l, packs := range w.m.layers {
		norm(w.x, b.weights[layerName(l, "input_layernorm")].data, w.h, float32(c.NormEps))
		e.Gemv(packs[0], w.h, w.q)
		e.Gemv(packs[1], w.h, w.k)
		e.Gemv(packs[2], w.h, w.v)
		turn(w.q[:c.Width], cos, sin, 1)
		turn(w.k[:kd], cos, sin, 1)
		w.keys[l] = append(w.keys[l], w.k[:kd]...)
		w.values[l] = append(w.values[l], w.v[:kd]...)
		for h := range c.Heads {
			w.head(l, h, hd, kd, h/(c.Heads/c.KVHeads))
		}
		e.Gemv(packs[3], w.att, w.o)
		addTo(w.x, w.o)
		norm(w.x, b.weights[layerName(l, "post_attention_layernorm")].data, w.h, float32(c.NormEps))
		e.Gemv(packs[4], w.h, w.gate)
		e.Gemv(packs[5], w.h, w.up)
		silu(w.gate[:c.FFN], w.up[:c.FFN], w.gate[:c.FFN])
		e.Gemv(packs[6], w.gate[:c.FFN], w.o)
		addTo(w.x, w.o)
	}
	norm(w.x, b.weights["model.norm.weight"].data, w.h, float32(c.NormEps))
	e.Gemv(w.m.head, w.h, w.lg)
	w.at++
	return w.lg[:c.Vocab]
}

// head is attention of one head over everything that stands.
func (w *writer) head(l, h, hd, kd, kv int) {
	q := w.q[h*hd : (h+1)*hd]
	scores := w.scores[:w.at+1]
	for t := range scores {
		k := w.keys[l][t*kd+kv*hd : t*kd+(kv+1)*hd]
		var s float32
		for j, v := range q {
			s += float32(v * k[j])
		}
		scores[t] = s
	}
	softmax(scores, 0, len(scores), float32(1/math.Sqrt(float64(hd))))
	out := w.att[h*hd : (h+1)*hd]
	clear(out)
	for t, s := range scores {
		v := w.values[l][t*kd+kv*hd : t*kd+(kv+1)*hd]
		for j := range out {
			out[j] += float32(s * v[j])
		}
	}
}

func norm(x, w, y []float32, eps float32) {
	r := inverseRMS(x, eps)
	for j, v := range x {
		y[j] = float32(v*r) * w[j]
	}
}

func addTo(x, y []float32) {
	for i := range x {
		x[i] += y[i]
	}
}

// Generate continues a prompt of token ids. It yields one token at a time and
// ends at the end of the document, of the context, of MaxTokens, or within one
// token of ctx being done, whose error it then yields. The same seed gives the
// same tokens.
func (m *Model) Generate(ctx context.Context, prompt []int32, o GenerateOptions) iter.Seq2[int32, error] {
	return func(yield func(int32, error) bool) {
		if len(prompt) == 0 {
			prompt = []int32{m.base.tokenizer.Start()}
		}
		if len(prompt) >= m.Context() {
			yield(0, fmt.Errorf("%w: %d tokens, at most %d", ErrPrompt, len(prompt), m.Context()-1))
			return
		}
		if err := checkDocs(m.base.config, [][]int32{prompt}); err != nil {
			yield(0, err)
			return
		}
		w := m.writer()
		var logits []float32
		for _, t := range prompt {
			if err := ctx.Err(); err != nil {
				yield(0, fmt.Errorf("writing stopped: %w", err))
				return
			}
			logits = w.next(t)
		}
		s := sampler{o: o, random: normal{o.Seed}, text: slices.Clone(prompt)}
		most := m.Context() - len(prompt)
		if o.MaxTokens > 0 {
			most = min(most, o.MaxTokens)
		}
		for i := range most {
			if err := ctx.Err(); err != nil {
				yield(0, fmt.Errorf("writing stopped: %w", err))
				return
			}
			t := s.pick(logits, i == 0 && o.NewWord, m.base.tokenizer)
			if t == m.base.tokenizer.End() || t == m.base.tokenizer.Start() || s.stopped(m.base.tokenizer, len(prompt), t) {
				return
			}
			s.text = append(s.text, t)
			if !yield(t, nil) {
				return
			}
			if i+1 < most {
				logits = w.next(t)
			}
		}
	}
}

type sampler struct {
	o      GenerateOptions
	random normal
	text   []int32
}

// stopped tells whether the answer with t would hold one of the stop texts.
func (s *sampler) stopped(tok *Tokenizer, prompt int, t int32) bool {
	if len(s.o.Stop) == 0 {
		return false
	}
	answer := tok.Decode(append(slices.Clone(s.text[prompt:]), t))
	return slices.ContainsFunc(s.o.Stop, func(stop string) bool { return stop != "" && strings.Contains(answer, stop) })
}

type candidate struct {
	token  int32
	weight float64
}

func (s *sampler) pick(logits []float32, newWord bool, tok *Tokenizer) int32 {
	banned := s.banned()
	if newWord {
		banned = append(banned, tok.Inside(len(logits))...)
	}
	if p := float32(s.o.RepetitionPenalty); p > 0 && p != 1 {
		for _, t := range slices.Compact(slices.Sorted(slices.Values(s.text))) {
			if logits[t] > 0 {
				logits[t] /= p
			} else {
				logits[t] *= p
			}
		}
	}
	best, top := int32(-1), float32(math.Inf(-1))
	for i, v := range logits {
		if v > top && !slices.Contains(banned, int32(i)) {
			best, top = int32(i), v
		}
	}
	if s.o.Temperature <= 0 || best < 0 {
		return max(best, 0)
	}
	var list []candidate
	var sum float64
	for i, v := range logits {
		if weight := exp(float64(v-top) / s.o.Temperature); weight > 1e-6 && !slices.Contains(banned, int32(i)) {
			list = append(list, candidate{int32(i), weight})
			sum += weight
		}
	}
	slices.SortStableFunc(list, func(a, b candidate) int {
		if a.weight > b.weight {
			return -1
		}
		if a.weight < b.weight {
			return 1
		}
		return int(a.token - b.token)
	})
	if s.o.TopP > 0 && s.o.TopP < 1 {
		kept := 0.0
		for i, c := range list {
			kept += c.weight
			if kept >= s.o.TopP*sum {
				list, sum = list[:i+1], kept
				break
			}
		}
	}
	x := s.random.uniform() * sum
	for _, c := range list {
		if x -= c.weight; x < 0 {
			return c.token
		}
	}
	return list[len(list)-1].token
}

// banned lists the tokens that would complete a run of NoRepeat tokens for the
// second time.
func (s *sampler) banned() []int32 {
	n := s.o.NoRepeat
	if n < 2 || len(s.text) < n {
		return nil
	}
	tail := s.text[len(s.text)-n+1:]
	var out []int32
	for i := 0; i+n <= len(s.text); i++ {
		if slices.Equal(s.text[i:i+n-1], tail) {
			out = append(out, s.text[i+n-1])
		}
	}
	return out
}
