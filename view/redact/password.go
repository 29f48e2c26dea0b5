package redact

import (
	"slices"
	"strings"
)

// passwordWords announce a password in prose.
var passwordWords = []string{
	"password", "passwd", "passphrase", "passcode", "passwort", "kennwort", "contraseña", "clave es", "mot de passe", "mots de passe", "motdepasse", "phrase de passe", "mdp", "pwd", "wachtwoord", "senha", "pin code", "pin is", "code pin", "code wifi", "wifi code", "code d'accès", "code de la porte", "digicode", "door code", "login code", "access code", "clé wifi", "clef wifi", "cle wifi", "clé wi-fi", "clé wpa", "clé du wifi",
}

// linkWords may stand between the announcement and the password.
var linkWords = []string{"is", "was", "are", "est", "c'est", "était", "c'était", "ist", "es", "lautet", "é", "=", ":", "->", "=>", ":=", "are:", "is:", "est:", "was:", "now", "still", "maintenant", "désormais", "toujours", "currently", "set to", "to", "sera", "becomes", "c", "resté", "reste", "devient"}

// password looks for what the word from start to end announces.
func (sc *scan) password(start, end int) {
	if letter(sc.at(start-1)) || letter(sc.at(end)) {
		return
	}
	i, linked := end, false
	limit := min(len(sc.s), end+64)
	if sc.passwordBeside(start, end) || sc.passwordBefore(start) || sc.passwordNear(end) || sc.passwordNext(end) {
		return
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
	if linked && !sc.passwordAt(skipBlanks(sc.s, i, 3)) {
		sc.passwordLater(i, limit)
	}
}

// passwordLater looks for a password behind the next colon of a sentence: "is written
// below: Cherry9".
func (sc *scan) passwordLater(i, limit int) {
	rest := sc.s[i:limit]
	if n := strings.IndexAny(rest, "\n!?["); n >= 0 {
		rest = rest[:n]
	}
	if n := strings.Index(rest, ". "); n >= 0 {
		rest = rest[:n]
	}
	if n := strings.Index(rest, ": "); n >= 0 {
		sc.passwordAt(skipBlanks(sc.s, i+n+1, 3))
	}
}

// passwordBeside takes what follows the announcement at once, where it looks
// like a password: "with the password Pump4you".
func (sc *scan) passwordBeside(start, end int) bool {
	at := skipBlanks(sc.s, end, 1)
	if at == end || !wordByte(sc.at(at)) {
		return false
	}
	n := at
	for n < len(sc.s) && n-end < 64 && sc.s[n] > ' ' {
		n++
	}
	w := strings.TrimRight(sc.s[at:n], ".,;:!?)")
	plain := len(w) >= 4 && sc.bare(start) && sc.said(at, at+len(w)) // ", mot de passe sesame."
	if !plain && (len(w) <= 4 || !chosen(w) && !hyphened(w)) || strings.ContainsAny(w, ":=") {
		return false
	}
	sc.add(at, at+len(w), LabelSecret)
	return true
}

func isLink(w string) bool { return slices.Contains(linkWords, w) }

// mostPassword is the longest password that is taken, in bytes.
const mostPassword = 128

// guillemets are quotation marks of several bytes.
var guillemets = [][2]string{{"«", "»"}, {"“", "”"}, {"„", "“"}}

// passwordAt takes the word at i where it looks like a password, and tells whether.
func (sc *scan) passwordAt(i int) bool {
	before := len(sc.spans)
	for _, g := range guillemets {
		if !strings.HasPrefix(sc.s[i:], g[0]) {
			continue
		}
		i = skipBlanks(sc.s, i+len(g[0]), 1)
		n := strings.Index(sc.s[i:min(len(sc.s), i+mostPassword)], g[1])
		if n < 0 {
			return false
		}
		w := strings.TrimRight(sc.s[i:i+n], " ")
		if len(w) >= 4 && !strings.ContainsAny(w, "\n[?") {
			sc.add(i, i+len(w), LabelSecret)
		}
		return len(sc.spans) > before
	}
	sc.passwordWord(i)
	return len(sc.spans) > before
}

func (sc *scan) passwordWord(i int) {
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
	if end-i >= 4 && (chosen(sc.s[i:end]) || hyphened(sc.s[i:end]) || sc.said(i, end)) {
		sc.add(i, end, LabelSecret)
	}
}

// notPasswords are words that say something of a password where it could stand.
var notPasswords = set(`required wrong incorrect correct expired invalid protected needed encrypted empty strong weak secure changed reset stored hashed optional mandatory unknown lost missing fine good long short sensitive there
	here done gone below above your mine ours that this valid accepted rejected known used available different same public private temporary important everything enough safe unsafe dead leaked stolen compromised forgotten shared
	generated saved sent hidden visible blank disabled enabled impossible possible easy hard simple obvious secret yours case null none true false
	peut-être ci-dessous ci-dessus ci-joint ci-après là-bas vous-même toi-même lui-même ailleurs
	habituel habituelle actuel actuelle nouveau ancien initial personnel commun unique principal administrateur identique inchangé inutile vide correct compris compliqué long court oubliée perdue volée idem
	obligatoire faux oublié perdu expiré requis invalide mauvais changé trop connu inconnu nécessaire facultatif incorrecte modifié enregistré visible volé partagé simple fort faible temporaire provisoire periodo falsch richtig abgelaufen geändert vergessen`)

// said tells whether a plain word stands where a password does and ends what is
// said: "the password is swordfish."
func (sc *scan) said(i, end int) bool {
	for k := i; k < end; k++ {
		if !letter(sc.s[k]) && (sc.s[k] != '-' || k == i || k == end-1) {
			return false
		}
	}
	if sc.followedUp(i, end) {
		return true
	}
	c := sc.at(end)
	return (c == 0 || c == '\n' || c == '.' || c == ',' || c == '!' || c == ';') && !wordByte(sc.at(end+1)) && !notPasswords[strings.ToLower(sc.s[i:end])]
}

// followedUp tells whether a plain word stands where a password does, and what follows
// says where or how long it holds: "the password is swordfish for the wifi". Words that
// end as adjectives, participles and verbs in French and English say something of the
// password instead.
func (sc *scan) followedUp(i, end int) bool {
	w := lower(sc.s[i:end])
	if notPasswords[w] || len(w) < 4 {
		return false
	}
	for _, ending := range []string{"é", "ée", "és", "able", "ible", "ant", "if", "ive", "eux", "ique", "aire", "elle", "ent", "er", "ez", "ir", "re", "ed", "ing", "ly", "al", "ful", "que", "ous", "ses", "oit", "it", "is", "us"} {
		if strings.HasSuffix(w, ending) {
			return false
		}
	}
	after := lower(sc.s[end:min(len(sc.s), end+9)])
	for _, next := range []string{" pour ", " sur ", " jusqu", " partout", " (", " for ", " until ", " on all"} {
		if strings.HasPrefix(after, next) {
			return true
		}
	}
	return false
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
