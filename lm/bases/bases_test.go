package bases_test

import (
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"licet/lm"
	"licet/lm/bases"
	"licet/lm/hub"
	"licet/lm/hub/hubtest"
)

// tiny writes a base that can be run.
func tiny(t *testing.T, seed uint64) (dir string, digest lm.Digest) {
	t.Helper()
	tok, err := lm.NewTokenizer(nil)
	if err != nil {
		t.Fatal(err)
	}
	b, err := lm.NewBase(lm.Config{Vocab: tok.Vocab(), Width: 8, Layers: 1, Heads: 2, KVHeads: 1, FFN: 12, Context: 32, RopeTheta: 10000, NormEps: 1e-5, Tied: true}, tok, seed)
	if err != nil {
		t.Fatal(err)
	}
	dir = t.TempDir()
	if err := b.Save(dir); err != nil {
		t.Fatal(err)
	}
	return dir, b.Digest()
}

// serve puts the files of a folder on the hub.
func serve(t *testing.T, h *hubtest.Hub, dir string) {
	t.Helper()
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if h.Files[f.Name()], err = os.ReadFile(filepath.Join(dir, f.Name())); err != nil {
			t.Fatal(err)
		}
	}
}

func client(h *hubtest.Hub) *hub.Client {
	return &hub.Client{URL: h.URL, Wait: func(context.Context, time.Duration) error { return nil }}
}

func inside(t *testing.T, dir string) []string {
	t.Helper()
	list, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	var out []string
	for _, e := range list {
		if e.Name() != ".lock" {
			out = append(out, e.Name())
		}
	}
	return out
}

func TestPull(t *testing.T) {
	h := hubtest.New(t)
	from, digest := tiny(t, 1)
	serve(t, h, from)
	s := bases.Open(filepath.Join(t.TempDir(), "bases"))
	r, err := hub.ParseRef("org/tiny@v1/beta")
	if err != nil {
		t.Fatal(err)
	}
	e, fresh, err := s.Pull(t.Context(), client(h), r, nil)
	if err != nil || !fresh {
		t.Fatal(fresh, err)
	}
	if e.Full() != "org/tiny@0123456789ab" || e.Revision != "v1/beta" || e.Licence != "apache-2.0" || e.Parameters == 0 || e.Size() == 0 || !strings.HasPrefix(e.Hub, "127.0.0.1:") {
		t.Errorf("pulled %+v", e)
	}
	if got, want := inside(t, s.Dir()), []string{"org--tiny@0123456789ab"}; !slices.Equal(got, want) {
		t.Errorf("the shelf holds %v, want %v", got, want)
	}
	for _, name := range []string{"org/tiny", "org/tiny@0123", "org/tiny@0123456789ab", "org/tiny@" + hubtest.Commit} {
		found, err := s.Find(name)
		if err != nil {
			t.Fatal(err)
		}
		b, err := s.Base(found)
		if err != nil {
			t.Fatal(err)
		}
		if b.Digest() != digest || found.Verify() != nil {
			t.Errorf("%s: digest %x, want %x; %v", name, b.Digest(), digest, found.Verify())
		}
	}
	for _, name := range []string{"org/other", "tiny", "org/tiny@9", "org/tiny@9999", ""} {
		if _, err := s.Find(name); !errors.Is(err, bases.ErrNotFound) {
			t.Errorf("%q: %v", name, err)
		}
	}
	before := len(h.Asked())
	if _, fresh, err := s.Pull(t.Context(), client(h), r, nil); err != nil || fresh || len(h.Asked()) != before+2 {
		t.Errorf("again: fresh %v, %v, %d requests", fresh, err, len(h.Asked())-before)
	}
}

func TestADamagedBaseIsPulledAgain(t *testing.T) {
	h := hubtest.New(t)
	from, digest := tiny(t, 1)
	serve(t, h, from)
	s := bases.Open(t.TempDir())
	r := hub.Ref{Org: "org", Name: "tiny", Revision: "main"}
	e, _, err := s.Pull(t.Context(), client(h), r, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"model.safetensors", "licet-base.json"} {
		if err := os.WriteFile(filepath.Join(e.Dir(), name), []byte("something else"), 0o600); err != nil {
			t.Fatal(err)
		}
		again, fresh, err := s.Pull(t.Context(), client(h), r, nil)
		if err != nil || !fresh {
			t.Fatalf("%s: fresh %v, %v", name, fresh, err)
		}
		if b, err := s.Base(again); err != nil || b.Digest() != digest {
			t.Errorf("%s: %v", name, err)
		}
		if got := inside(t, s.Dir()); len(got) != 1 {
			t.Errorf("%s: the shelf holds %v", name, got)
		}
	}
}

// TestABaseAppearsWholeOrNotAtAll: whatever goes wrong, the shelf lists nothing
// new, and the next pull goes on.
func TestABaseAppearsWholeOrNotAtAll(t *testing.T) {
	h := hubtest.New(t)
	from, digest := tiny(t, 1)
	serve(t, h, from)
	weights := len(h.Files["model.safetensors"])
	s := bases.Open(filepath.Join(t.TempDir(), "bases"))
	r := hub.Ref{Org: "org", Name: "tiny", Revision: "main"}
	h.OnCDN = func(w http.ResponseWriter, _ *http.Request) bool {
		w.Header().Set("ETag", h.ETag)
		_, _ = w.Write(h.Files["model.safetensors"][:weights/2])
		panic(http.ErrAbortHandler)
	}
	c := client(h)
	c.Wait = func(context.Context, time.Duration) error { return context.Canceled }
	if _, _, err := s.Pull(t.Context(), c, r, nil); !errors.Is(err, context.Canceled) {
		t.Fatalf("error %v", err)
	}
	if list, err := s.List(); err != nil || len(list) != 1 {
		t.Errorf("%v, %v: want the bundled base alone", list, err)
	}
	h.OnCDN = nil
	e, _, err := s.Pull(t.Context(), client(h), r, nil)
	if err != nil {
		t.Fatal(err)
	}
	if b, err := s.Base(e); err != nil || b.Digest() != digest {
		t.Errorf("%v", err)
	}
	if got := inside(t, e.Dir()); !slices.Equal(got, []string{"config.json", "licet-base.json", "model.safetensors", "tokenizer.json"}) {
		t.Errorf("it holds %v", got)
	}
}

func TestAModelThatCantBeRunIsNoBase(t *testing.T) {
	h := hubtest.New(t) // its files are not a model's
	s := bases.Open(t.TempDir())
	if _, _, err := s.Pull(t.Context(), client(h), hub.Ref{Org: "org", Name: "tiny", Revision: "main"}, nil); !errors.Is(err, lm.ErrBase) {
		t.Errorf("error %v", err)
	}
	if list, err := s.List(); err != nil || len(list) != 1 {
		t.Errorf("%v, %v", list, err)
	}
}

func TestImport(t *testing.T) {
	from, digest := tiny(t, 2)
	card := "---\nlicense: mit\ntags:\n- small\n---\n# Tiny\n"
	for name, text := range map[string]string{"README.md": card, "modeling.py": "import os", "model.bin": "a pickle"} {
		if err := os.WriteFile(filepath.Join(from, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, link := range []bool{false, true} {
		s := bases.Open(filepath.Join(t.TempDir(), "bases"))
		e, err := s.Import(t.Context(), from, "ours", link)
		if err != nil {
			t.Fatal(err)
		}
		if e.Full() != "ours" || e.Licence != "mit" {
			t.Errorf("imported %+v", e)
		}
		if b, err := s.Base(e); err != nil || b.Digest() != digest {
			t.Errorf("%v", err)
		}
		if got := inside(t, e.Dir()); !slices.Equal(got, []string{"config.json", "licet-base.json", "model.safetensors", "tokenizer.json"}) {
			t.Errorf("it holds %v: no code, no pickle", got)
		}
		if _, err := s.Import(t.Context(), from, "ours", link); !errors.Is(err, bases.ErrExists) {
			t.Errorf("a second time: %v", err)
		}
		if err := s.Remove(e); err != nil {
			t.Fatal(err)
		}
		if got := inside(t, s.Dir()); len(got) != 0 {
			t.Errorf("after it is removed there is %v", got)
		}
		if _, err := os.Stat(filepath.Join(from, "model.safetensors")); err != nil {
			t.Errorf("what it was imported from is gone: %v", err)
		}
	}
}

func TestImportsThatAreRefused(t *testing.T) {
	good, _ := tiny(t, 2)
	s := bases.Open(filepath.Join(t.TempDir(), "bases"))
	for _, name := range []string{"", ".x", "a/b/c", "a..b", "a--b", "bundled", "a b", "../x", "a@b"} {
		if _, err := s.Import(t.Context(), good, name, false); !errors.Is(err, bases.ErrName) {
			t.Errorf("%q: %v", name, err)
		}
	}
	if _, err := s.Import(t.Context(), filepath.Join(good, "nothing"), "x", false); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no folder: %v", err)
	}
	data, err := os.ReadFile(filepath.Join(good, "model.safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(good, "model.safetensors"), data[:len(data)-2], 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Import(t.Context(), good, "x", false); !errors.Is(err, lm.ErrBase) {
		t.Errorf("cut weights: %v", err)
	}
	if got := inside(t, s.Dir()); len(got) != 0 {
		t.Errorf("the shelf holds %v", got)
	}
}

func TestDamageIsFound(t *testing.T) {
	from, _ := tiny(t, 3)
	other, _ := tiny(t, 4)
	s := bases.Open(t.TempDir())
	e, err := s.Import(t.Context(), from, "ours", false)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Import(t.Context(), other, "sound", false); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(filepath.Join(other, "model.safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(e.Dir(), "model.safetensors"), data, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := e.Verify(); !errors.Is(err, bases.ErrDamaged) || !strings.Contains(err.Error(), "model.safetensors") {
		t.Errorf("files: %v", err)
	}
	if _, err := s.Base(e); !errors.Is(err, bases.ErrDamaged) {
		t.Errorf("digest: %v", err)
	}
	for what, text := range map[string]string{
		"not JSON": "{", "another folder's": `{"version":"licet-bases-1","name":"theirs"}`, "a way out": `{"version":"licet-bases-1","name":"../ours"}`,
		"another version": `{"version":"licet-bases-9","name":"ours"}`, "a short commit": `{"version":"licet-bases-1","name":"ours","commit":"01"}`,
	} {
		if err := os.WriteFile(filepath.Join(e.Dir(), "licet-base.json"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := s.List(); !errors.Is(err, bases.ErrDamaged) {
			t.Errorf("%s: %v", what, err)
		}
		if _, err := s.Find("ours"); !errors.Is(err, bases.ErrDamaged) {
			t.Errorf("%s, found: %v", what, err)
		}
		if e, err := s.Find("sound"); err != nil || e.Verify() != nil {
			t.Errorf("%s: the base beside it: %v", what, err)
		}
	}
	if err := s.Remove(bases.Entry{Name: bases.Bundled}); !errors.Is(err, bases.ErrName) {
		t.Errorf("the bundled base: %v", err)
	}
}
