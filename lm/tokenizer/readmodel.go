package tokenizer

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// merge is written "left right" or ["left","right"].
type mergeNames [2]string

func (m *mergeNames) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	if d.PeekKind() == '"' {
		var s string
		if err := json.UnmarshalDecode(d, &s); err != nil {
			return err
		}
		left, right, ok := strings.Cut(s, " ")
		if !ok || strings.Contains(right, " ") {
			return errNotString
		}
		*m = mergeNames{left, right}
		return nil
	}
	var list []string
	if err := json.UnmarshalDecode(d, &list); err != nil {
		return err
	}
	if len(list) != 2 {
		return errNotString
	}
	*m = mergeNames{list[0], list[1]}
	return nil
}

type modelFile struct {
	Vocab        map[string]int32 `json:"vocab"`
	Merges       []mergeNames     `json:"merges"`
	Dropout      *float64         `json:"dropout"`
	Unknown      *string          `json:"unk_token"`
	Prefix       *string          `json:"continuing_subword_prefix"`
	Suffix       *string          `json:"end_of_word_suffix"`
	FuseUnknown  bool             `json:"fuse_unk"`
	ByteFallback bool             `json:"byte_fallback"`
	IgnoreMerges bool             `json:"ignore_merges"`
}

// readModel reads the vocabulary and the merges. bytes says that the
// pre-tokenizer writes bytes as characters of the byte alphabet.
func (t *Tokenizer) readModel(p *part, bytes bool) (map[string]int32, error) {
	const where = "model"
	if p.Type != "BPE" && p.Type != "" { // older files have no type
		return nil, unsupported("%s: type %q is not supported, only BPE is", where, p.Type)
	}
	var f modelFile
	if err := p.fields(where, &f); err != nil {
		return nil, err
	}
	switch {
	case f.Dropout != nil && *f.Dropout != 0:
		return nil, unsupported("%s: dropout %v is not supported, only none is", where, *f.Dropout)
	case f.Prefix != nil && *f.Prefix != "":
		return nil, unsupported("%s: continuing_subword_prefix %q is not supported, only none is", where, *f.Prefix)
	case f.Suffix != nil && *f.Suffix != "":
		return nil, unsupported("%s: end_of_word_suffix %q is not supported, only none is", where, *f.Suffix)
	case len(f.Vocab) == 0:
		return nil, unsupported("%s: field \"vocab\" is missing or empty", where)
	case len(f.Vocab) > mostTokens:
		return nil, unsupported("%s: vocab has %d tokens, at most %d are read", where, len(f.Vocab), mostTokens)
	case len(f.Merges) > mostMerges:
		return nil, unsupported("%s: %d merges, at most %d are read", where, len(f.Merges), mostMerges)
	}
	m := &model{bytes: bytes, unknown: -1, fuse: f.FuseUnknown, fallback: f.ByteFallback, cache: &cache{}}
	t.model = m
	if f.Unknown != nil {
		id, ok := f.Vocab[*f.Unknown]
		if !ok {
			return nil, unsupported("%s: unk_token %q is not in the vocabulary", where, *f.Unknown)
		}
		m.unknown = id
	}
	m.readUnits(f.Vocab)
	if f.IgnoreMerges {
		m.readWhole(f.Vocab)
	}
	m.findBorder(f.Vocab)
	return f.Vocab, m.readMerges(f.Merges, f.Vocab, where)
}

// readUnits finds the ids of single bytes or characters.
func (m *model) readUnits(vocab map[string]int32) {
	byteOf := byteAlphabet()
	for b := range m.ofByte {
		m.ofByte[b] = -1
	}
	if m.bytes {
		for c, b := range byteOf {
			if id, ok := vocab[string(c)]; ok {
				m.ofByte[b] = id
			}
		}
		return
	}
	m.ofRune = map[rune]int32{}
	for name, id := range vocab {
		if c, n := utf8.DecodeRuneInString(name); n == len(name) && n > 0 {
			m.ofRune[c] = id
		}
	}
	for b := range m.ofByte {
		if id, ok := vocab[byteName(b)]; ok {
			m.ofByte[b] = id
		}
	}
}

func (m *model) readWhole(vocab map[string]int32) {
	m.whole = make(map[string]int32, len(vocab))
	byteOf := byteAlphabet()
	for name, id := range vocab {
		if !m.bytes {
			m.whole[name] = id
		} else if b, ok := fromBytes(name, byteOf); ok {
			m.whole[b] = id
		}
	}
}

// findBorder looks whether words may be cut before SentencePiece's sign for a
// space: it is a token, so no unknown units meet across it, and no token has
// it after another character.
func (m *model) findBorder(vocab map[string]int32) {
	const space = "▁"
	if _, ok := vocab[space]; !ok || m.bytes || m.whole != nil {
		return
	}
	for name := range vocab {
		if strings.Contains(strings.TrimLeft(name, space), space) {
			return
		}
	}
	m.border = space
}

func (m *model) readMerges(list []mergeNames, vocab map[string]int32, where string) error {
	m.merges = make(map[pair]merged, len(list))
	for i, names := range list {
		var p pair
		for k, name := range names {
			id, ok := vocab[name]
			if !ok {
				return unsupported("%s: merge %d joins %q, which is not in the vocabulary", where, i, name)
			}
			if k == 0 {
				p.left = id
			} else {
				p.right = id
			}
		}
		id, ok := vocab[names[0]+names[1]]
		if !ok {
			return unsupported("%s: merge %d makes %q, which is not in the vocabulary", where, i, names[0]+names[1])
		}
		m.merges[p] = merged{int32(i), id} //nolint:gosec // there are at most mostMerges
	}
	return nil
}

func byteName(b int) string { return fmt.Sprintf("<0x%02X>", b) }

// byteAlphabet maps the characters that stand for bytes in a byte-level
// vocabulary (Radford et al. 2019): visible Latin-1 for itself, the other
// bytes, in order, from U+0100 on.
func byteAlphabet() map[rune]byte {
	out := map[rune]byte{}
	next := rune(256)
	for b := range 256 {
		c := rune(b)
		if c < '!' || c > '~' && c < '¡' || c == '\u00ad' {
			c = next
			next++
		}
		out[c] = byte(b)
	}
	return out
}

// fromBytes returns the bytes that the characters of name stand for, false if
// one of them stands for none.
func fromBytes(name string, byteOf map[rune]byte) (string, bool) {
	out := make([]byte, 0, len(name))
	for _, c := range name {
		b, ok := byteOf[c]
		if !ok {
			return "", false
		}
		out = append(out, b)
	}
	return string(out), true
}

func sortedKeys(m map[string]int32) []string { return slices.Sorted(maps.Keys(m)) }
