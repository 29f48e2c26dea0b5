package tagger

import (
	"unicode"
	"unicode/utf8"
)

// A Shape is how a word is written.
type Shape uint8

// The shapes.
const (
	Lower   Shape = iota
	Title         // Anna
	Upper         // ANNA
	Initial       // A
	Mixed         // McAdam, iPhone
	Number        // 42, 4th
)

// A Gap is what stands between two words.
type Gap uint8

// The gaps.
const (
	GapSpace Gap = iota
	GapHyphen
	GapApostrophe
	GapDot // a full stop, then at most white space: an initial's, or the end of a sentence
	GapComma
	GapLine // white space with a line break
	GapEdge // nothing: the text begins or ends here
	GapEnd  // ! ? … and other ends of a sentence
	GapColon
	GapQuote
	GapGlue // @ = or a dot without white space: a handle, an address, a file
	GapHash
	GapAnd // &
	GapParen
	GapOther
	gaps
)

// A token is one word of a text.
type token struct {
	start, end int32
	hash       uint64
	rec        Rec
	shape      Shape
	before     Gap
	cand       bool
	tight      bool // no white space before it
}

// class of a byte: what the scanner does with it.
const (
	byteOther = iota
	byteLower
	byteUpper
	byteDigit
	byteHigh
)

func classOf(c byte) int {
	switch {
	case c >= 'a' && c <= 'z':
		return byteLower
	case c >= 'A' && c <= 'Z':
		return byteUpper
	case c >= '0' && c <= '9':
		return byteDigit
	case c >= 0x80:
		return byteHigh
	}
	return byteOther
}

// word reads the word that starts at i; ok is false where none does.
func word(text string, i int) (t token, ok bool) {
	h := uint64(hashStart)
	j := i
	for j < len(text) && text[j]-'a' < 26 {
		h = (h ^ uint64(text[j])) * hashPrime
		j++
	}
	if j > i && (j == len(text) || classOf(text[j]) == byteOther) { // most words end here
		return token{start: int32(i), end: int32(j), hash: h, shape: Lower}, true //nolint:gosec // texts are shorter than 2 GiB: Find refuses others
	}
	letters, uppers, digits := j-i, 0, 0
	first := false
scan:
	for j < len(text) {
		c := text[j]
		switch classOf(c) {
		case byteLower:
			h = (h ^ uint64(c)) * hashPrime
			letters++
		case byteUpper:
			first = first || letters == 0
			h = (h ^ uint64(c|0x20)) * hashPrime
			letters++
			uppers++
		case byteDigit:
			digits++
		case byteHigh:
			r, n := utf8.DecodeRuneInString(text[j:])
			b := base(r)
			if b == ' ' {
				break scan
			}
			if b != 0 {
				h = (h ^ uint64(b)) * hashPrime
				if unicode.IsUpper(r) {
					first = first || letters == 0
					uppers++
				}
				letters++
			}
			j += n
			continue
		default:
			break scan
		}
		j++
	}
	if j == i || letters+digits == 0 {
		return token{}, false
	}
	return token{start: int32(i), end: int32(j), hash: h, shape: shapeOf(letters, uppers, digits, first)}, true //nolint:gosec // texts are shorter than 2 GiB: Find refuses others
}

func shapeOf(letters, uppers, digits int, first bool) Shape {
	switch {
	case digits > 0:
		return Number
	case uppers == 0:
		return Lower
	case letters == 1:
		return Initial
	case uppers == letters:
		return Upper
	case uppers == 1 && first:
		return Title
	}
	return Mixed
}

// gapOf says what stands in s, the bytes between two words.
func gapOf(s string) (g Gap, tight bool) {
	switch s {
	case " ":
		return GapSpace, false
	case "-", "\u2010", "\u2011":
		return GapHyphen, true
	case "'", "\u2019":
		return GapApostrophe, true
	case ". ":
		return GapDot, false
	case ", ":
		return GapComma, false
	case "", "/":
		return GapOther, true
	case "_":
		return GapGlue, true
	}
	return looseGap(s)
}

// looseGap reads a gap from its first telling character; a line break weighs
// more than a comma, and what is stuck to the next word more than either.
func looseGap(s string) (g Gap, tight bool) {
	space, line := false, false
	g = GapSpace
	for _, r := range s {
		switch {
		case r == '\n' || r == '\r':
			line, space = true, true
		case unicode.IsSpace(r):
			space = true
		case g == GapSpace:
			g = gapRune(r)
		}
	}
	switch last := s[len(s)-1]; {
	case last == '@' || last == '\\' || last == '=' || !space && g == GapGlue:
		return GapGlue, true
	case last == '#':
		return GapHash, true
	case !space && g == GapDot:
		return GapGlue, true
	case line:
		return GapLine, false
	case g == GapGlue:
		return GapOther, false
	}
	return g, !space
}

func gapRune(r rune) Gap {
	switch r {
	case '.':
		return GapDot
	case ',', ';':
		return GapComma
	case '!', '?', '…':
		return GapEnd
	case ':':
		return GapColon
	case '"', '“', '”', '«', '»', '‘', '*', '_':
		return GapQuote
	case '\'', '’':
		return GapApostrophe
	case '@', '/', '\\', '=':
		return GapGlue
	case '&':
		return GapAnd
	case '(', ')', '[', ']', '<', '>', '{', '}':
		return GapParen
	case '#':
		return GapHash
	case '-', '–', '—':
		return GapHyphen
	}
	return GapOther
}
