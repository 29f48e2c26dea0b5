package redact

import "strings"

// salaryWords announce what somebody earns.
var salaryWords = []string{
	"salary", "salaries", "salaire", "i earn", "i make", "i'm making", "earning", "earned", "i am paid", "i'm paid", "i get paid", "paid me", "pays me", "wage", "my pay", "pay:", "base pay", "take home", "take-home", "takes home", "compensation",
	"je gagne", "gagnais", "gagne ", "je touche", "rémunération", "remuneration", "paye de", "paie de", "fiche de paie", "payé", "payée", "rémunéré", "fixe de", "prétentions", "sueldo", "salario", "gano ", "cobro ", "gehalt", "verdiene", "stipendio", "guadagno", "ordenado",
	"brut", "bonus", "prime de", "touche ", "touchera", "m'offre", "embauche", "payés", "payées", " ctc", "tjm", "smic",
}

// mostSalary is how far behind its announcement an amount may stand.
const mostSalary = 56

// salaryAfter looks for the amount that the word from start to end announces.
func (sc *scan) salaryAfter(start, end int) {
	if letter(sc.at(start - 1)) {
		return
	}
	for i := end; i < len(sc.s) && i-end < mostSalary; i++ {
		c := sc.s[i]
		if (c == '.' || c == '!' || c == '?' || c == ';') && sc.at(i+1) == ' ' || c == '\n' && i-end > 3 || c == '[' {
			return
		}
		money := strings.HasPrefix(sc.s[i:], "€") || strings.HasPrefix(sc.s[i:], "£") || c == '$'
		if !digit(c) && !money || !money && (wordByte(sc.at(i-1)) || sc.at(i-1) == '#' || sc.at(i-1) == '/') {
			continue
		}
		from := i
		for !digit(sc.at(i)) && i-from < 5 {
			i++
		}
		a := sc.money(i)
		if a.end == 0 {
			i = from
			continue
		}
		if a.end > 0 && (a.value >= 200 || money || a.currency) && !a.percent && (money || a.currency || a.thousand || a.value >= 1000 && !a.year) {
			sc.add(from, sc.span(a.end), LabelSalary)
			return
		}
		i = max(i, a.end-1)
	}
}

// A sum is a number as money is written.
type sum struct {
	end                               int // behind the number, its k and its currency
	value                             int
	currency, thousand, percent, year bool
}

var currencies = []string{"€", "£", "$", "eur", "euros", "euro", "usd", "gbp", "chf", "cad", "dollars", "dollar", "pounds", "francs", "¥"}

// money reads the number at i: "3 200 €", "48,000", "52k€", "2.900,50 euros".
func (sc *scan) money(i int) sum {
	var out sum
	end, digits := i, 0
	for end < len(sc.s) && end-i < 24 {
		c := sc.s[end]
		if digit(c) {
			if digits < 9 {
				out.value = out.value*10 + int(c-'0')
			}
			digits++
			end++
			continue
		}
		if (c == ' ' || c == ',' || c == '.' || c == '\'') && digits > 0 && sc.digits(end+1, 3) == 3 {
			end++
			continue
		}
		break
	}
	if digits == 0 || digits > 9 {
		return out
	}
	out.end = end
	out.year = end-i == 4 && sc.year(i) > 0
	if c := sc.at(end); (c == ',' || c == '.') && (sc.digits(end+1, 2) == 2 || sc.digits(end+1, 2) == 1) {
		out.end = end + 1 + sc.digits(end+1, 2)
	}
	at := skipBlanks(sc.s, out.end, 1)
	if c := sc.at(at); c|0x20 == 'k' && (!letter(sc.at(at+1)) || sc.at(at+1) >= 0x80) {
		out.thousand = true
		out.value *= 1000
		out.end = at + 1
		at = skipBlanks(sc.s, out.end, 1)
	}
	if sc.at(at) == '%' {
		out.percent = true
	}
	for _, w := range currencies {
		if n := at + len(w); strings.HasPrefix(lower(sc.s[at:min(len(sc.s), n)]), w) && (!letter(w[0]) || w[0] >= 0x80 || !letter(sc.at(n))) {
			out.currency = true
			out.end = n
			break
		}
	}
	return out
}

func isSmall(c byte) bool { return c >= 'a' && c <= 'z' }

// span returns the end of a range of amounts whose first ends at end: "45-50 k€".
func (sc *scan) span(end int) int {
	at := skipBlanks(sc.s, end, 1)
	for _, w := range []string{"-", "to ", "à ", "and ", "et ", "bis "} {
		if !strings.HasPrefix(sc.s[at:], w) {
			continue
		}
		at = skipBlanks(sc.s, at+len(w), 1)
		for _, sign := range []string{"$", "€", "£"} {
			if strings.HasPrefix(sc.s[at:], sign) {
				at += len(sign)
			}
		}
		if a := sc.money(at); a.end > 0 && a.value >= 20 {
			return a.end
		}
		return end
	}
	return end
}

var periods = []string{
	"brut", "bruts", "net", "nets", "gross", "brutto", "netto", "bruto", "neto", "par mois", "par an", "par jour", "par année", "mensuels", "mensuel", "annuels", "annuel", "annuelle", "annuels", "par heure", "de l'heure", "per month", "per year", "per annum", "per hour", "per week", "per day",
	"a month", "a year", "an hour", "a week", "a day", "/mois", "/an", "/jour", "/j", "/month", "/year", "/yr", "/hour", "/h", "/hr", "p.a.", "pa", "al mes", "al año", "mensuales", "anuales", "im monat", "im jahr", "pro jahr", "pro monat", "yearly", "monthly", "annually", "before tax", "after tax", "before taxes", "after taxes", "avant impôt", "après impôt", "mois", "hors primes", "base",
}

// period returns the end behind what says how often an amount is paid, and what of it stays.
func (sc *scan) period(end int) int {
	for range 4 {
		at := skipBlanks(sc.s, end, 1)
		if sc.at(at) == '/' {
			at = skipBlanks(sc.s, at+1, 1) - 1
		}
		next := 0
		for _, w := range periods {
			from := at
			if w[0] == '/' && sc.at(at) == ' ' {
				continue
			}
			if n := from + len(w); n > next && strings.HasPrefix(lower(sc.s[from:min(len(sc.s), n)]), w) && !letter(sc.at(n)) {
				next = n
			}
		}
		if next == 0 {
			return end
		}
		end = next
	}
	return end
}

// amount looks for money at i that says itself that it is earned: "2 900 € net par mois".
func (sc *scan) amount(i int) bool {
	end := i + 1
	for end < len(sc.s) && end-i < 12 && (digit(sc.s[end]) || sc.s[end] == ' ' || sc.s[end] == ',' || sc.s[end] == '.') {
		end++
	}
	if c := sc.at(end); c|0x20 != 'k' && c|0x20 != 'e' && c != '-' && c != 0xe2 && c != 0xc2 && c != '$' && !sc.currencyBefore(i) {
		return false
	}
	a := sc.money(i)
	if a.end == 0 || !a.currency && !a.thousand && !sc.currencyBefore(i) && sc.at(a.end) != '-' || a.value < 10 {
		return false
	}
	paid := sc.span(a.end)
	to := sc.period(paid)
	tail := lower(sc.s[a.end:to])
	for _, w := range []string{"brut", "net", "gross", "bruto"} {
		if strings.Contains(tail, w) {
			sc.add(sc.sign(i), paid, LabelSalary)
			return true
		}
	}
	for _, w := range []string{"heure", "hour", "par mois", "par an", "a year", "a month", "per year", "per month", "/mois", "/an", "/year", "/month", "al mes"} {
		if strings.Contains(tail, w) && (a.value >= 1000 || strings.HasSuffix(w, "eure") || w == "hour") {
			sc.add(sc.sign(i), paid, LabelSalary)
			return true
		}
	}
	if to > a.end && strings.HasSuffix(tail, "k€") && strings.ContainsAny(tail, "-àt") { // a range in thousands
		sc.add(sc.sign(i), paid, LabelSalary)
		return true
	}
	after := lower(sc.s[to:min(len(sc.s), to+16)])
	if tail != "" && (strings.HasPrefix(after, " salary") || strings.HasPrefix(after, " de salaire")) || strings.HasPrefix(after, " salary") || strings.HasPrefix(after, " de salaire") {
		sc.add(sc.sign(i), paid, LabelSalary)
		return true
	}
	return false
}

// sign returns i or, where a currency stands before the number, that.
func (sc *scan) sign(i int) int {
	if !sc.currencyBefore(i) {
		return i
	}
	j := i
	for j > sc.floor() && i-j < 4 && (sc.s[j-1] == ' ' || sc.s[j-1] == '$' || sc.s[j-1] >= 0x80) {
		j--
	}
	for sc.at(j) == ' ' {
		j++
	}
	return j
}
