package redact_test

import (
	"strings"
	"testing"

	"licet/view/redact"
)

type people struct{ names, handles []string }

func (p people) Name(words string) bool {
	for _, n := range p.names {
		if strings.EqualFold(n, strings.Join(strings.Fields(words), " ")) {
			return true
		}
	}
	return false
}

func (p people) Handle(h string) bool {
	for _, n := range p.handles {
		if strings.EqualFold(n, h) {
			return true
		}
	}
	return false
}

var village = people{[]string{"Maren Oldcastle", "Oldcastle", "Kerguélen", "Wout Desmedt-Lejeune", "Jean-Luc Roy", "M. Oldcastle", "Maren O"}, []string{"maren_o", "solene"}}

func TestText(t *testing.T) {
	for _, c := range []struct{ what, in, want string }{
		{"a mail address", "Write to ann.lee+x@example.org.", "Write to [EMAIL]."},
		{"a web address", "See https://example.org/a?b=c, or www.example.org!", "See [URL], or [URL]!"},
		{"a British number", "Call 01632 960123 before noon", "Call [PHONE] before noon"},
		{"a French number", "Appelez le 01 99 00 12 34.", "Appelez le [PHONE]."},
		{"an American number", "Ring (555) 555-0123 or 313-555-0199", "Ring [PHONE] or [PHONE]"},
		{"an international number", "Dial +44 1632 960 001", "Dial [PHONE]"},
		{"a date is no number", "On 2025-11-03 and 03/11/2025, from 2019-2023", "On 2025-11-03 and 03/11/2025, from 2019-2023"},
		{"a price is no number", "It cost 12 500 000 euros, or 3 200 €", "It cost 12 500 000 euros, or 3 200 €"},
		{"a mention", "Thanks @anyone and maren_o", "Thanks [HANDLE] and [HANDLE]"},
		{"a name", "Ask Maren Oldcastle, or Oldcastle's team", "Ask [NAME], or [NAME]'s team"},
		{"a name with a hyphen", "Merci à Wout Desmedt-Lejeune !", "Merci à [NAME] !"},
		{"a name with a number behind it", "Maren Oldcastle2 and Oldcastle2024", "[NAME]2 and [NAME]2024"},
		{"not inside a word", "Oldcastleton is a village", "Oldcastleton is a village"},
		{"a small letter is no name", "an oldcastle", "an oldcastle"},
		{"a name with other blanks", "Ask Maren\u00a0 Oldcastle\nand Oldcastle", "Ask [NAME]\nand [NAME]"},
		{"placeholders stay", "Dear [NAME], write to [EMAIL].", "Dear [NAME], write to [EMAIL]."},
	} {
		got, _ := redact.Text(c.in, redact.Context{People: village})
		if got != c.want {
			t.Errorf("%s: got %q, want %q", c.what, got, c.want)
		}
	}
}

func TestCounts(t *testing.T) {
	_, cuts := redact.Text("Ask @solene or Oldcastle, a@example.org, 01 99 00 12 34, https://example.org", redact.Context{People: village})
	for _, what := range []string{"handle", "name", "email", "phone", "url"} {
		if cuts[what] != 1 {
			t.Errorf("%s: %d cuts, want 1", what, cuts[what])
		}
	}
}
