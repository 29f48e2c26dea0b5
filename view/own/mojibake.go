package own

import (
	"strings"
	"unicode/utf8"
)

// high1252 are the characters 0x80 to 0x9f of Windows-1252; -1 where it has none.
var high1252 = [32]rune{
	'€', -1, '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', -1, 'Ž', -1,
	-1, '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', -1, 'ž', 'Ÿ',
}

func windows1252(c byte) rune {
	if c >= 0x80 && c < 0xa0 {
		return high1252[c-0x80]
	}
	return rune(c)
}

// byte1252 returns the byte that Windows-1252 or Latin-1 reads as r, or false.
func byte1252(r rune) (byte, bool) {
	if r < 0x100 {
		return byte(r), true
	}
	if r > '™' || r < 'Œ' {
		return 0, false
	}
	for i, h := range high1252 {
		if h == r {
			return byte(0x80 + i), true
		}
	}
	return 0, false
}

// repair makes UTF-8 of UTF-8 that was read as Windows-1252 or Latin-1: "Ã©" is
// "é". A sequence is certain if it is what no language writes; one that could
// be, a capital before a closing quotation mark, is repaired only beside a
// certain one. Writing the result as UTF-8 and reading that as Windows-1252
// gives the text back.
func repair(text string) string {
	if !leads(text) {
		return text
	}
	for range 4 { // some was read wrongly more than once
		certain := false
		for i := 0; i < len(text) && !certain; {
			_, n, sure := misread(text[i:])
			certain = sure
			i += max(n, 1)
		}
		if !certain {
			break
		}
		var b strings.Builder
		from := 0
		for i := 0; i < len(text); {
			r, n, _ := misread(text[i:])
			if n == 0 {
				i++
				continue
			}
			b.WriteString(text[from:i])
			b.WriteRune(r)
			i += n
			from = i
		}
		b.WriteString(text[from:])
		text = b.String()
	}
	return text
}

// leads tells whether text, which is UTF-8, holds one of Â Ã â ð. They are
// two bytes each, the first of them C3.
func leads(text string) bool {
	for i := 0; ; {
		n := strings.IndexByte(text[i:], 0xc3)
		if n < 0 || i+n+1 >= len(text) {
			return false
		}
		switch text[i+n+1] {
		case 0x82, 0x83, 0xa2, 0xb0:
			return true
		}
		i += n + 2
	}
}

// misread returns the character that was read wrongly at the start of text, and
// how many bytes of text it takes; n is 0 where there is none.
func misread(text string) (r rune, n int, certain bool) {
	if text[0] != 0xc3 { // the leads Â Ã Ä Å â ð are all U+00C0 to U+00FF
		return 0, 0, false
	}
	var raw [4]byte
	want := 1
	for i := 0; i < want; i++ {
		c, size := utf8.DecodeRuneInString(text[n:])
		b, ok := byte1252(c)
		switch {
		case size == 0 || !ok:
			return 0, 0, false
		case i == 0:
			if want = length[b]; want == 0 {
				return 0, 0, false
			}
		case b < 0x80 || b > 0xbf:
			return 0, 0, false
		}
		raw[i] = b
		n += size
	}
	r, size := utf8.DecodeRune(raw[:want])
	if r == utf8.RuneError || size != want {
		return 0, 0, false
	}
	switch want {
	case 2:
		return r, n, (raw[0] == 0xc2 || raw[0] == 0xc3) && !closes[raw[1]]
	case 3:
		return r, n, r >= 0x2010 && r <= 0x2122
	}
	return r, n, true
}

// length is how many bytes a character has whose first byte, read as
// Windows-1252, is looked for: Â Ã Ä Å, â, ð.
var length = [256]int{0xc2: 2, 0xc3: 2, 0xc4: 2, 0xc5: 2, 0xe2: 3, 0xf0: 4}

// closes are the bytes that Windows-1252 reads as what can follow a word.
var closes = [256]bool{
	0x82: true, 0x84: true, 0x85: true, 0x8b: true, 0x91: true, 0x92: true, 0x93: true, 0x94: true, 0x96: true, 0x97: true, 0x9b: true,
	0xa0: true, 0xab: true, 0xad: true, 0xb7: true, 0xbb: true,
}
