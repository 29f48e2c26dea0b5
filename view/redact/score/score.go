// Package score says how well redaction finds what people labelled by hand: per
// label recall, precision and F1, over one half of a labelled set.
//
// A labelled span is found when the spans of its label that were predicted cover
// it together, from its first letter or digit to its last. A predicted span is
// right when it touches a labelled one of its label. Labels that a set does not
// have are not counted. Exact counts a span as found, and right, only where a
// predicted one has the same label, start and end.
package score

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"licet/view/redact"
)

// An Item is a text with what people labelled in it.
type Item struct {
	Text   string
	Gold   []redact.Span // sorted
	Scored bool          // of the half that counts, which nobody looks at
}

// A Set is labelled texts, and the labels that somebody looked for in them.
type Set struct {
	Name   string
	Labels []redact.Label
	Items  []Item
}

// A Row is what became of one label.
type Row struct {
	Label                               redact.Label // "" for all together
	Items, Found, Predicted, Right, Hit int          // Hit: exact
}

func share(part, of int) float64 {
	if of == 0 {
		return 1
	}
	return float64(part) / float64(of)
}

func mean(a, b float64) float64 {
	if a+b == 0 {
		return 0
	}
	return 2 * a * b / (a + b)
}

// Recall is the share of labelled spans that were found.
func (r Row) Recall() float64 { return share(r.Found, r.Items) }

// Precision is the share of predicted spans that are right.
func (r Row) Precision() float64 { return share(r.Right, r.Predicted) }

// F1 is the harmonic mean of recall and precision.
func (r Row) F1() float64 { return mean(r.Recall(), r.Precision()) }

// Exact is F1 where only equal spans count.
func (r Row) Exact() float64 { return mean(share(r.Hit, r.Items), share(r.Hit, r.Predicted)) }

// A Finder finds what has to be taken out of a text; see redact.Find.
type Finder func(text string) []redact.Span

// Half scores find over one half of a set: a row for each of its labels, and one
// for all of them together.
func (s Set) Half(scored bool, find Finder) []Row {
	rows := make([]Row, len(s.Labels)+1)
	of := map[redact.Label]int{}
	for i, l := range s.Labels {
		rows[i].Label = l
		of[l] = i
	}
	for _, item := range s.Items {
		if item.Scored != scored {
			continue
		}
		predicted := find(item.Text)
		for _, g := range item.Gold {
			row := &rows[of[g.Label]]
			row.Items++
			if covered(item.Text, g, predicted) {
				row.Found++
			}
		}
		for _, p := range predicted {
			i, ok := of[p.Label]
			if !ok {
				continue
			}
			rows[i].Predicted++
			right, hit := matched(item.Gold, p)
			if right {
				rows[i].Right++
			}
			if hit {
				rows[i].Hit++
			}
		}
	}
	all := &rows[len(s.Labels)]
	for _, r := range rows[:len(s.Labels)] {
		all.Items += r.Items
		all.Found += r.Found
		all.Predicted += r.Predicted
		all.Right += r.Right
		all.Hit += r.Hit
	}
	return rows
}

// covered tells whether predicted spans of g's label cover its letters and digits.
func covered(text string, g redact.Span, predicted []redact.Span) bool {
	inside := text[g.Start:g.End]
	from := strings.IndexFunc(inside, isWord)
	last := strings.LastIndexFunc(inside, isWord)
	if from < 0 {
		return true
	}
	_, n := utf8.DecodeRuneInString(inside[last:])
	at, end := g.Start+from, g.Start+last+n
	for _, p := range predicted { // sorted
		if p.Label != g.Label || p.End <= at || at >= end {
			continue
		}
		if p.Start > at && strings.IndexFunc(text[at:min(p.Start, end)], isWord) >= 0 {
			return false
		}
		at = p.End
	}
	return at >= end
}

func isWord(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

func matched(gold []redact.Span, p redact.Span) (right, hit bool) {
	for _, g := range gold {
		right = right || g.Label == p.Label && g.Start < p.End && p.Start < g.End
		hit = hit || g == p
	}
	return right, hit
}
