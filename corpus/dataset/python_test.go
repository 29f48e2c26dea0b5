package dataset_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"testing"

	"licet/corpus/dataset"
)

// python returns the interpreter that has the datasets library, bin/python/bin/python
// beside go.mod. Where it is absent the test is skipped, but with CI=true it fails.
func python(t *testing.T) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			break
		}
		up := filepath.Dir(dir)
		if up == dir {
			t.Fatal("no go.mod above the test")
		}
		dir = up
	}
	name := filepath.Join(dir, "bin", "python", "bin", "python")
	if _, err := os.Stat(name); err != nil {
		const want = `the Python library "datasets" is absent: run "make python" (%v)`
		if os.Getenv("CI") == "true" {
			t.Fatalf(want, err)
		}
		t.Skipf(want, err)
	}
	return name
}

// loaded is what testdata/load.py says of a folder, before its rows.
type loaded struct {
	Version  string            `json:"version"`
	Splits   map[string]int    `json:"splits"`
	Stated   map[string]int    `json:"stated"`
	Features map[string]string `json:"features"`
	Licence  string            `json:"licence"`
}

func wantFeatures() map[string]string {
	return map[string]string{
		"text": "Value('string')", "kind": "Value('string')", "role": "Value('string')", "language": "Value('string')",
		"member": "Value('string')", "record": "Value('string')", "shard": "Value('int32')", "slice": "Value('int32')",
		"others": "List(Value('string'))", "also_said_by": "List(Value('string'))",
		"cuts": "List({'what': Value('string'), 'count': Value('int32')})",
	}
}

// TestTheDatasetsLibraryLoadsIt: datasets.load_dataset opens a folder of each
// format as it is, and finds the rows, the columns and the split that were written.
func TestTheDatasetsLibraryLoadsIt(t *testing.T) {
	interpreter := python(t)
	rows := append(story(), random(rand.New(rand.NewPCG(9, 10)), 1200)...)
	args := []string{filepath.Join("testdata", "load.py")}
	for _, f := range everyFormat() {
		dir := filepath.Join(t.TempDir(), "out")
		write(t, dir, rows, dataset.Options{Formats: []dataset.Format{f}, FileBytes: 200_000})
		args = append(args, dir)
	}
	cmd := exec.CommandContext(t.Context(), interpreter, args...)
	cmd.Env = append(os.Environ(), "HF_HOME="+t.TempDir(), "HF_HUB_OFFLINE=1", "OMP_NUM_THREADS=1")
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, said.String())
	}
	lines := bufio.NewScanner(bytes.NewReader(out))
	lines.Buffer(nil, 1<<20)
	for _, f := range everyFormat() {
		compare(t, f, lines, rows)
	}
	if lines.Scan() {
		t.Errorf("more rows than were written: %s", lines.Bytes())
	}
}

func compare(t *testing.T, f dataset.Format, lines *bufio.Scanner, rows []dataset.Row) {
	t.Helper()
	var got loaded
	if !lines.Scan() || json.Unmarshal(lines.Bytes(), &got) != nil {
		t.Fatalf("%s: the first line is %s", f, lines.Bytes())
	}
	split := map[string]int{"train": len(rows)}
	if !reflect.DeepEqual(got.Features, wantFeatures()) || !reflect.DeepEqual(got.Splits, split) || !reflect.DeepEqual(got.Stated, split) {
		t.Errorf("%s, datasets %s: %+v", f, got.Version, got)
	}
	for i, r := range rows {
		if !lines.Scan() {
			t.Fatalf("%s: only %d rows of %d", f, i, len(rows))
		}
		back, err := dataset.ParseLine(lines.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		x, err := back.Line()
		y, err2 := r.Line()
		if err != nil || err2 != nil || !bytes.Equal(x, y) {
			t.Fatalf("%s: row %d came back as %s, was %s (%v, %v)", f, i, x, y, err, err2)
		}
	}
}
