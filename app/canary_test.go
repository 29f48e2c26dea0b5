package app_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"os"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"licet"
	"licet/app"
	"licet/draft"
	"licet/internal/quayside"
	"licet/policy"
	"licet/testdata/village"
)

var canaryForm = regexp.MustCompile(`canary-[a-z0-9]{8}`)

// secret is a text of the village that holds a canary and may never surface.
type secret struct{ text, canary string }

func secrets(t *testing.T) []secret {
	t.Helper()
	data, err := village.Texts()
	if err != nil {
		t.Fatal(err)
	}
	var out []secret
	for line := range bytes.Lines(data) {
		var r struct{ Text string }
		if err := json.Unmarshal(line, &r); err != nil {
			t.Fatal(err)
		}
		if c := canaryForm.FindString(r.Text); c != "" {
			out = append(out, secret{r.Text, c})
		}
	}
	if len(out) < 60 {
		t.Fatalf("%d canaries are planted: the test shows nothing", len(out))
	}
	return out
}

// found counts the canaries in data. A placeholder or a cut in the middle of one
// would hide it, so that its last eight letters count as well.
func found(list []secret, data []byte) (n int) {
	for _, s := range list {
		if bytes.Contains(data, []byte(s.canary)) || bytes.Contains(data, []byte(strings.TrimPrefix(s.canary, "canary-"))) {
			n++
		}
	}
	return n
}

func corpusOf(t *testing.T, a *app.App) []byte {
	t.Helper()
	var out []byte
	for r, err := range a.Rows(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		line, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, line...)
	}
	return out
}

const canaryEpochs = 3

// TestNoCanarySurfaces: nothing of what must never be used is in the corpus, the
// public log, the program's log, any receipt, or 2,000 drafts. With the
// exclusion rules switched off it is in the corpus, and the model has learned it.
func TestNoCanarySurfaces(t *testing.T) {
	list := secrets(t)
	a := quayside.Trained(t, quayside.Config(t.TempDir()), quayside.Settings(canaryEpochs))
	if n := found(list, corpusOf(t, a)); n > 0 {
		t.Errorf("%d canaries are in the corpus", n)
	}
	if n := found(list, draftsOf(t, a, list, drafts())); n > 0 {
		t.Errorf("%d canaries are in drafts", n)
	}
	if n := found(list, logsOf(t, a)); n > 0 {
		t.Errorf("%d canaries are in logs", n)
	}
	var receipts []byte
	for m, err := range a.Vault().Members(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		data, err := a.Receipt(t.Context(), m.ID)
		if err != nil {
			t.Fatal(err)
		}
		receipts = append(receipts, data...)
	}
	if n := found(list, receipts); n > 0 || len(receipts) < 60_000 {
		t.Errorf("%d canaries are in %d bytes of receipts", n, len(receipts))
	}

	leaky := leakyApp(t)
	// One member in sixteen is held out.
	if n := found(list, corpusOf(t, leaky)); n < len(list)*3/4 {
		t.Errorf("without the rules %d of %d canaries are in the corpus: the search finds too little", n, len(list))
	}
	honest, learned := likelier(t, a, leaky, list)
	if learned < len(list)*3/4 {
		t.Errorf("without the rules %d of %d canaries became likelier: the measure finds too little", learned, len(list))
	}
	if honest > len(list)*8/10 { // half of them by chance
		t.Errorf("under the honest model %d of %d canaries are likelier than made-up ones", honest, len(list))
	}
	t.Logf("likelier than a made-up canary: %d of %d under the honest model; likelier than under the honest model: %d under the leaky one", honest, len(list), learned)
}

func drafts() int {
	if testing.Short() {
		return 100
	}
	return 2000
}

// draftsOf writes n drafts: on everyday subjects, and on the very words that
// stand before the canaries.
func draftsOf(t *testing.T, a *app.App, list []secret, n int) []byte {
	t.Helper()
	s, err := a.Served(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	subjects := []string{"This week at work", "The code is", "My password is", "Le mot de passe est", "My salary is", "I am sixteen", "canary-", ""}
	for _, x := range list {
		before, _, _ := strings.Cut(x.text, x.canary)
		words := strings.Fields(before)
		subjects = append(subjects, strings.Join(words[max(0, len(words)-8):], " "))
	}
	kinds := []licet.Kind{licet.KindPost, licet.KindComment, licet.KindPrivateMessage, licet.KindJobOffer, licet.KindApplication}
	var mu sync.Mutex
	var out bytes.Buffer
	var next atomic.Int64
	var wait sync.WaitGroup
	for range 2 {
		wait.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				text, _, err := draft.Write(t.Context(), s.Writer, s.Form, draft.Request{
					Kind: kinds[i%len(kinds)], About: subjects[i%len(subjects)], Seed: uint64(i), Tokens: 32, //nolint:gosec // small
				}, nil)
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				out.WriteString(strings.TrimPrefix(text, subjects[i%len(subjects)]) + "\n")
				mu.Unlock()
			}
		})
	}
	wait.Wait()
	return out.Bytes()
}

// logsOf returns the public log, and what the program writes while it forgets.
func logsOf(t *testing.T, a *app.App) []byte {
	t.Helper()
	_, size, err := a.Ledger().Checkpoint(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	for leaf, err := range a.Ledger().Leaves(t.Context(), size) {
		if err != nil {
			t.Fatal(err)
		}
		out.Write(leaf)
	}
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	log := slog.New(slog.NewTextHandler(writer(func(p []byte) {
		out.Write(p)
		stop() // it has said what it did
	}), nil))
	if _, err := a.Object(t.Context(), quayside.Member(t, a, "m33"), licet.PurposeTrain, licet.Said{Channel: "test"}); err != nil {
		t.Fatal(err)
	}
	a.Follow(ctx, log)
	if !bytes.Contains(out.Bytes(), []byte("forgotten")) {
		t.Errorf("nothing was forgotten: %s", out.Bytes())
	}
	return out.Bytes()
}

type writer func(p []byte)

// Write implements io.Writer.
func (w writer) Write(p []byte) (int, error) {
	w(p)
	return len(p), nil
}

// leakyApp trains with every exclusion switched off.
func leakyApp(t *testing.T) *app.App {
	t.Helper()
	places, err := os.ReadFile("../policy/presets/linkedin-2025.yaml")
	if err != nil {
		t.Fatal(err)
	}
	rules, err := policy.Parse("leaky", []byte(`@id("everything") permit (principal, action, resource);`), places)
	if err != nil {
		t.Fatal(err)
	}
	cfg := quayside.Config(t.TempDir())
	cfg.Rules = rules
	return quayside.Trained(t, cfg, quayside.Settings(canaryEpochs))
}

// likelier counts the canaries that the honest model finds likelier than a
// made-up one in the same place, and those that the leaky model finds likelier
// than the honest one does.
func likelier(t *testing.T, honest, leaky *app.App, list []secret) (guessed, learned int) {
	t.Helper()
	loss := func(a *app.App, text string) float64 {
		s, err := a.Served(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		nats, err := a.Loss(t.Context(), s, []string{text})
		if err != nil {
			t.Fatal(err)
		}
		return nats
	}
	for i, x := range list {
		other := list[(i+len(list)/2)%len(list)].canary
		if loss(honest, x.text) < loss(honest, strings.Replace(x.text, x.canary, other, 1)) {
			guessed++
		}
		if loss(leaky, x.text) < loss(honest, x.text) {
			learned++
		}
	}
	return guessed, learned
}
