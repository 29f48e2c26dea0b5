// Package train turns a corpus into checkpoints and a merged adapter, answers
// at once with a fallback when somebody objects, and says what was learned from whom.
package train

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"licet"
	"licet/corpus"
	"licet/internal/build"
	"licet/lm"
)

// ErrWorse says that a merged model is worse than its base on held-out text.
var ErrWorse = errors.New("the merged model is worse than its base on held-out text: it is not promoted")

// A Trainer learns one slice. The same input must give the same bytes.
type Trainer interface {
	// Digest names everything that can change the bytes besides the input of
	// Slice: base, recipe and version.
	Digest() licet.Digest
	// Start returns the adapter that every shard begins with.
	Start() ([]byte, error)
	// Slice continues an adapter on documents, each the ids that a Form makes of a
	// record; report, which may be nil, hears how far it is.
	Slice(ctx context.Context, start []byte, docs [][]int32, report func(done, total int)) ([]byte, error)
}

// A Model is what was learned from one corpus, and where everything is.
type Model struct {
	Run     licet.Digest                    `json:"run"`
	Frozen  uint64                          `json:"frozen"` // position of the freeze that it was built from
	Corpus  licet.Digest                    `json:"corpus"`
	Shards  int                             `json:"shards"`
	Slices  int                             `json:"slices"`
	Cells   []corpus.Cell                   `json:"cells"`
	Members map[licet.MemberID]licet.Digest `json:"members"`
	// Admitted is each member's passages before duplicates were resolved: when
	// they change, the member has to be taken out of what is served.
	Admitted map[licet.MemberID]licet.Digest `json:"admitted"`
	Trainer  licet.Digest                    `json:"trainer"`
	Adapter  licet.Digest                    `json:"adapter"`
	Loss     float64                         `json:"loss"`      // held-out, nats a token
	BaseLoss float64                         `json:"base_loss"` // the base on the same
	// Checkpoints of each shard: the start, then one after each slice.
	Checkpoints [][]licet.Digest `json:"checkpoints"`
}

// Worse tells whether the model may not be served.
func (m *Model) Worse() bool { return m.Loss > m.BaseLoss }

// Options of Run.
type Options struct {
	Base    *lm.Base
	Trainer Trainer
	HeldOut []string // text that is in no cell; the losses are measured on it
	// Report hears how many training steps of one slice are done; may be nil.
	Report func(shard, slice, done, total int)
}

// Run trains what g does not have yet. Checkpoints and adapter depend on the
// corpus, the trainer and the base alone; the losses also on the held-out text.
func Run(ctx context.Context, g *build.Graph, c *corpus.Corpus, o Options) (*Model, error) {
	m := &Model{
		Corpus: c.Digest, Shards: c.Shards, Slices: c.Slices, Cells: c.Cells, Members: c.Members, Trainer: o.Trainer.Digest(),
		Checkpoints: make([][]licet.Digest, c.Shards),
	}
	form, err := FormOf(o.Base)
	if err != nil {
		return nil, err
	}
	start, err := g.Do(ctx, build.Step{Name: "start", Version: 1, Inputs: []licet.Digest{m.Trainer}, Run: func(context.Context) ([]byte, error) { return o.Trainer.Start() }})
	if err != nil {
		return nil, err
	}
	group, gctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for shard := range c.Shards {
		group.Go(func() (err error) {
			m.Checkpoints[shard], err = chain(gctx, g, c, shard, start, form, o)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	last := make([]licet.Digest, c.Shards)
	for i, points := range m.Checkpoints {
		last[i] = points[c.Slices]
	}
	if m.Adapter, err = g.Do(ctx, build.Step{Name: "merge", Version: 1, Inputs: last, Run: func(context.Context) ([]byte, error) {
		a, err := merge(g, o.Base, last)
		if err != nil {
			return nil, err
		}
		return a.MarshalBinary()
	}}); err != nil {
		return nil, err
	}
	return m, judge(ctx, g, m, o)
}

// chain trains the slices of one shard, one after another.
func chain(ctx context.Context, g *build.Graph, c *corpus.Corpus, shard int, start licet.Digest, form *Form, o Options) ([]licet.Digest, error) {
	points, trainer := []licet.Digest{start}, o.Trainer.Digest()
	for slice := range c.Slices {
		cell, before := c.Cell(shard, slice), points[slice]
		if cell.Rows == 0 { // nothing to learn: the checkpoint passes through
			points = append(points, before)
			continue
		}
		d, err := g.Do(ctx, build.Step{Name: "slice", Version: formVersion, Inputs: []licet.Digest{trainer, before, cell.Digest}, Run: func(ctx context.Context) ([]byte, error) {
			from, err := g.Get(before)
			if err != nil {
				return nil, err
			}
			data, err := g.Get(cell.Digest)
			if err != nil {
				return nil, err
			}
			rows, err := corpus.ReadRows(data)
			if err != nil {
				return nil, err
			}
			docs := make([][]int32, len(rows))
			for i, r := range rows {
				if docs[i], err = form.Document(ctx, r.Kind, r.Role, r.Text); err != nil {
					return nil, err
				}
			}
			var report func(done, total int)
			if o.Report != nil {
				report = func(done, total int) { o.Report(shard, slice, done, total) }
			}
			return o.Trainer.Slice(ctx, from, docs, report)
		}})
		if err != nil {
			return nil, fmt.Errorf("shard %d, slice %d: %w", shard, slice, err)
		}
		points = append(points, d)
	}
	return points, nil
}

func merge(objects interface {
	Get(d licet.Digest) ([]byte, error)
}, b *lm.Base, points []licet.Digest,
) (*lm.Adapter, error) {
	adapters := make([]*lm.Adapter, len(points))
	read := map[licet.Digest]*lm.Adapter{}
	for i, d := range points {
		if read[d] == nil {
			data, err := objects.Get(d)
			if err != nil {
				return nil, fmt.Errorf("checkpoint %s: %w", d.Short(), err)
			}
			read[d] = new(lm.Adapter)
			if err := read[d].UnmarshalBinary(data); err != nil {
				return nil, fmt.Errorf("checkpoint %s: %w", d.Short(), err)
			}
		}
		adapters[i] = read[d]
	}
	return lm.Merge(b, adapters)
}

// judge measures base and merged model on the held-out text, each once.
func judge(ctx context.Context, g *build.Graph, m *Model, o Options) (err error) {
	if m.BaseLoss, err = judged(ctx, g, licet.Digest{}, o); err != nil {
		return err
	}
	m.Loss, err = judged(ctx, g, m.Adapter, o)
	return err
}

// judged returns the loss of the base with an adapter, or, for a zero digest, without.
func judged(ctx context.Context, g *build.Graph, adapter licet.Digest, o Options) (loss float64, err error) {
	text := licet.Sum([]byte(strings.Join(o.HeldOut, "\x00")))
	data, _, err := g.Data(ctx, build.Step{
		Name: "judge", Version: formVersion, Inputs: []licet.Digest{licet.Digest(o.Base.Digest()), adapter, text},
		Run: func(ctx context.Context) ([]byte, error) {
			var a *lm.Adapter
			if !adapter.IsZero() {
				data, err := g.Get(adapter)
				if err != nil {
					return nil, err
				}
				a = new(lm.Adapter)
				if err := a.UnmarshalBinary(data); err != nil {
					return nil, err
				}
			}
			nats, err := Loss(ctx, o.Base, a, o.HeldOut)
			if err != nil {
				return nil, err
			}
			return json.Marshal(nats)
		},
	})
	if err != nil {
		return 0, err
	}
	if err := json.Unmarshal(data, &loss); err != nil {
		return 0, fmt.Errorf("judge: %w", err)
	}
	return loss, nil
}

// Loss returns the mean loss in nats a token on texts, rendered as posts.
func Loss(ctx context.Context, b *lm.Base, a *lm.Adapter, texts []string) (float64, error) {
	form, err := FormOf(b)
	if err != nil {
		return 0, err
	}
	docs := make([][]int32, len(texts))
	for i, t := range texts {
		if docs[i], err = form.Document(ctx, licet.KindPost, licet.RoleMember, t); err != nil {
			return 0, err
		}
	}
	nats, _, err := lm.Loss(ctx, b, a, docs)
	return nats, err
}

// A Fallback is the model without anybody who is gone, from checkpoints that exist.
type Fallback struct {
	Adapter *lm.Adapter
	// Points are the checkpoints that it is merged from, by shard.
	Points []licet.Digest
	// Slices are how many slices of each shard are left.
	Slices []int
}

// FallBack returns, for every shard, the last checkpoint before any slice whose
// lineage names somebody who is gone, merged.
func (m *Model) FallBack(objects interface {
	Get(d licet.Digest) ([]byte, error)
}, b *lm.Base, gone map[licet.MemberID]bool,
) (*Fallback, error) {
	f := &Fallback{}
	for shard := range m.Shards {
		left := 0
		for left < m.Slices && !slices.ContainsFunc(m.Cells[shard*m.Slices+left].Lineage, func(id licet.MemberID) bool { return gone[id] }) {
			left++
		}
		f.Slices = append(f.Slices, left)
		f.Points = append(f.Points, m.Checkpoints[shard][left])
	}
	var err error
	f.Adapter, err = merge(objects, b, f.Points)
	return f, err
}

// Tokens counts the tokens of passages as they are learned, once.
func Tokens(ctx context.Context, f *Form, passages []licet.Passage) (n int, err error) {
	for _, p := range passages {
		ids, err := f.Document(ctx, p.Kind, p.Role, p.Text)
		if err != nil {
			return 0, err
		}
		n += len(ids)
	}
	return n, nil
}

// RunID names one run: what was built, from which freeze, at which position, by
// which trainer.
func RunID(c, trainer licet.Digest, frozen, at uint64) licet.Digest {
	return licet.Sum(fmt.Appendf(nil, "licet-run-v1\x00%s %s %d %d", c, trainer, frozen, at))
}
