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
}

// mostCore is how many words and numbers a core has at most.
const mostCore = 10

// core reads the street at i.
func (sc *scan) core(i int) core {
	c := core{start: i, end: i}
	at, pending, common := i, 0, false
	for range mostCore {
		t, ok := sc.token(at)
		if !ok || t.start < sc.until && t.start > i {
			break
		}
		if t.number {
			switch {
			case c.words == 0 && c.before < 2:
				c.before++
			case c.words > 0 && c.after < 2 && pending == 0:
				c.after++
			default:
				return c
			}
			c.end = t.end
			if c.after > 0 && sc.at(t.end) == '.' && (sc.at(t.end+1) == 0 || sc.at(t.end+1) != ' ') { // út 15.
				c.end++
			}
		} else {
			if c.after > 0 || units[t.word] && c.words > 0 {
				break
			}
			if c.words == 0 && c.before > 0 && (t.word == "bis" || t.word == "ter" || t.word == "quater") {
				if at = skipBlanks(sc.s, t.end, 2); sc.at(at) == ',' {
					at = skipBlanks(sc.s, at+1, 2)
				}
				continue
			}
			s := t.street()
			if c.words == 0 && c.before > 0 && streetsBefore[t.word] && isSmall(t.word[0]) && !sc.small { // 9 place aux Herbes
				s = 3
			}
			if s == 0 && !t.capital && !t.particle() {
				break
			}
			if noPlaces[strings.TrimRight(t.word, ".")] && c.street < 3 && (c.words == 0 || !streetsAfter[t.word]) {
				c.barred = c.barred || c.words == 0
				break
			}
			if c.words == 0 && c.first.end == 0 {
				c.first = t
			}
			switch {
			case s == 3, s == 2 && c.words > 0 && (!commonAfter[t.word] || t.capital):
				c.street = max(c.street, s)
				common = common || s == 2 && commonAfter[t.word]
				fallthrough
			case t.capital:
				c.words++
				c.end, pending = t.end, 0
			default:
				pending++
			}
		}
		next := skipBlanks(sc.s, t.end, 8)
		if sc.at(t.end) == ',' && (c.words == 0 || c.street == 3 && c.after == 0) { // 12, rue; Calle Mayor, 5
			if n, ok := sc.token(skipBlanks(sc.s, t.end+1, 1)); ok && (n.number && c.words > 1 && n.size() < 5 || c.words == 0 && (n.street() == 3 || n.capital)) {
				next = n.start
				c.parted = c.parted || n.street() < 3
			}
		}
		if c.words == 0 && sc.at(next) == '\n' { // the number on a line of its own
			next = skipBlanks(sc.s, next+1, 12)
			c.parted = true
		}
		if next == t.end {
			break
		}
		at = next
	}
	if common && c.before == 0 && c.street == 2 {
		c.street = 1
	}
	return c
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
		ok = post && end > c.end+6 && (c.before+c.after > 1 || c.after > 0) && !sc.dated(c) || sc.addressed(start) && sc.led(start) && !sc.dated(c)
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

// behind looks for a street whose number, at i, stands behind it: "Via Roma 131".
func (sc *scan) behind(i int) bool {
	if sc.at(i-1) != ' ' || !wordByte(sc.at(i-2)) && sc.at(i-2) != '.' && sc.at(i-2) != ',' {
		return false
	}
	at, start, words, street, strong := i, i, 0, 0, i
	floor := max(sc.floor(), i-72)
	for words < 6 {
		end := at
		for end > floor && (sc.s[end-1] == ' ' || words == 0 && sc.s[end-1] == ',') {
			end--
		}
		if end == at || at-end > 2 {
			break
		}
		begin := end
		for begin > floor && sc.s[begin-1] != ' ' && sc.s[begin-1] != '\n' && sc.s[begin-1] != ':' && sc.s[begin-1] != ',' {
			begin--
		}
		t, ok := sc.token(begin)
		if !ok || t.number || t.end != end || noPlaces[strings.TrimRight(t.word, ".")] && t.word != "st." {
			break
		}
		s := t.street()
		if !t.capital && !t.particle() && s < 3 && (s != 2 || commonAfter[t.word]) {
			break
		}
		words++
		at = begin
		if t.capital || s == 3 {
			start = begin
		}
		if s == 3 && strong == i {
			street, strong = 3, begin
		} else if s == 2 && words == 1 && !commonAfter[t.word] {
			street = 2
		}
	}
	if start == i {
		return false
	}
	if street < 3 && strings.HasSuffix(strings.TrimRight(sc.s[start:i], " "), ",") { // Carine, 2
		return false
	}
	c := core{start: start, end: i, words: words, street: street}
	if t, ok := sc.token(start); ok {
		c.first = t
	}
	if street == 3 {
		c.start = strong
		if t, ok := sc.token(strong); ok {
			c.first = t
		}
		if streetsBefore[c.first.word] && sc.s[i-1] == ' ' && strings.Count(strings.TrimSpace(sc.s[strong:i]), " ") == 0 {
			return false // Route 66
		}
	}
	for at := i; c.after < 2; {
		t, ok := sc.token(at)
		if !ok || !t.number || t.size() > 6 {
			break
		}
		c.end = t.end
		c.after++
		if at = skipBlanks(sc.s, t.end, 1); at == t.end {
			break
		}
	}
	if c.end == i {
		return false
	}
	if k := c.start - 3; k >= sc.floor() && sc.s[k+1:k+3] == ". " && classes[sc.s[k]] == isUpperByte && !wordByte(sc.at(k-1)) { // C. Beerninckstraat
		c.start = k
	}
	return sc.settle(c, c.start, false)
}

// addressed tells whether words before i announce an address.
func (sc *scan) addressed(i int) bool {
	return sc.announced(i, 72, addressWords...)
}

// pair returns the start of "Leon and Eyrarodda 66" whose second street begins at i.
func (sc *scan) pair(i int) int {
	and := 0
	for _, w := range []string{" and ", " & ", " et ", " und ", " y "} {
		if strings.HasSuffix(sc.s[max(sc.floor(), i-5):i], w) {
			and = len(w)
		}
	}
	if and == 0 {
		return i
	}
	end := i - and
	begin := end
	for begin > max(sc.floor(), end-48) && sc.s[begin-1] != ' ' && sc.s[begin-1] != '\n' {
		begin--
	}
	if t, ok := sc.token(begin); ok && t.capital && t.end == end && (sc.addressed(begin) || sc.at(begin-1) == '\n') {
		return begin
	}
	return i
}

// capitals returns the start of up to three words with capitals before i.
func (sc *scan) capitals(i int) int {
	for range 3 {
		begin := i - 1
		for begin > max(sc.floor(), i-32) && sc.s[begin-1] != ' ' && sc.s[begin-1] != '\n' {
			begin--
		}
		t, ok := token{}, false
		if begin >= sc.floor() && begin > 0 {
			t, ok = sc.token(begin)
		}
		if !ok || t.number || t.end != i-1 || sc.s[t.end] != ' ' || !t.capital || noPlaces[t.word] {
			return i
		}
		i = begin
	}
	return i
}

// unitBefore returns the start of the unit whose number is at i, or i.
func (sc *scan) unitBefore(i int) int {
	end := i
	for end > sc.floor() && i-end < 2 && sc.s[end-1] == ' ' {
		end--
	}
	begin := end
	for begin > sc.floor() && end-begin < 12 && (wordByte(sc.s[begin-1]) || sc.s[begin-1] == '.') {
		begin--
	}
	if w := strings.ToLower(sc.s[begin:end]); units[w] && w != "top" && end < i {
		return begin
	}
	return i
}

// houses looks for a street behind two numbers that could be a telephone's:
// "03262 2437 Main St".
func (sc *scan) houses(i int, cl *cluster) bool {
	if cl.groups[1].start-cl.groups[0].end != 1 || sc.at(cl.groups[1].end) != ' ' || cl.groups[1].digits > 10 {
		return false
	}
	c := sc.core(i)
	return c.before == 2 && c.words > 0 && !c.barred && sc.settle(c, sc.unitBefore(i), false)
}
