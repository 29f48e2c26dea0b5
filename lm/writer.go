package lm

import (
	"context"
	"fmt"
	"iter"
	"math"
	"runtime"
	"slices"
	"sync"

	"licet/lm/tokenizer"
)

// How much a step reads at most. Every running answer has its row; the rest is
// for prompts, in the order in which they came, so that a long one delays the
// answers of others by little.
const (
	stepRows    = 32
	mostAnswers = 16 // that run; others wait until one ends
)

// A Writer writes any number of answers with one model, all running ones
// together: the weights are read once for all of them. An answer's tokens are
// those that it would have alone (TestTogetherIsAlone). It is safe for
// concurrent use.
type Writer struct {
	m       *Model
	may     func() error
	mu      sync.Mutex
	arrived []*answer
	running bool // a goroutine steps; it ends with the last answer
}

// NewWriter returns a writer. Before each step it asks may, which is nil if it
// always may: an error ends all answers with it, before another token is drawn.
func NewWriter(m *Model, may func() error) *Writer { return &Writer{m: m, may: may} }

// Model returns what it writes with.
func (w *Writer) Model() *Model { return w.m }

// answer is one text in the making. The goroutine that steps owns it, but for
// what mu of its writer guards.
type answer struct {
	prompt []int32
	o      GenerateOptions
	text   *memory
	draw   *sampler
	spell  *tokenizer.Decoder
	stops  *stops
	most   int          // tokens
	told   int          // tokens of the answer so far
	over   func() error // not nil: who asked has stopped

	pieces []Piece // guarded: not yet taken
	ended  bool    // guarded: pieces are all that come
	err    error   // guarded
	gone   bool    // guarded: nobody takes pieces any more
	bell   chan struct{}
}

// Write continues a prompt of token ids. It yields a Piece for each token, then
// one that says how it ended, with the last of the text. An error ends it: of
// the prompt, of the options, of ctx, within one token of its being done, or of
// the writer's leave to write.
func (w *Writer) Write(ctx context.Context, prompt []int32, o GenerateOptions) iter.Seq2[Piece, error] {
	return func(yield func(Piece, error) bool) {
		a, err := w.start(ctx, prompt, o)
		if err != nil {
			yield(Piece{Token: -1}, err)
			return
		}
		defer w.leave(a)
		for {
			pieces, ended, err := w.take(a)
			for _, p := range pieces {
				if ctx.Err() != nil {
					break
				}
				if !yield(p, nil) {
					return
				}
			}
			if ctx.Err() != nil {
				err = fmt.Errorf("writing stopped: %w", ctx.Err())
			}
			if err != nil {
				yield(Piece{Token: -1}, err)
				return
			}
			if ended {
				return
			}
			select {
			case <-a.bell:
			case <-ctx.Done():
			}
		}
	}
}

func (w *Writer) start(ctx context.Context, prompt []int32, o GenerateOptions) (*answer, error) {
	if err := w.m.check(prompt); err != nil {
		return nil, err
	}
	if err := o.check(); err != nil {
		return nil, err
	}
	a := &answer{
		prompt: prompt, o: o, text: w.m.memory(), draw: newSampler(o, prompt), spell: w.m.tokenizer.Decoder(), stops: newStops(o.Stop),
		most: w.m.Context() - len(prompt), bell: make(chan struct{}, 1), over: ctx.Err,
	}
	if o.MaxTokens > 0 {
		a.most = min(a.most, o.MaxTokens)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.arrived = append(w.arrived, a)
	if !w.running {
		w.running = true
		go w.run()
	}
	return a, nil
}

// take returns what came since the last call.
func (w *Writer) take(a *answer) (pieces []Piece, ended bool, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	pieces, a.pieces = a.pieces, nil
	return pieces, a.ended, a.err
}

// leave waits until the answer is not worked on any more.
func (w *Writer) leave(a *answer) {
	w.mu.Lock()
	a.gone = true
	w.mu.Unlock()
	for {
		if _, ended, _ := w.take(a); ended {
			return
		}
		<-a.bell
	}
}

// run steps until no answer is left.
func (w *Writer) run() {
	s := newStepper(w.m)
	var batch []*answer
	for {
		if batch = w.admit(batch); batch == nil {
			return
		}
		if w.may != nil {
			if err := w.may(); err != nil {
				for _, a := range batch {
					w.tell(a, err, true)
				}
				continue
			}
		}
		rows, readers := plan(batch)
		logits, v := s.read(rows), w.m.config.Vocab
		s.each(len(readers), 4*v, func(i int) { w.next(s, readers[i], logits[i*v:(i+1)*v]) })
		runtime.Gosched() // on one processor, whoever waits for a token comes first
	}
}

// admit ends answers that nobody waits for and lets others in. nil: none is left,
// and the next one to come starts another goroutine.
func (w *Writer) admit(batch []*answer) []*answer {
	w.mu.Lock()
	defer w.mu.Unlock()
	batch = slices.DeleteFunc(batch, func(a *answer) bool {
		if (a.gone || a.over() != nil) && !a.ended {
			a.end(nil)
		}
		return a.ended
	})
	n := min(mostAnswers-len(batch), len(w.arrived))
	batch = append(batch, w.arrived[:n]...)
	w.arrived = slices.Delete(w.arrived, 0, n)
	if len(batch) == 0 {
		w.running = false
		return nil
	}
	return batch
}

// plan lists the rows of the next step, and the answers that get a token by it.
func plan(batch []*answer) (rows []row, readers []*answer) {
	left := stepRows
	for _, a := range batch {
		if a.text.next >= len(a.prompt) {
			left--
		}
	}
	for _, a := range batch {
		unread := a.draw.text[a.text.next:]
		if a.text.next < len(a.prompt) {
			unread = unread[:min(left, len(unread))]
			left -= len(unread)
		}
		for i, t := range unread {
			at := a.text.next + i
			rows = append(rows, row{a.text, t, at, at+1 == len(a.draw.text)})
		}
		if a.text.next+len(unread) == len(a.draw.text) {
			readers = append(readers, a)
		}
	}
	return rows, readers
}

// next draws a token for an answer and tells it.
func (w *Writer) next(s *stepper, a *answer, logits []float32) {
	var p Piece
	of := func(int32) float64 { return 0 }
	if a.o.LogProbs {
		of, p.Top = logProbs(s.ops, logits, a.o.Top)
	}
	for i := w.m.tokenizer.Vocab(); i < len(logits); i++ { // ids that stand for nothing
		logits[i] = float32(math.Inf(-1))
	}
	var forbidden []int32
	if a.told == 0 && a.o.NewWord {
		forbidden = w.m.inside()
	}
	t := a.draw.pick(logits, forbidden)
	if t < 0 || slices.Contains(w.m.ends, t) {
		w.finish(a, FinishStop, a.stops.rest())
		return
	}
	show, stopped := a.stops.push(a.spell.Add(t))
	if stopped {
		w.finish(a, FinishStop, show)
		return
	}
	a.draw.add(t)
	a.told++
	p.Token, p.Text, p.LogProb = t, show, of(t)
	w.tell(a, nil, false, p)
	if a.told == a.most {
		w.finish(a, FinishLength, a.stops.rest())
	}
}

func (w *Writer) finish(a *answer, how, text string) {
	w.tell(a, nil, true, Piece{Token: -1, Text: text, Finish: how})
}

func (w *Writer) tell(a *answer, err error, last bool, pieces ...Piece) {
	w.mu.Lock()
	defer w.mu.Unlock()
	a.pieces = append(a.pieces, pieces...)
	if last {
		a.end(err)
		return
	}
	a.ring()
}

// end is called with the writer's mu held.
func (a *answer) end(err error) {
	a.ended, a.err = true, err
	a.ring()
}

func (a *answer) ring() {
	select {
	case a.bell <- struct{}{}:
	default: // it rings already
	}
}
