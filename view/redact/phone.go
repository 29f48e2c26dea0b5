package redact

import (
	"strings"

	"github.com/nyaruka/phonenumbers"
)

// phoneWords near a number say that it is one to call.
var phoneWords = []string{
	"phone", "tel", "tél", "mobile", "cell", "fax", "office", "desk", "call", "text", "whatsapp", "sms", "contact", "messages to", "ring", "dial",
	"reach", "appel", "joindre", "joignable", "portable", "numéro", "number is", "number:", "my number", "phone no", "llama", "móvil", "handy", "ruf", "hotline", "voicemail", "landline", "viber", "signal", "gsm", "+",
}

// notPhones before a number say that it is another one.
var notPhones = []string{"licen", "zip", "order", "account", "invoice", "ticket", "policy", "isbn", "issn", "passport", "serial", "case n", "reference", "siret", "siren", "commande", "facture", "dossier", "product", "part n", "version", "pmid", "code"}

// The bounds of a number (ITU-T E.164; below seven digits it is a short code).
const (
	leastPhone = 7
	mostPhone  = 15
)

// phone looks for a telephone number that begins at i or with the + or ( before it.
func (sc *scan) phone(i int, cl *cluster) bool {
	last := cl.groups[cl.n-1]
	if i < sc.cluster { // in a run of numbers that was looked at: only from its first groups
		if sc.tries++; sc.tries > 4 {
			return false
		}
	} else {
		sc.cluster, sc.tries = last.end, 0
	}
	start := i
	for start > sc.floor() && i-start < 2 && (sc.s[start-1] == '+' || sc.s[start-1] == '(') {
		start--
	}
	if c := sc.at(start - 1); wordByte(c) || strings.IndexByte("#=$-/_\\&", c) >= 0 && c != 0 || c == '.' && wordByte(sc.at(start-2)) || sc.currencyBefore(start) {
		return false
	}
	for k := cl.n - 1; k >= 0; k-- {
		g := cl.groups[k]
		if g.digits > mostPhone || g.digits < leastPhone {
			continue
		}
		if end := g.end; !wordByte(sc.at(end)) || sc.at(end)|0x20 == 'x' {
			if sc.calls(start, i, k, cl) {
				sc.add(start, sc.extension(end), LabelPhone)
				return true
			}
		}
	}
	return false
}

// currencyBefore tells whether an amount of money begins at start.
func (sc *scan) currencyBefore(start int) bool {
	before := sc.s[max(0, start-4):start]
	return strings.HasSuffix(before, "€") || strings.HasSuffix(before, "£") || strings.HasSuffix(before, "$") || strings.HasSuffix(before, "€ ") || strings.HasSuffix(before, "£ ") || strings.HasSuffix(before, "$ ")
}

// calls tells whether the first k+1 groups are a telephone number.
func (sc *scan) calls(start, i, k int, cl *cluster) bool {
	g := cl.groups[k]
	d := cl.digits[:g.digits]
	text := sc.s[start:g.end]
	switch {
	case isDate(text) || strings.Count(text, "(") != strings.Count(text, ")") || strings.Trim(d, "0") == "":
		return false
	case sc.at(start) == '+':
		return g.digits >= 8
	case sc.trailing(g.end):
		return false
	case strings.HasPrefix(d, "00") && g.digits >= 10 && k > 0, strings.HasPrefix(d, "011") && g.digits >= 11 && k > 0:
		return true
	case i > start: // an area in brackets
		return strings.Contains(text, ")")
	case american(text, cl, k):
		return true
	case d[0] == '0' && d[1] != '0' && g.digits >= 9 && g.digits <= 11 && !strings.Contains(text, "/"):
		return k > 0 || g.digits >= 10
	}
	if sc.c.Region != "" && g.digits >= 8 && k < 6 && sc.valid(text) {
		return true
	}
	if strings.Contains(text, "/") || k == 1 && cl.groups[0].end-i == 4 && g.end-g.start == 4 && sc.s[g.start-1] == '-' { // from one to another
		return false
	}
	return k < 6 && !sc.announced(start, 32, notPhones...) && (sc.near(start, g.end) || sc.grouped(i, k, cl))
}

// grouped tells whether the first k+1 groups stand as those of a telephone number
// do, and not as thousands, alone at the end of what is said.
func (sc *scan) grouped(i, k int, cl *cluster) bool {
	last := cl.groups[k]
	if sc.tries > 0 || k == 0 || k > 4 || k != cl.n-1 || last.digits > 10 {
		return false
	}
	thousands := true
	for j := range k + 1 {
		g := cl.groups[j]
		n := g.end - g.start
		if n < 2 || n > 7 || j > 0 && (g.start-cl.groups[j-1].end != 1 || sc.s[g.start-1] != ' ' && sc.s[g.start-1] != '-') {
			return false
		}
		thousands = thousands && (j == 0 && n <= 3 || j > 0 && n == 3)
	}
	if thousands && (k < 2 || last.digits != 9 || strings.HasSuffix(cl.digits[:9], "000")) || k == 1 && (sc.year(i) > 0 || sc.year(cl.groups[1].start) > 0) {
		return false
	}
	c := sc.at(last.end)
	return c == 0 || c == '\n' || (c == '.' || c == ',' || c == '?' || c == '!' || c == ';') && !wordByte(sc.at(last.end+1))
}

// american: three, three and four digits, an area from 2 on; perhaps a 1 in front.
func american(text string, cl *cluster, k int) bool {
	at := k - 2
	if at < 0 || at > 1 || at == 1 && cl.groups[0].end-cl.groups[0].start != 1 {
		return false
	}
	for j, size := range []int{3, 3, 4} {
		if g := cl.groups[at+j]; g.end-g.start != size {
			return false
		}
	}
	return cl.digits[at] >= '2' && !strings.Contains(text, "/")
}

// trailing tells whether what follows a number makes it an amount or a measure.
func (sc *scan) trailing(end int) bool {
	rest := sc.s[end:min(len(sc.s), end+12)]
	rest = strings.TrimLeft(rest, " ")
	for _, unit := range []string{"€", "$", "£", "%", "eur", "usd", "dollars", "people", "users", "habitants", "personnes", "km", "bytes"} {
		if strings.HasPrefix(lower(rest), unit) {
			return true
		}
	}
	return strings.HasPrefix(rest, ",") && len(rest) > 3 && digit(rest[1]) && digit(rest[2]) && digit(rest[3])
}

// near tells whether a word of telephoning stands beside a number.
func (sc *scan) near(start, end int) bool {
	before := lower(sc.s[max(0, start-48):start])
	if n := strings.LastIndexByte(before[:max(0, len(before)-1)], '\n'); n >= 0 {
		before = before[n:]
	}
	after := lower(sc.s[end:min(len(sc.s), end+10)])
	for _, w := range phoneWords {
		if n := strings.LastIndex(before, w); n >= 0 && (n == 0 || !letter(before[n-1])) && !strings.Contains(before[n:], ". ") {
			return true
		}
		if n := strings.Index(after, w); n >= 0 && n < 3 && w != "text" && w != "call" && w != "tel" && w != "signal" {
			return true
		}
	}
	return false
}

// valid asks the numbering plans.
func (sc *scan) valid(text string) bool {
	n, err := phonenumbers.Parse(text, sc.c.Region)
	return err == nil && phonenumbers.IsValidNumber(n)
}

// extension returns end behind an extension: "x123", "ext. 123", "poste 12".
func (sc *scan) extension(end int) int {
	rest := lower(sc.s[end:min(len(sc.s), end+16)])
	at := len(rest) - len(strings.TrimLeft(rest, " ,"))
	for _, w := range []string{"extension", "poste", "ext.", "ext", "x"} {
		if !strings.HasPrefix(rest[at:], w) {
			continue
		}
		n := at + len(w)
		for n < len(rest) && rest[n] == ' ' {
			n++
		}
		first := n
		for n < len(rest) && digit(rest[n]) && n-first < 6 {
			n++
		}
		if n > first && !wordByte(sc.at(end+n)) {
			return end + n
		}
		return end
	}
	return end
}

// isDate recognises 2025-11-03, 03/11/2025, 2019-2023 and runs of them.
func isDate(s string) bool {
	parts := strings.FieldsFunc(s, func(r rune) bool { return r < '0' || r > '9' })
	years := 0
	for _, p := range parts {
		if len(p) == 4 && (strings.HasPrefix(p, "19") || strings.HasPrefix(p, "20")) {
			years++
		} else if len(p) > 2 {
			return false
		}
	}
	return years > 0
}
