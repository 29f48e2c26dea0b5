package tokenizer

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// A cutter is one pre-tokenizer: it hands the parts of text to r, in order.
// first says that text begins the input.
type cutter interface {
	cut(r *run, text string, first bool)
}

// run takes one text through all cutters; what the last one leaves are words,
// and no merge reaches across them.
type run struct {
	cutters []cutter
	level   int // of the cutter at work; -1: none yet
	word    func(string)
}

func (r *run) part(text string, first bool) {
	if text == "" {
		return
	}
	r.level++
	if r.level < len(r.cutters) {
		r.cutters[r.level].cut(r, text, first)
	} else {
		r.word(text)
	}
	r.level--
}

// prefixed puts a space before each text that doesn't begin with one.
type prefixed struct{}

func (prefixed) cut(r *run, text string, first bool) {
	if text[0] != ' ' {
		text = " " + text
	}
	r.part(text, first)
}

// digits cuts between digits (Unicode N) and the rest, or around each digit.
type digits struct{ individual bool }

func (d digits) cut(r *run, text string, first bool) {
	from, number := 0, false
	for i, c := range text {
		is := isNumber(c)
		if i > from && (is != number || is && d.individual) {
			r.part(text[from:i], first && from == 0)
			from = i
		}
		number = is
	}
	r.part(text[from:], first && from == 0)
}

func isNumber(c rune) bool {
	if c < utf8.RuneSelf {
		return c >= '0' && c <= '9'
	}
	return unicode.IsNumber(c)
}

// metaspace writes spaces as another sign, as SentencePiece does.
type metaspace struct {
	sign   string
	prefix bool // puts the sign before the text
	once   bool // but only at the beginning of the input
	split  bool // cuts before every sign
}

func (m metaspace) cut(r *run, text string, first bool) {
	text = strings.ReplaceAll(text, " ", m.sign)
	if m.prefix && (first || !m.once) && !strings.HasPrefix(text, m.sign) {
		text = m.sign + text
	}
	if !m.split {
		r.part(text, first)
		return
	}
	for len(text) > 0 {
		n := strings.Index(text[1:], m.sign) + 1
		if n == 0 {
			n = len(text)
		}
		r.part(text[:n], first)
		text, first = text[n:], false
	}
}

// A behaviour says where the matches of a pattern go.
type behaviour int

const (
	isolated behaviour = iota // parts of their own
	removed
	mergedWithPrevious
	mergedWithNext
	contiguous // neighbouring matches are one part
)

// pattern cuts around the matches of a pattern, as Split does.
type pattern struct {
	find func(text string) [][]int // begin and end of each match, in order, in bytes
	how  behaviour
	flip bool // what doesn't match counts as the match
}

// span is a part of a text and whether it matched.
type span struct {
	from, to int
	match    bool
}

func (p pattern) cut(r *run, text string, first bool) {
	for _, s := range p.how.arrange(p.spans(text)) {
		r.part(text[s.from:s.to], first && s.from == 0)
	}
}

func (p pattern) spans(text string) []span {
	var out []span
	end := 0
	for _, m := range p.find(text) {
		if m[0] > end {
			out = append(out, span{end, m[0], p.flip})
		}
		out = append(out, span{m[0], m[1], !p.flip})
		end = m[1]
	}
	if end < len(text) {
		out = append(out, span{end, len(text), p.flip})
	}
	return out
}

// arrange joins and drops spans as the behaviour says. Of matches in a row
// only the first is merged with what is before it, as the library has it.
func (b behaviour) arrange(spans []span) []span {
	out := spans[:0:0]
	switch b {
	case isolated:
		return spans
	case removed:
		for _, s := range spans {
			if !s.match {
				out = append(out, s)
			}
		}
	case mergedWithPrevious:
		for i, s := range spans {
			if n := len(out); s.match && n > 0 && !spans[i-1].match {
				out[n-1].to = s.to
			} else {
				out = append(out, s)
			}
		}
	case mergedWithNext:
		for i, s := range spans {
			if i > 0 && spans[i-1].match && (!s.match) {
				out[len(out)-1].to = s.to
			} else {
				out = append(out, s)
			}
		}
	case contiguous:
		for i, s := range spans {
			if i > 0 && spans[i-1].match == s.match {
				out[len(out)-1].to = s.to
			} else {
				out = append(out, s)
			}
		}
	}
	return out
}
