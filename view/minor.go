package view

import (
	"regexp"
	"strings"
)

// Statements of being under 18 in the first person. They flag a suspected
// minor, which excludes until somebody looks.
var underAge = regexp.MustCompile(`(?i)\b(?:` +
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
	if !strings.ContainsAny(text, "Ii1Jj") {
		return false
	}
	return underAge.MatchString(text)
}
