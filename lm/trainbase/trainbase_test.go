package trainbase_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"licet/internal/testshared"
	"licet/lm"
	"licet/lm/sgemm"
	"licet/lm/trainbase"
)

// tiny writes a recipe and its texts into a folder and returns the recipe's file.
func tiny(t *testing.T, change func(map[string]any)) string {
	t.Helper()
	dir := t.TempDir()
	var plain, parts strings.Builder
	for i := range 60 {
		fmt.Fprintf(&plain, "The valve of pump %d was closed at %d o'clock, and by the evening the level had risen by %d.\n\n", i, i%24, i*i)
		fmt.Fprintf(&parts, "comment · member\nLe poste %d est ouvert jusqu'à %d heures.\n---\n", i, i%24)
	}
	source := func(name, text, format, language, kind string, passes int) map[string]any {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256([]byte(text))
		return map[string]any{
			"from": "recipe", "path": name, "format": format, "language": language, "kind": kind, "passes": passes, "held_out": 5,
			"licence": "written for this test", "sha256": hex.EncodeToString(sum[:]),
		}
	}
	r := map[string]any{
		"version": "licet-base-recipe-1", "licence": "none", "attribution": []string{},
		"sources": []any{source("pumps.txt", plain.String(), "plain", "en", "pumps", 2), source("postes.txt", parts.String(), "parts", "fr", "posts", 1)},
		"vocab":   300, "document": 80,
		"config": map[string]any{
			"vocab_size": 300, "hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "num_key_value_heads": 1, "intermediate_size": 24,
			"max_position_embeddings": 64, "rope_theta": 10000, "rms_norm_eps": 1e-5, "tie_word_embeddings": true,
		},
		"training":    map[string]any{"learning_rate": 0.01, "epochs": 2, "batch": 2, "context": 64, "seed": 1},
		"ngram_order": 3,
	}
	if change != nil {
		change(r)
	}
	data, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "tiny.json")
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func follow(t *testing.T, file string, o trainbase.Options) *trainbase.Recipe {
	t.Helper()
	r, err := trainbase.Read(file)
	if err != nil {
		t.Fatal(err)
	}
	b, done, err := trainbase.Train(t.Context(), r, o)
	if err != nil {
		t.Fatal(err)
	}
	if d := b.Digest(); hex.EncodeToString(d[:]) != done.Digest {
		t.Errorf("the base is %x, the recipe says %s", d, done.Digest)
	}
	return done
}

// TestTheSameBaseEverywhere: on one thread and more, with each kernel.
func TestTheSameBaseEverywhere(t *testing.T) {
	file := tiny(t, nil)
	want := ""
	for _, kernel := range sgemm.Kernels() {
		for _, threads := range []int{1, 2} {
			done := follow(t, file, trainbase.Options{Out: t.TempDir(), Steps: 12, Engine: sgemm.New(kernel, threads)})
			if want == "" {
				want = done.Digest
			}
			if done.Digest != want {
				t.Errorf("%s on %d threads: %s, want %s", kernel, threads, done.Digest, want)
			}
		}
	}
}

func TestWhatIsWritten(t *testing.T) {
	out := t.TempDir()
	done := follow(t, tiny(t, nil), trainbase.Options{Out: out})
	b, err := lm.OpenBase(out)
	if err != nil {
		t.Fatal(err)
	}
	if d := b.Digest(); hex.EncodeToString(d[:]) != done.Digest {
		t.Errorf("opened, the base is %x, want %s", d, done.Digest)
	}
	again, err := trainbase.Read(filepath.Join(out, "recipe.json"))
	if err != nil {
		t.Fatal(err)
	}
	if again.Digest != done.Digest || again.Numerics != lm.NumericsVersion || again.Result.Parameters != b.Parameters() || again.Config.Vocab != b.Config().Vocab {
		t.Errorf("the recipe beside it says %+v", again)
	}
	files, err := os.ReadDir(out)
	if err != nil {
		t.Fatal(err)
	}
	if len(files) != 4 {
		t.Errorf("%d files: %v", len(files), files)
	}
	r := done.Result
	if r.Steps == 0 || r.Read <= r.Tokens || len(r.Measured) != 2 {
		t.Errorf("result %+v", r)
	}
	for _, s := range r.Measured {
		if s.Documents == 0 || s.Tokens == 0 || !(s.NGrams > 0 && s.OfNGrams < 100) || !(s.Loss > 0 && s.Perplexity < 300) {
			t.Errorf("measured %+v", s)
		}
	}
}

func TestTextsArePinned(t *testing.T) {
	file := tiny(t, nil)
	text := filepath.Join(filepath.Dir(file), "pumps.txt")
	if err := os.WriteFile(text, []byte("The valve of pump 0 was open."), 0o600); err != nil {
		t.Fatal(err)
	}
	r, err := trainbase.Read(file)
	if err != nil {
		t.Fatal(err)
	}
	_, _, err = trainbase.Train(t.Context(), r, trainbase.Options{Out: t.TempDir()})
	if !errors.Is(err, trainbase.ErrText) || !strings.Contains(err.Error(), text) || !strings.Contains(err.Error(), r.Sources[0].SHA256) {
		t.Errorf("error %v, want one that names file and hash", err)
	}
	if err := os.Remove(text); err != nil {
		t.Fatal(err)
	}
	if _, _, err := trainbase.Train(t.Context(), r, trainbase.Options{Out: t.TempDir()}); !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), text) {
		t.Errorf("error %v, want one that names the file", err)
	}
}

func TestRecipesThatAreRefused(t *testing.T) {
	source := func(r map[string]any) map[string]any { return r["sources"].([]any)[0].(map[string]any) }
	training := func(r map[string]any) map[string]any { return r["training"].(map[string]any) }
	for says, change := range map[string]func(map[string]any){
		"version":         func(r map[string]any) { r["version"] = "licet-base-recipe-2" },
		"numerics":        func(r map[string]any) { r["numerics"] = "fma32-v0" },
		"unknown field":   func(r map[string]any) { r["dropout"] = 0.1 },
		"sources":         func(r map[string]any) { r["sources"] = []any{} },
		"vocab":           func(r map[string]any) { r["vocab"] = 10 },
		"document":        func(r map[string]any) { r["document"] = 0 },
		"ngram_order":     func(r map[string]any) { r["ngram_order"] = 9 },
		"epochs":          func(r map[string]any) { training(r)["epochs"] = 0 },
		"learning_rate 1": func(r map[string]any) { training(r)["learning_rate"] = 1 },
		"context 128":     func(r map[string]any) { training(r)["context"] = 128 },
		"config":          func(r map[string]any) { r["config"].(map[string]any)["hidden_size"] = 15 },
		"from":            func(r map[string]any) { source(r)["from"] = "web" },
		"leads out":       func(r map[string]any) { source(r)["path"] = "../pumps.txt" },
		"format":          func(r map[string]any) { source(r)["format"] = "html" },
		"language":        func(r map[string]any) { source(r)["language"] = "" },
		"passes":          func(r map[string]any) { source(r)["passes"] = 3 },
		"held_out":        func(r map[string]any) { source(r)["held_out"] = 1 },
		"licence":         func(r map[string]any) { source(r)["licence"] = "" },
		"sha256":          func(r map[string]any) { source(r)["sha256"] = "abc" },
	} {
		file := tiny(t, change)
		if _, err := trainbase.Read(file); !errors.Is(err, trainbase.ErrRecipe) || !strings.Contains(err.Error(), says) || !strings.Contains(err.Error(), file) {
			t.Errorf("%s: error %v", says, err)
		}
	}
}

// TestTheBundledBasesRecipe: each text is the one that the recipe pins, and the
// weights will fit into the program.
func TestTheBundledBasesRecipe(t *testing.T) {
	r, err := trainbase.Read("../bundled/recipe.json")
	if err != nil {
		t.Fatal(err)
	}
	texts := map[string]int{}
	for i, s := range r.Sources {
		dir := "../bundled"
		if s.From == "shared" {
			set, rest, _ := strings.Cut(s.Path, "/")
			dir = filepath.Dir(testshared.Dir(t, set))
			if rest == "" {
				t.Errorf("sources[%d]: %s", i, s.Path)
			}
		}
		data, err := os.ReadFile(filepath.Join(dir, s.Path))
		if err != nil {
			t.Fatal(err)
		}
		if sum := sha256.Sum256(data); hex.EncodeToString(sum[:]) != s.SHA256 {
			t.Errorf("%s has sha256 %x, the recipe wants %s", s.Path, sum, s.SHA256)
		}
		if s.Kind == "professional" {
			texts[s.Language] += strings.Count(string(data), "\n---\n") + 1
		}
	}
	if texts["en"] < 150 || texts["fr"] < 150 {
		t.Errorf("professional texts: %v, want 150 in each language", texts)
	}
	tok, err := lm.NewTokenizer(nil)
	if err != nil {
		t.Fatal(err)
	}
	c := r.Config
	c.Vocab = tok.Vocab()
	b, err := lm.NewBase(c, tok, 1)
	if err != nil {
		t.Fatal(err)
	}
	bytes := 2 * (b.Parameters() + (r.Vocab-c.Vocab)*c.Width)
	if bytes < 10_000_000 || bytes > 12_000_000 {
		t.Errorf("its weights will have %d bytes, want 10 to 12 million", bytes)
	}
}

// FuzzParse: a recipe is understood whole or refused.
func FuzzParse(f *testing.F) {
	data, err := os.ReadFile("../bundled/recipe.json")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add([]byte(`{"version":"licet-base-recipe-1"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := trainbase.Parse(data)
		if err != nil {
			if !errors.Is(err, trainbase.ErrRecipe) {
				t.Errorf("error %v", err)
			}
			return
		}
		out, err := r.Marshal()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := trainbase.Parse(out); err != nil {
			t.Errorf("what was written is refused: %v", err)
		}
	})
}
