package cli

import (
	"os"
	"sync"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"licet/app"
)

// terminal returns where a bar can be drawn, or nil.
func (c *command) terminal() *os.File {
	f, ok := c.Err.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) { //nolint:gosec // a file descriptor fits
		return nil
	}
	return f
}

// progress draws a bar on a terminal and nothing elsewhere.
func (c *command) progress() app.Progress {
	f := c.terminal()
	if f == nil {
		return nil
	}
	var mu sync.Mutex
	var bar *progressbar.ProgressBar
	return func(what string, done, total int) {
		if total == 0 {
			return
		}
		mu.Lock()
		defer mu.Unlock()
		if bar == nil {
			bar = progressbar.NewOptions(total, progressbar.OptionSetWriter(f), progressbar.OptionSetDescription(what), progressbar.OptionClearOnFinish(),
				progressbar.OptionShowCount(), progressbar.OptionShowIts(), progressbar.OptionSetPredictTime(true))
		}
		_ = bar.Set(done) // a bar that can't be drawn stops nothing
		if done == total {
			bar = nil
		}
	}
}
