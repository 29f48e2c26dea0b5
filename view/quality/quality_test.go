package quality_test

import (
	"strings"
	"testing"

	"licet"
	"licet/view/quality"
)

func TestWhatIsKeptAndWhatIsNot(t *testing.T) {
	for _, c := range []struct {
		text string
		kind licet.Kind
		want quality.Reason
	}{
		{"I agree, but the cost matters.", licet.KindComment, quality.Keep},
		{"Je suis d'accord, mais il faut compter le prix.", licet.KindComment, quality.Keep},
		{"We moved the old valve to the east quay 🎉", licet.KindPost, quality.Keep},
		{"Thanks to [NAME], the pump runs again: see [URL].", licet.KindPost, quality.Keep},
		{"Welding", licet.KindSkill, quality.Keep},
		{"Soudure", licet.KindSkill, quality.Keep},
		{"Bridge engineer at the port", licet.KindHeadline, quality.Keep},
		{"Run a*b*c on the two lists, then sort them.", licet.KindPost, quality.Keep},
		{"", licet.KindPost, quality.Empty},
		{" \n", licet.KindSkill, quality.Empty},
		{"ok", licet.KindComment, quality.Fragment},
		{"+1", licet.KindComment, quality.Fragment},
		{"[URL]", licet.KindPost, quality.LinkOnly},
		{"test", licet.KindPost, quality.Test},
		{"asdf asdf", licet.KindPost, quality.Test},
		{"?!? 12 ?!? 7 ... 99 ?!?", licet.KindPost, quality.Symbols},
		{strings.Repeat("buy now ", 20), licet.KindPost, quality.Repeated},
		{"I am currently out of the office and will return on Monday.", licet.KindComment, quality.Automatic},
	} {
		if got := quality.Judge(c.text, c.kind); got != c.want {
			t.Errorf("%q as %s: got %q, want %q", c.text, c.kind, got, c.want)
		}
	}
}

func TestAnAccountThatFloods(t *testing.T) {
	var bot, human quality.Account
	for i := range 30 {
		bot.Add("The build of the east quay number " + strings.Repeat("1", i) + " has passed and the report can be read by all")
		human.Add("On day " + strings.Repeat("x", i+1) + " we " + strings.Repeat("worked hard and ", i%7) + "went home before the rain came over the quay")
	}
	if !bot.Bot() || human.Bot() {
		t.Errorf("the bot is one: %v; the human is one: %v", bot.Bot(), human.Bot())
	}
}

func FuzzJudge(f *testing.F) {
	for _, text := range []string{"", "ok", "[URL] [NAME]", "asdf", "é\xff\x00", "日本語のテキスト", strings.Repeat("a", 300), "#a #b #c #d", "2024-01-01 ERROR x\n2024-01-01 ERROR y"} {
		f.Add(text)
	}
	known := map[quality.Reason]bool{quality.Keep: true}
	for _, r := range quality.Reasons() {
		known[r] = true
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, k := range []licet.Kind{licet.KindPost, licet.KindSkill, "unknown"} {
			got := quality.Judge(text, k)
			if !known[got] || got == quality.Bot || got != quality.Judge(text, k) {
				t.Fatalf("%q as %s: %q", text, k, got)
			}
		}
	})
}
