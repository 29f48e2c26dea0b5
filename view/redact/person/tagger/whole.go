package tagger

import "sort"

// sure overrules the weights among tokens i to j: a word that is a given name
// and nothing else, with a word that may be a family name after it, is somebody
// even if that word is a village too, unless it names a street or a school.
func sure(toks []token, i, j int, out []uint8) {
	for k := i; k+1 < j; k++ {
		r := toks[k].rec
		if out[k-i] != outside || out[k-i+1] != outside || toks[k].shape != Title || r.given() < 4 || r.common() > 1 || r.place() > 2 || r.org() == 1 || r.class() != Plain {
			continue
		}
		t := &toks[k+1]
		if t.before != GapSpace || t.shape != Title || t.rec.class() != Plain || t.rec.common() > 2 || t.rec.place() > 2 || t.rec.org() == 1 || t.rec.proper() > 2 {
			continue
		}
		if k > 0 && runs(toks[k].before) && !apart(&toks[k-1]) || k+2 < len(toks) && runs(toks[k+2].before) && !apart(&toks[k+2]) {
			continue
		}
		out[k-i], out[k-i+1] = begins, inside
	}
}

// apart tells whether t, beside two names, leaves them a person's: no street,
// school, company or thing is called after them.
func apart(t *token) bool {
	switch t.rec.class() {
	case Body, Ground, Legal, Object, Work, Particle, Little:
		return t.rec.class() == Particle && t.french()
	default:
		return t.shape == Lower || t.shape == Number || t.rec.class() != Plain
	}
}

// round makes names whole: what touches one by a space, is capitalised and
// known as nothing else belongs to it, and so does a second name that touches it.
func round(toks []token, out []uint8) {
	for k := 1; k < len(toks); k++ {
		if toks[k].before != GapSpace && (toks[k-1].shape != Initial || !joined(&toks[k-1], &toks[k])) {
			continue
		}
		a, b := &out[k-1], &out[k]
		switch {
		case *a != outside && (*b == begins || *b == outside && (nothingElse(&toks[k]) || toks[k-1].shape == Initial && toks[k].shape == Title)):
			*b = inside
		case *a == outside && *b == begins && (nothingElse(&toks[k-1]) || toks[k].shape == Initial && toks[k-1].shape == Title && toks[k-1].rec.class() == Plain):
			*a, *b = begins, inside
		}
	}
}

// span takes a name over its particles: Anouk van der Meulen.
func span(toks []token, out []uint8) {
	for k := 1; k < len(toks); k++ {
		if out[k-1] == outside || toks[k].shape != Lower || toks[k].rec.class() != Particle {
			continue
		}
		end := k
		for end < len(toks) && end < k+3 && link(&toks[end]) {
			end++
		}
		if end == len(toks) || !linked(toks[end].before) {
			continue
		}
		if toks[end].shape != Title || out[end] == outside && toks[k].french() && !lineage(toks[end].rec) {
			continue
		}
		for ; k <= end; k++ {
			out[k] = inside
		}
		for ; k < len(toks) && out[k] == outside && toks[k].before == GapHyphen && toks[k].tight; k++ {
			out[k] = inside
		}
		k--
	}
}

// french tells whether a particle stands before places and companies as well: de, du, des, d'.
func (t *token) french() bool {
	return t.hash == letter('d') || t.hash == pair('d', 'e') || t.hash == pair('d', 'u') || t.hash == (pair('d', 'e')^'s')*hashPrime
}

// lineage tells whether a family may be called after it: no large city, no country, no company.
func lineage(r Rec) bool {
	return (r.class() == Plain || r.class() == Honorific) && r.place() < 3 && r.org() == 0 && (r.common() < 3 || r.family() > 1)
}

// nothingElse tells whether the token can only be part of a name, beside one.
func nothingElse(t *token) bool {
	r := t.rec
	return t.shape == Title && r.class() == Plain && r.common() == 0 && r.place() < 2 && r.org() == 0 && r.proper() < 2
}

// echo finds the names again that stand alone elsewhere in the same text: the
// family name of somebody whose whole name came before.
func (s *scratch) echo(out [][2]int) [][2]int {
	s.heard = [heardSize]uint64{}
	inName := func(t *token, n int) bool {
		return n < len(out) && int(t.start) >= out[n][0] && int(t.end) <= out[n][1]
	}
	n := 0
	for i := range s.toks {
		t := &s.toks[i]
		for n < len(out) && int(t.start) >= out[n][1] {
			n++
		}
		if inName(t, n) && (t.shape == Title || t.shape == Mixed) && t.rec.class() == Plain && t.rec.common() < 3 && t.rec.place() < 3 {
			s.heard[t.hash%heardSize] = t.hash
		}
	}
	found, n := len(out), 0
	for i := range s.toks {
		t := &s.toks[i]
		for n < found && int(t.start) >= out[n][1] {
			n++
		}
		if t.cand && s.heard[t.hash%heardSize] == t.hash && t.shape != Lower && (n >= found || !inName(t, n)) && alone(s.toks, i) {
			out = append(out, [2]int{int(t.start), int(t.end)})
		}
	}
	if len(out) > found {
		sort.Slice(out, func(a, b int) bool { return out[a][0] < out[b][0] })
	}
	return out
}

// alone tells whether no capitalised word touches token i.
func alone(toks []token, i int) bool {
	return (i <= 0 || !runs(toks[i].before) || !capital(toks[i-1].shape)) && (i+1 >= len(toks) || !runs(toks[i+1].before) || !capital(toks[i+1].shape))
}
