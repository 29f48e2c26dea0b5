package app

import (
	"context"
	"database/sql"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"maps"
	"runtime"
	"strings"
	"sync"

	"licet"
	"licet/corpus"
	"licet/internal/build"
	"licet/ledger/smt"
	"licet/lm"
	"licet/train"
	"licet/train/gotrain"
	"licet/view"
)

//go:embed heldout.txt
var heldOut string

// HeldOut returns texts in the register of a community that no member wrote:
// a model is judged on them.
func HeldOut() []string {
	var out []string
	for t := range strings.SplitSeq(heldOut, "\n---\n") {
		out = append(out, strings.TrimSpace(t))
	}
	return out
}

// Progress hears how far a long work is, in words for people.
type Progress func(what string, done, total int)

// A Manifest says what a corpus was built of and what was left out. It is an
// object whose digest the log holds.
type Manifest struct {
	Run      licet.Digest   `json:"run"`
	Frozen   uint64         `json:"frozen"`
	At       uint64         `json:"at"`
	Policy   licet.Digest   `json:"policy"`
	Rules    licet.Digest   `json:"rules,omitzero"` // of the view: what a service that it asks depends on
	Trainer  licet.Digest   `json:"trainer"`
	Records  int            `json:"records"`
	Excluded map[string]int `json:"excluded"` // records, by reason
	Corpus   *corpus.Corpus `json:"corpus"`
}

// evaluation is the one function, evaluated at (F, n).
type evaluation struct {
	frozen, at uint64
	state      licet.State
	admitted   map[licet.MemberID]licet.Digest // each member's passages, before duplicates are resolved
	excluded   map[string]int                  // records, by reason
	records    int                             // looked at
	tokens     int                             // about
	heldOut    []string                        // what the model is judged on; nobody's in the corpus
	base       *lm.Base
	plan       train.Plan
	trainer    train.Trainer
	graph      *build.Graph
	corpus     *corpus.Corpus
	run        licet.Digest
	slots      map[licet.Digest]licet.Digest
	manifest   Manifest
	built      licet.Built
}

// evaluate builds the corpus at position at, or later where somebody has looked later
// already, of what was frozen at position frozen, and commits to it.
func (a *App) evaluate(ctx context.Context, frozen, at uint64, progress Progress) (*evaluation, error) {
	a.gathered.mu.Lock()
	defer a.gathered.mu.Unlock()
	look, stock, err := a.gather(ctx, frozen, at, progress)
	if err != nil {
		return nil, err
	}
	e, err := a.layOut(ctx, frozen, look, stock, progress)
	if err != nil {
		return nil, err
	}
	return e, a.manifest(e)
}

// layOut makes the corpus of what was gathered.
func (a *App) layOut(ctx context.Context, frozen uint64, look *view.Look, stock *corpus.Stock, progress Progress) (*evaluation, error) {
	e := &evaluation{frozen: frozen, state: look.State(), admitted: look.Digests(), excluded: look.Excluded(), records: look.Records()}
	e.at = e.state.Next
	var err error
	if e.base, err = a.Base(); err != nil {
		return nil, err
	}
	e.tokens = tokens(e.base, stock.Bytes())
	e.plan = a.plan(e.base, e.tokens)
	e.trainer = gotrain.New(e.base.Threads(threadsFor(e.plan.Shards)), e.plan.Recipe)
	if a.cfg.Trainer != nil {
		e.trainer = a.cfg.Trainer(e.base, e.plan.Recipe)
	}
	e.graph = build.New(a.objects, func(name string, _ bool, so build.Count) {
		if progress != nil && name != "slice" {
			progress(name, so.Total, 0)
		}
	})
	return e, a.cut(ctx, e, stock)
}

// tokens returns about how many tokens bytes of members' text are: the share that
// the base's tokenizer makes of text that no member wrote. It is the same everywhere,
// and known before a text is tokenized.
func tokens(b *lm.Base, bytes int) int {
	var text, tokens int
	for _, t := range HeldOut() {
		text += len(t)
		tokens += len(b.Tokenizer().Encode(t))
	}
	return int(int64(bytes) * int64(tokens) / int64(text))
}

// cut makes the corpus, and finds what the model is judged on: in a large community the
// words of one member in sixteen, by a keyed hash of who they are, who are never learned
// from; a community is best judged on its own words. A small one is judged on text in its
// register that no member wrote.
func (a *App) cut(ctx context.Context, e *evaluation, stock *corpus.Stock) (err error) {
	in := corpus.Layout{Shards: e.plan.Shards, Slices: e.plan.Slices}
	if e.tokens >= heldOutFrom {
		in.HeldOut = heldOutShare
	}
	if e.corpus, err = stock.Build(ctx, e.graph, in); err != nil {
		return err
	}
	if e.corpus.HeldOut > 0 && e.corpus.Rows == 0 { // everybody: then nobody
		in.HeldOut = 0
		if e.corpus, err = stock.Build(ctx, e.graph, in); err != nil {
			return err
		}
	}
	for reason, n := range map[string]int{corpus.ReasonDuplicate: e.corpus.Dropped, corpus.ReasonHeldOut: e.corpus.HeldOut} {
		if n > 0 {
			e.excluded[reason] = n
		}
	}
	if e.corpus.HeldOut == 0 {
		e.heldOut = HeldOut()
		return nil
	}
	e.heldOut, err = stock.HeldOut(heldOutMost)
	return err
}

// threadsFor returns the threads of each slice: shards train side by side, and
// processors that they leave idle share in one.
func threadsFor(shards int) int { return max(1, runtime.GOMAXPROCS(0)/shards) }

// The rule of what a model is judged on.
const (
	heldOutFrom  = 75_000 // tokens: a smaller community is judged on text that no member wrote
	heldOutShare = 16     // one member in so many
	heldOutMost  = 64_000 // bytes of text that are read
)

// manifest names the run and commits to it.
func (a *App) manifest(e *evaluation) error {
	e.run = train.RunID(e.corpus.Digest, e.trainer.Digest(), e.frozen, e.at)
	tokens := map[licet.MemberID]licet.Digest{}
	for id, s := range e.state.Members {
		tokens[id] = s.Token
	}
	var err error
	if e.slots, err = e.corpus.Slots(e.run, tokens); err != nil {
		return err
	}
	e.manifest = Manifest{
		Run: e.run, Frozen: e.frozen, At: e.at, Policy: a.policy.Digest(), Rules: a.view.Rules(), Trainer: e.trainer.Digest(), Records: e.records,
		Excluded: e.excluded, Corpus: e.corpus,
	}
	data, err := json.Marshal(e.manifest)
	if err != nil {
		return fmt.Errorf("manifest: %w", err)
	}
	d, err := e.graph.Put(data)
	e.built = licet.Built{
		Frozen: e.frozen, At: e.at, Run: e.run, Corpus: e.corpus.Digest, Manifest: d, Members: smt.New(e.slots).Root(), Passages: e.corpus.Rows,
		Excluded: e.excluded, Shards: e.plan.Shards, Slices: e.plan.Slices,
	}
	return err
}

// train trains what is missing.
func (e *evaluation) train(ctx context.Context, progress Progress) (*train.Model, error) {
	work := newWork(e, progress)
	m, err := train.Run(ctx, e.graph, e.corpus, train.Options{Base: e.base, Trainer: e.trainer, HeldOut: e.heldOut, Report: work.report})
	if err != nil {
		return nil, err
	}
	m.Run, m.Frozen, m.Admitted = e.run, e.frozen, e.admitted
	return m, nil
}

// lock lets one process build at a time.
func (a *App) lock() (unlock func(), err error) {
	if err := a.building.Lock(); err != nil {
		return nil, fmt.Errorf("wait for another build: %w", err)
	}
	return func() { _ = a.building.Unlock() }, nil
}

// A Result is what building or training did.
type Result struct {
	Built   licet.Built
	Model   *train.Model // nil after Build
	Plan    train.Plan
	Tokens  int
	Records int
	Steps   build.Count
	Changed bool // for Forget: the served model is another one now
	Swept   int  // objects destroyed
}

// frozen returns the position of the freeze in force, ending the window where
// its time has come.
func (a *App) frozen(ctx context.Context) (uint64, error) {
	state, err := a.ledger.StateNow(ctx)
	if err != nil {
		return 0, err
	}
	if state.Frozen > state.NoticeAt {
		return state.Frozen, nil
	}
	e, err := a.Freeze(ctx)
	if errors.Is(err, ErrTooEarly) && state.Frozen > 0 {
		return state.Frozen, nil // until the window of a later notice is over, the earlier freeze counts
	}
	return e.Seq, err
}

// Build builds the corpus of now and logs it. It is refused before the window is over.
func (a *App) Build(ctx context.Context, progress Progress) (*Result, error) {
	unlock, err := a.lock()
	if err != nil {
		return nil, err
	}
	defer unlock()
	frozen, err := a.frozen(ctx)
	if err != nil {
		return nil, err
	}
	at, err := a.ledger.Head(ctx)
	if err != nil {
		return nil, err
	}
	e, err := a.evaluate(ctx, frozen, at, progress)
	if err != nil {
		return nil, err
	}
	if err := a.keepSlots(e); err != nil {
		return nil, err
	}
	if err := a.log(ctx, entry{licet.EventBuilt, e.built}); err != nil {
		return nil, err
	}
	return &Result{Built: e.built, Plan: e.plan, Tokens: e.tokens, Records: e.records, Steps: e.graph.Count()}, nil
}

type entry struct {
	t    licet.EventType
	body any
}

func (a *App) log(ctx context.Context, entries ...entry) error {
	_, err := a.ledger.Do(ctx, func(context.Context, *sql.Tx, uint64) ([]licet.Event, error) {
		var out []licet.Event
		for _, x := range entries {
			e, err := operator(x.t, x.body)
			if err != nil {
				return nil, err
			}
			out = append(out, e)
		}
		return out, nil
	})
	return err
}

// Train learns from what is permitted now, and serves the result unless it is
// worse than its base.
func (a *App) Train(ctx context.Context, progress Progress) (*Result, error) {
	unlock, err := a.lock()
	if err != nil {
		return nil, err
	}
	defer unlock()
	frozen, err := a.frozen(ctx)
	if err != nil {
		return nil, err
	}
	return a.learn(ctx, frozen, progress, false)
}

// Forget brings what is served to what would have been built had those who
// objected never been in it. Nothing to forget: nothing happens.
func (a *App) Forget(ctx context.Context, progress Progress) (*Result, error) {
	unlock, err := a.lock()
	if err != nil {
		return nil, err
	}
	defer unlock()
	state, err := a.ledger.StateNow(ctx)
	if err != nil {
		return nil, err
	}
	if state.Promoted.Run.IsZero() {
		return nil, fmt.Errorf("%w: run \"licet train\"", ErrNoModel)
	}
	frozen := state.Built.Frozen
	if m, err := a.loadModel(state.Promoted.Run); err == nil {
		frozen = m.Frozen // a corpus that was built since may be of a later freeze
	}
	return a.learn(ctx, frozen, progress, true)
}

func (a *App) learn(ctx context.Context, frozen uint64, progress Progress, forget bool) (*Result, error) {
	at, err := a.ledger.Head(ctx)
	if err != nil {
		return nil, err
	}
	e, err := a.evaluate(ctx, frozen, at, progress)
	if err != nil {
		return nil, err
	}
	at = e.at // somebody may have gone on meanwhile
	was := e.state.Promoted
	built := e.state.Built
	entries := []entry{{licet.EventBuilt, e.built}}
	if !forget && built.Run == train.RunID(e.corpus.Digest, e.trainer.Digest(), frozen, built.At) {
		// The corpus that "licet build" has logged is still the one of now, and is
		// learned on the same base.
		e.at, e.state.Next = built.At, built.At
		if err := a.manifest(e); err != nil {
			return nil, err
		}
		entries = nil
	}
	m, err := e.train(ctx, progress)
	if err != nil {
		return nil, err
	}
	out := &Result{Built: e.built, Model: m, Plan: e.plan, Tokens: e.tokens, Records: e.records, Steps: e.graph.Count()}
	if err := errors.Join(a.store(e, m), a.keepSlots(e)); err != nil {
		return nil, err
	}
	if forget && was.Adapter == m.Adapter && a.haveModel(was.Run) {
		old, err := a.loadModel(was.Run)
		if err == nil && old.Corpus == m.Corpus && maps.Equal(old.Admitted, m.Admitted) {
			return out, nil // what is served is already exact
		}
	}
	entries = append(entries, entry{licet.EventTrained, licet.Trained{
		Run: e.run, Base: licet.Digest(e.base.Digest()), Recipe: e.trainer.Digest(), Adapter: m.Adapter, Loss: m.Loss, BaseAt: m.BaseLoss,
	}})
	if m.Worse() {
		if err := a.log(ctx, entries...); err != nil {
			return nil, err
		}
		return out, fmt.Errorf("%w: %.4f nats a token, the base has %.4f", train.ErrWorse, m.Loss, m.BaseLoss)
	}
	if forget {
		entries = append(entries, entry{licet.EventForgot, licet.Forgot{
			Run: e.run, Adapter: m.Adapter, Steps: out.Steps.Ran, OfSteps: out.Steps.Total, Previous: was.Adapter, Upto: at,
			Members: a.takenOut(was.Run, m),
		}})
	}
	entries = append(entries, entry{licet.EventPromoted, licet.Promoted{Run: e.run, Adapter: m.Adapter}})
	if err := a.log(ctx, entries...); err != nil {
		return nil, err
	}
	out.Changed = true
	out.Swept, err = e.graph.Sweep()
	return out, err
}

// takenOut counts the members of whom an earlier model learned something else
// than m did; 0 where that model is not there any more.
func (a *App) takenOut(run licet.Digest, m *train.Model) (n int) {
	old, err := a.loadModel(run)
	if err != nil {
		return 0
	}
	for id, d := range old.Admitted {
		if m.Admitted[id] != d {
			n++
		}
	}
	return n
}

// store keeps the model where Served finds it by its run.
func (a *App) store(e *evaluation, m *train.Model) error {
	data, err := json.Marshal(m)
	if err != nil {
		return fmt.Errorf("model: %w", err)
	}
	d, err := e.graph.Put(data)
	if err != nil {
		return err
	}
	for _, points := range m.Checkpoints {
		for _, p := range points {
			e.graph.Keep(p)
		}
	}
	return e.graph.Link(modelKey(e.run), d)
}

func modelKey(run licet.Digest) licet.Digest {
	return licet.Sum(append([]byte("licet-model-v1\x00"), run[:]...))
}

func (a *App) haveModel(run licet.Digest) bool {
	_, ok := a.objects.Follow(modelKey(run))
	return ok
}

func (a *App) loadModel(run licet.Digest) (*train.Model, error) {
	d, ok := a.objects.Follow(modelKey(run))
	if !ok {
		return nil, fmt.Errorf("%w, or its files are gone: run \"licet forget\" to build it again", ErrNoModel)
	}
	data, err := a.objects.Get(d)
	if err != nil {
		return nil, err
	}
	m := &train.Model{}
	if err := json.Unmarshal(data, m); err != nil {
		return nil, fmt.Errorf("model: %w", err)
	}
	return m, nil
}

// trainingWork is what Progress hears while slices are trained.
const trainingWork = "training"

// work adds up the steps of slices that train side by side.
type work struct {
	progress    Progress
	total, done int
	mu          sync.Mutex
}

func newWork(e *evaluation, progress Progress) *work {
	w := &work{progress: progress}
	for _, c := range e.corpus.Cells {
		if c.Rows > 0 {
			w.total++
		}
	}
	return w
}

// report counts in slices: a slice that is half done counts as none.
func (w *work) report(_, _, done, total int) {
	if w.progress == nil || done < total {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.done++
	w.progress(trainingWork, w.done, w.total)
}

// Plan returns the plan for what would be admitted now, and its tokens.
func (a *App) Plan(ctx context.Context) (train.Plan, int, error) {
	state, err := a.ledger.StateNow(ctx)
	if err != nil {
		return train.Plan{}, 0, err
	}
	text := 0
	var mu sync.Mutex
	look, err := a.view.Look(ctx, licet.PurposeTrain, state, state, func(p view.Person) error {
		mu.Lock()
		defer mu.Unlock()
		for _, x := range p.Passages {
			text += len(x.Text)
		}
		return nil
	}, nil)
	if err == nil {
		err = look.Close()
	}
	if err != nil {
		return train.Plan{}, 0, err
	}
	b, err := a.Base()
	if err != nil {
		return train.Plan{}, 0, err
	}
	n := tokens(b, text)
	return a.plan(b, n), n, nil
}

// Rows yields the rows of the corpus that was logged last, for this process to
// look at: what leaves goes through Disclose.
func (a *App) Rows(ctx context.Context) iter.Seq2[corpus.Row, error] {
	return func(yield func(corpus.Row, error) bool) {
		state, err := a.ledger.StateNow(ctx)
		if err == nil && state.Built.Run.IsZero() {
			err = errors.New("no corpus was built yet: run \"licet build\"")
		}
		var m Manifest
		if err == nil {
			var data []byte
			if data, err = a.objects.Get(state.Built.Manifest); err == nil {
				err = json.Unmarshal(data, &m)
			}
		}
		if err != nil {
			yield(corpus.Row{}, fmt.Errorf("the corpus: %w", err))
			return
		}
		a.rows(m.Corpus)(yield)
	}
}

// Evaluate trains what is permitted now and returns it without logging or
// serving it.
func (a *App) Evaluate(ctx context.Context) (*Result, error) {
	state, err := a.ledger.StateNow(ctx)
	if err != nil {
		return nil, err
	}
	if state.Frozen == 0 {
		return nil, ErrNoModel
	}
	e, err := a.evaluate(ctx, state.Frozen, state.Next, nil)
	if err != nil {
		return nil, err
	}
	m, err := e.train(ctx, nil)
	if err != nil {
		return nil, err
	}
	return &Result{Built: e.built, Model: m, Plan: e.plan, Tokens: e.tokens, Records: e.records, Steps: e.graph.Count()}, nil
}
