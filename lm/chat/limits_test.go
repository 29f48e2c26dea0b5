package chat_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"licet/lm/chat"
)

var hello = []chat.Message{{Role: "user", Content: "Hello SECRET"}}

func TestTemplatesThatAreRefused(t *testing.T) {
	for source, want := range map[string]string{
		"{% include 'x' %}":             `the statement "include"`,
		"{% import 'x' as y %}":         `the statement "import"`,
		"{% extends 'x' %}":             `the statement "extends"`,
		"{% macro f() %}{% endmacro %}": `the statement "macro"`,
		"{% call f() %}{% endcall %}":   `the statement "call"`,
		"\n{% do x %}":                  "line 2",
		"{{ x":                          "doesn't end",
		"{% if x %}":                    "if has no end",
		"{% endif %}":                   "endif without its beginning",
		"{% for x in y %}{% endif %}":   "endif without its beginning",
		"{% break %}":                   "break outside a loop",
		"{% else %}":                    "else without its beginning",
		"{% elif x %}":                  "elif without its beginning",
		"{% if %}{% endif %}":           "without a condition",
		"{{ }}":                         "an empty expression",
		"{{ 'x' * 1000000000 }}":        `the sign "*"`,
		"{{ x | indent(1000000000) }}":  `the filter "indent"`,
		"{{ x.append(x) }}":             `the method "append"`,
		"{{ x.append }}":                `"append" is a method that changes`,
		"{{ x.join(x) }}":               `the method "join"`,
		"{{ x | join(x) }}":             "join is supported with strings",
		"{{ x.replace('a', x) }}":       "replace is supported with strings",
		"{{ x | replace('a', 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaa') }}": "at most 16 bytes",
		"{{ x | map('join', x) }}":                                "map is supported of an attribute",
		"{{ cycler(1) }}":                                         `the function "cycler"`,
		"{{ x is divisibleby(3) }}":                               `the test "divisibleby"`,
		"{{ (x)(y) }}":                                            "a call of what has no name",
		"{{ x[0](y) }}":                                           "a call of what has no name",
		"{{ x) ~ (y }}":                                           "the brackets don't match",
		"{{ (x] }}":                                               "the brackets don't match",
		"{{ licet_put(x) }}":                                      "are taken",
		"{% set licet_texts = x %}":                               "are taken",
		"{% set namespace = x %}":                                 "the name of a function",
		"{% set a, b = x %}":                                      "set must be",
		"{% set x = %}":                                           "set must be",
		"{% for x in y recursive %}{% endfor %}":                  "recursive",
		"{% for x in a if b else c %}{% endfor %}":                "must stand in brackets",
		"{% for (a, b) in y %}{% endfor %}":                       "a loop must be",
		"{% for x in %}{% endfor %}":                              "a loop must be",
		"{% raw %}x":                                              "raw has no endraw",
		"{{ 'a }}":                                                "doesn't end",
		"{{ 1 2 }}":                                               "two values",
		"{{ ? }}":                                                 `the sign "?"`,
		"{{ " + strings.Repeat("x ~ ", 100) + "x }}":              "100 sums",
		"{{ " + strings.Repeat("(", 50) + "x":                     "doesn't end",
		"{{ " + strings.Repeat("(", 50) + "x" + strings.Repeat(")", 50) + " }}": "brackets inside each other",
		strings.Repeat("{% if x %}", 40) + strings.Repeat("{% endif %}", 40):    "blocks inside each other",
		"{{ '" + strings.Repeat("x", 5000) + "' }}":                             "a tag of",
		strings.Repeat("x", 70000):                                              "it has 70000 bytes",
	} {
		if _, err := chat.Parse(source); !errors.Is(err, chat.ErrTemplate) || !strings.Contains(err.Error(), want) {
			t.Errorf("%.60q: got %v, want an error with %q", source, err, want)
		}
	}
}

func TestTemplatesThatAreStopped(t *testing.T) {
	grow := "{% for i in range(60) %}"
	for source, want := range map[string]error{
		"{% for i in range(10000) %}{% for j in range(10000) %}{% endfor %}{% endfor %}": chat.ErrTooMuch,
		"{{ range(1000000000) }}": chat.ErrTooMuch,
		"{% set n = namespace(x='ab') %}" + grow + "{% set n.x = n.x ~ n.x %}{% endfor %}":            chat.ErrTooMuch,
		"{% set n = namespace(x=['a']) %}" + grow + "{% set n.x = [n.x, n.x] %}{% endfor %}{{ n.x }}": chat.ErrTooMuch,
		"{% set n = namespace(x=['a']) %}" + grow + "{% set n.x = n.x + n.x %}{% endfor %}":           chat.ErrTooMuch,
		"{% set n = namespace() %}{% set n.x = n %}{{ n }}":                                           chat.ErrTooMuch,
		"{% set n = namespace() %}{% set n.x = [{'a': n}] %}{{ n | tojson }}":                         chat.ErrTooMuch,
		"{% for n in [namespace()] %}{% set n.x = n %}{{ n | tojson }}{% endfor %}":                   chat.ErrTooMuch,
		"{% set n = namespace(x=1) %}{% for i in range(9000) %}{% set n.x = [n.x] %}{% endfor %}":     chat.ErrTooMuch,
		"{% set n = namespace() %}{% set m = n %}":                                                    chat.ErrTooMuch,
		"{% set n = namespace(x=namespace()) %}":                                                      chat.ErrTooMuch,
		"{% set d = {'a': 1} %}{% set d.x = d %}{{ d }}":                                              chat.ErrTemplate,
		"{% for m in messages %}{% set m.x = m %}{% endfor %}":                                        chat.ErrTemplate,
		"{% for i in range(9000) %}{{ 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx' }}{% endfor %}": chat.ErrTooMuch,
		"{% set x %}{% for i in range(9000) %}{{ range(100) }}{% endfor %}{% endset %}":                                                                                                       chat.ErrTooMuch,
		"{{ 1 % 0 }}{{ 1 // 0 }}{% for i in none %}{% endfor %}":                                                                                                                              chat.ErrTemplate,
		"{% for i in 7 %}{% endfor %}":                             chat.ErrTemplate,
		"{{ messages | tojson(indent=100) }}":                      chat.ErrTemplate,
		"{{ messages[0].split() }}":                                chat.ErrTemplate,
		"{{ strftime_now('%Q') }}":                                 chat.ErrTemplate,
		"{{ strftime_now('%') }}":                                  chat.ErrTemplate,
		"{% set f = messages[0].content.strip %}{{ f }}":           chat.ErrTemplate,
		"{{ raise_exception('Not you, ' ~ messages[0].content) }}": chat.ErrMessages,
		"{{ raise_exception('not like this') }}":                   chat.ErrMessages,
	} {
		template, err := chat.Parse(source)
		if err != nil {
			t.Errorf("%.80q: %v", source, err)
			continue
		}
		got, err := template.Render(t.Context(), hello, chat.Options{Now: time.Unix(0, 0)})
		if !errors.Is(err, want) {
			t.Errorf("%.80q: got %.80q, %v; want %v", source, got, err, want)
		}
		if err != nil && strings.Contains(err.Error(), "SECRET") {
			t.Errorf("%.80q: the error holds a message: %v", source, err)
		}
	}
}

func TestWhatTheTemplateSaysIsRepeated(t *testing.T) {
	template, err := chat.Parse("{{ raise_exception('it\\'s not for users') }}")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := template.Render(t.Context(), hello, chat.Options{}); err == nil || !strings.Contains(err.Error(), "it's not for users") {
		t.Errorf("got %v", err)
	}
}

func TestRenderingEndsWithItsContext(t *testing.T) {
	template, err := chat.Parse("{% for i in range(9000) %}{% if i == i %}{% endif %}{% endfor %}")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := template.Render(t.Context(), hello, chat.Options{}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := template.Render(ctx, hello, chat.Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestNoMessages(t *testing.T) {
	template, err := chat.Parse("{{ bos_token }}")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := template.Render(t.Context(), nil, chat.Options{}); !errors.Is(err, chat.ErrMessages) {
		t.Errorf("got %v", err)
	}
}

// TestLongConversations: what the messages have is no part of the bound.
func TestLongConversations(t *testing.T) {
	template, err := chat.Parse(readTemplate(t, "llama3.jinja"))
	if err != nil {
		t.Fatal(err)
	}
	long := []chat.Message{{Role: "user", Content: strings.Repeat("long ", 1<<20)}}
	got, err := template.Render(t.Context(), long, chat.Options{Start: "<s>"})
	if err != nil || len(got) < 5<<20 {
		t.Errorf("got %d bytes, %v", len(got), err)
	}
	if !strings.Contains(got, "26 Jul 2024") {
		t.Error("without a clock the template doesn't use its own date")
	}
}

func TestDates(t *testing.T) {
	template, err := chat.Parse("{{ strftime_now('%a %A %b %B %d %H:%M:%S %I%p %j %m %y %Y %F %T %%') }}")
	if err != nil {
		t.Fatal(err)
	}
	got, err := template.Render(t.Context(), hello, chat.Options{Now: time.Date(2026, 3, 9, 14, 5, 7, 0, time.UTC)})
	if want := "Mon Monday Mar March 09 14:05:07 02PM 068 03 26 2026 2026-03-09 14:05:07 %"; err != nil || got != want {
		t.Errorf("got %q, %v, want %q", got, err, want)
	}
}

func TestConfigs(t *testing.T) {
	for _, c := range []struct {
		name, config string
		file         []byte
		start, end   string
		templates    []string
		want         string
	}{
		{"a string", `{"bos_token":"<s>","eos_token":{"content":"</s>","lstrip":false},"chat_template":"{{ bos_token }}a"}`, nil, "<s>", "</s>", []string{"default"}, "<s>a"},
		{"a list", `{"bos_token":null,"chat_template":[{"name":"default","template":"b"},{"name":"tool_use","template":"c"}]}`, nil, "", "", []string{"default", "tool_use"}, "b"},
		{"a file", `{"chat_template":"a"}`, []byte("d\n"), "", "", []string{"default"}, "d"},
		{"a file alone", `{}`, []byte("{{ messages[0].role }}"), "", "", []string{"default"}, "user"},
	} {
		got, err := chat.Read([]byte(c.config), c.file)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		var names []string
		for name := range got.Templates {
			names = append(names, name)
		}
		slices.Sort(names)
		if got.Start != c.start || got.End != c.end || !slices.Equal(names, c.templates) {
			t.Errorf("%s: got %q, %q, %q", c.name, got.Start, got.End, names)
		}
		template, err := got.Default()
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if text, err := template.Render(t.Context(), hello, chat.Options{Start: got.Start, End: got.End}); text != c.want || err != nil {
			t.Errorf("%s: got %q, %v, want %q", c.name, text, err, c.want)
		}
	}
}

func TestConfigsThatAreRefused(t *testing.T) {
	for config, want := range map[string]string{
		`{`:                      "tokenizer_config.json",
		`{"bos_token":7}`:        "tokenizer_config.json",
		`{"bos_token":{"id":7}}`: "neither a string nor an object with content",
		`{"chat_template":7}`:    "neither a string nor a list",
		`{"chat_template":[{"name":"a","template":""},{"name":"a","template":""}]}`: `"a" is empty or stands twice`,
		`{"chat_template":"{{"}`: `template "default": unsupported chat template: line 1`,
	} {
		if _, err := chat.Read([]byte(config), nil); !errors.Is(err, chat.ErrTemplate) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want an error with %q", config, err, want)
		}
	}
	c, err := chat.Read([]byte(`{"chat_template":[{"name":"rag","template":""}]}`), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Default(); !errors.Is(err, chat.ErrTemplate) || !strings.Contains(err.Error(), "rag") {
		t.Errorf("got %v", err)
	}
}

func TestManyRenderAtOnce(t *testing.T) {
	template, err := chat.Parse(readTemplate(t, "features.jinja"))
	if err != nil {
		t.Fatal(err)
	}
	want, err := template.Render(t.Context(), hello, chat.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if got, err := template.Render(t.Context(), hello, chat.Options{}); got != want || err != nil {
				t.Errorf("got %q, %v", got, err)
			}
		})
	}
	wg.Wait()
}

// FuzzTemplate: no template and no message makes rendering crash, go on for
// long, write without bound, or tell a message in an error.
func FuzzTemplate(f *testing.F) {
	files, err := filepath.Glob("testdata/templates/*.jinja")
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(data), "Hello\n")
	}
	for _, s := range []string{
		"{% set n = namespace(x='a') %}{% for i in range(9) %}{% set n.x = n.x ~ n.x %}{% endfor %}{{ n.x|tojson }}",
		"{{ messages|map(attribute='role')|join('-')|upper|replace('-', '+') }}", "{{ {'a': {'b': [1, 2.5]}}|tojson(indent=2) }}", "{{ messages[0].content.split(' ')[::-1] }}",
		"{{- x -}} {#- c -#} {% raw %}{{{% endraw %}", "{{ 1 % 0 }}", "{{ '\\n' }}{{ \"}}\" }}",
	} {
		f.Add(s, "x")
	}
	f.Fuzz(func(t *testing.T, source, message string) {
		template, err := chat.Parse(source)
		if err != nil {
			if !errors.Is(err, chat.ErrTemplate) {
				t.Errorf("an error of no kind: %v", err)
			}
			return
		}
		marked := "MESSAGE " + message
		got, err := template.Render(t.Context(), []chat.Message{{Role: "user", Content: marked}}, chat.Options{Start: "<s>", Now: time.Unix(0, 0)})
		if len(got) > 2<<20+2*len(marked) {
			t.Errorf("it writes %d bytes", len(got))
		}
		if err != nil && strings.Contains(err.Error(), "MESSAGE ") && !strings.Contains(source, "MESSAGE ") {
			t.Errorf("the error holds a message: %v", err)
		}
	})
}

func FuzzConfig(f *testing.F) {
	f.Add([]byte(`{"bos_token":"<s>","eos_token":{"content":"</s>"},"chat_template":[{"name":"default","template":"{{ bos_token }}"}]}`), []byte("{{ eos_token }}"))
	f.Add([]byte(`{"chat_template":"x"}`), []byte(nil))
	f.Fuzz(func(t *testing.T, config, file []byte) {
		if _, err := chat.Read(config, file); err != nil && !errors.Is(err, chat.ErrTemplate) {
			t.Errorf("an error of no kind: %v", err)
		}
	})
}
