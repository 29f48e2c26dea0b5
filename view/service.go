package view

import (
	"context"
	"fmt"
	"sync"

	"licet"
	"licet/view/redact"
)

// spanner is another program that sees what has to be taken out of a text, such as a
// Presidio Analyzer (view/redact/presidio). What it returns is joined with what
// view/redact finds.
type spanner interface {
	// Spans is a pure function of the text and its language, "" where that can't be told.
	Spans(ctx context.Context, text, language string) ([]redact.Span, error)
	// Rules is everything that its answers depend on besides.
	Rules() string
}

// An Option changes how a View reads.
type Option func(*View)

// Asking has every text that is prose seen by s too. Where s fails, what was asked of
// the View fails: nothing is given out that it did not see.
func Asking(s spanner) Option { return func(v *View) { v.service = s } }

// Rules names what passages depend on besides vault, policy and program; the zero
// digest where that is nothing.
func (v *View) Rules() licet.Digest {
	if v.service == nil {
		return licet.Digest{}
	}
	return licet.Sum([]byte("licet-view-rules-v1\x00" + v.service.Rules()))
}

// A failure is the first error of a service. It lasts as long as its Look: a text that
// was not seen may be in it.
type failure struct {
	mu  sync.Mutex
	err error
}

func (f *failure) set(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.err == nil {
		f.err = err
	}
}

func (f *failure) Err() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.err
}

// asked returns what the service sees in a text whose platform states a language; nil
// where there is no service. An error is kept in l.failed: who calls looks there
// before anything is given out.
func (l *Look) asked(stated string) func(text string) []redact.Span {
	if l.v.service == nil {
		return nil
	}
	return func(text string) []redact.Span {
		if l.failed.Err() != nil {
			return nil
		}
		// The service bounds its own time; a look that is given up ends with its next record.
		spans, err := l.v.service.Spans(context.Background(), text, l.v.language(text, stated))
		if err != nil {
			l.failed.set(fmt.Errorf("redact: %w", err))
		}
		return spans
	}
}
