package main

import (
	"cmp"
	"maps"
	"slices"

	"licet/view/langid/feature"
)

// place decides which words have a number of their own: of those that share
// one, the commonest in any language. It returns the mark at each number, 0
// where there is none, and the word.
func place(c corpora, letters *feature.Letters) (marks []uint8, owners []string) {
	type word struct {
		codes string
		value float64
	}
	values := map[string]float64{}
	see := func(text string, value float64) {
		s := letters.Scan(text)
		for s.Next() {
			w := string(s.Word())
			values[w] = max(values[w], value)
		}
	}
	for _, lang := range slices.Sorted(maps.Keys(c)) {
		share := 1.0
		if lane(lang) > 3 {
			share = .3
			if rank[lang] == 0 || lang == "world" {
				share = .1
			}
		}
		for _, list := range c[lang].lists {
			for i, w := range list {
				see(w, share/float64(i+100))
				see(bare.Replace(w), share/float64(i+100)/2)
			}
		}
		for i, w := range c[lang].counted(letters) {
			values[w] = max(values[w], share/float64(i+100))
		}
	}
	all := make([]word, 0, len(values))
	for w, v := range values {
		all = append(all, word{w, v})
	}
	slices.SortFunc(all, func(a, b word) int { return cmp.Or(cmp.Compare(b.value, a.value), cmp.Compare(a.codes, b.codes)) })
	marks, owners = make([]uint8, feature.WordSlots), make([]string, feature.WordSlots)
	for _, w := range all {
		slot, mark := feature.Word([]uint8(w.codes))
		if marks[slot] == 0 {
			marks[slot], owners[slot] = mark, w.codes
		}
	}
	return marks, owners
}

// counted returns the words that a corpus's texts have three times or more,
// the commonest first.
func (c *corpus) counted(letters *feature.Letters) []string {
	count := map[string]int{}
	for _, t := range c.texts {
		for _, l := range t.lines {
			s := letters.Scan(l)
			for s.Next() {
				count[string(s.Word())]++
			}
		}
	}
	maps.DeleteFunc(count, func(_ string, n int) bool { return n < 3 })
	words := slices.Collect(maps.Keys(count))
	slices.SortFunc(words, func(a, b string) int { return cmp.Or(cmp.Compare(count[b], count[a]), cmp.Compare(a, b)) })
	return words
}
