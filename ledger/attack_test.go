package ledger_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"licet"
	"licet/ledger"
)

// TestTheDatabaseRefusesToChangeAnEvent, asked in the application's own role.
func TestTheDatabaseRefusesToChangeAnEvent(t *testing.T) {
	w := newWorld(t)
	w.join("0011")
	for _, s := range []string{"UPDATE events SET body = x'00'", "UPDATE events SET seq = seq + 1", "DELETE FROM events WHERE seq = 1", "DELETE FROM events", "INSERT OR REPLACE INTO events SELECT seq, time, 'x', member, body, leaf FROM events WHERE seq = 1"} {
		if _, err := w.db.ExecContext(t.Context(), s); err == nil {
			t.Errorf("%s: done", s)
		}
	}
	if got := w.audit(); len(got) > 0 {
		t.Errorf("breaches: %q", got)
	}
}

// TestEventsThatWaitTogether share transactions; each is confirmed with its own
// position, one that can't be folded fails alone, and one whose caller has left is
// there all the same.
func TestEventsThatWaitTogether(t *testing.T) {
	w := newWorld(t)
	w.join("0011")
	body, err := json.Marshal(licet.Objected{Purpose: licet.PurposeTrain})
	if err != nil {
		t.Fatal(err)
	}
	const n = 300
	var wait sync.WaitGroup
	var mu sync.Mutex
	at := map[uint64]bool{}
	for i := range n {
		wait.Go(func() {
			ctx, m := t.Context(), licet.MemberID("0011")
			if i%10 == 3 {
				m = "nobody"
			}
			e, err := w.log.Append(ctx, licet.Event{Type: licet.EventObjected, Member: m, Body: body})
			mu.Lock()
			defer mu.Unlock()
			switch {
			case i%10 == 3 && err == nil:
				t.Error("an event of nobody was appended")
			case i%10 != 3 && (err != nil || at[e.Seq]):
				t.Errorf("event %d: %v", e.Seq, err)
			case err == nil:
				at[e.Seq] = true
			}
		})
	}
	wait.Wait()
	if head, err := w.log.Head(t.Context()); err != nil || head != 2+n*9/10 || len(at) != n*9/10 {
		t.Errorf("%d events, %d confirmed, %v", head, len(at), err)
	}
	left, leave := context.WithCancel(t.Context())
	leave()
	if _, err := w.log.Append(left, licet.Event{Type: licet.EventObjected, Member: "0011", Body: body}); err != nil {
		t.Errorf("its caller has left: %v", err)
	}
	if got := w.audit(); len(got) > 0 {
		t.Errorf("breaches: %q", got)
	}
}

// TestContradictionsAndAClockThatGoesBack: of two choices in one millisecond the later
// position counts, and both are kept; a clock that goes back does not turn the log.
func TestContradictionsAndAClockThatGoesBack(t *testing.T) {
	w := newWorld(t)
	w.join("0011")
	yes := w.add(licet.EventConsented, "0011", licet.Consented{Purpose: licet.PurposeTrain})
	no := w.add(licet.EventObjected, "0011", licet.Objected{Purpose: licet.PurposeTrain})
	w.now = w.now.Add(-24 * time.Hour)
	again := w.add(licet.EventConsented, "0011", licet.Consented{Purpose: licet.PurposeVoice})
	var kept []licet.EventType
	var last time.Time
	for e, err := range w.log.Events(t.Context(), 0, again+1) {
		if err != nil {
			t.Fatal(err)
		}
		if e.Time.Before(last) {
			t.Errorf("event %d happened before the one before it", e.Seq)
		}
		last = e.Time
		if e.Seq == yes || e.Seq == no {
			kept = append(kept, e.Type)
		}
	}
	state, err := w.log.StateNow(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if state.Members["0011"].Verdict(licet.PurposeTrain) != licet.Refused || len(kept) != 2 {
		t.Errorf("%+v, kept %v", state.Members["0011"], kept)
	}
	if got := w.audit(); len(got) > 0 {
		t.Errorf("breaches: %q", got)
	}
}

// exported writes a log of 300 events into a folder and returns how to read it.
func exported(t *testing.T) (dir, key string) {
	t.Helper()
	w := newWorld(t)
	w.join("0011")
	for range 298 {
		w.add(licet.EventObjected, "0011", licet.Objected{Purpose: licet.PurposeTrain})
	}
	dir = filepath.Join(t.TempDir(), "log")
	if err := w.log.Export(t.Context(), dir); err != nil {
		t.Fatal(err)
	}
	return dir, w.log.Verifier()
}

func fromDir(dir string) ledger.Fetch {
	return func(_ context.Context, path string) ([]byte, error) { return os.ReadFile(filepath.Join(dir, path)) }
}

// TestASpoiledExportIsFound: every file of a log, with a byte changed, cut off, made
// longer or taken away, is found, and named where it can be.
func TestASpoiledExportIsFound(t *testing.T) {
	dir, key := exported(t)
	report, err := ledger.AuditPublic(t.Context(), fromDir(dir), key)
	if err != nil || len(report.Breaches) > 0 || report.Events != 300 {
		t.Fatalf("the export: %+v, %v", report, err)
	}
	files := 0
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || d.Name() == "log.pub" {
			return err
		}
		files++
		good, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for what, bad := range map[string][]byte{
			"a flipped byte": flipped(good, len(good)/2), "the first byte flipped": flipped(good, 0), "cut off": good[:len(good)-3], "longer": append(bytes.Clone(good), 0), "empty": {}, "gone": nil,
		} {
			if bad == nil {
				err = os.Remove(path)
			} else {
				err = os.WriteFile(path, bad, 0o600)
			}
			if err != nil {
				return err
			}
			report, err := ledger.AuditPublic(t.Context(), fromDir(dir), key)
			name := filepath.Base(path)
			switch {
			case name == "checkpoint" && what == "gone":
				if !errors.Is(err, fs.ErrNotExist) {
					t.Errorf("%s %s: %v", name, what, err)
				}
			case err != nil || len(report.Breaches) == 0:
				t.Errorf("%s %s: %+v, %v", path, what, report, err)
			}
		}
		return os.WriteFile(path, good, 0o600)
	})
	if err != nil {
		t.Fatal(err)
	}
	if files < 5 {
		t.Errorf("only %d files", files)
	}
	if _, err := ledger.AuditPublic(t.Context(), fromDir(dir), "no key"); err == nil {
		t.Error("audited without a key")
	}
}

func flipped(data []byte, i int) []byte {
	out := bytes.Clone(data)
	out[i] ^= 1
	return out
}

// FuzzAuditPublic reads hostile tiles: nothing but the log's own passes.
func FuzzAuditPublic(f *testing.F) {
	key, err := os.ReadFile("testdata/log.pub.golden")
	if err != nil {
		f.Fatal(err)
	}
	signed, err := os.ReadFile("testdata/checkpoint.golden")
	if err != nil {
		f.Fatal(err)
	}
	leaves, err := os.ReadFile("testdata/leaves.golden")
	if err != nil {
		f.Fatal(err)
	}
	var bundle []byte
	for line := range bytes.Lines(leaves) {
		line = bytes.TrimSuffix(line, []byte("\n"))
		bundle = append(append(bundle, byte(len(line)>>8), byte(len(line))), line...)
	}
	f.Add(bundle)
	f.Add([]byte{0, 2, '{', '}'})
	f.Add([]byte{255, 255, 0})
	f.Fuzz(func(t *testing.T, data []byte) {
		fetch := func(_ context.Context, path string) ([]byte, error) {
			switch {
			case path == "checkpoint":
				return signed, nil
			case strings.HasPrefix(path, "tile/entries/"):
				return data, nil
			}
			return nil, fmt.Errorf("%s: %w", path, fs.ErrNotExist)
		}
		report, err := ledger.AuditPublic(t.Context(), fetch, strings.TrimSpace(string(key)))
		if err != nil {
			t.Fatal(err)
		}
		// The tile of hashes is missing, so that it is never clean; another tree must be named.
		another := false
		for _, b := range report.Breaches {
			another = another || strings.Contains(b.What, "another tree") || strings.Contains(b.What, "cut off")
		}
		if same := bytes.Equal(data, bundle); same == another && !bytes.HasPrefix(data, bundle) {
			t.Errorf("another tree: %v; the same leaves: %v: %v", another, same, report.Breaches)
		}
	})
}

// FuzzCosignatures reads hostile keys and notes: nothing is signed by who has not.
func FuzzCosignatures(f *testing.F) {
	signed, err := os.ReadFile("testdata/checkpoint.golden")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(signed, "witness.example/w1+4c4f2b5d+BAAA")
	f.Fuzz(func(t *testing.T, note []byte, key string) {
		if by, err := ledger.Cosignatures(note, key); err == nil && len(by) > 0 {
			t.Errorf("%+v", by)
		}
	})
}

// FuzzTile asks for hostile paths: each is a tile of the log, or not there.
func FuzzTile(f *testing.F) {
	w := newWorld(f)
	w.join("0011")
	for range 3 {
		w.add(licet.EventObjected, "0011", licet.Objected{Purpose: licet.PurposeTrain})
	}
	for _, path := range []string{"checkpoint", "tile/0/000.p/5", "tile/entries/000.p/5", "tile/0/000", "tile/1/000.p/1", "tile/63/000.p/1", "tile/data/000.p/1", "tile/0/x001/000", "tile/entries/../0/000.p/1", "tile/0/-01", ""} {
		f.Add(path)
	}
	f.Fuzz(func(t *testing.T, path string) {
		data, err := w.log.Fetch(context.Background(), path)
		switch {
		case err != nil && !errors.Is(err, fs.ErrNotExist):
			t.Errorf("%q: %v", path, err)
		case err == nil && len(data) == 0:
			t.Errorf("%q: nothing, and no error", path)
		}
	})
}
