package own

import (
	"slices"
	"strings"
)

// originals are what mail programs write on a line of dashes above a message
// that is passed on or answered.
var originals = []string{
	"original message", "forwarded message", "message d'origine", "message d’origine", "message original", "message transféré",
	"ursprüngliche nachricht", "originalnachricht", "weitergeleitete nachricht", "mensaje original", "mensaje reenviado",
}

// senders and times begin the lines of a mail's head.
var (
	senders = []string{"from:", "de :", "de:", "von:"}
	times   = []string{"sent:", "date:", "envoyé :", "envoyé:", "gesendet:", "enviado:", "date :", "datum:", "fecha:"}
)

// rest tells whether from this line on everything is an answered message.
func rest(line, after string) bool {
	if attribution(line) {
		first, _, _ := strings.Cut(strings.TrimLeft(after, blanks+"\n"), "\n")
		return !quoted(strings.TrimLeft(first, blanks))
	}
	if strings.HasPrefix(line, "---") {
		lower := strings.ToLower(strings.Trim(line, "- "))
		if slices.Contains(originals, lower) {
			return true
		}
	}
	return head(line, after)
}

// head tells whether a mail's head begins with line: who sent it, and when, on
// the same line or the three after it.
func head(line, after string) bool {
	if len(line) > 300 || !begins(line, senders) {
		return false
	}
	lower := strings.ToLower(line)
	for _, s := range times {
		if strings.Contains(lower, " "+s) && clock(line) {
			return true
		}
	}
	for range 3 {
		var next string
		next, after, _ = strings.Cut(after, "\n")
		if begins(strings.Trim(next, blanks), times) {
			return true
		}
	}
	return false
}

func begins(line string, words []string) bool {
	for _, w := range words {
		if len(line) >= len(w) && strings.EqualFold(line[:len(w)], w) {
			return true
		}
	}
	return false
}

// devices are last lines that a telephone writes.
var devices = []string{"sent from my ", "envoyé de mon ", "envoyé depuis mon ", "von meinem ", "enviado desde mi ", "get outlook for "}

// signs tells whether a signature begins with line: "-- " and at most 15 lines,
// "--" and at most six short ones, or the last line of a telephone.
func signs(line, after string) bool {
	line = strings.TrimSuffix(line, "\n")
	switch strings.TrimRight(line, blanks) {
	case "--":
		most := 6
		if line == "-- " {
			most = 15
		}
		if len(after) > 1500 {
			return false
		}
		after = strings.TrimSpace(after)
		if strings.Count(after, "\n") >= most {
			return false
		}
		for l := range strings.SplitSeq(after, "\n") {
			if most == 6 && len(l) > 80 {
				return false
			}
		}
		return true
	}
	return begins(line, devices) && len(line) < 80 && strings.TrimSpace(after[:min(len(after), 80)]) == "" && len(after) < 80
}
