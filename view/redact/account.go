package redact

import "strings"

// luhn tells whether the check digit of a number is right (ISO/IEC 7812-1).
func luhn(digits string) bool {
	sum := 0
	for i := range len(digits) {
		d := int(digits[len(digits)-1-i] - '0')
		if i%2 == 1 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return sum%10 == 0
}

// issued tells whether a payment card may begin and end like this: the ranges of
// the networks, with the lengths that they give out.
func issued(d string) bool {
	n := len(d)
	two, four := int(d[0]-'0')*10+int(d[1]-'0'), 0
	for _, c := range d[:4] {
		four = four*10 + int(c-'0')
	}
	switch {
	case d[0] == '4':
		return n == 13 || n == 16 || n == 19
	case two == 34 || two == 37:
		return n == 15
	case two >= 51 && two <= 55, four >= 2221 && four <= 2720:
		return n == 16
	case two == 36 || two == 38 || two == 39 || four >= 3000 && four <= 3059 || four == 3095:
		return n >= 14 && n <= 19
	case two == 35:
		return n >= 16
	case four == 2131 || four == 1800:
		return n == 15
	case two == 60 || two == 62 || two == 64 || two == 65 || two == 81 || two == 82:
		return n >= 16
	case two == 50 || two >= 56 && two <= 58 || two == 63 || two == 67 || two == 61 || two == 66 || two == 68 || two == 69:
		return true // Maestro: 12 to 19
	case four >= 2200 && four <= 2204: // Mir
		return n >= 16
	}
	return false
}

// card looks for a payment card's number.
func (sc *scan) card(i int, cl *cluster) bool {
	for k := cl.n - 1; k >= 0; k-- {
		g := cl.groups[k]
		if g.digits < 12 || g.digits > 19 {
			continue
		}
		said := cl.n == 1 && sc.announced(i, 32, "card", "carte", "tarjeta", "karte") // a typing error hides no card
		if !said && (g.digits == 18 || !issued(cl.digits[:g.digits]) || !luhn(cl.digits[:g.digits])) || !sc.whole(i, g.end) || strings.Trim(cl.digits[:g.digits], cl.digits[:1]) == "" {
			continue
		}
		sc.add(i, g.end, LabelCard)
		return true
	}
	return false
}

// ibans are the lengths of account numbers by country (the registry of ISO 13616).
var ibans = func() map[string]int {
	out := map[string]int{}
	for length, countries := range map[int]string{
		15: "NO", 16: "BE", 18: "DK FI FK FO GL NL SD", 19: "MK SI", 20: "AT BA EE KZ LT LU MN XK", 21: "CH CR HR LI LV",
		22: "BG BH DE GB GE IE ME RS VA", 23: "AE GI IL IQ OM SO TL", 24: "AD CZ ES MD PK RO SA SE SK TN VG", 25: "LY PT ST",
		26: "IS TR", 27: "BI DJ FR GR IT MC MR SM", 28: "AL AZ BY CY DO GT HU LB NI PL SV", 29: "BR EG PS QA UA", 30: "JO KW MU YE",
		31: "MT SC", 32: "LC", 33: "RU",
	} {
		for c := range strings.FieldsSeq(countries) {
			out[c] = length
		}
	}
	return out
}()

// iban looks for an account number whose check digits are at i, behind the two
// letters of a country.
func (sc *scan) iban(i int) bool {
	start := i - 2
	if start < sc.floor() || !digit(sc.at(i+1)) || !letter(sc.s[start]) || wordByte(sc.at(start-1)) {
		return false
	}
	length := ibans[strings.ToUpper(sc.s[start:i])]
	if length == 0 {
		return false
	}
	rest, n, end := 0, 0, start
	var moved [40]byte // the number with its first four at the end
	for k := start; k < len(sc.s) && n < length; k++ {
		c := sc.s[k]
		if c == ' ' || c == '-' || c == '.' {
			if k-end > 1 {
				return false
			}
			continue
		}
		if c >= 0x80 || !wordByte(c) {
			return false
		}
		moved[(n+length-4)%length] = c
		n++
		end = k + 1
	}
	if n < length || wordByte(sc.at(end)) {
		return false
	}
	for _, c := range moved[:length] {
		if digit(c) {
			rest = (rest*10 + int(c-'0')) % 97
		} else {
			rest = (rest*100 + int(c&^0x20-'A') + 10) % 97
		}
	}
	if rest != 1 && !strings.Contains(lower(sc.s[max(0, start-24):start]), "iban") {
		return false
	}
	sc.add(start, end, LabelIBAN)
	return true
}
