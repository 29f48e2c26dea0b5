package redact_test

import (
	"slices"
	"strings"
	"testing"

	"licet/view/redact"
)

// TestWhatIsTakenOut has a form of everything that has one; what must stay, too.
func TestWhatIsTakenOut(t *testing.T) {
	for _, c := range []struct{ what, region, in, want string }{
		{"an address in words", "", "ann (at) example (dot) org", "[EMAIL]"},
		{"an address in plain words", "", "write to ann at example dot org", "write to [EMAIL]"},
		{"an address in French words", "", "ann arobase maison point fr", "[EMAIL]"},
		{"a wide @", "", "ann＠example．org", "[EMAIL]"},
		{"an address with a Cyrillic letter", "", "аnn@example.org", "[EMAIL]"},
		{"an address in another script", "", "müller@bücher.example", "[EMAIL]"},
		{"a domain with a path", "", "see example.com/path, or foo.co.uk", "see [URL], or [URL]"},
		{"a password in a web address", "", "https://ann:pw12@example.org/x", "[SECRET]"},
		{"a link to write to", "", "mailto:ann@example.org", "[URL]"},
		{"what only looks like a domain", "", "done.It was Node.js, README.md and e.g. run.sh", "done.It was Node.js, README.md and e.g. run.sh"},
		{"a number of the author's country", "FR", "je suis au 612345678", "je suis au [PHONE]"},
		{"the same number elsewhere", "", "je suis au 612345678", "je suis au 612345678"},
		{"a number with an extension", "", "ring (555) 555-0123 x12", "ring [PHONE]"},
		{"a number with 00", "", "tél : 0033 6 12 34 56 78", "tél : [PHONE]"},
		{"a number that is a count", "", "67 000 000 people, 12 500 000 €", "67 000 000 people, 12 500 000 €"},
		{"a network address", "", "ssh 192.0.2.7, 2001:db8::1", "ssh [IP], [IP]"},
		{"a version", "", "version 1.2.3.4 at 12:30:45 in std::string", "version 1.2.3.4 at 12:30:45 in std::string"},
		{"a hardware address", "", "00:00:5e:00:53:af and 00-00-5E-00-53-AF", "[MAC] and [MAC]"},
		{"a bank account", "", "IBAN FR76 3000 6000 0112 3456 7890 189", "IBAN [IBAN]"},
		{"a bank account with a Cyrillic letter", "", "GВ82WEST12345698765432", "[IBAN]"},
		{"a card", "", "4111-1111-1111-1111", "[CARD]"},
		{"a card in wide digits", "", "４１１１ １１１１ １１１１ １１１１", "[CARD]"},
		{"a card with what can't be seen", "", "4111\u200b1111\u200b1111\u200b1111", "[CARD]"},
		{"a card digit by digit", "", "4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1", "[CARD]"},
		{"a card with dots", "", "4111.1111.1111.1111", "[CARD]"},
		{"a number that is no card", "", "4111 1111 1111 1112", "4111 1111 1111 1112"},
		{"a French number", "", "1 84 12 76 451 089 46", "[ID]"},
		{"a British number", "", "AB 12 34 56 C", "[ID]"},
		{"an American number", "", "078-05-1120", "[ID]"},
		{"a Canadian number", "", "my SIN is 046 454 286", "my SIN is [ID]"},
		{"a Brazilian number", "", "123.456.789-09", "[ID]"},
		{"Spanish numbers", "", "12345678Z, X1234567L", "[ID], [ID]"},
		{"a German number", "", "Steuer-ID 86 095 742 719", "Steuer-ID [ID]"},
		{"a date of birth", "", "née le 12 mars 1984", "née le [BIRTH_DATE]"},
		{"a date of birth in English", "", "DOB: 1984-03-12, born on March 12th, 1984", "DOB: [BIRTH_DATE], born on [BIRTH_DATE]"},
		{"another date", "", "since 12 March 1984", "since 12 March 1984"},
		{"a salary", "", "I earn 52 k€ and you?", "I earn [SALARY] and you?"},
		{"a salary without a currency", "", "my salary is 48,000", "my salary is [SALARY]"},
		{"a French salary", "", "rémunération : 3 200 € brut", "rémunération : [SALARY] brut"},
		{"a salary by month", "", "je gagne 2 900 € net par mois.", "je gagne [SALARY] net par mois."},
		{"another price", "", "the pump is 3 200 €", "the pump is 3 200 €"},
		{"a password", "", "my password is hunter2.", "my password is [SECRET]."},
		{"a French password", "", "le mot de passe est Soleil!12", "le mot de passe est [SECRET]"},
		{"a short French password", "", "mdp : soleil12", "mdp : [SECRET]"},
		{"a password that is a word", "", "the password is swordfish.", "the password is [SECRET]."},
		{"talk of passwords", "", "My password is not working. The password is required.", "My password is not working. The password is required."},
		{"a French address", "", "12 bis, rue de la Paix, 75002 Paris", "[ADDRESS]"},
		{"a German address", "", "Hauptstraße 5, 10115 Berlin", "[ADDRESS]"},
		{"a Spanish address", "", "Calle Mayor, 5, 2º B, 28013 Madrid", "[ADDRESS]"},
		{"a British address", "", "10 Elm Street, London SW1A 2AA", "[ADDRESS]"},
		{"a Canadian address", "", "123 Main St, Ottawa, ON K1A 0B1", "[ADDRESS]"},
		{"an American address", "", "Send it to 1600 Elm Ave NW, Springfield, IL 62704 today", "Send it to [ADDRESS] today"},
		{"an address of the forces", "", "PSC 1437, Box 3833\nAPO AA 66791", "[ADDRESS]"},
		{"what is no address", "", "In 2015 Windows 10 had Section 508, Chapter 7.", "In 2015 Windows 10 had Section 508, Chapter 7."},
		{"others' placeholders", "", "At <ORGANIZATION> in <LOCATION:HOSPITAL>, {{PERSON}} [ADDRESS]", "At <ORGANIZATION> in <LOCATION:HOSPITAL>, {{PERSON}} [ADDRESS]"},
		{"an initial", "", "Ask M. Oldcastle, or Maren O.", "Ask [NAME], or [NAME]"},
	} {
		got, _ := redact.Text(c.in, redact.Context{People: village, Region: c.region})
		if got != c.want {
			t.Errorf("%s: got %q, want %q", c.what, got, c.want)
		}
	}
}

// TestAnything feeds what no text is, and texts that one recogniser or another
// could look at again and again.
func TestAnything(t *testing.T) {
	for _, part := range []string{
		"\xff\xfe", "\x00", "\u202e\u200b", "a", "1", "1 ", "12-", "@", "a@", "a.", "a-", "ab:", "[", "+1 ", "Apt. 1 ", "1 Rue A ", "password is ",
		"salary ", "born ", "http://", "key=a1b2c3d4e5", "curl ", "kind: secret data: ", "eyJa.", "corner of ", "４", "\"a\"@", "Ab ", " at ",
	} {
		text := strings.Repeat(part, 1+(1<<15)/len(part))
		spans := redact.Find(text, redact.Context{People: village, Region: "FR"})
		if !slices.IsSortedFunc(spans, func(a, b redact.Span) int { return a.Start - b.Start }) {
			t.Errorf("%q again and again: the spans are not sorted", part)
		}
	}
}

// TestPersonsCannotUndoWhatIsFound: what a model of names says is added, and what
// it says of what is found already, or beyond the text, is not.
func TestPersonsCannotUndoWhatIsFound(t *testing.T) {
	const text = "Zoe wrote to ann@example.org yesterday"
	c := redact.Context{Persons: func(_ string, taken []redact.Span) []redact.Span {
		if len(taken) != 1 {
			t.Errorf("taken: %v, want the address", taken)
		}
		return []redact.Span{{Start: 13, End: 16, Label: redact.LabelName}, {Start: 0, End: 3, Label: redact.LabelName}, {Start: 5, End: 500, Label: redact.LabelName}}
	}}
	want := []redact.Span{{Start: 0, End: 3, Label: redact.LabelName}, {Start: 13, End: 28, Label: redact.LabelEmail}}
	if got := redact.Find(text, c); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
