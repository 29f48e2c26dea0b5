package quality_test

import (
	"fmt"
	"strings"
	"testing"

	"licet"
	"licet/view/quality"
)

func TestWhatIsKept(t *testing.T) {
	for _, c := range []struct {
		kind licet.Kind
		text string
	}{
		{licet.KindSkill, "Welding"},
		{licet.KindSkill, "Soudure"},
		{licet.KindSkill, "C++"},
		{licet.KindSkill, "R"},
		{licet.KindSkill, "Software testing"},
		{licet.KindSkill, "PostgreSQL"},
		{licet.KindSkill, "Tests unitaires"},
		{licet.KindSkill, "3D"},
		{licet.KindSkill, "ISO 9001:2015"},
		{licet.KindSkill, "溶接"},
		{licet.KindSkill, "Cybersécurité"},
		{licet.KindHeadline, "Head of Testing at [NAME]"},
		{licet.KindHeadline, "Infirmière de nuit | Formatrice 🌙"},
		{licet.KindPosition, "Chef de projet"},
		{licet.KindEducation, "MSc, 2014"},
		{licet.KindExperience, "2012 - 2016"},
		{licet.KindName, "[NAME]"},
		{licet.KindName, "Kaczmarek"},
		{licet.KindAbout, "I know some stuff."},
		{licet.KindAbout, "Twenty years in pumps, write to me at [EMAIL] or [PHONE]."},
		{licet.KindComment, "I agree, but the cost matters"},
		{licet.KindComment, "Je suis d'accord, mais le coût compte"},
		{licet.KindComment, "I like it"},
		{licet.KindComment, "Congratulations on the new plant 🎉🎉"},
		{licet.KindComment, "Bravo pour ce beau projet 👏👏👏"},
		{licet.KindComment, "這個計畫的成本太高了，我不同意"},
		{licet.KindComment, "jan ni li wile e ni: toki ala lon ona."},
		{licet.KindComment, "It is sooooo much better now"},
		{licet.KindPost, "Test your backups before you need them."},
		{licet.KindPost, "Testez vos sauvegardes avant d'en avoir besoin."},
		{licet.KindPost, "We should make it easier to unsubscribe from our newsletter."},
		{licet.KindPost, "La page de nos mesures a changé : lisez la nouvelle à [URL]."},
		{licet.KindPost, "Our build failed on Friday because nobody had pinned the compiler, so I wrote down what we changed afterwards and why."},
		{licet.KindPost, "Three tools I use each day: [URL], [URL] and [URL]."},
		{licet.KindPost, "Costs rose by 12 %, sales by 3 %, and we hired 4 people. #welding #pumps"},
		{licet.KindPost, "[NAME] taught me to read a drawing before touching the steel."},
		{licet.Kind("new"), "What nobody knows is judged as a post is."},
	} {
		if got := quality.Judge(c.text, c.kind); got != quality.Keep {
			t.Errorf("%s %q: got %q, want it kept", c.kind, c.text, got)
		}
	}
}

func TestWhatIsDropped(t *testing.T) {
	for _, c := range []struct {
		want quality.Reason
		kind licet.Kind
		text string
	}{
		{quality.Empty, licet.KindPost, ""},
		{quality.Empty, licet.KindSkill, " \n\t"},
		{quality.Automatic, licet.KindPost, "[NAME] joined the group"},
		{quality.Automatic, licet.KindPost, "[NAME] a rejoint le groupe."},
		{quality.Automatic, licet.KindPost, "Posted via [URL]"},
		{quality.Automatic, licet.KindComment, "Build #4512 failed on main: 3 errors"},
		{quality.Automatic, licet.KindPrivateMessage, "I am currently out of the office and will be back on 3 May. For what is urgent write to [EMAIL]."},
		{quality.Automatic, licet.KindPrivateMessage, "Bonjour, je suis actuellement absente jusqu’au 3 mai. En mon absence, écrivez à [EMAIL]."},
		{quality.Automatic, licet.KindComment, "I'm a bot, and this action was performed automatically."},
		{quality.Boilerplate, licet.KindPost, "© 2019 Pumps Ltd. All rights reserved."},
		{quality.Boilerplate, licet.KindPost, "Tous droits réservés."},
		{quality.Boilerplate, licet.KindPost, "This page has moved. You will be redirected to [URL]."},
		{quality.Boilerplate, licet.KindPost, "Cette page a été déplacée : [URL]"},
		{quality.Boilerplate, licet.KindPost, "Click here to unsubscribe."},
		{quality.Boilerplate, licet.KindPost, "Pour vous désabonner, cliquez ici."},
		{quality.Boilerplate, licet.KindPost, "We use cookies to improve what you see. Accept all cookies?"},
		{quality.Boilerplate, licet.KindPost, "Ce site utilise des cookies."},
		{quality.Boilerplate, licet.KindPrivateMessage, "This email and any attachments are confidential and intended solely for the person they are addressed to. If you are not the intended recipient, delete them."},
		{quality.Boilerplate, licet.KindPrivateMessage, "Ce message et ses pièces jointes sont confidentiels. Si vous n'êtes pas le destinataire, supprimez-le."},
		{quality.Spam, licet.KindPost, "Join today, here is my referral link: [URL] and you get ten euros"},
		{quality.Spam, licet.KindPost, "Gagnez de l'argent sans rien faire, lien de parrainage : [URL]"},
		{quality.Spam, licet.KindPost, "#follow #like #money #win #now [URL]"},
		{quality.Repeated, licet.KindPost, "buy it buy it buy it buy it buy it buy it buy it"},
		{quality.Repeated, licet.KindPost, "hahaaaaaaaaaaaaaaaaaaaaaaaaaa"},
		{quality.Repeated, licet.KindPost, "=============================="},
		{quality.NotText, licet.KindPost, "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk"},
		{quality.NotText, licet.KindPost, "2024-01-02 12:00:01 ERROR no pump\n2024-01-02 12:00:02 INFO pump found\n"},
		{quality.NotText, licet.KindPost, `!function(e,t){var n={};return e&&t?(n.a=1):{b:2}}(window,document);`},
		{quality.LinkOnly, licet.KindPost, "[URL]"},
		{quality.LinkOnly, licet.KindPost, "My blog: https://example.org/pumps"},
		{quality.LinkOnly, licet.KindPost, "À lire : [URL]"},
		{quality.LinkOnly, licet.KindHeadline, "[URL]"},
		{quality.Symbols, licet.KindPost, "-- 12 // 34 ## 56 ** a 78 ?? 90"},
		{quality.Symbols, licet.KindPost, "🎉🎉🎊🎊🎈"},
		{quality.Symbols, licet.KindSkill, "***"},
		{quality.Test, licet.KindPost, "test"},
		{quality.Test, licet.KindPost, "Test 123"},
		{quality.Test, licet.KindPost, "asdf"},
		{quality.Test, licet.KindComment, "Hello, this is a test"},
		{quality.Test, licet.KindComment, "Ceci est un test"},
		{quality.Test, licet.KindSkill, "asdfgh"},
		{quality.Test, licet.KindComment, "sdkfjh ksjdhf kjsdhf"},
		{quality.Fragment, licet.KindComment, "ok"},
		{quality.Fragment, licet.KindComment, "+1"},
		{quality.Fragment, licet.KindComment, "Yes, I agree!"},
		{quality.Fragment, licet.KindComment, "Merci beaucoup [NAME]"},
		{quality.Fragment, licet.KindComment, "Tout à fait d’accord avec toi"},
		{quality.Fragment, licet.KindComment, "[NAME]"},
		{quality.Fragment, licet.KindPost, "Welding"},
		{quality.Fragment, licet.Kind("new"), "Ok."},
	} {
		if got := quality.Judge(c.text, c.kind); got != c.want {
			t.Errorf("%s %q: got %q, want %q", c.kind, c.text, got, c.want)
		}
	}
}

func TestARemarkInsideALongPostIsNoFooter(t *testing.T) {
	const footer = "All rights reserved. "
	post := footer + words(300)
	if got := quality.Judge(post, licet.KindPost); got != quality.Keep {
		t.Errorf("got %q, want it kept", got)
	}
}

// words returns n words of which each is another.
func words(n int) string {
	var b strings.Builder
	for i := range n {
		for j := range 3 {
			b.WriteString([]string{"ba", "de", "li", "no", "ru", "ma", "te"}[i/[]int{1, 7, 49}[j]%7])
		}
		b.WriteByte(' ')
	}
	return b.String()
}

func TestAccentsAndCaseChangeNothing(t *testing.T) {
	for _, text := range []string{"TOUS DROITS RÉSERVÉS", "tous droits reserves", "Tous droits re\u0301serve\u0301s", "tous  droits\nréservés"} {
		if got := quality.Judge(text, licet.KindPost); got != quality.Boilerplate {
			t.Errorf("%q: got %q, want boilerplate", text, got)
		}
	}
}

func TestAnAccountIsJudgedByItsOwnRecords(t *testing.T) {
	account := func(n int, text func(i int) string) bool {
		var a quality.Account
		for i := range n {
			a.Add(glance(text(i)))
		}
		return a.Bot()
	}
	build := func(i int) string { return fmt.Sprintf("Build %d failed on main after %d seconds", i, 7*i) }
	weather := func(i int) string {
		return fmt.Sprintf("Weather for [NAME] this morning: %d degrees and a light wind", i)
	}
	own := strings.Fields(words(300))
	person := func(i int) string { return strings.Join(own[9*i:9*i+9], " ") }
	for _, c := range []struct {
		what string
		n    int
		text func(int) string
		want bool
	}{
		{"a flood of notices", 30, build, true},
		{"a flood of one sentence with other numbers", 30, weather, true},
		{"a few of them", 19, weather, false},
		{"a person who writes", 30, person, false},
		{"a person who thanks", 30, func(int) string { return "Thanks a lot!" }, false},
		{"a person with one notice in two posts", 30, func(i int) string {
			if i%2 == 0 {
				return weather(i)
			}
			return person(i)
		}, false},
		{"a program that is silent", 0, weather, false},
	} {
		if got := account(c.n, c.text); got != c.want {
			t.Errorf("%s: got %v, want %v", c.what, got, c.want)
		}
	}
	var forth, back quality.Account
	for i := range 40 {
		forth.Add(glance([]string{build(i), weather(i), person(i % 30)}[i%3]))
		back.Add(glance([]string{build(39 - i), weather(39 - i), person((39 - i) % 30)}[(39-i)%3]))
	}
	if forth.Bot() != back.Bot() {
		t.Error("the order of records changes what an account is")
	}
}

func TestEveryReasonIsListedOnce(t *testing.T) {
	seen := map[quality.Reason]bool{}
	for _, r := range quality.Reasons() {
		if r == quality.Keep || seen[r] {
			t.Errorf("%q is no reason, or listed twice", r)
		}
		seen[r] = true
	}
	labels, err := quality.Labels()
	if err != nil || len(labels) != 426 || !labels[299].Drawn || labels[300].Drawn {
		t.Errorf("got %d labels (%v), want 426, of which 300 were drawn", len(labels), err)
	}
}

func FuzzJudge(f *testing.F) {
	for _, s := range []string{"", "\xff\xfe", "test 123", "[NAME", "[URL][URL]", "é", "e\u0301’", "# #a #b", strings.Repeat("a ", 300), "http://", "w", "\xe2\x80", "\xc3"} {
		f.Add(s)
	}
	listed := map[quality.Reason]bool{quality.Keep: true}
	for _, r := range quality.Reasons() {
		listed[r] = r != quality.Bot
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, k := range []licet.Kind{licet.KindPost, licet.KindSkill, licet.KindAbout} {
			r := quality.Judge(text, k)
			if !listed[r] {
				t.Fatalf("%q: got %q, which is no reason", text, r)
			}
			if again := quality.Judge(text, k); again != r {
				t.Fatalf("%q: got %q, then %q", text, r, again)
			}
			if strings.TrimSpace(text) == "" && r != quality.Empty {
				for _, c := range text {
					if c > 0x7f {
						return
					}
				}
				t.Fatalf("%q: got %q, want empty", text, r)
			}
		}
		var a quality.Account
		a.Add(glance(text))
		if a.Bot() {
			t.Fatal("one record makes a bot")
		}
	})
}

func glance(text string) quality.Glance {
	_, g := quality.Look(text, licet.KindPost)
	return g
}
