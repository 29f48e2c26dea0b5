package chat_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"licet/lm/chat"
	"licet/lm/tokenizer"
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
// conversations with what transformers makes of them (worker/golden_tokenizers.py).
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

// TestPublishedTemplates does the same with templates of published models, of
// which the vectors hold digests only: they are read from the tests of the
// library that we render with. Those with macros are refused.
func TestPublishedTemplates(t *testing.T) {
	dir, err := exec.CommandContext(t.Context(), "go", "list", "-m", "-f", "{{.Dir}}", "github.com/ardanlabs/jinja").Output()
	if err != nil {
		t.Fatalf("where is the library: %v", err)
	}
	var talks []conversation
	readJSON(t, "messages.json", &talks)
	var golden struct {
		Results map[string]struct {
			SHA256 string
			Texts  []*string
		}
	}
	readJSON(t, "published.json", &golden)
	rendered := 0
	for name, want := range golden.Results {
		source, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(dir)), "testdata", "templates", name))
		if err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprintf("%x", sha256.Sum256(source)); got != want.SHA256 {
			t.Fatalf("%s is not the template that the vectors were made of: %s", name, got)
		}
		template, err := chat.Parse(string(source))
		if err != nil {
			if !errors.Is(err, chat.ErrTemplate) || !bytes.Contains(source, []byte("macro")) && !bytes.Contains(source, []byte("from_json")) {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		rendered++
		for i, talk := range talks {
			got, err := template.Render(t.Context(), talk.Messages, chat.Options{Start: "<s>", End: "</s>", Prompt: talk.Prompt, Now: time.Date(2026, 3, 9, 14, 5, 7, 0, time.UTC)})
			switch w := want.Texts[i]; {
			case w == nil && !errors.Is(err, chat.ErrMessages):
				t.Errorf("%s, conversation %d: got %q, %v; transformers refuses it", name, i, got, err)
			case w != nil && (err != nil || fmt.Sprintf("%x", sha256.Sum256([]byte(got)))[:16] != *w):
				t.Errorf("%s, conversation %d: another text than transformers': %q, %v", name, i, got, err)
			}
		}
	}
	if rendered < 9 {
		t.Errorf("only %d templates are read", rendered)
	}
}

// TestConversationsAreTransformersTokens takes messages all the way: template,
// then the tokenizer in the same style.
func TestConversationsAreTransformersTokens(t *testing.T) {
	var talks []conversation
	readJSON(t, "messages.json", &talks)
	var golden struct{ Results map[string][]*string }
	readJSON(t, "tokens.json", &golden)
	if len(golden.Results) != 4 {
		t.Fatalf("vectors for %d styles", len(golden.Results))
	}
	bounds := map[string][2]string{
		"llama2": {"<s>", "</s>"}, "llama3": {"<|begin_of_text|>", "<|eot_id|>"}, "smollm2": {"<|im_start|>", "<|im_end|>"}, "qwen25": {"<|endoftext|>", "<|im_end|>"},
	}
	for style, want := range golden.Results {
		data, err := os.ReadFile(filepath.Join("..", "tokenizer", "testdata", style+".json"))
		if err != nil {
			t.Fatal(err)
		}
		tok, err := tokenizer.Read(data)
		if err != nil {
			t.Fatal(err)
		}
		template, err := chat.Parse(readTemplate(t, style+".jinja"))
		if err != nil {
			t.Fatal(err)
		}
		for i, talk := range talks {
			if want[i] == nil {
				continue
			}
			text, err := template.Render(t.Context(), talk.Messages, chat.Options{Start: bounds[style][0], End: bounds[style][1], Prompt: talk.Prompt, Now: time.Date(2026, 3, 9, 14, 5, 7, 0, time.UTC)})
			if err != nil {
				t.Errorf("%s, conversation %d: %v", style, i, err)
				continue
			}
			var ids bytes.Buffer
			if err := binary.Write(&ids, binary.LittleEndian, tok.EncodeMarked(text)); err != nil {
				t.Fatal(err)
			}
			if got := fmt.Sprintf("%x", sha256.Sum256(ids.Bytes()))[:16]; got != *want[i] {
				t.Errorf("%s, conversation %d: other tokens than transformers': %v", style, i, tok.EncodeMarked(text))
			}
		}
	}
}
