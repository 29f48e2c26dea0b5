package own

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// taken applies a step to a text after hygiene, checks that its cuts stand in the
// text, and returns the text before, the text after, and what is left
// of the text where the cuts are taken out of it.
func taken(t *testing.T, text string, step func(*edit)) (before, after, left string) {
	t.Helper()
	before, _ = clean(text)
	p := page{text: before}
	p.apply(step)
	var b strings.Builder
	at := 0
	for _, c := range p.cuts {
		if c.Start < 0 || c.End < c.Start || c.End > len(before) {
			t.Fatalf("%q: cut %v is out of range", before, c)
		}
		b.WriteString(before[at:max(at, c.Start)])
		at = max(at, c.End)
	}
	b.WriteString(before[at:])
	return before, p.text, b.String()
}

// letters are those of a text, in their order: what a step that takes out puts in
// instead is never one.
func letters(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return r
		}
		return -1
	}, text)
}

func within(part, whole string) bool {
	for _, r := range part {
		n := strings.IndexRune(whole, r)
		if n < 0 {
			return false
		}
		whole = whole[n+utf8.RuneLen(r):]
	}
	return true
}

func add(f *testing.F, seeds ...string) {
	f.Helper()
	for _, s := range seeds {
		f.Add(s)
	}
}

// Hygiene gives valid UTF-8 in Normalization Form C without a control character, and
// leaves its own result as it is.
func FuzzHygiene(f *testing.F) {
	add(f, "a\r\nb\rc\u2028d", "pu\u200bm\u00adp\x00 \u202ef\u202c\ufeff", "👩\u200d🔧 ❤️", "می\u200cخواهم", "cafe\u0301", "caf\xe9 \x80", "é\xff", "ｍ＠ｅ", "&#8217;&eacute;&#0;", "A\u0344\u0301", "\u1100\u1161")
	f.Fuzz(func(t *testing.T, text string) {
		once, cuts := clean(text)
		if !utf8.ValidString(once) || !norm.NFC.IsNormalString(once) || strings.ContainsAny(once, "\x00\r\v\f\x7f\u0085\u200b\u202e\ufeff") {
			t.Fatalf("%q gives %q", text, once)
		}
		for _, c := range cuts {
			if c.What != Invisible || c.Start != c.End {
				t.Fatalf("%q: cut %v", text, c)
			}
		}
		if twice, more := clean(once); twice != once || len(more) > 0 {
			t.Fatalf("%q gives %q, then %q", text, once, twice)
		}
	})
}

// TestComposedIsNormal holds the short way past norm to norm.
func TestComposedIsNormal(t *testing.T) {
	passed := 0
	for r := rune(0); r <= unicode.MaxRune; r++ {
		s := string(r)
		if !utf8.ValidRune(r) || r == '\t' || r == '\n' || r < ' ' || r == 0x7f || !composed("a"+s+"b") {
			continue
		}
		passed++
		for _, text := range []string{s, "a" + s, s + s, "e" + s + "z"} {
			if !norm.NFC.IsNormalString(text) {
				t.Fatalf("%q is no normal form", text)
			}
		}
		if p := norm.NFC.PropertiesString(s); p.CCC() != 0 || p.BoundaryBefore() == false {
			t.Fatalf("%q joins what stands before it", s)
		}
	}
	if passed < 0x280 {
		t.Errorf("only %d characters go the short way", passed)
	}
	for _, text := range []string{"e\u0301", "\u0344", "\u1100\u1161", "\u212b", "é\u0300", "\u2000", "\u2126"} {
		if composed(text) {
			t.Errorf("%q goes the short way", text)
		}
	}
}

// What was once read as Windows-1252 comes back, where one character of it is certain.
func FuzzMojibake(f *testing.F) {
	add(f, "été à l'œuvre", "naïve, ça va", "über", "plain")
	f.Fuzz(func(t *testing.T, text string) {
		if got := repair(strings.ToValidUTF8(text, "")); !utf8.ValidString(got) || len(got) > len(text) {
			t.Fatalf("%q gives %q", text, got)
		}
		text = strings.Map(func(r rune) rune {
			if r < utf8.RuneSelf || r >= 'à' && r <= 'ÿ' && r != 'â' && r != 'ð' {
				return r
			}
			return -1
		}, text) + "é"
		var b strings.Builder
		for i := range len(text) {
			if r := windows1252(text[i]); r >= 0 {
				b.WriteRune(r)
			} else {
				b.WriteRune(rune(text[i]))
			}
		}
		if got := repair(b.String()); got != text {
			t.Fatalf("%q, read wrongly as %q, gives %q", text, b.String(), got)
		}
	})
}

// HTML loses no word of a paragraph, and its step gives no letter that was not there.
func FuzzHTML(f *testing.F) {
	add(f, "the <b>pump</b>", "<div><div><p>a<script>b</script>", "<blockquote>a<blockquote>b</blockquote>c", "<pre> a\n  b</pre>", "<ul><li>a<li>b", "<img alt=\"a pump\">", "<q>a</q>", "<a href='x'", "<!-- a -->", "<div class=gmail_quote>a")
	f.Fuzz(func(t *testing.T, text string) {
		before, after, _ := taken(t, text, stripHTML)
		if !strings.Contains(before, "&") && !within(letters(after), letters(before)) {
			t.Fatalf("%q gives %q", before, after)
		}
		// "a ", as ">" with U+0338 is another character.
		plain := "a " + strings.NewReplacer("<", " ", ">", " ", "&", " ").Replace(before)
		if _, after, _ := taken(t, "<p>"+plain+"</p>", stripHTML); strings.Join(strings.Fields(after), " ") != strings.Join(strings.Fields(plain), " ") {
			t.Fatalf("%q, as a paragraph, gives %q", plain, after)
		}
	})
}

// Markdown gives no letter that was not there, in no other order, and a text without
// any of its marks stays.
func FuzzMarkdown(f *testing.F) {
	add(f, "**a** _b_ `c` [d](e) ![f](g)\n```\nh", "| a | b |\n|---|:-:|\n| 1 | 2 |", "# a #\n* b\n+ c", "[a][1]\n\n[1]: http://x", "<b>a</b> <br> <https://x>", "{{< a >}}{{% b %}}", "\\*a\\*", "***a*** ~~b~~", "<!-- a", "<blockquote>a</blockquote>", "[^1] a\n[^1]: b")
	f.Fuzz(func(t *testing.T, text string) {
		before, after, _ := taken(t, text, stripMarkdown)
		if !strings.Contains(before, "&") && !within(letters(after), letters(before)) {
			t.Fatalf("%q gives %q", before, after)
		}
		plain := strings.Map(func(r rune) rune {
			if r < utf8.RuneSelf && (special[r] || inner[r]) {
				return ' '
			}
			return r
		}, before)
		if _, same, _ := taken(t, plain, stripMarkdown); same != plain {
			t.Fatalf("%q, which has no mark, gives %q", plain, same)
		}
	})
}

// A quotation in BBCode goes as a whole: what is left is what stands outside the cuts.
func FuzzBBCode(f *testing.F) {
	add(f, "a\n[quote=x]b[quote]c[/quote]d[/quote]e", "[quote]a\n\nb", "X wrote:\n[QUOTE]a[/QUOTE]", "[/quote][quote][quote", "[quote", "[quote ")
	f.Fuzz(func(t *testing.T, text string) {
		before, after, left := taken(t, text, cutBBCode)
		if after != left {
			t.Fatalf("%q gives %q, its cuts leave %q", before, after, left)
		}
		if !strings.Contains(before, "[") && after != before {
			t.Fatalf("%q gives %q", before, after)
		}
	})
}

// No quoted line stays, and what stays are lines as they stood.
func FuzzQuotedLines(f *testing.F) {
	add(f, "> a\n>> b\nc", "X wrote:\n> a\nb", "&gt; a\nb", ">90%\n> 5", "On 3 May 2025, X,\n<x@example.org> wrote:\n> a", "a\n-- \nX", " > a", "a\n\n>\n")
	f.Fuzz(func(t *testing.T, text string) {
		before, after, left := taken(t, text, cutLines)
		if after != left {
			t.Fatalf("%q gives %q, its cuts leave %q", before, after, left)
		}
		for line := range strings.SplitSeq(after, "\n") {
			if quoted(strings.Trim(line, blanks)) {
				t.Fatalf("%q gives %q, which still quotes", before, after)
			}
			if !strings.Contains("\n"+before+"\n", line+"\n") {
				t.Fatalf("%q gives the line %q", before, line)
			}
		}
	})
}

// From the head of an answered mail on, or from a signature on, nothing stays.
func FuzzMail(f *testing.F) {
	for _, s := range [][2]string{
		{"On 3 May 2025 at 10:12, X <x@example.org> wrote:", "a\n\nb"},
		{"Le 3 mai 2025 à 10:12, X a écrit :", "a"},
		{"-----Original Message-----", "a"},
		{"From: X", "Sent: Monday\na"},
		{"De : X", "Envoyé : lundi"},
		{"-- ", "X\nY"},
		{"--", "X"},
		{"Sent from my phone", ""},
		{"from: X date: 10:12", "a"},
		{"On 3 May, X wrote 10:12:", "> a"},
	} {
		f.Add(s[0], s[1])
	}
	f.Fuzz(func(t *testing.T, line, after string) {
		line, _ = clean(strings.ReplaceAll(line, "\n", " "))
		after, _ = clean(after)
		text := line + "\n" + after
		trimmed := strings.Trim(line, blanks)
		if again, _ := clean(text); again != text || trimmed == "" || quoted(trimmed) {
			return
		}
		_, got, _ := taken(t, text, cutLines)
		if ends := rest(trimmed, after) || signs(line+"\n", after); ends && got != "" {
			t.Fatalf("%q and %q: %q stays", line, after, got)
		}
	})
}

// Speech takes out and joins with blanks: no other character is new, and a text
// without a quotation mark stays.
func FuzzSpeech(f *testing.F) {
	add(f, `True. X wrote: "a b". c`, "« a b c d e » dit X", "„a b c d e“", "\"five words and more here\" said X", `I wrote: "a". b`, "‚a‘ ‹b› »c«", `"a "b" c`, "M. X a écrit : « non ». d", "\"a\n\nb\"")
	f.Fuzz(func(t *testing.T, text string) {
		before, after, left := taken(t, text, cutSpeech)
		if strings.ReplaceAll(after, " ", "") != strings.ReplaceAll(left, " ", "") {
			t.Fatalf("%q gives %q, its cuts leave %q", before, after, left)
		}
		first := strings.IndexFunc(before, func(r rune) bool { return strings.ContainsRune("\"«»‚‛“”„‹", r) })
		if at := opener(before, 0); at != first && (first >= 0 || at != len(before)) {
			t.Fatalf("%q: the first mark is at %d, not %d", before, first, at)
		}
		if first < 0 && after != before {
			t.Fatalf("%q gives %q", before, after)
		}
	})
}

// The small parsers stay inside their text, and find what they say at its beginning.
func FuzzPieces(f *testing.F) {
	add(f, "<b>", "</p >", "<a href=\"x>y\">", "<b and c>", "<img src=x/>", "&amp;", "&#x1F600;", "&bogus;", "(a_(b) \"c\")", "({{< a >}})", "[1]: http://x", "[^1]: a", "```go", "| a |", "<script")
	f.Fuzz(func(t *testing.T, text string) {
		if strings.HasPrefix(text, "<") {
			if name, _, n := tagAt(text); n > 0 && (n > len(text) || text[n-1] != '>' || gaps[name] == 0 && !inline[name]) {
				t.Fatalf("%q: a tag of %d bytes", text, n)
			}
		}
		if strings.HasPrefix(text, "&") {
			if s, n := entityAt(text); n > len(text) || n > 0 && (text[n-1] != ';' || s == "") {
				t.Fatalf("%q: an entity %q of %d bytes", text, s, n)
			}
		}
		if strings.HasPrefix(text, "(") {
			if n := target(text); n > len(text) || n > 0 && text[n-1] != ')' {
				t.Fatalf("%q: a target of %d bytes", text, n)
			}
		}
		line, _, _ := strings.Cut(text, "\n")
		if label, n, ok := definition(line); ok && (label == "" || n < 1 || n > len(line)) {
			t.Fatalf("%q: label %q, %d bytes", line, label, n)
		}
		if marks, ok := fenceAt(line); ok && marks != "```" && marks != "~~~" {
			t.Fatalf("%q: a fence %q", line, marks)
		}
		if isHTML(text) && !strings.Contains(text, "<") {
			t.Fatalf("%q is taken for HTML", text)
		}
	})
}
