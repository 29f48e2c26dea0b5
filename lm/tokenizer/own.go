package tokenizer

import (
	"encoding/json"
	"fmt"
	"slices"
	"unicode"
	"unicode/utf8"
)

// The special tokens of a tokenizer that New or Train makes.
const (
	TokenEnd   = "<|end|>"   // ends a document
	TokenStart = "<|start|>" // begins one
)

var specials = []string{TokenEnd, TokenStart}

const ownVersion = "licet-bpe-1"

type ownFile struct {
	Version  string     `json:"version"`
	Specials []string   `json:"specials"`
	Merges   [][2]int32 `json:"merges"`
}

// New makes a byte-level tokenizer from its merges, pairs of ids in order.
// Token ids: the specials, the 256 bytes, then one for each merge.
func New(merges [][2]int32) (*Tokenizer, error) {
	t := &Tokenizer{start: 1, end: 0, before: []int32{1}, after: []int32{0}, cutters: []cutter{ownWords{}}}
	t.model = &model{bytes: true, unknown: -1, merges: make(map[pair]merged, len(merges)), cache: &cache{}}
	var pieces []string
	for range specials {
		pieces = append(pieces, "")
	}
	for b := range 256 {
		t.model.ofByte[b] = int32(len(pieces)) //nolint:gosec // below 258
		pieces = append(pieces, string([]byte{byte(b)}))
	}
	for i, m := range merges {
		n := int32(len(pieces)) //nolint:gosec // a file is below 2 GiB
		for _, id := range m {
			if id < int32(len(specials)) || id >= n {
				return nil, unsupported("merge %d joins token %d, which does not exist yet", i, id)
			}
		}
		p := pair{m[0], m[1]}
		if _, ok := t.model.merges[p]; ok {
			return nil, unsupported("merge %d stands twice", i)
		}
		piece := pieces[m[0]] + pieces[m[1]]
		if len(piece) > longestToken {
			return nil, unsupported("merge %d makes a token of %d bytes, at most %d", i, len(piece), longestToken)
		}
		t.model.merges[p] = merged{n, n}
		t.merges = append(t.merges, p)
		pieces = append(pieces, piece)
	}
	t.names = slices.Clone(pieces)
	copy(t.names, specials)
	t.special = make([]bool, len(pieces))
	t.ids = map[string]int32{}
	for i, name := range specials {
		t.special[i], t.ids[name] = true, int32(i) //nolint:gosec // there are two
	}
	t.joiner = joiner{pieces: pieces}
	return t, nil
}

// MarshalJSON writes the tokenizer's file: its own format
// (docs/formats/base.md), or the tokenizer.json that it was read from.
func (t *Tokenizer) MarshalJSON() ([]byte, error) {
	if t.raw != nil {
		return t.raw, nil
	}
	var merges [][2]int32
	for _, m := range t.merges {
		merges = append(merges, [2]int32{m.left, m.right})
	}
	return json.Marshal(ownFile{ownVersion, specials, merges})
}

// Read reads a tokenizer: what MarshalJSON wrote, or a tokenizer.json of
// Hugging Face (docs/formats/tokenizer.md). data is kept and must not change.
func Read(data []byte) (*Tokenizer, error) {
	if len(data) > largestFile {
		return nil, unsupported("the file has %d bytes, at most %d are read", len(data), largestFile)
	}
	var kind struct {
		Version string `json:"version"`
		Model   *struct{}
	}
	if err := json.Unmarshal(data, &kind); err != nil {
		return nil, fmt.Errorf("%w: not JSON: %w", ErrTokenizer, err)
	}
	if kind.Version != ownVersion {
		return readHugging(data)
	}
	var f ownFile
	if err := json.Unmarshal(data, &f); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrTokenizer, err)
	}
	if !slices.Equal(f.Specials, specials) {
		return nil, unsupported("specials are %q, not %q", f.Specials, specials)
	}
	return New(f.Merges)
}

// ownWords cuts text where no merge may reach across: a space goes with the
// word that follows it, letters with letters, each digit alone, other signs
// together.
type ownWords struct{}

func (ownWords) cut(r *run, text string, first bool) {
	for len(text) > 0 {
		n := next(text)
		r.part(text[:n], first)
		text, first = text[n:], false
	}
}

func next(text string) int {
	i := 0
	if text[0] == ' ' && len(text) > 1 && text[1] != ' ' && text[1] != '\n' {
		i = 1
	}
	r, n := utf8.DecodeRuneInString(text[i:])
	c := ownClass(r)
	i += n
	if c == ownDigit {
		return i
	}
	for i < len(text) && i < 64 {
		r, n := utf8.DecodeRuneInString(text[i:])
		if ownClass(r) != c || r == ' ' && i+n < len(text) && text[i+n] != ' ' && c == ownSpace {
			break
		}
		i += n
	}
	return i
}

const (
	ownLetter = iota
	ownDigit
	ownSpace
	ownSign
)

func ownClass(r rune) int {
	switch {
	case unicode.IsLetter(r) || unicode.IsMark(r):
		return ownLetter
	case unicode.IsDigit(r):
		return ownDigit
	case unicode.IsSpace(r):
		return ownSpace
	}
	return ownSign
}
