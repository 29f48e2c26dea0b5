// Command speed measures Licet as bench/peers.py measures what it is compared with: in
// processor seconds, on one core, over the same texts.
//
//	go run ./bench/speed redact TEXTS.jsonl MEGABYTES   # redaction, with the model of names
//	go run ./bench/speed sign TEXTS.jsonl MEGABYTES     # signatures of near-duplicates
//	go run ./bench/speed score SHARED/data              # F1 on the scoring half of presidio_research
//
// It reads the beginning of TEXTS.jsonl, MEGABYTES of it, as often as fills two seconds;
// loading the models is not counted. What it prints is one object of JSON, with the keys of
// bench/peers.py. bench/side_by_side.py makes a table of both.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"syscall"
	"time"

	"licet/corpus/neardup"
	"licet/view"
	"licet/view/redact"
	"licet/view/redact/score"
)

func main() {
	runtime.GOMAXPROCS(1) // as its peers, which have one process
	if err := run(os.Args[1:], os.Stdout, 2*time.Second); err != nil {
		fmt.Fprintln(os.Stderr, "speed:", err)
		os.Exit(1)
	}
}

var errUsage = errors.New("want redact or sign with a file of texts and megabytes, or score with the folder of data sets")

// run measures for at least long, in processor seconds.
func run(args []string, out io.Writer, long time.Duration) error {
	persons, err := view.Persons()
	if err != nil {
		return err
	}
	c := redact.Context{Persons: persons}
	if len(args) == 2 && args[0] == "score" {
		return scores(args[1], c, out)
	}
	if len(args) != 3 {
		return errUsage
	}
	megabytes, err := strconv.ParseFloat(args[2], 64)
	if err != nil {
		return fmt.Errorf("read how many megabytes: %w", err)
	}
	texts, size, err := read(args[1], megabytes)
	if err != nil {
		return err
	}
	var s neardup.Scratch
	switch args[0] {
	case "redact":
		return speed(out, "Licet, redaction with names", texts, size, long, func(t string) { redact.Text(t, c) })
	case "sign":
		return speed(out, "Licet, signatures of near-duplicates", texts, size, long, func(t string) { neardup.Sign(t, &s) })
	}
	return errUsage
}

// read returns the texts at the beginning of a file, and their bytes: as many texts as
// texts_of of bench/peers.py returns.
func read(path string, megabytes float64) (texts []string, size int, err error) {
	f, err := os.Open(path) //nolint:gosec // the file that was named
	if err != nil {
		return nil, 0, fmt.Errorf("read the texts: %w", err)
	}
	defer func() { _ = f.Close() }()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<24)
	for n := 1; lines.Scan(); n++ {
		var line struct{ Text string }
		if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
			return nil, 0, fmt.Errorf("read %s, line %d: %w", path, n, err)
		}
		if len(texts) > 0 && float64(size+len(line.Text)) > megabytes*1e6 {
			break
		}
		texts = append(texts, line.Text)
		size += len(line.Text)
	}
	if err := lines.Err(); err != nil {
		return nil, 0, fmt.Errorf("read %s: %w", path, err)
	}
	if size == 0 {
		return nil, 0, fmt.Errorf("read %s: no text", path)
	}
	return texts, size, nil
}

func speed(out io.Writer, name string, texts []string, size int, long time.Duration, step func(string)) error {
	for _, t := range texts[:min(len(texts), 100)] { // machines that are built once
		step(t)
	}
	rounds, began := 0, processor()
	var took time.Duration
	for took < long {
		for _, t := range texts {
			step(t)
		}
		rounds++
		took = processor() - began
	}
	return say(out, map[string]any{
		"peer": name, "bytes": size, "texts": len(texts), "rounds": rounds, "cpu_seconds": took.Seconds(),
		"mb_per_cpu_second": float64(size) * float64(rounds) / 1e6 / took.Seconds(),
	})
}

// processor returns what this process has used of the processors.
func processor() time.Duration {
	var use syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &use) != nil {
		return 0
	}
	return time.Duration(use.Utime.Nano() + use.Stime.Nano())
}

func scores(data string, c redact.Context, out io.Writer) error {
	set, err := score.Presidio(filepath.Join(data, "presidio_research"))
	if err != nil {
		return err
	}
	rows := set.Half(true, func(text string) []redact.Span { return redact.Find(text, c) })
	f1 := map[string]float64{}
	without := score.Row{}
	for _, r := range rows[:len(rows)-1] {
		f1[string(r.Label)] = r.F1()
		if r.Label != redact.LabelAddress {
			without.Items += r.Items
			without.Found += r.Found
			without.Predicted += r.Predicted
			without.Right += r.Right
		}
	}
	f1["all nine"], f1["all but address"] = rows[len(rows)-1].F1(), without.F1()
	return say(out, map[string]any{"peer": "Licet, redaction with names", "f1": f1})
}

func say(out io.Writer, v any) error {
	if err := json.NewEncoder(out).Encode(v); err != nil {
		return fmt.Errorf("print the result: %w", err)
	}
	return nil
}
