package vault_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"licet"
	"licet/internal/db"
	"licet/vault"
)

// world is a vault in a folder.
type world struct {
	*testing.T
	dir   string
	db    *sql.DB
	keys  *vault.Keys
	vault *vault.Vault
}

var master = [32]byte{1, 2, 3}

func newWorld(t *testing.T, community []byte) *world {
	t.Helper()
	w := &world{T: t, dir: t.TempDir()}
	var err error
	if w.keys, err = vault.CreateKeys(t.Context(), filepath.Join(w.dir, "keys.db"), master, rand.Reader, vault.KeysOptions{Community: community}); err != nil {
		t.Fatal(err)
	}
	if w.db, err = db.Open(t.Context(), filepath.Join(w.dir, "licet.db"), db.Options{}); err != nil {
		t.Fatal(err)
	}
	w.vault = vault.New(w.db, w.keys)
	t.Cleanup(func() { _, _ = w.db.Close(), w.keys.Close() })
	return w
}

func (w *world) tx(do func(ctx context.Context, tx *sql.Tx) error) {
	w.Helper()
	tx, err := w.db.BeginTx(w.Context(), nil)
	if err != nil {
		w.Fatal(err)
	}
	if err := errors.Join(do(w.Context(), tx), tx.Commit()); err != nil {
		w.Fatal(err)
	}
}

// put stores a member with words.
func (w *world) put(ref, words string) (licet.MemberID, licet.RecordID) {
	w.Helper()
	m, r := w.keys.MemberID("yard", ref), w.keys.RecordID("yard", "r-"+ref)
	if err := w.keys.Create(w.Context(), m); err != nil {
		w.Fatal(err)
	}
	w.tx(func(ctx context.Context, tx *sql.Tx) error {
		return errors.Join(
			w.vault.PutMember(ctx, tx, licet.Member{ID: m, Platform: "yard", Ref: ref, Name: "Zébulon Quillfeather-" + ref, Handles: []string{"zeb_" + ref}}, 1),
			w.vault.PutRecord(ctx, tx, licet.Record{ID: r, Member: m, Ref: "r-" + ref, Kind: licet.KindPost, Text: words, Created: time.Unix(0, 0).UTC()}),
			w.vault.PutBlob(ctx, tx, m, "photo-"+ref, []byte("the picture of "+words)),
		)
	})
	return m, r
}

func (w *world) words(m licet.MemberID) []string {
	w.Helper()
	var out []string
	for r, err := range w.vault.Records(w.Context(), m) {
		if err != nil {
			w.Fatal(err)
		}
		out = append(out, r.Text)
	}
	return out
}

// bytes returns every byte of every file of the folder: database, write-ahead
// log, shared memory, journals, free pages.
func (w *world) bytes() []byte {
	w.Helper()
	var out []byte
	err := filepath.WalkDir(w.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		out = append(out, data...)
		return err
	})
	if err != nil {
		w.Fatal(err)
	}
	return out
}

func (w *world) column(d *sql.DB, query string, args ...any) []byte {
	w.Helper()
	var out []byte
	if err := d.QueryRowContext(w.Context(), query, args...).Scan(&out); err != nil {
		w.Fatalf("%s: %v", query, err)
	}
	return out
}

func TestWordsComeBackAndAreNowhereInClear(t *testing.T) {
	w := newWorld(t, nil)
	m, _ := w.put("ann", "nobody may read this pemmican")
	if got := w.words(m); len(got) != 1 || got[0] != "nobody may read this pemmican" {
		t.Errorf("words %q", got)
	}
	blob, err := w.vault.Blob(t.Context(), "photo-ann")
	if err != nil || string(blob) != "the picture of nobody may read this pemmican" {
		t.Errorf("blob %q, %v", blob, err)
	}
	for _, clear := range []string{"pemmican", "Quillfeather", "zeb_ann", "quillfeather"} {
		if bytes.Contains(w.bytes(), []byte(clear)) {
			t.Errorf("%q stands in the folder in clear", clear)
		}
	}
}

// TestAnErasedKeyIsNowhere greps every byte of the folder for the wrapped key, what
// it sealed, and the words, before and after an erasure. Finding them before is what
// makes not finding them afterwards mean something.
func TestAnErasedKeyIsNowhere(t *testing.T) {
	w := newWorld(t, nil)
	m, r := w.put("ann", "nobody may read this pemmican")
	stays, _ := w.put("bob", "this stays")
	// Keys are read by hand: what an attacker with the files would look for.
	raw, err := db.Connect(t.Context(), filepath.Join(w.dir, "keys.db"), db.Options{Journal: "TRUNCATE"})
	if err != nil {
		t.Fatal(err)
	}
	wrapped := w.column(raw, `SELECT wrapped FROM keys WHERE name = ?`, "member/"+string(m))
	other := w.column(raw, `SELECT wrapped FROM keys WHERE name = ?`, "member/"+string(stays))
	if err := raw.Close(); err != nil {
		t.Fatal(err)
	}
	traces := map[string][]byte{
		"the wrapped key":   wrapped,
		"the sealed record": w.column(w.db, `SELECT sealed FROM records WHERE id = ?`, r),
		"the sealed member": w.column(w.db, `SELECT sealed FROM members WHERE id = ?`, m),
		"the sealed blob":   w.column(w.db, `SELECT sealed FROM blobs WHERE member = ?`, m),
		"its keyed digest":  w.column(w.db, `SELECT digest FROM records WHERE id = ?`, r),
	}
	// A record that was edited leaves an older version behind: it has to go too.
	w.tx(func(ctx context.Context, tx *sql.Tx) error {
		return w.vault.PutRecord(ctx, tx, licet.Record{ID: r, Member: m, Ref: "r-ann", Kind: licet.KindPost, Text: "edited " + strings.Repeat("x", 5000), Created: time.Unix(0, 0).UTC()})
	})
	traces["the sealed edit"] = w.column(w.db, `SELECT sealed FROM records WHERE id = ?`, r)[:64]
	for what, trace := range traces {
		if len(trace) < 16 || !bytes.Contains(w.bytes(), trace) {
			t.Errorf("before: %s is not found: the search shows nothing", what)
		}
	}
	w.tx(func(ctx context.Context, tx *sql.Tx) error { return w.vault.Erase(ctx, tx, m) })
	if err := errors.Join(w.keys.Destroy(t.Context(), m), w.vault.Scrub(t.Context())); err != nil {
		t.Fatal(err)
	}
	after := w.bytes()
	for what, trace := range traces {
		if bytes.Contains(after, trace) {
			t.Errorf("after: %s is still in the folder", what)
		}
		if bytes.Contains(after, trace[:16]) {
			t.Errorf("after: the beginning of %s is still in the folder", what)
		}
	}
	if !bytes.Contains(after, other) || len(w.words(stays)) != 1 {
		t.Error("another member's key or words are gone too")
	}
	if _, err := w.keys.Token(t.Context(), m); !errors.Is(err, vault.ErrNoKey) {
		t.Errorf("token: %v, want ErrNoKey", err)
	}
	if _, err := w.keys.Salt(t.Context(), m, "event/1"); !errors.Is(err, vault.ErrNoKey) {
		t.Errorf("salt: %v, want ErrNoKey", err)
	}
	if _, err := w.vault.Member(t.Context(), m); !errors.Is(err, vault.ErrNotFound) {
		t.Errorf("member: %v, want ErrNotFound", err)
	}
}

// TestDeletingWithoutOverwritingLeavesTheKey is the negative control of the test
// above: what a database does that is not told to overwrite, the search finds.
func TestDeletingWithoutOverwritingLeavesTheKey(t *testing.T) {
	w := newWorld(t, nil)
	d, err := db.Connect(t.Context(), filepath.Join(w.dir, "careless.db"), db.Options{})
	if err != nil {
		t.Fatal(err)
	}
	secret := []byte("a key that somebody deletes carelessly")
	for _, s := range []string{"PRAGMA secure_delete = OFF", "CREATE TABLE keys (name TEXT PRIMARY KEY, wrapped BLOB)"} {
		if _, err := d.ExecContext(t.Context(), s); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := d.ExecContext(t.Context(), "INSERT INTO keys VALUES ('m', ?)", secret); err != nil {
		t.Fatal(err)
	}
	if _, err := d.ExecContext(t.Context(), "DELETE FROM keys"); err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(w.bytes(), secret) {
		t.Error("the search does not find a key that was only deleted")
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestAWrongMasterKeyOpensNothing(t *testing.T) {
	w := newWorld(t, nil)
	_, err := vault.OpenKeys(t.Context(), filepath.Join(w.dir, "keys.db"), [32]byte{9}, rand.Reader, vault.KeysOptions{})
	if !errors.Is(err, vault.ErrMasterKey) {
		t.Errorf("%v, want ErrMasterKey", err)
	}
	if _, err := vault.CreateKeys(t.Context(), filepath.Join(w.dir, "keys.db"), master, rand.Reader, vault.KeysOptions{}); err == nil {
		t.Error("a key file was overwritten")
	}
}

func TestWhatIsSealedOpensOnlyInItsPlace(t *testing.T) {
	w := newWorld(t, nil)
	m, r := w.put("ann", "nobody may read this pemmican")
	_, other := w.put("bob", "bob's words")
	for name, damage := range map[string]string{
		"a flipped byte":      `UPDATE records SET sealed = zeroblob(length(sealed)) WHERE id = '` + string(r) + `'`,
		"another's words":     `UPDATE records SET sealed = (SELECT sealed FROM records WHERE id = '` + string(other) + `') WHERE id = '` + string(r) + `'`,
		"another's record id": `UPDATE records SET id = 'x' WHERE id = '` + string(r) + `'`,
	} {
		tx, err := w.db.BeginTx(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := tx.ExecContext(t.Context(), damage); err != nil {
			t.Fatal(err)
		}
		if err := tx.Commit(); err != nil {
			t.Fatal(err)
		}
		var failed error
		for _, err := range w.vault.Records(t.Context(), m) {
			failed = err
		}
		if failed == nil || strings.Contains(failed.Error(), "pemmican") {
			t.Errorf("%s: %v", name, failed)
		}
		w.tx(func(ctx context.Context, tx *sql.Tx) error {
			_, err := tx.ExecContext(ctx, `DELETE FROM records WHERE member = ?`, m)
			return errors.Join(err, w.vault.PutRecord(ctx, tx, licet.Record{ID: r, Member: m, Ref: "r-ann", Kind: licet.KindPost, Text: "nobody may read this pemmican", Created: time.Unix(0, 0).UTC()}))
		})
	}
}

// TestPlacesDependOnTheCommunityKeyAlone: another folder with the same community key
// names and ranks alike; one with another key does not.
func TestPlacesDependOnTheCommunityKeyAlone(t *testing.T) {
	a := newWorld(t, nil)
	a.put("ann", "words")
	b, c := newWorld(t, a.keys.Community()), newWorld(t, nil)
	if a.keys.MemberID("yard", "ann") != b.keys.MemberID("yard", "ann") || a.keys.Rank("cell", "x") != b.keys.Rank("cell", "x") || a.keys.RecordID("yard", "r") != b.keys.RecordID("yard", "r") {
		t.Error("the same community key names differently")
	}
	if a.keys.MemberID("yard", "ann") == c.keys.MemberID("yard", "ann") || a.keys.Rank("cell", "x") == c.keys.Rank("cell", "x") {
		t.Error("another community key names alike")
	}
	for _, pair := range [][2]licet.Digest{
		{a.keys.Rank("cell", "x", "y"), a.keys.Rank("cell", "xy")},
		{a.keys.Rank("cell", "x", "y"), a.keys.Rank("cell", "x,y")},
		{a.keys.Rank("cell", "x"), a.keys.Rank("order", "x")},
	} {
		if pair[0] == pair[1] {
			t.Error("two different questions have one rank")
		}
	}
	key := []byte("community key of thirty-two byte")
	w := newWorld(t, key)
	h := hmac.New(sha256.New, key)
	_, _ = h.Write([]byte("licet/rank/cell/1:x/2:yz"))
	for range 2 { // the second time with what is left of the first
		if got := w.keys.Rank("cell", "x", "yz"); got != licet.Digest(h.Sum(nil)) {
			t.Error("a rank is not the hash that docs/formats/keys.md tells")
		}
	}
}

func TestTheDirectoryKnowsNamesAsPeopleWriteThem(t *testing.T) {
	w := newWorld(t, nil)
	m, _ := w.put("Ann", "words")
	ask := func(upto uint64) *vault.Directory {
		d, err := w.vault.Directory(t.Context(), upto, upto)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	d := ask(2)
	for _, name := range []string{"Zébulon Quillfeather-Ann", "ZEBULON QUILLFEATHER ANN", "zebulon quillfeather", "Quillfeather", "Quill\u200bfeather", "Ｑｕｉｌｌｆｅａｔｈｅｒ", "Quіllfеаthеr"} {
		if !d.Name(name) {
			t.Errorf("%q is not known", name)
		}
	}
	for _, word := range []string{"Zorba", "words", "", "feather"} {
		if d.Name(word) {
			t.Errorf("%q is taken for a name", word)
		}
	}
	if !d.Handle("zeb_ann") || !d.Handle("ZEB_Ann") || !d.Handle("zеb_ann") || !d.Handle("zeb\u200d_ann") || d.Handle("zeb") {
		t.Error("handles are not known as they are")
	}
	if ask(1).Name("Quillfeather") {
		t.Error("a name is known before the event that brought it")
	}
	// It outlives the erasure, and goes along into a clean build.
	w.tx(func(ctx context.Context, tx *sql.Tx) error { return w.vault.Erase(ctx, tx, m) })
	if err := w.keys.Destroy(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	if !ask(2).Name("Quillfeather") {
		t.Error("the name comes back on the day it is forgotten")
	}
	data, err := w.vault.ExportDirectory(t.Context(), 2, 2)
	if err != nil {
		t.Fatal(err)
	}
	b := newWorld(t, w.keys.Community())
	b.tx(func(ctx context.Context, tx *sql.Tx) error { return b.vault.ImportDirectory(ctx, tx, data) })
	other, err := b.vault.Directory(t.Context(), 1, 1)
	if err != nil {
		t.Fatal(err)
	}
	if !other.Name("Quillfeather") || !other.Handle("zeb_ann") {
		t.Error("the directory did not come along")
	}
}
