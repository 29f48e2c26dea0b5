package db_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"testing"

	"licet/internal/db"
)

func TestRows(t *testing.T) {
	d, err := db.Open(t.Context(), filepath.Join(t.TempDir(), "x.db"), db.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	for i := range 5 {
		_, err := d.ExecContext(t.Context(), `INSERT INTO records (id, member, kind, seq, digest, sealed) VALUES (?, ?, 'post', ?, x'00', ?)`,
			fmt.Sprint("r", i), fmt.Sprint("m", i/3), i, []byte{byte(i), 0, 255})
		if err != nil {
			t.Fatal(err)
		}
	}
	read := func(ctx context.Context, most int, query string, texts ...string) (out string, err error) {
		err = db.Rows(ctx, d, query, func(r db.Row) (bool, error) {
			out += fmt.Sprintf("%s %d %x; ", r.Bytes(0), r.Int(1), r.Bytes(2))
			most--
			return most > 0, nil
		}, texts...)
		return out, err
	}
	const query = `SELECT id, seq, sealed FROM records WHERE member = ? AND id > ? ORDER BY id`
	if got, err := read(t.Context(), 9, query, "m0", "r0"); err != nil || got != "r1 1 0100ff; r2 2 0200ff; " {
		t.Errorf("got %q, %v", got, err)
	}
	if got, err := read(t.Context(), 1, query, "m0", ""); err != nil || got != "r0 0 0000ff; " {
		t.Errorf("one is enough: got %q, %v", got, err)
	}
	stop := errors.New("stop")
	if err := db.Rows(t.Context(), d, query, func(db.Row) (bool, error) { return true, stop }, "m1", ""); !errors.Is(err, stop) {
		t.Errorf("the caller's error: got %v", err)
	}
	if _, err := read(t.Context(), 9, `SELECT none FROM records`); err == nil {
		t.Error("a query of no column was run")
	}
	ctx, cancel := context.WithCancel(t.Context())
	n := 0
	err = db.Rows(ctx, d, `WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT x FROM c`, func(db.Row) (bool, error) {
		if n++; n == 10 {
			cancel()
		}
		return true, nil
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("a query without end, stopped: got %v", err)
	}
	ctx, cancel = context.WithCancel(t.Context())
	err = db.Rows(ctx, d, query, func(db.Row) (bool, error) {
		cancel()
		return false, nil
	}, "m0", "")
	if err != nil {
		t.Errorf("who wants no more hears no error, also when the context is done: got %v", err)
	}
	if got, err := read(t.Context(), 9, query, "m1", "r3"); err != nil || got != "r4 4 0400ff; " {
		t.Errorf("after one that was stopped: got %q, %v", got, err)
	}
}

// TestRecordsMove: those of a database from before they stood by member are all there,
// and a record is found by its id alone.
func TestRecordsMove(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.db")
	d, err := db.Open(t.Context(), path, db.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	for _, do := range []string{
		`DROP TABLE records`,
		`CREATE TABLE records (id TEXT PRIMARY KEY, member TEXT NOT NULL, kind TEXT NOT NULL, seq INTEGER NOT NULL, digest BLOB NOT NULL, sealed BLOB NOT NULL) STRICT`,
		`CREATE INDEX records_member ON records (member, id)`,
		`INSERT INTO records VALUES ('b', 'y', 'post', 1, x'01', x'02'), ('a', 'z', 'comment', 3, x'03', x'04'), ('c', 'y', 'post', 2, x'05', x'06')`,
		`DELETE FROM goose_db_version WHERE version_id = 6`,
	} {
		if _, err := d.ExecContext(t.Context(), do); err != nil {
			t.Fatalf("%s: %v", do, err)
		}
	}
	if d, err = db.Open(t.Context(), path, db.Options{}); err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	got := ""
	err = db.Rows(t.Context(), d, `SELECT member, seq, id, kind, digest, sealed FROM records ORDER BY member, id`, func(r db.Row) (bool, error) {
		got += fmt.Sprintf("%s %d %s %s %x %x\n", r.Bytes(0), r.Int(1), r.Bytes(2), r.Bytes(3), r.Bytes(4), r.Bytes(5))
		return true, nil
	})
	if want := "y 1 b post 01 02\ny 2 c post 05 06\nz 3 a comment 03 04\n"; err != nil || got != want {
		t.Errorf("got %q, %v; want %q", got, err, want)
	}
	if _, err := d.ExecContext(t.Context(), `INSERT INTO records VALUES ('a', 'y', 'post', 4, x'07', x'08')`); err == nil {
		t.Error("a second record of the same id was taken")
	}
}
