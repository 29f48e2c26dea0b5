package dataset_test

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"

	"licet"
	"licet/corpus/dataset"
)

var update = flag.Bool("update", false, "write the golden files")

func card() dataset.Card {
	return dataset.Card{
		Title: "Posts and comments of Quayside", Community: "Quayside", Purpose: licet.PurposeTrain,
		Basis: "legitimate interest (GDPR, Article 6(1)(f))", Notice: "announced on 3 May 2026 to every member, with 30 days to object",
		Contact: "open the privacy centre, or write to privacy@quayside.example", License: "other", LicenseName: "quayside-members",
		LicenseLink: "https://quayside.example/licence", Seq: 412, Members: 3,
		LeftOut: map[string]int{"objected": 12, "message": 40, "duplicate": 3}, Limits: []string{"One harbour town only."},
	}
}

// story is a few rows with everything that a row may have.
func story() []dataset.Row {
	ids := func(n ...int) (out []licet.MemberID) {
		for _, i := range n {
			out = append(out, licet.MemberID(fmt.Sprintf("%032x", i)))
		}
		return out
	}
	return []dataset.Row{
		{Text: "The crane on berth 4 is \"out\" again.\nSince when?", Kind: licet.KindPost, Language: "en", Member: ids(1)[0], Record: "0a", Shard: 0, Slice: 1},
		{Text: "Merci à [NAME] : 水路 \u2028 \\ \x01 \t fin", Kind: licet.KindComment, Language: "fr-CA", Member: ids(2)[0], Record: "0b", Shard: 0, Slice: 1, Cuts: map[string]int{"name": 1, "email": 2}},
		{Text: "She ran our night shift for six years.", Kind: licet.KindRecommendation, Role: licet.RoleManager, Member: ids(3)[0], Record: "0c", Shard: 1, Others: ids(2, 1), Cuts: map[string]int{"name": 3}},
		{Text: "Congratulations!", Kind: licet.KindComment, Language: "en", Member: ids(3)[0], Record: "0d", Shard: 1, AlsoSaidBy: ids(1)},
	}
}

func write(tb testing.TB, dir string, rows []dataset.Row, o dataset.Options) dataset.Manifest {
	tb.Helper()
	w, err := dataset.New(dir, o)
	if err != nil {
		tb.Fatal(err)
	}
	for _, r := range rows {
		if err := w.Add(r); err != nil {
			tb.Fatal(err)
		}
	}
	m, err := w.Close(card())
	if err != nil {
		tb.Fatal(err)
	}
	return m
}

func everyFormat() []dataset.Format {
	return []dataset.Format{dataset.Parquet, dataset.Lines, dataset.LinesZstd}
}

// tree returns the files below dir.
func tree(t *testing.T, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, pattern := range []string{"*", "data/*"} {
		names, _ := filepath.Glob(filepath.Join(dir, pattern))
		for _, name := range names {
			if data, err := os.ReadFile(name); err == nil {
				rel, _ := filepath.Rel(dir, name)
				out[filepath.ToSlash(rel)] = string(data)
			}
		}
	}
	return out
}

func read(t *testing.T, dir string) []dataset.Row {
	t.Helper()
	var out []dataset.Row
	for r, err := range dataset.Rows(dir) {
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, r)
	}
	return out
}

// TestTheBytesOfADatasetStayTheSame holds the card, the manifest and the lines to
// golden files; the manifest has the digest of the Parquet file.
func TestTheBytesOfADatasetStayTheSame(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "out")
	write(t, dir, story(), dataset.Options{Formats: []dataset.Format{dataset.Parquet, dataset.Lines}})
	got := tree(t, dir)
	if names := slices.Sorted(maps.Keys(got)); !slices.Equal(names, []string{"README.md", "data/train-00000-of-00001.jsonl", "data/train-00000-of-00001.parquet", "dataset.json"}) {
		t.Fatalf("the folder has %v", names)
	}
	for name, golden := range map[string]string{"README.md": "README.md.golden", "dataset.json": "dataset.json.golden", "data/train-00000-of-00001.jsonl": "lines.golden"} {
		golden = filepath.Join("testdata", golden)
		if *update {
			if err := os.WriteFile(golden, []byte(got[name]), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if want, err := os.ReadFile(golden); err != nil || got[name] != string(want) {
			t.Errorf("%s is not %s (%v):\n%s", name, golden, err, got[name])
		}
	}
}

// TestSameRowsSameBytes: whoever writes them, on any number of cores.
func TestSameRowsSameBytes(t *testing.T) {
	rows := random(rand.New(rand.NewPCG(3, 4)), 2500)
	o := dataset.Options{Formats: everyFormat(), FileBytes: 200_000}
	a, b := filepath.Join(t.TempDir(), "a"), filepath.Join(t.TempDir(), "b")
	write(t, a, rows, o)
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	write(t, b, rows, o)
	if x, y := tree(t, a), tree(t, b); !maps.Equal(x, y) {
		t.Error("two writers of the same rows wrote other bytes")
	} else if len(x) < 8 {
		t.Errorf("only %d files: the rows are in one file of each format", len(x))
	}
}

// random returns rows with every kind of character and field.
func random(rng *rand.Rand, n int) []dataset.Row {
	alphabet := []rune("abc \"\\/<>&\u00e9\u2028\u2029\ufeff\U0001f6a2\x00\x07\b\t\n\f\r\x1f\x7f\ufffd\uffff水")
	text := func(n int) string {
		var b strings.Builder
		for range n {
			b.WriteRune(alphabet[rng.IntN(len(alphabet))])
		}
		return b.String()
	}
	members := func() (out []licet.MemberID) {
		for range rng.IntN(3) {
			out = append(out, licet.MemberID(fmt.Sprintf("%032x", rng.IntN(100))))
		}
		return out
	}
	rows := make([]dataset.Row, n)
	for i := range rows {
		rows[i] = dataset.Row{
			Text: text(1 + rng.IntN(300)), Kind: licet.Kinds()[rng.IntN(5)], Role: licet.Role([]string{"", "manager"}[rng.IntN(2)]), Language: []string{"", "en", "fr"}[rng.IntN(3)],
			Member: licet.MemberID(fmt.Sprintf("%032x", rng.IntN(100))), Record: licet.RecordID(fmt.Sprintf("%032x", i)), Shard: rng.IntN(9), Slice: rng.IntN(4),
			Others: members(), AlsoSaidBy: members(),
		}
		for range rng.IntN(3) {
			if rows[i].Cuts == nil {
				rows[i].Cuts = map[string]int{}
			}
			rows[i].Cuts[[]string{"name", "email", "url"}[rng.IntN(3)]]++
		}
	}
	return rows
}

func TestWhatIsWrittenIsRead(t *testing.T) {
	rows := random(rand.New(rand.NewPCG(5, 6)), 3000)
	for _, f := range everyFormat() {
		dir := filepath.Join(t.TempDir(), "out")
		m := write(t, dir, rows, dataset.Options{Formats: []dataset.Format{f}, FileBytes: 300_000})
		if got, err := dataset.Check(t.Context(), dir); err != nil || !reflect.DeepEqual(got, m) {
			t.Errorf("%s: %v, %v", f, got, err)
		}
		got := read(t, dir)
		if len(got) != len(rows) {
			t.Fatalf("%s: %d rows of %d", f, len(got), len(rows))
		}
		for i := range got {
			x, err := got[i].Line()
			y, err2 := rows[i].Line()
			if err != nil || err2 != nil || !bytes.Equal(x, y) {
				t.Fatalf("%s: row %d came back as %s, was %s (%v, %v)", f, i, x, y, err, err2)
			}
		}
	}
}

// TestTheDigestIsThatOfTheLines: anybody can check it with sha256sum.
func TestTheDigestIsThatOfTheLines(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "out")
	m := write(t, dir, story(), dataset.Options{Formats: []dataset.Format{dataset.Lines}})
	data, err := os.ReadFile(filepath.Join(dir, "data", "train-00000-of-00001.jsonl"))
	if err != nil || licet.Sum(data) != m.Digest {
		t.Errorf("the digest %s is not that of the lines, %v", m.Digest, err)
	}
	other := write(t, filepath.Join(t.TempDir(), "out"), story(), dataset.Options{})
	if other.Digest != m.Digest {
		t.Error("the digest of the same rows as Parquet is another one")
	}
	rows := func(yield func(dataset.Row, error) bool) {
		for _, r := range story() {
			if !yield(r, nil) {
				return
			}
		}
	}
	if d, n, err := dataset.Sum(t.Context(), rows); err != nil || d != m.Digest || n != m.Rows {
		t.Errorf("before they are written, %d rows have the digest %s, %v", n, d, err)
	}
}

func TestEveryChangeIsFound(t *testing.T) {
	change := func(name string, f func([]byte) []byte) func(*testing.T, string) {
		return func(t *testing.T, dir string) {
			t.Helper()
			path := filepath.Join(dir, filepath.FromSlash(name))
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, f(data), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	flip := func(b []byte) []byte { b[len(b)/2] ^= 1; return b }
	digest := write(t, filepath.Join(t.TempDir(), "out"), story(), dataset.Options{}).Digest
	for _, c := range []struct {
		name   string
		change func(*testing.T, string)
	}{
		{"a bit of the Parquet file", change("data/train-00000-of-00001.parquet", flip)},
		{"a bit of the lines", change("data/train-00000-of-00001.jsonl", flip)},
		{"a word on the card", change("README.md", func(b []byte) []byte {
			return bytes.Replace(b, []byte("| objected | 12 |"), []byte("| objected | 11 |"), 1)
		})},
		{"the digest in the manifest", change("dataset.json", func(b []byte) []byte {
			return bytes.Replace(b, []byte(digest.String()), []byte(strings.Repeat("0", 64)), 1)
		})},
		{"the number of rows in the manifest", change("dataset.json", func(b []byte) []byte { return bytes.Replace(b, []byte(`"rows": 4`), []byte(`"rows": 5`), 1) })},
		{"a file that nobody wrote", func(t *testing.T, dir string) {
			t.Helper()
			if err := os.WriteFile(filepath.Join(dir, "data", "train-00001-of-00001.parquet"), nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}},
	} {
		dir := filepath.Join(t.TempDir(), "out")
		write(t, dir, story(), dataset.Options{Formats: []dataset.Format{dataset.Parquet, dataset.Lines}})
		if _, err := dataset.Check(t.Context(), dir); err != nil {
			t.Fatal(err)
		}
		c.change(t, dir)
		if _, err := dataset.Check(t.Context(), dir); !errors.Is(err, dataset.ErrChanged) {
			t.Errorf("%s: %v, want %v", c.name, err, dataset.ErrChanged)
		}
	}
}

// TestADamagedFileIsAnError, never a panic: also where nobody looks at its digest.
func TestADamagedFileIsAnError(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "out")
	write(t, dir, story(), dataset.Options{})
	name := filepath.Join(dir, "data", "train-00000-of-00001.parquet")
	whole, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	errs := 0
	for i := 0; i < len(whole); i += 5 {
		data := slices.Clone(whole)
		data[i] ^= 0x80
		if err := os.WriteFile(name, data, 0o600); err != nil {
			t.Fatal(err)
		}
		for _, err := range dataset.Rows(dir) {
			if err != nil {
				errs++
			}
		}
	}
	if errs == 0 {
		t.Error("no damage is found")
	}
}

// TestAFullDiskLeavesNothing: wherever the disk is full, the error says so and
// which file it was, nothing is left behind, and the same folder can be written
// again once there is room.
func TestAFullDiskLeavesNothing(t *testing.T) {
	rows := random(rand.New(rand.NewPCG(7, 8)), 1500)
	for _, f := range everyFormat() {
		for _, room := range []int64{0, 3, 5_000, 60_000} {
			parent := t.TempDir()
			dir := filepath.Join(parent, "out")
			w, err := dataset.New(dir, dataset.Options{Formats: []dataset.Format{f}})
			if err != nil {
				t.Fatal(err)
			}
			w.FillAt(room, syscall.ENOSPC)
			for _, r := range rows {
				if err = w.Add(r); err != nil {
					break
				}
			}
			if err == nil {
				_, err = w.Close(card())
			}
			if !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), "data/train-00000."+string(f)) || !strings.Contains(err.Error(), "nothing of it is left") {
				t.Errorf("%s, %d bytes: %v", f, room, err)
			}
			if again := w.Add(rows[0]); again == nil || again.Error() != err.Error() {
				t.Errorf("%s: after the error a row is taken: %v", f, again)
			}
			if left, _ := os.ReadDir(parent); len(left) > 0 {
				t.Errorf("%s, %d bytes: %v is left", f, room, left)
			}
			write(t, dir, rows, dataset.Options{Formats: []dataset.Format{f}})
		}
	}
}

// TestAKilledWriterIsClearedAway: what it left never looks like a dataset, and the
// next one takes it away.
func TestAKilledWriterIsClearedAway(t *testing.T) {
	parent := t.TempDir()
	dir := filepath.Join(parent, "out")
	w, err := dataset.New(dir, dataset.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Add(story()[0]); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("half a dataset is in its place: %v", err)
	}
	write(t, dir, story(), dataset.Options{}) // w is never closed
	if left, _ := os.ReadDir(parent); len(left) != 1 {
		t.Errorf("%v is left", left)
	}
	if _, err := dataset.New(dir, dataset.Options{}); !errors.Is(err, dataset.ErrNotEmpty) {
		t.Errorf("a dataset is written over another: %v", err)
	}
}

// TestAnEmptyFolderIsTaken, and one that somebody else has filled meanwhile is not.
func TestAnEmptyFolderIsTaken(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, story(), dataset.Options{})
	if _, err := dataset.Check(t.Context(), dir); err != nil {
		t.Error(err)
	}
	dir = t.TempDir()
	w, err := dataset.New(dir, dataset.Options{})
	if err != nil {
		t.Fatal(err)
	}
	mine := filepath.Join(dir, "mine.txt")
	if err := errors.Join(w.Add(story()[0]), os.WriteFile(mine, []byte("mine"), 0o600)); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Close(card()); err == nil {
		t.Error("a folder that was filled meanwhile is replaced")
	}
	if data, err := os.ReadFile(mine); err != nil || string(data) != "mine" {
		t.Errorf("somebody else's file is gone: %q, %v", data, err)
	}
}

func TestDiscardLeavesNothing(t *testing.T) {
	parent := t.TempDir()
	w, err := dataset.New(filepath.Join(parent, "out"), dataset.Options{Formats: everyFormat()})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(w.Add(story()[0]), w.Discard()); err != nil {
		t.Fatal(err)
	}
	if left, _ := os.ReadDir(parent); len(left) > 0 {
		t.Errorf("%v is left", left)
	}
	if _, err := w.Close(card()); !errors.Is(err, dataset.ErrClosed) {
		t.Errorf("a discarded dataset is closed: %v", err)
	}
}

func TestRowsThatAreNone(t *testing.T) {
	good := story()[0]
	for _, c := range []struct {
		name string
		spin func(*dataset.Row)
	}{
		{"no text", func(r *dataset.Row) { r.Text = "" }},
		{"no member", func(r *dataset.Row) { r.Member = "" }},
		{"no record", func(r *dataset.Row) { r.Record = "" }},
		{"no kind", func(r *dataset.Row) { r.Kind = "" }},
		{"a shard below zero", func(r *dataset.Row) { r.Shard = -1 }},
		{"a slice beyond 32 bits", func(r *dataset.Row) { r.Slice = 1 << 31 }},
		{"a cut below zero", func(r *dataset.Row) { r.Cuts = map[string]int{"name": -1} }},
	} {
		w, err := dataset.New(filepath.Join(t.TempDir(), "out"), dataset.Options{})
		if err != nil {
			t.Fatal(err)
		}
		r := good
		c.spin(&r)
		if err := w.Add(r); err == nil || strings.Contains(err.Error(), "crane") {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	w, err := dataset.New(filepath.Join(t.TempDir(), "out"), dataset.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Close(card()); !errors.Is(err, dataset.ErrNoRows) {
		t.Errorf("a dataset without rows: %v", err)
	}
	for _, f := range []dataset.Format{"csv", dataset.Parquet} {
		if _, err := dataset.New(filepath.Join(t.TempDir(), "out"), dataset.Options{Formats: []dataset.Format{dataset.Parquet, f}}); err == nil {
			t.Errorf("%s besides Parquet is taken", f)
		}
	}
}
