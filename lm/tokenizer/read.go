package tokenizer

import (
	"errors"
	"fmt"
	"slices"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// What is read at most: several times what the largest published tokenizers have.
const (
	largestFile  = 128 << 20 // bytes
	mostTokens   = 1 << 20
	mostMerges   = 1 << 21
	longestToken = 1 << 14 // bytes
	deepest      = 8       // sequences inside sequences
)

func unsupported(format string, args ...any) error {
	return fmt.Errorf("%w: %w", ErrTokenizer, fmt.Errorf(format, args...))
}

// part is one normalizer, pre-tokenizer, post-processor or decoder: its type
// and the rest of its fields.
type part struct {
	Type string `json:"type"`
	raw  jsontext.Value
}

func (p *part) UnmarshalJSON(data []byte) error {
	var kind struct {
		Type string `json:"type"`
	}
	if err := json.Unmarshal(data, &kind); err != nil {
		return err
	}
	p.Type, p.raw = kind.Type, slices.Clone(data)
	return nil
}

// fields reads the fields of a part of the file that where names.
func (p *part) fields(where string, into any) error {
	if err := json.Unmarshal(p.raw, into); err != nil {
		return unsupported("%s: %s: %w", where, p.Type, err)
	}
	return nil
}

// flatten lists the parts of nested sequences in order; list is the field that
// holds them.
func (p *part) flatten(where, list string, depth int) ([]*part, error) {
	if p == nil {
		return nil, nil
	}
	if p.Type != "Sequence" {
		return []*part{p}, nil
	}
	if depth == deepest {
		return nil, unsupported("%s: sequences nest deeper than %d", where, deepest)
	}
	var f map[string]jsontext.Value
	if err := p.fields(where, &f); err != nil {
		return nil, err
	}
	var parts []*part
	if err := json.Unmarshal(f[list], &parts); err != nil {
		return nil, unsupported("%s: Sequence: field %q: %w", where, list, err)
	}
	var out []*part
	for _, q := range parts {
		if q == nil {
			return nil, unsupported("%s: Sequence: field %q holds null", where, list)
		}
		inner, err := q.flatten(where, list, depth+1)
		if err != nil {
			return nil, err
		}
		out = append(out, inner...)
	}
	return out, nil
}

// file is a tokenizer.json as far as it changes ids or text. Truncation and
// padding are the caller's matter.
type file struct {
	Added         []addedToken `json:"added_tokens"`
	Normalizer    *part        `json:"normalizer"`
	PreTokenizer  *part        `json:"pre_tokenizer"`
	PostProcessor *part        `json:"post_processor"`
	Decoder       *part        `json:"decoder"`
	Model         *part        `json:"model"`
}

type addedToken struct {
	ID         int32  `json:"id"`
	Content    string `json:"content"`
	SingleWord bool   `json:"single_word"`
	LStrip     bool   `json:"lstrip"`
	RStrip     bool   `json:"rstrip"`
	Normalized bool   `json:"normalized"`
	Special    bool   `json:"special"`
}

func readHugging(data []byte) (*Tokenizer, error) {
	var f file
	if err := json.Unmarshal(data, &f); err != nil {
		return nil, unsupported("%w", err)
	}
	t := &Tokenizer{raw: data, start: -1, end: -1}
	bytes, err := t.readCutters(f.PreTokenizer)
	if err != nil {
		return nil, err
	}
	if f.Model == nil {
		return nil, unsupported("field \"model\" is missing")
	}
	vocab, err := t.readModel(f.Model, bytes)
	if err != nil {
		return nil, err
	}
	if t.normal, err = readNormalizer(f.Normalizer); err != nil {
		return nil, err
	}
	if err := t.readNames(vocab, f.Added); err != nil {
		return nil, err
	}
	if err := t.readPost(f.PostProcessor); err != nil {
		return nil, err
	}
	if t.joiner, err = readJoiner(f.Decoder, t.names); err != nil {
		return nil, err
	}
	return t, nil
}

// readNames gives every id its name and makes the added tokens found in text.
func (t *Tokenizer) readNames(vocab map[string]int32, list []addedToken) error {
	if len(list) > mostTokens {
		return unsupported("added_tokens: %d tokens, at most %d are read", len(list), mostTokens)
	}
	t.ids = vocab
	known := len(vocab)
	seen := map[int32]bool{}
	for _, a := range list {
		switch id, ok := vocab[a.Content]; {
		case a.Content == "" || len(a.Content) > longestToken:
			return unsupported("added_tokens: token %d has %d bytes: from 1 to %d are read", a.ID, len(a.Content), longestToken)
		case seen[a.ID]:
			return unsupported("added_tokens: id %d stands twice", a.ID)
		case ok && id != a.ID:
			return unsupported("added_tokens: token %q has id %d here, but %d in the vocabulary", a.Content, a.ID, id)
		case !ok:
			vocab[a.Content] = a.ID
		}
		seen[a.ID] = true
	}
	if err := t.place(vocab, known); err != nil {
		return err
	}
	for _, a := range list {
		t.special[a.ID] = t.special[a.ID] || a.Special
		token := added{a.ID, a.Special, a.SingleWord, a.LStrip, a.RStrip}
		if !a.Normalized {
			t.exact.add(a.Content, token)
			continue
		}
		content := a.Content
		if t.normal != nil {
			content = t.normal(content)
		}
		if content != "" {
			t.normalized.add(content, token)
		}
	}
	return nil
}

// place lists the names by id: each from 0 up once, without a hole.
func (t *Tokenizer) place(vocab map[string]int32, known int) error {
	if len(vocab) > mostTokens {
		return unsupported("%d tokens, at most %d are read", len(vocab), mostTokens)
	}
	t.names = make([]string, len(vocab))
	t.special = make([]bool, len(vocab))
	taken := make([]bool, len(vocab))
	where := "model.vocab"
	if len(vocab) > known {
		where += " and added_tokens"
	}
	for _, name := range sortedKeys(vocab) {
		id := vocab[name]
		if id < 0 || int(id) >= len(vocab) {
			return unsupported("%s: token %q has id %d, but there are only %d tokens: ids must be 0 to %d without a hole", where, name, id, len(vocab), len(vocab)-1)
		}
		if taken[id] {
			return unsupported("%s: tokens %q and %q have the same id %d", where, t.names[id], name, id)
		}
		taken[id], t.names[id] = true, name
	}
	return nil
}

// readPost reads what the post-processor puts around a text.
func (t *Tokenizer) readPost(p *part) error {
	const where = "post_processor"
	parts, err := p.flatten(where, "processors", 0)
	if err != nil {
		return err
	}
	for _, p := range parts {
		switch p.Type {
		case "ByteLevel": // changes offsets only
		case "TemplateProcessing":
			if err := t.readTemplate(p, where); err != nil {
				return err
			}
		default:
			return unsupported("%s: type %q is not supported; ByteLevel, TemplateProcessing and Sequence are", where, p.Type)
		}
	}
	if len(t.before) > 0 {
		t.start = t.before[0]
	}
	return nil
}

func (t *Tokenizer) readTemplate(p *part, where string) error {
	type named struct {
		ID string `json:"id"`
	}
	var f struct {
		Single []struct {
			Special  *named `json:"SpecialToken"`
			Sequence *named `json:"Sequence"`
		} `json:"single"`
		Tokens map[string]struct {
			IDs []int32 `json:"ids"`
		} `json:"special_tokens"`
	}
	if err := p.fields(where, &f); err != nil {
		return err
	}
	var sides [2][]int32
	side := 0
	for _, piece := range f.Single {
		switch {
		case piece.Sequence != nil && piece.Special == nil && piece.Sequence.ID == "A" && side == 0:
			side = 1
		case piece.Special != nil && piece.Sequence == nil:
			token, ok := f.Tokens[piece.Special.ID]
			if !ok {
				return unsupported("%s: TemplateProcessing: token %q is not in special_tokens", where, piece.Special.ID)
			}
			for _, id := range token.IDs {
				if id < 0 || int(id) >= len(t.names) {
					return unsupported("%s: TemplateProcessing: token %q has id %d, but there are only %d", where, piece.Special.ID, id, len(t.names))
				}
			}
			sides[side] = append(sides[side], token.IDs...)
		default:
			return unsupported("%s: TemplateProcessing: field \"single\" must hold special tokens and the sequence A once", where)
		}
	}
	if side == 0 {
		return unsupported("%s: TemplateProcessing: field \"single\" has no sequence A", where)
	}
	t.before = append(sides[0], t.before...)
	t.after = append(t.after, sides[1]...)
	return nil
}

// errNotString is told of a merge that is neither "a b" nor ["a","b"].
var errNotString = errors.New(`a merge is neither "left right" nor ["left","right"]`)
