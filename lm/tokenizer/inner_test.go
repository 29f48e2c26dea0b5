package tokenizer

import (
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/unicode/norm"
)

// words returns what a cutter makes of text.
func words(c cutter, text string) []string {
	var out []string
	r := run{cutters: []cutter{c}, level: -1, word: func(w string) { out = append(out, w) }}
	r.part(text, true)
	return out
}

// TestScannersAgreeWithTheEngine: the patterns that are scanned by hand cut as
// the regular expressions do, in random text of every class of characters.
func TestScannersAgreeWithTheEngine(t *testing.T) {
	signs := []string{
		" ", "  ", "\n", "\r", "\t", "\u00a0", "\u2028", "\u0085", "\v", "\u3000", "a", "B", "é", "ж", "字", "ǅ", "ª", "1", "23", "²", "Ⅷ", "٣", "'",
		"'s", "'S", "'ll", "'LL", "'lL", "'re", "'d", "'ſ", "’", "!", "-", "€", "😀", "\u0301", "\u200d", "\x00", "\xff", "\xe2\x82", "_", "ſ", "K", "\u0903", "ⓐ",
	}
	r := rand.New(rand.NewPCG(1, 2))
	for expr, scanner := range scanners {
		find, err := engine(expr, "test")
		if err != nil {
			t.Fatal(err)
		}
		for range 20000 {
			var b strings.Builder
			for range 1 + r.IntN(12) {
				b.WriteString(signs[r.IntN(len(signs))])
			}
			compare(t, scanner, pattern{find: find}, b.String())
		}
		for c := rune(0); c <= 0x323af; c++ {
			compare(t, scanner, pattern{find: find}, string([]rune{'a', c, c, 'b', ' ', c, '1', c}))
		}
	}
}

func compare(tb testing.TB, scanner cutter, p pattern, text string) {
	tb.Helper()
	if got, want := words(scanner, text), words(p, text); !slices.Equal(got, want) {
		tb.Fatalf("%T cuts %q into %q, the engine into %q", scanner, text, got, want)
	}
}

func FuzzScanners(f *testing.F) {
	for _, s := range []string{"Hello  world's\r\n 123", " \n a", "'S'll", "\xff \xff"} {
		f.Add(s)
	}
	var engines []pattern
	var exprs []string
	for expr := range scanners {
		exprs = append(exprs, expr)
	}
	slices.Sort(exprs)
	for _, expr := range exprs {
		find, err := engine(expr, "test")
		if err != nil {
			f.Fatal(err)
		}
		engines = append(engines, pattern{find: find})
	}
	f.Fuzz(func(t *testing.T, s string) {
		if len(s) > 4096 {
			return
		}
		for i, expr := range exprs {
			compare(t, scanners[expr], engines[i], s)
		}
	})
}

// TestBothWaysToJoinAgree: the heap for long words gives what looking at every
// pair gives.
func TestBothWaysToJoinAgree(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 2000 {
		m := &model{merges: map[pair]merged{}}
		for i := range int32(40) {
			p := pair{r.Int32N(4 + i), r.Int32N(4 + i)}
			if _, ok := m.merges[p]; !ok {
				m.merges[p] = merged{r.Int32N(20), 4 + i} // equal ranks, too: the leftmost is first
			}
		}
		ids := make([]int32, 1+r.IntN(shortest))
		for i := range ids {
			ids[i] = r.Int32N(4)
		}
		short, long := slices.Clone(ids), slices.Clone(ids)
		short, long = short[:m.join(short)], long[:m.joinLong(long)]
		if !slices.Equal(short, long) {
			t.Fatalf("%v becomes %v one way, %v the other", ids, short, long)
		}
	}
}

func TestMaximalSubparts(t *testing.T) {
	for in, want := range map[string]string{
		"a\xffb": "a\ufffdb", "\xe2\x82": "\ufffd", "\xe2\x82\xe2\x82\xac": "\ufffd€", "\xf0\x9f\x98é": "\ufffdé",
		"\xe2\xe2\xe2": "\ufffd\ufffd\ufffd", "\xed\xa0\x80": "\ufffd\ufffd\ufffd", "\xc0\xaf": "\ufffd\ufffd", "é": "é",
	} {
		if got := valid(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

// TestBothWaysToNormalizeAgree: the way for many marks is the library's
// wherever that adds no joiner.
func TestBothWaysToNormalizeAgree(t *testing.T) {
	signs := []string{"a", "e", "\u0301", "\u0323", "\u0327", "\u0345", "é", "ǖ", "\u0344", "\u1100", "\u1161", "\u11a8", "각", "가", "ﬁ", "Å", "\u0915", "\u093c", "\xff", "1", "½", "\u0cc6", "\u0cc2", "\u0cd5", "\u3099", "か"}
	r := rand.New(rand.NewPCG(5, 6))
	for range 50000 {
		var b strings.Builder
		for range 1 + r.IntN(9) {
			b.WriteString(signs[r.IntN(len(signs))])
		}
		for _, f := range []norm.Form{norm.NFC, norm.NFD, norm.NFKC, norm.NFKD} {
			if got, want := slowly(f, b.String()), f.String(b.String()); got != want {
				t.Fatalf("form %v of %+q: got %+q, want %+q", f, b.String(), got, want)
			}
		}
	}
	for c := rune(0x80); c < 0x30000; c++ {
		text := "a" + string(c) + "\u0301"
		if got, want := slowly(norm.NFC, text), norm.NFC.String(text); got != want {
			t.Fatalf("%+q: got %+q, want %+q", text, got, want)
		}
	}
	if many := "a" + strings.Repeat("\u0301", 100); normalize(norm.NFC)(many) != "á"+strings.Repeat("\u0301", 99) {
		t.Errorf("a hundred accents become %+q", normalize(norm.NFC)(many))
	}
}

// TestBordersChangeNothing: words that are cut at borders have the ids of
// whole ones.
func TestBordersChangeNothing(t *testing.T) {
	data, err := os.ReadFile("testdata/llama2.json")
	if err != nil {
		t.Fatal(err)
	}
	tok, err := Read(data)
	if err != nil || tok.model.border == "" {
		t.Fatalf("no border: %v", err)
	}
	whole := *tok.model
	whole.border = ""
	signs := []string{"▁", "▁▁", "the", "a", "é", "字", "😀", ".", "▁the", "\n", "\xff", "▁▁▁▁of"}
	r := rand.New(rand.NewPCG(7, 8))
	for range 5000 {
		var b strings.Builder
		for range 1 + r.IntN(40) {
			b.WriteString(signs[r.IntN(len(signs))])
		}
		if got, want := tok.model.encode(nil, b.String()), whole.encode(nil, b.String()); !slices.Equal(got, want) {
			t.Fatalf("%q: got %v, want %v", b.String(), got, want)
		}
	}
}
