package neardup_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"math"
	"math/bits"
	"os"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/zeebo/xxh3"
	"golang.org/x/text/unicode/norm"

	"licet/corpus/neardup"
	"licet/corpus/neardup/score"
)

var update = flag.Bool("update", false, "write the golden file again")

// What follows is docs/formats/neardup.md once more, slowly.

const (
	seed = 0x6c69636574
	mulA = 0xbf58476d1ce4e5b9
	mulB = 0x94d049bb133111eb
	gold = 0x9e3779b97f4a7c15
)

func plainWords(text string) []string {
	var out []string
	word := ""
	end := func() {
		if word != "" {
			out = append(out, word)
		}
		word = ""
	}
	for text != "" {
		if p := plainPlaceholder(text); p != "" {
			end()
			out = append(out, strings.ToLower(p))
			text = text[len(p):]
			continue
		}
		r := []rune(text[:min(4, len(text))])[0]
		size := len(string(r))
		if r == unicode.ReplacementChar && !strings.HasPrefix(text, "\uFFFD") {
			end() // a byte that is no UTF-8
			text = text[1:]
			continue
		}
		parts := norm.NFKD.PropertiesString(text).Decomposition()
		if parts == nil {
			parts = []byte(text[:size])
		}
		for _, c := range string(parts) {
			switch {
			case strings.ContainsRune("'\u2018\u2019\u02BC", c) || 0x300 <= c && c <= 0x36F || 0xFE00 <= c && c <= 0xFE0F || unicode.Is(unicode.Cf, c):
			case !unicode.IsLetter(c) && !unicode.IsMark(c) && !unicode.IsNumber(c):
				end()
			case unicode.In(c, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar):
				end()
				out = append(out, string(c))
			default:
				word += string(plainFold(c))
			}
		}
		text = text[size:]
	}
	end()
	return out
}

func plainPlaceholder(text string) string {
	for i, c := range []byte(text) {
		switch {
		case i == 0 && c != '[', i >= 34:
			return ""
		case i > 1 && c == ']':
			return text[:i+1]
		case i > 0 && c != '_' && (c > unicode.MaxASCII || !unicode.IsLetter(rune(c)) && !unicode.IsDigit(rune(c))):
			return ""
		}
	}
	return ""
}

func plainFold(c rune) rune {
	orbit := []rune{c}
	for o := unicode.SimpleFold(c); o != c; o = unicode.SimpleFold(o) {
		orbit = append(orbit, o)
	}
	if least := slices.Min(orbit); least > unicode.MaxASCII {
		return least
	}
	return unicode.ToLower(slices.Min(orbit))
}

func plainMum(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a, b)
	return hi ^ lo
}

func plainSalt(i int) uint64 {
	x := seed + uint64(i+1)*gold
	x = (x ^ x>>30) * mulA
	x = (x ^ x>>27) * mulB
	return x ^ x>>31
}

func plainShingles(text string) []uint64 {
	words := plainWords(text)
	chain := func(words []string, tag uint64) uint64 {
		h := uint64(0)
		for _, w := range words {
			h = h*mulA + xxh3.HashStringSeed(w, seed)
		}
		return plainMum(h^tag, gold)
	}
	switch {
	case len(words) == 0:
		return []uint64{plainMum(xxh3.HashStringSeed(strings.Join(strings.Fields(string([]rune(text))), ""), seed)^3, gold)}
	case len(words) < 5:
		return []uint64{chain(words, 2)}
	}
	var out []uint64
	for i := range len(words) - 4 {
		out = append(out, chain(words[i:i+5], 1))
	}
	return out
}

func plainSign(text string) (out neardup.Buckets) {
	shingles := plainShingles(text)
	var bin [128]uint64
	for i := range bin {
		bin[i] = math.MaxUint64
		for t := 15; t >= 0; t-- { // the first round that has it counts
			least := uint64(math.MaxUint64)
			for _, e := range shingles {
				if x := plainMum(e^plainSalt(t), mulB); int(x>>57) == i {
					least = min(least, uint64(t)<<57|x&(1<<57-1))
				}
			}
			if least != math.MaxUint64 {
				bin[i] = least
			}
		}
		if bin[i] == math.MaxUint64 {
			for _, e := range shingles {
				bin[i] = min(bin[i], 16<<57|plainMum(e^plainSalt(16+i), mulB)>>7)
			}
		}
	}
	for j := range out {
		h := plainSalt(16 + 128 + j)
		for _, v := range bin[8*j : 8*j+8] {
			h = plainMum(h^v, mulA)
		}
		out[j] = h
	}
	return out
}

// texts are those of the golden file and the first of the fuzzer.
var texts = []string{
	"", " \t\n", "a", "Thanks!", "thanks", "👍", "🎉", "👍 🎉", "Thank you all, so much", "one two three four five",
	"The quick brown fox jumps over the lazy dog, and then it sleeps.",
	"THE QUICK BROWN FOX JUMPS OVER THE LAZY DOG -- AND THEN IT SLEEPS",
	"Congratulations [NAME] on the new role at [EMAIL], don't forget us", "[NAME", "[]", "[name] [a b] [é] [" + strings.Repeat("x", 40) + "]",
	"L’équipe a été formidable : merci à toutes et à tous pour ce résumé", "L'equipe a ete formidable: merci a toutes et a tous pour ce resume",
	"Straße STRASSE ſ K Å ﬁne ½ ① ｆｕｌｌ ｗｉｄｔｈ", "ΣΊΣΥΦΟΣ σίσυφος", "Привет, коллеги! Ёлка й", "今日は、皆さん。お元気ですか", "สวัสดีครับ ทุกคน", "안녕하세요 여러분 반갑습니다 오늘 도 좋은 하루",
	"soft\u00ADhyphen zero\u200Bwidth\uFEFF", "bad \xff\xfe bytes \xc3", "हिन्दी में लिखा हुआ एक छोटा सा वाक्य", "ŉ Ǆ ĳ İ ı ß ẞ µ \u0345 ᾳ",
	strings.Repeat("la ", 50), "a b c d e f g h i j k l m n o p q r s t u v w x y z 0 1 2 3 4 5 6 7 8 9",
}

// TestGolden holds docs/formats/neardup.md: the file is never edited, a new
// version gets a new one.
func TestGolden(t *testing.T) {
	const name = "testdata/sign.golden"
	var out bytes.Buffer
	fmt.Fprintf(&out, "licet-neardup-v%d\n", neardup.Version)
	var s neardup.Scratch
	for _, text := range texts {
		line, err := json.Marshal(struct {
			Text     string   `json:"text"`
			Bytes    []byte   `json:"bytes,omitempty"` // where text is no UTF-8
			Shingles []string `json:"shingles"`
			Buckets  []string `json:"buckets"`
		}{text, invalid(text), hex(neardup.Shingles(text, &s)), hex(slices.Collect(values(neardup.Sign(text, &s))))})
		if err != nil {
			t.Fatal(err)
		}
		out.Write(append(line, '\n'))
	}
	if *update {
		if err := os.WriteFile(name, out.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(out.Bytes(), want) {
		t.Errorf("signatures are no longer those of %s", name)
	}
}

func invalid(text string) []byte {
	if strings.ToValidUTF8(text, "") == text {
		return nil
	}
	return []byte(text)
}

func values(b neardup.Buckets) func(func(uint64) bool) { return slices.Values(b[:]) }

func hex(in []uint64) []string {
	out := []string{}
	for _, x := range in {
		out = append(out, fmt.Sprintf("%016x", x))
	}
	return out
}

// TestUnicodeNeverMoves: newer tables fold other characters, and are a new Version.
func TestUnicodeNeverMoves(t *testing.T) {
	if norm.Version != "15.0.0" || unicode.Version != "15.0.0" {
		t.Errorf("Unicode is %s and %s, want 15.0.0: texts with new characters are signed otherwise", norm.Version, unicode.Version)
	}
}

func TestWhatCountsAsTheSame(t *testing.T) {
	for _, c := range []struct {
		name string
		a, b string
		same bool
	}{
		{"case", "Hello World", "hELLO wORLD", true},
		{"punctuation and space", "hello,  world!\n", "hello world", true},
		{"accents", "un résumé", "un resume", true},
		{"composed or not", "caf\u00e9", "cafe\u0301", true},
		{"apostrophes of all kinds", "don't don’t", "dont dont", true},
		{"full width", "ｈｅｌｌｏ", "hello", true},
		{"soft hyphens", "col\u00ADleague", "colleague", true},
		{"final sigma", "ΟΔΟΣ", "οδος", true},
		{"a placeholder is a word", "thanks [NAME]", "thanks", false},
		{"a placeholder is not the word in it", "thanks [NAME]", "thanks name", false},
		{"placeholders differ", "thanks [NAME]", "thanks [EMAIL]", false},
		{"short texts differ", "thank you", "thank them", false},
		{"a short text is no part of a longer one", "a b c d", "a b c d e", false},
		{"symbols alone differ", "👍", "🎉", false},
		{"symbols beside words don't count", "great 👍", "great", true},
		{"order counts", "a b", "b a", false},
		{"an empty text is no symbol", "", "…", false},
		{"numbers count", "room 12", "room 13", false},
		{"ideographs are words", "今日は皆さんお元気", "今日は、皆さん。お元気", true},
		{"words are not run together", "ab c", "a bc", false},
	} {
		var s neardup.Scratch
		if same := neardup.Sign(c.a, &s) == neardup.Sign(c.b, &s); same != c.same {
			t.Errorf("%s: %q and %q: same is %v, want %v", c.name, c.a, c.b, same, c.same)
		}
	}
}

// TestJaccardIsThatOfWords compares similarities over hashes with those over strings.
func TestJaccardIsThatOfWords(t *testing.T) {
	sample, _ := short(paragraphs(t)[:1500])
	var s neardup.Scratch
	for i, p := range score.Plant(sample, 2000, 3) {
		a, b := plainSet(p.A), plainSet(p.B)
		both := 0
		for k := range a {
			if b[k] {
				both++
			}
		}
		want := float64(both) / float64(len(a)+len(b)-both)
		x, y := neardup.Shingles(p.A, &s), neardup.Shingles(p.B, &s)
		slices.Sort(x)
		slices.Sort(y)
		if got := score.Jaccard(slices.Compact(x), slices.Compact(y)); got != want {
			t.Fatalf("pair %d: got %v, want %v", i, got, want)
		}
	}
}

func plainSet(text string) map[string]bool {
	w := plainWords(text)
	if len(w) == 0 {
		return map[string]bool{strings.Join(strings.Fields(text), ""): true}
	}
	if len(w) < 5 {
		return map[string]bool{strings.Join(w, " "): true}
	}
	out := map[string]bool{}
	for i := range len(w) - 4 {
		out[strings.Join(w[i:i+5], " ")] = true
	}
	return out
}

func TestSignAllIsSign(t *testing.T) {
	var s neardup.Scratch
	for workers := range 5 {
		out := make([]neardup.Buckets, len(texts))
		neardup.SignAll(texts, out, workers)
		for i, text := range texts {
			if out[i] != neardup.Sign(text, &s) {
				t.Errorf("%d workers: text %d differs", workers, i)
			}
		}
	}
	neardup.SignAll(nil, nil, 3)
}

// FuzzSign compares with the slow way, with a scratch that was used before, and
// with the same text in other case and spacing.
func FuzzSign(f *testing.F) {
	for _, text := range texts {
		f.Add(text)
	}
	var used neardup.Scratch
	f.Fuzz(func(t *testing.T, text string) {
		want := plainSign(text)
		if got := neardup.Sign(text, &neardup.Scratch{}); got != want {
			t.Fatalf("%q: got %x, want %x", text, got, want)
		}
		for name, other := range map[string]string{
			"again":      text,
			"other case": strings.Map(otherCase, text),
			"spacing":    "  " + strings.NewReplacer(" ", " \t ", "\n", "\r\n").Replace(text) + "\n",
		} {
			if got := neardup.Sign(other, &used); got != want && strings.ToValidUTF8(text, "") == text {
				t.Fatalf("%s: %q: got %x, want %x", name, other, got, want)
			}
		}
	})
}

// otherCase changes the case of letters; marks have none, but for one that the
// tables make a letter.
func otherCase(r rune) rune {
	if r == 0x345 || unicode.SimpleFold(r) == 0x345 {
		return r
	}
	return unicode.SimpleFold(r)
}
