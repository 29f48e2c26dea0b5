package tokenizer_test

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"licet/lm/tokenizer"
)

// The ids of the bundled base and the result of training are part of digests
// that are published: they never change. (The hashes are from before there was
// a package tokenizer.)
func TestOwnTokensNeverChange(t *testing.T) {
	data, err := os.ReadFile("../bundled/tokenizer.json")
	if err != nil {
		t.Fatal(err)
	}
	tok, err := tokenizer.Read(data)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(string(readFile(t, "code.txt")), "\n"), "\n")
	var ids []byte
	for _, line := range lines {
		for _, id := range tok.Encode(line) {
			ids = fmt.Appendf(ids, "%d ", id)
		}
		ids = append(ids, '\n')
	}
	if got, want := fmt.Sprintf("%x", sha256.Sum256(ids)), "7c4ccf667125bf99dcff0cfb67c0f9109f9a93bad7c6023d70d463ea140ecaba"; got != want {
		t.Errorf("ids of the bundled base: got %s, want %s", got, want)
	}
	trained, err := tokenizer.Train(slices.Values(lines), 700)
	if err != nil {
		t.Fatal(err)
	}
	file, err := json.Marshal(trained)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := fmt.Sprintf("%x", sha256.Sum256(file)), "5ca84bb52dea1e6436d004a85a648b69d4bd04752e8b32ebdd6d2f2f157aab7d"; got != want {
		t.Errorf("a trained tokenizer: got %s, want %s", got, want)
	}
	again, err := json.Marshal(tok)
	if err != nil {
		t.Fatal(err)
	}
	if string(again) != string(data) {
		t.Error("the bundled tokenizer's file is written in another way than it was read")
	}
}

func TestSpecialTokens(t *testing.T) {
	tok, err := tokenizer.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := tok.Document("a"), []int32{1, 2 + 'a', 0}; !slices.Equal(got, want) {
		t.Errorf("document: got %v, want %v", got, want)
	}
	if got, want := tok.Prompt("a"), []int32{1, 2 + 'a'}; !slices.Equal(got, want) {
		t.Errorf("prompt: got %v, want %v", got, want)
	}
	if id, ok := tok.Special(tokenizer.TokenStart); id != 1 || !ok {
		t.Errorf("start: got %d, %v", id, ok)
	}
	if _, ok := tok.Special("a"); ok {
		t.Error("a letter is no special token")
	}
	llama := open(t, "llama3")
	begin, ok := llama.Special("<|begin_of_text|>")
	if !ok || llama.Start() != begin || llama.End() != -1 {
		t.Errorf("begins with %d (%v), ends with %d", llama.Start(), ok, llama.End())
	}
	end, _ := llama.Special("<|end_of_text|>")
	bounded, err := llama.Bounded(begin, end)
	if err != nil {
		t.Fatal(err)
	}
	if got := bounded.Document("a"); got[0] != begin || got[len(got)-1] != end || len(got) != 3 {
		t.Errorf("a bounded document is %v", got)
	}
	if got := bounded.Decode(bounded.Document("a")); got != "a" {
		t.Errorf("special tokens are text: %q", got)
	}
	for _, id := range []int32{-2, int32(llama.Vocab())} { //nolint:gosec // small
		if _, err := llama.Bounded(begin, id); err == nil {
			t.Errorf("token %d ends documents", id)
		}
	}
}

func FuzzOwn(f *testing.F) {
	tok, err := tokenizer.Train(slices.Values([]string{"le chat dort, le chien aussi. the dog  sleeps"}), 300)
	if err != nil {
		f.Fatal(err)
	}
	for _, s := range []string{"", "the dog", " x  y\n\nz", "été 2024 €", "\xff\xfe", "a\t\tb "} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if got := tok.Decode(tok.Encode(s)); got != s {
			t.Errorf("got %q, want %q", got, s)
		}
	})
}
