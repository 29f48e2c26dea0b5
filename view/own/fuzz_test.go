package own_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"licet/internal/testshared"
	"licet/view/own"
)

// FuzzWords holds every step to what the package says: text that is valid, no longer
// than it can be, cuts inside it, and the same again for the same text.
func FuzzWords(f *testing.F) {
	for _, text := range []string{
		"<p>Maren wrote:</p><blockquote>the <b>pump</b></blockquote><p>I agree.", "<div><div><div><p>a<script>", "> a\n>> b\nc",
		"[quote=x]a[quote]b[/quote]", "**a** _b_ `c` [d](e) ![f](g)\n```\nh", "| a | b |\n|---|---|\n| 1 |", "On 3 May 2025, X wrote:\n> a",
		"Ã©tÃ© \xe9 \u202e\u200b\x00", "&amp;lt;b&amp;gt; &#x1F600; &#0; &bogus;", "\"five words and more here\" said X", "{{< a >}} -- \nX",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, cuts := own.Words(text)
		if !utf8.ValidString(got) || strings.ContainsAny(got, "\x00\r\u202e\u200b") {
			t.Fatalf("%q gives %q", text, got)
		}
		for _, c := range cuts {
			if c.Start < 0 || c.End < c.Start || c.What == "" {
				t.Fatalf("%q: cut %v", text, c)
			}
		}
		if same, _ := own.Words(text); same != got {
			t.Fatalf("%q gives %q, then %q", text, got, same)
		}
		if once, twice, ok := again(strings.TrimSpace(text)); ok && twice != once {
			t.Fatalf("%q gives %q, and that %q", text, once, twice)
		}
	})
}

// again returns the words of a text and the words of these; ok is false where markup
// was taken out of one of them.
func again(text string) (once, twice string, ok bool) {
	once, cuts := own.Words(text)
	twice, more := own.Words(once)
	markup := func(c own.Cut) bool { return c.What == own.Markup }
	return once, twice, !slices.ContainsFunc(cuts, markup) && !slices.ContainsFunc(more, markup)
}

// TestOwnWordsStay holds the law of FuzzWords for real texts, and counts those of which
// it says something.
func TestOwnWordsStay(t *testing.T) {
	plain := 0
	texts := slices.Concat(markdownFiles(t), htmlPosts(t), comments(t))
	for _, text := range texts {
		once, twice, ok := again(strings.TrimSpace(text))
		if !ok {
			continue
		}
		plain++
		if twice != once {
			t.Errorf("%.80q: the words change when they are read again", text)
		}
	}
	if plain < 300 {
		t.Errorf("only %d of %d texts are without markup", plain, len(texts))
	}
}

// TestHostileTextComesToAnEnd: marks that nothing closes neither stop the package nor
// make a text grow.
func TestHostileTextComesToAnEnd(t *testing.T) {
	const n = 200_000
	for _, piece := range []string{"<div>", "> ", "[quote]", "**", "`", "[", "![", "\"", "<!--", "&lt;", "|", "_a", "{{<", "Ã", "a\u0301"} {
		if got, _ := own.Words(strings.Repeat(piece, n/len(piece))); len(got) > 4*n {
			t.Errorf("%q many times gives %d bytes", piece, len(got))
		}
	}
}

func BenchmarkWords(b *testing.B) {
	dir := testshared.Dir(b, "digitalgov")
	var texts []string
	size := 0
	names, err := filepath.Glob(filepath.Join(dir, "content", "news", "2021", "*", "*.md"))
	if err != nil || len(names) == 0 {
		b.Fatal(len(names), err)
	}
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			b.Fatal(err)
		}
		texts = append(texts, string(data))
		size += len(data)
	}
	b.SetBytes(int64(size))
	for b.Loop() {
		for _, text := range texts {
			own.Words(text)
		}
	}
}
