package presidio_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
	"unicode/utf8"

	"licet/view/redact"
	"licet/view/redact/presidio"
)

// fake is an analyser that follows the documented protocol, its errors too: it finds
// every "Ann Tollgate", and counts characters.
type fake struct {
	asked, busy, most atomic.Int64
	mu                sync.Mutex
	fail              []int // statuses to answer /analyze with, one after the other; 0 hangs up
	hold              chan struct{}
	answer            string // to /analyze, instead of what is found
}

func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch r.Method + " " + r.URL.Path {
	case "GET /health":
		_, _ = w.Write([]byte("Presidio Analyzer service is up"))
	case "GET /supportedentities":
		f.kinds(w, r.URL.Query().Get("language"))
	case "POST /analyze":
		f.analyze(w, r)
	default:
		say(w, http.StatusNotFound, map[string]string{"error": "not found"})
	}
}

func say(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v)
}

func (f *fake) kinds(w http.ResponseWriter, language string) {
	switch language {
	case "en", "fr":
		say(w, http.StatusOK, []string{"PERSON", "EMAIL_ADDRESS", "PHONE_NUMBER", "CREDIT_CARD", "IBAN_CODE", "IP_ADDRESS", "URL", "LOCATION"})
	default:
		say(w, http.StatusInternalServerError, map[string]string{"error": "no recognisers for " + language})
	}
}

func (f *fake) analyze(w http.ResponseWriter, r *http.Request) {
	f.asked.Add(1)
	f.most.Store(max(f.most.Load(), f.busy.Add(1)))
	defer f.busy.Add(-1)
	if f.hold != nil {
		<-f.hold
	}
	f.mu.Lock()
	status := http.StatusOK
	if len(f.fail) > 0 {
		status, f.fail = f.fail[0], f.fail[1:]
	}
	f.mu.Unlock()
	var in struct {
		Text, Language string
		Entities       []string
		Threshold      float64 `json:"score_threshold"`
	}
	switch err := json.NewDecoder(r.Body).Decode(&in); {
	case status == 0:
		panic(http.ErrAbortHandler)
	case err != nil || in.Text == "" || in.Language == "":
		say(w, http.StatusInternalServerError, map[string]string{"error": "No text provided"})
		return
	case status != http.StatusOK:
		say(w, status, map[string]string{"error": "about " + in.Text})
		return
	case f.answer != "":
		_, _ = w.Write([]byte(f.answer))
		return
	}
	found := []map[string]any{}
	const name = "Ann Tollgate"
	for at := 0; slices.Contains(in.Entities, "PERSON") && in.Threshold <= .85; {
		n := strings.Index(in.Text[at:], name)
		if n < 0 {
			break
		}
		start := utf8.RuneCountInString(in.Text[:at+n])
		found = append(found, map[string]any{"entity_type": "PERSON", "start": start, "end": start + len(name), "score": .85, "analysis_explanation": nil})
		at += n + len(name)
	}
	say(w, http.StatusOK, found)
}

func serve(t *testing.T, f *fake) presidio.Config {
	t.Helper()
	s := httptest.NewServer(f)
	t.Cleanup(s.Close)
	return presidio.Config{URL: s.URL, Version: "a fake, 1"}
}

func client(t *testing.T, cfg presidio.Config) *presidio.Client {
	t.Helper()
	c, err := presidio.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	presidio.Hurry(c)
	return c
}

func TestCharactersBecomeBytes(t *testing.T) {
	c := client(t, serve(t, &fake{}))
	for _, text := range []string{
		"Ann Tollgate", "É 🔧 Ann Tollgate, été", "👩\u200d🔧\u0301 Ann Tollgate and Ann Tollgate", "nobody", "", " \n", "\xff\xfe Ann Tollgate \xc3",
	} {
		got, err := c.Spans(t.Context(), text, "en")
		if err != nil {
			t.Fatal(err)
		}
		var want []redact.Span
		for at := 0; strings.Contains(text[at:], "Ann Tollgate"); {
			at += strings.Index(text[at:], "Ann Tollgate")
			want = append(want, redact.Span{Start: at, End: at + 12, Label: redact.LabelName})
			at += 12
		}
		if !slices.Equal(got, want) {
			t.Errorf("%q: got %v, want %v", text, got, want)
		}
	}
}

// TestALongTextIsAskedForInParts: what is found is where it was, in every part.
func TestALongTextIsAskedForInParts(t *testing.T) {
	f := &fake{}
	c := client(t, serve(t, f))
	for _, text := range []string{
		strings.Repeat("A line of é words.\n", 9000) + "Ann Tollgate", strings.Repeat("words ", 40_000) + "Ann Tollgate", strings.Repeat("é", 120_000) + " Ann Tollgate",
	} {
		f.asked.Store(0)
		got, err := c.Spans(t.Context(), text, "en")
		want := []redact.Span{{Start: len(text) - 12, End: len(text), Label: redact.LabelName}}
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("got %v, %v, want %v", got, err, want)
		}
		if n := f.asked.Load(); n < 2 || n > 4 {
			t.Errorf("a text of %d bytes was asked for in %d parts", len(text), n)
		}
	}
}

func TestItIsAskedAgainWhereThatMayHelp(t *testing.T) {
	for _, c := range []struct {
		what  string
		fail  []int
		asked int64
		ok    bool
	}{
		{"a proxy that waits for it", []int{503, 502, 504}, 4, true},
		{"a limit of speed", []int{429}, 2, true},
		{"a connection that breaks", []int{0, 0}, 3, true},
		{"it stays away", []int{503, 503, 503, 503, 503}, 4, false},
		{"it refuses the text", []int{500}, 1, false},
		{"it refuses the question", []int{400}, 1, false},
		{"it is another service", []int{302}, 1, false},
	} {
		f := &fake{fail: c.fail}
		got, err := client(t, serve(t, f)).Spans(t.Context(), "Ann Tollgate", "en")
		if (err == nil) != c.ok || c.ok != (len(got) == 1) || f.asked.Load() != c.asked {
			t.Errorf("%s: got %v, %v after %d questions, want %d", c.what, got, err, f.asked.Load(), c.asked)
		}
		if err != nil && (!errors.Is(err, presidio.ErrUnavailable) || strings.Contains(err.Error(), "Tollgate")) {
			t.Errorf("%s: error %v", c.what, err)
		}
	}
}

func TestAnswersThatAreNoneStopTheBuild(t *testing.T) {
	for _, answer := range []string{
		`no JSON`, `{}`, `null`, `{"error":"x"}`, `[{"entity_type":"PERSON","start":0,"end":13,"score":1}]`, `[{"entity_type":"PERSON","start":-1,"end":2,"score":1}]`,
		`[{"entity_type":"PERSON","start":2,"end":2,"score":1}]`, `[{"entity_type":"SHOE","start":0,"end":2,"score":1}]`, `[{"entity_type":"PERSON","end":2,"score":1}]`,
		`[{"entity_type":"PERSON","start":0,"end":2}]`, `[{"entity_type":"PERSON","start":0.5,"end":2,"score":1}]`, "[" + strings.Repeat(" ", 17<<20) + "]",
	} {
		got, err := client(t, serve(t, &fake{answer: answer})).Spans(t.Context(), "Ann Tollgate", "en")
		if !errors.Is(err, presidio.ErrUnavailable) || got != nil || strings.Contains(err.Error(), "Tollgate") {
			t.Errorf("%.60s: got %v, %v", answer, got, err)
		}
	}
	c := client(t, serve(t, &fake{answer: `[{"entity_type":"PERSON","start":0,"end":3,"score":0.2}, {"entity_type":"PERSON","start":4,"end":12,"score":1,"more":[]}]`}))
	got, err := c.Spans(t.Context(), "Ann Tollgate", "en")
	if want := []redact.Span{{Start: 4, End: 12, Label: redact.LabelName}}; err != nil || !slices.Equal(got, want) {
		t.Errorf("got %v, %v, want %v: what is less sure than the threshold is left out", got, err, want)
	}
}

func TestNobodyThere(t *testing.T) {
	s := httptest.NewServer(http.NotFoundHandler())
	cfg := presidio.Config{URL: s.URL, Version: "1"}
	if _, err := client(t, cfg).Spans(t.Context(), "a text", "en"); !errors.Is(err, presidio.ErrUnavailable) {
		t.Errorf("another server: got %v", err)
	}
	s.Close()
	c := client(t, cfg)
	for range 2 { // and no error is remembered
		if _, err := c.Spans(t.Context(), "a text", "en"); !errors.Is(err, presidio.ErrUnavailable) {
			t.Errorf("no server: got %v", err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.Spans(ctx, "a text", "en"); !errors.Is(err, context.Canceled) {
		t.Errorf("who gives up: got %v", err)
	}
}

func TestKindsThatItDoesNotKnowAreToldAtOnce(t *testing.T) {
	f := &fake{}
	cfg := serve(t, f)
	cfg.Entities = map[string]redact.Label{"PERSON": redact.LabelName, "MOON_PHASE": redact.LabelNationalID}
	_, err := client(t, cfg).Spans(t.Context(), "a text", "en")
	if !errors.Is(err, presidio.ErrConfig) || !strings.Contains(err.Error(), "MOON_PHASE") || f.asked.Load() != 0 {
		t.Errorf("got %v after %d questions", err, f.asked.Load())
	}
	cfg.Entities, cfg.Languages = nil, []string{"en", "xx"}
	if _, err := client(t, cfg).Spans(t.Context(), "a text", "en"); !errors.Is(err, presidio.ErrUnavailable) {
		t.Errorf("a language that it does not know: got %v", err)
	}
}

// TestManyAtOnce asks from many goroutines; the service never has more than it may.
func TestManyAtOnce(t *testing.T) {
	f := &fake{hold: make(chan struct{})}
	cfg := serve(t, f)
	cfg.Concurrency = 3
	c := client(t, cfg)
	var wg sync.WaitGroup
	for i := range 24 {
		wg.Go(func() {
			text := fmt.Sprintf("%s Ann Tollgate", strings.Repeat("é", i))
			got, err := c.Spans(t.Context(), text, "fr")
			if err != nil || len(got) != 1 || got[0].End != len(text) {
				t.Errorf("%d: got %v, %v", i, got, err)
			}
		})
	}
	for range 24 {
		f.hold <- struct{}{}
	}
	wg.Wait()
	if n := f.most.Load(); n > 3 {
		t.Errorf("%d questions at once, want at most 3", n)
	}
}

func TestTextStaysNear(t *testing.T) {
	ok := func(at string) presidio.Config { return presidio.Config{URL: at, Version: "1"} }
	for _, at := range []string{"http://127.0.0.1:3000", "http://[::1]:3000/a", "https://10.1.2.3", "http://192.168.1.1", "http://presidio.internal"} {
		if _, err := presidio.New(ok(at)); err != nil {
			t.Errorf("%s: %v", at, err)
		}
	}
	for _, at := range []string{"", "127.0.0.1:3000", "ftp://127.0.0.1", "http://u:p@127.0.0.1", "http://127.0.0.1?a=b", "http://192.0.2.1", "http://[2001:db8::1]:80"} {
		if _, err := presidio.New(ok(at)); !errors.Is(err, presidio.ErrConfig) {
			t.Errorf("%s: got %v", at, err)
		}
	}
	for _, bad := range []presidio.Config{
		{URL: "http://127.0.0.1"},
		{URL: "http://127.0.0.1", Version: "1", Threshold: 2},
		{URL: "http://127.0.0.1", Version: "1", Concurrency: -1},
		{URL: "http://127.0.0.1", Version: "1", Entities: map[string]redact.Label{"PERSON": "shoe"}},
	} {
		if _, err := presidio.New(bad); !errors.Is(err, presidio.ErrConfig) {
			t.Errorf("%+v: got %v", bad, err)
		}
	}
	far := ok("http://192.0.2.1")
	far.AllowRemote = true
	if _, err := presidio.New(far); err != nil {
		t.Errorf("where it is allowed: %v", err)
	}
	// A name is looked at when it is dialled: TEST-NET-1 is nobody's, and is never reached.
	start := time.Now()
	named := client(t, ok("http://192.0.2.1.example:9"))
	presidio.Resolve(named, "192.0.2.1:9")
	if _, err := named.Spans(t.Context(), "a text", "en"); err == nil || !strings.Contains(err.Error(), "allow_remote") || time.Since(start) > 3*time.Second {
		t.Errorf("a name that leads away: got %v after %v", err, time.Since(start))
	}
}

// TestNoRedirectionIsFollowed: another address would get the text.
func TestNoRedirectionIsFollowed(t *testing.T) {
	var reached atomic.Bool
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached.Store(true) }))
	defer other.Close()
	s := httptest.NewServer(http.RedirectHandler(other.URL, http.StatusTemporaryRedirect))
	defer s.Close()
	if _, err := client(t, presidio.Config{URL: s.URL, Version: "1"}).Spans(t.Context(), "a text", "en"); err == nil || reached.Load() {
		t.Errorf("got %v; the other server was reached: %v", err, reached.Load())
	}
}

func TestTheRulesNameWhatAnswersDependOn(t *testing.T) {
	rules := func(change func(*presidio.Config)) string {
		cfg := presidio.Config{URL: "http://127.0.0.1:3000", Version: "presidio-analyzer 2.2.366, en_core_web_sm 3.8.0"}
		change(&cfg)
		return client(t, cfg).Rules()
	}
	plain := rules(func(*presidio.Config) {})
	const want = `presidio-v1 {"version":"presidio-analyzer 2.2.366, en_core_web_sm 3.8.0","languages":["en"],"entities":{"CREDIT_CARD":"card","EMAIL_ADDRESS":"email",` +
		`"IBAN_CODE":"iban","IP_ADDRESS":"ip","PERSON":"name","PHONE_NUMBER":"phone","URL":"url"},"threshold":0.5,"longest":100000}`
	if plain != want {
		t.Errorf("got %s, want %s", plain, want)
	}
	for what, same := range map[string]struct {
		change func(*presidio.Config)
		same   bool
	}{
		"another address":   {func(c *presidio.Config) { c.URL = "http://127.0.0.1:4000" }, true},
		"more at a time":    {func(c *presidio.Config) { c.Concurrency = 9 }, true},
		"another version":   {func(c *presidio.Config) { c.Version = "2" }, false},
		"another threshold": {func(c *presidio.Config) { c.Threshold = .6 }, false},
		"more languages":    {func(c *presidio.Config) { c.Languages = []string{"en", "fr"} }, false},
		"other kinds":       {func(c *presidio.Config) { c.Entities = map[string]redact.Label{"PERSON": redact.LabelName} }, false},
	} {
		if got := rules(same.change); (got == plain) != same.same {
			t.Errorf("%s: %s", what, got)
		}
	}
}

func FuzzAnswer(f *testing.F) {
	for _, s := range []string{
		`[]`, `[{"entity_type":"PERSON","start":0,"end":3,"score":0.85}]`, `[{"entity_type":"PERSON","start":1,"end":99,"score":1}]`, `{"error":"x"}`, `[null]`, `[{"start":-9223372036854775808}]`,
	} {
		f.Add(s, "Ann, été 🔧")
	}
	f.Fuzz(func(t *testing.T, answer, text string) {
		spans, err := presidio.Answer(answer, text)
		if err != nil && (spans != nil || !errors.Is(err, presidio.ErrUnavailable)) {
			t.Fatalf("%q: %v, %v", answer, spans, err)
		}
		for _, s := range spans {
			if s.Start < 0 || s.End <= s.Start || s.End > len(text) || utf8.ValidString(text) && !utf8.ValidString(text[s.Start:s.End]) {
				t.Fatalf("%q in %q: %v", answer, text, s)
			}
		}
	})
}
