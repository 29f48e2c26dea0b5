package redact

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxWords is the longest name that is looked for.
const maxWords = 4

// name looks for somebody's name at i, the longest first. A name begins with a
// capital.
func (sc *scan) name(i int) {
	if sc.c.People == nil {
		return
	}
	text := sc.s[i:]
	r, _ := utf8.DecodeRuneInString(text)
	if !unicode.IsUpper(r) || continues(sc.s, i) {
		return
	}
	first := wordEnd(text)
	if first == 0 || sc.starts != nil && !sc.starts.Starts(unnumbered(text[:first])) {
		return
	}
	var ends [maxWords]int
	n := 0
	for at := 0; n < maxWords; n++ {
		w := wordEnd(text[at:])
		if w == 0 {
			break
		}
		ends[n] = at + w
		at += w
		if at < len(text) && text[at] == '.' { // an initial
			at++
		}
		space := spaces(text[at:])
		if space == 0 {
			n++
			break
		}
		at += space
	}
	for _, end := range slices.Backward(ends[:n]) {
		if bare := len(unnumbered(text[:end])); bare < end && bare > 0 && !sc.c.People.Name(text[:end]) {
			end = bare
		}
		if sc.abbreviated(i, i+end) && sc.c.People.Name(text[:end]) {
			if end < len(text) && text[end] == '.' && initial(text[:end]) {
				end++
			}
			sc.add(i, i+end, LabelName)
			return
		}
	}
}

// unnumbered is a word without the digits at its end: a mark of a footnote, a year.
func unnumbered(word string) string {
	for word != "" && digit(word[len(word)-1]) {
		word = word[:len(word)-1]
	}
	return word
}

// abbreviated tells whether the words from start to end, where one of them is an
// initial, are written as a name: "M. Berg" and "Maren B.", not "A berg" or
// "Will a". Words without an initial are.
func (sc *scan) abbreviated(start, end int) bool {
	short, capitals := false, true
	for at := start; at < end; {
		r, n := utf8.DecodeRuneInString(sc.s[at:])
		if !wordRune(r) {
			at += n
			continue
		}
		w := max(wordEnd(sc.s[at:end]), n)
		short = short || w == n
		capitals = capitals && unicode.IsUpper(r)
		at += w
	}
	if !short {
		return true
	}
	next, _ := utf8.DecodeRuneInString(sc.s[min(len(sc.s), skipBlanks(sc.s, end, 1)):])
	return capitals && (!initial(sc.s[start:end]) || !unicode.IsLower(next))
}

// initial tells whether words end with a single letter.
func initial(words string) bool {
	_, n := utf8.DecodeLastRuneInString(words)
	return len(words) > n && (words[len(words)-n-1] == ' ' || words[len(words)-n-1] == '.')
}

// mostWord is the longest word, in bytes, that is read whole: no name, no domain
// and no handle is longer.
const mostWord = 256

func wordRune(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r)
}

// continues tells whether a word goes on across i.
func continues(s string, i int) bool {
	r, _ := utf8.DecodeLastRuneInString(s[:i])
	return i > 0 && wordRune(r)
}

// mostSpaces is how much white space can part the words of one name.
const mostSpaces = 3

// spaces is the length of the white space that text begins with, of any kind; 0
// where that is more than can stand inside a name.
func spaces(text string) (n int) {
	count := 0
	for i, r := range text {
		if !unicode.IsSpace(r) {
			break
		}
		if count++; count > mostSpaces {
			return 0
		}
		n = i + utf8.RuneLen(r)
	}
	return n
}

// wordEnd is the length of a word with the hyphens and apostrophes inside it; 0
// where there is none, or one longer than any name.
func wordEnd(text string) int {
	end := 0
	for i, r := range text {
		switch {
		case i > mostWord:
			return 0
		case wordRune(r):
			end = i + utf8.RuneLen(r)
		case (r == '-' || r == '\'') && i == end && end > 0:
			next, _ := utf8.DecodeRuneInString(text[i+1:])
			// "Maren's": the s is not part of the name.
			if !wordRune(next) || (r != '-') && !unicode.IsUpper(next) {
				return end
			}
			end = i + 1
		default:
			return end
		}
	}
	return end
}

func handleByte(c byte) bool { return wordByte(c) || c == '_' || c == '.' || c == '-' }

// mention looks for an @mention at i.
func (sc *scan) mention(i int) {
	if wordByte(sc.at(i - 1)) {
		return
	}
	end := i + 1
	for end < len(sc.s) && end-i < mostWord && handleByte(sc.s[end]) {
		end++
	}
	for end > i+1 && (sc.s[end-1] == '.' || sc.s[end-1] == '-') {
		end--
	}
	if end > i+1 {
		sc.add(i, end, LabelHandle)
	}
}

// bareHandle looks for somebody's handle around the _ or digit at i: what no
// ordinary word looks like.
func (sc *scan) bareHandle(i int) {
	if sc.c.People == nil {
		return
	}
	start, end := i, i+1
	for start > sc.floor() && i-start < mostWord && handleByte(sc.s[start-1]) {
		start--
	}
	for end < len(sc.s) && end-i < mostWord && handleByte(sc.s[end]) {
		end++
	}
	h := strings.Trim(sc.s[start:end], ".-")
	if len(h) < 2 || !strings.ContainsFunc(h, unicode.IsLetter) || !sc.c.People.Handle(h) {
		return
	}
	start += strings.Index(sc.s[start:end], h)
	sc.add(start, start+len(h), LabelHandle)
}

// floor is how far back a recogniser may look: not into what is found already.
func (sc *scan) floor() int {
	if len(sc.spans) == 0 {
		return 0
	}
	return min(sc.until, len(sc.s))
}
