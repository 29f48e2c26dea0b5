package lm

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"unicode/utf8"
)

// Errors of a request to write.
var (
	ErrPrompt   = errors.New("the prompt is too long")
	ErrNoPrompt = errors.New("the prompt is empty: begin it with the token that starts a document")
	ErrToken    = errors.New("no such token")
	ErrOptions  = errors.New("unusable options for writing")
)

// GenerateOptions say how to sample. The zero value takes the likeliest token
// each time and stops at the end of the document or of the context.
type GenerateOptions struct {
	MaxTokens         int     // 0: until the context is full
	Temperature       float64 // 0: always the likeliest
	TopP              float64 // 0 or 1: all; otherwise the likeliest that sum to it
	RepetitionPenalty float64 // 0 or 1: none; divides the logits of tokens that stand already
	NoRepeat          int     // no run of so many tokens twice; below 2: no such rule
	NewWord           bool    // the answer begins a new word, and is not empty
	Seed              uint64
	Stop              []string // texts that end it; they are not part of the answer
	LogProbs          bool     // tell the log-probability of each token
	Top               int      // and of so many of the likeliest in its place, at most 20
}

func (o GenerateOptions) check() error {
	between := func(x, low, high float64) bool { return x >= low && x <= high } // a NaN is not
	switch {
	case o.MaxTokens < 0:
		return fmt.Errorf("%w: %d tokens at most", ErrOptions, o.MaxTokens)
	case !between(o.Temperature, 0, 100):
		return fmt.Errorf("%w: temperature %v is not from 0 to 100", ErrOptions, o.Temperature)
	case !between(o.TopP, 0, 1):
		return fmt.Errorf("%w: top-p %v is not from 0 to 1", ErrOptions, o.TopP)
	case !between(o.RepetitionPenalty, 0, 100):
		return fmt.Errorf("%w: a repetition penalty of %v is not from 0 to 100", ErrOptions, o.RepetitionPenalty)
	case o.Top < 0 || o.Top > 20:
		return fmt.Errorf("%w: log-probabilities of %d tokens: at most 20", ErrOptions, o.Top)
	}
	for _, t := range o.Stop {
		if !utf8.ValidString(t) {
			return fmt.Errorf("%w: a stop text that is not UTF-8", ErrOptions)
		}
	}
	return nil
}

// Why an answer ended.
const (
	FinishStop   = "stop"   // with the document, or before a stop text
	FinishLength = "length" // MaxTokens, or the context, was full
)

// A Piece is a token of an answer, or, after the last one, how it ended.
type Piece struct {
	Token   int32  // −1 where Finish says how it ended
	Text    string // what may be shown now: whole characters, no part of a stop text
	LogProb float64
	Top     []Choice
	Finish  string
}

// Generate continues a prompt of token ids, alone. It yields one token at a time
// and ends at the end of the document, of the context, of MaxTokens, before the
// token that completes a stop text, or within one token of ctx being done, whose
// error it then yields. The same seed gives the same tokens.
func (m *Model) Generate(ctx context.Context, prompt []int32, o GenerateOptions) iter.Seq2[int32, error] {
	return func(yield func(int32, error) bool) {
		for p, err := range NewWriter(m, nil).Write(ctx, prompt, o) {
			if err == nil && p.Finish != "" {
				return
			}
			if !yield(p.Token, err) || err != nil {
				return
			}
		}
	}
}

// check tells whether a prompt can be continued.
func (m *Model) check(prompt []int32) error {
	if len(prompt) == 0 {
		return ErrNoPrompt
	}
	if len(prompt) >= m.Context() {
		return fmt.Errorf("%w: %d tokens, at most %d", ErrPrompt, len(prompt), m.Context()-1)
	}
	for i, t := range prompt {
		if t < 0 || int(t) >= m.config.Vocab {
			return fmt.Errorf("%w: %d at place %d of the prompt, the vocabulary has %d", ErrToken, t, i, m.config.Vocab)
		}
	}
	return nil
}
