package web_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"licet"
	"licet/internal/quayside"
)

// browser starts a real browser; every tab is a context made from it.
func browser(t *testing.T) context.Context {
	t.Helper()
	options := []chromedp.ExecAllocatorOption{chromedp.Headless, chromedp.DisableGPU, chromedp.NoFirstRun, chromedp.NoDefaultBrowserCheck}
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox) // it refuses to run as root otherwise
	}
	allocator, stop := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(stop)
	ctx, cancel := chromedp.NewContext(allocator)
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("start the browser (Debian package chromium): %v", err)
	}
	return ctx
}

const (
	theSwitch = chromedp.CSS("#switch")
	switchOn  = chromedp.CSS(`#switch[aria-checked="true"]`)
	switchOff = chromedp.CSS(`#switch[aria-checked="false"]`)
)

// tab drives one page; the first error ends the test.
type tab struct {
	*testing.T
	ctx context.Context //nolint:containedctx // a tab is a context
}

func (p tab) do(steps ...chromedp.Action[chromedp.Void]) {
	p.Helper()
	if err := chromedp.Do(p.ctx, steps...); err != nil {
		p.Fatal(err)
	}
}

func read[T any](p tab, a chromedp.Action[T]) T {
	p.Helper()
	v, err := chromedp.Run(p.ctx, a)
	if err != nil {
		p.Fatal(err)
	}
	return v
}

// shot keeps a picture of the page in LICET_SCREENSHOTS, where that is set.
func (p tab) shot(when string) {
	p.Helper()
	dir := os.Getenv("LICET_SCREENSHOTS")
	if dir == "" {
		return
	}
	name := strings.NewReplacer("/", "-", ",", "", " ", "-").Replace(p.Name() + "-" + when)
	if err := os.WriteFile(filepath.Join(dir, name+".png"), read(p, chromedp.FullScreenshot(100)), 0o600); err != nil {
		p.Fatal(err)
	}
}

// TestTheSwitchInABrowser signs in, moves the switch to and fro and reads what
// the page says, in both languages, with and without JavaScript, on a narrow and
// on a wide screen.
func TestTheSwitchInABrowser(t *testing.T) {
	b := browser(t)
	for _, lang := range []language{
		{"en", "Data for generative AI improvement", "On", "Off", "That is not consent", "you objected on", []string{"You permitted: to train for this community", "What it can't show"}},
		{"fr", "Données pour l'amélioration de l'IA générative", "Activé", "Désactivé", "Ce n'est pas un consentement", "vous avez refusé le", []string{"Vous avez permis : pour entraîner au profit de cette communauté", "Ce qu'il ne peut pas montrer"}},
	} {
		for _, scripts := range []bool{true, false} {
			for _, width := range []int64{360, 1440} {
				t.Run(fmt.Sprintf("%s, scripts %v, %d px", lang.tag, scripts, width), func(t *testing.T) {
					ctx, cancel := chromedp.NewContext(b)
					defer cancel()
					ctx, stop := context.WithTimeout(ctx, time.Minute)
					defer stop()
					p := tab{t, ctx}
					p.do(chromedp.EmulateViewport(width, 900))
					if _, err := chromedp.Call(ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !scripts}); err != nil {
						t.Fatal(err)
					}
					p.useSwitch(open(t, true), lang, scripts)
				})
			}
		}
	}
}

type language struct {
	tag, label, on, off, silence, objected string
	paper                                  []string
}

func (p tab) useSwitch(s site, lang language, scripts bool) {
	p.do(
		chromedp.Navigate(s.url+"/sign-in?lang="+lang.tag),
		chromedp.SetValue(chromedp.CSS("#member"), "village/m33"),
		chromedp.Click(chromedp.CSS("form.card button")),
		chromedp.WaitVisible(switchOn),
	)
	if got := read(p, chromedp.Text(chromedp.CSS("#switch-label"))); got != lang.label {
		p.Errorf("the switch is called %q, want %q", got, lang.label)
	}
	if got := read(p, chromedp.Text(chromedp.CSS("#switch .word"))); got != lang.on {
		p.Errorf("it says %q, want %q", got, lang.on)
	}
	if got := read(p, chromedp.Evaluate[string](`typeof htmx`)); (got == "object") != scripts {
		p.Errorf("htmx is %s with scripts %v", got, scripts)
	}
	if got := read(p, chromedp.Text(chromedp.CSS("#switch-state"))); !strings.Contains(got, lang.silence) {
		p.Errorf("silence is shown as %q", got)
	}
	p.shot("before")
	p.do(chromedp.Click(theSwitch), chromedp.WaitVisible(switchOff))
	if got := read(p, chromedp.Text(chromedp.CSS("#switch .word"))); got != lang.off {
		p.Errorf("it says %q, want %q", got, lang.off)
	}
	if got := read(p, chromedp.Text(chromedp.CSS("#switch-state"))); !strings.Contains(got, lang.objected) {
		p.Errorf("the state is %q", got)
	}
	if read(p, chromedp.Evaluate[bool](`document.documentElement.scrollWidth > document.documentElement.clientWidth`)) {
		p.Error("the page is wider than the screen")
	}
	p.shot("after")
	s.verdict("m33", licet.Refused)
	// And back, by keyboard.
	p.do(chromedp.Focus(theSwitch), chromedp.KeyEvent(kb.Enter), chromedp.WaitVisible(switchOn))
	s.verdict("m33", licet.Permitted)
	// What they chose, to read and to print.
	p.do(chromedp.Navigate(s.url+"/privacy/paper?lang="+lang.tag), chromedp.WaitVisible(chromedp.CSS("main table")))
	text := read(p, chromedp.Text(chromedp.CSS("main")))
	for _, want := range lang.paper {
		if !strings.Contains(text, want) {
			p.Errorf("the paper says %q, want %q", text, want)
		}
	}
	if read(p, chromedp.Evaluate[bool](`document.documentElement.scrollWidth > document.documentElement.clientWidth`)) {
		p.Error("the paper is wider than the screen")
	}
	p.shot("paper")
}

// verdict fails unless the log has it, and how it was said.
func (s site) verdict(ref string, want licet.Verdict) {
	s.Helper()
	state, err := s.app.Ledger().StateNow(s.Context())
	if err != nil {
		s.Fatal(err)
	}
	m := state.Members[quayside.Member(s.T, s.app, ref)]
	if got := m.Verdict(licet.PurposeTrain); got != want {
		s.Errorf("the log has %s, want %s", got, want)
	}
	if said := m.Choices[licet.PurposeTrain].Said; said.Channel != "web" || said.Screen == "" || said.Notice == "" || said.Language == "" {
		s.Errorf("the log does not say how it was said: %+v", said)
	}
}
