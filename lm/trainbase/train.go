package trainbase

import (
	"cmp"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"unicode/utf8"

	"licet/lm"
	"licet/lm/ngram"
	"licet/lm/sgemm"
)

// Options of Train.
type Options struct {
	Shared string        // the folder of data sets, with data/ in it
	Out    string        // where the base and its recipe are written
	Steps  int           // end the whole schedule after so many steps; 0: the recipe's epochs
	Engine *sgemm.Engine // nil: the best; no byte depends on it
	Every  int           // steps between checkpoints; 0: none
	// Tell hears what begins, in words for people; Report each step. Both may be nil.
	Tell   func(what string)
	Report func(s Step)
}

// A Step is what is known after one step of training.
type Step struct {
	Done, Total int
	First       int     // the first step of this process
	Tokens      int     // a step's
	Loss        float64 // of its batch, nats a token
}

// texts of a recipe as tokens.
type texts struct {
	tokenizer *lm.Tokenizer
	train     [][]int32
	passes    []int
	held      []heldText
}

type heldText struct {
	source     int
	ids        []int32
	characters int
}

// Train follows the recipe, writes the base to o.Out with the recipe and its
// result beside it, and returns both. A run that was stopped goes on where its
// last checkpoint was.
func Train(ctx context.Context, r *Recipe, o Options) (*lm.Base, *Recipe, error) {
	tell := func(format string, args ...any) {
		if o.Tell != nil {
			o.Tell(fmt.Sprintf(format, args...))
		}
	}
	docs, err := r.read(o.Shared)
	if err != nil {
		return nil, nil, err
	}
	tell("%d documents of %d sources; making a vocabulary of %d", len(docs), len(r.Sources), r.Vocab)
	x, err := r.tokenize(docs)
	if err != nil {
		return nil, nil, err
	}
	if err := os.MkdirAll(o.Out, 0o755); err != nil { //nolint:gosec // a base is public
		return nil, nil, fmt.Errorf("write the base: %w", err)
	}
	run := r.run(x, o)
	out := *r
	out.Numerics, out.Config.Vocab = lm.NumericsVersion, x.tokenizer.Vocab()
	out.Result = &Result{Steps: run.TotalSteps(), Documents: len(x.train)}
	for i, doc := range x.train {
		out.Result.Tokens += len(doc)
		out.Result.Read += len(doc) * x.passes[i]
	}
	tell("%d documents to learn, %d held out; %d tokens, %d with every pass; %d steps", len(x.train), len(x.held), out.Result.Tokens, out.Result.Read, out.Result.Steps)
	b, err := run.Train(ctx)
	if err != nil {
		return nil, nil, err
	}
	tell("measuring on what was held out")
	if out.Result.Measured, err = r.measure(ctx, b, x); err != nil {
		return nil, nil, err
	}
	digest := b.Digest()
	out.Digest, out.Result.Parameters = hex.EncodeToString(digest[:]), b.Parameters()
	return b, &out, write(b, &out, o.Out)
}

// tokenize makes the tokenizer of what the first epoch reads, and the ids of everything.
func (r *Recipe) tokenize(docs []document) (*texts, error) {
	t, err := lm.TrainTokenizer(func(yield func(string) bool) {
		for _, d := range docs {
			s := r.Sources[d.source]
			// The same share of each source as an epoch reads, by the hash of the text.
			if !d.held && firstEpoch(d.text, s.Passes, r.Training.Epochs) && !yield(d.text) {
				return
			}
		}
	}, r.Vocab)
	if err != nil {
		return nil, fmt.Errorf("tokenizer: %w", err)
	}
	x := &texts{tokenizer: t}
	for _, d := range docs {
		ids := t.Document(d.text)
		if d.held {
			x.held = append(x.held, heldText{d.source, ids, utf8.RuneCountInString(d.text)})
			continue
		}
		x.train, x.passes = append(x.train, ids), append(x.passes, r.Sources[d.source].Passes)
	}
	return x, nil
}

func (r *Recipe) run(x *texts, o Options) *lm.BaseRun {
	config := r.Config
	config.Vocab = x.tokenizer.Vocab()
	run := &lm.BaseRun{
		Config: config, Tokenizer: x.tokenizer, Recipe: r.Training, Documents: x.train, Passes: x.passes, Steps: o.Steps, Engine: o.Engine,
		Checkpoint: filepath.Join(o.Out, checkpointFile), Every: o.Every,
	}
	first := 0
	if o.Report != nil {
		run.Report = func(done, total int, loss float64) {
			if first == 0 {
				first = done
			}
			o.Report(Step{done, total, first, r.Training.Batch * r.Training.Context, loss})
		}
	}
	return run
}

// measure compares the base with n-grams that learned from the same tokens, once each.
func (r *Recipe) measure(ctx context.Context, b *lm.Base, x *texts) ([]Score, error) {
	grams, err := ngram.Train(x.train, x.tokenizer.Vocab(), r.Order)
	if err != nil {
		return nil, err
	}
	type kind struct{ language, kind string }
	docs := map[kind][][]int32{}
	scores := map[kind]*Score{}
	var order []kind
	for _, h := range x.held {
		s := r.Sources[h.source]
		k := kind{s.Language, s.Kind}
		if scores[k] == nil {
			order = append(order, k)
			scores[k] = &Score{Language: s.Language, Kind: s.Kind}
		}
		docs[k] = append(docs[k], h.ids)
		scores[k].Documents++
		scores[k].Characters += h.characters
	}
	slices.SortFunc(order, func(a, b kind) int { return cmp.Or(cmp.Compare(a.kind, b.kind), cmp.Compare(a.language, b.language)) })
	var out []Score
	for _, k := range order {
		s := scores[k]
		if s.Loss, s.Tokens, err = lm.Loss(ctx, b, nil, docs[k]); err != nil {
			return nil, err
		}
		s.NGrams, _ = grams.Loss(docs[k])
		s.Perplexity, s.OfNGrams = math.Exp(s.Loss), math.Exp(s.NGrams)
		out = append(out, *s)
	}
	return out, nil
}

// checkpointFile is what a run that was stopped goes on from; a run that has
// ended removes it.
const checkpointFile = ".training"

// write puts each file in its place whole; the recipe, which names the others'
// digest, comes last.
func write(b *lm.Base, r *Recipe, dir string) error {
	data, err := r.Marshal()
	if err != nil {
		return err
	}
	part := filepath.Join(dir, ".base")
	if err := errors.Join(os.RemoveAll(part), b.Save(part)); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(part, recipeFile), data, 0o644); err != nil { //nolint:gosec // a base is public
		return fmt.Errorf("write the recipe: %w", err)
	}
	files, err := os.ReadDir(part)
	if err != nil {
		return fmt.Errorf("write the base: %w", err)
	}
	slices.SortStableFunc(files, func(a, b os.DirEntry) int { return cmp.Compare(last(a), last(b)) })
	for _, f := range files {
		if err := os.Rename(filepath.Join(part, f.Name()), filepath.Join(dir, f.Name())); err != nil {
			return fmt.Errorf("write the base: %w", err)
		}
	}
	if err := errors.Join(os.Remove(part), os.RemoveAll(filepath.Join(dir, checkpointFile))); err != nil {
		return fmt.Errorf("write the base: %w", err)
	}
	return nil
}

const recipeFile = "recipe.json"

func last(e os.DirEntry) int {
	if e.Name() == recipeFile {
		return 1
	}
	return 0
}
