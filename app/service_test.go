package app_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"
	"unicode/utf8"

	"licet"
	"licet/app"
	"licet/internal/quayside"
	"licet/view/redact"
	"licet/view/redact/presidio"
)

// analyser is a Presidio service that takes every "ferry" for a person; while ill
// it says so.
type analyser struct{ ill atomic.Bool }

func (a *analyser) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if a.ill.Load() {
		http.Error(w, `{"error":"ill"}`, http.StatusInternalServerError)
		return
	}
	if r.URL.Path != "/analyze" {
		_ = json.NewEncoder(w).Encode([]string{"PERSON"})
		return
	}
	var in struct{ Text string }
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		http.Error(w, `{"error":"question"}`, http.StatusBadRequest)
		return
	}
	found := []map[string]any{}
	for at := 0; ; {
		n := strings.Index(in.Text[at:], "ferry")
		if n < 0 {
			break
		}
		start := utf8.RuneCountInString(in.Text[:at+n])
		found = append(found, map[string]any{"entity_type": "PERSON", "start": start, "end": start + len("ferry"), "score": 1})
		at += n + len("ferry")
	}
	_ = json.NewEncoder(w).Encode(found)
}

// TestAServiceIsPartOfWhatIsBuilt: what it sees is taken out, the manifest names its
// version, the clean build says the same, and without it nothing is built.
func TestAServiceIsPartOfWhatIsBuilt(t *testing.T) {
	ctx := t.Context()
	service := &analyser{}
	server := httptest.NewServer(service)
	defer server.Close()
	s := quayside.Settings(3)
	plain := quayside.New(t, quayside.Config(t.TempDir()), s)
	s.Presidio = &presidio.Config{URL: server.URL, Version: "1 of the test", Entities: map[string]redact.Label{"PERSON": redact.LabelName}}
	a := quayside.New(t, quayside.Config(t.TempDir()), s)
	for _, a := range []*app.App{plain, a} {
		if _, err := a.Advance(47 * 24 * time.Hour); err != nil {
			t.Fatal(err)
		}
	}

	service.ill.Store(true)
	before, err := a.Ledger().StateNow(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.Build(ctx, nil); !errors.Is(err, presidio.ErrUnavailable) {
		t.Fatalf("a build without the service: got %v", err)
	}
	if after, err := a.Ledger().StateNow(ctx); err != nil || after.Built.Run != before.Built.Run {
		t.Errorf("the log names a build that was stopped: %v", err)
	}
	service.ill.Store(false)
	r, err := a.Build(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := plain.Build(ctx, nil); err != nil {
		t.Fatal(err)
	}
	with, without := string(corpusOf(t, a)), string(corpusOf(t, plain))
	// One stands in a list of skills: only prose is asked for.
	if a, b := strings.Count(without, "ferry"), strings.Count(with, "ferry"); a != 2 || b != 1 {
		t.Errorf("the corpus without the service has %d ferries, with it %d, want 2 and 1", a, b)
	}
	client, err := presidio.New(*s.Presidio)
	if err != nil {
		t.Fatal(err)
	}
	if m, err := app.ManifestOf(a, r.Built.Manifest); err != nil || m.Rules != licet.Sum([]byte("licet-view-rules-v1\x00"+client.Rules())) {
		t.Errorf("the manifest names the rules %s (%v)", m.Rules, err)
	}
}

func TestSettingsOfAServiceThatCannotBeAreRefused(t *testing.T) {
	s := quayside.Settings(3)
	s.Presidio = &presidio.Config{URL: "http://192.0.2.7:3000", Version: "1"}
	if _, err := app.Create(t.Context(), quayside.Config(t.TempDir()), s); !errors.Is(err, presidio.ErrConfig) || !strings.Contains(err.Error(), "allow_remote") {
		t.Errorf("got %v", err)
	}
}
