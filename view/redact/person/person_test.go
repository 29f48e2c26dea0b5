package person_test

import (
	"encoding/hex"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"licet/internal/testshared"
	"licet/view/redact/person"
	"licet/view/redact/person/tagger"
)

func load(tb testing.TB) *person.Model {
	tb.Helper()
	m, err := person.Load()
	if err != nil {
		tb.Fatal(err)
	}
	return m
}

// marked parts a text with [[names]] into the text and the names' ranges.
func marked(s string) (string, [][2]int) {
	var b strings.Builder
	var names [][2]int
	for {
		before, rest, ok := strings.Cut(s, "[[")
		b.WriteString(before)
		if !ok {
			return b.String(), names
		}
		name, after, _ := strings.Cut(rest, "]]")
		names = append(names, [2]int{b.Len(), b.Len() + len(name)})
		b.WriteString(name)
		s = after
	}
}

// mark is the reverse.
func mark(text string, names [][2]int) string {
	var b strings.Builder
	at := 0
	for _, n := range names {
		b.WriteString(text[at:n[0]] + "[[" + text[n[0]:n[1]] + "]]")
		at = n[1]
	}
	return b.String() + text[at:]
}

func TestFind(t *testing.T) {
	m := load(t)
	for what, text := range map[string]string{
		"a greeting":                     "Hi [[Tom]], could you send me the file?",
		"a signature":                    "See you on Monday.\n\nBest, [[Maren]]",
		"a card":                         "[[Ingrid Solvang]], Project Manager at Fjellbank",
		"a title is context, not name":   "I have an appointment with Dr. [[Okonkwo]] at noon.",
		"a possessive is left out":       "[[Petra]]'s talk was the best one.",
		"initials":                       "The book by [[J. K. Tollgate]] is sold out.",
		"a middle initial":               "[[Kristíana R Valbergs]] will open the conference.",
		"hyphens":                        "I met [[Jean-Luc Petit-Morel]] in Lyon.",
		"particles":                      "We talked with [[Anouk van der Meulen]] and [[Rafael de la Fuente]].",
		"an apostrophe inside":           "[[Siobhan O'Dowd]] joined the team in May.",
		"a Breton apostrophe":            "J'ai écrit à [[Gaëtan Le Floc'h]] hier.",
		"letters of elsewhere":           "[[Krisztián Szöllős]] listed his songs.",
		"small letters":                  "omg i love [[justin fairweather]] so much",
		"all capitals":                   "IS THAT [[MARGARET]]?!",
		"said":                           "\"We are glad,\" said [[Yusuf Adeyemi]], director of the museum.",
		"a French greeting":              "Bonjour [[Élodie]], merci pour votre message.",
		"selon":                          "selon Mme [[Lefèvre]], le budget est prêt",
		"an elision":                     "Le dossier d'[[Estelle Montfaucon]] est complet.",
		"two lines of a French letter":   "Cordialement,\n[[Solène Guichard]]\nChargée de communication",
		"a list":                         "Thanks to [[Hiroshi]], [[Linh Nguyen]] and [[Oksana]].",
		"markup":                         "**[[Nadia Benali]]**, editor",
		"a name in brackets":             "our host ([[Bjarne Lund]]) was late",
		"a family name alone":            "Mr. [[Kowalczyk]] and Ms. [[Nakagawa]] agreed.",
		"a wedding of scripts and signs": "🎉 Congrats [[Amélie]]! 🎉",
	} {
		plain, want := marked(text)
		if got := m.Find(plain); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %s, want %s", what, mark(plain, got), text)
		}
	}
}

func TestNobodyIsFoundWhereNobodyIs(t *testing.T) {
	m := load(t)
	for _, text := range []string{
		"",
		"We will mark the rose with a pen and grant them a bill.",
		"I live in Paris and I work in Berlin.",
		"I work for Smith & Sons Ltd.",
		"The University of Chicago is in Illinois.",
		"On Monday the Department of Education published its report.",
		"Bonjour à tous,",
		"Nous avons visité le musée de la Marine à Brest.",
		"La Banque de France recrute à Marseille.",
		"Pierre après pierre, le mur monte.",
		"Python, Java and Kubernetes are a plus.",
		"see www.anna-smith.example or write to anna.smith@example.org",
		"Rue Victor-Hugo, 69002 Lyon",
		"600-x-400-Anna-Smith-photo-123.jpg",
		"Alternatively, ask the Help Desk.",
		"OMG LOL THIS IS AMAZING NOOOOO",
		"\xff\xfe\x00 \xc3\x28",
	} {
		if got := m.Find(text); len(got) != 0 {
			t.Errorf("got %s, want nobody", mark(text, got))
		}
	}
}

// TestManyAtOnceFindTheSame runs under the race detector too.
func TestManyAtOnceFindTheSame(t *testing.T) {
	m := load(t)
	text := strings.Repeat("Thanks to Hiroshi, Linh Nguyen and Dr. Okonkwo. ", 40)
	want := m.Find(text)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 20 {
				if got := m.Find(text); !reflect.DeepEqual(got, want) {
					t.Error("the same text has other names")
				}
			}
		})
	}
	wg.Wait()
	if len(want) < 100 {
		t.Errorf("found %d names in %d sentences", len(want), 40)
	}
}

// recipe is what gen prints: the SHA-256 of the model, unpacked.
const recipe = "7e82777b707e018af01488dd5c3a0bdc10f38f3f1a12421be5663d0d60433c3e"

// TestTheModelIsTheRecipes holds the embedded bytes to what gen made of its pinned sources.
func TestTheModelIsTheRecipes(t *testing.T) {
	f, err := os.Open("model.bin")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close() //nolint:errcheck // only read
	sum, err := tagger.Digest(f)
	if err != nil {
		t.Fatal(err)
	}
	if got := hex.EncodeToString(sum[:]); got != recipe {
		t.Errorf("the model is %s, the recipe says %s", got, recipe)
	}
	if s, err := f.Stat(); err != nil || s.Size() > 3<<20 {
		t.Errorf("the model has %d bytes (%v), want at most 3 MiB", s.Size(), err)
	}
}

// TestScores holds the floors on the halves that nobody looked at (docs/splits.md).
func TestScores(t *testing.T) {
	m := load(t)
	for _, x := range []struct {
		set               string
		texts             []labelled
		recall, precision float64
	}{
		{"presidio_research", presidio(t), .85, .85},
		{"wnut17", wnut(t), .55, .55},
	} {
		look, s := scoreOf(m, x.texts, false), scoreOf(m, x.texts, true)
		t.Logf("%s: recall %.3f, precision %.3f, exact F %.3f on %d names (half to look at: %.3f, %.3f, %.3f on %d)", x.set,
			s.recall(), s.precision(), s.exactF(), s.names, look.recall(), look.precision(), look.exactF(), look.names)
		if s.recall() < x.recall || s.precision() < x.precision {
			t.Errorf("%s: recall %.3f and precision %.3f, want at least %.2f and %.2f", x.set, s.recall(), s.precision(), x.recall, x.precision)
		}
	}
}

// TestFrenchIsAsGood holds the sentences that were written beside the model to the English floor.
func TestFrenchIsAsGood(t *testing.T) {
	s := scoreOf(load(t), own(t, "french.txt"), false)
	t.Logf("recall %.3f, precision %.3f, exact F %.3f on %d names", s.recall(), s.precision(), s.exactF(), s.names)
	if s.recall() < .85 || s.precision() < .85 {
		t.Errorf("recall %.3f and precision %.3f, want at least .85", s.recall(), s.precision())
	}
}

func FuzzFind(f *testing.F) {
	m := load(f)
	for _, s := range []string{
		"Hi Tom,", "Le dossier d'Estelle Montfaucon", "J.K. O'Brien-Smith's", "m. de la Fuente y Vega", "A. B. C. D", "'h", "Floc'h", "N'", "Dr.\nÅ", "A\u0301nna \u200bx",
		"IS THAT IDRIS ? ! !", "a-b-c-D-e-F", "@Tom #Tom _Tom_ Tom_ Tom.Tom", "\xff Tom \xc3", "van der de la Tom van der de la",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got := m.Find(text)
		at := 0
		for _, n := range got {
			if n[0] < at || n[1] <= n[0] || n[1] > len(text) {
				t.Fatalf("ranges %v in %d bytes", got, len(text))
			}
			if s := text[n[0]:n[1]]; utf8.ValidString(text) && !utf8.ValidString(s) {
				t.Fatalf("a range cuts a character: %v", n)
			}
			at = n[1]
		}
		if again := m.Find(text); !reflect.DeepEqual(got, again) {
			t.Fatalf("got %v, then %v", got, again)
		}
	})
}

// posts are the paragraphs of real posts, and their bytes in all.
func posts(tb testing.TB) ([]string, int64) {
	tb.Helper()
	var out []string
	total := 0
	err := filepath.WalkDir(filepath.Join(testshared.Dir(tb, "digitalgov"), "content", "news"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".md") {
			return err
		}
		raw, err := os.ReadFile(path) //nolint:gosec // below the data's folder
		_, body, _ := strings.Cut(strings.TrimPrefix(string(raw), "---\n"), "\n---\n")
		for p := range strings.SplitSeq(body, "\n\n") {
			total += len(p)
			out = append(out, p)
		}
		return err
	})
	if err != nil {
		tb.Fatal(err)
	}
	return out, int64(total)
}

// BenchmarkFind reads every post of a real community, a paragraph at a time.
func BenchmarkFind(b *testing.B) {
	m := load(b)
	texts, size := posts(b)
	b.SetBytes(size)
	b.ReportAllocs()
	for b.Loop() {
		for _, p := range texts {
			m.Find(p)
		}
	}
}

func BenchmarkLoad(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		load(b)
	}
}
