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
	mashed, keyed          int // words of keys at random; of keys side by side
	caps                   int // words all in capitals, of two letters or more
	code                   int // brackets and operators
	run                    int // the longest run of one character
	long                   int // letters and digits in pieces without spaces, over 40 long
	lines, logs            int // lines with words, and those that begin as a log's do
	n                      int // of hash
	hash                   [most]uint64
	spans                  [24][2]int // of the first words
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
	prime = 0x9e3779b97f4a7c15 // spreads a word's sum over 64 bits
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
			j, ascii := s.word(text, i)
			piece += ascii
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
				j, ascii := s.word(text, i)
				piece += ascii
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
	if s.words > len(s.spans) {
		return
	}
	for _, w := range s.spans[:s.words] {
		if random, keys := mash(text[w[0]:w[1]]); random {
			s.mashed++
			if keys {
				s.keyed++
			}
		}
	}
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

// word reads the word that begins at i and returns where it ends and how many
// ASCII letters it has. Apostrophes inside a word belong to it and are not hashed;
// accents are folded away.
func (s *shape) word(text string, i int) (end, ascii int) {
	h, upper, other, start := uint64(0), 0, 0, i
	for i < len(text) {
		c := text[i]
		if low := c | 0x20; low-'a' < 26 {
			upper += int(^c >> 5 & 1)
			h = h*33 + uint64(low)
			ascii++
			i++
			continue
		}
		if c < 0x80 {
			if c == '\'' && goesOn(text, i+1) {
				i++
				continue
			}
			break
		}
		k, is := wide(text[i:])
		if is != letter {
			if c == 0xcc || c == 0xcd || c == 0xe2 && strings.HasPrefix(text[i:], "’") && goesOn(text, i+k) {
				i += k
				continue
			}
			break
		}
		if c == 0xc3 {
			h = h*33 + uint64(latin[text[i+1]&63])
		} else {
			for _, b := range []byte(text[i : i+k]) {
				h = h*33 + uint64(b)
			}
		}
		if 0xe3 <= c && c <= 0xed {
			s.dense++
		}
		other++
		i += k
	}
	s.letters += ascii + other
	if upper > 1 && upper == ascii && other == 0 {
		s.caps++
	}
	if i-start > 12 {
		s.stretched(text[start:i])
	}
	if s.words < len(s.spans) {
		s.spans[s.words] = [2]int{start, i}
	}
	s.words++
	if s.n < most {
		h *= prime
		s.hash[s.n] = h ^ h>>32
		s.n++
	}
	return i, ascii
}

// stretched looks for runs of one letter in a long word.
func (s *shape) stretched(word string) {
	same := 1
	for i := 1; i < len(word); i++ {
		if word[i] != word[i-1] {
			same = 1
			continue
		}
		same++
		s.run = max(s.run, same)
	}
}

// goesOn tells whether a letter stands at i.
func goesOn(text string, i int) bool {
	if i >= len(text) {
		return false
	}
	if classes[text[i]] == letter {
		return true
	}
	if classes[text[i]] != lead {
		return false
	}
	_, is := wide(text[i:])
	return is == letter
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
