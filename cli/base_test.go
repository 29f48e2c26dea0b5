package cli_test

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"licet/lm"
	"licet/lm/hub/hubtest"
)

// tinyBase writes a base that can be run; seed makes it another one.
func tinyBase(dir string, seed uint64) error {
	tok, err := lm.NewTokenizer(nil)
	if err != nil {
		return err
	}
	b, err := lm.NewBase(lm.Config{Vocab: tok.Vocab(), Width: 16, Layers: 1, Heads: 2, KVHeads: 1, FFN: 24, Context: 256, RopeTheta: 10000, NormEps: 1e-5, Tied: true}, tok, seed)
	if err != nil {
		return err
	}
	return b.Save(dir)
}

// smolBase writes a base in the shape of SmolLM2-Instruct, small and with random
// weights: its tokenizer, its chat template, the token that ends a turn.
func smolBase(dir string) error {
	data, err := os.ReadFile("../lm/tokenizer/testdata/smollm2.json")
	if err != nil {
		return err
	}
	tok, err := lm.ReadTokenizer(data)
	if err != nil {
		return err
	}
	end, _ := tok.Special("<|im_end|>")
	b, err := lm.NewBase(lm.Config{Vocab: tok.Vocab(), Width: 24, Layers: 2, Heads: 3, KVHeads: 1, FFN: 64, Context: 256, RopeTheta: 1e5, NormEps: 1e-5, Tied: true}, tok, 1)
	if err != nil {
		return err
	}
	if err := b.Save(dir); err != nil {
		return err
	}
	template, err := os.ReadFile("../lm/chat/testdata/templates/smollm2.jinja")
	if err != nil {
		return err
	}
	config, err := json.Marshal(map[string]string{"chat_template": string(template), "eos_token": "<|im_end|>"})
	if err != nil {
		return err
	}
	return errors.Join(
		os.WriteFile(filepath.Join(dir, "tokenizer_config.json"), config, 0o600),
		os.WriteFile(filepath.Join(dir, "generation_config.json"), fmt.Appendf(nil, `{"eos_token_id":%d}`, end), 0o600),
	)
}

// tinyRecipe writes a recipe and its text into dir.
func tinyRecipe(dir string, epochs int) error {
	var text strings.Builder
	for i := range 80 {
		fmt.Fprintf(&text, "comment · member\nThe valve of pump %d was closed at %d o'clock, and the level rose by %d.\n---\n", i, i%24, i*i)
	}
	data, err := json.Marshal(map[string]any{
		"version": "licet-base-recipe-1", "licence": "none", "attribution": []string{},
		"sources": []any{map[string]any{
			"from": "recipe", "path": "pumps.txt", "format": "parts", "language": "en", "kind": "pumps", "passes": epochs, "held_out": 5,
			"licence": "written for this test", "sha256": fmt.Sprintf("%x", sha256.Sum256([]byte(text.String()))),
		}},
		"vocab": 300, "document": 80,
		"config":   lm.Config{Vocab: 300, Width: 32, Layers: 2, Heads: 2, KVHeads: 1, FFN: 48, Context: 64, RopeTheta: 10000, NormEps: 1e-5, Tied: true},
		"training": lm.BaseRecipe{LearningRate: 0.01, Epochs: epochs, Batch: 2, Context: 64, Seed: 1}, "ngram_order": 3,
	})
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "recipe.json"), data, 0o600); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "pumps.txt"), []byte(text.String()), 0o600)
}

// baseCommands are: tinybase DIR SEED; smolbase DIR; tinyrecipe DIR; hub DIR, which serves a
// folder as org/tiny of the hub that LICET_HUB then names; gate TOKEN, which makes it gated.
func baseCommands(t *testing.T) map[string]func(*testscript.TestScript, bool, []string) {
	t.Helper()
	var mu sync.Mutex // scripts run side by side
	hubs := map[*testscript.TestScript]*hubtest.Hub{}
	return map[string]func(*testscript.TestScript, bool, []string){
		"tinybase": func(ts *testscript.TestScript, _ bool, args []string) {
			ts.Check(tinyBase(ts.MkAbs(args[0]), uint64(args[1][0])))
		},
		"smolbase":   func(ts *testscript.TestScript, _ bool, args []string) { ts.Check(smolBase(ts.MkAbs(args[0]))) },
		"tinyrecipe": func(ts *testscript.TestScript, _ bool, args []string) { ts.Check(tinyRecipe(ts.MkAbs(args[0]), 3)) },
		"hub": func(ts *testscript.TestScript, _ bool, args []string) {
			h := hubtest.New(t)
			ts.Check(onHub(h, ts.MkAbs(args[0])))
			mu.Lock()
			hubs[ts] = h
			mu.Unlock()
			ts.Setenv("LICET_HUB", h.URL)
		},
		"gate": func(ts *testscript.TestScript, _ bool, args []string) {
			mu.Lock()
			defer mu.Unlock()
			hubs[ts].Token = args[0]
		},
	}
}

func onHub(h *hubtest.Hub, dir string) error {
	files, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, f := range files {
		if h.Files[f.Name()], err = os.ReadFile(filepath.Join(dir, f.Name())); err != nil {
			return err
		}
	}
	return nil
}

// TestAPullThatIsKilledGoesOn: with SIGKILL, in the middle of the weights.
func TestAPullThatIsKilledGoesOn(t *testing.T) {
	h := hubtest.New(t)
	model := t.TempDir()
	if err := tinyBase(model, 1); err != nil {
		t.Fatal(err)
	}
	if err := onHub(h, model); err != nil {
		t.Fatal(err)
	}
	sent := make(chan struct{})
	h.OnCDN = func(w http.ResponseWriter, r *http.Request) bool {
		w.Header().Set("ETag", h.ETag)
		w.Header().Set("Content-Length", fmt.Sprint(len(h.Files["model.safetensors"])))
		_, _ = w.Write(h.Files["model.safetensors"][:1000])
		w.(http.Flusher).Flush() //nolint:forcetypeassert // the test's server
		close(sent)
		<-r.Context().Done()
		return true
	}
	dir := filepath.Join(t.TempDir(), "data")
	cmd := command(t, dir, "base", "pull", "--hub", h.URL, "org/tiny")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	<-sent
	part := waitFor(t, filepath.Join(dir, "bases", ".pull-*", "*.part"), 1000)
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // killed
	if got := licet(t, dir, "base", "list"); strings.Contains(got, "org/tiny") {
		t.Errorf("half a base is listed:\n%s", got)
	}
	h.OnCDN = nil
	got := licet(t, dir, "base", "pull", "--hub", h.URL, "org/tiny")
	if asked := strings.Join(h.Asked(), "\n"); !strings.Contains(asked, "cdn bytes=1000-") || !strings.Contains(got, "apache-2.0") {
		t.Errorf("asked:\n%s\nsaid:\n%s", asked, got)
	}
	if _, err := os.Stat(part); !os.IsNotExist(err) {
		t.Errorf("%s is left over: %v", part, err)
	}
}

// waitFor returns the file that pattern means, once it has so many bytes.
func waitFor(t *testing.T, pattern string, bytes int64) string {
	t.Helper()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for range tick.C {
		if t.Context().Err() != nil {
			break
		}
		found, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		if len(found) == 1 {
			if info, err := os.Stat(found[0]); err == nil && info.Size() >= bytes {
				return found[0]
			}
		}
	}
	t.Fatal(t.Context().Err())
	return ""
}

// TestTrainingThatIsKilledGoesOn: with SIGKILL, to the digest of a run that nobody
// stopped, on other threads and with another kernel.
func TestTrainingThatIsKilledGoesOn(t *testing.T) {
	dir := t.TempDir()
	if err := tinyRecipe(dir, 24); err != nil {
		t.Fatal(err)
	}
	args := func(out string, more ...string) []string {
		return append([]string{"base", "train", "--recipe", filepath.Join(dir, "recipe.json"), "--every", "5", "--out", filepath.Join(dir, out)}, more...)
	}
	digest := regexp.MustCompile(`digest [0-9a-f]{64}`)
	want := digest.FindString(licet(t, dir, args("whole")...))
	cmd := command(t, dir, args("killed", "--threads", "1", "--kernel", "portable")...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	waitFor(t, filepath.Join(dir, "killed", ".training"), 1)
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // killed
	if _, err := os.Stat(filepath.Join(dir, "killed", "recipe.json")); err == nil {
		t.Fatal("it had ended before it was killed")
	}
	said := licet(t, dir, args("killed", "--threads", "2")...)
	if got := digest.FindString(said); got != want || want == "" {
		t.Errorf("%s after it was killed, want %s", got, want)
	}
	if _, err := os.Stat(filepath.Join(dir, "killed", ".training")); !os.IsNotExist(err) {
		t.Errorf("the checkpoint is left over: %v", err)
	}
}
