package tokenizer_test

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"

	"licet/internal/testshared"
	"licet/lm/tokenizer"
)

// The styles of tokenizer.json, one for each family of models that we load.
var styles = []string{"gpt2", "smollm2", "llama3", "qwen25", "llama2"}

// golden is what Hugging Face's library made of lines (worker/golden_tokenizers.py).
type golden struct {
	Tokenizers string            // version
	Sources    map[string]string // SHA-256 of the lines of each kind
	Lines      map[string]string // four bytes of the digest of each line's ids, in base64
	Characters string            // four bytes of the digest of the digests of each 4,096 characters
	Hard       []struct {
		Plain, Marked, Whole []int32
		Text                 string
	}
}

func readFile(tb testing.TB, name string) []byte {
	tb.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		tb.Fatalf("the vectors are missing: %v", err)
	}
	return data
}

func readJSON(tb testing.TB, name string, into any) {
	tb.Helper()
	if err := json.Unmarshal(readFile(tb, name), into); err != nil {
		tb.Fatalf("%s: %v", name, err)
	}
}

func open(tb testing.TB, style string) *tokenizer.Tokenizer {
	tb.Helper()
	t, err := tokenizer.Read(readFile(tb, style+".json"))
	if err != nil {
		tb.Fatalf("%s: %v", style, err)
	}
	return t
}

func digest(ids []int32) []byte {
	var b bytes.Buffer
	if err := binary.Write(&b, binary.LittleEndian, ids); err != nil {
		panic(err) // a buffer takes everything
	}
	sum := sha256.Sum256(b.Bytes())
	return sum[:]
}

// corpora returns 10,000 lines: speeches, novels, code.
func corpora(tb testing.TB) map[string][]string {
	tb.Helper()
	return map[string][]string{
		"english": speeches(tb, filepath.Join(testshared.Dir(tb, "nltk_pd"), "state_union.zip"))[:3300],
		"french":  novels(tb, filepath.Join(testshared.Dir(tb, "eltec_fra"), "plain1"))[:3300],
		"code":    notEmpty(string(readFile(tb, "code.txt")))[:3400],
	}
}

func notEmpty(text string) []string {
	lines := strings.Split(text, "\n")
	return slices.DeleteFunc(lines, func(l string) bool { return !utf8.ValidString(l) || strings.TrimSpace(l) == "" })
}

func speeches(tb testing.TB, path string) []string {
	tb.Helper()
	z, err := zip.OpenReader(path)
	if err != nil {
		tb.Fatal(err)
	}
	defer func() { _ = z.Close() }() // it was only read
	slices.SortFunc(z.File, func(a, b *zip.File) int { return strings.Compare(a.Name, b.Name) })
	var out []string
	for _, f := range z.File {
		if !strings.HasSuffix(f.Name, ".txt") {
			continue
		}
		r, err := f.Open()
		if err != nil {
			tb.Fatal(err)
		}
		data, err := io.ReadAll(r)
		if err != nil {
			tb.Fatal(err)
		}
		out = append(out, notEmpty(string(data))...)
	}
	return out
}

func novels(tb testing.TB, dir string) []string {
	tb.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.txt"))
	if err != nil {
		tb.Fatal(err)
	}
	slices.Sort(files)
	var out []string
	for _, name := range files[60:100] {
		data, err := os.ReadFile(name)
		if err != nil {
			tb.Fatal(err)
		}
		lines := notEmpty(string(data))
		out = append(out, lines[:min(len(lines), 400)]...)
	}
	return out
}

// TestTokensAreHuggingFaces compares the ids of 10,000 lines of English, French
// and code with those of the tokenizers library, for every style.
func TestTokensAreHuggingFaces(t *testing.T) {
	lines := corpora(t)
	for _, style := range styles {
		t.Run(style, func(t *testing.T) {
			t.Parallel()
			var want golden
			readJSON(t, style+".golden", &want)
			tok := open(t, style)
			for kind, list := range lines {
				sum := sha256.Sum256([]byte(strings.Join(list, "\n")))
				if got := hex.EncodeToString(sum[:]); got != want.Sources[kind] {
					t.Fatalf("the %s lines are not those that the vectors were made of: %s, want %s", kind, got, want.Sources[kind])
				}
				digests, err := base64.StdEncoding.DecodeString(want.Lines[kind])
				if err != nil || len(digests) != 4*len(list) {
					t.Fatalf("%d digests of %d lines: %v", len(digests)/4, len(list), err)
				}
				for i, line := range list {
					ids := tok.Encode(line)
					if !bytes.Equal(digest(ids)[:4], digests[4*i:4*i+4]) {
						t.Errorf("%s line %d: other ids than the library's: %v", kind, i, ids)
					}
					if got := tok.Decode(ids); style != "qwen25" && got != line {
						t.Errorf("%s line %d: decoded %q, want %q", kind, i, got, line)
					}
				}
			}
		})
	}
}

// TestDifficultTextIsHuggingFaces: emoji, combining marks, other scripts, line
// ends, blanks, numbers and names of tokens, with and without their meaning.
func TestDifficultTextIsHuggingFaces(t *testing.T) {
	var hard []string
	readJSON(t, "hard.json", &hard)
	for _, style := range styles {
		t.Run(style, func(t *testing.T) {
			t.Parallel()
			var want golden
			readJSON(t, style+".golden", &want)
			if len(want.Hard) != len(hard) {
				t.Fatalf("vectors for %d texts of %d", len(want.Hard), len(hard))
			}
			tok := open(t, style)
			for i, text := range hard {
				w := want.Hard[i]
				if got := tok.Encode(text); !slices.Equal(got, w.Plain) {
					t.Errorf("%q: got %v, want %v", text, got, w.Plain)
				}
				if got := tok.EncodeMarked(text); !slices.Equal(got, w.Marked) {
					t.Errorf("%q with special tokens: got %v, want %v", text, got, w.Marked)
				}
				if got := tok.Document(text); !slices.Equal(got, w.Whole) {
					t.Errorf("%q as a document: got %v, want %v", text, got, w.Whole)
				}
				if got := tok.Decode(w.Plain); got != w.Text {
					t.Errorf("%q decoded: got %q, want %q", text, got, w.Text)
				}
			}
		})
	}
}

// TestEveryCharacterIsHuggingFaces: classes, cases and normal forms of all
// characters of the first four planes. A Go release with other Unicode tables
// than the library's shows here.
func TestEveryCharacterIsHuggingFaces(t *testing.T) {
	for _, style := range styles {
		t.Run(style, func(t *testing.T) {
			t.Parallel()
			var golden golden
			readJSON(t, style+".golden", &golden)
			want, err := base64.StdEncoding.DecodeString(golden.Characters)
			if err != nil || len(want) != 4*0x33 {
				t.Fatalf("%d digests: %v", len(want)/4, err)
			}
			tok := open(t, style)
			for block := range 0x33 {
				h := sha256.New()
				for c := rune(block) * 4096; c < rune(block+1)*4096; c++ {
					if s := string(c); !utf16.IsSurrogate(c) {
						h.Write(digest(tok.Encode("a" + s + "b " + s + " 1" + s + " '" + s)))
					}
				}
				if !bytes.Equal(h.Sum(nil)[:4], want[4*block:4*block+4]) {
					t.Errorf("characters U+%X000 to U+%XFFF: other ids than the library's", block, block)
				}
			}
		})
	}
}

// TestOtherSettingsAreHuggingFaces: every behaviour of Split, normalizers,
// prefixes and flags of added tokens, as changes of two of the styles.
func TestOtherSettingsAreHuggingFaces(t *testing.T) {
	var hard []string
	readJSON(t, "hard.json", &hard)
	var all struct {
		Variants map[string]struct {
			Style, Hard string
			Change      map[string]json.RawMessage
		}
	}
	readJSON(t, "variants.golden", &all)
	if len(all.Variants) < 50 {
		t.Fatalf("only %d settings", len(all.Variants))
	}
	for name, v := range all.Variants {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tok, err := tokenizer.Read(changed(t, v.Style, v.Change))
			if err != nil {
				t.Fatal(err)
			}
			want, err := base64.StdEncoding.DecodeString(v.Hard)
			if err != nil || len(want) != 4*len(hard) {
				t.Fatalf("%d digests: %v", len(want)/4, err)
			}
			for i, text := range hard {
				plain, marked := tok.Encode(text), tok.EncodeMarked(text)
				if !bytes.Equal(digest(slices.Concat(plain, []int32{-1}, marked))[:4], want[4*i:4*i+4]) {
					t.Errorf("%q: other ids than the library's: %v and %v", text, plain, marked)
				}
			}
		})
	}
}

// changed returns a style's file with some fields replaced.
func changed(tb testing.TB, style string, change map[string]json.RawMessage) []byte {
	tb.Helper()
	var f map[string]json.RawMessage
	readJSON(tb, style+".json", &f)
	maps.Copy(f, change)
	data, err := json.Marshal(f)
	if err != nil {
		tb.Fatal(err)
	}
	return data
}
