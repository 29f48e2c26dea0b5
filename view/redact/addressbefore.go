package redact

import "strings"

// behind looks for a street whose number, at i, stands behind it: "Via Roma 131".
func (sc *scan) behind(i int) bool {
	if sc.at(i-1) != ' ' || !wordByte(sc.at(i-2)) && sc.at(i-2) != '.' && sc.at(i-2) != ',' {
		return false
	}
	c := sc.before(i)
	if c.words == 0 {
		return false
	}
	words := strings.TrimRight(sc.s[c.start:i], " ")
	if c.street < 3 && strings.HasSuffix(words, ",") || c.street == 3 && streetsBefore[c.first.word] && !strings.Contains(words, " ") { // "Maren, 2" and "Route 66"
		return false
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
	if c.after == 0 {
		return false
	}
	if k := c.start - 3; k >= sc.floor() && sc.s[k+1:k+3] == ". " && classes[sc.s[k]] == isUpperByte && !wordByte(sc.at(k-1)) { // C. Beerninckstraat
		c.start = k
	}
	return sc.settle(c, c.start, false)
}

// before reads the words of a street backwards from the number at i. A word that
// is a street for certain is where it begins.
func (sc *scan) before(i int) core {
	c := core{start: i, end: i}
	at, strong := i, i
	floor := max(sc.floor(), i-72)
	for range 6 {
		end := at
		for end > floor && (sc.s[end-1] == ' ' || at == i && sc.s[end-1] == ',') {
			end--
		}
		if end == at || at-end > 2 {
			break
		}
		begin := end
		for begin > floor && strings.IndexByte(" \n:,", sc.s[begin-1]) < 0 {
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
		if t.capital || s == 3 {
			c.start, c.first = begin, t
		}
		switch {
		case s == 3 && strong == i:
			c.street, strong = 3, begin
		case s == 2 && at == i && !commonAfter[t.word]:
			c.street = 2
		}
		at = begin
		c.words++
	}
	if c.start == i {
		c.words = 0
	}
	if strong < i {
		c.start = strong
		c.first, _ = sc.token(strong)
	}
	return c
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
