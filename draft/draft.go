// Package draft writes drafts with the served model, labels them as written by
// AI, counts them against a plan and measures how original they are.
package draft

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"licet"
	"licet/lm"
	"licet/train"
)

// ErrKind says that drafts of this kind are not written.
var ErrKind = errors.New("no such draft: use post, comment, message, job-offer or application")

// Kind turns what people type into the kind of record that a draft will be.
func Kind(name string) (licet.Kind, error) {
	k, ok := map[string]licet.Kind{
		"post": licet.KindPost, "comment": licet.KindComment, "message": licet.KindPrivateMessage, "job-offer": licet.KindJobOffer,
		"application": licet.KindApplication,
	}[name]
	if !ok {
		return "", fmt.Errorf("%w, not %q", ErrKind, name)
	}
	return k, nil
}

// A Request asks for a draft. What it says is never training data.
type Request struct {
	Member licet.MemberID // whose draft it is
	Kind   licet.Kind
	Role   licet.Role
	About  string // how it begins, or what it is about
	Seed   uint64
	Tokens int // at most; 0: 160
}

// A Draft is a text that nobody wrote, and says so.
type Draft struct {
	Text        string       `json:"text"`
	Label       string       `json:"label"`
	Model       licet.Digest `json:"model"`
	Originality Originality  `json:"originality"`
	Left        int          `json:"left"` // drafts of this month
}

// Label is what stands under every draft.
func Label(model licet.Digest) string {
	return licet.AssistantMark + model.Short() + "). Read it before you send it."
}

// learnedAs is the kind whose style a draft is written in: messages and
// applications are never learned from, so nothing knows how they sound.
func learnedAs(k licet.Kind) licet.Kind {
	switch k {
	case licet.KindPrivateMessage:
		return licet.KindComment
	case licet.KindApplication:
		return licet.KindAbout
	default:
		return k
	}
}

// Sampling is how drafts are written.
func Sampling(seed uint64, tokens int) lm.GenerateOptions {
	if tokens <= 0 {
		tokens = 160
	}
	return lm.GenerateOptions{MaxTokens: tokens, Temperature: 0.8, TopP: 0.92, RepetitionPenalty: 1.15, NoRepeat: 4, Seed: seed}
}

// Write writes the text of a draft, handing each piece to stream (nil: none)
// as it comes. It begins with what the request says.
func Write(ctx context.Context, m *lm.Model, r Request, stream func(piece string) error) (string, error) {
	t := m.Tokenizer()
	opening := strings.TrimSpace(r.About)
	prompt := slices.Concat([]int32{t.Start()}, t.Encode(train.Prompt(learnedAs(r.Kind), r.Role)+opening))
	if room := m.Context() - 32; len(prompt) > room {
		return "", fmt.Errorf("%w: shorten it to about %d words", lm.ErrPrompt, room/3)
	}
	var text strings.Builder
	put := func(piece string) error {
		text.WriteString(piece)
		if stream == nil || piece == "" {
			return nil
		}
		return stream(piece)
	}
	if err := put(opening); err != nil {
		return text.String(), err
	}
	var pending []int32 // until they are whole characters
	how := Sampling(r.Seed, r.Tokens)
	how.NewWord = opening != "" && !strings.ContainsAny(opening[len(opening)-1:], "-'’")
	for token, err := range m.Generate(ctx, prompt, how) {
		if err != nil {
			return text.String(), err
		}
		pending = append(pending, token)
		piece := t.Decode(pending)
		if strings.ToValidUTF8(piece, "") != piece && len(pending) < 4 {
			continue
		}
		pending = pending[:0]
		if err := put(strings.ToValidUTF8(piece, "")); err != nil {
			return text.String(), err
		}
	}
	return strings.TrimSpace(text.String()), nil
}
