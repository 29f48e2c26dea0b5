package web

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"licet"
	"licet/draft"
)

// usage counts what was read and written, with the line that says what a draft
// is, but without the mark under it, which no model writes.
func usage(d *draft.Draft) map[string]any {
	in, out := d.Written.Prompt, d.Written.Answer
	return map[string]any{"prompt_tokens": in, "completion_tokens": out, "total_tokens": in + out}
}

// logProbs writes tokens as an OpenAI chat completion does; nil where none
// were asked for.
func logProbs(tokens []draft.Token) any {
	if len(tokens) == 0 {
		return nil
	}
	one := func(t draft.Token) map[string]any {
		bytes := make([]int, len(t.Text)) // a []byte would be written in base64
		for i := range len(t.Text) {
			bytes[i] = int(t.Text[i])
		}
		return map[string]any{"token": strings.ToValidUTF8(t.Text, "\uFFFD"), "logprob": t.LogProb, "bytes": bytes}
	}
	content := make([]any, len(tokens))
	for i, t := range tokens {
		top := make([]any, len(t.Top))
		for j, other := range t.Top {
			top[j] = one(other)
		}
		x := one(t)
		x["top_logprobs"] = top
		content[i] = x
	}
	return map[string]any{"content": content, "refusal": nil}
}

// answer streams a chat completion as server-sent events.
type answer struct {
	w       http.ResponseWriter
	id      string
	created int64
	model   string // that writes
	usage   bool   // a last chunk counts tokens
	begun   bool
}

func (a *answer) stream(write func(part func(licet.Digest, draft.Part) error) (*draft.Draft, error)) error {
	d, err := write(func(model licet.Digest, part draft.Part) error {
		a.model = modelID(model)
		return a.delta(map[string]any{"content": part.Text}, nil, part.Tokens, nil)
	})
	if err != nil {
		if !a.begun {
			return err
		}
		// The status is sent: the stream itself says what went wrong.
		p := classify(err)
		if known, ok := errors.AsType[problem](err); ok {
			p = known
		}
		return a.event(map[string]any{"error": map[string]any{"message": p.what, "type": p.kind, "param": nil, "code": p.code}})
	}
	if err := a.delta(map[string]any{"content": marked(d)}, nil, nil, nil); err != nil {
		return nil //nolint:nilerr // nobody listens any more
	}
	if err := a.delta(map[string]any{}, d.Written.Finish, nil, about(d)); err != nil {
		return nil //nolint:nilerr // nobody listens any more
	}
	if a.usage {
		chunk := a.chunk()
		chunk["usage"] = usage(d)
		if err := a.event(chunk); err != nil {
			return nil //nolint:nilerr // nobody listens any more
		}
	}
	_, _ = fmt.Fprint(a.w, "data: [DONE]\n\n")
	return a.flush()
}

func (a *answer) delta(delta map[string]any, finish any, tokens []draft.Token, more map[string]any) error {
	if !a.begun {
		a.begun = true
		h := a.w.Header()
		h.Set("Content-Type", "text/event-stream; charset=utf-8")
		h.Set("X-Accel-Buffering", "no")
		delta["role"] = "assistant"
	}
	chunk := a.chunk()
	chunk["choices"] = []any{map[string]any{"index": 0, "delta": delta, "finish_reason": finish, "logprobs": logProbs(tokens)}}
	if more != nil {
		chunk["licet"] = more
	}
	return a.event(chunk)
}

func (a *answer) chunk() map[string]any {
	return map[string]any{"id": a.id, "object": "chat.completion.chunk", "created": a.created, "model": a.model, "choices": []any{}}
}

func (a *answer) event(v any) error {
	data, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("stream: %w", err)
	}
	if _, err := fmt.Fprintf(a.w, "data: %s\n\n", data); err != nil {
		return fmt.Errorf("stream: %w", err)
	}
	return a.flush()
}

func (a *answer) flush() error {
	if err := http.NewResponseController(a.w).Flush(); err != nil {
		return fmt.Errorf("stream: %w", err)
	}
	return nil
}
