package feature_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/unicode/norm"

	"licet/view/langid/feature"
)

// words are what a scanner reads in a text, as codes.
func words(text string) (out [][]uint8) {
	s := feature.NewLetters().Scan(text)
	for s.Next() {
		out = append(out, slices.Clone(s.Word()))
	}
	return out
}

// as says which words of a text are read, by the codes of the plain words want.
func as(want string) (out [][]uint8) {
	for w := range strings.FieldsSeq(want) {
		out = append(out, words(w)...)
	}
	return out
}

func TestWhatIsRead(t *testing.T) {
	for _, c := range []struct{ what, text, want string }{
		{"words", "The pump failed, twice!", "the pump failed twice"},
		{"case", "PUMPE Pumpe pumpe", "pumpe pumpe pumpe"},
		{"an apostrophe parts", "l'eau d’ici", "l eau d ici"},
		{"a hyphen parts", "peut-être", "peut être"},
		{"placeholders", "Write to [EMAIL] or [BIRTH_DATE], [NAME]s", "write to or s"},
		{"what is no placeholder", "see [the plan] here", "see the plan here"},
		{"addresses", "at https://example.org/a and www.example.org or a@b.example", "at and or"},
		{"handles and tags", "@maren said #pumps", "said"},
		{"numbers", "in 2024 at 10h30 we", "in at we"},
		{"code in a line", "run `go test ./...` now", "run now"},
		{"a fence of code", "before\n```go\nfor range words {}\n```\nafter", "before after"},
		{"lines of a program", "before\nif pump {\nfail(pump);\nafter", "before after"},
		{"identifiers", "call snake_case and a::b or f() and $x", "call and or and"},
		{"a name of a file", "open main.go now", "open now"},
		{"nothing", " \n\t", ""},
		{"a soft hyphen parts, as hygiene takes it out before", "pum\u00adpe", "pum pe"},
	} {
		if got, want := words(c.text), as(c.want); !slices.EqualFunc(got, want, slices.Equal) {
			t.Errorf("%s: %q is read as %v, want %v", c.what, c.text, got, want)
		}
	}
}

// TestAccentsAreOneLetter: a letter and a mark are read as the letter that has it.
func TestAccentsAreOneLetter(t *testing.T) {
	for _, w := range []string{"été", "français", "señor", "über", "größe", "château", "český", "ångström", "ação"} {
		if got, want := words(norm.NFD.String(w)), words(w); !slices.EqualFunc(got, want, slices.Equal) {
			t.Errorf("%q in two characters is read as %v, want %v", w, got, want)
		}
	}
	if a, b := words("pêche"), words("peche"); slices.EqualFunc(a, b, slices.Equal) {
		t.Error("an accent makes no difference")
	}
}

func TestWhatIsCounted(t *testing.T) {
	s := feature.NewLetters().Scan("Das ist ÄÖ, NASA und привет мир, 東京")
	acronyms := 0
	for s.Next() {
		if s.Acronym() {
			acronyms++
		}
	}
	if s.Latin != 15 || s.Foreign != 11 || acronyms != 2 {
		t.Errorf("got %d Latin and %d other letters and %d acronyms, want 15, 11 and 2", s.Latin, s.Foreign, acronyms)
	}
	if w := words(strings.Repeat("a", 3*feature.MaxWord)); len(w) != 1 || len(w[0]) != feature.MaxWord {
		t.Errorf("a long word is read as %d words", len(w))
	}
}

// TestNumbersStay: the model's tables are addressed by these numbers, so that another one
// is another model. The digest is of all runs and words of a few texts.
func TestNumbersStay(t *testing.T) {
	const want = "fa1cbc837c10d119b34f881a7fb276d93bf63ce5d508227e616e8814f6869acd"
	sum := sha256.New()
	var slots [feature.MaxRuns]uint32
	for _, w := range words("the quick brown fox où être größe niño čeština żółw ÿ zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz") {
		n := feature.Runs(w, &slots)
		slot, mark := feature.Word(w)
		fmt.Fprintln(sum, slots[:n], slot, mark) //nolint:errcheck // a hash takes everything
	}
	if got := hex.EncodeToString(sum.Sum(nil)); got != want {
		t.Errorf("the numbers give %s, want %s", got, want)
	}
	if n := feature.Runs(words("ab")[0], &slots); n != 3+2+1 {
		t.Errorf("two letters and the edges have %d runs, want 6", n)
	}
}

func FuzzScan(f *testing.F) {
	for _, s := range []string{"The pump [NAME] `x` ```\ncode\n```", "été \u0301\u0300 e\u0301", "[A[B]C]", "a.b c/d e::f", "\xff\xfe é\xc3", "東京 привет", "```\n``", "#a ##b @c"} {
		f.Add(s)
	}
	letters := feature.NewLetters()
	f.Fuzz(func(t *testing.T, text string) {
		s := letters.Scan(text)
		read := 0
		var slots [feature.MaxRuns]uint32
		for s.Next() {
			w := s.Word()
			if len(w) == 0 || len(w) > feature.MaxWord || slices.Contains(w, 0) {
				t.Fatalf("%q: the word %v", text, w)
			}
			for _, i := range slots[:feature.Runs(w, &slots)] {
				if i >= feature.RunSlots {
					t.Fatalf("%q: run %d", text, i)
				}
			}
			if slot, mark := feature.Word(w); slot >= feature.WordSlots || mark == 0 {
				t.Fatalf("%q: word %d, mark %d", text, slot, mark)
			}
			if read += len(w); read > len(text) {
				t.Fatalf("%q: %d letters are read of %d bytes", text, read, len(text))
			}
		}
		if s.Latin != read || s.Next() {
			t.Fatalf("%q: %d letters counted, %d read", text, s.Latin, read)
		}
	})
}
