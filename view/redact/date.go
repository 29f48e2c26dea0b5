package redact

import "strings"

// birthWords announce a date of birth.
var birthWords = []string{
	"born on", "born the", "born in", "born:", "born ", "date of birth", "birth date", "birthdate", "birthday", "dob", "d.o.b", "b-day",
	"née le", "né le", "né.e le", "né·e le", "né(e) le", "née en", "né en", "née à", "né à", "nés le", "nées le", "née un", "né un", "ne le ", "nee le ", "date de naissance", "naissance :", "naissance:", "anniversaire", "naquit le",
	"geboren am", "geboren:", "geb. am", "geb.", "geburtsdatum", "geburtstag", "nacido el", "nacida el", "nací el", "nacimiento", "nato il", "nata il", "data di nascita", "nascido em", "nascida em",
	"née ", "né ", "nées ", "nés ", "vu le jour", "venu au monde", "venue au monde", "ddn", "naiss.", "date naiss", "naissance le", "de naissance", "je suis du ",
	"né :", "née :", "né:", "née:", "né(e) :", "dn :", "dn:", "date naissance", "date_naissance", "je suis de ", "elle est du ", "elle est de ", "il est du ", "il est de ", "bout de son nez le",
}

// ofSomebody are the words after which only a date with its year, of long ago, is one of
// birth: a letter is of the 6th of September too.
var ofSomebody = map[string]bool{"je suis du ": true, "je suis de ": true, "elle est du ": true, "elle est de ": true, "il est du ": true, "il est de ": true}

// kinWords stand before a name with which a date of birth may stand: "mon fils Tom (04/02/2011)".
var kinWords = []string{
	"mon fils", "ma fille", "mon frère", "ma sœur", "ma soeur", "ma mère", "mon père", "ma tante", "mon oncle", "ma grand-mère", "mon grand-père", "mon mari", "ma femme", "mon épouse", "mon conjoint", "ma conjointe", "ma nièce", "mon neveu", "ma cousine", "mon cousin",
	"titulaire :", "locataire :", "candidat :", "candidate :", "salarié :", "salariée :", "stagiaire :", "enfant :", "conjoint :", "mme ", "m. ", "monsieur ", "madame ", "ans (",
}

// fileWords begin a line about somebody: their name follows, and their date of birth.
var fileWords = []string{
	"fiche client", "fiche adhérent", "fiche patient", "fiche salarié", "dossier de l'élève", "dossier élève", "dossier patient", "dossier du patient", "assuré", "assurée", "patient :", "patiente :", "patient:", "adhérent :", "adhérente :", "élève :", "licencié :", "licenciée :",
	"allocataire :", "bénéficiaire :",
}

// founded are those whose birth is nobody's.
var founded = []string{"association", "entreprise", "société", "projet", "idée", "club", "festival", "revue", "site", "collectif", "réseau", "groupe", "marque", "coopérative", "maison", "équipe", "école", "company", "project"}

// mostBirth is how far behind its announcement a date may stand, in bytes.
const mostBirth = 44

// birth looks for the date that word announces.
func (sc *scan) birth(start, end int, word string) {
	if letter(sc.at(start-1)) || letter(sc.at(end)) && wordByte(sc.s[end-1]) || sc.announced(start, 24, founded...) {
		return
	}
	limit := end + mostBirth
	for i := end; i < len(sc.s) && i < limit; i++ {
		c := sc.s[i]
		if c == '.' && sc.at(i+1) == ' ' && i-end > 3 && strings.HasSuffix(word, "naissance") && pointsBack(sc.s[i+2:]) {
			limit = max(limit, i+24) // "Il manque la date de naissance. C'est le 4 mai 1980"
			continue
		}
		if c == '.' && sc.at(i+1) == ' ' && i-end > 3 || c == '\n' && i-end > 4 || c == '[' {
			return
		}
		if i > 0 && wordByte(sc.s[i-1]) || !wordByte(c) {
			continue
		}
		to := sc.dateAt(i)
		if ofSomebody[word] {
			if to > 0 && i == end && to-i > 7 && sc.s[to-4:to] >= "1900" && sc.s[to-4:to] <= "2015" {
				sc.add(i, to, LabelBirthDate)
			}
			return
		}
		if to > 0 && (!loose[word] || i == end || sc.follows(i, "le ", "un ") || sc.follows(i, weekdays...)) {
			sc.add(i, to, LabelBirthDate)
			if strings.HasPrefix(word, "nés") || strings.HasPrefix(word, "nées") {
				sc.siblings(to)
			}
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

// loose are words after which a date is one of birth only where "le" or "un" is before
// it: a name or a season may stand between.
var loose = map[string]bool{"née ": true, "né ": true, "nées ": true, "nés ": true}

// follows tells whether one of words stands right before i.
func (sc *scan) follows(i int, words ...string) bool {
	for _, w := range words {
		if i >= len(w) && beginsWith(sc.s[i-len(w):i], w) {
			return true
		}
	}
	return false
}

var weekdays = []string{"lundi ", "mardi ", "mercredi ", "jeudi ", "vendredi ", "samedi ", "dimanche "}

// pointsBack tells whether a sentence begins by pointing at the one before it.
func pointsBack(text string) bool {
	begin := lower(text[:min(len(text), 16)])
	for _, w := range []string{"c'est le ", "il s'agit du ", "c'est bien le ", "it is ", "it's "} {
		if strings.HasPrefix(begin, w) {
			return true
		}
	}
	return false
}

// siblings goes on to the dates of others that are born: "et le 9 mai 2017".
func (sc *scan) siblings(i int) {
	for range 4 {
		at := 0
		for _, w := range []string{" et le ", ", le ", " et ", ", "} {
			if strings.HasPrefix(sc.s[i:], w) {
				at = i + len(w)
				break
			}
		}
		if at == 0 {
			return
		}
		if i = sc.dateAt(at); i == 0 {
			return
		}
		sc.add(at, i, LabelBirthDate)
	}
}

// file looks for a date that follows a name on a line about somebody: "Fiche client :
// Jacqueline Mouret, 07-03-1949, …", "mon fils Tom (04/02/2011)". Its year is one in
// which somebody can be born of whom others write, latest at the end of it.
func (sc *scan) file(start, end, reach int, latest string) {
	if letter(sc.at(start-1)) || letter(sc.at(end)) && sc.at(end-1) != ' ' {
		return
	}
	at := 0
	if sc.at(end-1) == '(' {
		at = end
	}
	for i := end; at == 0 && i+2 < len(sc.s) && i-end < reach; i++ {
		switch c := sc.s[i]; {
		case c == '\n' || c == '[' || c == ';':
			return
		case c == ',' && sc.s[i+1] == ' ' && digit(sc.s[i+2]):
			at = i + 2
		case c == '(' && digit(sc.s[i+1]):
			at = i + 1
		}
	}
	if at == 0 {
		return
	}
	to := sc.dateAt(at)
	if c := sc.at(to); to == 0 || c != 0 && c != ',' && c != '.' && c != '\n' && c != ')' {
		return
	}
	if y := sc.s[to-4 : to]; to-at > 6 && y >= "1900" && y <= latest {
		sc.add(at, to, LabelBirthDate)
	}
}

// kin is file for words that stand before names of everybody: letters of "Mme Aubry, 17
// avril 2024" are dated too.
func (sc *scan) kin(start, end int, word string) {
	switch word {
	case "mme ", "m. ", "monsieur ", "madame ", "ans (":
		sc.file(start, end, 32, "2007")
	default:
		sc.file(start, end, 40, "2019")
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
	"janv", "févr", "fevr", "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec", "fév", "fev", "avr", "mai", "juin", "juil", "aoû", "aou", "déc",
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
		if beginsWith(sc.s[i:], w) {
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
	if w := "premier "; beginsWith(sc.s[i:], w) { // premier mai 1980
		if m := sc.month(i + len(w)); m > 0 {
			return sc.withYear(i + len(w) + m)
		}
		return 0
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
		if beginsWith(sc.s[i:], w) && !letter(sc.at(i+2)) {
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
