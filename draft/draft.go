// Package draft writes drafts with the served model, labels them as written by
// AI, counts them against a plan and measures how original they are.
package draft

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode"

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

	Stop        []string // texts before which it ends
	Temperature *float64 // nil: as drafts are written
	TopP        *float64 // nil: as drafts are written
	LogProbs    bool     // tell how likely each token was
	Top         int      // and so many of the likeliest in its place
}

// A Part is a piece of a draft as it comes: whole characters, and the tokens
// whose text it ends, if the request wants to hear how likely they were.
type Part struct {
	Text   string
	Tokens []Token
}

// A Token is a piece of text, perhaps of a character, and the logarithm of its
// probability.
type Token struct {
	Text    string
	LogProb float64
	Top     []Token // the likeliest in its place, likeliest first
}

// A Draft is a text that nobody wrote, and says so.
type Draft struct {
	Text        string       `json:"text"`
	Label       string       `json:"label"`
	Model       licet.Digest `json:"model"`
	Originality Originality  `json:"originality"`
	Left        int          `json:"left"` // drafts of this month
	Written     Written      `json:"-"`
}

// Written tells how a text came about.
type Written struct {
	Finish         string // lm.FinishStop or lm.FinishLength
	Prompt, Answer int    // tokens that were read and written
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

func (r Request) sampling() lm.GenerateOptions {
	o := Sampling(r.Seed, r.Tokens)
	if r.Temperature != nil {
		o.Temperature = *r.Temperature
	}
	if r.TopP != nil {
		o.TopP = *r.TopP
	}
	o.Stop, o.LogProbs, o.Top = r.Stop, r.LogProbs, r.Top
	return o
}

// Write writes the text of a draft, handing each part to stream (nil: none) as
// it comes; f is the form of w's base. Where that is no conversation, the draft begins
// with what the request says. Blanks at its ends are dropped.
func Write(ctx context.Context, w *lm.Writer, f *train.Form, r Request, stream func(Part) error) (string, Written, error) {
	t := w.Model().Tokenizer()
	prompt, opening, err := f.Prompt(ctx, learnedAs(r.Kind), r.Role, r.About)
	how := Written{Prompt: len(prompt)}
	if err != nil {
		return "", how, err
	}
	if room := w.Model().Context() - 32; len(prompt) > room {
		return "", how, fmt.Errorf("%w: shorten it to about %d words", lm.ErrPrompt, room/3)
	}
	p := &parts{stream: stream}
	if err := p.put(opening); err != nil {
		return p.text.String(), how, err
	}
	o := r.sampling()
	o.NewWord = opening != "" && !strings.ContainsAny(opening[len(opening)-1:], "-'’")
	for piece, err := range w.Write(ctx, prompt, o) {
		if err != nil {
			return p.text.String(), how, err
		}
		if how.Finish = piece.Finish; how.Finish == "" {
			how.Answer++
			if r.LogProbs {
				p.tokens = append(p.tokens, token(t, lm.Choice{Token: piece.Token, LogProb: piece.LogProb}, piece.Top))
			}
		}
		if err := p.put(piece.Text); err != nil {
			return p.text.String(), how, err
		}
	}
	return p.text.String(), how, p.end()
}

func token(t *lm.Tokenizer, c lm.Choice, top []lm.Choice) Token {
	x := Token{Text: t.Piece(c.Token), LogProb: c.LogProb}
	for _, other := range top {
		x.Top = append(x.Top, token(t, other, nil))
	}
	return x
}

// parts collects a text and hands it on; blanks wait for what follows them.
type parts struct {
	stream func(Part) error
	text   strings.Builder
	blanks string
	tokens []Token
}

func (p *parts) put(piece string) error {
	whole := p.blanks + piece
	if p.text.Len() == 0 {
		whole = strings.TrimLeftFunc(whole, unicode.IsSpace)
	}
	shown := strings.TrimRightFunc(whole, unicode.IsSpace)
	p.blanks = whole[len(shown):]
	if shown == "" {
		return nil
	}
	p.text.WriteString(shown)
	return p.hand(shown)
}

// end hands on the tokens that only made blanks.
func (p *parts) end() error {
	if len(p.tokens) == 0 {
		return nil
	}
	return p.hand("")
}

func (p *parts) hand(text string) error {
	if p.stream == nil {
		return nil
	}
	part := Part{text, p.tokens}
	p.tokens = nil
	return p.stream(part)
}
