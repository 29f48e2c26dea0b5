package redact

import "strings"

// mostTail is how many parts follow a street.
const mostTail = 8

// tail reads what follows a street that ends at i, and tells whether a postal
// code and a unit are among it. Where the street is not sure, a place on the
// same line needs a comma in front.
func (sc *scan) tail(i int, sure bool) (end int, post, unit bool) {
	end = i
	country := false
	for n := range mostTail {
		at, comma, lines := sc.gap(end)
		if at == end || at >= len(sc.s) || at < sc.until && at > i {
			break
		}
		if to := sc.unit(at); to > 0 && lines < 3 {
			end, unit = to, true
			continue
		}
		if post && (country || lines > 0) {
			break
		}
		if to := sc.postcode(at); to > 0 && !post && (lines < 2 || lines < 3 && (unit || country)) {
			if n > 0 || comma || lines > 0 {
				end, post = to, true
				if country {
					break
				}
				continue
			}
		}
		if d := sc.digits(at, 3); lines == 1 && comma && (d == 1 || d == 2) && sc.at(at+d) == '\n' { // the code of a region
			if next, _, more := sc.gap(at + d); more == 1 && sc.postcode(next) > 0 {
				end = at + d
				continue
			}
		}
		to, isCountry := sc.region(at)
		if to == 0 || lines > 1 && !isCountry && !unit || country && !isCountry || lines > 2 {
			break
		}
		if !comma && lines == 0 && !post && !unit && !sure || !sc.ends(to, lines > 0, comma || unit || post) {
			break
		}
		end = to
		country = country || isCountry
	}
	return end, post, unit
}

// gap skips what parts two parts of an address: blanks, a comma, line breaks.
func (sc *scan) gap(i int) (at int, comma bool, lines int) {
	at = i
	for at < len(sc.s) && at-i < 16 {
		switch sc.s[at] {
		case ' ', '\t', '\r':
		case ',', ';', '|':
			if comma {
				return at, comma, lines
			}
			comma = true
		case '\n':
			lines++
		case '-', '/':
			if sc.at(at-1) != ' ' || sc.at(at+1) != ' ' {
				return at, comma, lines
			}
			comma = true
		default:
			return at, comma, lines
		}
		at++
	}
	return at, comma, lines
}

// unit returns the end of "Apt. 12", "Suite 4B", "3e étage", "2º B", "bât. C", or 0.
func (sc *scan) unit(i int) int {
	t, ok := sc.token(i)
	if !ok && sc.digits(i, 2) > 0 {
		n := i + sc.digits(i, 2)
		for _, w := range []string{"e étage", "ème étage", "er étage", "º", "°", "th floor", "nd floor", "rd floor", "st floor", ". og", ". stock"} {
			if beginsWith(sc.s[n:], w) {
				end := n + len(w)
				if at := skipBlanks(sc.s, end, 1); w[0] > 0x7f && letter(sc.at(at)) && sc.s[at] < 0x80 && !wordByte(sc.at(at+1)) {
					end = at + 1
				}
				return end
			}
		}
	}
	if !ok {
		if sc.at(i) == '#' && digit(sc.at(i+1)) {
			return i + 1 + sc.digits(i+1, 5)
		}
		return 0
	}
	if t.number || !units[t.word] {
		return 0
	}
	n, ok := sc.token(skipBlanks(sc.s, t.end, 2))
	if ok && n.start > t.end && (n.number || n.size() == 1) {
		return n.end
	}
	return 0
}

// postcode returns the end of a postal code at i, or 0.
func (sc *scan) postcode(i int) int {
	s := sc.s
	n := sc.digits(i, 6)
	end := i + n
	switch {
	case n == 0:
		return sc.letteredPostcode(i)
	case n == 5 && sc.at(end) == '-' && sc.digits(end+1, 4) == 4, n == 4 && sc.at(end) == '-' && sc.digits(end+1, 4) == 3, n == 5 && sc.at(end) == '-' && sc.digits(end+1, 4) == 3:
		end += 1 + sc.digits(end+1, 4)
	case n == 2 && sc.at(end) == '-' && sc.digits(end+1, 4) == 3:
		end += 4
	case n == 3 && sc.at(end) == ' ' && sc.digits(end+1, 3) == 2:
		end += 3
	case n == 4 && sc.at(end) == ' ' && classes[sc.at(end+1)] == isUpperByte && classes[sc.at(end+2)] == isUpperByte && !wordByte(sc.at(end+3)): // 1012 AB
		end += 3
	case n < 4 || n > 6:
		return 0
	}
	if end < len(s) && (wordByte(s[end]) || (s[end] == '-' || s[end] == '.' || s[end] == '/' || s[end] == ' ') && digit(sc.at(end+1))) {
		return 0
	}
	return end
}

// letteredPostcode reads SW1A 2AA and K1A 0B1.
func (sc *scan) letteredPostcode(i int) int {
	shape := make([]byte, 0, 9)
	end := i
	for end < len(sc.s) && len(shape) < 9 {
		c := sc.s[end]
		switch {
		case digit(c):
			shape = append(shape, '9')
		case classes[c] == isUpperByte || sc.small && isSmall(c):
			shape = append(shape, 'A')
		case c == ' ' && len(shape) > 1 && len(shape) < 5 && wordByte(sc.at(end+1)):
			shape = append(shape, ' ')
		default:
			c = 0
		}
		if c == 0 || c == ' ' && shape[len(shape)-1] != ' ' {
			break
		}
		end++
	}
	if wordByte(sc.at(end)) {
		return 0
	}
	switch string(shape) {
	case "A9 9AA", "A99 9AA", "AA9 9AA", "AA99 9AA", "A9A 9AA", "AA9A 9AA", "A9A 9A9", "A9A9A9":
		return end
	}
	return 0
}

// region returns the end of the name of a place, a state or a country at i, and
// whether it is a country.
func (sc *scan) region(i int) (end int, country bool) {
	at, words := i, 0
	var first token
	for words < 6 {
		t, ok := sc.token(at)
		if !ok || t.number || t.start < sc.until || words > 0 && sc.letteredPostcode(at) > 0 {
			break
		}
		code := t.word == "nan" && !t.capital                                                               // a state that a table left empty
		stands := t.size() <= 3 && !sc.small && strings.ToUpper(sc.s[t.start:t.end]) == sc.s[t.start:t.end] // a code: ON, NO
		if noPlaces[strings.TrimRight(t.word, ".")] && !stands || units[t.word] || !t.capital && !t.particle() && !code || words == 0 && edges[t.word] && !t.capital {
			break
		}
		if words == 0 {
			first = t
		}
		words++
		if t.capital && (stands || !t.particle()) || code { // Le Havre, not Le
			end = t.end
		}
		if sc.at(t.end) == ':' || sc.at(t.end) == '@' || sc.at(t.end) == '_' {
			return 0, false
		}
		at = skipBlanks(sc.s, t.end, 1)
		if at == t.end {
			break
		}
		if sc.s[min(at, len(sc.s)-1)] == '(' { // ΑΓΛΑΝΤΖΙΑ (ΑΓΛΑΓΓΙΑ)
			n := strings.IndexByte(sc.s[at:min(len(sc.s), at+32)], ')')
			if n < 2 || strings.Contains(sc.s[at:at+n], "\n") || !letter(sc.s[at+1]) {
				break
			}
			end = at + n + 1
			at = skipBlanks(sc.s, end, 1)
			if at == end {
				break
			}
		}
	}
	if end == 0 {
		return 0, false
	}
	if strings.HasSuffix(sc.s[i:end], ".") && len(sc.s[i:end]) > 4 {
		end--
	}
	name := strings.TrimRight(first.word, ".")
	if countriesOfTwo[name] {
		next, ok := sc.token(skipBlanks(sc.s, first.end, 1))
		return end, ok && countriesOfTwo[next.word]
	}
	return end, countries[name]
}

// ends tells whether a place may end at i: nothing of a sentence goes on in its line.
func (sc *scan) ends(i int, line, loose bool) bool {
	at := skipBlanks(sc.s, i, 2)
	c := sc.at(at)
	if c == 0 || c == '\n' || c == ',' || c == '.' || c == ')' || c == ';' || c == '!' || c == '?' || c == '-' || c == '\r' || c == '[' {
		return true
	}
	if digit(c) {
		return true
	}
	if classes[c] == isUpperByte && sc.letteredPostcode(at) > 0 {
		return true
	}
	return loose && !line
}

// military looks for an address of armed forces, whose last line has the cue.
func (sc *scan) military(start, end int) {
	if wordByte(sc.at(start-1)) || strings.IndexByte("aep", sc.at(end)|0x20) < 0 || sc.at(end+1) != ' ' || sc.digits(end+2, 6) != 5 {
		return
	}
	to := end + 7
	if sc.at(to) == '-' && sc.digits(to+1, 5) == 4 {
		to += 5
	}
	from := start
	before := lower(sc.s[max(sc.floor(), start-64):start])
	for _, w := range []string{"psc ", "unit ", "cmr ", "uss ", "usns ", "uscgc ", "usnv ", "usav ", "usv ", "box ", "hms "} {
		if n := strings.LastIndex(before, w); n >= 0 && !wordByte(sc.at(start-len(before)+n-1)) && strings.Count(before[n:], "\n") <= 1 {
			from = min(from, start-len(before)+n)
		}
	}
	sc.add(from, to, LabelAddress)
}

// box looks for a post-office box.
func (sc *scan) box(start, end int) {
	if wordByte(sc.at(start-1)) || !digit(sc.at(end)) || sc.at(start) == 'b' && !sc.small && end-start < 4 {
		return
	}
	t, ok := sc.token(end)
	if !ok {
		return
	}
	from := start
	for from > sc.floor() && start-from < 7 && (digit(sc.s[from-1]) || from == start && sc.s[from-1] == ' ') {
		from--
	}
	for from < start && !digit(sc.s[from]) {
		from++
	}
	to, _, unit := sc.tail(t.end, true)
	if !unit { // Box 149 Monika Union, and the unit on the next line
		if c := sc.core(t.start); c.words > 0 {
			if far, _, more := sc.tail(c.end, true); more {
				to = max(to, far)
			}
		}
	}
	sc.add(from, to, LabelAddress)
}

// corner looks for two streets that meet, behind "corner of".
func (sc *scan) corner(start, end int) {
	if wordByte(sc.at(start - 1)) {
		return
	}
	if strings.HasSuffix(lower(sc.s[max(0, start-4):start]), "the ") {
		start -= 4
	}
	to, streets := end, 0
	for at := end; streets < 2; {
		c := sc.core(at)
		if c.words == 0 {
			break
		}
		to = c.end
		streets++
		next := skipBlanks(sc.s, to, 1)
		if beginsWith(sc.s[next:], "str ") { // Venizelou str and
			to = next + 3
			next = to + 1
		}
		n := 0
		for _, w := range []string{"and ", "& ", "et ", "und ", "y "} {
			if strings.HasPrefix(sc.s[next:], w) {
				n = len(w)
			}
		}
		if n == 0 {
			break
		}
		at = next + n
	}
	if streets == 2 {
		to, _, _ = sc.tail(to, false)
		sc.add(start, to, LabelAddress)
	}
}

// street looks for a street without a number whose last word the cue is: "on Fort Street".
func (sc *scan) street(start, end int) {
	if classes[sc.at(start+1)] != isUpperByte && !sc.small || wordByte(sc.at(end)) {
		return
	}
	from, words := start, 0
	for words < 3 {
		begin := from
		for begin > max(sc.floor(), start-64) && sc.s[begin-1] != ' ' && sc.s[begin-1] != '\n' {
			begin--
		}
		t, ok := sc.token(begin)
		if !ok || t.end != from || !t.capital || t.number || noPlaces[t.word] || begin == 0 || sc.s[begin-1] != ' ' {
			break
		}
		words++
		from = begin - 1
	}
	if words == 0 {
		return
	}
	before := lower(sc.s[max(0, from-6):from])
	for _, w := range []string{" on", " in", " at", " near", " off", " to", " from", " down"} {
		if strings.HasSuffix(before, w) {
			to, _, _ := sc.tail(end, false)
			sc.add(from+1, to, LabelAddress)
			return
		}
	}
}

// fort looks for a street that is named as American ones are, at i, where words
// before it announce a place and nothing else says that it is one: "lives on
// Berg Hills".
func (sc *scan) fort(i int) {
	at, words := i, 0
	var last token
	for words < 3 {
		t, ok := sc.token(at)
		if !ok || t.number || !t.capital || words == 0 && noPlaces[t.word] {
			break
		}
		last = t
		words++
		if suffixes[t.word] && words > 1 || sc.at(t.end) != ' ' {
			break
		}
		at = t.end + 1
	}
	if words > 1 && suffixes[last.word] && sc.addressed(i) {
		end, _, _ := sc.tail(last.end, false)
		sc.add(i, end, LabelAddress)
	}
}
