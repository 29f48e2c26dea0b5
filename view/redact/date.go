package redact

import "strings"

// birthWords announce a date of birth.
var birthWords = []string{
	"born on", "born the", "born in", "born:", "born ", "date of birth", "birth date", "birthdate", "birthday", "dob", "d.o.b", "b-day",
	"née le", "né le", "né.e le", "né·e le", "né(e) le", "née en", "né en", "née à", "né à", "nés le", "nées le", "née un", "né un", "ne le ", "nee le ", "date de naissance", "naissance :", "naissance:", "anniversaire", "naquit le",
	"geboren am", "geboren:", "geb. am", "geb.", "geburtsdatum", "geburtstag", "nacido el", "nacida el", "nací el", "nacimiento", "nato il", "nata il", "data di nascita", "nascido em", "nascida em",
}

// mostBirth is how far behind its announcement a date may stand, in bytes.
const mostBirth = 44

// birth looks for the date that word announces.
func (sc *scan) birth(start, end int, word string) {
	if letter(sc.at(start-1)) || letter(sc.at(end)) && wordByte(sc.s[end-1]) {
		return
	}
	for i := end; i < len(sc.s) && i-end < mostBirth; i++ {
		c := sc.s[i]
		if c == '.' && sc.at(i+1) == ' ' && i-end > 3 || c == '\n' && i-end > 4 || c == '[' {
			return
		}
		if i > 0 && wordByte(sc.s[i-1]) || !wordByte(c) {
			continue
		}
		if to := sc.dateAt(i); to > 0 {
			sc.add(i, to, LabelBirthDate)
			return
		}
		if word == "born in" || strings.HasSuffix(word, " en") {
			// A year alone says who somebody is only of somebody.
			if to := sc.year(i); to > 0 && sc.announced(start, 24, "i was ", "i'm ", "he was ", "she was ", "am ", "je suis ", "est ", "elle ", "il ") {
				sc.add(i, to, LabelBirthDate)
				return
			}
		}
	}
}

func (sc *scan) year(i int) int {
	if y := sc.digits(i, 4); y == 4 && (sc.s[i:i+2] == "19" || sc.s[i:i+2] == "20") {
		return i + 4
	}
	return 0
}

// digits is how many digits stand at i, at most one more than most.
func (sc *scan) digits(i, most int) int {
	n := 0
	for n <= most && digit(sc.at(i+n)) {
		n++
	}
	return n
}

// months are the beginnings of the names of months, in seven languages.
var months = []string{
	"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec", "fév", "fev", "avr", "mai", "juin", "juil", "aoû", "aou", "déc",
	"mär", "okt", "dez", "ene", "abr", "ago", "dic", "gen", "mag", "giu", "lug", "set", "ott", "mei", "jui", "out",
}

// month is the length of a month's name at i, with a dot, or 0.
func (sc *scan) month(i int) int {
	n := wordEnd(sc.s[i:min(len(sc.s), i+16)])
	if n < 3 || n > 11 {
		return 0
	}
	w := lower(sc.s[i : i+n])
	for _, m := range months {
		if strings.HasPrefix(w, m) && (n == len(m) || n > len(m)+1 || w == "sept" || w == "june" || w == "july" || w == "juin" || w == "août" || w == "aout" || w == "mars" || w == "juil") {
			if sc.at(i+n) == '.' {
				n++
			}
			return n
		}
	}
	return 0
}

// joint skips what may stand between the parts of a date.
func (sc *scan) joint(i int) int {
	for k := 0; k < 3 && i < len(sc.s) && strings.IndexByte(" ,.-/", sc.s[i]) >= 0; k++ {
		i++
	}
	for _, w := range []string{"de ", "of ", "del "} {
		if strings.HasPrefix(lower(sc.s[i:min(len(sc.s), i+4)]), w) {
			return i + len(w)
		}
	}
	return i
}

// dateAt returns where a date of day and month that begins at i ends, or 0.
func (sc *scan) dateAt(i int) int {
	if n := sc.month(i); n > 0 { // March 12, 1984
		at := sc.joint(i + n)
		d := sc.digits(at, 4)
		if at > i+n && sc.year(at) > 0 && d == 4 { // mai 1958
			return at + 4
		}
		if at == i+n || d == 0 || d > 2 {
			return 0
		}
		return sc.withYear(sc.ordinal(at + d))
	}
	n := sc.digits(i, 8)
	switch {
	case n == 4: // 1984-03-12
		if sc.year(i) == 0 {
			return 0
		}
		return sc.rest(i+4, 2)
	case n == 8:
		if y := sc.year(i); y > 0 && sc.s[y] < '2' {
			return i + 8
		}
		if sc.year(i+4) > 0 && sc.s[i] < '4' {
			return i + 8
		}
		return 0
	case n == 0 || n > 2:
		return 0
	}
	at := sc.ordinal(i + n)
	next := sc.joint(at)
	if m := sc.month(next); m > 0 && next > at { // 12 March 1984
		return sc.withYear(next + m)
	}
	return sc.numeric(i, i+n)
}

// numeric returns the end of a date whose first number is from i to end: 12/03/1984.
func (sc *scan) numeric(i, end int) int {
	mark := sc.at(end)
	if mark == ' ' && (sc.at(end+1) == '/' || sc.at(end+1) == '.' || sc.at(end+1) == '-') {
		end++
		mark = sc.at(end)
	}
	if mark != '/' && mark != '-' && mark != '.' && mark != ' ' {
		return 0
	}
	second := skipBlanks(sc.s, end+1, 1)
	m := sc.digits(second, 4)
	if m == 0 || m > 2 || second > end+2 {
		return 0
	}
	third := second + m
	if sc.at(third) == ' ' && mark != ' ' {
		third++
	}
	if sc.at(third) != mark {
		return 0
	}
	third = skipBlanks(sc.s, third+1, 1)
	if y := sc.digits(third, 4); y == 4 && sc.year(third) > 0 || y == 2 && mark != ' ' {
		if n := sc.value(i); n > 31 || sc.value(second) > 31 || n > 12 && sc.value(second) > 12 || sc.at(third+y) == mark && digit(sc.at(third+y+1)) {
			return 0
		}
		return third + y
	}
	return 0
}

// value is the number of up to two digits at i.
func (sc *scan) value(i int) int {
	n := int(sc.s[i] - '0')
	if digit(sc.at(i + 1)) {
		n = n*10 + int(sc.s[i+1]-'0')
	}
	return n
}

// rest returns the end of a date whose year ends at end.
func (sc *scan) rest(end, parts int) int {
	mark := sc.at(end)
	if mark != '/' && mark != '-' && mark != '.' {
		return 0
	}
	for range parts {
		n := sc.digits(end+1, 2)
		if sc.at(end) != mark || n == 0 || n > 2 {
			return 0
		}
		end += 1 + n
	}
	return end
}

// ordinal skips what follows the number of a day: 1st, 2nd, 1er, 12.
func (sc *scan) ordinal(i int) int {
	for _, w := range []string{"st", "nd", "rd", "th", "er", "º"} {
		if strings.HasPrefix(lower(sc.s[i:min(len(sc.s), i+2)]), w) && !letter(sc.at(i+2)) {
			return i + 2
		}
	}
	return i
}

// withYear returns the end behind a year that follows a day and a month at i.
func (sc *scan) withYear(i int) int {
	at := sc.joint(i)
	if n := sc.digits(at, 4); at > i && n == 4 && sc.year(at) > 0 {
		return at + 4
	} else if n == 2 && at > i && sc.at(at-1) != ' ' {
		return at + 2
	}
	return i
}

// date tells whether a plain date stands at i: it is not a number of something.
func (sc *scan) date(i int) bool {
	return sc.dateAt(i) > 0
}
