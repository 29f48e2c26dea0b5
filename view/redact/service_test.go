package redact_test

import (
	"strings"
	"testing"

	"licet/view/redact"
)

func TestWhatAServiceSeesIsJoined(t *testing.T) {
	for _, c := range []struct{ what, in, sees, want string }{
		{"something else", "Ask Maren Oldcastle at Thornwick", "Thornwick", "Ask [NAME] at [ADDRESS]"},
		{"the same, under the stronger label", "Ask Maren Oldcastle now", "Maren Oldcastle", "Ask [ADDRESS] now"},
		{"more of it", "Ask Maren Oldcastle of Thornwick", "Maren Oldcastle of Thornwick", "Ask [ADDRESS]"},
		{"a part of it", "Write to ann.lee@example.org", "example", "Write to [EMAIL]"},
		{"a placeholder", "Dear [NAME], hello", "[NAME]", "Dear [NAME], hello"},
		{"a placeholder and more", "Dear Ann [NAME] Lee of <ORGANIZATION>, hello", "Ann [NAME] Lee of <ORGANIZATION>", "Dear [ADDRESS][NAME][ADDRESS]<ORGANIZATION>, hello"},
		{"a part of a placeholder", "Dear [NAME], hello", "NAME", "Dear [NAME], hello"},
		{"what is no placeholder", "Dear [Ann], hello", "[Ann]", "Dear [ADDRESS], hello"},
		{"a letter of two bytes", "à Thérèse", "Thérèse", "à [ADDRESS]"},
	} {
		asked := 0
		service := func(text string) []redact.Span {
			asked++
			at := strings.Index(text, c.sees)
			return []redact.Span{{Start: at, End: at + len(c.sees), Label: redact.LabelAddress}, {Start: -1, End: 3}, {Start: 0, End: len(text) + 1}, {Start: 2, End: 2}}
		}
		got, _ := redact.Text(c.in, redact.Context{People: village, Service: service})
		if got != c.want || asked != 1 {
			t.Errorf("%s: got %q, asked %d times, want %q", c.what, got, asked, c.want)
		}
	}
}
