package neardup

import (
	"unicode"
	"unicode/utf8"

	"github.com/zeebo/xxh3"
	"golang.org/x/text/unicode/norm"
)

// What class says of a byte that is no digit and no letter. Others are the folded byte.
const (
	separates = 0
	ignored   = 1 // an apostrophe: "don't" is "dont"
	opens     = 2 // a bracket: perhaps a placeholder
	beyond    = 3 // no ASCII
)

// class tells what an ASCII byte is in a word; bytes from 0x80 on are beyond.
var class = [utf8.RuneSelf]byte{
	'\'': ignored, '[': opens,
	'0': '0', '1': '1', '2': '2', '3': '3', '4': '4', '5': '5', '6': '6', '7': '7', '8': '8', '9': '9',
	'A': 'a', 'B': 'b', 'C': 'c', 'D': 'd', 'E': 'e', 'F': 'f', 'G': 'g', 'H': 'h', 'I': 'i', 'J': 'j', 'K': 'k', 'L': 'l', 'M': 'm',
	'N': 'n', 'O': 'o', 'P': 'p', 'Q': 'q', 'R': 'r', 'S': 's', 'T': 't', 'U': 'u', 'V': 'v', 'W': 'w', 'X': 'x', 'Y': 'y', 'Z': 'z',
	'a': 'a', 'b': 'b', 'c': 'c', 'd': 'd', 'e': 'e', 'f': 'f', 'g': 'g', 'h': 'h', 'i': 'i', 'j': 'j', 'k': 'k', 'l': 'l', 'm': 'm',
	'n': 'n', 'o': 'o', 'p': 'p', 'q': 'q', 'r': 'r', 's': 's', 't': 't', 'u': 'u', 'v': 'v', 'w': 'w', 'x': 'x', 'y': 'y', 'z': 'z',
}

func classOf(c byte) byte {
	if c < utf8.RuneSelf {
		return class[c]
	}
	return beyond
}

// split fills s.words with the hashes of the words of text.
func (s *Scratch) split(text string) {
	s.words = s.words[:0]
	if cap(s.word) < len(text)+64 {
		s.word = make([]byte, 0, 2*len(text)+64)
	}
	word := s.word[:cap(s.word)]
	n := 0
	for i := 0; i < len(text); {
		k := classOf(text[i])
		if k > beyond {
			word[n] = k
			n++
			i++
			continue
		}
		switch k {
		case separates:
			i++
			if n > 0 {
				s.words = append(s.words, xxh3.HashSeed(word[:n], seed))
				n = 0
			}
		case ignored:
			i++
		case opens:
			s.word = s.endWord(word[:n])
			i += s.placeholder(text[i:])
			word, n = s.word[:cap(s.word)], 0
		default:
			s.word = word[:n]
			i += s.rune(text[i:])
			// The next bytes may be a word of ASCII as long as the rest of the text.
			if cap(s.word) < len(s.word)+len(text)-i {
				s.word = append(make([]byte, 0, 2*cap(s.word)+len(text)), s.word...)
			}
			word, n = s.word[:cap(s.word)], len(s.word)
		}
	}
	s.word = s.endWord(word[:n])
}

// endWord adds a word, if it is one, and returns room for the next.
func (s *Scratch) endWord(word []byte) []byte {
	if len(word) > 0 {
		s.words = append(s.words, xxh3.HashSeed(word, seed))
	}
	return word[:0]
}

const maxPlaceholder = 34 // bytes, brackets included

// placeholder reads "[NAME]" as one word, brackets included, and returns how
// many bytes of text it was: 1 if it is a bracket and nothing more.
func (s *Scratch) placeholder(text string) int {
	word := append(s.word[:0], '[')
	for i := 1; i < min(len(text), maxPlaceholder); i++ {
		k := classOf(text[i])
		switch {
		case text[i] == ']' && i > 1:
			s.word = s.endWord(append(word, ']'))
			return i + 1
		case text[i] == '_':
			word = append(word, '_')
		case k > beyond:
			word = append(word, k)
		default:
			return 1
		}
	}
	return 1
}

// What a rune folds to, besides a rune.
const (
	foldUnknown   = 0
	foldSeparates = -1
	foldIgnored   = -2
	foldAlone     = -3 // a letter of a script without spaces: a word of its own
	foldLong      = -4 // more than one rune
)

// rune takes the first rune of text, which is not ASCII, into the words and
// returns how many bytes it was.
func (s *Scratch) rune(text string) int {
	r, size := utf8.DecodeRuneInString(text)
	if r == utf8.RuneError && size == 1 {
		s.word = s.endWord(s.word)
		return size
	}
	if size > 2 {
		s.decomposed(text[:size])
		return size
	}
	f := s.fold[r-utf8.RuneSelf]
	if f == foldUnknown {
		f = foldTwoBytes(r, text[:size])
		s.fold[r-utf8.RuneSelf] = f
	}
	if f == foldLong {
		s.decomposed(text[:size])
	} else {
		s.take(r, f)
	}
	return size
}

// foldTwoBytes is what rune remembers of runes of two bytes.
func foldTwoBytes(r rune, text string) rune {
	d := norm.NFKD.PropertiesString(text).Decomposition()
	if d == nil {
		return foldOne(r)
	}
	if c, size := utf8.DecodeRune(d); size == len(d) {
		return foldOne(c)
	}
	return foldLong
}

// decomposed takes a rune in the parts that NFKD gives it, without putting
// marks in order. Syllables of Hangul stay whole.
func (s *Scratch) decomposed(text string) {
	d := norm.NFKD.PropertiesString(text).Decomposition()
	if d == nil {
		r, _ := utf8.DecodeRuneInString(text)
		s.take(r, foldOne(r))
	}
	for len(d) > 0 {
		c, size := utf8.DecodeRune(d)
		s.take(c, foldOne(c))
		d = d[size:]
	}
}

// take adds a folded rune to the word; r is the rune before.
func (s *Scratch) take(r, folded rune) {
	switch folded {
	case foldIgnored:
	case foldSeparates:
		s.word = s.endWord(s.word)
	case foldAlone:
		s.word = s.endWord(s.word)
		s.word = s.endWord(utf8.AppendRune(s.word, r))
	default:
		s.word = utf8.AppendRune(s.word, folded)
	}
}

// foldOne folds a rune that does not decompose: letters to the smallest of
// those that differ in case only, in lower case where that is ASCII.
func foldOne(r rune) rune {
	switch {
	case r < utf8.RuneSelf:
		switch k := class[r]; {
		case k > beyond:
			return rune(k)
		case k == ignored:
			return foldIgnored
		}
		return foldSeparates
	case 0x300 <= r && r <= 0x36F, // accents: "resume" is "résumé"
		r == 0x2018, r == 0x2019, r == 0x2BC, // apostrophes
		0xFE00 <= r && r <= 0xFE0F, // how an emoji is drawn
		unicode.Is(unicode.Cf, r):  // soft hyphens, joiners, byte order marks
		return foldIgnored
	case !unicode.In(r, unicode.L, unicode.M, unicode.N):
		return foldSeparates
	case unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar):
		return foldAlone
	}
	least := r
	for c := unicode.SimpleFold(r); c != r; c = unicode.SimpleFold(c) {
		least = min(least, c)
	}
	if least < utf8.RuneSelf {
		return rune(class[least])
	}
	return least
}
