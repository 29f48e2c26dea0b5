package redact

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// An address is read in two steps: its core is a street and a number, in the
// order and with the words of any country; its tail is the rest, line by line:
// units, places, states, codes, countries. What is no street for certain needs
// another sign: a word that announces an address, a unit, or a postal code.

// A token is a word or number of an address.
type token struct {
	start, end int
	number     bool
	word       string // in small letters, with its dot
	capital    bool
}

func (t token) size() int { return t.end - t.start }

// token reads the word or number at i.
func (sc *scan) token(i int) (t token, ok bool) {
	if i >= len(sc.s) {
		return token{}, false
	}
	s := sc.s
	if digit(s[i]) {
		end := i + sc.digits(i, 6)
		if end-i > 6 {
			return token{}, false
		}
		if c := s[min(end, len(s)-1)]; end < len(s) && letter(c) && c < 0x80 && !wordByte(sc.at(end+1)) { // 12b
			end++
		}
		if end < len(s) && wordByte(s[end]) {
			return token{}, false
		}
		if sc.at(end) == '-' && digit(sc.at(end+1)) && sc.digits(end+1, 4) <= 4 { // 12-14
			end += 1 + sc.digits(end+1, 4)
		}
		if sc.at(end) == ',' && digit(sc.at(end+1)) || sc.at(end) == '.' && digit(sc.at(end+1)) || sc.at(end) == '%' || sc.at(end) == ':' && digit(sc.at(end+1)) {
			return token{}, false
		}
		return token{start: i, end: end, number: true}, true
	}
	if (s[i] == 'C' || s[i] == 'c') && sc.at(i+1) == '/' {
		return token{start: i, end: i + 2, word: "c/", capital: true}, true
	}
	n := wordEnd(s[i:min(len(s), i+64)])
	if n == 0 {
		return token{}, false
	}
	t = token{start: i, end: i + n}
	t.capital = sc.capital(s[i:t.end])
	if sc.at(t.end) == '.' && (n <= 4 || units[strings.ToLower(s[i:t.end])+"."]) {
		w := strings.ToLower(s[i:t.end]) + "."
		if streetsBefore[w] || streetsAfter[w] || units[w] || particles[w] || utf8.RuneCountInString(w) == 2 && sc.at(t.end+1) == ' ' || sc.at(t.end+1) == ' ' && t.capital && classes[sc.at(t.end+2)] != 0 && n <= 3 {
			t.end++
		}
	}
	t.word = strings.ToLower(s[i:t.end])
	return t, true
}

// capital tells whether a word is written as a name is: "Mayor", "d'Ouchy"; in a
// text without capitals, whether it can be one.
func (sc *scan) capital(w string) bool {
	r, n := utf8.DecodeRuneInString(w)
	if unicode.IsUpper(r) {
		return true
	}
	if n+1 < len(w) && w[n] == '\'' {
		r, _ = utf8.DecodeRuneInString(w[n+1:])
		return unicode.IsUpper(r)
	}
	return sc.small && !noPlaces[w]
}

func (t token) particle() bool { return !t.number && particles[t.word] }

// street tells what a word says about being a street: 3 it is one, 2 a word for
// one behind a name, 1 it may be.
func (t token) street() int {
	switch {
	case t.number, t.word == "via" && !t.capital:
		return 0
	case streetsBefore[t.word] && !commonAfter[t.word]:
		return 3
	case streetsAfter[t.word]:
		return 2
	}
	if t.capital {
		for _, s := range streetsInside {
			if strings.HasSuffix(t.word, s) && len(t.word) >= len(s)+3 {
				return 3
			}
		}
		for _, s := range weakInside {
			if strings.HasSuffix(t.word, s) && len(t.word) >= len(s)+3 {
				return 1
			}
		}
	}
	return 0
}

// A core is a street with its numbers.
type core struct {
	start, end           int
	before, after, words int // numbers before the words and behind, and words with a capital
	street               int
	first                token // the first word
	barred               bool  // a word that addresses do not have
	parted               bool  // a comma or a line break stands behind the first number
	common               bool  // its word for a street is another word as well
	pending              int   // particles that no name has followed yet
}

// mostCore is how many words and numbers a core has at most.
const mostCore = 10

// core reads the street at i.
func (sc *scan) core(i int) core {
	c := core{start: i, end: i}
	at := i
	for range mostCore {
		t, ok := sc.token(at)
		if !ok || t.start < sc.until && t.start > i {
			break
		}
		switch {
		case t.number:
			ok = sc.addNumber(&c, t)
		case c.after > 0, units[t.word] && c.words > 0:
			ok = false
		case c.words == 0 && c.before > 0 && repeats[t.word]: // 12 bis
			if sc.at(t.end) == ',' {
				t.end++
			}
		default:
			ok = sc.addWord(&c, t)
		}
		if !ok {
			break
		}
		next := sc.onward(&c, t)
		if next == t.end {
			break
		}
		at = next
	}
	if c.common && c.before == 0 && c.street == 2 {
		c.street = 1
	}
	return c
}

// repeats are what a house number that comes twice is told apart by.
var repeats = set("bis ter quater")

// addNumber takes a number of a street, where one may stand.
func (sc *scan) addNumber(c *core, t token) bool {
	switch {
	case c.words == 0 && c.before < 2:
		c.before++
	case c.words > 0 && c.after < 2 && c.pending == 0:
		c.after++
	default:
		return false
	}
	c.end = t.end
	if c.after > 0 && sc.at(t.end) == '.' && sc.at(t.end+1) != ' ' { // út 15.
		c.end++
	}
	return true
}

// addWord takes a word of a street.
func (sc *scan) addWord(c *core, t token) bool {
	s := t.street()
	if c.words == 0 && c.before > 0 && streetsBefore[t.word] && isSmall(t.word[0]) && !sc.small { // 9 place aux Herbes
		s = 3
	}
	if s == 0 && !t.capital && !t.particle() {
		return false
	}
	if noPlaces[strings.TrimRight(t.word, ".")] && c.street < 3 && (c.words == 0 || !streetsAfter[t.word]) {
		c.barred = c.barred || c.words == 0
		return false
	}
	if c.words == 0 && c.first.end == 0 {
		c.first = t
	}
	sure := s == 3 || s == 2 && c.words > 0 && (!commonAfter[t.word] || t.capital)
	if sure {
		c.street = max(c.street, s)
		c.common = c.common || s == 2 && commonAfter[t.word]
	}
	if !sure && !t.capital {
		c.pending++
		return true
	}
	c.words++
	c.end, c.pending = t.end, 0
	return true
}

// onward returns where the next word or number of a street may begin, behind t.
func (sc *scan) onward(c *core, t token) int {
	next := skipBlanks(sc.s, t.end, 8)
	if sc.at(t.end) == ',' && (c.words == 0 || c.street == 3 && c.after == 0) { // 12, rue; Calle Mayor, 5
		n, ok := sc.token(skipBlanks(sc.s, t.end+1, 1))
		if ok && (n.number && c.words > 1 && n.size() < 5 || c.words == 0 && (n.street() == 3 || n.capital)) {
			next = n.start
			c.parted = c.parted || n.street() < 3
		}
	}
	if c.words == 0 && sc.at(next) == '\n' { // the number on a line of its own
		next = skipBlanks(sc.s, next+1, 12)
		c.parted = true
	}
	return next
}

// place looks for an address whose first number is at i.
func (sc *scan) place(i int) {
	if c := sc.at(i - 1); wordByte(c) || c == '$' || c == '.' || c == '#' || c == '-' || c == '/' || c == ',' && digit(sc.at(i-2)) {
		return
	}
	t, ok := sc.token(i)
	if !ok {
		return
	}
	start := sc.unitBefore(i)
	next := sc.at(t.end)
	if next != ' ' && next != ',' && next != '\n' && next != '\t' && start == i {
		sc.behind(i)
		return
	}
	from := i
	if start < i { // Apt. 675 62314 Mellemvej 32
		from = skipBlanks(sc.s, t.end, 2)
		c := sc.core(from)
		if c.words > 0 && c.before > 0 {
			sc.settle(c, start, true)
			return
		}
		w := lower(sc.s[start:min(i, start+3)])
		if end, post, _ := sc.tail(t.end, true); post || w == "apt" || w == "app" || w == "sui" && t.size() > 2 || end > t.end && sc.addressed(start) {
			sc.add(start, end, LabelAddress)
		}
		return
	}
	c := sc.core(from)
	if c.words > 0 && !c.barred && sc.settle(c, start, false) {
		return
	}
	sc.behind(i)
}

// settle takes a core where enough says that it is one.
func (sc *scan) settle(c core, start int, unit bool) bool {
	named := c.words > 1 || c.street < 2 || c.street == 3 && !streetsBefore[c.first.word]
	sure := c.street >= 2 && named && c.before+c.after > 0 && (!c.parted || c.after > 0)
	end, post, more := sc.tail(c.end, sure || c.before+c.after > 1)
	unit = unit || more
	ok := sure || unit && c.before+c.after > 0 || sc.framed(c)
	if !ok && c.before+c.after > 0 {
		ok = post && end > c.end+6 && (c.before+c.after > 1 || c.after > 0) && !sc.dated(c) || sc.addressed(start) && (sc.led(start) || sc.pair(start) < start) && !sc.dated(c)
		ok = ok && !sc.measured(c)
	}
	if !ok {
		return false
	}
	start = sc.pair(start)
	if unit && c.before == 1 && c.after == 0 && sc.addressed(start) { // Opus 420 Gairbekov Rapids, Apt. 576
		start = sc.capitals(start)
	}
	sc.add(start, end, LabelAddress)
	return true
}

// framed tells whether numbers stand around the words, or two in front of them,
// as no sentence has them: "5049 Harjukuja 54".
func (sc *scan) framed(c core) bool {
	if c.parted || c.before+c.after < 2 || c.after > 2 || sc.dated(c) || c.before > 0 && sc.digits(c.start, 6) < 2 {
		return false
	}
	acronyms := 0
	for w := range strings.FieldsSeq(sc.s[c.start:c.end]) {
		if !digit(w[0]) && strings.ToUpper(w) == w || strings.Count(w, ".") > 1 {
			acronyms++
		}
	}
	return acronyms == 0
}

// dated tells whether a number of c reads as a year.
func (sc *scan) dated(c core) bool {
	for i := c.start; i < c.end; i++ {
		if digit(sc.s[i]) && !digit(sc.at(i-1)) && (i == c.start || sc.s[i-1] == ' ') && sc.year(i) > 0 {
			return true
		}
	}
	return false
}

// led tells whether what begins at i follows what leads to a place: "at", "is",
// a colon or the beginning of a line.
func (sc *scan) led(i int) bool {
	at := i
	for at > 0 && i-at < 3 && (sc.s[at-1] == ' ' || sc.s[at-1] == '\t') {
		at--
	}
	switch sc.at(at - 1) {
	case 0, ':', '\n', ',', '"', '(':
		return true
	}
	before := " " + lower(sc.s[max(0, at-8):at])
	for _, w := range leads {
		if strings.HasSuffix(before, w) {
			return true
		}
	}
	return false
}

// measured tells whether a core is rather a count and what is counted: "12 Angry
// Men", "3 January".
func (sc *scan) measured(c core) bool {
	return c.before == 1 && c.after == 0 && c.street == 0 && sc.digits(c.start, 6) < 3
}

// addressed tells whether words before i announce an address.
func (sc *scan) addressed(i int) bool {
	return sc.announced(i, 72, addressWords...)
}
