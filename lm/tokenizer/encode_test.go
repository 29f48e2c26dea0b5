package tokenizer_test

import (
	"slices"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"licet/lm/tokenizer"
)

// TestLongWords: a million equal letters or blanks take about as
// long as any other text (in quadratic time this test would take hours).
func TestLongWords(t *testing.T) {
	for _, style := range styles {
		tok := open(t, style)
		for _, part := range []string{"a", "the", " ", "é", "'", "\n", "1", "<|", "\u0301", "\t \n"} {
			n := 1 << 17
			if part == "a" || part == " " {
				n = 1 << 20
			}
			text := strings.Repeat(part, n)
			got, want := tok.Decode(tok.Encode(text)), text
			if got != want {
				t.Errorf("%s: many times %q comes back as another text of %d bytes", style, part, len(got))
			}
		}
	}
}

// TestManyAtOnce: what is remembered of words for speed changes no result.
func TestManyAtOnce(t *testing.T) {
	text := string(readFile(t, "code.txt"))[:20000]
	tok := open(t, "llama3")
	want := tok.Encode(text)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for k := range 4 {
				tok.Encode(strings.Repeat(string(rune('a'+i)), k+1) + text[i*100:])
				if got := tok.Encode(text); !slices.Equal(got, want) {
					t.Error("another text at the same time changes the ids")
				}
			}
		})
	}
	wg.Wait()
}

// TestStreams: text comes whole characters at a time, and all of it.
func TestStreams(t *testing.T) {
	var hard []string
	readJSON(t, "hard.json", &hard)
	for _, style := range styles {
		tok := open(t, style)
		for _, text := range hard {
			ids := tok.Encode(text)
			if got, want := stream(t, tok, ids), tok.Decode(ids); got != want {
				t.Errorf("%s: streamed %q, want %q", style, got, want)
			}
		}
	}
}

func TestHalfACharacterIsHeldBack(t *testing.T) {
	tok, err := tokenizer.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	d := tok.Decoder()
	var got []string
	for _, b := range []byte("é€😀\xe2\x82a\xff\xf0\x9f\x98") {
		got = append(got, d.Add(int32(b)+2))
	}
	got = append(got, d.Flush(), d.Flush())
	want := []string{"", "é", "", "", "€", "", "", "", "😀", "", "", "\ufffda", "\ufffd", "", "", "", "\ufffd", ""}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := d.Add(tok.End()) + d.Add(-1) + d.Add(99999); got != "" {
		t.Errorf("tokens that are no text give %q", got)
	}
}

// stream decodes token by token and checks that every piece is whole.
func stream(tb testing.TB, tok *tokenizer.Tokenizer, ids []int32) string {
	tb.Helper()
	var b strings.Builder
	d := tok.Decoder()
	for _, id := range ids {
		piece := d.Add(id)
		if !utf8.ValidString(piece) {
			tb.Errorf("a piece is half a character: %q", piece)
		}
		b.WriteString(piece)
	}
	b.WriteString(d.Flush())
	return b.String()
}

// FuzzEncode: decoding gives the bytes back, whole or streamed, where nothing
// is normalized.
func FuzzEncode(f *testing.F) {
	var toks []*tokenizer.Tokenizer
	for _, style := range styles[:3] {
		toks = append(toks, open(f, style))
	}
	var hard []string
	readJSON(f, "hard.json", &hard)
	for _, s := range append(hard, "\xff\xfe", "a\xc3", "\xe2\x82 \xac") {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for i, tok := range toks {
			ids := tok.Encode(s)
			if got := tok.Decode(ids); got != s {
				t.Errorf("%s: got %q, want %q", styles[i], got, s)
			}
			if got := stream(t, tok, ids); utf8.ValidString(s) && got != s {
				t.Errorf("%s: streamed %q, want %q", styles[i], got, s)
			}
		}
	})
}

// TestNobodySpeaksAsTheSystem: special tokens in what people wrote stay text
// inside a text in which others have their meaning.
func TestNobodySpeaksAsTheSystem(t *testing.T) {
	for style, special := range map[string]string{"gpt2": "<|endoftext|>", "smollm2": "<|im_end|>", "llama3": "<|eot_id|>", "qwen25": "<|im_end|>", "llama2": "</s>"} {
		tok := open(t, style)
		id, ok := tok.Special(special)
		if !ok {
			t.Fatalf("%s has no token %s", style, special)
		}
		said := "a" + special + special + "b " + special[:len(special)-1] + special + special[1:]
		ids := tok.EncodeMarked(tok.Shield(said) + special)
		want := append(tok.Encode(said), id)
		if !slices.Equal(ids, want) {
			t.Errorf("%s: got %v, want %v", style, ids, want)
		}
		if slices.Contains(ids[:len(ids)-1], id) || !slices.Contains(tok.EncodeMarked(said), id) {
			t.Errorf("%s: what was said has special tokens, or would have none without a shield", style)
		}
		if got := tok.Decode(ids); got != said {
			t.Errorf("%s: said %q, decoded %q", style, said, got)
		}
	}
}

// BenchmarkEncode encodes the 10,000 lines of speeches, novels and code, each
// by itself. bench/tokenizer_peers.py compares it with the tokenizers library.
func BenchmarkEncode(b *testing.B) {
	var lines []string
	n := 0
	for _, list := range corpora(b) {
		lines = append(lines, list...)
	}
	for _, l := range lines {
		n += len(l)
	}
	for _, style := range styles {
		b.Run(style, func(b *testing.B) {
			tok := open(b, style)
			b.SetBytes(int64(n))
			for b.Loop() {
				for _, l := range lines {
					tok.Encode(l)
				}
			}
		})
	}
}
