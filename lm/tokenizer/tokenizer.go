// Package tokenizer cuts text into the tokens of a language model and joins
// them again: byte-pair encodings of its own making and those in Hugging
// Face's tokenizer.json.
package tokenizer

import (
	"errors"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// ErrTokenizer says that a file is not a tokenizer which this package reads.
var ErrTokenizer = errors.New("unsupported tokenizer")

// A Tokenizer maps text to token ids and back (byte-pair encoding, Sennrich et
// al. 2016). It is immutable and safe for concurrent use.
type Tokenizer struct {
	raw     []byte   // the tokenizer.json it was read from; nil: its own format
	merges  []pair   // of its own format, in order
	names   []string // what the file calls each id
	special []bool   // by id: takes part in no text
	ids     map[string]int32

	exact      matcher             // added tokens, sought in the text as it is
	normal     func(string) string // nil: none
	normalized matcher             // added tokens, sought in normalized text
	cutters    []cutter
	model      *model
	before     []int32 // what the post-processor puts before a text
	after      []int32
	joiner     joiner
	start, end int32 // -1: none
}

// Vocab returns how many ids there are.
func (t *Tokenizer) Vocab() int { return len(t.names) }

// Special returns the id of a special token.
func (t *Tokenizer) Special(name string) (int32, bool) {
	id, ok := t.ids[name]
	return id, ok && t.special[id]
}

// End returns the id that ends a document, -1 if none is known.
func (t *Tokenizer) End() int32 { return t.end }

// Start returns the id that begins a document, -1 if none is known.
func (t *Tokenizer) Start() int32 { return t.start }

// Bounded returns the same tokenizer with other ids that begin and end a
// document; -1 is none. A tokenizer.json doesn't name them: a model's
// config.json does.
func (t *Tokenizer) Bounded(start, end int32) (*Tokenizer, error) {
	for _, id := range []int32{start, end} {
		if id < -1 || int(id) >= len(t.names) {
			return nil, unsupported("token %d begins or ends documents, but there are only %d", id, len(t.names))
		}
	}
	other := *t
	other.start, other.end = start, end
	return &other, nil
}

// Prompt returns the ids of a text that is to be continued: what the tokenizer
// puts before every text, then those of text.
func (t *Tokenizer) Prompt(text string) []int32 {
	return t.encode(slices.Clone(t.before), text, false)
}

// Document returns the ids of one document: its beginning, text, its end.
func (t *Tokenizer) Document(text string) []int32 {
	out := append(t.Prompt(text), t.after...)
	if t.end >= 0 && (len(out) == 0 || out[len(out)-1] != t.end) {
		out = append(out, t.end)
	}
	return out
}

// Encode returns the ids of text. The names of special tokens that stand in
// it are text like any other, so that nobody writes one by typing its name.
func (t *Tokenizer) Encode(text string) []int32 { return t.encode(nil, text, false) }

// EncodeMarked returns the ids of a text that a chat template made: the names
// of special tokens in it are those tokens, except where Shield has been.
func (t *Tokenizer) EncodeMarked(text string) []int32 { return t.encode(nil, text, true) }

// shield stands in the names of special tokens that are text. It is a
// noncharacter of Unicode, which no text that is exchanged holds.
const shield = "\ufdd0"

// Shield returns text such that EncodeMarked takes the names of special tokens
// in it for text: what people wrote goes through it before it is put into a
// chat template, or they could end their turn and speak as the system.
func (t *Tokenizer) Shield(text string) string {
	var b strings.Builder
	for i := 0; i < len(text); {
		_, n := utf8.DecodeRuneInString(text[i:])
		b.WriteString(text[i : i+n])
		exact, _ := t.exact.at(text, i)
		normalized, _ := t.normalized.at(text, i)
		if exact.special || normalized.special {
			b.WriteString(shield)
		}
		i += n
	}
	return b.String()
}

func (t *Tokenizer) encode(out []int32, text string, marked bool) []int32 {
	if out == nil {
		out = make([]int32, 0, len(text)/3+1)
	}
	r := run{cutters: t.cutters, level: -1, word: func(word string) { out = t.model.encode(out, word) }}
	t.exact.split(text, marked, func(part string, first bool, id int32) {
		if id >= 0 {
			out = append(out, id)
			return
		}
		if t.normal != nil {
			part = t.normal(part)
		}
		t.normalized.split(part, marked, func(part string, begins bool, id int32) {
			if id >= 0 {
				out = append(out, id)
				return
			}
			if marked {
				part = strings.ReplaceAll(part, shield, "")
			}
			r.part(part, first && begins)
		})
	})
	return out
}

// Piece returns the bytes that id stands for inside a text: nothing for
// special tokens and unknown ids, maybe a part of a character.
func (t *Tokenizer) Piece(id int32) string {
	if id < 0 || int(id) >= len(t.names) || t.special[id] {
		return ""
	}
	return t.joiner.pieces[id]
}

// Decode returns the bytes of ids as text; special tokens and unknown ids are
// nothing.
func (t *Tokenizer) Decode(ids []int32) string {
	var b strings.Builder
	s := spelling{joiner: &t.joiner}
	for _, id := range ids {
		if id >= 0 && int(id) < len(t.names) && !t.special[id] {
			b.WriteString(s.next(id))
		}
	}
	return b.String()
}

// Inside lists the ids below n that can't begin a new word after a word:
// letters and digits without a blank before them, parts of characters, and
// the special tokens.
func (t *Tokenizer) Inside(n int) []int32 {
	var out []int32
	for id := range int32(n) { //nolint:gosec // a vocabulary is small
		r, _ := utf8.DecodeRuneInString(t.Piece(id))
		if r == utf8.RuneError || unicode.IsLetter(r) || unicode.IsDigit(r) {
			out = append(out, id)
		}
	}
	return out
}
