package main

import (
	"maps"
	"math"
	"slices"
	"strings"
	"unicode/utf8"
)

// A sampler draws short texts whose language is known. Its draws depend on
// its seed and the corpora alone.
type sampler struct {
	rng   random
	own   [4]voice
	other []voice
	share []float64 // running sums over other
}

// A voice is a language that texts are drawn from.
type voice struct {
	lane  int
	lang  string
	c     *corpus
	share []float64 // running sums over its sources of text
}

func newSampler(c corpora, seed uint64) *sampler {
	s := &sampler{rng: random(seed)}
	for i, lang := range []string{"en", "fr", "de", "es"} {
		s.own[i] = newVoice(lang, c.of(lang))
	}
	sum := 0.0
	for _, lang := range slices.Sorted(maps.Keys(c)) {
		if lane(lang) < 4 || len(c[lang].texts) == 0 {
			continue
		}
		w := float64(max(1, rank[lang]))
		sum += w
		s.other = append(s.other, newVoice(lang, c[lang]))
		s.share = append(s.share, sum)
	}
	return s
}

func newVoice(lang string, c *corpus) voice {
	v := voice{lane: lane(lang), lang: lang, c: c}
	sum := 0.0
	for _, t := range c.texts {
		sum += math.Sqrt(t.weight)
		v.share = append(v.share, sum)
	}
	return v
}

// lengths of texts in words, in the shares that they are drawn.
var lengths = []struct {
	share    float64
	min, max int
	other    float64 // share of other languages
}{
	{.08, 1, 1, .15},
	{.42, 2, 2, .12},
	{.12, 3, 3, .2},
	{.16, 4, 6, .35},
	{.14, 7, 12, .4},
	{.08, 13, 25, .4},
}

// draw returns a text and its lane.
func (s *sampler) draw() (text string, lane int) {
	u, i := s.rng.float(), 0
	for ; i < len(lengths)-1 && u >= lengths[i].share; i++ {
		u -= lengths[i].share
	}
	l := lengths[i]
	n := l.min + s.rng.below(l.max-l.min+1)
	v := &s.own[s.rng.below(len(s.own))]
	if s.rng.float() < l.other {
		v = &s.other[s.pick(s.share)]
	}
	if len(v.c.lists) > 0 && n <= 4 && s.rng.float() < .6 {
		text = s.listed(v, n)
	} else {
		text = s.window(v, n)
	}
	return s.typed(text, v.lang), v.lane
}

// listed returns n words of a list, common ones more often.
func (s *sampler) listed(v *voice, n int) string {
	list := v.c.lists[s.rng.below(len(v.c.lists))]
	words := make([]string, n)
	for i := range words {
		u := s.rng.float()
		words[i] = list[int(u*math.Sqrt(u)*float64(len(list)))]
	}
	return strings.Join(words, " ")
}

// window returns n words that follow each other in a text.
func (s *sampler) window(v *voice, n int) string {
	all := v.c.texts[s.pick(v.share)].lines
	for range 20 {
		words := strings.Fields(all[s.rng.below(len(all))])
		if len(words) == 0 {
			continue
		}
		n = min(n, len(words))
		at := s.rng.below(len(words) - n + 1)
		return strings.Join(words[at:at+n], " ")
	}
	return ""
}

// typed returns the text as people type it: most often as it is, at times
// without accents, or with the letters that bear them lost on the way.
func (s *sampler) typed(text, lang string) string {
	lost := .05
	if lang == "es" {
		lost = .15
	}
	switch u := s.rng.float(); {
	case u < lost:
		return strings.Map(func(r rune) rune {
			if r >= utf8.RuneSelf {
				return -1
			}
			return r
		}, text)
	case u < lost+.2:
		return bare.Replace(text)
	case u < lost+.25 && lang == "de":
		return digraphs.Replace(text)
	}
	return text
}

var (
	digraphs = strings.NewReplacer("ä", "ae", "ö", "oe", "ü", "ue", "ß", "ss", "Ä", "Ae", "Ö", "Oe", "Ü", "Ue")
	bare     = strings.NewReplacer(pairs(
		"àaáaâaãaäaåaāaăaąaçcćcčcďdđdèeéeêeëeēeėeęeěeģgğgìiíiîiïiīiıiįiķkĺlľlłlļlñnńnňnņnòoóoôoõoöoøoőoŕrřrśsşsšsșsťtţtțtùuúuûuüuūuůuűuýyÿyźzżzžz" +
			"ÀAÁAÂAÃAÄAÅAÇCČCĎDÈEÉEÊEËEÌIÍIÎIÏIŁLÑNÒOÓOÔOÕOÖOØOŚSŠSŞSÙUÚUÛUÜUÝYŽZŻZ")...)
)

// pairs cuts a string into its characters, "àa…", for a replacer.
func pairs(s string) []string {
	var p []string
	for _, r := range s {
		p = append(p, string(r))
	}
	return append(p, "ß", "ss", "œ", "oe", "Œ", "Oe", "æ", "ae")
}

func (s *sampler) pick(share []float64) int {
	u := s.rng.float() * share[len(share)-1]
	i, _ := slices.BinarySearch(share, u)
	return min(i, len(share)-1)
}

// random is Vigna's SplitMix64.
type random uint64

func (r *random) next() uint64 {
	*r += 0x9E3779B97F4A7C15
	z := uint64(*r)
	z = (z ^ z>>30) * 0xBF58476D1CE4E5B9
	z = (z ^ z>>27) * 0x94D049BB133111EB
	return z ^ z>>31
}

func (r *random) float() float64  { return float64(r.next()>>11) / (1 << 53) }
func (r *random) below(n int) int { return int(r.next() % uint64(n)) }
