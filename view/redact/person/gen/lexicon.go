package main

import (
	"encoding/json"
	"fmt"
	"sort"
	"strings"

	"licet/view/redact/person/tagger"
)

// A town is a place that people live in, and how many do.
type town struct {
	name    string
	country string
	people  int
}

// gazetteer is what is no person: towns, countries, companies, dictionary words.
type gazetteer struct {
	towns      []town
	places     map[string]int // folded word: 1 a small town, 2 a town, 3 a large city or a country
	firms      []string
	dictionary map[string]bool
}

func readGazetteer(dir string) (*gazetteer, error) {
	g := &gazetteer{places: map[string]int{}, dictionary: map[string]bool{}}
	if err := g.readPlaces(dir); err != nil {
		return nil, err
	}
	files, err := firms.open(dir, func(name string) bool { return strings.HasSuffix(name, "dict/companies.txt") })
	if err != nil {
		return nil, err
	}
	for line := range strings.Lines(string(files[0].data)) {
		if line = strings.TrimSpace(line); latin.MatchString(line) {
			g.firms = append(g.firms, line)
		}
	}
	houses, err := lines("houses")
	if err != nil {
		return nil, err
	}
	g.firms = append(g.firms, houses...)
	for _, p := range []pin{english, french} {
		files, err := p.open(dir, func(name string) bool { return strings.HasSuffix(name, "/index.json") })
		if err != nil {
			return nil, err
		}
		var words []string
		if err := json.Unmarshal(files[0].data, &words); err != nil {
			return nil, fmt.Errorf("read %s: %w", p.file, err)
		}
		for _, w := range words {
			g.dictionary[tagger.Fold(w)] = true
		}
	}
	return g, nil
}

func (g *gazetteer) place(name string, level int) {
	for _, w := range strings.FieldsFunc(name, func(r rune) bool { return strings.ContainsRune(" -'’.,()", r) }) {
		if f := tagger.Fold(w); len(f) > 2 && !strings.Contains(f, "?") {
			g.places[f] = max(g.places[f], level)
		}
	}
}

func (g *gazetteer) readPlaces(dir string) error {
	files, err := places.open(dir, func(name string) bool {
		return strings.HasSuffix(name, "/cities1000.json") || strings.HasSuffix(name, "/countries.json") || strings.HasSuffix(name, "/us_states.json")
	})
	if err != nil {
		return err
	}
	for _, f := range files {
		var all map[string]struct {
			Name           string
			Countrycode    string
			Population     int
			Alternatenames []string
		}
		if err := json.Unmarshal(f.data, &all); err != nil {
			return fmt.Errorf("read %s: %w", f.name, err)
		}
		for _, k := range sortedKeys(all) {
			x := all[k]
			if !strings.HasSuffix(f.name, "cities1000.json") {
				g.place(x.Name, 3)
				continue
			}
			level := 1
			switch {
			case x.Population > 500_000:
				level = 3
			case x.Population > 15_000:
				level = 2
			}
			g.place(x.Name, level)
			if latin.MatchString(x.Name) && x.Population > 5000 {
				g.towns = append(g.towns, town{x.Name, x.Countrycode, x.Population})
			}
			for _, alt := range x.Alternatenames {
				if x.Population > 1_000_000 && latin.MatchString(alt) {
					g.place(alt, 1)
				}
			}
		}
	}
	exonyms, err := lines("exonyms")
	for _, line := range exonyms {
		for w := range strings.FieldsSeq(line) {
			g.place(w, 3)
		}
	}
	return err
}

// lexicon joins everything that is known of every word.
func lexicon(n *names, u *usage, g *gazetteer) ([]tagger.Word, error) {
	classes, err := tagger.Classes()
	if err != nil {
		return nil, fmt.Errorf("read the classes: %w", err)
	}
	org := map[string]bool{}
	for _, f := range g.firms {
		for _, w := range strings.FieldsFunc(f, func(r rune) bool { return strings.ContainsRune(" -'&", r) }) {
			if x := tagger.Fold(w); len(x) > 2 {
				org[x] = true
			}
		}
	}
	keys := map[string]bool{}
	for w := range n.words {
		keys[w] = true
	}
	for w, x := range u.words {
		if len(w) < 30 && (x.small[0]+x.small[1] > 2 || x.capital > 15) {
			keys[w] = true
		}
	}
	for w := range classes {
		keys[w] = true
	}
	for w := range g.places {
		keys[w] = true
	}
	for w := range org {
		keys[w] = true
	}
	var words []tagger.Word
	for w := range keys {
		if w == "" || len(w) > 40 {
			continue
		}
		e := tagger.Entry{Common: u.common(w), Place: g.places[w], Class: classes[w], Dict: g.dictionary[w], Org: org[w]}
		if x := n.words[w]; x != nil {
			e.Given, e.Family = level(x.given), level(x.family)
		}
		if e.Given+e.Family < 2 || e.Common > 0 {
			e.Proper = u.proper(w)
		}
		words = append(words, tagger.Word{Text: w, Rec: e.Rec()})
	}
	sort.Slice(words, func(i, j int) bool { return words[i].Text < words[j].Text })
	return words, nil
}

// level puts points of evidence into 0 to 7.
func level(points int) int {
	switch {
	case points > 15:
		return 7
	case points > 9:
		return 6
	case points > 6:
		return 5
	}
	return min(points, 4)
}

// letters learns which groups of three letters names are made of.
func letters(n *names, u *usage, g *gazetteer) *tagger.Grams {
	const slots = len(tagger.Grams{})
	var in, out [slots]int
	nIn, nOut := 0, 0
	for _, l := range n.locales {
		for _, list := range [][]string{l.given, l.family} {
			for _, s := range list {
				tagger.GramsOf(s, func(at uint32) { in[at]++; nIn++ })
			}
		}
	}
	for _, w := range sortedKeys(u.words) {
		if x := u.words[w]; x.small[0]+x.small[1] > 2 && n.words[w] == nil {
			tagger.GramsOf(w, func(at uint32) { out[at]++; nOut++ })
		}
	}
	for _, f := range g.firms {
		tagger.GramsOf(f, func(at uint32) { out[at]++; nOut++ })
	}
	grams := new(tagger.Grams)
	for at := range slots {
		// Log₂ of the odds in sixteenths, from whole numbers only.
		a := uint64(in[at]*2+1) * uint64(nOut)                   //nolint:gosec // counts
		b := uint64(out[at]*2+1) * uint64(nIn)                   //nolint:gosec // counts
		grams[at] = int8(min(max(log16(a)-log16(b), -120), 120)) //nolint:gosec // clamped
	}
	return grams
}

// log16 returns log₂ x in sixteenths, rounded down to a quarter bit or so: exact on every machine.
func log16(x uint64) int {
	n := 0
	for x >= 32 {
		x, n = x>>1, n+16
	}
	for x < 16 && x > 0 {
		x, n = x<<1, n-16
	}
	return n + int(x-16) //nolint:gosec // 16 to 31: linear between powers
}
