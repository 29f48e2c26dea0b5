package db_test

import (
	"path/filepath"
	"strings"
	"testing"

	"licet/internal/db"
)

func TestOpen(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a folder & more", "x.db")
	if _, err := db.Open(t.Context(), path, db.Options{}); err == nil {
		t.Fatal("a database in a folder that does not exist was opened")
	}
	path = filepath.Join(t.TempDir(), "x ?&.db")
	for range 2 { // the second time there is nothing to migrate
		d, err := db.Open(t.Context(), path, db.Options{})
		if err != nil {
			t.Fatal(err)
		}
		for pragma, want := range map[string]string{"journal_mode": "wal", "synchronous": "2", "secure_delete": "1"} {
			var got string
			if err := d.QueryRowContext(t.Context(), "PRAGMA "+pragma).Scan(&got); err != nil || got != want {
				t.Errorf("%s = %q, %v; want %q", pragma, got, err, want)
			}
		}
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestEventsAreKept(t *testing.T) {
	d, err := db.Open(t.Context(), filepath.Join(t.TempDir(), "x.db"), db.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if _, err := d.ExecContext(t.Context(), `INSERT INTO events VALUES (0, 0, 'founded', '', x'7b7d', x'00')`); err != nil {
		t.Fatal(err)
	}
	for _, change := range []string{`UPDATE events SET body = x''`, `DELETE FROM events`} {
		if _, err := d.ExecContext(t.Context(), change); err == nil || !strings.Contains(err.Error(), "an event is never") {
			t.Errorf("%s: got %v, want a refusal", change, err)
		}
	}
}
