package score_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"licet/internal/testshared"
	"licet/view/langid"
	"licet/view/langid/score"
)

func load(t *testing.T) *langid.Model {
	t.Helper()
	m, err := langid.Load()
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// TestFloors holds the model to what was promised of it, on texts that it has
// not learned from and nobody has looked at.
func TestFloors(t *testing.T) {
	rows, err := score.Score(load(t), testshared.Dir(t, "lingua_testdata"), true)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	if err := score.Write(&b, rows); err != nil {
		t.Fatal(err)
	}
	t.Log("\n" + b.String())
	for _, k := range score.Kinds() {
		total := score.Total(rows, k.Name)
		if total.Texts < 1900 {
			t.Errorf("%s: only %d texts", k.Name, total.Texts)
		}
		if total.Share() < k.Floor {
			t.Errorf("%s: %.4f are right, floor %.4f", k.Name, total.Share(), k.Floor)
		}
	}
	french, english := find(rows, langid.French), find(rows, langid.English)
	if french < english-.01 {
		t.Errorf("French word pairs: %.4f are right, English %.4f: French must be as good", french, english)
	}
}

func find(rows []score.Row, lang langid.Language) float64 {
	for _, r := range rows {
		if r.Kind == "word-pairs" && r.Language == lang {
			return r.Share()
		}
	}
	return 0
}

func TestTheTableSaysWhatWasCounted(t *testing.T) {
	dir := t.TempDir()
	for _, k := range score.Kinds() {
		for _, lang := range langid.Languages() {
			write(t, filepath.Join(dir, k.Name, string(lang)+".txt"), "die Sitzung wurde verschoben\n\n  die Sitzung wurde verschoben \n12 34\n")
		}
	}
	var scored, look []score.Row
	for _, half := range []struct {
		rows   *[]score.Row
		scored bool
	}{{&scored, true}, {&look, false}} {
		rows, err := score.Score(load(t), dir, half.scored)
		if err != nil {
			t.Fatal(err)
		}
		*half.rows = rows
	}
	for i := range scored {
		r := scored[i]
		r.Texts += look[i].Texts
		r.Right += look[i].Right
		r.Undetermined += look[i].Undetermined
		want := score.Row{Kind: r.Kind, Language: r.Language, Texts: 3, Undetermined: 1}
		if r.Language == langid.German {
			want.Right = 2
		}
		if r != want {
			t.Errorf("got %+v, want %+v", r, want)
		}
	}
}

func TestAMissingSetIsAnError(t *testing.T) {
	if _, err := score.Score(load(t), t.TempDir(), true); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v, want fs.ErrNotExist", err)
	}
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}
