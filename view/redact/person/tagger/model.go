// Package tagger marks the names of people in a text: a scanner of words, a
// lexicon, and a linear chain over the few words that may be part of a name.
//
// Every sum is of whole numbers, so a model says the same on every machine.
package tagger

import (
	"math"
	"sync"
)

// The labels of a token: outside, begins a name, goes on with one.
const (
	outside = iota
	begins
	inside
	labels
)

// A Model is the lexicon with the weights that were learned over it. It is safe
// for concurrent use.
type Model struct {
	lex     *Lexicon
	grams   *Grams
	weights [][4]int8 // by feature, then label; the fourth is unused
	trans   [gaps][labels][labels]int32
	// Caution is taken from every begin and inside: more of it finds fewer names.
	caution int32

	scratch sync.Pool
}

// scratch is what one call needs.
type scratch struct {
	toks []token
	back [][labels]uint8
	emit [][labels]int32
	out  []uint8
	// heard are words of the names found, by the low bits of their hash.
	heard [heardSize]uint64
}

const heardSize = 128

func newModel(lex *Lexicon, grams *Grams) *Model {
	return &Model{
		lex: lex, grams: grams, weights: make([][4]int8, featureTable),
		scratch: sync.Pool{New: func() any { return new(scratch) }},
	}
}

// maxText is the longest text that is read at once, in bytes: positions are 32 bits.
const maxText = math.MaxInt32

// Find returns the byte ranges of the names of people in text, sorted and not
// overlapping. Of a text beyond 2 GiB it reads the beginning.
func (m *Model) Find(text string) [][2]int {
	if len(text) > maxText {
		text = text[:maxText]
	}
	s, _ := m.scratch.Get().(*scratch)
	defer m.scratch.Put(s)
	if s.toks = scan(text, m.lex, s.toks[:0]); !mark(text, m.lex, s.toks) {
		return nil
	}
	var out [][2]int
	tone := mood(s.toks)
	for i := 0; i < len(s.toks); i++ {
		if !s.toks[i].cand {
			continue
		}
		j := i
		for j < len(s.toks) && s.toks[j].cand {
			j++
		}
		out = m.spans(text, s, i, j, tone, out)
		i = j
	}
	if len(out) > 0 {
		out = s.echo(out)
	}
	return out
}

// spans appends the names among tokens i to j, all of which may be part of one.
func (m *Model) spans(text string, s *scratch, i, j int, tone uint64, out [][2]int) [][2]int {
	m.emissions(text, s, i, j, tone)
	m.best(s, i, j)
	sure(s.toks, i, j, s.out)
	round(s.toks[i:j], s.out)
	span(s.toks[i:j], s.out)
	ordinaries(s.toks, i, j, s.out)
	for k := i; k < j; k++ {
		switch s.out[k-i] {
		case begins:
			out = append(out, [2]int{int(s.toks[k].start), int(s.toks[k].end)})
		case inside:
			out[len(out)-1][1] = int(s.toks[k].end)
		default:
			continue
		}
		if k+1 < len(s.toks) && breton(&s.toks[k+1]) {
			out[len(out)-1][1] = int(s.toks[k+1].end)
		}
	}
	return out
}

// scan reads the words of text, and what lex knows of them.
func scan(text string, lex *Lexicon, toks []token) []token {
	end := 0
	for i := 0; i < len(text); {
		if classOf(text[i]) == byteOther {
			i++
			continue
		}
		t, ok := word(text, i)
		if !ok {
			i = skip(text, i)
			continue
		}
		switch {
		case len(toks) == 0:
			t.before, t.tight = edgeGap(text[:i])
		case i == end+1 && text[end] == ' ': // as most words are parted: GapSpace
		default:
			t.before, t.tight = gapOf(text[end:i])
		}
		toks = append(toks, t)
		end = int(t.end)
		i = end
	}
	if lex == nil {
		return toks
	}
	for i := range toks { // apart from reading: one lookup need not wait for the memory of another
		if t := &toks[i]; t.shape != Number {
			t.rec = lex.Lookup(t.hash)
		}
	}
	return toks
}

// edgeGap is the gap before the first word: the edge, unless something sticks to the word.
func edgeGap(s string) (Gap, bool) {
	if s == "" {
		return GapEdge, false
	}
	if g, tight := gapOf(s); g == GapGlue || g == GapHash {
		return g, tight
	}
	return GapEdge, false
}

// emissions fills s.emit for tokens i to j.
func (m *Model) emissions(text string, s *scratch, i, j int, tone uint64) {
	s.emit = s.emit[:0]
	var w window
	var f sink
	for k := i; k < j; k++ {
		m.window(text, s.toks, k, tone, &w)
		features(text, &s.toks[k], &w, &f)
		e := [labels]int32{m.caution, 0, 0}
		for _, at := range f.at[:f.n] {
			x := &m.weights[at]
			e[0] += int32(x[0])
			e[1] += int32(x[1])
			e[2] += int32(x[2])
		}
		s.emit = append(s.emit, e)
	}
}

// never is a score that no path may have.
const never = math.MinInt32 / 2

// best finds the labels of tokens i to j with the highest sum, and of equal
// sums the one that names less.
func (m *Model) best(s *scratch, i, j int) {
	s.back, s.out = s.back[:0], s.out[:0]
	score := [labels]int32{s.emit[0][outside], s.emit[0][begins], never}
	first := &m.trans[s.toks[i].before]
	score[outside] += first[outside][outside]
	score[begins] += first[outside][begins]
	s.back = append(s.back, [labels]uint8{})
	for k := i + 1; k < j; k++ {
		t := &m.trans[s.toks[k].before]
		joins := joined(&s.toks[k-1], &s.toks[k])
		var next [labels]int32
		var from [labels]uint8
		for to := range uint8(labels) {
			best, at := int32(never), uint8(0)
			for prev := range uint8(labels) {
				if to == inside && (!joins || prev == outside) {
					continue
				}
				if v := score[prev] + t[prev][to]; v > best {
					best, at = v, prev
				}
			}
			next[to], from[to] = max(best+s.emit[k-i][to], never), at
		}
		score = next
		s.back = append(s.back, from)
	}
	at := uint8(outside)
	for l := range uint8(labels) {
		if score[l] > score[at] {
			at = l
		}
	}
	for range j - i {
		s.out = append(s.out, 0)
	}
	for k := j - i - 1; k >= 0; k-- {
		s.out[k] = at
		at = s.back[k][at]
	}
}

// joined tells whether b may go on with a name that holds a.
func joined(a, b *token) bool {
	switch b.before {
	case GapSpace:
		return true
	case GapHyphen, GapApostrophe:
		return b.tight
	case GapDot, GapGlue:
		return a.shape == Initial || b.before == GapDot && a.end-a.start <= 2 && capital(a.shape)
	default:
		return false
	}
}
