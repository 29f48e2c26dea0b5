package tagger

// A feature is a slot of the weight table. Each token has featureCount of them.
const (
	featureBits  = 17
	featureTable = 1 << featureBits
	featureMax   = 48
)

// ctx is what a feature needs of one token.
type ctx struct {
	sig    uint64 // given, family, common, place, class
	shape  uint64
	g, s   uint64
	common uint64
	class  uint64
	hash   uint64
	namey  uint64 // does anything speak for a name
}

func (m *Model) ctxOf(t *token) ctx {
	r := t.rec
	c := ctx{
		shape: uint64(t.shape), g: uint64(r.given()), s: uint64(r.family()), common: uint64(r.common()),
		class: uint64(r.class()), hash: t.hash,
	}
	known := uint64(0)
	if r.known() {
		known = 1
	}
	c.sig = c.g>>1 | c.s>>1<<2 | c.common>>1<<4 | uint64(r.place())<<6 | c.class<<8 | known<<13
	switch {
	case c.g > 1 && c.common < 3:
		c.namey = 3
	case c.s > 1 && c.common < 3:
		c.namey = 2
	case c.g+c.s > 0:
		c.namey = 1
	}
	return c
}

// edge stands for what is before the first and after the last token.
var edge = ctx{shape: 7, class: 31, hash: 1, sig: 1 << 15}

// mood is how a whole text is written, in two bits: without capitals, or all in capitals.
func mood(toks []token) uint64 {
	caps, lows, all := 0, 0, 0
	for i := range toks {
		switch toks[i].shape {
		case Lower:
			lows++
		case Upper:
			all++
		case Title, Mixed:
			caps++
		case Initial, Number:
		}
	}
	switch {
	case all > lows && all > caps:
		return 1
	case caps+all <= 1 && lows > 3:
		return 2
	}
	return 0
}

// window is the five tokens around the one in question, and the gaps between them.
type window struct {
	c                   [5]ctx
	before, after       Gap
	before2, after2     Gap
	runBefore, runAfter uint64 // capitalised words that touch it by spaces, at most 3
	ahead               uint64 // what the run holds after it: 1 an organisation's word, 2 a place's, 4 a name's
	behind              uint64 // and before it
	mood, quality       uint64
}

type sink struct {
	at [featureMax]uint32
	n  int
}

func (s *sink) add(id, v uint64) {
	h := (v ^ id<<56 ^ id*0xD6E8FEB86659FD93) * 0x9E3779B97F4A7C15
	h ^= h >> 29
	h *= 0xBF58476D1CE4E5B9
	s.at[s.n] = uint32(h >> (64 - featureBits)) //nolint:gosec // featureBits bits
	s.n++
}

// window fills w for token i.
func (m *Model) window(text string, toks []token, i int, mood uint64, w *window) {
	for d := -2; d <= 2; d++ {
		j := i + d
		if j < 0 || j >= len(toks) {
			w.c[d+2] = edge
			continue
		}
		w.c[d+2] = m.ctxOf(&toks[j])
	}
	w.before, w.after, w.before2, w.after2 = toks[i].before, gapAfter(toks, i), GapEdge, GapEdge
	if i > 0 {
		w.before2 = toks[i-1].before
	}
	if i+1 < len(toks) {
		w.after2 = gapAfter(toks, i+1)
	}
	w.mood = mood
	w.run(toks, i)
	w.quality = m.grams.quality(text[toks[i].start:toks[i].end])
}

func gapAfter(toks []token, i int) Gap {
	if i+1 < len(toks) {
		return toks[i+1].before
	}
	return GapEdge
}

// run looks along the capitalised words that touch token i.
func (w *window) run(toks []token, i int) {
	w.runBefore, w.runAfter, w.ahead, w.behind = 0, 0, 0, 0
	for j := i; j > 0 && w.runBefore < 3 && runs(toks[j].before) && capital(toks[j-1].shape); j-- {
		w.runBefore++
		w.behind |= kindOf(toks[j-1].rec)
	}
	for j := i + 1; j < len(toks) && w.runAfter < 3 && runs(toks[j].before) && capital(toks[j].shape); j++ {
		w.runAfter++
		w.ahead |= kindOf(toks[j].rec)
	}
}

func runs(g Gap) bool { return g == GapSpace || g == GapHyphen || g == GapApostrophe || g == GapAnd }

func capital(s Shape) bool { return s != Lower && s != Number }

func kindOf(r Rec) uint64 {
	switch r.class() { //nolint:exhaustive // the others say nothing here
	case Legal, Body, Object, Work:
		return 1
	case Ground:
		return 2
	}
	if r.given() > 1 && r.common() < 3 {
		return 4
	}
	return 0
}

// features writes the features of the token in the middle of w.
func features(text string, t *token, w *window, s *sink) {
	s.n = 0
	c, p, n := &w.c[2], &w.c[1], &w.c[3]
	r := t.rec
	gs := c.g | c.s<<3
	shape := c.shape | w.mood<<3
	start := uint64(0)
	if starts(w.before) {
		start = 1
	}
	full := gs | c.common<<6 | uint64(r.place())<<9 | uint64(r.proper())<<11 | uint64(r.dict())<<13 | uint64(r.org())<<14
	brief := gs | shape<<6
	s.add(1, shape|start<<5)
	s.add(2, brief)
	s.add(3, full)
	s.add(4, full|shape<<16|start<<21)
	s.add(5, w.quality|shape<<4)
	s.add(6, w.quality|gs<<4|c.common<<10|start<<13)
	s.add(7, c.class|shape<<5|start<<10)
	s.add(8, uint64(w.before)|shape<<4|c.namey<<9|c.common<<12)
	s.add(9, uint64(w.after)|shape<<4|c.namey<<9|c.common<<12)
	s.add(10, uint64(w.before)|uint64(w.after)<<4|brief<<8)
	s.add(11, p.hash^uint64(w.before)<<60)
	s.add(12, n.hash^uint64(w.after)<<60)
	s.add(13, p.hash^uint64(w.before)<<60^(c.namey|shape<<2)<<50)
	s.add(14, n.hash^uint64(w.after)<<60^(c.namey|shape<<2)<<50)
	s.add(15, p.hash*3^w.c[0].hash^uint64(w.before)<<60^c.namey<<50)
	s.add(16, n.hash*3^w.c[4].hash^uint64(w.after)<<60^c.namey<<50)
	s.add(17, p.sig|p.shape<<16|uint64(w.before)<<20|c.sig<<24)
	s.add(18, n.sig|n.shape<<16|uint64(w.after)<<20|c.sig<<24)
	s.add(19, p.class|uint64(w.before)<<5|brief<<9)
	s.add(20, n.class|uint64(w.after)<<5|brief<<9)
	s.add(21, w.runBefore|w.runAfter<<2|w.ahead<<4|w.behind<<8|c.namey<<12|shape<<16)
	s.add(22, w.ahead|w.behind<<4|gs<<8|c.common<<14|w.runAfter<<18)
	s.add(23, p.class|n.class<<5|c.namey<<10|uint64(w.before)<<16|uint64(w.after)<<20)
	s.add(24, p.namey|p.shape<<3|n.namey<<6|n.shape<<9|c.namey<<12|uint64(w.before)<<16|uint64(w.after)<<20|shape<<24)
	s.add(25, w.c[0].class|p.class<<5|uint64(w.before2)<<10|uint64(w.before)<<14|c.namey<<18)
	s.add(26, w.c[4].class|n.class<<5|uint64(w.after2)<<10|uint64(w.after)<<14|c.namey<<18)
	s.add(27, p.class|w.quality<<6|shape<<10|uint64(w.before)<<16)
	s.add(28, n.class|w.quality<<6|shape<<10|uint64(w.after)<<16)
	s.add(29, p.common|n.common<<3|p.shape<<6|n.shape<<9|shape<<12|c.namey<<18|w.quality<<21)
	if !r.named() {
		pre, suf2, suf3 := affixes(text[t.start:t.end])
		s.add(30, pre)
		s.add(31, suf2|shape<<40)
		s.add(32, suf3|shape<<40)
	}
	if c.common > 2 || c.class != 0 {
		s.add(33, c.hash^start<<62^shape<<57)
	}
}

// affixes returns the first three, last two and last three folded letters.
func affixes(word string) (pre, suf2, suf3 uint64) {
	n := 0
	var tail uint64
	for _, r := range word {
		b := fold(r)
		if b == 0 || b == ' ' {
			continue
		}
		tail = tail<<8 | uint64(b)
		if n++; n == 3 {
			pre = tail
		}
	}
	return pre, tail & 0xFFFF, tail & 0xFFFFFF
}
