package grams_test

import (
	"slices"
	"strings"
	"testing"

	"licet/internal/grams"
)

func of(text string) []grams.Gram {
	g, _ := grams.Append(nil, nil, text)
	return g
}

func TestWhatDoesNotCount(t *testing.T) {
	want := of("we moved the old valve to the east quay cafe")
	if len(want) != 3 {
		t.Fatalf("10 words have %d grams, want 3", len(want))
	}
	for name, text := range map[string]string{
		"case":        "We moved THE old valve to the East Quay cafe",
		"accents":     "we moved thé old valve to the east quay café",
		"combined":    "we moved the old valve to the east quay cafe\u0301",
		"punctuation": "We moved the old valve, to the east-quay: cafe!",
		"HTML":        "<p>we <b class=\"x\">moved</b> the old&nbsp;valve</p> to the east quay cafe",
		"spaces":      "we  moved\nthe\told valve to the east quay \u200bcafe",
	} {
		if got := of(text); !slices.Equal(got, want) {
			t.Errorf("%s: %q has other grams", name, text)
		}
	}
	for _, text := range []string{"we moved the old valve to the east quay tea", "moved we the old valve to the east quay cafe", "a < b we moved the old valve to the east quay cafe"} {
		if slices.Equal(of(text), want) {
			t.Errorf("%q has the same grams", text)
		}
	}
	if of("don't and don’t") != nil || len(of(strings.Repeat("don't ", 8))) != 1 {
		t.Error("an apostrophe parts a word")
	}
}

func TestAGramBeginsAtItsWord(t *testing.T) {
	text := "oh: we moved the old valve to the east quay"
	g, words := grams.Append(nil, nil, text)
	part := text[words[1].Start:words[grams.Size].End]
	if part != "we moved the old valve to the east" || of(part)[0] != g[1] {
		t.Errorf("gram 1 is of %q", part)
	}
}

func FuzzGrams(f *testing.F) {
	f.Add("we moved the <b>old</b> valve &amp; all to the east quay")
	f.Add("<!" + strings.Repeat("x", 50) + "&#1234567890;\xff\xfe é e\u0301")
	f.Fuzz(func(t *testing.T, text string) {
		g, words := grams.Append(nil, nil, text)
		if len(g) != max(0, len(words)-grams.Size+1) {
			t.Fatalf("%d words have %d grams", len(words), len(g))
		}
		last := 0
		for _, w := range words {
			if w.Start < last || w.End <= w.Start || w.End > len(text) {
				t.Fatalf("word at %d to %d after %d", w.Start, w.End, last)
			}
			last = w.End
		}
	})
}

func BenchmarkAppend(b *testing.B) {
	text := strings.Repeat("We moved the old valve to the east quay, and nobody asked the crew. ", 20)
	var g []grams.Gram
	var w []grams.Word
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		g, w = grams.Append(g[:0], w, text)
	}
}
