package tagger

import "math/rand/v2"

// A Learner is an averaged structured perceptron (Collins 2002) in whole numbers.
type Learner struct {
	m     *Model
	w     [][labels]int32
	sum   [][labels]int64
	trans [gaps][labels][labels]int32
	tsum  [gaps][labels][labels]int64
	now   int64
	s     scratch
	f     []sink
	gold  []uint8
	// Wrong and Seen count tokens since they were last set to zero.
	Wrong, Seen int
}

// NewLearner returns a learner over a lexicon.
func NewLearner(lex *Lexicon, grams *Grams) *Learner {
	return &Learner{m: newModel(lex, grams), w: make([][labels]int32, featureTable), sum: make([][labels]int64, featureTable), now: 1}
}

// An Example is a text with the byte ranges of its names, and those of which
// nobody knows whether they are names; all sorted.
type Example struct {
	Text    string
	Names   [][2]int
	Unknown [][2]int
}

// Learn takes one example. One word in forget, of the names and of the
// other capitalised words, loses its entry in the lexicon, as if nobody had ever heard of it.
func (l *Learner) Learn(x Example, rng *rand.Rand, forget int) {
	s := &l.s
	s.toks = scan(x.Text, l.m.lex, s.toks[:0])
	for i := range s.toks {
		t := &s.toks[i]
		if t.shape == Number || forget == 0 {
			continue
		}
		name := within(x.Names, t)
		switch {
		case rng.IntN(forget) != 0 && (name || rng.IntN(forget) != 0):
		case name:
			// A word that ordinary text has is never unheard of.
			if t.rec.common() == 0 && t.rec.dict() == 0 && t.rec.class() == Plain {
				t.rec = 0
			}
		case t.shape != Lower:
			t.rec &^= 3<<9 | 1<<20
		}
	}
	mark(x.Text, l.m.lex, s.toks)
	tone := mood(s.toks)
	for i := 0; i < len(s.toks); i++ {
		if !s.toks[i].cand {
			continue
		}
		j := i
		unknown := false
		for j < len(s.toks) && s.toks[j].cand {
			unknown = unknown || within(x.Unknown, &s.toks[j])
			j++
		}
		if !unknown {
			l.segment(x, i, j, tone)
		}
		i = j
	}
}

func within(spans [][2]int, t *token) bool {
	for _, s := range spans {
		if int(t.start) >= s[0] && int(t.end) <= s[1] {
			return true
		}
	}
	return false
}

// segment learns from tokens i to j.
func (l *Learner) segment(x Example, i, j int, tone uint64) {
	s := &l.s
	l.goldOf(x, i, j)
	l.f, s.emit = l.f[:0], s.emit[:0]
	var w window
	for k := i; k < j; k++ {
		var f sink
		l.m.window(x.Text, s.toks, k, tone, &w)
		features(x.Text, &s.toks[k], &w, &f)
		var e [labels]int32
		for _, at := range f.at[:f.n] {
			for y := range labels {
				e[y] += l.w[at][y]
			}
		}
		// A margin: what is right must win by it.
		for y := range e {
			if uint8(y) != l.gold[k-i] {
				e[y] += margin
			}
		}
		l.f, s.emit = append(l.f, f), append(s.emit, e)
	}
	l.m.trans = l.trans
	l.m.best(s, i, j)
	l.now++
	l.update(i, j)
}

const margin = 6

func (l *Learner) goldOf(x Example, i, j int) {
	l.gold = l.gold[:0]
	for k := i; k < j; k++ {
		t := &l.s.toks[k]
		y := uint8(outside)
		if within(x.Names, t) {
			y = begins
			if k > i && l.gold[k-i-1] != outside && joined(&l.s.toks[k-1], t) && together(x.Names, &l.s.toks[k-1], t) {
				y = inside
			}
		}
		l.gold = append(l.gold, y)
	}
}

func together(spans [][2]int, a, b *token) bool {
	for _, s := range spans {
		if int(a.start) >= s[0] && int(b.end) <= s[1] {
			return true
		}
	}
	return false
}

func (l *Learner) update(i, j int) {
	s := &l.s
	pg, pp := uint8(outside), uint8(outside)
	for k := range j - i {
		g, p := l.gold[k], s.out[k]
		l.Seen++
		if g != p {
			l.Wrong++
			for _, at := range l.f[k].at[:l.f[k].n] {
				l.w[at][g]++
				l.w[at][p]--
				l.sum[at][g] += l.now
				l.sum[at][p] -= l.now
			}
		}
		if g != p || pg != pp {
			gap := s.toks[i+k].before
			l.trans[gap][pg][g]++
			l.trans[gap][pp][p]--
			l.tsum[gap][pg][g] += l.now
			l.tsum[gap][pp][p] -= l.now
		}
		pg, pp = g, p
	}
}

// Model returns the mean of all the weights that the learner has had, scaled
// so that few of them leave a byte's range.
func (l *Learner) Model(scale, caution int) *Model {
	m := newModel(l.m.lex, l.m.grams)
	m.caution = int32(caution) //nolint:gosec // small
	mean := func(w int32, sum int64) int64 {
		x := (int64(w)*l.now - sum) * int64(scale)
		if x < 0 {
			return -((-x + l.now/2) / l.now)
		}
		return (x + l.now/2) / l.now
	}
	for at := range l.w {
		for y := range labels {
			m.weights[at][y] = int8(min(max(mean(l.w[at][y], l.sum[at][y]), -127), 127)) //nolint:gosec // clamped
		}
	}
	for g := range l.trans {
		for a := range labels {
			for b := range labels {
				m.trans[g][a][b] = int32(mean(l.trans[g][a][b], l.tsum[g][a][b])) //nolint:gosec // small
			}
		}
	}
	return m
}

// A Span is one word of a text as the scanner sees it.
type Span struct {
	Start, End int
	Shape      Shape
	Before     Gap
	Rec        Rec
}

// Words returns the words of text with what lex, which may be nil, knows of them.
func Words(text string, lex *Lexicon) []Span {
	toks := scan(text, lex, nil)
	out := make([]Span, len(toks))
	for i, t := range toks {
		out[i] = Span{int(t.start), int(t.end), t.shape, t.before, t.rec}
	}
	return out
}

// Entry unpacks r.
func (r Rec) Entry() Entry {
	return Entry{
		Given: int(r.given()), Family: int(r.family()), Common: int(r.common()), Place: int(r.place()), Proper: int(r.proper()),
		Class: r.class(), Dict: r.dict() == 1, Org: r.org() == 1,
	}
}

// Known tells whether the lexicon has the word.
func (r Rec) Known() bool { return r.known() }
