package train

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"licet"
	"licet/lm"
	"licet/lm/chat"
)

// ErrForm says that a base's chat template can't be used.
var ErrForm = errors.New("this base's chat template can't be used: choose another base, or one without a template")

// formVersion is another one whenever a Form makes other ids of a record: what was
// learned from the earlier ids is not taken for what is learned from these.
const formVersion = 2

// A Form is how records are written for one base, when it learns from them and when
// it is asked for one. A base with a chat template is asked, and a record is the
// answer. Any other goes on from a line that says what follows. It is immutable and
// safe for concurrent use.
type Form struct {
	tokenizer *lm.Tokenizer
	template  *chat.Template // nil: none
	options   chat.Options
}

// The files of a base that say how it converses.
const (
	fileChat     = "tokenizer_config.json"
	fileTemplate = "chat_template.jinja"
)

// FormOf returns the form of a base, which its files say.
func FormOf(b *lm.Base) (*Form, error) {
	f := &Form{tokenizer: b.Tokenizer()}
	config, _ := b.Companion(fileChat)
	file, _ := b.Companion(fileTemplate)
	if config == nil {
		config = []byte("{}")
	}
	c, err := chat.Read(config, file)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrForm, err)
	}
	if len(c.Templates) == 0 {
		return f, nil
	}
	if f.template, err = c.Default(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrForm, err)
	}
	f.options = chat.Options{Start: c.Start, End: c.End}
	// One that refuses this, or does too much for it, would refuse any record.
	if _, err := f.Document(context.Background(), licet.KindPost, licet.RoleMember, "a"); err != nil {
		return nil, err
	}
	return f, nil
}

// Document returns the ids of a record as it is learned: what was asked, and what a
// member wrote.
func (f *Form) Document(ctx context.Context, k licet.Kind, r licet.Role, text string) ([]int32, error) {
	if f.template == nil {
		return f.tokenizer.Document(heading(k, r) + text), nil
	}
	return f.talk(ctx, false, chat.Message{Role: "user", Content: request(k, r, "")}, chat.Message{Role: "assistant", Content: text})
}

// Prompt returns the ids that a draft goes on from, and the text that it begins with:
// about itself where the base just goes on, nothing where about is what it was asked for.
func (f *Form) Prompt(ctx context.Context, k licet.Kind, r licet.Role, about string) (ids []int32, opening string, err error) {
	about = strings.TrimSpace(about)
	if f.template == nil {
		return f.tokenizer.Prompt(heading(k, r) + about), about, nil
	}
	ids, err = f.talk(ctx, true, chat.Message{Role: "user", Content: request(k, r, about)})
	return ids, "", err
}

// talk renders a conversation. What people wrote can't end its turn in it.
func (f *Form) talk(ctx context.Context, answer bool, messages ...chat.Message) ([]int32, error) {
	for i := range messages {
		messages[i].Content = f.tokenizer.Shield(messages[i].Content)
	}
	o := f.options
	o.Prompt = answer
	text, err := f.template.Render(ctx, messages, o)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrForm, err)
	}
	return f.tokenizer.EncodeMarked(text), nil
}

// heading is the line that says what a text is: "post · manager".
func heading(k licet.Kind, r licet.Role) string { return called(k) + " · " + string(as(r)) + "\n" }

// request asks for a text, in the same words when it is learned and when it is drafted.
func request(k licet.Kind, r licet.Role, about string) string {
	ask := "Write as a " + string(as(r)) + " of a professional community: " + called(k) + "."
	if about != "" {
		ask += "\nAbout: " + about
	}
	return ask
}

func called(k licet.Kind) string { return strings.ReplaceAll(string(k), "_", " ") }

func as(r licet.Role) licet.Role {
	if r == "" {
		return licet.RoleMember
	}
	return r
}
