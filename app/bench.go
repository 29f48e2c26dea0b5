package app

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"licet"
	"licet/corpus"
	"licet/internal/build"
	"licet/internal/cas"
	"licet/lm"
	"licet/train"
	"licet/train/gotrain"
	"licet/view"
)

// A Bench measures what forgetting costs on the members' permitted text of now.
// It works in a folder of its own and changes nothing.
type Bench struct {
	app      *App
	base     *lm.Base
	form     *train.Form
	dir      string // empty, for objects
	cpu      func() time.Duration
	learned  []licet.Passage
	heldOut  []string
	Tokens   int // to learn from, once
	Members  int
	Epochs   int
	BaseLoss float64 // on the held-out posts, nats a token
	One      float64 // of one big adapter on the same
}

// A Cost is one line of the measurement.
type Cost struct {
	Shards, Slices int
	Clean, Again   Work        // a clean build; one after one objection, mean over objections
	AllAgain       float64     // tokens after one objection, mean over all members
	Steps          build.Count // of the last objection
	Loss           float64     // merged, on the held-out posts
	Kept           float64     // share of one big adapter's gain
}

// Work is what was spent.
type Work struct {
	Tokens float64
	CPU    time.Duration
}

const (
	benchHeldOut     = 8      // one member in so many is held out
	benchHeldOutMost = 20_000 // tokens
	benchObjections  = 3
)

// NewBench prepares a measurement on at most tokens tokens (0: all), in the empty
// folder dir. cpu returns the processor time that this process has used.
func (a *App) NewBench(ctx context.Context, dir string, tokens int, cpu func() time.Duration) (*Bench, error) {
	state, err := a.ledger.StateNow(ctx)
	if err != nil {
		return nil, err
	}
	res, err := a.view.At(ctx, licet.PurposeTrain, state, state)
	if err != nil {
		return nil, err
	}
	base, err := a.Base()
	if err != nil {
		return nil, err
	}
	b := &Bench{app: a, base: base, dir: dir, cpu: cpu}
	if b.form, err = train.FormOf(base); err != nil {
		return nil, err
	}
	byMember := res.ByMember()
	members, held := b.order(res), 0
	for i, m := range members {
		cost, err := train.Tokens(ctx, b.form, byMember[m])
		switch {
		case err != nil:
			return nil, err
		case i%benchHeldOut == 0:
			for _, p := range byMember[m] {
				if held < benchHeldOutMost && (p.Kind == licet.KindPost || p.Kind == licet.KindComment) {
					n, err := train.Tokens(ctx, b.form, []licet.Passage{p})
					if err != nil {
						return nil, err
					}
					b.heldOut = append(b.heldOut, p.Text)
					held += n
				}
			}
		case tokens == 0 || b.Tokens+cost <= tokens:
			b.learned = append(b.learned, byMember[m]...)
			b.Tokens += cost
			b.Members++
		}
	}
	if len(b.heldOut) == 0 || len(b.learned) == 0 {
		return nil, errors.New("there are too few members to measure on")
	}
	b.BaseLoss, err = train.Loss(ctx, base, nil, b.heldOut)
	return b, err
}

// order returns the members with passages in an order that says nothing of them.
func (b *Bench) order(res *view.Result) []licet.MemberID {
	var out []licet.MemberID
	for m := range res.ByMember() {
		out = append(out, m)
	}
	slices.SortFunc(out, func(x, y licet.MemberID) int {
		dx, dy := b.app.keys.Rank("bench", string(x)), b.app.keys.Rank("bench", string(y))
		return slices.Compare(dx[:], dy[:])
	})
	return out
}

// Plan returns the shards and slices that the plan chooses for the bench's text.
func (b *Bench) Plan() (shards, slices int) {
	p := train.ChoosePlan(b.Tokens, Speed(b.base))
	return p.Shards, p.Slices
}

// counting counts the tokens that a trainer is given.
type counting struct {
	*gotrain.Trainer
	count func(docs [][]int32)
}

// Slice implements train.Trainer.
func (c counting) Slice(ctx context.Context, start []byte, docs [][]int32, report func(done, total int)) ([]byte, error) {
	c.count(docs)
	return c.Trainer.Slice(ctx, start, docs, report)
}

// run builds and trains passages on the objects in dir.
func (b *Bench) run(ctx context.Context, dir string, passages []licet.Passage, shards, slicesOf int) (_ *train.Model, _ Work, _ build.Count, err error) {
	store, err := cas.Open(dir, [32]byte{}, false)
	if err != nil {
		return nil, Work{}, build.Count{}, err
	}
	plan := b.app.plan(b.base, b.Tokens)
	b.Epochs = plan.Recipe.Epochs
	var tokens atomic.Int64
	trainer := counting{gotrain.New(b.base.Threads(threadsFor(shards)), plan.Recipe), func(docs [][]int32) {
		for _, d := range docs {
			tokens.Add(int64(len(d) * plan.Recipe.Epochs))
		}
	}}
	begin := b.cpu()
	g := build.New(store, nil)
	stock := corpus.NewStock(b.app.keys, b.app.cfg.Temp)
	defer func() { err = errors.Join(err, stock.Close()) }()
	byMember := map[licet.MemberID][]licet.Passage{}
	for _, p := range passages {
		byMember[p.Member] = append(byMember[p.Member], p)
	}
	for m, list := range byMember {
		if err := stock.Put(m, list); err != nil {
			return nil, Work{}, build.Count{}, err
		}
	}
	c, err := stock.Build(ctx, g, corpus.Layout{Shards: shards, Slices: slicesOf})
	if err != nil {
		return nil, Work{}, build.Count{}, err
	}
	m, err := train.Run(ctx, g, c, train.Options{Base: b.base, Trainer: trainer, HeldOut: b.heldOut})
	return m, Work{float64(tokens.Load()), b.cpu() - begin}, g.Count(), err
}

// Big trains one big adapter, which sharded ones are compared with.
func (b *Bench) Big(ctx context.Context) (Cost, error) {
	m, w, n, err := b.run(ctx, b.dir+"/big", b.learned, 1, 1)
	if err != nil {
		return Cost{}, err
	}
	b.One = m.Loss
	return Cost{Shards: 1, Slices: 1, Clean: w, Again: w, AllAgain: w.Tokens, Steps: n, Loss: m.Loss, Kept: 1}, nil
}

// Measure builds clean with so many shards and slices, then again after each of
// a few objections. Call Big first.
func (b *Bench) Measure(ctx context.Context, shards, slicesOf int) (Cost, error) {
	c := Cost{Shards: shards, Slices: slicesOf}
	dir := fmt.Sprintf("%s/%dx%d", b.dir, shards, slicesOf)
	m, w, _, err := b.run(ctx, dir, b.learned, shards, slicesOf)
	if err != nil {
		return c, err
	}
	c.Clean, c.Loss, c.Kept = w, m.Loss, (b.BaseLoss-m.Loss)/(b.BaseLoss-b.One)
	byMember := map[licet.MemberID]int{}
	for _, p := range b.learned {
		n, err := train.Tokens(ctx, b.form, []licet.Passage{p})
		if err != nil {
			return c, err
		}
		byMember[p.Member] += n * b.Epochs
	}
	var members []licet.MemberID
	for _, p := range b.learned { // in the bench's order
		if !slices.Contains(members, p.Member) {
			members = append(members, p.Member)
		}
	}
	for _, m := range members {
		c.AllAgain += b.after(m, byMember, shards, slicesOf) / float64(len(members))
	}
	for _, gone := range members[:min(benchObjections, len(members))] {
		rest := slices.DeleteFunc(slices.Clone(b.learned), func(p licet.Passage) bool { return p.Member == gone || slices.Contains(p.Others, gone) })
		_, again, n, err := b.run(ctx, dir, rest, shards, slicesOf)
		if err != nil {
			return c, err
		}
		c.Again.Tokens += again.Tokens / benchObjections
		c.Again.CPU += again.CPU / benchObjections
		c.Steps = n
	}
	return c, nil
}

// after returns the tokens that are learned again when m objects: those of everybody
// else in the slices from the first on that has m's words, or words about m.
func (b *Bench) after(m licet.MemberID, tokens map[licet.MemberID]int, shards, slicesOf int) float64 {
	first := make([]int, shards)
	for i := range first {
		first[i] = slicesOf
	}
	for _, p := range b.learned {
		if p.Member == m || slices.Contains(p.Others, m) {
			shard, slice := corpus.Place(b.app.keys, p.Member, shards, slicesOf)
			first[shard] = min(first[shard], slice)
		}
	}
	sum := 0
	for other, n := range tokens {
		shard, slice := corpus.Place(b.app.keys, other, shards, slicesOf)
		if other != m && slice >= first[shard] {
			sum += n
		}
	}
	return float64(sum)
}
