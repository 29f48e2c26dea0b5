package tagger

// ordinaries takes back names of one word, among tokens i to j, that are plainly what the
// word means otherwise: "Son nouveau site", "Long term?", "Mine was late". It is for
// words that people write all day, where nothing around says that somebody is meant.
func ordinaries(toks []token, i, j int, out []uint8) {
	for k := i; k < j; k++ {
		if out[k-i] == begins && (k+1 >= j || out[k-i+1] != inside) && plainly(toks, k) {
			out[k-i] = outside
		}
	}
}

// plainly tells whether token k, which stands alone, is the ordinary word that it can be.
func plainly(toks []token, k int) bool {
	t := &toks[k]
	if t.shape != Title || t.rec.common() < 5 || k > 0 && toks[k-1].shape == Initial || somebody(toks, k) {
		return false
	}
	switch t.rec.class() { //nolint:exhaustive // the others say nothing here
	case Pronoun, Article, Particle, Kin:
		return opens(toks, k) && lowerNext(toks, k)
	}
	if t.rec.given() < 2 {
		return true // a family name, which stands with a title or a first name
	}
	return t.rec.given() < 6 && opens(toks, k) && lowerNext(toks, k)
}

// lowerNext tells whether the word after token k goes on with a sentence: "Long term",
// "Long-form".
func lowerNext(toks []token, k int) bool {
	if k+1 >= len(toks) || toks[k+1].shape != Lower {
		return false
	}
	next := &toks[k+1]
	return next.before == GapSpace || next.before == GapHyphen && next.tight
}

// somebody tells whether what stands beside token k does what only people do, or calls them.
func somebody(toks []token, k int) bool {
	if listed(toks, k, -1) || listed(toks, k, 1) {
		return true
	}
	if k > 0 && toks[k-1].rec.class() == Honorific && (toks[k].before == GapSpace || toks[k].before == GapDot) {
		return true
	}
	if k > 0 && toks[k].before == GapSpace {
		switch toks[k-1].rec.class() { //nolint:exhaustive // the others say nothing here
		case Called, Greeting, Speech, Role, Kin, Closing:
			return true
		}
	}
	if k+1 < len(toks) && toks[k+1].before == GapSpace {
		switch toks[k+1].rec.class() { //nolint:exhaustive // the others say nothing here
		case Speech, Suffix:
			return true
		case Verb:
			return toks[k].rec.class() == Plain
		}
	}
	return false
}

// listed tells whether "and" ties token k to another that may be a name: "Dale and White".
func listed(toks []token, k, step int) bool {
	and, other := k+step, k+2*step
	return other >= 0 && other < len(toks) && toks[and].rec.class() == Join && toks[other].cand && capital(toks[other].shape) && toks[other].rec.common() < 5
}
