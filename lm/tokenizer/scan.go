package tokenizer

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// The patterns of well-known tokenizers. What they match is scanned by hand,
// some ten times as fast as by the engine; TestScannersAgreeWithTheEngine
// holds both to the same cuts.
const (
	patternGPT2   = `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`
	patternLlama3 = `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`
	patternQwen2  = `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`
)

// scanners cut like their pattern; every byte is part of a match.
var scanners = map[string]cutter{
	patternGPT2:   gpt2{},
	patternLlama3: tiktoken{3},
	patternQwen2:  tiktoken{1},
}

// class is what these patterns ask of a character.
type class uint8

const (
	sign   class = iota // also what is not UTF-8
	letter              // L
	number              // N
	space               // White_Space
)

var latin = func() (table [256]class) {
	for c := range rune(256) {
		table[c] = classOf(c)
	}
	return table
}()

func classOf(c rune) class {
	switch {
	case unicode.IsLetter(c):
		return letter
	case unicode.IsNumber(c):
		return number
	case unicode.IsSpace(c):
		return space
	}
	return sign
}

// at returns the class and length of the character at text[i:]; sign, 0 at the end.
func at(text string, i int) (class, int) {
	if i >= len(text) {
		return sign, 0
	}
	if c := text[i]; c < utf8.RuneSelf {
		return latin[c], 1
	}
	c, n := utf8.DecodeRuneInString(text[i:])
	if c < 256 {
		return latin[c], n
	}
	return classOf(c), n
}

// through returns the end of the characters of class c from i on.
func through(text string, i int, c class) int {
	for i < len(text) {
		d, n := at(text, i)
		if d != c {
			break
		}
		i += n
	}
	return i
}

// blanks ends a run of spaces that begins at i and is followed by whatever is
// at end: \s+(?!\S)|\s+ leaves the last space to the word that follows.
func blanks(text string, i, end int) int {
	if end == len(text) {
		return end
	}
	_, n := utf8.DecodeLastRuneInString(text[i:end])
	if end-n > i {
		return end - n
	}
	return end
}

// gpt2 cuts as patternGPT2 does.
type gpt2 struct{}

func (gpt2) cut(r *run, text string, first bool) {
	for i := 0; i < len(text); {
		n := gpt2End(text, i)
		r.part(text[i:n], first && i == 0)
		i = n
	}
}

func gpt2End(text string, i int) int {
	c, n := at(text, i)
	if text[i] == '\'' {
		if m := contraction(text[i+1:], false); m > 0 {
			return i + 1 + m
		}
	}
	if text[i] == ' ' {
		if d, m := at(text, i+1); m > 0 && d != space {
			c, n = d, 1+m
		}
	}
	if c == space {
		return blanks(text, i, through(text, i+n, space))
	}
	return through(text, i+n, c)
}

// tiktoken cuts as patternLlama3 and patternQwen2 do, with so many digits
// together at most.
type tiktoken struct{ digits int }

func (t tiktoken) cut(r *run, text string, first bool) {
	for i := 0; i < len(text); {
		n := t.end(text, i)
		r.part(text[i:n], first && i == 0)
		i = n
	}
}

func (t tiktoken) end(text string, i int) int {
	c, n := at(text, i)
	if text[i] == '\'' {
		if m := contraction(text[i+1:], true); m > 0 {
			return i + 1 + m
		}
	}
	switch c {
	case letter:
		return through(text, i+n, letter)
	case number:
		end := i + n
		for k := 1; k < t.digits; k++ {
			d, m := at(text, end)
			if d != number || m == 0 {
				break
			}
			end += m
		}
		return end
	default:
	}
	d, m := at(text, i+n)
	if d == letter && m > 0 && text[i] != '\r' && text[i] != '\n' {
		return through(text, i+n+m, letter)
	}
	if text[i] == ' ' && d == sign && m > 0 {
		c, n = sign, 1+m
	}
	if c == sign {
		return newlines(text, through(text, i+n, sign))
	}
	end := through(text, i+n, space)
	if last := strings.LastIndexAny(text[i:end], "\r\n"); last >= 0 {
		return i + last + 1
	}
	return blanks(text, i, end)
}

func newlines(text string, i int) int {
	for i < len(text) && (text[i] == '\r' || text[i] == '\n') {
		i++
	}
	return i
}

// contraction returns the length of the English ending that text, which stands
// after an apostrophe, begins with; fold: in upper case too.
func contraction(text string, fold bool) int {
	for _, end := range []string{"s", "t", "re", "ve", "m", "ll", "d"} {
		if strings.HasPrefix(text, end) {
			return len(end)
		}
		if fold && len(text) >= len(end) && strings.EqualFold(text[:len(end)], end) {
			return len(end)
		}
	}
	if fold && strings.HasPrefix(text, "ſ") { // the long s folds to s
		return len("ſ")
	}
	return 0
}
