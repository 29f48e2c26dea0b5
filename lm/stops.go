package lm

import (
	"strings"
	"unicode/utf8"
)

// stops turns the bytes of tokens into text that may be shown: whole
// characters, and nothing that may still become a stop text.
type stops struct {
	texts []string
	held  string
}

func newStops(texts []string) *stops {
	s := &stops{}
	for _, t := range texts {
		if t != "" {
			s.texts = append(s.texts, t)
		}
	}
	return s
}

// push takes the bytes of the next token. When a stop text stands, show is what
// is left before it, and nothing more may be pushed. Of several it is the one
// that ends first, of those the longest: so tokens may be cut anywhere.
func (s *stops) push(piece string) (show string, stopped bool) {
	s.held += piece
	first, end := 0, len(s.held)+1
	for _, t := range s.texts {
		if i := strings.Index(s.held, t); i >= 0 && (i+len(t) < end || i+len(t) == end && i < first) {
			first, end = i, i+len(t)
		}
	}
	if end <= len(s.held) {
		show, s.held = s.held[:first], ""
		return whole(show), true
	}
	keep := unfinished(s.held)
	for _, t := range s.texts {
		keep = max(keep, beginning(s.held, t))
	}
	show, s.held = s.held[:len(s.held)-keep], s.held[len(s.held)-keep:]
	return whole(show), false
}

// rest returns what was held back, when no more comes.
func (s *stops) rest() string {
	show := whole(s.held)
	s.held = ""
	return show
}

// whole drops bytes that are no characters, and what stands for such bytes in what a
// tokenizer decoded: in a draft they say nothing.
func whole(text string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(text, ""), "\uFFFD", "")
}

// beginning returns the length of the longest end of text that stop begins with.
func beginning(text, stop string) int {
	for n := min(len(text), len(stop)-1); n > 0; n-- {
		if text[len(text)-n:] == stop[:n] {
			return n
		}
	}
	return 0
}

// unfinished returns how many bytes at the end of text are the beginning of a
// character.
func unfinished(text string) int {
	for n := 1; n < utf8.UTFMax && n <= len(text); n++ {
		end := text[len(text)-n:]
		if utf8.RuneStart(end[0]) {
			if utf8.FullRuneInString(end) {
				return 0
			}
			return n
		}
	}
	return 0
}
