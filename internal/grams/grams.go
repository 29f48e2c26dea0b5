// Package grams names runs of eight words of a text, so that words which stand
// in two texts are found whatever stands between them: case, accents,
// punctuation, white space and HTML tags do not count.
package grams

import (
	"math/bits"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Size is how many words a gram has: a shorter run that two people share is
// how people talk, a run of this length is one of them quoting.
const Size = 8

// A Gram names a run of Size words. It is no secret: whoever keeps grams of
// members' texts keeps them sealed.
type Gram uint64

// A Word is where a word of a text stands, in bytes.
type Word struct {
	Start, End int
	hash       uint64
}

// factor is the base of the rolling sum over words, odd so that it has an
// inverse modulo 2⁶⁴; outgoing is its power that leaves the window.
const factor = 0x9E3779B97F4A7C15

var outgoing = func() uint64 {
	p := uint64(1)
	for range Size {
		p *= factor
	}
	return p
}()

// Append appends the grams of text, in order, to dst. words is scratch that may be
// used again: the words of text are returned in it, gram i beginning at word i.
func Append(dst []Gram, words []Word, text string) ([]Gram, []Word) {
	words = appendWords(words[:0], text)
	var sum uint64
	for i, w := range words {
		sum = sum*factor + w.hash
		if i >= Size {
			sum -= words[i-Size].hash * outgoing
		}
		if i >= Size-1 {
			dst = append(dst, mix(sum))
		}
	}
	return dst, words
}

// mix spreads a sum over all bits (the finisher of MurmurHash3).
func mix(h uint64) Gram {
	h ^= h >> 33
	h *= 0xff51afd7ed558ccd
	h ^= h >> 33
	h *= 0xc4ceb9fe1a85ec53
	return Gram(h ^ h>>33)
}

func appendWords(words []Word, text string) []Word {
	const basis = 0xcbf29ce484222325
	start, hash := -1, uint64(basis)
	for i := 0; i < len(text); {
		c := text[i]
		n, folded := 1, uint64(0)
		switch {
		case c >= 'a' && c <= 'z' || c >= '0' && c <= '9':
			folded = uint64(c)
		case c >= 'A' && c <= 'Z':
			folded = uint64(c | 0x20)
		case c == '<':
			n = max(1, tag(text[i:]))
		case c == '&':
			n = max(1, entity(text[i:]))
		case c == '\'':
			if start >= 0 { // "don't" is one word, with whatever apostrophe
				i++
				continue
			}
		case c >= utf8.RuneSelf:
			var r rune
			r, n = utf8.DecodeRuneInString(text[i:])
			if r == '’' && start >= 0 || unicode.In(r, unicode.Mn, unicode.Cf) {
				i += n
				continue
			}
			if unicode.IsLetter(r) || unicode.IsDigit(r) {
				folded = uint64(fold(r))
			}
		}
		if folded == 0 {
			if start >= 0 {
				words = append(words, Word{start, i, hash})
				start, hash = -1, basis
			}
			i += n
			continue
		}
		if start < 0 {
			start = i
		}
		hash = bits.RotateLeft64((hash^folded)*0x100000001b3, 27)
		i += n
	}
	if start >= 0 {
		words = append(words, Word{start, len(text), hash})
	}
	return words
}

// plainLatin are the letters from À to ž without what is above or below them, each
// in its place; a dot stands where there is no plain letter.
const plainLatin = "aaaaaa.ceeeeiiii.nooooo.ouuuuy..aaaaaa.ceeeeiiii.nooooo.ouuuuy.y" +
	"aaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiii..jjkk.llllllllllnnnnnn...oooooo..rrrrrrssssssssttttttuuuuuuuuuuuuwwyyyzzzzzz"

func fold(r rune) rune {
	if i := int(r) - 0xC0; i >= 0 && i < len(plainLatin) && plainLatin[i] != '.' {
		return rune(plainLatin[i])
	}
	return unicode.ToLower(r)
}

// longestTag is how far a tag's end is looked for.
const longestTag = 2000

// tag is the length of an HTML tag at the start of text, or 0.
func tag(text string) int {
	if len(text) < 3 {
		return 0
	}
	if c := text[1] | 0x20; (c < 'a' || c > 'z') && text[1] != '/' && text[1] != '!' {
		return 0
	}
	i := strings.IndexByte(text[:min(len(text), longestTag)], '>')
	return i + 1
}

// entity is the length of an HTML entity at the start of text, or 0.
func entity(text string) int {
	const longest = 10
	i := strings.IndexByte(text[:min(len(text), longest)], ';')
	for _, c := range text[1:max(i, 1)] {
		if c != '#' && !unicode.IsLetter(c) && !unicode.IsDigit(c) {
			return 0
		}
	}
	return i + 1
}
