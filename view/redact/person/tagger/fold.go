package tagger

import (
	"unicode"
	"unicode/utf8"
)

// latin1 gives the base letter of every letter from U+00C0 to U+024F, and
// latin2 of those from U+1E00 to U+1EFF: '?' is a letter without one, ' ' none.
const (
	latin1 = "aaaaaaeceeeeiiiidnooooo ouuuuytsaaaaaaeceeeeiiiidnooooo ouuuuytyaaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiii??jjkkkllllllll" +
		"llnnnnnn?nnooooooeerrrrrrssssssssttttttuuuuuuuuuuuuwwyyyzzzzzz????????????????e????????????????oo?????????????uu????????????????????" +
		"????????aaiioouuuuuuuuuu?aaaaee??ggkkoooo??j???gg??nnaaeeooaaaaeeeeiiiioooorrrruuuusstt??hh??????aaeeooooooooyy?????????????????????" +
		"?????????"
	latin2 = "aabbbbbbccddddddddddeeeeeeeeeeffgghhhhhhhhhhiiiikkkkkkllllllllmmmmmmnnnnnnnnoooooooopppprrrrrrrrssssssssssttttttttuuuuuuuuuuvvvv" +
		"wwwwwwwwwwxxxxyyzzzzzzhtwy????s?aaaaaaaaaaaaaaaaaaaaaaaaeeeeeeeeeeeeeeeeiiiioooooooooooooooooooooooouuuuuuuuuuuuuuyyyyyyyy??????"
)

// base returns the small unaccented letter of r, 0 for a mark that is ignored,
// '?' for a letter of another kind, ' ' for what is no letter.
func base(r rune) byte {
	switch {
	case r >= 0xC0 && r < 0x250:
		return latin1[r-0xC0]
	case r >= 0x1E00 && r < 0x1F00:
		return latin2[r-0x1E00]
	case r >= 0x300 && r < 0x370 || r == 0xAD:
		return 0
	case r != utf8.RuneError && unicode.IsLetter(r):
		return '?'
	}
	return ' '
}

// FNV-1a, 64 bits, over the folded letters.
const (
	hashStart = 14695981039346656037
	hashPrime = 1099511628211
)

// Hash returns the hash of a word's folded letters: case and accents are the same.
func Hash(word string) uint64 {
	h := uint64(hashStart)
	for _, r := range word {
		b := fold(r)
		if b == 0 || b == ' ' {
			continue
		}
		h = (h ^ uint64(b)) * hashPrime
	}
	return h
}

// Fold returns a word's folded letters.
func Fold(word string) string {
	out := make([]byte, 0, len(word))
	for _, r := range word {
		if b := fold(r); b != 0 && b != ' ' {
			out = append(out, b)
		}
	}
	return string(out)
}

func fold(r rune) byte {
	switch {
	case r >= 'a' && r <= 'z':
		return byte(r)
	case r >= 'A' && r <= 'Z':
		return byte(r) | 0x20
	case r < 0x80:
		return ' '
	}
	return base(r)
}
