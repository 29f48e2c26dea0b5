package tagger

import "unicode/utf8"

// skip returns where the character at i ends.
func skip(text string, i int) int {
	_, n := utf8.DecodeRuneInString(text[i:])
	return i + n
}

// mark says which tokens may be part of a name, and whether any may. All the
// others are outside without being looked at: most of a text.
func mark(text string, lex *Lexicon, toks []token) bool {
	found := false
	for i := range toks {
		t := &toks[i]
		t.cand = eligible(toks, i) && !drawn(text[t.start:t.end]) && !(t.rec == 0 && opens(toks, i) && lex.isOrdinary(t.hash))
		found = found || t.cand
	}
	if found {
		extend(toks)
		bridge(toks)
	}
	return found
}

func eligible(toks []token, i int) bool {
	t := &toks[i]
	if t.before == GapGlue && !(i > 0 && toks[i-1].shape == Initial && t.shape != Lower) || gapAfter(toks, i) == GapGlue && t.shape != Initial {
		return false
	}
	if t.before == GapHyphen && t.tight && chained(toks, i) {
		return false
	}
	r := t.rec
	switch t.shape {
	case Lower:
		return eligibleLower(toks, i)
	case Title, Upper, Mixed:
		if r.class() == People || r.place() == 3 && r.given() < 3 && !(i > 0 && (capital(toks[i-1].shape) || toks[i-1].rec.class() == Particle && !toks[i-1].french())) {
			return false
		}
		if r.given() > 4 || r.given() > 2 && r.common() < 6 {
			return true
		}
		if !r.named() && (r.common() > 3 || r.dict() == 1 && (r.common() > 0 || opens(toks, i)) && !besideInitial(toks, i)) {
			return false // an ordinary word that begins a sentence, or stands in a headline
		}
		switch r.class() { //nolint:exhaustive // the others say nothing here
		case Pronoun, Article, Prep, Join, Verb, Auxiliary, Month, Day, Chatter:
			return r.given() > 0 && i+1 < len(toks) && toks[i+1].before == GapSpace && toks[i+1].shape == Title && !ordinary(toks[i+1].rec)
		}
		return r.common() < 6 || r.named() || r.class() == Particle || r.class() == Little
	case Initial:
		return i > 0 && capital(toks[i-1].shape) && toks[i-1].shape != Initial && t.before == GapSpace && toks[i-1].cand ||
			i+1 < len(toks) && capital(toks[i+1].shape) && runsOn(toks[i+1].before) && !(toks[i+1].before == GapApostrophe && !elides(t.hash))
	case Number:
	}
	return false
}

// besideInitial tells whether an initial touches the token.
func besideInitial(toks []token, i int) bool {
	return i > 0 && toks[i-1].shape == Initial && (toks[i].before == GapSpace || toks[i].before == GapDot) ||
		i+1 < len(toks) && toks[i+1].shape == Initial && toks[i+1].before == GapSpace
}

// ordinary tells whether a word is one that no name is made of.
func ordinary(r Rec) bool { return r.class() != Plain || r.common() > 2 || r.org() == 1 }

// starts tells whether a sentence or a line begins after such a gap.
func starts(g Gap) bool {
	switch g {
	case GapEdge, GapEnd, GapDot, GapLine, GapQuote, GapColon:
		return true
	default:
		return false
	}
}

// opens tells whether token i begins a sentence or a line.
func opens(toks []token, i int) bool {
	return starts(toks[i].before) && !(toks[i].before == GapDot && i > 0 && toks[i-1].shape == Initial)
}

// chained tells whether hyphens tie the token to a number or to many words, as in the name of a file.
func chained(toks []token, i int) bool {
	n := 0
	for j := i; j > 0 && toks[j].before == GapHyphen && toks[j].tight; j-- {
		if n++; n > 3 || toks[j-1].shape == Number {
			return true
		}
	}
	for j := i + 1; j < len(toks) && toks[j].before == GapHyphen && toks[j].tight; j++ {
		if n++; n > 3 || toks[j].shape == Number {
			return true
		}
	}
	return false
}

// runsOn tells whether an initial may stand before such a gap.
func runsOn(g Gap) bool {
	return g == GapDot || g == GapSpace || g == GapGlue || g == GapApostrophe || g == GapHyphen
}

// elides tells whether a name may begin with the letter and an apostrophe:
// O'Brien, D'Angelo, N'Diaye, M'Baye; an article or a pronoun stands before the others.
func elides(hash uint64) bool {
	return hash == letter('o') || hash == letter('d') || hash == letter('n') || hash == letter('m')
}

// letter is the hash of a word of one letter.
func letter(c byte) uint64 { return (hashStart ^ uint64(c)) * hashPrime }

// pair is the hash of a word of two.
func pair(a, b byte) uint64 { return (letter(a) ^ uint64(b)) * hashPrime }

// drawn tells whether a letter is written three times and more, as no name has it: NOOOO.
func drawn(word string) bool {
	same := 0
	for i := 1; i < len(word); i++ {
		if word[i]|0x20 != word[i-1]|0x20 || word[i] >= 0x80 || word[i]|0x20 == 'i' {
			same = 0
			continue
		}
		if same++; same == 2 {
			return true
		}
	}
	return false
}

// eligibleLower is for words in small letters: names as hurried people write them.
func eligibleLower(toks []token, i int) bool {
	t := &toks[i]
	if t.end-t.start < 3 || t.before == GapApostrophe && t.tight {
		return false
	}
	r := t.rec
	if r.class() != Plain && r.given() < 4 {
		return false
	}
	if r.given() > 1 && r.common() < 4 || r.given() > 4 && r.common() < 5 || r.family() > 3 && r.common() == 0 {
		return true
	}
	if i == 0 || r.common() > 3 {
		return false
	}
	switch toks[i-1].rec.class() { //nolint:exhaustive // the others say nothing here
	case Honorific, Called, Greeting:
		return r.named() || !r.known()
	}
	return false
}

// extend goes on from a name in small letters to the next such word, where nothing says that it is an ordinary one.
func extend(toks []token) {
	for i := 1; i < len(toks); i++ {
		t, p := &toks[i], &toks[i-1]
		if t.cand || t.shape != Lower || !p.cand || t.before != GapSpace && t.before != GapHyphen || t.end-t.start < 3 {
			continue
		}
		r := t.rec
		small := p.shape == Lower
		t.cand = r.class() == Plain && (!r.known() || r.named() && (r.common() < 3 || small && r.common() < 5))
	}
}

// breton tells whether t is the end of such a name: Floc'h.
func breton(t *token) bool {
	return t.before == GapApostrophe && t.tight && t.hash == letter('h')
}

// bridge lets particles and small initials between two words through: van der, de la, y.
func bridge(toks []token) {
	for i := range toks {
		if !toks[i].cand {
			continue
		}
		j := i + 1
		for j < len(toks) && j <= i+3 && !toks[j].cand && link(&toks[j]) {
			j++
		}
		if j == i+1 || j >= len(toks) || !toks[j].cand || j > i+3 || !linked(toks[j].before) {
			continue
		}
		for k := i + 1; k < j; k++ {
			toks[k].cand = true
		}
	}
}

// link tells whether t may stand between two parts of a name.
func link(t *token) bool {
	return t.shape == Lower && linked(t.before) && (t.rec.class() == Particle || t.rec.class() == Little || t.end-t.start == 1)
}

func linked(g Gap) bool { return g == GapSpace || g == GapHyphen || g == GapApostrophe }
