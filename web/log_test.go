package web_test

import (
	"context"
	"log/slog"
	"sync"
)

// newLog returns a log that tells when something was forgotten.
func newLog() *eventLog { return &eventLog{forgotten: make(chan struct{})} }

type eventLog struct {
	once      sync.Once
	forgotten chan struct{}
}

func (l *eventLog) logger() *slog.Logger                     { return slog.New(l) }
func (l *eventLog) Enabled(context.Context, slog.Level) bool { return true }
func (l *eventLog) WithAttrs([]slog.Attr) slog.Handler       { return l }
func (l *eventLog) WithGroup(string) slog.Handler            { return l }

// Handle implements slog.Handler.
func (l *eventLog) Handle(_ context.Context, r slog.Record) error {
	if r.Message == "forgotten" {
		l.once.Do(func() { close(l.forgotten) })
	}
	return nil
}
