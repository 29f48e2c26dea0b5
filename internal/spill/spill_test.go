package spill_test

import (
	"bytes"
	"math/rand/v2"
	"os"
	"slices"
	"testing"

	"licet/internal/spill"
)

func TestWhatIsWrittenComesBack(t *testing.T) {
	dir := t.TempDir()
	s, err := spill.New(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	r := rand.New(rand.NewPCG(1, 2))
	var all []byte
	for range 200 {
		part := make([]byte, r.IntN(100))
		for i := range part {
			part[i] = byte(r.Uint32())
		}
		off, err := s.Append(slices.Clone(part))
		if err != nil || off != int64(len(all)) {
			t.Fatalf("appended at %d, want %d: %v", off, len(all), err)
		}
		all = append(all, part...)
	}
	for range 200 {
		from := r.IntN(len(all))
		got := make([]byte, r.IntN(len(all)-from))
		if _, err := s.ReadAt(got, int64(from)); err != nil || !bytes.Equal(got, all[from:from+len(got)]) {
			t.Fatalf("%d bytes at %d are others: %v", len(got), from, err)
		}
	}
	if err := s.Wipe(10, 20); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, 40)
	if _, err := s.ReadAt(got, 0); err != nil || !bytes.Equal(got[:10], all[:10]) || bytes.Equal(got[10:30], all[10:30]) || !bytes.Equal(got[30:], all[30:40]) {
		t.Errorf("wiping 20 bytes at 10: %v", err)
	}
	if names, err := os.ReadDir(dir); err != nil || len(names) > 0 {
		t.Errorf("the file has a name: %v %v", names, err)
	}
}
