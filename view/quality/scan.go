package quality

import (
	"math/bits"
	"strings"
)

// most is how many words of a text are looked at one by one.
const most = 256

// A shape is what one pass over a text counts. Letters, digits and signs are
// characters; signs are all that is no letter, digit or space, emoji too.
type shape struct {
	letters, digits, signs int
	words                  int
	dense                  int // letters of scripts without spaces
	marks                  int // placeholders other than links
	links                  int // [URL], [EMAIL] and addresses that still stand
	hashes                 int // hashtags
	mashed                 int // words of keys at random
	caps                   int // words all in capitals, of two letters or more
	code                   int // brackets and operators
	run                    int // the longest run of one character
	long                   int // letters and digits in pieces without spaces, over 40 long
	lines, logs            int // lines with words, and those that begin as a log's do
	n                      int // of hash
	hash                   [most]uint64
}

func (s *shape) kept() []uint64 { return s.hash[:s.n] }

// What a byte is.
const (
	sign = iota
	letter
	digit
	space
	operator // a sign that code is full of
	lead     // of a longer character
	mark     // begins a placeholder, perhaps
)

var classes = func() (out [256]uint8) {
	for c := range out {
		switch {
		case 'a' <= c|0x20 && c|0x20 <= 'z' && c < 0x80:
			out[c] = letter
		case '0' <= c && c <= '9':
			out[c] = digit
		case c <= ' ' || c == 0x7f:
			out[c] = space
		case strings.IndexByte("{}();=<>|\\`$^~_", byte(c)) >= 0:
			out[c] = operator
		case c == '[':
			out[c] = mark
		case c >= 0x80:
			out[c] = lead
		}
	}
	return out
}()

// latin folds the letters of Latin-1, C3 80 to C3 BF, to their base.
const latin = "aaaaaaaceeeeiiiidnooooo*ouuuuytsaaaaaaaceeeeiiiidnooooo/ouuuuyty"

const (
	basis = 14695981039346656037
	prime = 1099511628211
)

func (s *shape) read(text string) {
	at := 0    // of the line
	piece := 0 // letters and digits since the last space
	prev, same := byte(0), 0
	inked := false
	for i := 0; i < len(text); {
		c := text[i]
		if c == prev && c > ' ' && c < 0x80 {
			same++
			s.run = max(s.run, same)
		} else {
			prev, same = c, 1
		}
		switch classes[c] {
		case letter:
			if n := link(text, i); n > 0 {
				s.links++
				i += n
				continue
			}
			j := s.word(text, i)
			piece += j - i
			inked, prev, i = true, 0, j
			continue
		case digit:
			s.digits++
			piece++
			inked = true
		case space:
			s.piece(piece)
			piece = 0
			if c == '\n' {
				s.line(text[at:i], inked)
				at, inked = i+1, false
			}
		case mark:
			if n, of := placeholder(text[i:]); n > 0 {
				if of {
					s.links++
				} else {
					s.marks++
				}
				inked = true
				i += n
				continue
			}
			s.signs++
		case operator:
			s.signs++
			s.code++
		case lead:
			n, is := wide(text[i:])
			if is == letter {
				j := s.word(text, i)
				piece += j - i
				inked, i = true, j
				continue
			}
			if is == sign {
				s.signs++
				inked = true
			}
			i += n
			continue
		default:
			s.signs++
			if c == '#' && i+1 < len(text) && classes[text[i+1]] != space && classes[text[i+1]] != sign {
				s.hashes++
			}
		}
		i++
	}
	s.piece(piece)
	s.line(text[at:], inked)
}

func (s *shape) piece(n int) {
	if n > 40 {
		s.long += n
	}
}

func (s *shape) line(text string, inked bool) {
	if !inked {
		return
	}
	s.lines++
	if logged(text) {
		s.logs++
	}
}

// logged tells whether a line begins with a day and a time, as a log's does, or
// is a step of a stack trace.
func logged(line string) bool {
	line = strings.TrimSpace(line)
	if strings.HasPrefix(line, "at ") && strings.HasSuffix(line, ")") || strings.HasPrefix(line, "File \"") {
		return true
	}
	line = strings.TrimLeft(line, "[<(")
	if len(line) < 16 || classes[line[0]] != digit {
		return false
	}
	digits, colons := 0, 0
	for i := range 16 {
		switch {
		case classes[line[i]] == digit:
			digits++
		case line[i] == ':':
			colons++
		case strings.IndexByte("-/T ,.", line[i]) < 0:
			return false
		}
	}
	return digits >= 10 && colons >= 1
}

// wide returns how long the character is that begins text, and what it is:
// letter, sign or space (what has no weight: quotation marks, accents).
func wide(text string) (n int, is uint8) {
	c := text[0]
	switch {
	case c < 0xc2:
		return 1, sign
	case c < 0xe0:
		n = 2
	case c < 0xf0:
		n = 3
	default:
		n = 4
	}
	if n > len(text) {
		return len(text), sign
	}
	switch {
	case c == 0xc2, c == 0xcc, c == 0xcd:
		return n, space
	case c == 0xe2 && text[1] == 0x80, c == 0xef && text[1] == 0xb8, c == 0xe3 && text[1] == 0x80:
		return n, space
	case c == 0xe2, c >= 0xf0, c == 0xef:
		return n, sign
	}
	return n, letter
}

// word reads the word that begins at i and returns where it ends. Apostrophes
// inside a word belong to it and are not hashed; accents are folded away.
func (s *shape) word(text string, i int) int {
	h, n, upper, start := uint64(basis), 0, 0, i
	plain := true
	for i < len(text) {
		c := text[i]
		switch classes[c] {
		case letter:
			if c < 'a' {
				upper++
			}
			h = (h ^ uint64(c|0x20)) * prime
			n++
			i++
			continue
		case lead:
			k, is := wide(text[i:])
			if is != letter {
				if c == 0xcc || c == 0xcd || apostrophe(text[i:]) {
					i += k
					continue
				}
				break
			}
			plain = false
			if c == 0xc3 && text[i+1]-0x80 < 64 {
				h = (h ^ uint64(latin[text[i+1]-0x80])) * prime
			} else {
				for _, b := range []byte(text[i : i+k]) {
					h = (h ^ uint64(b)) * prime
				}
			}
			if 0xe3 <= c && c <= 0xed {
				s.dense++
			}
			n++
			i += k
			continue
		case sign:
			if c == '\'' && i+1 < len(text) && (classes[text[i+1]] == letter || classes[text[i+1]] == lead) {
				i++
				continue
			}
		}
		break
	}
	s.letters += n
	s.words++
	if upper == n && n > 1 {
		s.caps++
	} else if plain && s.words <= 24 && mash(text[start:i]) {
		s.mashed++
	}
	if s.n < most {
		s.hash[s.n] = h
		s.n++
	}
	return i
}

func apostrophe(text string) bool {
	return len(text) > 3 && text[:3] == "’" && (classes[text[3]] == letter || classes[text[3]] == lead)
}

// link returns how long the web address is that begins at i, or 0.
func link(text string, i int) int {
	if c := text[i] | 0x20; c != 'h' && c != 'w' {
		return 0
	}
	rest := text[i:]
	if !strings.HasPrefix(rest, "http://") && !strings.HasPrefix(rest, "https://") && !strings.HasPrefix(rest, "www.") {
		return 0
	}
	for n := range len(rest) {
		if classes[rest[n]] == space || rest[n] == ')' || rest[n] == '>' {
			return n
		}
	}
	return len(rest)
}

// placeholder returns how long the placeholder is that begins text, or 0, and
// whether it stands for a link.
func placeholder(text string) (n int, link bool) {
	for n = 1; n < len(text) && n < 16; n++ {
		if c := text[n]; c == ']' && n > 1 {
			in := text[1:n]
			return n + 1, in == "URL" || in == "EMAIL"
		} else if (c < 'A' || 'Z' < c) && c != '_' {
			return 0, false
		}
	}
	return 0, false
}

// repeats tells whether few of the words are different ones: less than a quarter.
func (s *shape) repeats() bool {
	var seen [64]uint64
	distinct := 0
	for _, h := range s.kept() {
		h = (h ^ h>>29) & 4095
		bit := uint64(1) << (h & 63)
		if seen[h>>6]&bit == 0 {
			distinct++
		}
		seen[h>>6] |= bit
	}
	return 4*distinct <= s.n && bits.Len(uint(s.n)) > 2
}
