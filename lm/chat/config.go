package chat

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
)

// Config is what a model's tokenizer_config.json says of conversations.
type Config struct {
	Start     string               // the token that begins a document, as text; empty: none
	End       string               // that which ends it
	Templates map[string]*Template // by name; "default" is for conversations
}

// Default returns the template for conversations.
func (c Config) Default() (*Template, error) {
	t, ok := c.Templates["default"]
	if !ok {
		return nil, fmt.Errorf("%w: none is named \"default\", there are %q", ErrTemplate, slices.Sorted(maps.Keys(c.Templates)))
	}
	return t, nil
}

// Read reads tokenizer_config.json, whose chat_template is a string or a list
// of named ones, and chat_template.jinja (nil: there is none), which comes
// before it.
func Read(config, file []byte) (Config, error) {
	var f struct {
		Start    token           `json:"bos_token"`
		End      token           `json:"eos_token"`
		Template json.RawMessage `json:"chat_template"`
	}
	if err := json.Unmarshal(config, &f); err != nil {
		return Config{}, fmt.Errorf("%w: tokenizer_config.json: %w", ErrTemplate, err)
	}
	sources, err := named(f.Template)
	if err != nil {
		return Config{}, err
	}
	if file != nil {
		sources["default"] = string(file)
	}
	c := Config{Start: string(f.Start), End: string(f.End), Templates: map[string]*Template{}}
	for _, name := range slices.Sorted(maps.Keys(sources)) {
		if c.Templates[name], err = Parse(sources[name]); err != nil {
			return Config{}, fmt.Errorf("template %q: %w", name, err)
		}
	}
	return c, nil
}

func named(raw json.RawMessage) (map[string]string, error) {
	out := map[string]string{}
	if len(raw) == 0 || string(raw) == "null" {
		return out, nil
	}
	if raw[0] == '"' {
		var s string
		if err := json.Unmarshal(raw, &s); err != nil {
			return nil, fmt.Errorf("%w: tokenizer_config.json: chat_template: %w", ErrTemplate, err)
		}
		out["default"] = s
		return out, nil
	}
	var list []struct{ Name, Template string }
	if err := json.Unmarshal(raw, &list); err != nil {
		return nil, fmt.Errorf("%w: tokenizer_config.json: chat_template is neither a string nor a list of named ones: %w", ErrTemplate, err)
	}
	for _, t := range list {
		if _, ok := out[t.Name]; ok || t.Name == "" {
			return nil, fmt.Errorf("%w: tokenizer_config.json: chat_template: the name %q is empty or stands twice", ErrTemplate, t.Name)
		}
		out[t.Name] = t.Template
	}
	return out, nil
}

// token is written as a string or as an object with its content.
type token string

func (t *token) UnmarshalJSON(data []byte) error {
	var s *string
	if json.Unmarshal(data, &s) == nil {
		if s != nil {
			*t = token(*s)
		}
		return nil
	}
	var o struct{ Content *string }
	if err := json.Unmarshal(data, &o); err != nil {
		return err
	}
	if o.Content == nil {
		return fmt.Errorf("a token is neither a string nor an object with content: %s", data)
	}
	*t = token(*o.Content)
	return nil
}
