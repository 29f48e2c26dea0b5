package redact

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// OwnWords drops what the author did not write: quoted lines, the lines that
// introduce them, and quoted speech of a named other ("X wrote: …").
// It counts what it dropped in cuts, as "quote".
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
