package own_test

import (
	"slices"
	"strings"
	"testing"

	"licet/view/own"
)

func TestWhoseWordsTheyAre(t *testing.T) {
	for _, c := range []struct{ what, in, want string }{
		{"quoted lines", "> the pump failed\n> twice\nI agree.", "I agree."},
		{"an introduced quote", "Maren Oldcastle wrote:\n> the pump failed\nI agree.", "I agree."},
		{"quoted speech", `True. Maren Oldcastle wrote: "the pump failed". I agree.`, "True. I agree."},
		{"French quoted speech", "Kerguélen a écrit : « la pompe est morte ». D'accord.", "D'accord."},
		{"German quoted speech", "Stimmt. Maren schrieb: „die Pumpe ist kaputt“. Gut.", "Stimmt. Gut."},
		{"Spanish quoted speech", "Maren dijo: «la bomba falló». De acuerdo.", "De acuerdo."},
		{"long quoted words", `I read "nobody can find the drawing of this valve" on a door.`, "I read on a door."},
		{"a short quoted title stays", `We call it "the beast" here.`, `We call it "the beast" here.`},
		{"who said it comes after", `No. "Never again," said Maren. I would.`, "No. said Maren. I would."},
		{"one's own short words stay", `I wrote: "it works". It did.`, `I wrote: "it works". It did.`},
		{"an abbreviation ends no sentence", "Bien. M. Kerguélen a écrit : « non ». Dommage.", "Bien. Dommage."},
		{"a quote that nobody closes", `She said "the pump failed and I left`, `She said "the pump failed and I left`},
		{"an escaped quote", "&gt; the pump failed\nI agree.", "I agree."},
		{"a number is no quote", ">90% of the pumps work", ">90% of the pumps work"},
		{"introduced BBCode", "Maren wrote:\n[quote]pump[/quote]\nNo.", "No."},
		{"BBCode", "Hello\n[quote=Maren]the [quote]pump[/quote] failed[/quote]\nI agree.", "Hello\n\nI agree."},
		{"BBCode that nobody closes", "[quote]the pump\n\nI agree.", "I agree."},
		{"an answered mail", "Fine by me.\n\nOn 3 May 2025 at 10:12, Maren <m@example.org> wrote:\nthe pump failed\n\ntwice", "Fine by me."},
		{"an answered mail with quoted lines", "On 3 May 2025 at 10:12, Maren wrote:\n> the pump failed\n\nFine by me.", "Fine by me."},
		{"an answered French mail", "D'accord.\nLe 3 mai 2025 à 10:12, Maren a écrit :\nla pompe", "D'accord."},
		{"a parted introduction", "Yes.\nOn Mon, 3 May 2025, Maren,\n<m@example.org> wrote:\n> pump\nNo.", "Yes.\nNo."},
		{"a day is no mail", "On Monday the regulator wrote:\n\nwe did not wait.", "On Monday the regulator wrote:\n\nwe did not wait."},
		{"an original message", "Yes.\n-----Original Message-----\nthe pump failed", "Yes."},
		{"a French original message", "Oui.\n-----Message d'origine-----\nla pompe", "Oui."},
		{"Outlook", "Yes.\nFrom: Maren\nSent: Monday\nTo: all\n\nthe pump", "Yes."},
		{"French Outlook", "Oui.\nDe : Maren\nEnvoyé : lundi\n\nla pompe", "Oui."},
		{"a story from somebody", "From: a village\nTo: a town, it is far.", "From: a village\nTo: a town, it is far."},
		{"a signature", "See you.\n-- \nMaren\nPump engineer", "See you."},
		{"a rule between long paragraphs", "One.\n--\n" + strings.Repeat("A long line of words. ", 8), "One.\n--\n" + strings.TrimSpace(strings.Repeat("A long line of words. ", 8))},
		{"a telephone", "See you.\nSent from my phone", "See you."},
		{"placeholders stay", "Dear [NAME], write to [EMAIL].", "Dear [NAME], write to [EMAIL]."},
	} {
		if got, _ := own.Words(c.in); got != c.want {
			t.Errorf("%s: got %q, want %q", c.what, got, c.want)
		}
	}
}

func TestHygiene(t *testing.T) {
	for _, c := range []struct{ what, in, want string }{
		{"line ends", "a\r\nb\rc\u2028d", "a\nb\nc\nd"},
		{"what cannot be seen", "pu\u200bm\u00adp\x00 \u202efailed\u202c\ufeff", "pump failed"},
		{"an emoji of several", "👩\u200d🔧 ❤️", "👩\u200d🔧 ❤️"},
		{"a joiner that joins nothing", "a\u200db", "ab"},
		{"Persian keeps its non-joiner", "می\u200cخواهم", "می\u200cخواهم"},
		{"Normalization Form C", "cafe\u0301", "café"},
		{"mojibake", "cafÃ© dâ€™Ã©tÃ©", "café d’été"},
		{"no mojibake", "MANHÃ” e IRMÃ», Âge, pâte", "MANHÃ” e IRMÃ», Âge, pâte"},
		{"Windows-1252", "caf\xe9 \x80 5", "café € 5"},
		{"an invalid byte", "é\xffa", "éa"},
		{"full-width ASCII", "ｍａｒｅｎ＠ｅｘａｍｐｌｅ．ｏｒｇ", "maren@example.org"},
		{"entities", "don&#8217;t &amp; caf&eacute;", "don’t & café"},
	} {
		if got, _ := own.Words(c.in); got != c.want {
			t.Errorf("%s: got %q, want %q", c.what, got, c.want)
		}
	}
}

func TestMarkup(t *testing.T) {
	for _, c := range []struct{ what, in, want string }{
		{"no markup", "a < b and c > d, 2 * 3 * 4, snake_case_name, f**k, C:\\temp, #pump", "a < b and c > d, 2 * 3 * 4, snake_case_name, f**k, C:\\temp, #pump"},
		{"emphasis", "I *really* mean **it**, __so__ do _you_", "I really mean it, so do you"},
		{"a link", "See [the _plan_](https://example.org/a_(b) \"title\") and <https://example.org>", "See the plan and https://example.org"},
		{"a link by reference", "See [the plan][1].\n\n[1]: https://example.org", "See the plan."},
		{"a picture", "![a pump](pump.png) failed", "a pump failed"},
		{"a heading", "## The pump ##\nfailed", "The pump\nfailed"},
		{"a list", "* one\n+ two\n- three", "- one\n- two\n- three"},
		{"code", "Run `a*b*c`:\n```go\nx := *p * *q\n```\ndone", "Run a*b*c:\nx := *p * *q\ndone"},
		{"a table", "| a | b |\n|---|:-:|\n| 1 | 2 |", "a b\n1 2"},
		{"a shortcode", "{{< img src=\"a.png\" >}}The pump", "The pump"},
		{"a tag in text", "Hello <b>world</b>, vector<b> and <i", "Hello world, vector<b> and <i"},
		{"HTML", "<p>The <b>pump</b>\nfailed &amp; I</p><ul><li>one</li><li>two</li></ul>", "The pump failed & I\n\n- one\n- two"},
		{"an HTML quotation", "<p>X wrote:</p><blockquote><p>the <blockquote>pump</blockquote></p></blockquote><p>I agree.</p>", "I agree."},
		{"HTML code", "<p>Run</p><pre><code>a\n  b * c\n</code></pre>", "Run\n\na\n  b * c"},
		{"what is not shown", "<p>a<script>alert(1)</script><style>p{}</style>b</p><!-- no -->", "ab"},
		{"a picture in HTML", `<p>See <img src="x" alt="a pump"> there</p>`, "See a pump there"},
		{"line breaks", "one<br>two<br/>three", "one\ntwo\nthree"},
	} {
		if got, _ := own.Words(c.in); got != c.want {
			t.Errorf("%s: got %q, want %q", c.what, got, c.want)
		}
	}
}

func TestACutSaysWhatWasWhere(t *testing.T) {
	const in = "I **mean** it.\n> the pump\nYes."
	_, got := own.Words(in)
	want := []own.Cut{{own.Markup, 2, 4}, {own.Markup, 8, 10}, {own.Quote, 15, 26}}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestATextThatIsTooLongIsRefused(t *testing.T) {
	got, cuts := own.Words(strings.Repeat("a", own.Longest+1))
	if got != "" || len(cuts) != 1 || cuts[0].What != own.TooLong {
		t.Errorf("got %d bytes and %v", len(got), cuts)
	}
	if got, _ := own.Words(strings.Repeat("a", own.Longest)); len(got) != own.Longest {
		t.Errorf("a text as long as may be lost words: %d bytes are left", len(got))
	}
}
