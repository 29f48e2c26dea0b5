package lm

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math"
	"slices"
)

// packed is a corpus: rows of T tokens, documents one after another, each
// cut where a row ends.
type packed struct {
	T       int
	tokens  []int32 // [rows·T]
	targets []int32 // the next token of the same document, or −1
	start   []int   // where in its row the token's document begins
}

func (p *packed) rows() int { return len(p.tokens) / p.T }

// pack lays documents into rows of T tokens. The last row is filled with
// tokens that nothing is learned from.
func pack(docs [][]int32, T int) *packed {
	p := &packed{T: T}
	for _, doc := range docs {
		begin := len(p.tokens) % T
		for i, t := range doc {
			if len(p.tokens)%T == 0 {
				begin = 0
			}
			target := int32(-1)
			if i+1 < len(doc) {
				target = doc[i+1]
			}
			p.tokens = append(p.tokens, t)
			p.targets = append(p.targets, target)
			p.start = append(p.start, begin)
		}
	}
	for len(p.tokens)%T != 0 {
		p.start = append(p.start, len(p.tokens)%T)
		p.tokens = append(p.tokens, 0)
		p.targets = append(p.targets, -1)
	}
	return p
}

// shuffled returns docs in the order of SHA-256(seed, epoch, doc): it depends on
// the documents and the seed, never on the order in which they came.
func shuffled(docs [][]int32, seed uint64, epoch int) [][]int32 {
	type ranked struct {
		rank Digest
		doc  []int32
	}
	order := make([]ranked, len(docs))
	for i, doc := range docs {
		buf := binary.LittleEndian.AppendUint64(make([]byte, 0, 16+4*len(doc)), seed)
		buf = binary.LittleEndian.AppendUint64(buf, uint64(epoch))
		for _, t := range doc {
			buf = binary.LittleEndian.AppendUint32(buf, uint32(t))
		}
		order[i] = ranked{sha256.Sum256(buf), doc}
	}
	slices.SortFunc(order, func(a, b ranked) int { return slices.Compare(a.rank[:], b.rank[:]) })
	out := make([][]int32, len(docs))
	for i, r := range order {
		out[i] = r.doc
	}
	return out
}

func checkDocs(c Config, docs [][]int32) error {
	for i, doc := range docs {
		for _, t := range doc {
			if t < 0 || int(t) >= c.Vocab {
				return fmt.Errorf("document %d has token %d, the vocabulary has %d", i, t, c.Vocab)
			}
		}
	}
	return nil
}

// Train learns one slice: documents of token ids, from the adapter start. The
// optimizer and the schedule begin at zero, and batches depend on the documents
// and the recipe alone. No documents: start comes back as it is. report, which
// may be nil, hears how many steps of how many are done.
func Train(ctx context.Context, b *Base, start *Adapter, docs [][]int32, r Recipe, report func(done, total int)) (*Adapter, error) {
	if start.base != b.digest {
		return nil, fmt.Errorf("%w: it is for base %x, not %x", ErrAdapter, start.base[:6], b.digest[:6])
	}
	if err := checkDocs(b.config, docs); err != nil {
		return nil, err
	}
	if len(docs) == 0 {
		return start, nil
	}
	a := start.clone()
	rows := min(r.Batch, pack(docs, r.Context).rows(), rowsAtOnce(b.config, r.Context))
	m := newNetwork(b, a, rows, r.Context, false, true)
	if err := m.fit(ctx, docs, r, report); err != nil {
		return nil, err
	}
	return a, a.finite()
}

// rowsAtOnce is how many rows there is room for: what their forward pass leaves
// behind should not take more than 768 MiB.
func rowsAtOnce(c Config, context int) int {
	token := 2*(c.Width+c.qWidth()+c.kvWidth()+c.FFN) + c.Heads*newGrid(context).size()/context
	return max(1, 192<<20/(c.Layers*token*context))
}

// fit is the training loop, over the network's trained tensors.
func (m *network) fit(ctx context.Context, docs [][]int32, r Recipe, report func(done, total int)) error {
	batch := r.Batch
	per := (pack(docs, m.T).rows() + batch - 1) / batch
	opt := newAdamW(m, r.WeightDecay)
	total := per * r.Epochs
	for epoch := range r.Epochs {
		p := pack(shuffled(docs, r.Seed, epoch), m.T)
		for at := 0; at < p.rows(); at += batch {
			if err := ctx.Err(); err != nil {
				return fmt.Errorf("training stopped: %w", err)
			}
			m.step(p, at, min(batch, p.rows()-at))
			m.clip(r.Clip)
			opt.update(float32(schedule(opt.step, total, r)))
			if report != nil {
				report(opt.step, total)
			}
		}
	}
	return nil
}

// step runs forward and backward over rows of p and returns the mean loss.
// Rows that do not fit at once follow one another, and give the same bits: what an
// adapter learns is one sum over the tokens, in order.
func (m *network) step(p *packed, at, rows int) float64 {
	valid := valid(p.targets[at*p.T : (at+rows)*p.T])
	var sum float64
	for i := 0; i < rows; i += m.rows {
		part := min(m.rows, rows-i)
		from, to := (at+i)*p.T, (at+i+part)*p.T
		m.more = i > 0
		m.hidden(p.tokens[from:to], p.start[from:to], part)
		sum += m.loss(p.targets[from:to], part, valid)
		m.backward(p.tokens[from:to], p.start[from:to], part)
	}
	return sum / float64(max(valid, 1))
}

// valid counts the targets that are some.
func valid(targets []int32) int {
	n := 0
	for _, t := range targets {
		if t >= 0 {
			n++
		}
	}
	return n
}

// schedule is a linear warm-up and a cosine down to FinalShare.
func schedule(step, total int, r Recipe) float64 {
	warm := int(math.Ceil(r.WarmupShare * float64(total)))
	if step < warm {
		return r.LearningRate * float64(step+1) / float64(warm+1)
	}
	_, cos := sincos(math.Pi * float64(step-warm) / float64(max(1, total-warm)))
	return r.LearningRate * float64(r.FinalShare+float64((1-r.FinalShare)*float64(0.5*(1+cos))))
}

// clip scales the gradients so that their common norm is at most most.
func (m *network) clip(most float64) {
	if most <= 0 {
		return
	}
	sums := make([]float64, len(m.grads))
	m.e.Parallel(len(m.grads), func(k int) {
		for _, v := range m.grads[k] {
			sums[k] += float64(float64(v) * float64(v))
		}
	})
	var sum float64
	for _, s := range sums {
		sum += s
	}
	norm := math.Sqrt(sum)
	if norm <= most {
		return
	}
	scale := float32(most / norm)
	m.e.Parallel(len(m.grads), func(k int) { m.ops.Scale(m.grads[k], scale) })
}

// Loss returns the mean negative log-likelihood, in nats a token, of documents
// under the base with an adapter (nil: the base alone), and over how many tokens.
func Loss(ctx context.Context, b *Base, a *Adapter, docs [][]int32) (nats float64, tokens int, err error) {
	if a != nil && a.base != b.digest {
		return 0, 0, fmt.Errorf("%w: it is for base %x, not %x", ErrAdapter, a.base[:6], b.digest[:6])
	}
	if err := checkDocs(b.config, docs); err != nil {
		return 0, 0, err
	}
	T := min(128, b.config.Context)
	p := pack(docs, T)
	if p.rows() == 0 {
		return 0, 0, nil
	}
	m := newNetwork(b, a, min(8, p.rows()), T, false, false)
	var sum float64
	for at := 0; at < p.rows(); at += m.rows {
		if err := ctx.Err(); err != nil {
			return 0, 0, fmt.Errorf("measuring stopped: %w", err)
		}
		rows := min(m.rows, p.rows()-at)
		from, to := at*T, (at+rows)*T
		m.hidden(p.tokens[from:to], p.start[from:to], rows)
		sum += m.loss(p.targets[from:to], rows, 1)
		tokens += valid(p.targets[from:to])
	}
	return sum / float64(max(tokens, 1)), tokens, nil
}

// BaseRecipe is how a base is trained: every weight, from random.
type BaseRecipe struct {
	LearningRate float64 `json:"learning_rate"`
	Epochs       int     `json:"epochs"`
	Batch        int     `json:"batch"`
	Context      int     `json:"context"`
	Seed         uint64  `json:"seed"`
}

// TrainBase trains every weight of a new base. It is used once for each
// bundled base, on text that no member wrote.
func TrainBase(ctx context.Context, c Config, t *Tokenizer, docs [][]int32, r BaseRecipe, report func(done, total int)) (*Base, error) {
	b, err := NewBase(c, t, r.Seed)
	if err != nil {
		return nil, err
	}
	if err := checkDocs(c, docs); err != nil {
		return nil, err
	}
	m := newNetwork(b, nil, r.Batch, r.Context, true, true)
	if err := m.fit(ctx, docs, Recipe{
		LearningRate: r.LearningRate, WarmupShare: 0.02, FinalShare: 0.1, WeightDecay: 0.1, Clip: 1,
		Epochs: r.Epochs, Batch: r.Batch, Context: r.Context, Seed: r.Seed,
	}, report); err != nil {
		return nil, err
	}
	return newBase(c, t, b.weights)
}
