package cas_test

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"licet"
	"licet/internal/cas"
)

func open(t *testing.T) (*cas.Store, string) {
	t.Helper()
	dir := t.TempDir()
	s, err := cas.Open(dir, [32]byte{1}, false)
	if err != nil {
		t.Fatal(err)
	}
	return s, dir
}

func files(t *testing.T, dir string) []string {
	t.Helper()
	var out []string
	if err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			out = append(out, path)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestPutGet(t *testing.T) {
	s, dir := open(t)
	text := []byte("what a member wrote")
	d, err := s.Put(text)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := s.Get(d); err != nil || !bytes.Equal(got, text) {
		t.Errorf("got %q, %v", got, err)
	}
	if _, err := s.Get(licet.Sum(nil)); !errors.Is(err, cas.ErrNotFound) {
		t.Errorf("an object that is not there: got %v", err)
	}
	for _, path := range files(t, dir) {
		data, err := os.ReadFile(path)
		if err != nil || bytes.Contains(data, text) {
			t.Errorf("%s holds the text in clear (%v)", path, err)
		}
		data[len(data)-1] ^= 1
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.Get(d); !errors.Is(err, cas.ErrDamaged) {
		t.Errorf("a flipped bit: got %v, want ErrDamaged", err)
	}
}

func TestFollowAndSweep(t *testing.T) {
	s, dir := open(t)
	kept, err := s.Put([]byte("kept"))
	if err != nil {
		t.Fatal(err)
	}
	gone, err := s.Put([]byte("gone"))
	if err != nil {
		t.Fatal(err)
	}
	a, b := licet.Sum([]byte("a")), licet.Sum([]byte("b"))
	for key, d := range map[licet.Digest]licet.Digest{a: kept, b: gone} {
		if err := s.Link(key, d); err != nil {
			t.Fatal(err)
		}
	}
	n, err := s.Sweep(func(d licet.Digest, link bool) bool { return d == kept && !link || d == a && link })
	if err != nil || n != 2 {
		t.Errorf("swept %d, %v; want an object and a link", n, err)
	}
	if d, ok := s.Follow(a); !ok || d != kept {
		t.Errorf("the link that was kept leads to %v, %v", d, ok)
	}
	if _, ok := s.Follow(b); ok || s.Has(gone) {
		t.Error("what was swept is there")
	}
	if got := files(t, dir); len(got) != 2 {
		t.Errorf("files left: %v", got)
	}
}
