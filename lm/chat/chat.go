// Package chat turns the messages of a conversation into the one text that a
// model was trained to continue, by the chat template that comes with it.
package chat

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ardanlabs/jinja"
)

// ErrTemplate says that a template is not one that can be rendered.
var ErrTemplate = errors.New("unsupported chat template")

// ErrMessages says that a template refuses the messages it was given, or that
// there are none.
var ErrMessages = errors.New("messages that the chat template refuses")

// ErrTooMuch says that a template was stopped: it wrote or computed too much.
var ErrTooMuch = errors.New("the chat template does too much")

// A Message is one turn of a conversation.
type Message struct {
	Role    string // system, user, assistant
	Content string
}

// Options are what a template may ask for besides the messages.
type Options struct {
	Start  string    // the token that begins a document, as text
	End    string    // and that which ends it
	Prompt bool      // the answer is to be written: end with its heading
	Now    time.Time // what the template takes for today; zero: it can't tell
}

// A Template renders messages (Jinja, as transformers sets it up). It is
// immutable and safe for concurrent use.
type Template struct {
	compiled *jinja.Template
	texts    jinja.Value     // what stands between the tags
	literals map[string]bool // the strings in the template
}

const largestTemplate = 64 << 10 // bytes

// Parse reads a template. It knows no file and no other template: include,
// import and extends are errors, and so is all that isn't in
// docs/formats/tokenizer.md.
func Parse(source string) (t *Template, err error) {
	if len(source) > largestTemplate {
		return nil, fmt.Errorf("%w: it has %d bytes, at most %d are read", ErrTemplate, len(source), largestTemplate)
	}
	defer func() {
		if r := recover(); r != nil {
			t, err = nil, fmt.Errorf("%w: the parser gave up: %v", ErrTemplate, r)
		}
	}()
	list, err := scan(source)
	if err != nil {
		return nil, err
	}
	guarded, err := guard(list)
	if err != nil {
		return nil, err
	}
	compiled, err := jinja.Compile(guarded.source)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrTemplate, err)
	}
	return &Template{compiled, jinja.NewList(guarded.texts), guarded.literals}, nil
}

// Render returns the text of a conversation. It ends with an error as soon as
// ctx is done, and when the template writes more than what it was given and a
// megabyte, or loops more than a hundred thousand times in all. No error holds
// text of a message.
func (t *Template) Render(ctx context.Context, messages []Message, o Options) (text string, err error) {
	if len(messages) == 0 {
		return "", fmt.Errorf("%w: there are none", ErrMessages)
	}
	r := &run{ctx: ctx, now: o.Now, literals: t.literals, steps: mostSteps, room: mostBytes, spaces: map[*jinja.Dict]bool{}}
	list := make([]jinja.Value, len(messages))
	for i, m := range messages {
		d := jinja.NewDict()
		d.AsDict().Set("role", jinja.NewString(m.Role))
		d.AsDict().Set("content", jinja.NewString(m.Content))
		list[i] = d
		r.room += 2 * (len(m.Role) + len(m.Content))
	}
	data := r.functions()
	data["messages"] = jinja.NewList(list)
	data["add_generation_prompt"] = jinja.NewBool(o.Prompt)
	data["bos_token"] = jinja.NewString(o.Start)
	data["eos_token"] = jinja.NewString(o.End)
	data[prefix+"texts"] = t.texts
	defer func() {
		if p := recover(); p != nil {
			text, err = "", fmt.Errorf("%w: it can't be computed", ErrTemplate)
		}
	}()
	text, err = t.compiled.RenderValues(data)
	if err == nil {
		return text, nil
	}
	if r.err != nil {
		return "", r.err
	}
	// The library's message may quote a value, which may be a member's text.
	return "", fmt.Errorf("%w: it can't be computed for these messages", ErrTemplate)
}
