// Package trainbase makes a base from a recipe: texts that no member wrote, each
// pinned by its SHA-256, to the same bytes on any machine.
package trainbase

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"licet/lm"
	"licet/lm/ngram"
)

// ErrRecipe says that a recipe can't be followed.
var ErrRecipe = errors.New("bad base recipe")

// RecipeVersion is the version of the file: docs/formats/base-recipe.md.
const RecipeVersion = "licet-base-recipe-1"

// A Recipe is everything that a base's bytes depend on, and what came of it.
type Recipe struct {
	Version     string   `json:"version"`
	Numerics    string   `json:"numerics,omitempty"` // a result: lm.NumericsVersion of whoever trained it
	Licence     string   `json:"licence"`            // of the base
	Attribution []string `json:"attribution"`        // what whoever passes it on has to say
	Sources     []Source `json:"sources"`
	// Vocab is how many ids the tokenizer may have. It is made of the share of each
	// source that an epoch reads.
	Vocab int `json:"vocab"`
	// Document is how many characters a document of running text has at least.
	Document int           `json:"document"`
	Config   lm.Config     `json:"config"` // its vocab_size is a result
	Training lm.BaseRecipe `json:"training"`
	// Order is that of the n-gram model which the base is measured against.
	Order int `json:"ngram_order"`

	Digest string  `json:"digest,omitempty"` // a result: of the base
	Result *Result `json:"result,omitempty"`

	dir string // of the recipe's file
}

// A Source is one file of texts.
type Source struct {
	From     string   `json:"from"` // "shared": below data/ of the folder of data sets; "recipe": beside the recipe
	Path     string   `json:"path"`
	Entries  []string `json:"entries,omitempty"` // of a zip archive; none: every text
	Format   string   `json:"format"`            // see formats
	Language string   `json:"language"`
	Kind     string   `json:"kind"`     // what the text is: losses are told by language and kind
	Passes   int      `json:"passes"`   // in how many epochs each document is read
	HeldOut  int      `json:"held_out"` // one document in so many is kept for measuring
	Licence  string   `json:"licence"`
	SHA256   string   `json:"sha256"`
}

// A Result is what came of a recipe.
type Result struct {
	Steps      int     `json:"steps"`
	Parameters int     `json:"parameters"`
	Documents  int     `json:"documents"` // learned from
	Tokens     int     `json:"tokens"`    // of them, once
	Read       int     `json:"read"`      // tokens, with every pass
	Measured   []Score `json:"measured"`
}

// A Score compares the base with n-grams on documents of one kind that neither saw.
type Score struct {
	Language   string  `json:"language"`
	Kind       string  `json:"kind"`
	Documents  int     `json:"documents"`
	Tokens     int     `json:"tokens"`
	Characters int     `json:"characters"`
	Loss       float64 `json:"loss"`             // of the base, nats a token
	NGrams     float64 `json:"ngram_loss"`       // of the n-grams, nats a token
	Perplexity float64 `json:"perplexity"`       // exp(Loss)
	OfNGrams   float64 `json:"ngram_perplexity"` // exp(NGrams)
}

// Read reads and checks a recipe's file.
func Read(file string) (*Recipe, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read the recipe: %w", err)
	}
	r, err := Parse(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	r.dir = filepath.Dir(file)
	return r, nil
}

// Parse reads and checks a recipe.
func Parse(data []byte) (*Recipe, error) {
	r := &Recipe{}
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields() // what is not understood may not be left out
	if err := d.Decode(r); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrRecipe, err)
	}
	return r, r.check()
}

func (r *Recipe) check() error {
	bad := func(format string, args ...any) error {
		return fmt.Errorf("%w: "+format, append([]any{ErrRecipe}, args...)...)
	}
	t := r.Training
	switch {
	case r.Version != RecipeVersion:
		return bad("version %q, want %s", r.Version, RecipeVersion)
	case r.Numerics != "" && r.Numerics != lm.NumericsVersion:
		return bad("numerics %q: this program computes %s, its bytes would be others", r.Numerics, lm.NumericsVersion)
	case len(r.Sources) == 0:
		return bad("sources: there are none")
	case r.Vocab < 258 || r.Vocab > 1<<16:
		return bad("vocab: %d, want 258 to 65536", r.Vocab)
	case r.Document < 1 || r.Document > 1<<20:
		return bad("document: %d characters, want 1 to 1048576", r.Document)
	case r.Order < 1 || r.Order > ngram.MaxOrder:
		return bad("ngram_order: %d, want 1 to %d", r.Order, ngram.MaxOrder)
	case t.Epochs < 1 || t.Epochs > 1000 || t.Batch < 1 || t.Batch > 4096 || !(t.LearningRate > 0 && t.LearningRate < 1):
		return bad("training: epochs %d, batch %d, learning_rate %g", t.Epochs, t.Batch, t.LearningRate)
	case t.Context < 2 || t.Context > r.Config.Context:
		return bad("training: context %d, want 2 to max_position_embeddings %d", t.Context, r.Config.Context)
	}
	c := r.Config
	c.Vocab = r.Vocab
	if err := c.Check(); err != nil {
		return bad("config: %w", err)
	}
	for i, s := range r.Sources {
		if err := s.check(t.Epochs); err != nil {
			return bad("sources[%d] %s: %w", i, s.Path, err)
		}
	}
	return nil
}

func (s Source) check(epochs int) error {
	sum, err := hex.DecodeString(s.SHA256)
	switch {
	case s.From != fromShared && s.From != fromRecipe:
		return fmt.Errorf("from: %q, want %q or %q", s.From, fromShared, fromRecipe)
	case !filepath.IsLocal(s.Path):
		return errors.New("path: leads out of its folder")
	case formats[s.Format] == nil:
		return fmt.Errorf("format: %q is none of them", s.Format)
	case s.Language == "" || s.Kind == "":
		return errors.New("language and kind are missing")
	case s.Passes < 1 || s.Passes > epochs:
		return fmt.Errorf("passes: %d, want 1 to the %d epochs", s.Passes, epochs)
	case s.HeldOut < 2 || s.HeldOut > 1<<16:
		return fmt.Errorf("held_out: one in %d, want 2 to 65536", s.HeldOut)
	case err != nil || len(sum) != 32:
		return errors.New("sha256: want 64 hexadecimal digits")
	case s.Licence == "":
		return errors.New("licence: is missing")
	}
	return nil
}

// Marshal writes the recipe as its file.
func (r *Recipe) Marshal() ([]byte, error) {
	data, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("recipe: %w", err)
	}
	return append(data, '\n'), nil
}
