package tokenizer

import (
	"strings"
	"unicode/utf8"
)

// A joiner makes text of tokens, as the decoder in a tokenizer.json says.
type joiner struct {
	pieces []string // bytes of every id
	firsts []string // the same where the token is the first of a text; nil: no difference
	strip  byte     // taken from the beginning of the whole text,
	most   int      // so many times at most
}

// spelling is one text in the making.
type spelling struct {
	joiner  *joiner
	begun   bool
	cleared int // how many strips are done; below zero: something else stands
}

func (s *spelling) next(id int32) string {
	j := s.joiner
	piece := j.pieces[id]
	if !s.begun && j.firsts != nil {
		piece = j.firsts[id]
	}
	s.begun = true
	for s.cleared >= 0 && s.cleared < j.most && piece != "" {
		if piece[0] != j.strip {
			s.cleared = -1
			break
		}
		piece = piece[1:]
		s.cleared++
	}
	return piece
}

// A Decoder makes text of tokens as they come. It holds back the bytes of a
// character until all are there, so that what it returns is always UTF-8; of
// bytes that are none, each longest beginning of a character becomes U+FFFD.
// All that it returned together is Decode's text.
type Decoder struct {
	t    *Tokenizer
	s    spelling
	held string
}

// Decoder begins a text.
func (t *Tokenizer) Decoder() *Decoder {
	return &Decoder{t: t, s: spelling{joiner: &t.joiner}}
}

// Add takes the next token and returns the text that is now sure, maybe none.
func (d *Decoder) Add(id int32) string {
	if id < 0 || int(id) >= len(d.t.names) || d.t.special[id] {
		return ""
	}
	text := d.held + d.s.next(id)
	sure := len(text) - unfinished(text)
	d.held = text[sure:]
	return valid(text[:sure])
}

// Flush ends the text: it returns what was held back.
func (d *Decoder) Flush() string {
	text := valid(d.held)
	d.held = ""
	return text
}

// unfinished returns how many bytes at the end of text may be the beginning of
// a character.
func unfinished(text string) int {
	for n := 1; n <= min(utf8.UTFMax-1, len(text)); n++ {
		if tail := text[len(text)-n:]; utf8.RuneStart(tail[0]) {
			if !utf8.FullRuneInString(tail) {
				return n
			}
			return 0
		}
	}
	return 0
}

// valid replaces what is not UTF-8 by U+FFFD, one for each longest beginning
// of a character (The Unicode Standard, 3.9: maximal subparts).
func valid(text string) string {
	if utf8.ValidString(text) {
		return text
	}
	var b strings.Builder
	for len(text) > 0 {
		r, n := utf8.DecodeRuneInString(text)
		if r == utf8.RuneError && n == 1 {
			for n < len(text) && !utf8.FullRuneInString(text[:n+1]) {
				n++
			}
		}
		b.WriteRune(r)
		text = text[n:]
	}
	return b.String()
}
