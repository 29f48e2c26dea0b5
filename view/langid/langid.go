// Package langid tells which language a short text is written in: English,
// French, German, Spanish, another, or undetermined.
//
// Each known word has a weight for each language, and so has each run of two
// to five letters, for words that are not known; view/langid/gen learned them.
// Sums of whole numbers decide, so that an answer is the same to the bit on any
// machine.
package langid

import (
	"math/bits"

	"licet/view/langid/feature"
)

// A Language is an ISO 639-1 code, or one of "other" and "und".
type Language string

// The languages that are told apart.
const (
	English Language = "en"
	French  Language = "fr"
	German  Language = "de"
	Spanish Language = "es"
	// Other is any other language.
	Other Language = "other"
	// Undetermined is a text without words, or with too few to tell.
	Undetermined Language = "und"
)

// Languages returns the four languages that have an answer of their own, in
// the order of a model's lanes.
func Languages() [ownLanes]Language { return [ownLanes]Language{English, French, German, Spanish} }

const ownLanes = 4 // lanes before those of other languages

// Detect returns the language of a text and the share of belief that the model
// gives it, 0 to 1; for Undetermined, the share of the likeliest answer. It
// allocates nothing.
func (m *Model) Detect(text string) (Language, float64) {
	s := m.letters.Scan(text)
	sum, words := m.sum(&s, false)
	if words == 0 && s.Latin > 1 { // capitals only
		s = m.letters.Scan(text)
		sum, words = m.sum(&s, true)
	}
	if s.Foreign > s.Latin {
		if s.Foreign < leastForeign {
			return Undetermined, 0
		}
		return Other, share(uint64(s.Foreign), uint64(s.Foreign+s.Latin)) //nolint:gosec // counts
	}
	if words == 0 {
		return Undetermined, 0
	}
	b := bucket(words)
	for i, v := range m.bias[b] {
		sum[i] += int64(v)
	}
	best, part, all := m.best(&sum)
	if part<<16 < uint64(m.floor[b])*all || s.Latin < leastLatin {
		return Undetermined, share(part, all)
	}
	return best, share(part, all)
}

const (
	leastForeign = 2 // letters; two Chinese characters are a word
	leastLatin   = 3
)

// sum adds up the weights of every word, by lane, and counts the words of two
// letters and more. Acronyms count where acronyms says so.
func (m *Model) sum(s *feature.Scanner, acronyms bool) (sum [Lanes]int64, words int) {
	var (
		slots     [feature.MaxRuns]uint32
		even, odd uint64 // four lanes of 16 bits each
		pending   int
		added     int64
	)
	const low = 0x00FF00FF00FF00FF
	for s.Next() {
		if !acronyms && s.Acronym() {
			continue
		}
		word := s.Word()
		if len(word) > 1 {
			words++
		}
		if i, mark := feature.Word(word); m.marks[i] == mark {
			e := m.words[i]
			even += e & low
			odd += e >> 8 & low
			pending++
		} else {
			n := feature.Runs(word, &slots)
			for _, i := range slots[:n] {
				e := m.runs[i&(feature.RunSlots-1)]
				even += e & low
				odd += e >> 8 & low
			}
			pending += n
		}
		if pending > 257-feature.MaxRuns { // 257 · 255 is what 16 bits hold
			unpack(&sum, even, odd)
			added += int64(pending)
			even, odd, pending = 0, 0, 0
		}
	}
	added += int64(pending)
	unpack(&sum, even, odd)
	for i := range sum {
		sum[i] -= 128 * added
	}
	return sum, words
}

func unpack(sum *[Lanes]int64, even, odd uint64) {
	for i := range Lanes / 2 {
		sum[2*i] += int64(even >> (16 * i) & 0xFFFF)  //nolint:gosec // 16 bits
		sum[2*i+1] += int64(odd >> (16 * i) & 0xFFFF) //nolint:gosec // 16 bits
	}
}

// best returns the likeliest answer, its part of the belief, and all of it:
// a sum s stands for e^(s/scale), the logistic model's share.
func (m *Model) best(sum *[Lanes]int64) (best Language, part, all uint64) {
	top := sum[0]
	for _, v := range sum[1:] {
		top = max(top, v)
	}
	var other uint64
	for i, v := range sum {
		var p uint64
		if d := top - v; d < int64(len(m.power)) {
			p = uint64(m.power[d])
		}
		all += p
		if i >= ownLanes {
			other += p
		} else if p > part {
			best, part = Languages()[i], p
		}
	}
	if other > part {
		return Other, other, all
	}
	return best, part, all
}

// share returns a/b: one division of whole numbers below 2^53, which IEEE 754
// rounds the same everywhere.
func share(a, b uint64) float64 { return float64(a) / float64(b) }

// bucket returns which lengths a text of so many words belongs to.
func bucket(words int) int {
	switch {
	case words < 4:
		return words
	case words < 7:
		return 4
	case words < 13:
		return 5
	}
	return 6
}

// mulShift returns a·b / 2^shift.
func mulShift(a, b uint64, shift uint) uint64 {
	hi, lo := bits.Mul64(a, b)
	return hi<<(64-shift) | lo>>shift
}
