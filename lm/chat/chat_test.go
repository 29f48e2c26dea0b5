package chat_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"licet/lm/chat"
)

type conversation struct {
	Messages []chat.Message
	Prompt   bool
}

func readJSON(tb testing.TB, name string, into any) {
	tb.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		tb.Fatalf("the vectors are missing: %v", err)
	}
	if err := json.Unmarshal(data, into); err != nil {
		tb.Fatalf("%s: %v", name, err)
	}
}

func readTemplate(tb testing.TB, name string) string {
	tb.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", "templates", name))
	if err != nil {
		tb.Fatal(err)
	}
	return string(data)
}

// TestTextsAreTransformers compares what templates in the style of Llama 2 and
// 3, SmolLM2 and Qwen 2.5, and some that use the rest of the language, make of
// conversations with what transformers makes of them (worker/tokenizers.py).
func TestTextsAreTransformers(t *testing.T) {
	var talks []conversation
	readJSON(t, "messages.json", &talks)
	var golden struct {
		Day     time.Time
		Results map[string][]*string
	}
	readJSON(t, "golden.json", &golden)
	if len(golden.Results) < 7 {
		t.Fatalf("vectors for %d templates", len(golden.Results))
	}
	for name, want := range golden.Results {
		t.Run(name, func(t *testing.T) {
			template, err := chat.Parse(readTemplate(t, name))
			if err != nil {
				t.Fatal(err)
			}
			if len(want) != len(talks) {
				t.Fatalf("vectors for %d conversations of %d", len(want), len(talks))
			}
			for i, talk := range talks {
				got, err := template.Render(t.Context(), talk.Messages, chat.Options{Start: "<s>", End: "</s>", Prompt: talk.Prompt, Now: golden.Day})
				switch {
				case want[i] == nil && !errors.Is(err, chat.ErrMessages):
					t.Errorf("conversation %d: got %q, %v; transformers refuses it", i, got, err)
				case want[i] != nil && (err != nil || got != *want[i]):
					t.Errorf("conversation %d:\n got %q, %v\nwant %q", i, got, err, *want[i])
				}
			}
		})
	}
}
