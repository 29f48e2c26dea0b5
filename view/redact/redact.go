// Package redact takes out of a text what is not its author's own words and
// what identifies people: quotes, addresses, numbers, handles and names. A
// placeholder depends on the text and the directory alone, never on a count.
package redact

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// The placeholders.
const (
	Name   = "[NAME]"
	Handle = "[HANDLE]"
	Email  = "[EMAIL]"
	URL    = "[URL]"
	Phone  = "[PHONE]"
)

// People knows names and handles; see vault.Directory.
type People interface {
	// Name tells whether words, as they stand, are somebody's name.
	Name(words string) bool
	// Handle tells whether h, without @, is somebody's handle.
	Handle(h string) bool
}

// Text returns text without quotes, addresses, numbers, handles and names, and
// counts what it cut, by "quote", "email", "url", "phone", "handle" and "name".
func Text(text string, people People) (string, map[string]int) {
	cuts := map[string]int{}
	var b strings.Builder
	for len(text) > 0 {
		n, put, what := match(text, b.String(), people)
		if what != "" {
			cuts[what]++
		}
		b.WriteString(put)
		text = text[n:]
	}
	return strings.TrimSpace(b.String()), cuts
}

// OwnWords drops what the author did not write: quoted lines, the lines that
// introduce them, and quoted speech of a named other ("X wrote: …").
func OwnWords(text string, cuts map[string]int) string {
	var out []string
	quoted := false
	for line := range strings.SplitSeq(strings.ReplaceAll(text, "\r\n", "\n"), "\n") {
		trimmed := strings.TrimSpace(line)
		if strings.HasPrefix(trimmed, ">") || strings.HasPrefix(trimmed, "&gt;") {
			quoted = true
			continue
		}
		if quoted {
			cuts["quote"]++
			quoted = false
			out = dropIntroduction(out)
		}
		out = append(out, line)
	}
	if quoted {
		cuts["quote"]++
		out = dropIntroduction(out)
	}
	return quotedSpeech(strings.Join(out, "\n"), cuts)
}

// said ends a phrase that introduces somebody's words.
var said = []string{
	"wrote", "writes", "said", "says", "posted", "put it", "replied", "asked",
	"a écrit", "écrit", "écrivait", "a dit", "disait", "dit", "a répondu", "répond", "demandait",
}

// introduces tells whether a line ends as an introduction does: "X wrote:".
func introduces(line string) bool {
	line = strings.TrimRight(strings.TrimSpace(line), " \u00a0\u202f")
	line, ok := strings.CutSuffix(line, ":")
	if !ok {
		return false
	}
	line = strings.ToLower(strings.TrimRight(line, " \u00a0\u202f"))
	for _, s := range said {
		if strings.HasSuffix(line, " "+s) || line == s {
			return true
		}
	}
	return false
}

// dropIntroduction removes a last line that only introduced the quote.
func dropIntroduction(lines []string) []string {
	for i, line := range slices.Backward(lines) {
		if strings.TrimSpace(line) == "" {
			continue
		}
		if introduces(line) {
			return lines[:i]
		}
		break
	}
	return lines
}

var marks = map[rune]rune{'"': '"', '“': '”', '«': '»', '„': '“'}

// quotedSpeech drops a passage in quotation marks that is somebody else's: long
// (five words or more), or introduced by a word of saying.
func quotedSpeech(text string, cuts map[string]int) string {
	var b strings.Builder
	for len(text) > 0 {
		r, n := utf8.DecodeRuneInString(text)
		end, ok := marks[r]
		if !ok {
			b.WriteString(text[:n])
			text = text[n:]
			continue
		}
		inside, rest, closed := strings.Cut(text[n:], string(end))
		if !closed || strings.Contains(inside, "\n\n") {
			b.WriteString(text[:n])
			text = text[n:]
			continue
		}
		before := b.String()
		if introduced := introduces(lastSentence(before)); introduced || len(strings.Fields(inside)) >= 5 {
			cuts["quote"]++
			if introduced { // the introduction goes too: it says nothing without the quote
				before = strings.TrimRight(strings.TrimSuffix(before, lastSentence(before)), " ")
				rest = strings.TrimLeft(rest, ".,; ")
				if before != "" && rest != "" {
					before += " "
				}
			}
			b.Reset()
			b.WriteString(before)
		} else {
			b.WriteString(text[:n] + inside + string(end))
		}
		text = rest
	}
	return b.String()
}

// lastSentence returns what follows the last end of a sentence.
func lastSentence(text string) string {
	trimmed := strings.TrimRight(text, " \u00a0\u202f")
	i := strings.LastIndexAny(trimmed, ".!?\n")
	return text[i+1:]
}

// match returns how many bytes of text to consume, what to put instead, and
// what was cut, "" for nothing.
func match(text, before string, people People) (n int, put, what string) {
	if text[0] == '[' { // a placeholder stays as it is
		for _, p := range []string{Name, Handle, Email, URL, Phone} {
			if strings.HasPrefix(text, p) {
				return len(p), p, ""
			}
		}
	}
	if inWord(before) && startsWord(text) {
		return plain(text)
	}
	if n := url(text); n > 0 {
		return n, URL, "url"
	}
	if n := email(text); n > 0 {
		return n, Email, "email"
	}
	if n := handle(text, people); n > 0 {
		return n, Handle, "handle"
	}
	if n := phone(text, before); n > 0 {
		return n, Phone, "phone"
	}
	if n := name(text, people); n > 0 {
		return n, Name, "name"
	}
	return plain(text)
}

// plain consumes one rune.
func plain(text string) (int, string, string) {
	_, n := utf8.DecodeRuneInString(text)
	return n, text[:n], ""
}

func wordRune(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r)
}

func inWord(before string) bool {
	r, _ := utf8.DecodeLastRuneInString(before)
	return before != "" && wordRune(r)
}

func startsWord(text string) bool {
	r, _ := utf8.DecodeRuneInString(text)
	return wordRune(r)
}

// url is the length of a web address at the start of text, or 0.
func url(text string) int {
	lower := strings.ToLower(text[:min(len(text), 8)])
	var n int
	switch {
	case strings.HasPrefix(lower, "https://"):
		n = 8
	case strings.HasPrefix(lower, "http://"):
		n = 7
	case strings.HasPrefix(lower, "www."):
		n = 4
	default:
		return 0
	}
	start := n
	for n < len(text) && !strings.ContainsRune(" \t\r\n<>\"", rune(text[n])) && !strings.HasPrefix(text[n:], "»") {
		n++
	}
	n = len(strings.TrimRight(text[:n], ".,;:!?)]}'"))
	if n <= start {
		return 0
	}
	return n
}

func localByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("._%+-", c) >= 0
}

// email is the length of a mail address at the start of text, or 0.
func email(text string) int {
	i := 0
	for i < len(text) && i < 65 && localByte(text[i]) {
		i++
	}
	if i == 0 || i >= len(text) || text[i] != '@' {
		return 0
	}
	j := i + 1
	for j < len(text) && j-i < 255 && localByte(text[j]) && text[j] != '%' && text[j] != '+' && text[j] != '_' {
		j++
	}
	domain := strings.TrimRight(text[i+1:j], ".-")
	dot := strings.LastIndexByte(domain, '.')
	if dot < 1 || len(domain)-dot < 3 {
		return 0
	}
	return i + 1 + len(domain)
}

// handle is the length of an @mention, or of a bare handle that somebody has and that looks like one.
func handle(text string, people People) int {
	at := text[0] == '@'
	i := 0
	if at {
		i = 1
	}
	start := i
	for i < len(text) && (localByte(text[i]) && strings.IndexByte("%+", text[i]) < 0) {
		i++
	}
	h := strings.TrimRight(text[start:i], ".-")
	if h == "" {
		return 0
	}
	if at {
		return start + len(h)
	}
	// Without @, only what no ordinary word looks like.
	if strings.ContainsAny(h, "_0123456789") && strings.ContainsFunc(h, unicode.IsLetter) && people.Handle(h) {
		return start + len(h)
	}
	return 0
}

// phone is the length of a telephone number at the start of text, or 0: 8 to 15
// digits in groups, that are not a date, a price or a range of years.
func phone(text, before string) int {
	if c := text[0]; c != '+' && c != '(' && (c < '0' || c > '9') {
		return 0
	}
	if strings.HasSuffix(before, "€") || strings.HasSuffix(before, "$") || strings.HasSuffix(before, "£") {
		return 0
	}
	digits, end, groups, inGroup := 0, 0, 0, false
	for i := 0; i < len(text) && i < 26; i++ {
		c := text[i]
		switch {
		case c >= '0' && c <= '9':
			if !inGroup {
				groups++
			}
			digits++
			end, inGroup = i+1, true
			continue
		case c == '+' && i == 0, c == '(' && i+1 < len(text), c == ')':
		case (c == ' ' || c == '-' || c == '.' || c == '/') && i+1 < len(text) && (text[i+1] >= '0' && text[i+1] <= '9' || text[i+1] == '('):
		default:
			i = 26
		}
		inGroup = false
	}
	number := text[:end]
	switch {
	case digits < 8 || digits > 15,
		end < len(text) && startsWord(text[end:]),
		isDate(number):
		return 0
	case text[0] == '+' || text[0] == '(':
		return end
	case text[0] == '0' && digits >= 9 && digits <= 12:
		return end
	case groups >= 3 && digits >= 10 && !strings.Contains(number, "."), groups == 3 && strings.Contains(number, "-") && digits >= 7:
		return end
	}
	return 0
}

// isDate recognises 2025-11-03, 03/11/2025, 2019-2023 and runs of them.
func isDate(s string) bool {
	parts := strings.FieldsFunc(s, func(r rune) bool { return r < '0' || r > '9' })
	years := 0
	for _, p := range parts {
		if len(p) == 4 && (strings.HasPrefix(p, "19") || strings.HasPrefix(p, "20")) {
			years++
		} else if len(p) > 2 {
			return false
		}
	}
	return years > 0
}

// maxWords is the longest name that is looked for.
const maxWords = 4

// name is the length of somebody's name at the start of text, the longest
// first, or 0. A name begins with a capital.
func name(text string, people People) int {
	r, _ := utf8.DecodeRuneInString(text)
	if !unicode.IsUpper(r) {
		return 0
	}
	ends := make([]int, 0, maxWords)
	for i := 0; len(ends) < maxWords; {
		n := wordEnd(text[i:])
		if n == 0 {
			break
		}
		ends = append(ends, i+n)
		i += n
		space := spaces(text[i:])
		if space == 0 {
			break
		}
		i += space
	}
	for _, end := range slices.Backward(ends) {
		if people.Name(text[:end]) {
			return end
		}
	}
	return 0
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

// wordEnd is the length of a word with the hyphens and apostrophes inside it.
func wordEnd(text string) int {
	end := 0
	for i, r := range text {
		switch {
		case wordRune(r), end > 0 && unicode.Is(unicode.Cf, r): // what can't be seen parts no word
			end = i + utf8.RuneLen(r)
		case (r == '-' || r == '\'' || r == '’') && i == end && end > 0:
			next, _ := utf8.DecodeRuneInString(text[i+utf8.RuneLen(r):])
			// "Maren's": the s is not part of the name.
			if !wordRune(next) || (r != '-') && !unicode.IsUpper(next) {
				return end
			}
			end = i + utf8.RuneLen(r)
		default:
			return end
		}
	}
	return end
}
