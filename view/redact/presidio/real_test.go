//go:build presidio

// `make presidio` installs the real analyser and runs this.
package presidio_test

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"licet/internal/testshared"
	"licet/view/redact"
	"licet/view/redact/presidio"
)

// real starts the analyser of bin/peers on a port of this machine; it ends with the test.
func real(t *testing.T) (presidio.Config, *exec.Cmd) {
	t.Helper()
	python, err := filepath.Abs("../../../bin/peers/bin/python")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), python, filepath.Join("testdata", "server.py"))
	var said bytes.Buffer
	cmd.Stderr = &said
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatalf("start the analyser: %v: make presidio installs it", err)
	}
	t.Cleanup(func() {
		_ = in.Close()
		_ = cmd.Wait()
	})
	port, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("the analyser did not start: %v: %s", err, said.String())
	}
	return presidio.Config{URL: "http://127.0.0.1:" + strings.TrimSpace(port), Version: "presidio-analyzer 2.2.366, en_core_web_sm 3.8.0"}, cmd
}

func TestRealAnalyser(t *testing.T) {
	cfg, cmd := real(t)
	c := client(t, cfg)
	const text = "🔧 Été: my name is Katherine Holloway, write to kate@example.org. Card 4111 1111 1111 1111."
	got, err := c.Spans(t.Context(), text, "en")
	if err != nil {
		t.Fatal(err)
	}
	for what, label := range map[string]redact.Label{"Katherine Holloway": redact.LabelName, "kate@example.org": redact.LabelEmail, "4111 1111 1111 1111": redact.LabelCard} {
		at := strings.Index(text, what)
		if want := (redact.Span{Start: at, End: at + len(what), Label: label}); !slices.Contains(got, want) {
			t.Errorf("got %v, want %v, %q, among them", got, want, what)
		}
	}
	for range 5 {
		if again, err := c.Spans(t.Context(), text, "en"); err != nil || !slices.Equal(again, got) {
			t.Errorf("got %v, then %v (%v)", got, again, err)
		}
	}
	put, _ := redact.Text(text, redact.Context{Service: func(text string) []redact.Span {
		spans, err := c.Spans(t.Context(), text, "en")
		if err != nil {
			t.Fatal(err)
		}
		return spans
	}})
	if want := "🔧 Été: my name is [NAME], write to [EMAIL]. Card [CARD]."; put != want {
		t.Errorf("got %q, want %q", put, want)
	}
	t.Run("kinds and languages that it has not", func(t *testing.T) {
		bad := cfg
		bad.Languages = []string{"tlh"}
		if got, err := client(t, bad).Spans(t.Context(), text, "en"); err == nil {
			t.Errorf("a language: got %v", got)
		}
		bad = cfg
		bad.Entities = map[string]redact.Label{"MOON_PHASE": redact.LabelName}
		if got, err := client(t, bad).Spans(t.Context(), text, "en"); err == nil {
			t.Errorf("a kind: got %v", got)
		}
	})
	t.Run("speed", func(t *testing.T) { speed(t, c, cmd) })
}

// speed says how much text goes through, four questions at a time, and what a processor
// second of the service does.
func speed(t *testing.T, c *presidio.Client, cmd *exec.Cmd) {
	texts := someComments(t)
	size, found := 0, 0
	began, before := time.Now(), processor(t, cmd)
	var wg sync.WaitGroup
	var mu sync.Mutex
	next := make(chan string)
	for range presidio.DefaultConcurrency {
		wg.Go(func() {
			for text := range next {
				spans, err := c.Spans(t.Context(), text, "en")
				if err != nil {
					t.Error(err)
				}
				mu.Lock()
				found += len(spans)
				mu.Unlock()
			}
		})
	}
	for _, text := range texts {
		size += len(text)
		next <- text
	}
	close(next)
	wg.Wait()
	took, used := time.Since(began).Seconds(), processor(t, cmd)-before
	t.Logf("%d texts, %d bytes, %d things found: %.0f texts and %.4f MB a second, %.4f MB in a second of the service's processor time",
		len(texts), size, found, float64(len(texts))/took, float64(size)/1e6/took, float64(size)/1e6/used)
	if found == 0 {
		t.Error("nothing was found in real comments")
	}
}

// someComments are paragraphs of real posts, 100 kB of them.
func someComments(t *testing.T) (out []string) {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(testshared.Dir(t, "digitalgov"), "content", "news", "2019", "*", "*.md"))
	if err != nil || len(names) == 0 {
		t.Fatal(len(names), err)
	}
	size := 0
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for p := range strings.SplitSeq(string(data), "\n\n") {
			if size < 100_000 && strings.TrimSpace(p) != "" {
				out = append(out, p)
				size += len(p)
			}
		}
	}
	return out
}

// processor is what a running process has used, in seconds.
func processor(t *testing.T, cmd *exec.Cmd) float64 {
	t.Helper()
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", cmd.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	fields := strings.Fields(string(data[bytes.LastIndexByte(data, ')')+1:]))
	user, err := strconv.ParseFloat(fields[11], 64)
	if err != nil {
		t.Fatal(err)
	}
	system, err := strconv.ParseFloat(fields[12], 64)
	if err != nil {
		t.Fatal(err)
	}
	return (user + system) / 100 // ticks of a hundredth, as Linux counts for programs
}
