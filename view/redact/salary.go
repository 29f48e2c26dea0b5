package redact

import "strings"

// salaryWords announce what somebody earns.
var salaryWords = []string{
	"salary", "salaries", "salaire", "i earn", "i make", "i'm making", "earning", "earned", "i am paid", "i'm paid", "i get paid", "paid me", "pays me", "wage", "my pay", "pay:", "base pay", "take home", "take-home", "takes home", "compensation",
	"je gagne", "gagnais", "gagne ", "je touche", "rémunération", "remuneration", "paye de", "paie de", "fiche de paie", "payé", "payée", "rémunéré", "fixe de", "prétentions", "sueldo", "salario", "gano ", "cobro ", "gehalt", "verdiene", "stipendio", "guadagno", "ordenado",
	"brut", "bonus", "prime de", "touche ", "touchera", "m'offre", "embauche", "payés", "payées", " ctc", "tjm", "smic",
	"paie :", "paye :", "ma paie", "ma paye", "ma retraite", "pension de", "ma pension", "treizième mois", "13e mois", "gratifié", "gratification", "indemnité de stage", "package", "je facture", "bourse", "vacation", "honoraires de", "commissions", "touché ", "proposé ", "proposent ", "ma prime", "prime d'", "prime annuelle", "demande ", "plafonne à", "plafonnons à", "gagnent", "indemnisé", "indemnisée", "négocié", "mon fixe", "nouvelle grille", "grille salariale", "grille de salaire", "grille indiciaire",
	"j'étais à", "je suis à", "je passe à", "j'en suis à", "débutent à", "débute à", "débuté à", "émarge à",
}

// paying are the words that are of somebody who pays as well as of somebody who is paid.
var paying = map[string]bool{"payé": true, "payée": true, "payés": true, "payées": true}

// placed are those after which the amount comes at once: people are at other numbers too.
var placed = map[string]bool{
	"j'étais à": true, "je suis à": true, "je passe à": true, "j'en suis à": true, "débutent à": true, "débute à": true, "débuté à": true, "émarge à": true,
}

// notPay are what else is so much a month or a year.
var notPay = []string{
	"loyer", "abonnement", "crédit", "charges", "location", "cotisation", "coûte", "coût", "prix", "mensualité", "mutuelle", "assurance", "facture", "devis", "budget", "subvention", "entretien", "impôt", "taxe", "loue", "emprunt", "remboursement", "remboursé", "don de",
	"rent", "subscription", "costs", "cost", "price", "lease", "mortgage", "fee", "fees", "hosting", "licence", "license", "donation", "loan", "premium",
}

// mostSalary is how far behind its announcement an amount may stand.
const mostSalary = 56

// salaryAfter looks for the amount that the word from start to end announces.
func (sc *scan) salaryAfter(start, end int, word string) {
	if letter(sc.at(start-1)) || paying[word] && (letter(sc.at(end)) || !sc.paid(start, end)) {
		return
	}
	if placed[word] {
		sc.placedAt(skipBlanks(sc.s, end, 2))
		return
	}
	limit := end + mostSalary
	for i := end; i < len(sc.s) && i < limit; i++ {
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
		if loosePay[word] && !a.thousand && !sc.perTime(a.end) {
			return
		}
		if (a.value >= 200 || money || a.currency) && !a.percent && (money || a.currency || a.thousand || a.value >= 1000 && !a.year) {
			if sc.costs(start, end, i, a.end) || wide[word] && !money && !a.currency && !a.thousand && !sc.closes(a.end) {
				return
			}
			to := sc.span(a.end)
			sc.add(from, to, LabelSalary)
			if !a.currency && !a.thousand && !money || !sc.lists(to) {
				return
			}
			i, limit = to-1, to+mostNext // "Carine, 2 340 €, Stéphane, 2 710 €"
			continue
		}
		i = max(i, a.end-1)
	}
}

// loosePay are the words with which people speak of more than pay: the amount itself
// has to say that it is earned.
var loosePay = map[string]bool{"demande ": true, "plafonne à": true, "plafonnons à": true, "négocié": true, "proposé ": true, "proposent ": true, "touché ": true, "commissions": true, "honoraires de": true, "prime d'": true, "bourse": true}

// wide are words that stand with many numbers that are no money.
var wide = map[string]bool{"gagne ": true, "gagnais": true, "touche ": true, "touchera": true, "bonus": true, "brut": true, "embauche": true, "gagnent": true, "je gagne": true, "je touche": true}

// closes tells whether an amount that names no currency ends what is said, or is said to
// be earned.
func (sc *scan) closes(end int) bool {
	c := sc.at(end)
	return c == 0 || c == ',' || c == '.' || c == '!' || c == '?' || c == '\n' || c == ')' || c == ';' || sc.perTime(end)
}

// perTime tells whether what stands behind an amount says that it is earned.
func (sc *scan) perTime(end int) bool {
	tail := lower(sc.s[end:min(len(sc.s), end+28)])
	for _, w := range []string{" par mois", " de plus par mois", " brut", " net", " l'an dernier", " par an", "/mois", "/an", " de l'heure", " par heure", " la vacation", " en décembre", " en juin", " en mars", " sur treize mois", " sur 13 mois", " avec les heures", ", échelon"} {
		if strings.HasPrefix(tail, w) {
			return true
		}
	}
	return false
}

// gross are words of gross amounts that nobody earns, and of what else can be touched.
var gross = []string{"marge", "résultat", "excédent", "poids", "pétrole", "baril", "produit intérieur", "pib", "chiffre", "écologique", "aide à l'", "aides à l'", "prime à la", "prime énergie", "gas", "oil", "profit", "revenue", "income statement"}

// tails are what stands behind an amount that is paid for something.
var tails = []string{" ttc", " ht", " de remise", " de réduction", " d'amende", " de frais", " d'aide", " de travaux", " de matériel", " d'achats", " de loyer", " de charges", " la place", " le mètre", " le kilo", " pour la réparation", " d'héritage", " de dommages", " d'indemnisation", " sur votre", " offerts", " de bienvenue", " kg", " abonnés", " personnes", " le baril"}

// costs tells whether the amount from i to to, which the word from start to end announces, is
// a price, a weight, or a firm's: by what stands before the word, between and behind.
func (sc *scan) costs(start, end, i, to int) bool {
	if sc.announced(start, 24, gross...) || start < end && sc.announced(start, 40, "gagnant", "gagnante", "lauréat", "lauréate", "vainqueur", "tombola", "concours", "loto", "cagnotte", "coût", "winner", "lottery") || sc.announced(start, 14, "place ", "places ", "logiciel") {
		return true
	}
	between := lower(sc.s[end:i])
	for _, w := range gross {
		if strings.Contains(between, w) {
			return true
		}
	}
	for _, w := range []string{"logiciel", "abonnement", "outil", "à tout", " aux ", "exploitation", "loyer", "charges", "assurance", "assur", "subvention", "coût", "facture", "remise"} {
		if strings.Contains(between, w) {
			return true
		}
	}
	tail := lower(sc.s[to:min(len(sc.s), to+24)])
	for _, w := range tails {
		if strings.HasPrefix(tail, w) && !wordByte(sc.at(to+len(w))) {
			return true
		}
	}
	return false
}

// mostNext is how far behind an amount the next of the same list may stand.
const mostNext = 32

// lists tells whether the amount that ends at end is followed by another of a list of
// pay: a name or a condition may stand between, nothing that costs.
func (sc *scan) lists(end int) bool {
	next := sc.s[end:min(len(sc.s), end+mostNext)]
	n := strings.IndexAny(next, "0123456789")
	if n < 0 {
		return false
	}
	between := lower(next[:n])
	if strings.ContainsAny(between, ".;!?\n[(") || !strings.HasPrefix(between, ",") && !strings.Contains(between, " et ") && !strings.Contains(between, " and ") {
		return false
	}
	for _, w := range notPay {
		if strings.Contains(between, w) {
			return false
		}
	}
	a := sc.money(end + n)
	return a.currency && a.value >= 200
}

// paid tells whether who is "payé" gets money, and the amount says how much: "je suis payé
// 890 €", not "j'ai payé 890 €" or "payé par l'assurance, 890 €".
func (sc *scan) paid(start, end int) bool {
	before := lower(sc.s[max(0, start-12):start])
	gets := false
	for _, w := range []string{"suis ", "est ", "sont ", "être ", "es ", "êtes ", "sommes ", "était ", "étais ", "m'a ", "t'a ", "l'a ", "m'ont ", "nous a ", "bien ", "mal ", "me ", "mieux "} {
		gets = gets || strings.HasSuffix(before, w)
	}
	after := lower(sc.s[end:min(len(sc.s), end+24)])
	return (gets || strings.TrimSpace(before) == "" || strings.HasSuffix(before, ", ")) && !strings.HasPrefix(after, " par ")
}

// placedAt takes the amount at i, "j'étais à 38 k€", where it is in thousands, or something
// behind it says that it is earned.
func (sc *scan) placedAt(i int) {
	if !digit(sc.at(i)) {
		return
	}
	a := sc.money(i)
	if a.end == 0 || a.percent || !a.currency && !a.thousand {
		return
	}
	to := sc.span(a.end)
	tail := lower(sc.s[to:min(len(sc.s), to+24)])
	earned := a.thousand && a.value >= 10_000 && a.value < 400_000
	for _, w := range []string{" brut", " net", " par mois", " par an", " à l'embauche", " mensuel", " annuel"} {
		earned = earned || strings.HasPrefix(tail, w) && a.value >= 300
	}
	if earned {
		sc.add(i, to, LabelSalary)
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
		if n := at + len(w); beginsWith(sc.s[at:], w) && (!letter(w[0]) || w[0] >= 0x80 || !letter(sc.at(n))) {
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
			if n := from + len(w); n > next && beginsWith(sc.s[min(from, len(sc.s)):], w) && !letter(sc.at(n)) {
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
	if sc.between(i) {
		return true
	}
	if c := sc.at(end); c|0x20 != 'k' && c|0x20 != 'e' && c != '-' && c != 0xe2 && c != 0xc2 && c != '$' && !sc.currencyBefore(i) {
		return false
	}
	a := sc.money(i)
	if a.end == 0 || !a.currency && !a.thousand && !sc.currencyBefore(i) && sc.at(a.end) != '-' || a.value < 3 {
		return false
	}
	paid := sc.span(a.end)
	to := sc.period(paid)
	if sc.costs(i, i, i, to) {
		return false
	}
	tail := lower(sc.s[a.end:to])
	for _, w := range []string{"brut", "net", "gross", "bruto"} {
		if strings.Contains(tail, w) {
			sc.add(sc.sign(i), paid, LabelSalary)
			return true
		}
	}
	for _, w := range []string{"heure", "hour", "par mois", "par an", "a year", "a month", "per year", "per month", "/mois", "/an", "/year", "/month", "al mes"} {
		if strings.Contains(tail, w) && !sc.announced(i, 40, notPay...) && (a.value >= 1000 || strings.HasSuffix(w, "eure") || w == "hour") {
			sc.add(sc.sign(i), paid, LabelSalary)
			return true
		}
	}
	if to > a.end && strings.HasSuffix(tail, "k€") && strings.ContainsAny(tail, "-àt") { // a range in thousands
		sc.add(sc.sign(i), paid, LabelSalary)
		return true
	}
	after := lower(sc.s[to:min(len(sc.s), to+16)])
	for _, w := range []string{" à l'embauche", " d'augmentation", " de prime", " avec l'intéressement", " de fixe", " la journée de conseil"} {
		if strings.HasPrefix(after, w[:min(len(w), len(after))]) && len(after) >= min(len(w), 12) && !sc.announced(i, 40, notPay...) {
			sc.add(sc.sign(i), paid, LabelSalary)
			sc.listed(paid)
			return true
		}
	}
	if tail != "" && (strings.HasPrefix(after, " salary") || strings.HasPrefix(after, " de salaire")) || strings.HasPrefix(after, " salary") || strings.HasPrefix(after, " de salaire") {
		sc.add(sc.sign(i), paid, LabelSalary)
		return true
	}
	return false
}

// between takes a range of amounts whose currency stands behind the second, and that says
// that it is earned: "2 100 et 2 300 € net".
func (sc *scan) between(i int) bool {
	a := sc.money(i)
	if a.end == 0 || a.currency || a.value < 300 || a.year || sc.at(a.end) != ' ' {
		return false
	}
	to := sc.span(a.end)
	if to == a.end {
		return false
	}
	tail := lower(sc.s[to:min(len(sc.s), to+6)])
	if !strings.HasPrefix(tail, " net") && !strings.HasPrefix(tail, " brut") {
		return false
	}
	sc.add(i, to, LabelSalary)
	return true
}

// listed goes on to the amounts of a list behind the one that ends at end.
func (sc *scan) listed(end int) {
	for range 8 {
		if !sc.lists(end) {
			return
		}
		at := end + strings.IndexAny(sc.s[end:], "0123456789")
		end = sc.span(sc.money(at).end)
		sc.add(at, end, LabelSalary)
	}
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
