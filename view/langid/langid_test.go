package langid_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"

	"licet/view/langid"
)

func TestTheModelIsTheOneThatTheRecipeMakes(t *testing.T) {
	model, err := os.ReadFile("model.bin")
	if err != nil {
		t.Fatal(err)
	}
	recipe, err := os.ReadFile("gen/recipe.tsv")
	if err != nil {
		t.Fatal(err)
	}
	want := fmt.Sprintf("\nmodel\t%x\n", sha256.Sum256(model))
	if !bytes.Contains(recipe, []byte(want)) {
		t.Errorf("gen/recipe.tsv does not have the line %q", strings.TrimSpace(want))
	}
	if len(model) > 4_000_000 {
		t.Errorf("the model has %d bytes, more than 4 MB", len(model))
	}
}

func TestOtherLanguagesAreNoneOfTheFour(t *testing.T) {
	m := load(t)
	texts, right := map[string]int{}, map[string]int{}
	all, allRight := 0, 0
	for _, c := range cases(t, "other") {
		texts[c.want]++
		all++
		got, _ := m.Detect(c.text)
		if got == langid.Other {
			right[c.want]++
			allRight++
			continue
		}
		t.Logf("%s is taken for %s", c.want, got)
	}
	for lang, n := range texts {
		t.Logf("%s: %d of %d", lang, right[lang], n)
		if n >= 20 && float64(right[lang]) < .95*float64(n) {
			t.Errorf("%s: %d of %d are right, want 95 %%", lang, right[lang], n)
		}
	}
	if float64(allRight) < .97*float64(all) {
		t.Errorf("%d of %d are right, want 97 %%", allRight, all)
	}
}

func TestAsPeopleType(t *testing.T) {
	m := load(t)
	for _, c := range cases(t, "typed") {
		if got, share := m.Detect(c.text); string(got) != c.want {
			t.Errorf("%q: got %s (%.2f), want %s", c.text, got, share, c.want)
		}
	}
}

func TestWhatIsInNoLanguageIsUndetermined(t *testing.T) {
	m := load(t)
	for _, c := range append(cases(t, "none"), testCase{text: ""}, testCase{text: "\n\n"}) {
		if got, share := m.Detect(c.text); got != langid.Undetermined {
			t.Errorf("%q: got %s (%.2f), want und", c.text, got, share)
		}
	}
}

func TestPassages(t *testing.T) {
	m := load(t)
	for _, c := range []struct {
		name, text string
		want       langid.Language
	}{
		{"placeholders are passed over", "[NAME] [EMAIL] wir treffen uns morgen [PHONE NUMBER]", langid.German},
		{"addresses are passed over", "https://example.org/the/weather/is/fine écrivez-nous the-weather@example.org", langid.French},
		{"code between backticks is passed over", "`while the weather is fine` no hay reunión mañana", langid.Spanish},
		{"a fenced block is passed over", "Voici la commande :\n```\nwhile the weather is fine do\n```\nMerci à tous.", langid.French},
		{"a fence that is left open hides one line", "```\nDie Sitzung beginnt um neun Uhr.", langid.German},
		{"lines of code are passed over", "if (theWeather && isFine) {\nprint(\"the weather is fine\");\nnos vemos en la oficina", langid.Spanish},
		{"acronyms are passed over", "Second Session: 1:30 to 2:30 PM ET", langid.English},
		{"capitals only are read", "CDI À TEMPS PLEIN", langid.French},
		{"accents of two characters are joined", "la re\u0301union a e\u0301te\u0301 reporte\u0301e", langid.French},
		{"a soft hyphen does not cut a word", "Mit\u00adglieder\u00adversammlung im Früh\u00adjahr", langid.German},
		{"no-break spaces cut words", "Où\u00a0est\u00a0la\u00a0salle\u202f?", langid.French},
		{"broken characters are no obstacle", "la r\xe9union est \xff report\xe9e demain", langid.French},
		{"two Chinese characters are a word", "会议", langid.Other},
		{"one foreign letter is not a language", "π", langid.Undetermined},
		{"a name in Greek does not change a text", "We met Ελένη at the station on Monday", langid.English},
		{"one word that only one language has", "Geschwindigkeit", langid.German},
		{"one word that several have", "menu", langid.Undetermined},
		{"most words decide", "Die Konferenz war gut, the food was fine, und die Leute waren sehr nett zu mir.", langid.German},
	} {
		if got, share := m.Detect(c.text); got != c.want {
			t.Errorf("%s: got %s (%.2f), want %s", c.name, got, share, c.want)
		}
	}
}

func TestSharesAreTheSameOnEveryMachine(t *testing.T) {
	m := load(t)
	var b strings.Builder
	for _, file := range []string{"other", "typed", "none"} {
		for _, c := range cases(t, file) {
			got, share := m.Detect(c.text)
			if share < 0 || share > 1 {
				t.Errorf("%q: share %v", c.text, share)
			}
			fmt.Fprintf(&b, "%s %x\n", got, share)
		}
	}
	want, err := os.ReadFile("testdata/shares.golden")
	if err != nil {
		t.Fatal(err)
	}
	if b.String() != string(want) {
		if os.Getenv("UPDATE") != "" {
			if err := os.WriteFile("testdata/shares.golden", []byte(b.String()), 0o644); err != nil {
				t.Fatal(err)
			}
			return
		}
		t.Error("answers differ from testdata/shares.golden; with a new model, write it with UPDATE=1")
	}
}

func TestManyAtOnceAgree(t *testing.T) {
	m := load(t)
	texts := cases(t, "other")
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for _, c := range texts {
				got, share := m.Detect(c.text)
				again, same := m.Detect(c.text)
				if got != again || share != same {
					t.Errorf("two answers for one text: %s %v, %s %v", got, share, again, same)
				}
			}
		})
	}
	wg.Wait()
}

func TestNothingIsAllocated(t *testing.T) {
	m := load(t)
	text := "Réunion jeudi : [NAME] présente `licet` à www.example.org\nMerci ! Привет, 会议 A B C" + strings.Repeat(" unbekanntes Wortungetüm", 200)
	if n := testing.AllocsPerRun(20, func() { m.Detect(text) }); n != 0 {
		t.Errorf("%v allocations, want none", n)
	}
}

func TestBytesThatAreNoModelAreRefused(t *testing.T) {
	model, err := os.ReadFile("model.bin")
	if err != nil {
		t.Fatal(err)
	}
	zero := bytes.Clone(model)
	zero[len(langid.Magic)], zero[len(langid.Magic)+1] = 0, 0
	other := bytes.Clone(model)
	other[len(langid.Magic)-2]++
	for name, b := range map[string][]byte{"nothing": nil, "one byte less": model[1:], "another version": other, "no scale": zero} {
		if _, err := langid.Parse(b); !errors.Is(err, langid.ErrFormat) {
			t.Errorf("%s: got %v, want ErrFormat", name, err)
		}
	}
}

type testCase struct{ want, text string }

// cases reads a file of texts, each after its language and a tab; the file
// none has texts only.
func cases(t *testing.T, file string) []testCase {
	t.Helper()
	b, err := os.ReadFile("testdata/" + file + ".tsv")
	if err != nil {
		t.Fatal(err)
	}
	var all []testCase
	for line := range strings.Lines(string(b)) {
		line = strings.TrimSuffix(line, "\n")
		want, text, ok := strings.Cut(line, "\t")
		if !ok {
			text = line
		}
		all = append(all, testCase{want, text})
	}
	return all
}
