package redact

import "strings"

// announced tells whether one of the words stands up to reach bytes before i.
func (sc *scan) announced(i, reach int, words ...string) bool {
	from := max(0, i-reach)
	before := lower(sc.s[from:i])
	for _, w := range words {
		for at := 0; ; {
			n := strings.Index(before[at:], w)
			if n < 0 {
				break
			}
			if at += n; !letter(w[0]) || !letter(sc.at(from+at-1)) { // "ship" is not in "relationship"
				return true
			}
			at++
		}
	}
	return false
}

// national looks for a number that a state gave to somebody.
func (sc *scan) national(i int, cl *cluster) bool {
	if c := sc.at(i - 1); wordByte(c) || c == '$' || c == '.' && digit(sc.at(i-2)) {
		return false
	}
	for k := range cl.n {
		g := cl.groups[k]
		if g.digits > 15 {
			break
		}
		d := cl.digits[:g.digits]
		ok := !letter(sc.at(g.end)) && !digit(sc.at(g.end))
		switch {
		case g.digits == 15 && ok && nir(d),
			g.digits == 9 && ok && sc.ssn(i, cl, k, d),
			g.digits == 9 && ok && sc.sin(i, cl, k, d),
			g.digits == 11 && ok && sc.cpf(i, cl, k, d),
			g.digits == 11 && ok && sc.steuerID(i, cl, k, d):
			sc.add(i, g.end, LabelNationalID)
			return true
		case g.digits == 13 && ok && avs(d) && (sc.at(i+3) == '.' || cl.n == 1), g.digits == 11 && ok && belgian(d) && sc.shaped(cl, k, ".-", 2, 2, 2, 3, 2):
			sc.add(i, g.end, LabelNationalID)
			return true
		case g.digits == 13 && ok && (k+1 == cl.n || cl.groups[k+1].digits != 15) && sc.announced(i, 60, "sécu", "nir", "insee", "secu") && (d[0] == '1' || d[0] == '2'):
			sc.add(i, g.end, LabelNationalID)
			return true
		case g.digits == 8 && k < 3 && sc.dni(i, g.end, d):
			return true
		case g.digits == 5 && sc.corsica(i, g.end, d):
			return true
		}
	}
	return false
}

// mod97 is the rest of a number in decimal divided by 97.
func mod97(d string) int {
	rest := 0
	for i := range len(d) {
		rest = (rest*10 + int(d[i]-'0')) % 97
	}
	return rest
}

// nir tells whether d is a French social security number: sex, year, month,
// department, commune, order, key.
func nir(d string) bool {
	month := int(d[3]-'0')*10 + int(d[4]-'0')
	if d[0] != '1' && d[0] != '2' && d[0] != '7' && d[0] != '8' || month == 0 || month > 12 && month < 20 || month > 42 && month < 50 {
		return false
	}
	return 97-mod97(d[:13]) == int(d[13]-'0')*10+int(d[14]-'0')
}

// avs tells whether d is a Swiss insurance number: 756 and a check digit as
// articles have it (EAN-13).
func avs(d string) bool {
	sum := 0
	for i := range len(d) {
		sum += int(d[i]-'0') * (1 + 2*(i%2))
	}
	return d[:3] == "756" && sum%10 == 0
}

// belgian tells whether d is a Belgian national number: a date of birth, a
// serial, and what is left to 97, for those born since 2000 with a 2 in front.
func belgian(d string) bool {
	check := int(d[9]-'0')*10 + int(d[10]-'0')
	return 97-mod97(d[:9]) == check || 97-mod97("2"+d[:9]) == check
}

// corsica looks for a French number of somebody born in 2A or 2B: the letter
// counts as 2A = 19, 2B = 18.
func (sc *scan) corsica(i, end int, d string) bool {
	k := skipBlanks(sc.s, end, 1)
	if sc.at(k) != '2' || sc.at(k+1)|0x20 != 'a' && sc.at(k+1)|0x20 != 'b' {
		return false
	}
	number := []byte(d + "19")
	if sc.s[k+1]|0x20 == 'b' {
		number[6] = '8'
	}
	for k += 2; k < len(sc.s) && len(number) < 15; k++ {
		switch c := sc.s[k]; {
		case digit(c):
			number = append(number, c)
		case c != ' ':
			return false
		}
	}
	if len(number) != 15 || !nir(string(number)) || wordByte(sc.at(k)) {
		return false
	}
	sc.add(i, k, LabelNationalID)
	return true
}

// shaped tells whether the first k+1 groups have these sizes, parted by sep.
func (sc *scan) shaped(cl *cluster, k int, seps string, sizes ...int) bool {
	if k+1 != len(sizes) {
		return false
	}
	for j, size := range sizes {
		if g := cl.groups[j]; g.end-g.start != size {
			return false
		}
		if j < k && (cl.groups[j+1].start-cl.groups[j].end != 1 || strings.IndexByte(seps, sc.s[cl.groups[j].end]) < 0) {
			return false
		}
	}
	return true
}

// ssn: a social security number of the United States. Areas 000, 666 and from
// 900 on, group 00 and serial 0000 are never given out.
func (sc *scan) ssn(i int, cl *cluster, k int, d string) bool {
	if d[:3] == "000" || d[:3] == "666" || d[0] == '9' || d[3:5] == "00" || d[5:] == "0000" {
		return false
	}
	if sc.shaped(cl, k, "- .", 3, 2, 4) {
		return true
	}
	return k == 0 && sc.announced(i, 40, "ssn", "social security", "soc sec")
}

// sin: a Canadian social insurance number.
func (sc *scan) sin(i int, cl *cluster, k int, d string) bool {
	if d[0] == '8' || !luhn(d) {
		return false
	}
	if k > 0 && !sc.shaped(cl, k, "- .", 3, 3, 3) {
		return false
	}
	return sc.announced(i, 40, " sin", "social insurance", "assurance sociale", " nas ") || sc.c.Region == "CA" && k > 0 && d[0] != '0'
}

// cpf: a Brazilian tax number, with its two check digits.
func (sc *scan) cpf(i int, cl *cluster, k int, d string) bool {
	if strings.Trim(d, d[:1]) == "" {
		return false
	}
	for last := 9; last <= 10; last++ {
		sum := 0
		for j := range last {
			sum += int(d[j]-'0') * (last + 1 - j)
		}
		if sum*10%11%10 != int(d[last]-'0') {
			return false
		}
	}
	return sc.shaped(cl, k, "-. ", 3, 3, 3, 2) || k == 0 && (sc.c.Region == "BR" || sc.announced(i, 24, "cpf"))
}

// steuerID: a German tax number (ISO 7064, MOD 11,10), in which one digit of the
// first ten comes twice or thrice.
func (sc *scan) steuerID(i int, cl *cluster, k int, d string) bool {
	var seen [10]int
	product, most := 10, 0
	for _, c := range d[:10] {
		seen[c-'0']++
		most = max(most, seen[c-'0'])
		sum := (int(c-'0') + product) % 10
		if sum == 0 {
			sum = 10
		}
		product = sum * 2 % 11
	}
	if check := (11 - product) % 10; d[0] == '0' || most < 2 || most > 3 || check != int(d[10]-'0') {
		return false
	}
	return sc.shaped(cl, k, " ", 2, 3, 3, 3) || k == 0 && (sc.c.Region == "DE" || sc.announced(i, 48, "steuer", "idnr", "tax id", "identifikationsnummer"))
}

// controlLetters are the check letters of Spanish numbers, by the rest divided by 23.
const controlLetters = "TRWAGMYFPDXBNJZSQVHLCKE"

func control(d string) byte {
	rest := 0
	for i := range len(d) {
		rest = (rest*10 + int(d[i]-'0')) % 23
	}
	return controlLetters[rest]
}

// dni: a Spanish identity number, eight digits and their letter.
func (sc *scan) dni(i, end int, d string) bool {
	k := end
	if c := sc.at(k); c == '-' || c == ' ' {
		k++
	}
	if sc.at(k)&^0x20 != control(d) || wordByte(sc.at(k+1)) || k > end && sc.at(k) > 'Z' || isDate(sc.s[i:end]) {
		return false
	}
	sc.add(i, k+1, LabelNationalID)
	return true
}

// lettered looks for numbers with letters in front: Spanish NIE, British NINO.
func (sc *scan) lettered(i int) bool {
	start := i - 1
	if sc.at(start) == '-' || sc.at(start) == ' ' {
		start--
	}
	if start < sc.floor() || !letter(sc.at(start)) {
		return false
	}
	var d []byte
	end := i
	for end < len(sc.s) && len(d) < 8 && (digit(sc.s[end]) || (sc.s[end] == ' ' || sc.s[end] == '-' || sc.s[end] == '.') && wordByte(sc.at(end+1))) {
		if digit(sc.s[end]) {
			d = append(d, sc.s[end])
		}
		end++
	}
	check := sc.at(end) &^ 0x20
	if wordByte(sc.at(end + 1)) {
		return false
	}
	if first := sc.s[start] &^ 0x20; len(d) == 7 && first >= 'X' && first <= 'Z' && !wordByte(sc.at(start-1)) && check == control(string(append([]byte{first - 'X' + '0'}, d...))) {
		sc.add(start, end+1, LabelNationalID)
		return true
	}
	if start--; len(d) != 6 || start < sc.floor() || wordByte(sc.at(start-1)) || check < 'A' || check > 'D' || !insured(sc.s[start]&^0x20, sc.s[start+1]&^0x20) {
		return false
	}
	sc.add(start, end+1, LabelNationalID)
	return true
}

// insured tells whether two letters begin a British National Insurance number.
func insured(a, b byte) bool {
	pair := string([]byte{a, b})
	return a >= 'A' && a <= 'Z' && b >= 'A' && b <= 'Z' && strings.IndexByte("DFIQUV", a) < 0 && strings.IndexByte("DFIQUVO", b) < 0 &&
		!strings.Contains("BG GB KN NK NT TN ZZ", pair)
}
