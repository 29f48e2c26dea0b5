package main

import (
	"math/rand/v2"
	"strings"

	"licet/view/redact/person/tagger"
)

// excerpt returns the whole of a paragraph, or as often one of its sentences.
func excerpt(text string, rng *rand.Rand) string {
	sentences := strings.SplitAfter(text, ". ")
	if rng.IntN(2) == 0 {
		return text
	}
	return strings.TrimSpace(pick(rng, sentences))
}

// label reads a paragraph of real text with the name lists alone: what must be
// a name, what cannot be one, and what nobody can tell without reading it.
// Small letters cannot.
func label(text string, lex *tagger.Lexicon) tagger.Example {
	x := tagger.Example{Text: text}
	words := tagger.Words(text, lex)
	for i := 0; i < len(words); {
		if words[i].Shape == tagger.Lower || words[i].Shape == tagger.Number {
			i++
			continue
		}
		j := i + 1
		for j < len(words) && words[j].Shape != tagger.Lower && words[j].Shape != tagger.Number && together(words[j-1], words[j]) {
			j++
		}
		at, sure := judge(words, i, j)
		switch {
		case at >= 0:
			x.Names = append(x.Names, [2]int{words[at].Start, words[j-1].End})
		case !sure:
			x.Unknown = append(x.Unknown, [2]int{words[i].Start, words[j-1].End})
		}
		i = j
	}
	return x
}

func together(a, b tagger.Span) bool {
	switch b.Before {
	case tagger.GapSpace, tagger.GapHyphen, tagger.GapApostrophe, tagger.GapAnd:
		return true
	case tagger.GapDot:
		return a.Shape == tagger.Initial || a.Rec.Entry().Class == tagger.Honorific
	default:
		return false
	}
}

// judge reads the capitalised words i to j: at is where a name begins, or −1;
// sure says that there is none.
func judge(words []tagger.Span, i, j int) (at int, sure bool) {
	honoured := false
	for i < j {
		e := words[i].Rec.Entry()
		if e.Class == tagger.Honorific {
			honoured = true
		} else if !opens(e) {
			break
		}
		i++
	}
	if i > 0 && words[i-1].Rec.Entry().Class == tagger.Honorific {
		honoured = true
	}
	if i == j {
		return -1, true
	}
	strong, weak, other := 0, 0, 0
	for k := i; k < j; k++ {
		e := words[k].Rec.Entry()
		switch {
		case e.Class == tagger.Legal || e.Class == tagger.Body || e.Class == tagger.Ground || e.Class == tagger.Work || e.Class == tagger.Object ||
			e.Class == tagger.People || e.Class == tagger.Month || e.Class == tagger.Day || e.Org && e.Given < 4 && e.Family < 4 || e.Place > 2:
			other++
		case e.Given > 3 && e.Common < 3:
			strong++
		case e.Given+e.Family > 0 || !words[k].Rec.Known() || words[k].Shape == tagger.Initial:
			weak++
		case e.Common > 1:
			other++
		}
	}
	n := j - i
	first := words[i].Rec.Entry()
	last := words[j-1].Rec.Entry()
	switch {
	case other > 0:
		return -1, strong == 0
	case honoured && n <= 3 && words[i].Shape == tagger.Title:
		return i, false
	case n > 1 && n < 5 && first.Given > 2 && first.Common < 4 && first.Place < 3 && last.Common < 4 && (last.Family > 0 || !words[j-1].Rec.Known()) && last.Class == tagger.Plain:
		return i, false
	case n == 1 && first.Given > 3 && first.Common < 2 && first.Place < 3 && words[i].Shape == tagger.Title:
		return i, false
	case strong == 0 && (allUpper(words[i:j]) || first.Common > 2 && n == 1 && first.Given < 2 && first.Family < 4):
		return -1, true
	case n == 1 && strong == 0 && first.Dict && first.Common > 0 && first.Given < 2 && first.Family < 3 && words[i].Before != tagger.GapSpace:
		return -1, true // begins a sentence
	case strong+weak == 0:
		return -1, true
	}
	return -1, false
}

func opens(e tagger.Entry) bool {
	switch e.Class {
	case tagger.Plain, tagger.Legal, tagger.Body, tagger.Ground, tagger.Month, tagger.Day, tagger.People, tagger.Particle, tagger.Little:
		return false
	default:
		return e.Given < 3
	}
}

func allUpper(words []tagger.Span) bool {
	for _, w := range words {
		if w.Shape != tagger.Upper && w.Shape != tagger.Mixed {
			return false
		}
	}
	return true
}

// rename gives most of the names in x to people of everywhere.
func (w *writer) rename(x tagger.Example, french bool, rng *rand.Rand) tagger.Example {
	var b strings.Builder
	out := tagger.Example{}
	at, k := 0, 0
	shift := func(upTo int) {
		for k < len(x.Unknown) && x.Unknown[k][0] < upTo {
			d := b.Len() - at
			out.Unknown = append(out.Unknown, [2]int{x.Unknown[k][0] + d, x.Unknown[k][1] + d})
			k++
		}
	}
	for _, n := range x.Names {
		shift(n[0])
		b.WriteString(x.Text[at:n[0]])
		old := x.Text[n[0]:n[1]]
		from := b.Len()
		switch {
		case rng.IntN(3) == 0:
			b.WriteString(old)
		case strings.ContainsAny(old, " "):
			b.WriteString(w.full(french))
		case rng.IntN(3) == 0:
			b.WriteString(w.family(w.locale(french)))
		default:
			b.WriteString(w.given(w.locale(french)))
		}
		out.Names = append(out.Names, [2]int{from, b.Len()})
		at = n[1]
	}
	shift(len(x.Text) + 1)
	b.WriteString(x.Text[at:])
	out.Text = b.String()
	return out
}

// nominate puts names where pronouns stand, for one pronoun in some: what real
// text says of somebody. It returns x unchanged where there is none.
func (w *writer) nominate(x tagger.Example, lex *tagger.Lexicon, french bool, rng *rand.Rand) tagger.Example {
	var b strings.Builder
	out := tagger.Example{}
	at, k, u := 0, 0, 0
	for _, t := range tagger.Words(x.Text, lex) {
		for ; k < len(x.Names) && x.Names[k][0] < t.Start; k++ {
			d := b.Len() - at
			out.Names = append(out.Names, [2]int{x.Names[k][0] + d, x.Names[k][1] + d})
		}
		for ; u < len(x.Unknown) && x.Unknown[u][0] < t.Start; u++ {
			d := b.Len() - at
			out.Unknown = append(out.Unknown, [2]int{x.Unknown[u][0] + d, x.Unknown[u][1] + d})
		}
		if !person[strings.ToLower(x.Text[t.Start:t.End])] || t.Before == tagger.GapHyphen || t.Before == tagger.GapApostrophe || rng.IntN(3) > 0 {
			continue
		}
		b.WriteString(x.Text[at:t.Start])
		from := b.Len()
		name, _ := w.name("P", french)
		b.WriteString(name)
		out.Names = append(out.Names, [2]int{from, b.Len()})
		at = t.End
	}
	d := b.Len() - at
	for ; k < len(x.Names); k++ {
		out.Names = append(out.Names, [2]int{x.Names[k][0] + d, x.Names[k][1] + d})
	}
	for ; u < len(x.Unknown); u++ {
		out.Unknown = append(out.Unknown, [2]int{x.Unknown[u][0] + d, x.Unknown[u][1] + d})
	}
	b.WriteString(x.Text[at:])
	out.Text = b.String()
	return out
}

// person are the pronouns that stand where a name may.
var person = map[string]bool{"he": true, "she": true, "him": true, "they": true, "them": true, "someone": true, "somebody": true, "elle": true, "il": true, "eux": true, "celui-ci": true, "quelqu'un": true}
