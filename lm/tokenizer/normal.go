package tokenizer

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// normalize returns Unicode's normal form of text. The library breaks up runs
// of more than thirty marks with a joiner that others don't know
// (Stream-Safe Text Format, UAX #15): such texts go another, slower way.
func normalize(f norm.Form) func(string) string {
	return func(text string) string {
		if !manyMarks(text) {
			return f.String(text)
		}
		return slowly(f, text)
	}
}

const mostMarks = 6 // in a row, each up to four characters when decomposed

func manyMarks(text string) bool {
	n := 0
	for i, c := range text {
		if c < 0x300 || norm.NFD.PropertiesString(text[i:]).CCC() == 0 && leading(c) == 0 {
			n = 0
			continue
		}
		if n++; n > mostMarks {
			return true
		}
	}
	return false
}

// leading returns the combining class of the first character that c is made of.
func leading(c rune) uint8 {
	parts := norm.NFKD.PropertiesString(string(c)).Decomposition()
	if len(parts) == 0 {
		return 0
	}
	return norm.NFD.Properties(parts).CCC()
}

// mark is a character and its combining class.
type mark struct {
	text  string
	class uint8
}

// slowly decomposes, orders and composes as UAX #15 says.
func slowly(f norm.Form, text string) string {
	full := norm.NFD
	if f == norm.NFKC || f == norm.NFKD {
		full = norm.NFKD
	}
	var all []mark
	from := 0 // the marks after the last character of class 0
	order := func() {
		slices.SortStableFunc(all[from:], func(a, b mark) int { return cmp.Compare(a.class, b.class) })
	}
	for len(text) > 0 {
		_, n := utf8.DecodeRuneInString(text)
		parts := full.String(text[:n])
		text = text[n:]
		for len(parts) > 0 {
			_, n := utf8.DecodeRuneInString(parts)
			m := mark{parts[:n], full.PropertiesString(parts[:n]).CCC()}
			parts = parts[n:]
			if m.class == 0 {
				order()
				from = len(all) + 1
			}
			all = append(all, m)
		}
	}
	if from < len(all) {
		order()
	}
	if f == norm.NFC || f == norm.NFKC {
		all = composed(all)
	}
	var b strings.Builder
	for _, m := range all {
		b.WriteString(m.text)
	}
	return b.String()
}

// composed joins each starter (class 0) with the characters after it that it
// has a composed form with; what stands between may have lower classes only.
func composed(list []mark) []mark {
	kept := list[:0]
	starter := -1
	for _, m := range list {
		if starter >= 0 {
			last := kept[len(kept)-1]
			near := len(kept)-1 == starter
			if near || last.class != 0 && last.class < m.class {
				if both := norm.NFC.String(kept[starter].text + m.text); utf8.RuneCountInString(both) == 1 {
					kept[starter].text = both
					continue
				}
			}
		}
		if m.class == 0 {
			starter = len(kept)
		}
		kept = append(kept, m)
	}
	return kept
}
