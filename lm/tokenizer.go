package lm

import (
	"iter"

	"licet/lm/tokenizer"
)

// A Tokenizer is what a base reads and writes with.
type Tokenizer = tokenizer.Tokenizer

// NewTokenizer makes a byte-level tokenizer from its merges.
func NewTokenizer(merges [][2]int32) (*Tokenizer, error) { return tokenizer.New(merges) }

// TrainTokenizer learns a tokenizer of vocab ids from texts.
func TrainTokenizer(texts iter.Seq[string], vocab int) (*Tokenizer, error) {
	return tokenizer.Train(texts, vocab)
}

// ReadTokenizer reads a base's tokenizer.json.
func ReadTokenizer(data []byte) (*Tokenizer, error) { return tokenizer.Read(data) }
