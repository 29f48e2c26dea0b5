package redact

import "strings"

// codeWords announce a code; what it opens is read by code.
var codeWords = []string{"code ", "code, c'est ", "codes ", "pin de ", "pin du ", "cadenas ", "boîte à clés ", "boite à clés ", "boîtier ", "digicode ", "digicode, ", "digicode : ", "alarme : ", "pin :", "pin:", "pin est ", "pin c'est "}

// entryWords stand before what is typed at a door.
var entryWords = []string{"tapez ", "tape ", "taper ", "composez ", "compose ", "composer ", "s'ouvre sur ", "s'ouvre avec ", "se coupe avec "}

// doors are the words of which one is near, where a number is typed at a door.
var doors = []string{"porte", "portail", "entrer", "entrée", "immeuble", "alarme", "digicode", "clavier", "coffre", "boîtier", "barrière", "cadenas", "grille", "hall", "serrure", "rentrer"}

// opened is what a code can open: after these, what has digits is a secret.
//
//nolint:misspell // French
var opened = set(`alarme portail portillon coffre coffre-fort réunion reunion déverrouillage deverrouillage verrouillage cadenas immeuble entrée entree porte accès acces parking visio visioconférence visioconf
	local garage clés clefs sim pin confidentiel secret wifi wi-fi box bip interphone cb bleue bancaire récupération recuperation vérification verification validation confirmation sms activation connexion secours authentification otp vestiaire casier sécurité securite résidence residence hall bâtiment batiment boîte boite barrière hangar atelier serrure badge tablette`)

// betweenCode may stand between a code's word, what it opens, and the code.
var betweenCode = set(`de du des la le les l' d' au aux à a pour votre notre mon ma mes ton ta son sa est c'est sera reste devient maintenant désormais toujours : = , c' c reçu par -> est: a changé ancien clé clef carte petite grande grand petit nouvelle nouveau principale principal commun commune`)

// notCodes are what a code is of that everybody may know.
var notCodes = set(`postal promo ape naf rome erreur barre barres source couleur produit article pays iban swift bic insee cpf rncp analytique client tva douanier civil pénal route travail conduite hexa hex html python java php sql css c++ go rust perl
	fortran angular javascript typescript ruby swift kotlin cobol review red block error status coupon réduction voyage comptable budgétaire chantier lot fournisseur siret siren cpv ean isbn ricn nace cim ccam`)

// languages of programs that are written with their version.
var versioned = []string{"python", "java", "angular", "fortran", "php", "perl", "cobol", "html", "css", "vue", "node", "dotnet", "release", "version", "windows", "debian", "ubuntu", "sprint", "covid", "article", "annexe", "lot"}

// mostCode is how far behind its word a code may stand, in bytes.
const mostCode = 64

// code looks for the code that the word from start to end announces: "code du portail
// 28B64", "le code, c'est 90-12-55".
func (sc *scan) code(start, end int, word string) {
	if letter(sc.at(start - 1)) {
		return
	}
	known := !strings.HasPrefix(word, "code") // it opens something
	limit := min(len(sc.s), end+mostCode)
	first, free, linked := true, 3, strings.HasSuffix(word, ":") || strings.HasSuffix(word, "est ")
	for i := end; i < limit; {
		i = skipBlanks(sc.s, i, 3)
		n := i
		for n < len(sc.s) && n < i+mostPassword && sc.s[n] > ' ' {
			n++
		}
		if n == i || sc.s[i] == '[' {
			return
		}
		if sc.s[i] == '(' {
			i, linked = i+1, true
		}
		raw := sc.s[i:n]
		w := strings.TrimRight(raw, ".,;:!?)\"")
		low := lower(w)
		for _, article := range []string{"l'", "d'"} {
			low = strings.TrimPrefix(low, article)
		}
		switch {
		case first && notCodes[low]:
			return
		case opened[low]:
			known = true
		case strings.ContainsAny(w, "0123456789"):
			if known && opens(w) && (linked || free == 3) || linked && doorCode(w) || first && sc.numbered(start, i, w) {
				to := i + len(w)
				if len(w) == 3 && len(raw) == 3 && sc.at(to) == ' ' && sc.digits(to+1, 3) == 3 { // 482 913
					to += 4
				}
				sc.add(i, to, LabelSecret)
			}
			return
		case betweenCode[low] || low == "":
		case known && free > 0: // "de la carte bleue", "du bureau"
			free--
		default:
			return
		}
		if raw == "" || strings.IndexByte(".!?;", raw[len(raw)-1]) >= 0 {
			return
		}
		linked = linked || low == "est" || low == "c'est" || raw[len(raw)-1] == ':' || raw == "="
		first, i = false, n
	}
}

// opens tells whether w is written as a code for a door is: three characters or more,
// letters and digits, with hyphens, stars and hashes, and no year.
func opens(w string) bool {
	for i := range len(w) {
		if c := w[i]; !wordByte(c) && strings.IndexByte("-#*_", c) < 0 {
			return false
		}
	}
	year := len(w) == 4 && (w[:2] == "19" || w[:2] == "20")
	return len(w) >= 3 && !year
}

// doorCode tells whether w is written as codes of doors are that nothing but their word
// announces: four to six digits that are no year, or digits with one capital.
func doorCode(w string) bool {
	digits, capitals := 0, 0
	for i := range len(w) {
		switch {
		case digit(w[i]):
			digits++
		case classes[w[i]] == isUpperByte:
			capitals++
		default:
			return false
		}
	}
	return opens(w) && digits >= 3 && capitals <= 1 && len(w) >= 4 && len(w) <= 6
}

// entry looks for what is typed at a door: "tapez 4719# au portail".
func (sc *scan) entry(start, end int, word string) {
	if letter(sc.at(start - 1)) {
		return
	}
	i := end
	for _, w := range []string{"le code ", "le ", "la ", "les "} {
		if strings.HasPrefix(lower(sc.s[i:min(len(sc.s), i+10)]), w) {
			i += len(w)
			break
		}
	}
	n := i
	for n < len(sc.s) && n-i < 12 && sc.s[n] > ' ' {
		n++
	}
	w := strings.TrimRight(sc.s[i:n], ".,;:!?)")
	if !digit(sc.at(i)) && !digit(sc.at(i+1)) || !opens(w) {
		return
	}
	after := lower(sc.s[n:min(len(sc.s), n+40)])
	near := word[:2] == "s'" || word[:2] == "se" || sc.announced(start, 64, doors...)
	for _, d := range doors {
		near = near || strings.Contains(after, " "+d)
	}
	if near {
		sc.add(i, i+len(w), LabelSecret)
	}
}

// numbered tells whether w, at once after "code", is a word with a number, "Mistral64", or a
// number with which something is opened.
func (sc *scan) numbered(start, at int, w string) bool {
	letters := 0
	for letters < len(w) && letter(w[letters]) {
		letters++
	}
	digits := len(w) - letters
	for i := letters; i < len(w); i++ {
		if !digit(w[i]) {
			return false
		}
	}
	if letters == 0 {
		return digits >= 4 && digits <= 8 && sc.announced(start, 64, "ouvre", "ouvrir", "entrer", "rentrer", "déverrouille", "cadenas", "portail", "alarme", "digicode")
	}
	for _, v := range versioned {
		if lower(w[:letters]) == v {
			return false
		}
	}
	return at > 0 && letters >= 4 && digits >= 2 && digits <= 4 && isSmall(w[letters-1])
}
