package redact

import "strings"

// Secrets that people tell each other in sentences, beside "my password is …": codes of
// doors and alarms, answers to secret questions, what somebody types to log in, and
// passwords that stand before their word.

// pairWords announce somebody's name for a system and their password: "identifiants : a / b".
var pairWords = []string{"identifiants", "login/mdp", "login / mdp", "id/mdp", "id / mdp", "login/password", "login / password", "credentials", "wifi :", "wi-fi :", "session :", "compte :", "accès :", "connexion :"}

// answerWords announce the answer to a secret question.
var answerWords = []string{"question secrète", "question secrete", "questions secrètes", "question de sécurité", "question de securite", "réponse secrète", "security question", "secret question", "à la question"}

// loginWords stand before what somebody typed, or before "pass:".
var loginWords = []string{"login", "clé :", "clef :", "pass :", "pass:", "passe :", "passe:"}

// credentials looks for a password behind a name and a stroke: "identifiants : accueil /
// Cerisier3". After a word that announces other pairs too, "session :", only what no word
// looks like is one.
func (sc *scan) credentials(start, end int) {
	sure := sc.at(end-1) != ':'
	if letter(sc.at(start-1)) || sure && letter(sc.at(end)) {
		return
	}
	rest := sc.s[end:min(len(sc.s), end+72)]
	if n := strings.IndexAny(rest, "\n.["); n >= 0 {
		rest = rest[:n]
	}
	from := 0
	if sure {
		if from = strings.IndexByte(rest, ':') + 1; from == 0 {
			return
		}
	}
	stroke := strings.IndexByte(rest[from:], '/')
	if stroke < 0 || len(strings.Fields(rest[from:from+stroke])) != 1 {
		return
	}
	i := skipBlanks(sc.s, end+from+stroke+1, 1)
	n := i
	for n < len(sc.s) && n-i < mostPassword && sc.s[n] > ' ' && sc.s[n] != '[' {
		n++
	}
	w := strings.TrimRight(sc.s[i:n], ".,;:?)")
	if len(w) < 4 || strings.ContainsAny(w, "/<{") || notPasswords[lower(w)] {
		return
	}
	if sure || mixed(w) || strings.Contains(w, "-") && !compounds[lower(w)] {
		sc.add(i, i+len(w), LabelSecret)
	}
}

// compounds are words that are written with a hyphen, and stand in pairs.
var compounds = set(`après-midi week-end rendez-vous demi-journée sous-sol rez-de-chaussée aller-retour co-working e-mail check-in check-out part-time full-time`)

// answer looks for the answer to the secret question that ends at end: what is quoted, or
// what follows "réponse :" or "est" and ends what is said.
func (sc *scan) answer(end int, word string) {
	limit := min(len(sc.s), end+120)
	rest := sc.s[end:limit]
	if i := strings.IndexAny(rest, "\n["); i >= 0 {
		rest = rest[:i]
	}
	low := lower(rest)
	for _, w := range []string{"répondez ", "réponds ", "répondre ", "répondez-y ", "mets ", "mettez ", "indiquez "} {
		if n := strings.Index(low, w); n >= 0 && classes[sc.at(end+n+len(w))] == isUpperByte {
			sc.answerAt(end + n + len(w))
			return
		}
	}
	if word == "à la question" || strings.Contains(low, "répon") && !strings.Contains(low, "réponse") {
		return
	}
	if sc.answerQuoted(end, rest) {
		return
	}
	sc.answerAfter(end, low)
}

// answerQuoted takes what is quoted in rest, the text from end on, and asks nothing.
func (sc *scan) answerQuoted(end int, rest string) bool {
	for _, marks := range [][2]string{{"«", "»"}, {"“", "”"}, {"\"", "\""}} {
		open := strings.Index(rest, marks[0])
		if open < 0 || strings.Contains(rest[:open], "?") {
			continue
		}
		from := open + len(marks[0])
		n := strings.Index(rest[from:], marks[1])
		if n < 3 || n > 40 {
			continue
		}
		inside := strings.TrimSpace(rest[from : from+n])
		if at := from + strings.Index(rest[from:], inside); len(inside) >= 3 && !strings.HasSuffix(inside, "?") {
			sc.add(end+at, end+at+len(inside), LabelSecret)
			return true
		}
	}
	return false
}

// answerAfter takes the word that is said to be the answer in low, the text from end on.
func (sc *scan) answerAfter(end int, low string) {
	for _, w := range []string{"réponse :", "réponse:", "réponse est ", "réponse c'est ", "answer:", "answer is "} {
		if n := strings.Index(low, w); n >= 0 {
			sc.answerAt(end + n + len(w))
			return
		}
	}
	for _, w := range []string{" est ", " c'est ", ", c'est ", " is ", " : "} {
		if strings.HasPrefix(low, w) {
			sc.answerAt(end + len(w))
			return
		}
	}
}

// answerAt takes the word at i where it ends what is said.
func (sc *scan) answerAt(i int) {
	i = skipBlanks(sc.s, i, 2)
	n := i
	for n < len(sc.s) && n-i < 40 && wordByte(sc.s[n]) {
		n++
	}
	if n-i >= 4 && sc.said(i, n) {
		sc.add(i, n, LabelSecret)
	}
}

// login looks for what somebody typed: "login …, j'ai mis Soleil123!", "id: … / pass: …".
func (sc *scan) login(start, end int, word string) {
	if letter(sc.at(start-1)) || word == "login" && letter(sc.at(end)) {
		return
	}
	if word != "login" {
		if word[:2] == "cl" {
			if sc.announced(start, 40, "wifi", "wi-fi") {
				sc.passwordAt(skipBlanks(sc.s, end, 2))
			}
			return
		}
		if sc.announced(start, 72, "login", "identifiant", "id:", "id :", "user", "compte", "mail", "accès", "acces", "connexion") {
			sc.passwordAt(skipBlanks(sc.s, end, 2))
		}
		return
	}
	limit := min(len(sc.s), end+56)
	typed := false
	for i := end; i < limit; {
		i = skipBlanks(sc.s, i, 3)
		n := i
		for n < len(sc.s) && n < i+mostPassword && sc.s[n] > ' ' {
			n++
		}
		if n == i || sc.s[i] == '[' {
			return
		}
		w := strings.TrimRight(sc.s[i:n], ".,;:?)")
		if typed && len(w) >= 6 && mixed(w) {
			sc.add(i, i+len(w), LabelSecret)
			return
		}
		typed = typed || typing[lower(w)]
		i = n
	}
}

// typing are the words for putting something into a field.
var typing = set(`mis mets mettez mettre utilise utilisé utilisez utiliser choisi tape tapé tapez taper entré entrez saisi saisis saisissez saisir prends pris garde gardé gardez essayé essaie`)

// mixed tells whether w has letters beside digits or signs, as no word has; an
// exclamation mark at its end is none.
func mixed(w string) bool {
	letters, others := 0, 0
	w = strings.TrimRight(w, "!")
	for i := range len(w) {
		switch c := w[i]; {
		case digit(c) || strings.IndexByte("!@#$%^&*_+=~|", c) >= 0:
			others++
		case letter(c):
			letters++
		case c != '-' && c != '.':
			return false
		}
	}
	return letters >= 3 && others >= 1
}

// passwordBefore takes the word before the announcement at start: "j'ai mis X comme mot de
// passe".
func (sc *scan) passwordBefore(start int) bool {
	end := start
	for _, w := range []string{"comme ", "en ", "pour ", "as a ", "as the ", "as my ", "as "} {
		if strings.HasSuffix(lower(sc.s[max(0, start-8):start]), w) {
			end = start - len(w)
			break
		}
	}
	if end == start || end < 2 || sc.at(end-1) != ' ' {
		return false
	}
	end--
	from := end
	for from > sc.floor() && end-from < mostPassword && sc.s[from-1] > ' ' {
		from--
	}
	w := strings.Trim(sc.s[from:end], "\"'`.,;:()")
	if len(w) < 4 || strings.ContainsAny(w, "[]<>{}\"") {
		return false
	}
	from += strings.Index(sc.s[from:end], w)
	before := strings.TrimRight(lower(sc.s[max(0, from-24):from]), " \"'`")
	verb := before[strings.LastIndexAny(before, " '\n")+1:]
	if !mixed(w) && (!typing[verb] || notPasswords[lower(w)] || notPut[lower(w)]) {
		return false
	}
	sc.add(from, from+len(w), LabelSecret)
	return true
}

// passwordNear takes what looks like a password up to three words behind the announcement,
// or in brackets or after a comma: "le mot de passe, Zinnia77, vaut pour les deux".
func (sc *scan) passwordNear(end int) bool {
	for i, words := end, 0; words < 5; words++ {
		i = skipBlanks(sc.s, i, 1)
		if sc.at(i) == ',' || sc.at(i) == '(' {
			i = skipBlanks(sc.s, i+1, 1)
		}
		n := i
		for n < len(sc.s) && n-i < mostPassword && sc.s[n] > ' ' {
			n++
		}
		if n == i || sc.s[i] == '[' {
			return false
		}
		raw := sc.s[i:n]
		w := strings.TrimRight(raw, ".,;:?)")
		if len(w) >= 5 && (mixed(w) || hyphened(w) && strings.ContainsAny(w, "0123456789")) && !strings.ContainsAny(w, ":=@[<{") && !products[lower(w)] {
			sc.add(i, i+len(w), LabelSecret)
			return true
		}
		if strings.ContainsAny(raw, ".;:!?=[") {
			return false
		}
		i = n
	}
	return false
}

// products are names of programs that are written as passwords are.
var products = set(`office365 microsoft365 1password windows10 windows11 windows7 outlook365 base64 sha256 sha1 md5 utf8 oauth2 web3 log4j h2o co2 covid19`)

// nextWords begin a sentence that says what the password of the one before is.
var nextWords = []string{"le nouveau : ", "le nouveau est ", "c'est maintenant ", "c'est désormais ", "c'est ", "le voici : ", "facile : ", "nouveau : ", "it is ", "it's ", "the new one is ", "the new one: "}

// passwordNext goes on to the next sentence, where it says what the password is.
func (sc *scan) passwordNext(end int) bool {
	limit := min(len(sc.s), end+72)
	rest := sc.s[end:limit]
	if n := strings.IndexAny(rest, "\n["); n >= 0 {
		rest = rest[:n]
	}
	n := strings.IndexAny(rest, ".?")
	if n < 0 || strings.ContainsAny(rest[:n], ":=") {
		return false
	}
	i := skipBlanks(sc.s, end+n+1, 2)
	low := lower(sc.s[i:min(len(sc.s), i+24)])
	for _, w := range nextWords {
		if !strings.HasPrefix(low, w) {
			continue
		}
		at := i + len(w)
		n := at
		for n < len(sc.s) && n-at < mostPassword && sc.s[n] > ' ' {
			n++
		}
		p := strings.TrimRight(sc.s[at:n], ".,;:?)")
		if len(p) >= 5 && mixed(p) && !strings.ContainsAny(p, "[<{@") {
			sc.add(at, at+len(p), LabelSecret)
			return true
		}
		return false
	}
	return false
}

// notPut are words that stand after a verb of typing and are typed by nobody.
var notPut = set(`toujours souvent jamais quoi tout rien encore cela celui ceci même surtout aussi seulement uniquement plutôt simplement bien n'importe quelque`)

// hyphened tells whether w is three words or more with hyphens between them, as people
// make a long password, and no way of speaking that is written so.
func hyphened(w string) bool {
	switch lower(w) {
	case "c'est-à-dire", "vis-à-vis", "peut-être", "au-delà-de", "là-dedans":
		return false
	}
	parts := strings.Split(w, "-")
	for _, p := range parts {
		if len(p) < 2 {
			return false
		}
	}
	return len(parts) >= 3
}

// bare tells whether the announcement at start stands without an article, or after
// "with the": what follows it at once is the password itself.
func (sc *scan) bare(start int) bool {
	before := strings.TrimRight(lower(sc.s[max(0, start-16):start]), " ")
	for _, w := range []string{",", "/", "(", ";", "avec le", "avec pour", "avec", "with the", "with"} {
		if strings.HasSuffix(before, w) {
			return true
		}
	}
	return false
}
