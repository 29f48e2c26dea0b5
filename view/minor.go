package view

import (
	"regexp"
)

// Statements of being under 18 in the first person. They flag a suspected
// minor, which excludes until somebody looks.
var underAge = regexp.MustCompile(`^(?i)(?:` +
	`i(?:'|’)?\s?a?m\s+(?:(?:actually|really|only|just|still|in fact|in truth)\s+)*(?:` + agesEN + `)(?:\s+years?\s+old)?(?:\s*[.,;:!?)–—-]|\s+(?:and|but|so|not|next|this|years?)\b|\s*$)` +
	`|i(?:(?:'|’)ve)?\s+(?:just\s+)?turned\s+(?:` + agesEN + `)\b` +
	`|j(?:'|’)ai\s+(?:(?:seulement|encore|en fait|tout juste|à peine)\s+)*(?:` + agesFR + `)\s+ans(?:\s*[.,;:!?)–—-]|\s+(?:et|mais|donc|seulement|pas)\b|\s*$)` +
	`|je\s+n(?:'|’)ai\s+(?:en fait\s+)?que\s+(?:` + agesFR + `)\s+ans)`)

const (
	agesEN = `1[0-7]|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen`
	agesFR = `1[0-7]|dix|onze|douze|treize|quatorze|quinze|seize|dix-sept`
)

// suspect tells whether a text says that its author is under 18.
func suspect(text string) bool {
	for i := 0; i < len(text); i++ {
		if c := text[i] | 0x20; c != 'i' && c != 'j' || i > 0 && wordByte(text[i-1]) || !firstPerson(text[i:]) {
			continue
		}
		if underAge.MatchString(text[i:]) {
			return true
		}
	}
	return false
}

func wordByte(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c == '_'
}

// firstPerson tells whether a word is one with which underAge begins, or may be: it is
// asked at every word, the expression only where this says yes.
func firstPerson(text string) bool {
	word := text[:min(len(text), 4)]
	for i := range len(word) {
		switch c := word[i]; {
		case i == 0:
		case c == '\'' || c >= 0x80 || c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f': // I am, I'm, j'ai
			return true
		case c|0x20 == 'e' && word[0]|0x20 == 'j', c|0x20 == 'm' && word[0]|0x20 == 'i', c|0x20 == 'a' && word[0]|0x20 == 'i': // je n'ai, im
		default:
			return false
		}
	}
	return false
}
