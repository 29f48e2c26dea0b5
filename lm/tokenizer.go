package lm

import (
	"iter"

	"licet/lm/tokenizer"
)

// A Tokenizer is what a base reads and writes with.
type Tokenizer = tokenizer.Tokenizer

// TrainTokenizer learns a tokenizer of vocab ids from texts.
func TrainTokenizer(texts iter.Seq[string], vocab int) (*Tokenizer, error) {
	return tokenizer.Train(texts, vocab)
}
