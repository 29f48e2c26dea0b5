package own

import (
	"math/bits"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/text/unicode/norm"
)

// clean returns text after hygiene; see the package comment. It is idempotent.
func clean(text string) (string, []Cut) {
	var cuts []Cut
	for range 8 { // what was removed may have kept other things apart
		next := decode(text)
		if i := plainASCII(next); i == len(next) {
			return next, cuts
		}
		next = repair(valid(next))
		next, cuts = sweep(next, cuts)
		if !composed(next) && !norm.NFC.IsNormalString(next) {
			next = norm.NFC.String(next)
		}
		if next == text {
			break
		}
		text = next
	}
	return text, cuts
}

// composed tells whether text holds only characters that no normal form changes
// and that compose with nothing: those below U+0300, and the dashes and quotation
// marks from U+2010 to U+2027. It saves asking norm, which is slower.
// TestComposedIsNormal holds it to norm for every one of them.
func composed(text string) bool {
	for i := plainASCII(text); i < len(text); i += plainASCII(text[i:]) {
		switch c := text[i]; {
		case c < utf8.RuneSelf:
			i++
		case c >= 0xc2 && c <= 0xcb:
			i += 2
		case c == 0xe2 && i+2 < len(text) && text[i+1] == 0x80 && text[i+2] >= 0x90 && text[i+2] <= 0xa7:
			i += 3
		default:
			return false
		}
		if i > len(text) {
			return false
		}
	}
	return true
}

// plainASCII is how many bytes at the start of text are ASCII without control
// characters, but for tab and line feed. It looks at eight bytes at a time.
func plainASCII(text string) int {
	const ones, high = 0x0101010101010101, 0x8080808080808080
	i := 0
	for ; i+8 <= len(text); i += 8 {
		w := uint64(text[i]) | uint64(text[i+1])<<8 | uint64(text[i+2])<<16 | uint64(text[i+3])<<24 |
			uint64(text[i+4])<<32 | uint64(text[i+5])<<40 | uint64(text[i+6])<<48 | uint64(text[i+7])<<56
		// A borrow can only mark bytes after one that is marked rightly.
		odd := (w | (w - 0x20*ones) | ((w ^ 0x7f*ones) - ones)) & high
		if odd == 0 {
			continue
		}
		first := bits.TrailingZeros64(odd) / 8
		for ; first < 8; first++ {
			if !plainByte(text[i+first]) {
				return i + first
			}
		}
	}
	for ; i < len(text) && plainByte(text[i]); i++ {
	}
	return i
}

func plainByte(c byte) bool { return c >= ' ' && c < 0x7f || c == '\n' || c == '\t' }

// longestEntity is how many bytes an entity can have, with & and ;.
const longestEntity = 34

// entityAt returns what the entity at the start of text stands for and how long
// it is, or "", 0. Only what ends in ; is one.
func entityAt(text string) (string, int) {
	end := strings.IndexByte(text[:min(len(text), longestEntity)], ';')
	if end < 3 || strings.IndexByte(text[1:end], '&') >= 0 {
		return "", 0
	}
	raw := text[:end+1]
	if s := html.UnescapeString(raw); s != raw && !strings.HasSuffix(s, ";") {
		return s, len(raw)
	}
	return "", 0
}

// decode replaces entities for what is not ASCII: those for < and > and the
// like are the business of markup.
func decode(text string) string {
	i := strings.IndexByte(text, '&')
	if i < 0 {
		return text
	}
	var b strings.Builder
	from := 0
	for i >= 0 && i < len(text) {
		if s, n := entityAt(text[i:]); n > 0 && s[0] >= utf8.RuneSelf {
			b.WriteString(text[from:i])
			b.WriteString(s)
			from = i + n
			i = from
		} else {
			i++
		}
		next := strings.IndexByte(text[i:], '&')
		if next < 0 {
			break
		}
		i += next
	}
	if from == 0 {
		return text
	}
	b.WriteString(text[from:])
	return b.String()
}

// valid returns text as UTF-8.
func valid(text string) string {
	if utf8.ValidString(text) {
		return text
	}
	legacy := true
	for _, r := range text {
		if r >= utf8.RuneSelf && r != utf8.RuneError {
			legacy = false
			break
		}
	}
	if !legacy {
		return strings.ToValidUTF8(text, "")
	}
	var b strings.Builder
	for i := range len(text) {
		if r := windows1252(text[i]); r >= 0 {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// sweep removes what cannot be seen, and makes line ends and full-width
// letters ordinary.
func sweep(text string, cuts []Cut) (string, []Cut) {
	var b strings.Builder
	from := 0
	before := rune(-1) // the rune before, removed ones left out
	for i := plainASCII(text); i < len(text); {
		r, n := utf8.DecodeRuneInString(text[i:])
		if before < 0 && i > 0 {
			before, _ = utf8.DecodeLastRuneInString(text[:i])
		}
		put, ok := seen(r, before, text[i+n:])
		if r == '\r' && strings.HasPrefix(text[i+n:], "\n") {
			n++
		}
		if put != r || !ok {
			b.WriteString(text[from:i])
			from = i + n
			if ok {
				b.WriteRune(put)
			} else {
				cuts = record(cuts, Cut{Invisible, b.Len(), b.Len()})
			}
		}
		i += n
		if ok {
			before = put
		}
		if skip := plainASCII(text[i:]); skip > 0 {
			i += skip
			before = rune(text[i-1])
		}
	}
	if from == 0 {
		return text, cuts
	}
	b.WriteString(text[from:])
	return b.String(), cuts
}

// seen returns what to write for r, between the rune before it and the text
// after it; ok is false where it is nothing that can be seen.
func seen(r, before rune, after string) (put rune, ok bool) {
	switch {
	case r < ' ', r >= 0x7f && r < 0xa0:
		switch r {
		case '\n', '\t':
			return r, true
		case '\r', '\v', '\f', 0x85:
			return '\n', true
		}
		return r, false
	case r < 0xad, r > 0xad && r < 0x34f, r >= 0x2010 && r < 0x2028, r >= 0x2c00 && r < 0x2e80:
		return r, true
	case r == 0x2028 || r == 0x2029:
		return '\n', true
	case r >= 0xff01 && r <= 0xff5e:
		return r - 0xff01 + '!', true
	case r == 0x2800: // an empty braille pattern
		return ' ', true
	case r == zwj || r == zwnj:
		return r, joins(r, before, after)
	case r == 0xfe0e || r == 0xfe0f:
		return r, before > 0x7f && before != r || before == '#' || before == '*' || before >= '0' && before <= '9'
	case r >= 0xe0020 && r <= 0xe007f: // the flags of England, Scotland and Wales
		return r, before == 0x1f3f4 || before >= 0xe0020 && before < 0xe007f
	case r == 0x34f, r == 0x115f, r == 0x1160, r == 0x3164, r == 0xffa0, r == 0x17b4, r == 0x17b5, r >= 0xfe00 && r <= 0xfe0d, r >= 0xe0000 && r <= 0xe0fff:
		return r, false
	}
	return r, !unicode.In(r, unicode.Cf, unicode.Co, unicode.Cs) || prepended(r)
}

const (
	zwnj = 0x200c
	zwj  = 0x200d
)

// prepended tells whether r, a format character, is seen: signs that stand
// before or around a number in Arabic, Syriac and Kaithi.
func prepended(r rune) bool {
	return r >= 0x600 && r <= 0x605 || r == 0x6dd || r == 0x70f || r == 0x890 || r == 0x891 || r == 0x8e2 || r == 0x110bd || r == 0x110cd
}

// joining are the scripts that are written with joiners and non-joiners.
var joining = []*unicode.RangeTable{
	unicode.Arabic, unicode.Syriac, unicode.Mongolian, unicode.Nko, unicode.Devanagari, unicode.Bengali, unicode.Gurmukhi, unicode.Gujarati,
	unicode.Oriya, unicode.Tamil, unicode.Telugu, unicode.Kannada, unicode.Malayalam, unicode.Sinhala, unicode.Khmer, unicode.Myanmar, unicode.Tibetan,
}

// joins tells whether a joiner does something between two neighbours.
func joins(r, before rune, after string) bool {
	next, _ := utf8.DecodeRuneInString(after)
	if r == zwj && emoji(next) {
		return emoji(before) || before == 0xfe0f
	}
	return unicode.In(before, joining...) && (unicode.In(next, joining...) || r == zwj && !unicode.IsLetter(next) && next != zwj && next != zwnj)
}

func emoji(r rune) bool {
	return r >= 0x1f000 && r <= 0x1faff || r >= 0x2190 && r <= 0x2bff && r != 0x2800
}
