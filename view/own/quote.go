package own

import (
	"strings"
	"unicode/utf8"
)

// said are the words that introduce somebody's words, in English, French,
// German and Spanish.
var said = []string{
	"wrote", "writes", "said", "says", "posted", "put it", "replied", "asked", "answered", "commented",
	"a écrit", "écrit", "écrivait", "a dit", "disait", "dit", "a répondu", "répond", "demandait", "a demandé",
	"schrieb", "schreibt", "sagte", "sagt", "meinte", "fragte", "antwortete", "geschrieben", "gesagt",
	"escribió", "escribe", "dijo", "dice", "preguntó", "respondió", "comentó",
}

// oneself are the words that say that it was oneself who said it.
var oneself = map[string]bool{"i": true, "i've": true, "we": true, "je": true, "j'ai": true, "j’ai": true, "nous": true, "ich": true, "wir": true, "yo": true}

const blanks = " \t\u00a0\u202f"

// introduces tells whether a line ends as an introduction of somebody else's
// words does: "X wrote:".
func introduces(line string) bool {
	line, ok := strings.CutSuffix(strings.Trim(line, blanks+"\n"), ":")
	return ok && saying(line)
}

// saying tells whether line ends with a word of saying that is not one's own.
func saying(line string) bool {
	line = strings.ToLower(strings.Trim(line, blanks+"\n"))
	for _, s := range said {
		if before, ok := strings.CutSuffix(line, s); ok && (before == "" || strings.HasSuffix(before, " ") || strings.HasSuffix(before, "\u00a0")) {
			words := strings.Fields(before)
			return len(words) == 0 || !oneself[words[len(words)-1]]
		}
	}
	return false
}

// attribution tells whether a line is what a mail program puts above the
// message that is answered: a word of saying, and a date with a time or an
// address. Below it nothing is the author's.
func attribution(line string) bool {
	line = strings.Trim(line, blanks)
	if len(line) > 300 || !strings.HasSuffix(line, ":") {
		return false
	}
	lower := strings.ToLower(line)
	begins := false
	for _, s := range []string{"on ", "le ", "am ", "el ", "il "} {
		begins = begins || strings.HasPrefix(lower, s)
	}
	if !begins || !clock(line) && !strings.Contains(line, "@") && !strings.Contains(line, "[EMAIL]") {
		return false
	}
	for _, s := range said {
		if strings.Contains(lower, " "+s) {
			return true
		}
	}
	return false
}

// clock tells whether line holds a time of day, "10:12".
func clock(line string) bool {
	for i := 1; i+2 < len(line); i++ {
		if line[i] == ':' && digit(line[i-1]) && digit(line[i+1]) && digit(line[i+2]) {
			return true
		}
	}
	return false
}

func digit(c byte) bool { return c >= '0' && c <= '9' }

// cutLines drops quoted lines and messages, with what introduces them, and
// signatures.
func cutLines(e *edit) {
	intro := -1 // where the last line that is not empty begins
	for at := 0; at < len(e.in); {
		end := lineEnd(e.in, at)
		line := strings.Trim(e.in[at:end], blanks+"\n")
		switch {
		case line == "":
			at = end
			continue
		case quoted(line):
			for end < len(e.in) && quoted(strings.Trim(e.in[end:lineEnd(e.in, end)], blanks+"\n")) {
				end = lineEnd(e.in, end)
			}
			e.drop(Quote, introduction(e.in, intro, at), end)
			intro = -1
		case rest(line, e.in[end:]):
			e.drop(Quote, at, len(e.in))
			return
		case signs(e.in[at:end], e.in[end:]):
			e.drop(Signature, at, len(e.in))
			return
		default:
			intro = at
		}
		at = end
	}
}

// lineEnd is where the line that begins at at ends, its line feed included.
func lineEnd(text string, at int) int {
	if n := strings.IndexByte(text[at:], '\n'); n >= 0 {
		return at + n + 1
	}
	return len(text)
}

// quoted tells whether a line is a quoted one. "> 5" is, ">5" is a number.
func quoted(line string) bool {
	after, ok := strings.CutPrefix(line, ">")
	if !ok {
		after, ok = strings.CutPrefix(line, "&gt;")
	}
	return ok && (after == "" || after[0] != '=' && !digit(after[0]))
}

// introduction returns where what introduces a quote at at begins: at the line
// intro, or one before it where a mail program has parted it; at where none does.
func introduction(text string, intro, at int) int {
	if intro < 0 {
		return at
	}
	line := text[intro:lineEnd(text, intro)]
	if !introduces(line) && !attribution(line) {
		return at
	}
	if intro > 0 && strings.HasPrefix(strings.TrimLeft(line, blanks), "<") {
		before := strings.LastIndexByte(text[:intro-1], '\n') + 1
		if strings.ContainsAny(text[before:intro], "0123456789") && strings.HasSuffix(strings.TrimRight(text[before:intro], blanks+"\n"), ",") {
			return before
		}
	}
	return intro
}

// cutSpeech drops a passage in quotation marks that is somebody else's: long
// (five words or more), or introduced by a word of saying, or followed by one.
func cutSpeech(e *edit) {
	text := e.in
	var closers map[string]int // where the next one is; looked for once
	paragraph := 0             // where the paragraph ends
	for i := 0; i < len(text); {
		if i = opener(text, i); i == len(text) {
			return
		}
		if closers == nil {
			closers = map[string]int{}
		}
		if paragraph <= i {
			if paragraph = len(text); strings.Contains(text[i:], "\n\n") {
				paragraph = i + strings.Index(text[i:], "\n\n")
			}
		}
		open, size := utf8.DecodeRuneInString(text[i:])
		next := i + size
		start, end := i, -1
		for _, mark := range ends[open] {
			if closers[mark] < next {
				closers[mark] = find(text, mark, next)
			}
			if c := closers[mark]; c < paragraph && (end < 0 || c < end) {
				end, next = c, c+len(mark)
			}
		}
		if end < 0 {
			i += size
			continue
		}
		i = next
		speech(e, start, start+size, end, next)
		i = max(i, e.from)
	}
}

// find is where mark is in text from from on, or len(text).
func find(text, mark string, from int) int {
	if n := strings.Index(text[from:], mark); n >= 0 {
		return from + n
	}
	return len(text)
}

// ends are the marks that can close a quotation.
var ends = map[rune][]string{
	'"': {`"`}, '“': {"”"}, '«': {"»"}, '»': {"«"}, '„': {"“", "”"}, '”': {"”"}, '‹': {"›"}, '‚': {"‘"},
}

// marks are the bytes that quotation marks begin with.
var marks = [256]bool{'"': true, 0xc2: true, 0xe2: true}

// opener is where the next mark that can open a quotation is, from i on: one of
// " « » ‚ ‛ “ ” „ ‹; or len(text).
func opener(text string, i int) int {
	for ; i < len(text); i++ {
		c := text[i]
		if !marks[c] {
			continue
		}
		switch {
		case c == '"',
			c == 0xc2 && i+1 < len(text) && (text[i+1] == 0xab || text[i+1] == 0xbb),
			c == 0xe2 && i+2 < len(text) && text[i+1] == 0x80 && (text[i+2] >= 0x9a && text[i+2] <= 0x9e || text[i+2] == 0xb9):
			return i
		}
	}
	return i
}

// speech drops in[start:end], a quotation of in[inside:mark], where it is
// somebody else's. An introduction with a colon goes too: it says nothing
// without the quotation.
func speech(e *edit, start, inside, mark, end int) {
	before := lastSentence(e.in[max(e.from, start-sentence):start])
	introduced := introduces(before)
	long := 0
	for range strings.FieldsSeq(e.in[inside:min(mark, inside+200)]) {
		long++
	}
	if !introduced && long < 5 && mark < inside+200 && !saying(strings.TrimRight(before, ","+blanks)) && !follows(e.in[end:]) {
		return
	}
	if introduced {
		start -= len(before)
		end += len(e.in[end:]) - len(strings.TrimLeft(e.in[end:], ".,; "))
	}
	trimmed := strings.TrimRight(e.in[e.from:start], " ")
	if s := e.from + len(trimmed); s < start && (end == len(e.in) || e.in[end] == ' ' || introduced) {
		start = s
	}
	e.drop(Quote, start, end)
	if introduced && trimmed != "" && end < len(e.in) && !strings.HasSuffix(trimmed, "\n") && e.in[end] != '\n' {
		e.put(" ")
	}
}

// follows tells whether a quotation is followed by who said it: ", said X".
func follows(after string) bool {
	after = strings.TrimLeft(after[:min(len(after), 60)], ","+blanks)
	if i := strings.IndexAny(after, ".!?;:\n\"“«"); i >= 0 {
		after = after[:i]
	}
	words := strings.Fields(strings.ToLower(after))
	for _, w := range words[:min(len(words), 4)] {
		if oneself[w] {
			return false
		}
	}
	for n := range min(len(words), 4) {
		if saying(strings.Join(words[:n+1], " ")) {
			return true
		}
	}
	return false
}

// sentence is how far back an introduction is looked for.
const sentence = 240

// lastSentence returns what follows the last end of a sentence. A point after
// a short capitalised word ("M. Oldcastle") ends none.
func lastSentence(text string) string {
	end := len(strings.TrimRight(text, blanks))
	for end > 0 {
		i := strings.LastIndexAny(text[:end], ".!?\n")
		if i < 0 {
			return text
		}
		word := text[strings.LastIndexAny(text[:i], blanks+"\n.")+1 : i]
		if text[i] == '.' && len(word) > 0 && len(word) <= 3 && word[0] >= 'A' && word[0] <= 'Z' {
			end = i
			continue
		}
		return text[i+1:]
	}
	return text
}
