package langid_test

import (
	"strings"
	"testing"

	"licet/view/langid"
)

// FuzzDetect holds that any bytes have an answer, the same twice, that a share
// is in 0 to 1, and that what stands for a person does not change an answer.
func FuzzDetect(f *testing.F) {
	m := load(f)
	for _, text := range []string{
		"", "Où est la salle ?", "```\n", "a`b", "[NAME", "[A]b[C D]", "\xff\xfe", "e\u0301\u0301", "x\n```\ny\n```", "日本語 abc", "A\u00adB",
		strings.Repeat("é", 100), "CDI PM", "#", "a.b", "//", "{", ");", "\r\n\r\n", "`[`]`",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, share := m.Detect(text)
		if again, same := m.Detect(text); again != got || same != share {
			t.Errorf("two answers: %s %v, %s %v", got, share, again, same)
		}
		if !(share >= 0 && share <= 1) {
			t.Errorf("share %v", share)
		}
		switch got {
		case langid.English, langid.French, langid.German, langid.Spanish, langid.Other, langid.Undetermined:
		default:
			t.Errorf("answer %q", got)
		}
		if strings.Contains(text, "`") {
			return // the placeholder could end up inside a fence
		}
		if with, same := m.Detect(text + "\n[NAME] [EMAIL]"); with != got || same != share {
			t.Errorf("placeholders change %s %v to %s %v", got, share, with, same)
		}
	})
}
