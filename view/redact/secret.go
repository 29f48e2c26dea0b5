package redact

import (
	"math"
	"slices"
	"strings"
)

// keyword looks for the secrets whose rules name the keyword from start to end.
func (sc *scan) keyword(c *cue, start, end int) {
	set := secretRules()
	operator, long := -1, -1 // not looked for yet
	for _, n := range c.rules {
		r := &set.rules[n]
		if r.assigned && !r.loose {
			if operator < 0 {
				operator = sc.operator(end)
			}
			if operator == 0 {
				continue
			}
		}
		if r.bounded && wordByte(sc.at(start-1)) {
			continue
		}
		switch {
		case r.loose || r.assigned:
		case r.anchored && !runs(sc.s[start:], leastSecret):
			continue
		case !r.anchored:
			if long < 0 {
				long = sc.long(start, end)
			}
			if long == 0 {
				continue
			}
		}
		if !r.anchored && sc.searched(n, start, end+r.wide) {
			continue
		}
		sc.match(set, r, start, end)
	}
}

// searched tells whether a rule has looked at everything up to end already; if
// not, it will look twice as far, so that a text full of keywords costs no more
// than twice its length.
func (sc *scan) searched(rule uint16, start, end int) bool {
	if sc.looked == nil {
		sc.looked = map[uint16]int{}
	}
	if end <= sc.looked[rule] && start >= sc.until {
		return true
	}
	sc.looked[rule] = end + end - start
	return false
}

// operator returns 1 where an operator of assignment and a run that may be a
// secret follow a keyword that ends at i, 0 where none do: the gate of most
// rules, and it is nearly always shut.
func (sc *scan) operator(i int) int {
	for k := i; k < len(sc.s) && k-i < 26; k++ {
		switch c := sc.s[k]; c {
		case '=', '>', ':', '|', '?', ',':
			at := k + 1
			for at < len(sc.s) && at-k < 10 && strings.IndexByte("=>:|?,`'\" \t\r\n", sc.s[at]) >= 0 {
				at++
			}
			if random(sc.s[at:min(len(sc.s), at+24)]) {
				return 1
			}
		case ' ', '\t', '.', '-', '_', '\'', '"', '\n', '\r':
		default:
			if c >= 0x80 || !wordByte(c) {
				return 0
			}
		}
	}
	return 0
}

// random tells whether s begins with a run that may be a secret: letters and
// digits, with a digit among them or longer than any word.
func random(s string) bool {
	for n := range len(s) {
		switch c := s[n]; {
		case !secretByte(c):
			return false
		case digit(c) && n >= leastSecret-1:
			return true
		case digit(c):
			return len(s) >= leastSecret && n < leastSecret && runs(s, leastSecret)
		}
	}
	return len(s) == 24
}

// runs tells whether the first n bytes of s are of a run.
func runs(s string, n int) bool {
	for i := range n {
		if i >= len(s) || !secretByte(s[i]) {
			return false
		}
	}
	return true
}

// leastSecret is the shortest run of letters and digits that a rule calls a secret.
const leastSecret = 10

func secretByte(c byte) bool {
	return c < 0x80 && wordByte(c) || c == '_' || c == '-' || c == '+' || c == '/' || c == '=' || c == '.' || c == '~' || c == '%' || c == '|' || c == ':'
}

// long returns 1 where a run of letters and digits that is long enough stands
// near a keyword, or 0.
func (sc *scan) long(start, end int) int {
	if run(sc.s[max(0, start-160):min(len(sc.s), end+160)]) {
		return 1
	}
	return 0
}

func run(s string) bool {
	n, digits, mixed := 0, false, byte(0)
	for i := range len(s) {
		c := s[i]
		if !secretByte(c) {
			n, digits, mixed = 0, false, 0
			continue
		}
		n++
		digits = digits || digit(c)
		mixed |= classes[c]
		if n >= leastSecret && (digits || n >= 24) {
			return true
		}
	}
	return false
}

// match runs a rule around a keyword.
func (sc *scan) match(set *ruleSet, r *rule, start, end int) {
	from, to := start, min(len(sc.s), end+r.wide)
	if !r.anchored {
		from = max(sc.floor(), start-200)
		to = min(len(sc.s), sc.looked[r.n])
	}
	for from <= start {
		m := r.regex().FindStringSubmatchIndex(sc.s[from:to])
		if m == nil {
			return
		}
		a, b := secretOf(r, m)
		whole := sc.s[from+m[0] : from+m[1]]
		if sc.keep(set, r, sc.s[from+a:from+b], whole) {
			sc.add(from+a, from+b, LabelSecret)
			return
		}
		if r.anchored || m[1] == 0 {
			return
		}
		from += m[1]
	}
}

// secretOf returns where the secret of a match is: in its group, or the first
// that took part, or everywhere.
func secretOf(r *rule, m []int) (from, to int) {
	if g := 2 * r.group; g > 0 && g < len(m) && m[g] >= 0 {
		return m[g], m[g+1]
	}
	for g := 2; g < len(m); g += 2 {
		if m[g] >= 0 && m[g+1] > m[g] {
			return m[g], m[g+1]
		}
	}
	return m[0], m[1]
}

// keep tells whether a match is a secret: random enough, and on no list of what
// is none.
func (sc *scan) keep(set *ruleSet, r *rule, secret, whole string) bool {
	if r.entropy > 0 && entropy(secret) <= r.entropy {
		return false
	}
	if r.id == "generic-api-key" && !strings.ContainsAny(secret, "0123456789") {
		return false
	}
	if set.allow.allows(secret, whole) {
		return false
	}
	for i := range r.allow {
		if r.allow[i].allows(secret, whole) {
			return false
		}
	}
	return true
}

func (a *allow) allows(secret, whole string) bool {
	target := secret
	if a.match {
		target = whole
	}
	for _, r := range a.regexes {
		if r().MatchString(target) {
			return true
		}
	}
	if len(a.stopWords) == 0 {
		return false
	}
	low := strings.ToLower(secret)
	for _, w := range a.stopWords {
		if strings.Contains(low, w) {
			return true
		}
	}
	return false
}

// entropy is Shannon's, in bits a byte.
func entropy(s string) float64 {
	var counts [256]int
	for i := range len(s) {
		counts[s[i]]++
	}
	sum := 0.0
	for _, n := range counts {
		if n > 0 {
			p := float64(n) / float64(len(s))
			sum -= p * math.Log2(p)
		}
	}
	return sum
}

// passwordWords announce a password in prose.
var passwordWords = []string{
	"password", "passwd", "passphrase", "passcode", "passwort", "kennwort", "contraseña", "clave es", "mot de passe", "mdp", "pwd", "wachtwoord", "senha", "pin code", "pin is", "code pin", "code wifi", "wifi code", "code d'accès", "code de la porte", "digicode", "door code", "login code", "access code",
}

// linkWords may stand between the announcement and the password.
var linkWords = []string{"is", "was", "are", "est", "c'est", "était", "c'était", "ist", "es", "lautet", "é", "=", ":", "->", "=>", ":=", "are:", "is:", "est:", "was:", "now", "still", "maintenant", "désormais", "toujours", "currently", "set to", "to", "sera", "becomes"}

// password looks for what the word from start to end announces.
func (sc *scan) password(start, end int) {
	if letter(sc.at(start-1)) || letter(sc.at(end)) {
		return
	}
	i, linked := end, false
	limit := min(len(sc.s), end+64)
	if at := skipBlanks(sc.s, end, 1); at > end && wordByte(sc.at(at)) { // "with the password Pump4you"
		n := at
		for n < limit && sc.s[n] > ' ' {
			n++
		}
		if w := strings.TrimRight(sc.s[at:n], ".,;:!?)"); len(w) > 4 && chosen(w) && !strings.ContainsAny(w, ":=") {
			sc.add(at, at+len(w), LabelSecret)
			return
		}
	}
	for words := 0; i < limit && words < 9; words++ {
		i = skipBlanks(sc.s, i, 3)
		n := i
		for n < limit && sc.s[n] != ' ' && sc.s[n] != '\n' {
			n++
		}
		w := lower(sc.s[i:n])
		if !linked && len(w) > 1 && (w[len(w)-1] == ':' || w[len(w)-1] == '=') && !strings.Contains(w, "://") {
			linked = true
			i = n
			continue
		}
		link := isLink(w)
		if linked && !link {
			break
		}
		if w == "" || strings.ContainsAny(w, ".;!?\n[") && !link {
			if len(w) > 1 && (w[0] == ':' || w[0] == '=') {
				linked = true
				i++
				break
			}
			return
		}
		if len(w) > 1 && (w[0] == ':' || w[0] == '=') && !link {
			linked = true
			i++
			break
		}
		if link {
			linked = true
		}
		i = n
	}
	if linked {
		sc.passwordAt(skipBlanks(sc.s, i, 3))
	}
}

func isLink(w string) bool { return slices.Contains(linkWords, w) }

// mostPassword is the longest password that is taken, in bytes.
const mostPassword = 128

// passwordAt takes the word at i where it looks like a password.
func (sc *scan) passwordAt(i int) {
	quote := sc.at(i)
	if quote == '"' || quote == '\'' || quote == '`' {
		i++
		if n := strings.IndexByte(sc.s[i:min(len(sc.s), i+mostPassword)], quote); n >= 3 && !strings.Contains(sc.s[i:i+n], "\n") {
			if placeholder(sc.s[i:i+n]+" ") == 0 {
				sc.add(i, i+n, LabelSecret)
			}
			return
		}
	}
	end := i
	for end < len(sc.s) && end-i < mostPassword && sc.s[end] > ' ' && sc.s[end] != '"' && sc.s[end] != '`' {
		if c := sc.s[end]; (c == '[' || c == '<' || c == '{') && placeholder(sc.s[end:]) > 0 {
			break
		}
		end++
	}
	for end > i && strings.IndexByte(".,;:?)'", sc.s[end-1]) >= 0 {
		end--
	}
	if end-i >= 4 && (chosen(sc.s[i:end]) || sc.said(i, end)) {
		sc.add(i, end, LabelSecret)
	}
}

// notPasswords are words that say something of a password where it could stand.
var notPasswords = set(`required wrong incorrect correct expired invalid protected needed encrypted empty strong weak secure changed reset stored hashed optional mandatory unknown lost missing fine good long short sensitive there
	here done gone below above your mine ours that this valid accepted rejected known used available different same public private temporary important everything enough safe unsafe dead leaked stolen compromised forgotten shared
	generated saved sent hidden visible blank disabled enabled impossible possible easy hard simple obvious secret yours case null none true false
	obligatoire faux oublié perdu expiré requis invalide mauvais changé trop connu inconnu nécessaire facultatif incorrecte modifié enregistré visible volé partagé simple fort faible temporaire provisoire periodo falsch richtig abgelaufen geändert vergessen`)

// said tells whether a plain word stands where a password does and ends what is
// said: "the password is swordfish."
func (sc *scan) said(i, end int) bool {
	for k := i; k < end; k++ {
		if !letter(sc.s[k]) {
			return false
		}
	}
	c := sc.at(end)
	return (c == 0 || c == '\n' || c == '.' || c == ',' || c == '!' || c == ';') && !wordByte(sc.at(end+1)) && !notPasswords[strings.ToLower(sc.s[i:end])]
}

// chosen tells whether a word looks like a password: no word of a language is
// written with digits, signs or capitals inside.
func chosen(w string) bool {
	for i := range len(w) {
		c := w[i]
		if digit(c) || i > 0 && classes[c] == isUpperByte && isSmall(w[i-1]) || strings.IndexByte("!@#$%^&*_+=~|", c) >= 0 {
			return true
		}
	}
	return false
}
