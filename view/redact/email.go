package redact

import "strings"

// localByte tells whether c may stand before the @ of an address (RFC 5322, the
// part of it that is used; RFC 6531 adds letters beyond ASCII).
func localByte(c byte) bool {
	return wordByte(c) || strings.IndexByte("._%+-'!#$&*=~^", c) >= 0
}

// domainByte tells whether c may stand in a domain.
func domainByte(c byte) bool { return wordByte(c) || c == '.' || c == '-' }

// The longest parts of an address (RFC 5321, 4.5.3.1).
const (
	mostLocal  = 64
	mostDomain = 255
)

// email looks for an address around the @ at i.
func (sc *scan) email(i int) bool {
	start, end := i, i+1
	for start > sc.floor() && i-start < mostLocal && localByte(sc.s[start-1]) {
		start--
	}
	if sc.at(i-1) == '"' { // "a quoted name"@example.org
		if q := strings.LastIndexByte(sc.s[max(sc.floor(), i-mostLocal):i-1], '"'); q >= 0 {
			start = max(sc.floor(), i-mostLocal) + q
		}
	}
	for start < i && strings.IndexByte(".'=*#&", sc.s[start]) >= 0 {
		start++
	}
	if start == i {
		return false
	}
	if sc.at(end) == '[' { // an address of a machine: a@[192.0.2.1]
		if n := strings.IndexByte(sc.s[end:min(len(sc.s), end+48)], ']'); n > 6 {
			sc.add(start, end+n+1, LabelEmail)
			return true
		}
	}
	for end < len(sc.s) && end-i < mostDomain && domainByte(sc.s[end]) {
		end++
	}
	for end > i+1 && (sc.s[end-1] == '.' || sc.s[end-1] == '-') {
		end--
	}
	domain := sc.s[i+1 : end]
	dot := strings.LastIndexByte(domain, '.')
	if dot < 1 || len(domain)-dot < 3 || digit(domain[dot+1]) {
		return false
	}
	sc.add(start, end, LabelEmail)
	return true
}

// spokenWords are what people write for @ and the dot, so that machines should
// not read it.
var spokenWords = []string{"(at)", "[at]", "{at}", "<at>", " at ", " arobase ", "(arobase)", "[arobase]", " arroba ", "(arroba)", "(a)", "(@)", "[@]", " [ at ] ", "(chez)", "[chez]"}

var spokenDots = []string{"(dot)", "[dot]", "{dot}", "<dot>", "(point)", "[point]", "(punto)", "(punkt)", "dot ", "point ", "punto ", "punkt ", ". "}

// spoken looks for an address whose @ is the word at start: "name (at) example dot org".
func (sc *scan) spoken(start, end int) {
	local, at := start, end
	for local > sc.floor() && sc.s[local-1] == ' ' && start-local < 2 {
		local--
	}
	nameEnd := local
	for local > sc.floor() && nameEnd-local < mostLocal && localByte(sc.s[local-1]) {
		local--
	}
	if local == nameEnd {
		return
	}
	bare := sc.s[start] == ' '
	dots := 0
	for {
		at = skipBlanks(sc.s, at, 2)
		label := at
		for at < len(sc.s) && at-label < mostLocal && (wordByte(sc.s[at]) || sc.s[at] == '-' || sc.s[at] == '.' && wordByte(sc.at(at+1))) {
			if sc.s[at] == '.' && !bare {
				dots++
			}
			at++
		}
		if at == label {
			return
		}
		if n := spokenDot(sc.s, at); n > 0 {
			dots++
			at += n
			continue
		}
		break
	}
	last := at - 1 - strings.LastIndexAny(sc.s[end:at], ". )]}>")
	if last -= end; dots == 0 || last < 2 && at-end < 6 {
		return
	}
	sc.add(local, at, LabelEmail)
}

// spokenDot is the length of a dot in words at i, with the blanks before it.
func spokenDot(s string, i int) int {
	j := skipBlanks(s, i, 2)
	for _, d := range spokenDots {
		if d == ". " || !beginsWith(s[j:], d) || d[len(d)-1] == ' ' && j == i {
			continue
		}
		return j - i + len(d)
	}
	return 0
}

// skipBlanks returns i after up to most blanks.
func skipBlanks(s string, i, most int) int {
	for ; most > 0 && i < len(s) && (s[i] == ' ' || s[i] == '\t'); most-- {
		i++
	}
	return i
}
