package tokenizer

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// An added token is sought in a text before anything else is done to it.
type added struct {
	id         int32
	special    bool
	singleWord bool // not inside a word
	lstrip     bool // takes the white space before it along
	rstrip     bool // and that after it
}

// A matcher finds added tokens: at each place the longest one. The zero value
// finds none.
type matcher struct {
	tokens  map[string]added
	lengths [256][]int // by first byte, longest first
}

func (m *matcher) add(content string, a added) {
	if m.tokens == nil {
		m.tokens = map[string]added{}
	}
	m.tokens[content] = a
	list := &m.lengths[content[0]]
	if !slices.Contains(*list, len(content)) {
		*list = append(*list, len(content))
		slices.SortFunc(*list, func(a, b int) int { return b - a })
	}
}

// split hands the parts of text to yield, in order: tokens with their id, the
// rest with id -1. first says that a part begins text. Special tokens are
// found only if special is true.
func (m *matcher) split(text string, special bool, yield func(part string, first bool, id int32)) {
	if text == "" {
		return
	}
	if m.tokens == nil {
		yield(text, true, -1)
		return
	}
	done := 0
	for i := 0; i < len(text); {
		a, n := m.at(text, i)
		if n == 0 {
			i++
			continue
		}
		from, to := i, i+n
		i = to
		if a.special && !special || a.singleWord && !alone(text, from, to) {
			continue
		}
		if a.lstrip {
			from = max(len(strings.TrimRightFunc(text[:from], unicode.IsSpace)), done)
		}
		if a.rstrip {
			to = len(text) - len(strings.TrimLeftFunc(text[to:], unicode.IsSpace))
		}
		if from > done {
			yield(text[done:from], done == 0, -1)
		}
		yield(text[from:to], from == 0, a.id)
		done = to
	}
	if done < len(text) {
		yield(text[done:], done == 0, -1)
	}
}

// at returns the token at text[i:] and its length, 0 if there is none.
func (m *matcher) at(text string, i int) (added, int) {
	for _, n := range m.lengths[text[i]] {
		if n <= len(text)-i {
			if a, ok := m.tokens[text[i:i+n]]; ok {
				return a, n
			}
		}
	}
	return added{}, 0
}

func alone(text string, from, to int) bool {
	before, _ := utf8.DecodeLastRuneInString(text[:from])
	after, _ := utf8.DecodeRuneInString(text[to:])
	return (from == 0 || !inWord(before)) && (to == len(text) || !inWord(after))
}

// inWord is \w of Unicode's regular expressions (UTS #18): alphabetic, mark,
// decimal number, connector, joiner.
func inWord(c rune) bool {
	return unicode.In(c, unicode.L, unicode.M, unicode.Nd, unicode.Nl, unicode.Pc, unicode.Other_Alphabetic, unicode.Join_Control)
}
