package ledger_test

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"licet"
	"licet/internal/db"
	"licet/ledger"
	"licet/vault"
)

var update = flag.Bool("update", false, "write the golden files again")

// stream is a source of bytes that is the same every time.
type stream struct{ n uint64 }

// Read implements io.Reader.
func (s *stream) Read(p []byte) (int, error) {
	for i := range p {
		d := sha256.Sum256(fmt.Appendf(nil, "stream %d", s.n))
		p[i] = d[0]
		s.n++
	}
	return len(p), nil
}

// world is a ledger in a folder, with the keys that it needs.
type world struct {
	testing.TB
	dir  string
	db   *sql.DB
	keys *vault.Keys
	log  *ledger.Ledger
	now  time.Time
}

const origin = "test.example/log"

func newWorld(tb testing.TB) *world {
	tb.Helper()
	w := &world{TB: tb, dir: tb.TempDir(), now: time.Date(2025, 11, 3, 9, 0, 0, 0, time.UTC)}
	k, err := vault.CreateKeys(tb.Context(), filepath.Join(w.dir, "keys.db"), [32]byte{9}, &stream{}, vault.KeysOptions{Sync: "OFF"})
	if err != nil {
		tb.Fatal(err)
	}
	w.keys = k
	tb.Cleanup(func() { w.close(); _ = k.Close() })
	w.open()
	return w
}

func (w *world) options() ledger.Options {
	return ledger.Options{
		Keys: w.keys, Seed: w.keys.Signing(), Origin: origin, Simulated: true, Now: func() time.Time { return w.now },
		Checkpoint: filepath.Join(w.dir, "checkpoint"),
	}
}

func (w *world) open() {
	w.Helper()
	if err := w.tryOpen(); err != nil {
		w.Fatal(err)
	}
}

func (w *world) tryOpen() (err error) {
	w.Helper()
	if w.db, err = db.Open(context.WithoutCancel(w.Context()), filepath.Join(w.dir, "licet.db"), db.Options{Sync: "OFF"}); err != nil {
		w.Fatal(err)
	}
	w.log, err = ledger.Open(context.WithoutCancel(w.Context()), w.db, w.options())
	return err
}

func (w *world) close() {
	if w.db != nil {
		_ = w.db.Close()
		w.db = nil
	}
}

// add appends one event and returns its position.
func (w *world) add(t licet.EventType, m licet.MemberID, body any) uint64 {
	w.Helper()
	data, err := json.Marshal(body)
	if err != nil {
		w.Fatal(err)
	}
	done, err := w.log.Do(w.Context(), func(context.Context, *sql.Tx, uint64) ([]licet.Event, error) {
		return []licet.Event{{Type: t, Member: m, Body: data}}, nil
	})
	if err != nil {
		w.Fatal(err)
	}
	return done[0].Seq
}

// join makes a member with a key.
func (w *world) join(m licet.MemberID) licet.Digest {
	w.Helper()
	if err := w.keys.Create(w.Context(), m); err != nil {
		w.Fatal(err)
	}
	token, err := w.keys.Token(w.Context(), m)
	if err != nil {
		w.Fatal(err)
	}
	w.add(licet.EventJoined, m, licet.Joined{Token: token, Facts: licet.Facts{Country: "IE", BirthDate: "1980-02-03"}})
	return token
}

// tamper changes the database behind the ledger's back.
func (w *world) tamper(statements ...string) {
	w.Helper()
	for _, s := range append([]string{"DROP TRIGGER IF EXISTS events_keep", "DROP TRIGGER IF EXISTS events_stay"}, statements...) {
		if _, err := w.db.ExecContext(w.Context(), s); err != nil {
			w.Fatalf("%s: %v", s, err)
		}
	}
}

func (w *world) audit() []string {
	w.Helper()
	report, err := w.log.Audit(w.Context(), ledger.Auditor{})
	if err != nil {
		w.Fatal(err)
	}
	var out []string
	for _, b := range report.Breaches {
		out = append(out, b.String())
	}
	return out
}

// golden compares with a file that is never edited.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != string(want) {
		t.Errorf("%s: got\n%s\nwant\n%s", name, got, want)
	}
}

func TestTheBytesOfLeavesAndCheckpointsStayTheSame(t *testing.T) {
	w := newWorld(t)
	w.join("0011")
	w.add(licet.EventAdopted, "", licet.Adopted{Policy: "linkedin-2025", Digest: licet.Sum([]byte("policy"))})
	w.now = w.now.Add(time.Hour)
	w.add(licet.EventObjected, "0011", licet.Objected{Purpose: licet.PurposeTrain, Said: licet.Said{Channel: "web", Language: "fr", Notice: "notice-1"}})
	signed, size, err := w.log.Checkpoint(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var leaves strings.Builder
	for leaf, err := range w.log.Leaves(t.Context(), size) {
		if err != nil {
			t.Fatal(err)
		}
		leaves.Write(leaf)
		leaves.WriteByte('\n')
	}
	golden(t, "leaves.golden", []byte(leaves.String()))
	golden(t, "checkpoint.golden", signed)
	golden(t, "log.pub.golden", []byte(w.log.Verifier()+"\n"))
	if strings.Contains(leaves.String(), "0011") || strings.Contains(leaves.String(), "objected") {
		t.Error("a leaf says whose it is, or what")
	}
}

func TestWhatIsAcknowledgedIsThereAfterReopening(t *testing.T) {
	w := newWorld(t)
	w.join("0011")
	seq := w.add(licet.EventObjected, "0011", licet.Objected{Purpose: licet.PurposeTrain, Said: licet.Said{Channel: "test"}})
	w.close()
	w.open()
	state, err := w.log.StateNow(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if c := state.Members["0011"].Choices[licet.PurposeTrain]; c.Verdict != licet.Refused || c.Seq != seq {
		t.Errorf("choice %+v", c)
	}
	if got := w.audit(); len(got) > 0 {
		t.Errorf("breaches: %q", got)
	}
}

func TestNothingIsAppendedWhenSomethingFails(t *testing.T) {
	w := newWorld(t)
	before, err := w.log.Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	_, err = w.log.Do(t.Context(), func(context.Context, *sql.Tx, uint64) ([]licet.Event, error) {
		return []licet.Event{
			{Type: licet.EventAdopted, Body: []byte(`{"policy":"p"}`)},
			{Type: licet.EventObjected, Member: "never joined", Body: []byte(`{}`)},
		}, nil
	})
	if err == nil {
		t.Error("an event of somebody who never joined was appended")
	}
	after, err := w.log.Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if after != before {
		t.Errorf("%d events, want %d", after, before)
	}
}

func TestManyWritersMakeOneSequence(t *testing.T) {
	w := newWorld(t)
	w.join("0011")
	var wait sync.WaitGroup
	for i := range 8 {
		wait.Go(func() {
			for range 10 {
				_, err := w.log.Do(t.Context(), func(context.Context, *sql.Tx, uint64) ([]licet.Event, error) {
					return []licet.Event{{Type: licet.EventConsented, Member: "0011", Body: fmt.Appendf(nil, `{"purpose":"voice","channel":"%d"}`, i)}}, nil
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	wait.Wait()
	n, err := w.log.Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if n != 82 {
		t.Errorf("%d events, want 82", n)
	}
	if got := w.audit(); len(got) > 0 {
		t.Errorf("breaches: %q", got)
	}
}

func TestProofsHold(t *testing.T) {
	w := newWorld(t)
	roots := []tlog.Hash{{}}
	v, err := note.NewVerifier(w.log.Verifier())
	if err != nil {
		t.Fatal(err)
	}
	var leaves [][]byte
	for i := range 20 {
		w.add(licet.EventAdopted, "", licet.Adopted{Policy: fmt.Sprint(i)})
		signed, _, err := w.log.Checkpoint(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		c, err := ledger.ReadCheckpoint(signed, v)
		if err != nil {
			t.Fatal(err)
		}
		roots = append(roots, c.Root)
	}
	for leaf, err := range w.log.Leaves(t.Context(), 21) {
		if err != nil {
			t.Fatal(err)
		}
		leaves = append(leaves, leaf)
	}
	for size := uint64(2); size <= 21; size++ {
		root := roots[size-1]
		for seq := range size {
			p, err := w.log.Inclusion(t.Context(), seq, size)
			if err != nil {
				t.Fatal(err)
			}
			if err := tlog.CheckRecord(p, int64(size), root, int64(seq), tlog.RecordHash(leaves[seq])); err != nil {
				t.Errorf("event %d of %d: %v", seq, size, err)
			}
		}
		for older := uint64(2); older < size; older++ {
			p, err := w.log.Consistency(t.Context(), older, size)
			if err != nil {
				t.Fatal(err)
			}
			if err := tlog.CheckTree(p, int64(size), root, int64(older), roots[older-1]); err != nil {
				t.Errorf("%d begins %d: %v", older, size, err)
			}
		}
	}
}

func TestARollbackAndAForkAreFoundAtTheStart(t *testing.T) {
	for name, damage := range map[string]func(w *world){
		"the database of an earlier day": func(w *world) {
			w.tamper("DELETE FROM events WHERE seq = 2", "UPDATE checkpoints SET size = 2")
		},
		"an empty database": func(w *world) {
			w.tamper("DELETE FROM events", "DELETE FROM hashes", "DELETE FROM checkpoints")
		},
		"another tree": func(w *world) {
			w.tamper("UPDATE hashes SET hash = zeroblob(32)")
		},
		"no checkpoint": func(w *world) {
			if err := os.Remove(filepath.Join(w.dir, "checkpoint")); err != nil {
				w.Fatal(err)
			}
		},
		"a checkpoint of another key": func(w *world) {
			path := filepath.Join(w.dir, "checkpoint")
			data, err := os.ReadFile(path)
			if err != nil {
				w.Fatal(err)
			}
			data[len(data)-5] ^= 1
			if err := os.WriteFile(path, data, 0o600); err != nil {
				w.Fatal(err)
			}
		},
	} {
		w := newWorld(t)
		w.add(licet.EventAdopted, "", licet.Adopted{Policy: "a"})
		w.add(licet.EventAdopted, "", licet.Adopted{Policy: "b"})
		damage(w)
		w.close()
		if err := w.tryOpen(); !errors.Is(err, ledger.ErrFork) {
			t.Errorf("%s: %v, want ErrFork", name, err)
		}
	}
}

// TestTheAuditNamesTheEvent: whatever is changed behind the ledger's back, the
// audit says at which event.
func TestTheAuditNamesTheEvent(t *testing.T) {
	for name, test := range map[string]struct {
		damage []string
		want   string
	}{
		"an operator's words":       {[]string{"UPDATE events SET body = CAST(replace(body, 'wordy', 'worse') AS BLOB) WHERE seq = 2"}, "event 2: is not what the log committed to"},
		"a member's sealed words":   {[]string{"UPDATE events SET body = zeroblob(length(body)) WHERE seq = 3"}, "event 3: can't be read"},
		"a leaf":                    {[]string{"UPDATE events SET leaf = CAST(replace(leaf, 'wordy', 'worse') AS BLOB) WHERE seq = 2"}, "event 2: is not what the log committed to"},
		"a leaf of a member":        {[]string{"UPDATE events SET leaf = (SELECT leaf FROM events WHERE seq = 1) WHERE seq = 3"}, "event 3: "},
		"a time":                    {[]string{"UPDATE events SET time = time + 1 WHERE seq = 2"}, "event 2: "},
		"a type":                    {[]string{"UPDATE events SET type = 'frozen' WHERE seq = 2"}, "event 2: "},
		"an event taken out":        {[]string{"DELETE FROM events WHERE seq = 2"}, "event 2: is missing"},
		"an event at the end":       {[]string{"DELETE FROM events WHERE seq = 4"}, "the log 4"},
		"a hash of the tree":        {[]string{"UPDATE hashes SET hash = zeroblob(32) WHERE id = 3"}, "hash 3 of the tree"},
		"the checkpoint":            {[]string{"UPDATE checkpoints SET note = CAST(replace(note, char(10) || '5' || char(10), char(10) || '4' || char(10)) AS BLOB)"}, "signature"},
		"a member swapped":          {[]string{"UPDATE events SET member = '0022' WHERE seq = 3"}, "event 3: can't be read"},
		"events in another's place": {[]string{"UPDATE events SET seq = 99 WHERE seq = 2", "UPDATE events SET seq = 2 WHERE seq = 4", "UPDATE events SET seq = 4 WHERE seq = 99"}, "event 2: "},
	} {
		w := newWorld(t)
		w.join("0011")
		w.add(licet.EventAdopted, "", licet.Adopted{Policy: "wordy"})
		w.add(licet.EventObjected, "0011", licet.Objected{Purpose: licet.PurposeTrain, Said: licet.Said{Channel: "test"}})
		w.add(licet.EventAdopted, "", licet.Adopted{Policy: "later"})
		if got := w.audit(); len(got) > 0 {
			t.Fatalf("before: %q", got)
		}
		w.tamper(test.damage...)
		if got := strings.Join(w.audit(), "\n"); !strings.Contains(got, test.want) {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
}

// TestTheClockBindsTheOperator: a log whose events come in the wrong order is
// rejected, although every hash and signature in it holds.
func TestTheClockBindsTheOperator(t *testing.T) {
	notice := licet.Notified{Notice: "n1", Deadline: "2025-12-18"}
	run, adapter := licet.Sum([]byte("run")), licet.Sum([]byte("adapter"))
	day := 24 * time.Hour
	nobody, err := ledger.StandingsRoot(licet.State{})
	if err != nil {
		t.Fatal(err)
	}
	frozen := licet.Frozen{Notice: "n1", Standings: nobody}
	type step struct {
		after time.Duration
		t     licet.EventType
		body  any
	}
	notify, deliver, freeze := step{0, licet.EventNotified, notice}, step{0, licet.EventDelivered, licet.Delivered{Notice: "n1"}}, step{47 * day, licet.EventFrozen, frozen}
	built := step{0, licet.EventBuilt, licet.Built{Frozen: 3, At: 4, Run: run}}
	trained := step{0, licet.EventTrained, licet.Trained{Run: run, Adapter: adapter}}
	promoted := step{0, licet.EventPromoted, licet.Promoted{Run: run, Adapter: adapter}}
	for name, test := range map[string]struct {
		steps []step
		want  string
	}{
		"in order":                             {[]step{notify, deliver, freeze, built, trained, promoted}, ""},
		"frozen too early":                     {[]step{notify, deliver, {44 * day, licet.EventFrozen, frozen}}, "event 3: frozen before 2025-12-18 had ended everywhere on Earth"},
		"frozen without a notice":              {[]step{freeze}, "event 1: frozen without a notice"},
		"frozen without delivery":              {[]step{notify, freeze}, "event 2: frozen before the notice was delivered"},
		"a shortened window":                   {[]step{notify, {0, licet.EventNotified, licet.Notified{Notice: "n1", Deadline: "2025-12-01"}}}, "event 2: the window of n1 was shortened"},
		"a shorter second notice":              {[]step{notify, {0, licet.EventNotified, licet.Notified{Notice: "n2", Deadline: "2025-12-10"}}}, "event 2: the window of n1 was shortened"},
		"a window of a week":                   {[]step{{0, licet.EventNotified, licet.Notified{Notice: "n1", Deadline: "2025-11-10"}}}, "event 1: the window of n1 is under 30 days"},
		"a deadline that is no date":           {[]step{{0, licet.EventNotified, licet.Notified{Notice: "n1", Deadline: "soon"}}}, "event 1: the notice n1 has no deadline"},
		"another notice delivered":             {[]step{notify, {0, licet.EventDelivered, licet.Delivered{Notice: "n0"}}, freeze}, "event 3: frozen before the notice was delivered"},
		"delivered too late":                   {[]step{notify, {20 * day, licet.EventDelivered, licet.Delivered{Notice: "n1"}}, {27 * day, licet.EventFrozen, frozen}}, "event 3: frozen when the notice had been with members for under 30 days: it was delivered on 2025-11-23"},
		"delivered late, and frozen later":     {[]step{notify, {20 * day, licet.EventDelivered, licet.Delivered{Notice: "n1"}}, {31 * day, licet.EventFrozen, frozen}}, ""},
		"delivered again a day before the end": {[]step{notify, deliver, {46 * day, licet.EventDelivered, licet.Delivered{Notice: "n1", Batch: 2}}, {day, licet.EventFrozen, licet.Frozen{Notice: "n1", Standings: nobody}}}, ""},
		"frozen for another notice":            {[]step{notify, deliver, {47 * day, licet.EventFrozen, licet.Frozen{Notice: "n0", Standings: nobody}}}, "event 3: frozen for \"n0\""},
		"another root of standings":            {[]step{notify, deliver, {47 * day, licet.EventFrozen, licet.Frozen{Notice: "n1", Standings: run}}}, "event 3: states a root of standings"},
		"built before its freeze":              {[]step{notify, deliver, freeze, {0, licet.EventBuilt, licet.Built{Frozen: 3, At: 2, Run: run}}}, "event 4: built from position 2, before its freeze at 3"},
		"built from no freeze":                 {[]step{notify, deliver, freeze, {0, licet.EventBuilt, licet.Built{Frozen: 2, At: 4, Run: run}}}, "event 4: built from position 2, which is no freeze"},
		"built from the future":                {[]step{notify, deliver, freeze, {0, licet.EventBuilt, licet.Built{Frozen: 3, At: 40, Run: run}}}, "event 4: built from events that had not happened"},
		"trained from nothing":                 {[]step{notify, deliver, freeze, trained}, "event 4: trained from a corpus that was not built"},
		"promoted and never trained":           {[]step{notify, deliver, freeze, built, promoted}, "event 5: promoted a model that was not trained in this log"},
		"another adapter":                      {[]step{notify, deliver, freeze, built, trained, {0, licet.EventPromoted, licet.Promoted{Run: run, Adapter: run}}}, "event 6: promoted a model"},
	} {
		w := newWorld(t)
		for _, s := range test.steps {
			w.now = w.now.Add(s.after)
			w.add(s.t, "", s.body)
		}
		got := strings.Join(w.audit(), "\n")
		if (test.want == "") != (got == "") || !strings.Contains(got, test.want) {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
}

func TestAnErasureExplainsWhatCantBeReadAnyMore(t *testing.T) {
	w := newWorld(t)
	w.join("0011")
	w.add(licet.EventObjected, "0011", licet.Objected{Purpose: licet.PurposeTrain, Said: licet.Said{Channel: "test"}})
	if err := w.keys.Destroy(t.Context(), "0011"); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(w.audit(), "\n"); !strings.Contains(got, "event 1: can't be read, and no erasure explains it") {
		t.Errorf("a destroyed key without an erasure: %q", got)
	}
	w.add(licet.EventErased, "", licet.Erased{Member: "0011", Refused: []licet.Purpose{licet.PurposeTrain}})
	if got := w.audit(); len(got) > 0 {
		t.Errorf("breaches: %q", got)
	}
	w.close()
	w.open()
	state, err := w.log.StateNow(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if m := state.Members["0011"]; !m.Erased || m.Verdict(licet.PurposeTrain) != licet.Refused {
		t.Errorf("what they had refused is forgotten: %+v", m)
	}
}

func FuzzReadCheckpoint(f *testing.F) {
	key, err := os.ReadFile("testdata/log.pub.golden")
	if err != nil {
		f.Fatal(err)
	}
	v, err := note.NewVerifier(strings.TrimSpace(string(key)))
	if err != nil {
		f.Fatal(err)
	}
	good, err := os.ReadFile("testdata/checkpoint.golden")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add([]byte("test.example/log\n1\nAAAA\n\n— x y\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if c, err := ledger.ReadCheckpoint(data, v); err == nil && (c.Size != 4 || c.Origin != origin) {
			t.Errorf("a checkpoint that nobody signed was read: %+v", c)
		}
	})
}

var _ io.Reader = (*stream)(nil)
