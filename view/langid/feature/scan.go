// Package feature cuts a text into words, and a word into the numbered
// features that tell its language: runs of two to five letters, and the word
// itself.
//
// What is written in no language is passed over: placeholders such as [NAME],
// addresses, handles, numbers and code.
package feature

import (
	"strings"
	"unicode/utf8"
)

// MaxWord is how many letters of a word count, in characters.
const MaxWord = 40

// A Scanner goes through the words of one text. It holds no pointer to itself
// and needs no memory beside its own.
type Scanner struct {
	// Foreign counts letters of other scripts than Latin, so far.
	Foreign int
	// Latin counts Latin letters in words, so far.
	Latin int

	letters *Letters
	text    string
	pos     int // next byte
	token   int // end of the token that pos is in
	line    int // end of the line that pos is in
	next    int // start of the line after it
	n       int
	lower   bool // the word has a small letter
	word    [MaxWord]uint8
}

// Scan returns a scanner before the first word of text.
func (l *Letters) Scan(text string) Scanner { return Scanner{letters: l, text: text} }

// Word returns the letters of the present word as codes; it is valid until the
// next call of Next.
func (s *Scanner) Word() []uint8 { return s.word[:s.n] }

// Acronym tells whether the present word is two to five capital letters, which
// are rarely a word of the language around them.
func (s *Scanner) Acronym() bool { return !s.lower && s.n > 1 && s.n < 6 }

// Next goes to the next word, and returns false behind the last.
func (s *Scanner) Next() bool {
	for {
		for s.pos < s.token {
			if s.letter() {
				return true
			}
		}
		if !s.nextToken() {
			return false
		}
	}
}

// letter reads one word of the token, and returns false where the token has no
// more.
func (s *Scanner) letter() bool {
	n, i, small := 0, s.pos, byte(0)
	for i < s.token {
		c, size := s.letters.code[s.text[i]], 1
		if s.text[i] >= utf8.RuneSelf {
			var r rune
			r, size = utf8.DecodeRuneInString(s.text[i:])
			c = s.long(r, n)
		}
		i += size
		if c == 0 {
			if n > 0 {
				break
			}
			continue
		}
		if c == joined {
			continue
		}
		if n < MaxWord {
			s.word[n] = c
			n++
			if size == 1 {
				small |= s.text[i-1] & ('a' - 'A')
			}
		}
	}
	s.pos, s.n, s.lower = i, n, small != 0
	s.Latin += n
	return n > 0
}

// joined stands for a mark that was joined to the letter before it.
const joined = 255

// long returns the code of a character of more than one byte, n letters into a
// word.
func (s *Scanner) long(r rune, n int) uint8 {
	switch {
	case r < tableEnd:
		return s.letters.code[r]
	case r >= 0x300 && r < 0x370:
		if n == 0 {
			return 0
		}
		s.word[n-1] = s.letters.join(s.word[n-1], r)
		return joined
	case r >= 0x1E00 && r < 0x1F00:
		return rareCode
	case foreign(r):
		s.Foreign++
	}
	return 0
}

// nextToken goes to the next run of characters without a space that has
// something to read in it.
func (s *Scanner) nextToken() bool {
	for {
		for s.pos < s.line && s.text[s.pos] <= ' ' {
			s.pos++
		}
		if s.pos >= s.line {
			if !s.nextLine() {
				return false
			}
			continue
		}
		end, kinds := s.pos, uint8(0)
		for end < s.line && s.text[end] > ' ' {
			kinds |= s.letters.kind[s.text[end]]
			end++
		}
		if kinds&kindOpen != 0 {
			var jumped bool
			if end, jumped = s.open(end); jumped {
				continue
			}
			kinds = 0
			for i := s.pos; i < end; i++ {
				kinds |= s.letters.kind[s.text[i]]
			}
		}
		if kinds&kindLetter != 0 && (kinds&^(kindLetter|kindOpen) == 0 || wordy(s.text[s.pos:end], kinds)) {
			s.token = end
			return true
		}
		s.pos = end
	}
}

// open deals with a token that has [ or ` in it: it jumps over a placeholder
// or a piece of code that begins the token, or ends the token before one.
func (s *Scanner) open(end int) (tokenEnd int, jumped bool) {
	for i := s.pos; i < end; i++ {
		after := i
		switch s.text[i] {
		case '[':
			after = s.placeholder(i)
		case '`':
			if j := strings.IndexByte(s.text[i+1:s.line], '`'); j >= 0 {
				after = i + 1 + j + 1
			}
		}
		if after == i {
			continue
		}
		if i > s.pos {
			return i, false
		}
		s.pos = after
		s.token = after
		return after, true
	}
	return end, false
}

// placeholder returns where the placeholder at i ends, or i.
func (s *Scanner) placeholder(i int) int {
	const longest = 40
	for j := i + 1; j < min(s.line, i+longest); j++ {
		switch c := s.text[j]; {
		case c == ']' && j > i+1:
			return j + 1
		case c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '_', c == ' ', c == '-':
		default:
			return i
		}
	}
	return i
}

// nextLine goes to the next line that is not code.
func (s *Scanner) nextLine() bool {
	for s.next < len(s.text) {
		start := s.next
		end := lineEnd(s.text, start)
		fence := strings.HasPrefix(s.text[start:end], "```")
		if fence {
			if i := strings.Index(s.text[end:], "\n```"); i >= 0 {
				end = lineEnd(s.text, end+i+1)
			}
		}
		s.next = end + 1
		if !fence && !code(s.text[start:end]) {
			s.pos, s.token, s.line = start, start, end
			return true
		}
	}
	s.pos, s.token, s.line = len(s.text), len(s.text), len(s.text)
	return false
}

func lineEnd(text string, start int) int {
	if i := strings.IndexByte(text[start:], '\n'); i >= 0 {
		return start + i
	}
	return len(text)
}

// code tells whether a line ends as lines of programs do and sentences do not.
func code(line string) bool {
	line = strings.TrimRight(line, " \t\r")
	if line == "" {
		return true
	}
	last := line[len(line)-1]
	return last == '{' || last == ';' && (strings.HasSuffix(line, ");") || strings.HasSuffix(line, "];") || strings.HasSuffix(line, "};"))
}

// wordy tells whether a token with these kinds of byte is made of words.
func wordy(token string, kinds uint8) bool {
	if kinds&(kindAt|kindDigit) != 0 {
		return false
	}
	if kinds&kindHash != 0 && token[0] == '#' && len(token) > 1 && token[1] != '#' {
		return false
	}
	if kinds&kindCode != 0 && strings.ContainsAny(strings.Trim(token, "_*()\"'.,:;!?<>|"), "\\={}<>|^~$_") {
		return false
	}
	if kinds&kindSlash != 0 && (strings.Contains(token, "//") || strings.Count(token, "/") > 1 || strings.Contains(token, "::")) {
		return false
	}
	if kinds&kindDot != 0 {
		for i := 1; i+1 < len(token); i++ {
			if token[i] == '.' && letterByte(token[i-1]) && letterByte(token[i+1]) {
				return false
			}
		}
	}
	return !strings.HasSuffix(token, "()")
}

func letterByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= utf8.RuneSelf
}
