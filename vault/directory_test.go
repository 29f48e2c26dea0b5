package vault_test

import (
	"context"
	"database/sql"
	"testing"

	"licet"
	"licet/vault"
)

// named returns the directory of one member with a name.
func named(t *testing.T, w *world, name string) *vault.Directory {
	t.Helper()
	m := w.keys.MemberID("yard", name)
	if err := w.keys.Create(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	w.tx(func(ctx context.Context, tx *sql.Tx) error {
		return w.vault.PutMember(ctx, tx, licet.Member{ID: m, Platform: "yard", Ref: name, Name: name}, 1)
	})
	d, err := w.vault.Directory(t.Context(), 2, 2)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestTheDirectoryKnowsInitials(t *testing.T) {
	d := named(t, newWorld(t, nil), "Maren Théodora Oldcastle")
	for _, name := range []string{"M. Oldcastle", "Oldcastle M.", "Maren O.", "M. T. Oldcastle", "Maren T. Oldcastle", "OLDCASTLE Maren"} {
		if !d.Name(name) {
			t.Errorf("%q is not known", name)
		}
	}
	for _, name := range []string{"M.", "O.", "M. T.", "Maren", "T. Oldcastle M."} {
		if d.Name(name) {
			t.Errorf("%q is taken for a name", name)
		}
	}
}

// TestNoNameIsKnownThatDoesNotStart: what Starts denies, Name must deny of every
// run of words that begins so, or a name is never asked for.
func TestNoNameIsKnownThatDoesNotStart(t *testing.T) {
	d := named(t, newWorld(t, nil), "Jean-Luc van der Oldcastle")
	for _, words := range [][2]string{
		{"Jean-Luc", "Jean-Luc van der Oldcastle"}, {"Jean", "Jean Luc"}, {"Luc", "Luc van der Oldcastle"}, {"Oldcastle", "Oldcastle Jean"}, {"J", "J. Oldcastle"},
	} {
		if d.Name(words[1]) && !d.Starts(words[0]) {
			t.Errorf("%q is a name, and nothing starts with %q", words[1], words[0])
		}
		if !d.Starts(words[0]) {
			t.Errorf("nothing starts with %q", words[0])
		}
	}
	for _, word := range []string{"Zorba", "castle", ""} {
		if d.Starts(word) && word != "" {
			t.Errorf("a name starts with %q", word)
		}
	}
}

// TestAnOldDirectoryIsAskedInFull: one that was begun before names came with what
// they begin with must not hide them.
func TestAnOldDirectoryIsAskedInFull(t *testing.T) {
	w := newWorld(t, nil)
	w.tx(func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO directory (hash, seq, handle) VALUES (zeroblob(32), 0, false)`)
		return err
	})
	if d := named(t, w, "Maren Oldcastle"); !d.Starts("anything") || !d.Name("Maren Oldcastle") {
		t.Error("an old directory hides a name")
	}
}

// TestAskingTwiceIsAskingOnce: what is remembered never changes an answer.
func TestAskingTwiceIsAskingOnce(t *testing.T) {
	d := named(t, newWorld(t, nil), "Maren Oldcastle")
	for range 3 {
		for _, c := range []struct {
			words string
			want  bool
		}{{"Maren Oldcastle", true}, {"Maren Oldcastl", false}, {"oldcastle", true}, {"", false}} {
			if got := d.Name(c.words); got != c.want {
				t.Errorf("%q: got %v, want %v", c.words, got, c.want)
			}
		}
	}
}
