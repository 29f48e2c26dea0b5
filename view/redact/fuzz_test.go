package redact_test

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"licet/view/redact"
)

// holds checks what holds of every text: spans are in range, sorted and apart;
// the same text gives the same spans; and what Text made it leaves as it is.
func holds(t *testing.T, text string) {
	t.Helper()
	c := redact.Context{People: village, Region: "FR"}
	spans := redact.Find(text, c)
	at := 0
	for _, s := range spans {
		if s.Start < at || s.End <= s.Start || s.End > len(text) {
			t.Fatalf("%q: span %v is out of range, or not behind %d", text, s, at)
		}
		if utf8.ValidString(text) && !utf8.ValidString(text[s.Start:s.End]) {
			t.Errorf("%q: span %v cuts a letter", text, s)
		}
		at = s.End
	}
	again := redact.Find(text, c)
	if len(again) != len(spans) {
		t.Fatalf("%q: %v, then %v", text, spans, again)
	}
	for i := range spans {
		if again[i] != spans[i] {
			t.Fatalf("%q: %v, then %v", text, spans, again)
		}
	}
	once, _ := redact.Text(text, c)
	twice, counts := redact.Text(once, c)
	if twice != once || len(counts) > 0 {
		t.Errorf("%q became %q, then %q", text, once, twice)
	}
	if named(once) {
		t.Errorf("%q: the name stays in %q", text, once)
	}
	if len(once) > 10*len(text)+10 {
		t.Errorf("%q grew to %q", text, once)
	}
}

// named tells whether the village's name stands in a text, not as a part of longer words.
func named(text string) bool {
	const name = "Maren Oldcastle"
	part := func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) }
	for at := 0; ; {
		n := strings.Index(text[at:], name)
		if n < 0 {
			return false
		}
		before, _ := utf8.DecodeLastRuneInString(text[:at+n])
		at += n + len(name)
		if after, _ := utf8.DecodeRuneInString(text[at:]); !part(before) && !part(after) {
			return true
		}
	}
}

func fuzz(f *testing.F, seeds ...string) {
	f.Helper()
	for _, s := range seeds {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) { holds(t, s) })
}

func FuzzText(f *testing.F) {
	fuzz(f, "Maren Oldcastle wrote: \"x y z a b\"", "a@b.co", "((((((555) 555", "+", "@", "\xff", "« «", "www.", "> \n>", "[NAME] [EMAIL]<ORGANIZATION>", "\u200b\u202e", "M. Oldcastle and Maren O.")
}

func FuzzEmail(f *testing.F) {
	fuzz(f, "ann.lee+x@example.org", "ann (at) example dot org", "ann arobase maison point fr", "ann＠example．org", "\"ann\"@example.org", "a@[192.0.2.1]", "müller@bücher.example")
}

func FuzzURL(f *testing.F) {
	fuzz(f, "https://example.org/a?b=c).", "www.example.org", "example.com/path", "ftp://ann:pw@example.org/x", "mailto:ann@example.org", "e.g. done.It", "README.md v1.2.3")
}

func FuzzNumber(f *testing.F) {
	fuzz(f, "4111 1111 1111 1111", "４１１１１１１１１１１１１１１１", "FR76 3000 6000 0112 3456 7890 189", "192.0.2.1:80", "2001:db8::1/64", "00:00:5e:00:53:af", "0000.5e00.53af", "12345678Z", "QQ 12 34 56 C", "1 84 12 2A 451 089 46")
}

func FuzzPhone(f *testing.F) {
	fuzz(f, "+44 1632 960 001", "01 99 00 12 34", "(555) 555-0123 x12", "call 5550123 ext. 4", "0-0-0-0-0-0-0-0-0", "2019-2023 12.5.2020")
}

func FuzzAddress(f *testing.F) {
	fuzz(f, "12, rue de la Paix, 75002 Paris", "PSC 1437, Box 3833\nAPO AA 66791", "P.O. Box 12 Apt. 3", "the corner of Elm Street and Oak Road", "Calle Mayor, 5, 2º B, 28013 Madrid", "Hauptstraße 5\n10115 Berlin", "Apt. 1 2 Apt. 3", "12 nan\n\n nan, nan")
}

func FuzzSalary(f *testing.F) {
	fuzz(f, "I earn 52 k€", "my salary is 48,000", "rémunération : 3 200 € brut", "je gagne 2 900 € net par mois", "salary: $40k-$50k a year", "brut brut 1 k", "Entre 2 100 et 2 300 € net, et 1 900 €, Ann 2 000 €", "j'étais à 38 k€, payé par 1 €", "prime d'1 € brut")
}

func FuzzDate(f *testing.F) {
	fuzz(f, "born on 12 March 1984", "née le 1er mars 1984", "DOB: 03/12/84", "geboren am 12. März 1984", "born born 1.1.1", "date of birth 19840312", "nés le 3 mars 2014 et le 9 mai 2017, le 1", "Fiche client : A, 07-03-1949, ans (11/06/1982)", "de naissance. C'est le premier mai 1980", "je suis du 6 sept. 1962")
}

func FuzzSecret(f *testing.F) {
	fuzz(f, "my password is Pump4you!", "mdp : soleil12", "password=[SECRET]", "key = value", "-----BEGIN PRIVATE KEY-----", "token: \"'`=:,>", "password is is is : : =", "j'ai mis [SECRET] comme mot de passe", "code du portail : (28B64)", "question secrète « a » répondez B", "mot de passe ? C'est « x", "identifiants : a / [SECRET]", "tapez le 4719# porte", "login mets Oursin-58 pass: x")
}

func FuzzName(f *testing.F) {
	fuzz(f, "Ask Maren Oldcastle's team", "M. Oldcastle, Maren O. and M.O.", "@maren_o, maren_o! x@maren_o", "WOUT DESMEDT-LEJEUNE", "Jean-Luc\u00a0Roy", "d'Oldcastle l'Oldcastle", "@@a.-@_", "Kergue\u0301len")
}
