package main

import (
	"embed"
	"fmt"
	"math/rand/v2"
	"sort"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"licet/view/redact/person/tagger"
)

//go:embed templates/*.txt
var templateFiles embed.FS

// a writer fills templates.
type writer struct {
	rng      *rand.Rand
	locales  []locale
	weight   []int // running sum
	gaz      *gazetteer
	towns    []string
	villes   []string
	ordinary []string // words to make titles and companies of
	slots    map[string][]string
	sets     map[string][]string // templates by file
}

func newWriter(n *names, u *usage, g *gazetteer, seed uint64) (*writer, error) {
	w := &writer{rng: rand.New(rand.NewPCG(seed, 16)), locales: n.locales, gaz: g, slots: map[string][]string{}, sets: map[string][]string{}} //nolint:gosec // training data, no secret
	sum := 0
	for _, l := range n.locales {
		sum += localeWeight(l.code)
		w.weight = append(w.weight, sum)
	}
	towns := append([]town(nil), g.towns...)
	sort.SliceStable(towns, func(i, j int) bool { return towns[i].people > towns[j].people })
	for _, t := range towns {
		w.towns = append(w.towns, t.name)
		if t.country == "FR" {
			w.villes = append(w.villes, t.name)
		}
	}
	for _, f := range sortedKeys(u.words) {
		if c := u.common(f); c > 2 && c < 7 && len(f) > 3 && n.words[f] == nil {
			w.ordinary = append(w.ordinary, f)
		}
	}
	for _, name := range []string{"en", "fr", "chat", "any", "slots"} {
		list, err := lines(name)
		if err != nil {
			return nil, err
		}
		for _, line := range list {
			if key, values, ok := strings.Cut(line, ": "); name == "slots" && ok {
				w.slots[key] = strings.Split(values, "|")
				continue
			}
			w.sets[name] = append(w.sets[name], strings.ReplaceAll(line, `\n`, "\n"))
		}
	}
	return w, nil
}

// lines reads one of the hand-written files, without its comments.
func lines(name string) ([]string, error) {
	raw, err := templateFiles.ReadFile("templates/" + name + ".txt")
	if err != nil {
		return nil, fmt.Errorf("read templates: %w", err)
	}
	var out []string
	for line := range strings.Lines(string(raw)) {
		if line = strings.TrimRight(line, "\n"); line != "" && !strings.HasPrefix(line, "# ") {
			out = append(out, line)
		}
	}
	return out, nil
}

func localeWeight(code string) int {
	switch {
	case strings.HasPrefix(code, "fr"):
		return 10
	case code == "en" || code == "en_US" || code == "en_GB" || code == "en-gb" || code == "en_IN" || code == "en-au":
		return 8
	}
	return 3
}

func pick[T any](rng *rand.Rand, list []T) T { return list[rng.IntN(len(list))] }

func (w *writer) locale(french bool) *locale {
	if french && w.rng.IntN(3) > 0 {
		for {
			if l := &w.locales[w.rng.IntN(len(w.locales))]; strings.HasPrefix(l.code, "fr") {
				return l
			}
		}
	}
	x := w.rng.IntN(w.weight[len(w.weight)-1])
	return &w.locales[sort.SearchInts(w.weight, x+1)]
}

func (w *writer) given(l *locale) string {
	g := pick(w.rng, l.given)
	switch w.rng.IntN(40) {
	case 0:
		return g + "-" + pick(w.rng, l.given)
	case 1:
		return g + " " + pick(w.rng, l.given)
	}
	return g
}

var particles = []string{"van", "van der", "van den", "de", "de la", "del", "di", "von", "da", "dos", "du", "des", "d'", "O'", "Mc", "Mac", "Le ", "La ", "El ", "al-", "ben", "bin", "Van ", "De "}

func (w *writer) family(l *locale) string {
	s := pick(w.rng, l.family)
	switch w.rng.IntN(30) {
	case 0:
		return s + "-" + pick(w.rng, l.family)
	case 1:
		p := pick(w.rng, particles)
		if strings.ContainsAny(p[len(p)-1:], "' -c") {
			return p + s
		}
		return p + " " + s
	case 2:
		return s + " " + pick(w.rng, l.family)
	case 3:
		return pick(w.rng, []string{"Saint-", "de Saint-", "St. ", "St ", "Saint "}) + pick(w.rng, l.given)
	}
	return s
}

func (w *writer) initial(l *locale) string {
	r, _ := utf8.DecodeRuneInString(pick(w.rng, l.given))
	return string(r)
}

func (w *writer) full(french bool) string {
	l := w.locale(french)
	m := l
	if w.rng.IntN(4) == 0 {
		m = w.locale(french)
	}
	switch x := w.rng.IntN(100); {
	case x < 10:
		return w.given(l) + " " + w.initial(l) + ". " + w.family(m)
	case x < 17:
		return w.given(l) + " " + w.initial(l) + " " + w.family(m)
	case x < 20:
		return w.initial(l) + ". " + w.family(m)
	case x < 22:
		return w.initial(l) + ". " + w.initial(l) + ". " + w.family(m)
	case x < 23:
		return w.initial(l) + "." + w.initial(l) + ". " + w.family(m)
	case x < 25 && french:
		return w.given(l) + " " + strings.ToUpper(w.family(m))
	}
	return w.given(l) + " " + w.family(m)
}

// filled is a text being written.
type filled struct {
	b     strings.Builder
	names [][2]int
}

// write fills a template; depth bounds slots that hold slots.
func (w *writer) write(f *filled, template string, french bool, depth int) {
	for {
		before, rest, ok := strings.Cut(template, "{")
		f.b.WriteString(before)
		if !ok {
			return
		}
		key, after, _ := strings.Cut(rest, "}")
		template = after
		w.slot(f, key, french, depth)
	}
}

func (w *writer) slot(f *filled, key string, french bool, depth int) {
	if name, labelled := w.name(key, french); name != "" {
		at := f.b.Len()
		f.b.WriteString(name)
		if labelled {
			f.names = append(f.names, [2]int{at, f.b.Len()})
		}
		return
	}
	rng := w.rng
	switch key {
	case "X":
		w.slot(f, pick(rng, anything), french, depth)
	case "PLACE":
		f.b.WriteString(w.town(w.towns))
	case "VILLE":
		f.b.WriteString(w.town(w.villes))
	case "ORG", "UNI":
		w.write(f, pick(rng, w.slots[map[string]string{"ORG": "COMPANY", "UNI": "UNIBODY"}[key]]), french, depth+1)
	case "ADDR":
		f.b.WriteString(strconv.Itoa(1+rng.IntN(9999)) + " ")
		w.write(f, pick(rng, w.slots["STREET"]), french, depth+1)
		if rng.IntN(2) == 0 {
			w.write(f, pick(rng, []string{" Apt. {N}", " Suite {N}", "\n {PLACE}", ", {PLACE}", "\n{PLACE}\n, CA\n {COUNTRY} {N}"}), french, depth+1)
		}
	case "ADRESSE":
		f.b.WriteString(strconv.Itoa(1+rng.IntN(200)) + pick(rng, []string{" ", ", ", " bis "}))
		w.write(f, pick(rng, w.slots["RUE"]), french, depth+1)
	case "N":
		f.b.WriteString(strconv.Itoa(1 + rng.IntN(99)))
	case "CP":
		f.b.WriteString(strconv.Itoa(10000 + rng.IntN(85000)))
	case "YEAR":
		f.b.WriteString(strconv.Itoa(1900 + rng.IntN(127)))
	case "PHONE":
		fmt.Fprintf(&f.b, "0%d %02d %02d %02d %02d", 1+rng.IntN(7), rng.IntN(100), rng.IntN(100), rng.IntN(100), rng.IntN(100))
	case "EMAIL":
		f.b.WriteString("contact@" + tagger.Fold(pick(rng, w.ordinary)) + ".org")
	case "HANDLE":
		f.b.WriteString(pick(rng, w.ordinary) + strconv.Itoa(rng.IntN(99)))
	case "KNOWN":
		f.b.WriteString(pick(rng, w.gaz.firms))
	case "ABBR":
		if s := pick(rng, w.locale(french).given); len(s) < 5 && rng.IntN(2) == 0 {
			f.b.WriteString(strings.ToUpper(s))
			return
		}
		for range 2 + rng.IntN(3) {
			f.b.WriteByte(byte('A' + rng.IntN(26))) //nolint:gosec // a letter
		}
	case "MADEUP":
		f.b.WriteString(title(cut(pick(rng, w.ordinary), 5) + pick(rng, w.ordinary)))
	case "WORDS", "TITLECASE", "WORK":
		f.b.WriteString(w.words(2 + rng.IntN(2)))
	case "TITLECASEFR":
		f.b.WriteString(title(w.words(1) + " " + pick(rng, []string{"de la ", "et ", "du ", "pour la ", ""}) + pick(rng, w.ordinary)))
	default:
		w.write(f, pick(rng, w.slots[key]), french, depth+1)
	}
}

// anything is what may stand where little is said: mostly somebody.
var anything = []string{"P", "P", "P", "P", "P", "P", "P", "P", "F", "G", "S", "ORG", "ORG", "PLACE", "VILLE", "WORDS"}

// name returns a name for the slots that hold one. In a small letter's slot it
// belongs to a street or a company, and is nobody.
func (w *writer) name(key string, french bool) (name string, labelled bool) {
	labelled = key == strings.ToUpper(key)
	switch strings.ToUpper(key) {
	case "P":
		switch x := w.rng.IntN(100); {
		case x < 50:
			return w.full(french), labelled
		case x < 82:
			return w.given(w.locale(french)), labelled
		}
		return w.family(w.locale(french)), labelled
	case "F":
		return w.full(french), labelled
	case "G":
		return w.given(w.locale(french)), labelled
	case "S":
		return w.family(w.locale(french)), labelled
	}
	return "", false
}

// town prefers the larger ones: the least of three.
func (w *writer) town(list []string) string {
	n := len(list)
	if w.rng.IntN(3) == 0 {
		return list[w.rng.IntN(n)]
	}
	return list[min(w.rng.IntN(n), w.rng.IntN(n), w.rng.IntN(n))]
}

func (w *writer) words(n int) string {
	out := make([]string, n)
	for i := range out {
		out[i] = title(pick(w.rng, w.ordinary))
	}
	return strings.Join(out, " ")
}

func cut(s string, n int) string { return s[:min(n, len(s))] }

func title(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(r)) + s[n:]
}

// example writes one example of a set of templates.
func (w *writer) example(set string) tagger.Example {
	var f filled
	french := set == "fr"
	w.write(&f, pick(w.rng, w.sets[set]), french, 0)
	x := tagger.Example{Text: f.b.String(), Names: f.names}
	casual := 12
	if set == "chat" {
		casual = 3
	}
	if set == "chat" && w.rng.IntN(3) == 0 {
		x = spaced(x)
	}
	switch {
	case w.rng.IntN(casual) == 0:
		return recase(x, strings.ToLower, false)
	case w.rng.IntN(casual*3) == 0:
		return recase(x, strings.ToLower, true)
	case w.rng.IntN(80) == 0:
		return recase(x, strings.ToUpper, true)
	case w.rng.IntN(40) == 0:
		return recase(x, strings.ToUpper, false)
	}
	return x
}

// spaced puts spaces around signs, as French does around some and tokenised text around all.
func spaced(x tagger.Example) tagger.Example {
	var b strings.Builder
	var out tagger.Example
	k := 0
	for i := range len(x.Text) {
		if k < len(x.Names) && i == x.Names[k][0] {
			out.Names = append(out.Names, [2]int{b.Len(), 0})
		}
		if k < len(x.Names) && i == x.Names[k][1] {
			out.Names[k][1] = b.Len()
			k++
			if k < len(x.Names) && i == x.Names[k][0] {
				out.Names = append(out.Names, [2]int{b.Len(), 0})
			}
		}
		c := x.Text[i]
		if strings.IndexByte(",.!?':#", c) >= 0 && len(out.Names) == k {
			b.WriteByte(' ')
			b.WriteByte(c)
			b.WriteByte(' ')
			continue
		}
		b.WriteByte(c)
	}
	if k < len(out.Names) {
		out.Names[k][1] = b.Len()
	}
	out.Text = b.String()
	return out
}

// recase writes a text, or the names in it only, in other letters.
func recase(x tagger.Example, letters func(string) string, namesOnly bool) tagger.Example {
	var b strings.Builder
	var out tagger.Example
	at := 0
	same := func(s string) string {
		if namesOnly {
			return s
		}
		return letters(s)
	}
	for _, n := range x.Names {
		b.WriteString(same(x.Text[at:n[0]]))
		from := b.Len()
		b.WriteString(letters(x.Text[n[0]:n[1]]))
		out.Names = append(out.Names, [2]int{from, b.Len()})
		at = n[1]
	}
	b.WriteString(same(x.Text[at:]))
	out.Text = b.String()
	return out
}
