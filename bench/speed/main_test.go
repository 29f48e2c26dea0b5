package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"licet/internal/testshared"
)

func TestWhatIsMeasured(t *testing.T) {
	file := filepath.Join(t.TempDir(), "texts.jsonl")
	const lines = `{"text":"Ann Tollgate wrote to ann@example.org"}` + "\n" + `{"text":"été"}` + "\n" + `{"text":"not this one"}` + "\n"
	if err := os.WriteFile(file, []byte(lines), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, what := range []string{"redact", "sign"} {
		var out bytes.Buffer
		if err := run([]string{what, file, "0.000043"}, &out, 1); err != nil {
			t.Fatal(err)
		}
		var got struct {
			Peer         string
			Bytes, Texts int
			MBPerCPU     float64 `json:"mb_per_cpu_second"`
			Rounds       int
		}
		if err := json.Unmarshal(out.Bytes(), &got); err != nil || got.Bytes != 42 || got.Texts != 2 || got.Rounds < 1 || got.MBPerCPU <= 0 {
			t.Errorf("%s: got %s (%v), want 42 bytes of 2 texts, some rounds and a speed", what, out.String(), err)
		}
	}
}

func TestTheScoreIsThatOfTheBench(t *testing.T) {
	var out bytes.Buffer
	if err := run([]string{"score", filepath.Dir(testshared.Dir(t, "presidio_research"))}, &out, 1); err != nil {
		t.Fatal(err)
	}
	var got struct{ F1 map[string]float64 }
	if err := json.Unmarshal(out.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if got.F1["all nine"] < .90 || got.F1["all but address"] < .90 || got.F1["card"] < .98 {
		t.Errorf("got %v, want F1 of .90 together", got.F1)
	}
}

func TestWhatCannotBeMeasuredIsRefused(t *testing.T) {
	empty := filepath.Join(t.TempDir(), "empty.jsonl")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{nil, {"weigh", empty, "1"}, {"sign", empty, "1"}, {"sign", empty, "much"}, {"sign", "no-such-file", "1"}, {"score", t.TempDir()}} {
		if err := run(args, &bytes.Buffer{}, 1); err == nil {
			t.Errorf("%q is measured", args)
		}
	}
}
