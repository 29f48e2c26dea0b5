package web_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"licet"
	"licet/app"
	"licet/internal/quayside"
	"licet/ledger"
	"licet/web"
)

// site is a server over a trained village, and a client.
type site struct {
	*testing.T
	app *app.App
	url string
}

func open(t *testing.T, demo bool) site {
	t.Helper()
	a := quayside.Trained(t, quayside.Config(t.TempDir()), quayside.Settings(3))
	s, err := web.New(a, web.Options{Demo: demo})
	if err != nil {
		t.Fatal(err)
	}
	h := httptest.NewServer(s)
	t.Cleanup(h.Close)
	return site{t, a, h.URL}
}

func (s site) pass(ref string) string {
	return web.Pass(s.app, quayside.Member(s.T, s.app, ref), s.app.Now().Add(time.Hour))
}

// reply is what a test looks at beside the body.
type reply struct {
	StatusCode int
	Header     http.Header
}

// ask sends a request and returns status, header and body.
func (s site) ask(method, path, pass, body string, headers ...string) (reply, string) {
	s.Helper()
	r, err := http.NewRequestWithContext(s.Context(), method, s.url+path, strings.NewReader(body))
	if err != nil {
		s.Fatal(err)
	}
	if pass != "" {
		r.Header.Set("Authorization", "Bearer "+pass)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Do(r)
	if err != nil {
		s.Fatal(err)
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		s.Fatal(err)
	}
	return reply{resp.StatusCode, resp.Header}, string(data)
}

// TestEveryRouteForEveryRole tests every cell of the table of routes.
func TestEveryRouteForEveryRole(t *testing.T) {
	s := open(t, false)
	server, err := web.New(s.app, web.Options{})
	if err != nil {
		t.Fatal(err)
	}
	routes := server.Routes()
	if len(routes) < 15 {
		t.Fatalf("%d routes", len(routes))
	}
	expired := web.Pass(s.app, quayside.Member(t, s.app, "m02"), s.app.Now().Add(-time.Second))
	forged := []byte(s.pass("m02"))
	forged[3] ^= 1 // another member's id under the same authentication
	for _, r := range routes {
		path := strings.NewReplacer("{$}", "", "{file}", "licet.css", "{purpose}", "train", "{path...}", "0/000.p/1").Replace(r.Path)
		body := ""
		switch path {
		case "/v1/chat/completions":
			body = `{"messages":[{"role":"user","content":"Rain"}],"max_tokens":2}`
		case "/api/choices/train":
			body = `{"choice":"consent"}`
		case "/privacy/choice":
			body = "choice=consent"
		case "/sign-in":
			body = "pass=" + s.pass("m02")
		}
		for who, pass := range map[string]string{"nobody": "", "a member": s.pass("m02"), "an expired pass": expired, "a forged pass": string(forged), "nonsense": "x.y.z"} {
			resp, _ := s.ask(r.Method, path, pass, body, "Content-Type", "application/x-www-form-urlencoded")
			got := resp.StatusCode
			allowed := r.Role == web.Anyone || who == "a member"
			switch {
			case allowed && got >= 400:
				t.Errorf("%s %s by %s: %d", r.Method, r.Path, who, got)
			case !allowed && r.Page && (got != http.StatusSeeOther || resp.Header.Get("Location") != "/sign-in"):
				t.Errorf("%s %s by %s: %d, want to be sent to the sign-in", r.Method, r.Path, who, got)
			case !allowed && !r.Page && got != http.StatusUnauthorized:
				t.Errorf("%s %s by %s: %d, want 401", r.Method, r.Path, who, got)
			}
			if csp := resp.Header.Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'none'") {
				t.Errorf("%s %s: content security policy %q", r.Method, r.Path, csp)
			}
		}
	}
}

func TestAnotherSiteCantMoveTheSwitch(t *testing.T) {
	s := open(t, true)
	resp, _ := s.ask("POST", "/privacy/choice", s.pass("m02"), "choice=object", "Content-Type", "application/x-www-form-urlencoded", "Sec-Fetch-Site", "cross-site", "Origin", "https://elsewhere.example")
	if resp.StatusCode != http.StatusForbidden {
		t.Errorf("a form of another site: %d, want 403", resp.StatusCode)
	}
	state, err := s.app.Ledger().StateNow(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if v := state.Members[quayside.Member(t, s.app, "m02")].Verdict(licet.PurposeTrain); v != licet.Undecided {
		t.Errorf("the choice is %s", v)
	}
}

func TestOnlyADemonstrationLetsAnybodySignInAsAnybody(t *testing.T) {
	for _, demo := range []bool{false, true} {
		s := open(t, demo)
		resp, body := s.ask("POST", "/sign-in", "", "member=village/m02", "Content-Type", "application/x-www-form-urlencoded")
		if ok := resp.StatusCode == http.StatusSeeOther; ok != demo {
			t.Errorf("demo %v: signing in by name gave %d", demo, resp.StatusCode)
		}
		if !demo && strings.Contains(body, "Fennimore") {
			t.Error("the sign-in page of a real community lists its members")
		}
	}
}

// TestAPassGivesASession: a pass in a form opens a session in a cookie that
// scripts can't read.
func TestAPassGivesASession(t *testing.T) {
	s := open(t, true)
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Jar: jar}
	r, err := http.NewRequestWithContext(t.Context(), "POST", s.url+"/sign-in", strings.NewReader(url.Values{"pass": {s.pass("m37")}}.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Accept-Language", "fr-FR,fr;q=0.9")
	resp, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	page, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"Données pour l&#39;amélioration de l&#39;IA générative", "Apolline Verdier-Lacombe", `lang="fr"`} {
		if !bytes.Contains(page, []byte(want)) {
			t.Errorf("the page lacks %q", want)
		}
	}
}

type completion struct {
	Model   string
	Choices []struct {
		Message struct{ Content string }
		Delta   struct{ Content string }
	}
	Licet struct {
		Label string
		Left  int
	}
	Error *struct{ Code, Message string }
}

// served is what /v1/models says.
type served struct {
	ID    string
	Licet struct {
		Adapter licet.Digest
		Exact   bool
		Shards  []struct {
			Shard, Slices, Of int
			Checkpoint        licet.Digest
		}
	}
}

func (s site) models() served {
	s.Helper()
	_, body := s.ask("GET", "/v1/models", "", "")
	var list struct{ Data []served }
	if err := json.Unmarshal([]byte(body), &list); err != nil || len(list.Data) != 1 {
		s.Fatalf("models: %v: %s", err, body)
	}
	return list.Data[0]
}

const rain = `{"model":"licet","messages":[{"role":"system","content":"x"},{"role":"user","content":"Rain on the"}],"max_tokens":8,"seed":4}`

// TestObjectionIsServedByTheNextAnswer: the very next answer names a model that
// never saw the member, and after forgetting it is the exact one again.
func TestObjectionIsServedByTheNextAnswer(t *testing.T) {
	s := open(t, true)
	before := s.models()
	member := quayside.Member(t, s.app, "m33")
	was, err := s.app.Served(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if !was.Knows(member) {
		t.Fatal("the model has not learned from m33: the test shows nothing")
	}
	resp, body := s.ask("PUT", "/api/choices/train", s.pass("m33"), `{"choice":"object","language":"en"}`)
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("object: %d %s", resp.StatusCode, body)
	}
	_, body = s.ask("POST", "/v1/chat/completions", s.pass("m02"), rain)
	var c completion
	if err := json.Unmarshal([]byte(body), &c); err != nil {
		t.Fatal(err)
	}
	after := s.models()
	if c.Model == before.ID || c.Model != after.ID || after.Licet.Exact {
		t.Fatalf("the next answer is by %s; before it was %s, listed is %s, exact %v", c.Model, before.ID, after.ID, after.Licet.Exact)
	}
	for i, shard := range after.Licet.Shards {
		for slice, cell := range was.Learned.Cells[i*was.Of : (i+1)*was.Of] {
			for _, who := range cell.Lineage {
				if who == member && shard.Slices > slice {
					t.Errorf("shard %d is served with slice %d, which learned from the member", i, slice)
				}
			}
		}
		if shard.Checkpoint != was.Learned.Checkpoints[i][shard.Slices] {
			t.Errorf("shard %d: checkpoint %s is not the one after %d slices", i, shard.Checkpoint.Short(), shard.Slices)
		}
	}
	if _, err := s.app.Forget(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	clean, err := s.app.Clean(t.Context(), quayside.Config(t.TempDir()), nil)
	if err != nil {
		t.Fatal(err)
	}
	if end := s.models(); end.Licet.Adapter != clean.Adapter || !end.Licet.Exact {
		t.Errorf("after forgetting %s is served (exact %v), the clean build is %s", end.Licet.Adapter.Short(), end.Licet.Exact, clean.Adapter.Short())
	}
}

// hooked calls after each server-sent event that passes through, and before the
// handler goes on.
type hooked struct {
	http.ResponseWriter
	after func()
}

func (h hooked) Unwrap() http.ResponseWriter { return h.ResponseWriter }

func (h hooked) Write(p []byte) (int, error) {
	n, err := h.ResponseWriter.Write(p)
	if bytes.HasPrefix(p, []byte("data: ")) {
		h.after()
	}
	return n, err
}

// TestAStreamStopsWhenItsModelIsWithdrawn: not one more token comes from
// weights that learned from somebody who has just objected. The objection
// comes between two tokens, on the goroutine that writes them.
func TestAStreamStopsWhenItsModelIsWithdrawn(t *testing.T) {
	s := open(t, true)
	server, err := web.New(s.app, web.Options{Demo: true})
	if err != nil {
		t.Fatal(err)
	}
	sent := 0
	h := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		server.ServeHTTP(hooked{w, func() {
			if sent++; sent != 2 {
				return
			}
			if _, err := s.app.Object(r.Context(), quayside.Member(t, s.app, "m33"), licet.PurposeTrain, licet.Said{Channel: "test"}); err != nil {
				t.Error(err)
			}
		}}, r)
	}))
	defer h.Close()
	s.url = h.URL
	_, body := s.ask("POST", "/v1/chat/completions", s.pass("m02"), `{"stream":true,"max_tokens":200,"seed":9,"messages":[{"role":"user","content":"Rain on the"}]}`)
	pieces, failed := 0, ""
	for line := range strings.Lines(body) {
		data, ok := strings.CutPrefix(strings.TrimSpace(line), "data: ")
		if !ok {
			continue
		}
		var c completion
		if err := json.Unmarshal([]byte(data), &c); err != nil {
			t.Fatalf("%v: %s", err, data)
		}
		if c.Error != nil {
			failed = c.Error.Code
			break
		}
		pieces++
	}
	if failed != "model_withdrawn" || pieces != 2 {
		t.Errorf("the stream ended with %q after %d pieces, want model_withdrawn after 2", failed, pieces)
	}
}

func TestChatAnswersAsTheOpenAIAPIDoes(t *testing.T) {
	s := open(t, true)
	pass := s.pass("m02")
	_, body := s.ask("POST", "/v1/chat/completions", pass, rain)
	var whole completion
	if err := json.Unmarshal([]byte(body), &whole); err != nil {
		t.Fatal(err)
	}
	if text := whole.Choices[0].Message.Content; !strings.HasPrefix(text, "Rain on the") || !strings.HasSuffix(text, whole.Licet.Label) || !strings.Contains(text, "Written by AI") {
		t.Errorf("answer %q", text)
	}
	_, body = s.ask("POST", "/v1/chat/completions", pass, strings.Replace(rain, `{`, `{"stream":true,`, 1))
	var text strings.Builder
	done := false
	for line := range strings.Lines(body) {
		data, ok := strings.CutPrefix(strings.TrimSpace(line), "data: ")
		if !ok {
			continue
		}
		if done = data == "[DONE]"; done {
			break
		}
		var c completion
		if err := json.Unmarshal([]byte(data), &c); err != nil {
			t.Fatal(err)
		}
		text.WriteString(c.Choices[0].Delta.Content)
	}
	if !done || text.String() != whole.Choices[0].Message.Content {
		t.Errorf("streamed %q (done %v), whole %q", text.String(), done, whole.Choices[0].Message.Content)
	}
	for name, test := range map[string]struct {
		body, code string
		status     int
	}{
		"not JSON":                  {`{`, "bad_json", 400},
		"no message of the user":    {`{"messages":[]}`, "no_message", 400},
		"two answers":               {`{"n":2,"messages":[{"role":"user","content":"x"}]}`, "n", 400},
		"an unknown kind":           {`{"metadata":{"kind":"poem"},"messages":[{"role":"user","content":"x"}]}`, "kind", 400},
		"an unknown role":           {`{"metadata":{"role":"king"},"messages":[{"role":"user","content":"x"}]}`, "role", 400},
		"another model":             {`{"model":"gpt","messages":[{"role":"user","content":"x"}]}`, "model_not_found", 404},
		"a temperature of 3":        {`{"temperature":3,"messages":[{"role":"user","content":"x"}]}`, "temperature", 400},
		"no top-p":                  {`{"top_p":0,"messages":[{"role":"user","content":"x"}]}`, "top_p", 400},
		"five stop texts":           {`{"stop":["1","2","3","4","5"],"messages":[{"role":"user","content":"x"}]}`, "stop", 400},
		"likeliest without any":     {`{"top_logprobs":2,"messages":[{"role":"user","content":"x"}]}`, "top_logprobs", 400},
		"a picture":                 {`{"messages":[{"role":"user","content":[{"type":"image_url"}]}]}`, "bad_message", 400},
		"a prompt without an end":   {`{"messages":[{"role":"user","content":"` + strings.Repeat("word ", 3000) + `"}]}`, "context_length_exceeded", 400},
		"more than may be sent":     {`{"messages":[{"role":"user","content":"` + strings.Repeat("word ", 30000) + `"}]}`, "too_large", 413},
		"a list of parts is a text": {`{"messages":[{"role":"user","content":[{"type":"text","text":"Rain"}]}],"max_tokens":2}`, "", 200},
	} {
		resp, body := s.ask("POST", "/v1/chat/completions", pass, test.body)
		var c completion
		if err := json.Unmarshal([]byte(body), &c); err != nil {
			t.Fatalf("%s: %v: %s", name, err, body)
		}
		code := ""
		if c.Error != nil {
			code = c.Error.Code
		}
		if resp.StatusCode != test.status || code != test.code {
			t.Errorf("%s: %d %q, want %d %q", name, resp.StatusCode, code, test.status, test.code)
		}
	}
}

// logProb is a token as the OpenAI API tells it.
type logProb struct {
	Token   string
	LogProb float64
	Raw     []int                       `json:"bytes"`
	Top     []struct{ LogProb float64 } `json:"top_logprobs"`
}

type told struct {
	Choices []struct {
		Finish   string `json:"finish_reason"`
		Message  struct{ Content string }
		Delta    struct{ Content string }
		LogProbs *struct{ Content []logProb }
	}
	Usage *struct{ Prompt, Completion, Total int }
}

// UnmarshalJSON reads usage under the API's names.
func (t *told) UnmarshalJSON(data []byte) error {
	type plain told
	if err := json.Unmarshal(data, (*plain)(t)); err != nil {
		return err
	}
	var counts struct {
		Usage struct {
			Prompt     int `json:"prompt_tokens"`
			Completion int `json:"completion_tokens"`
			Total      int `json:"total_tokens"`
		}
	}
	if err := json.Unmarshal(data, &counts); err != nil {
		return err
	}
	if t.Usage != nil {
		t.Usage.Prompt, t.Usage.Completion, t.Usage.Total = counts.Usage.Prompt, counts.Usage.Completion, counts.Usage.Total
	}
	return nil
}

// TestAnAnswerTellsHowItWasWritten: why it ended, how many tokens it has, and how
// likely each was, whole and streamed alike.
func TestAnAnswerTellsHowItWasWritten(t *testing.T) {
	s := open(t, true)
	pass := s.pass("m02")
	const ask = `{"messages":[{"role":"user","content":"Rain on the"}],"seed":4,"max_tokens":12,"temperature":0.5,"logprobs":true,"top_logprobs":3%s}`
	_, body := s.ask("POST", "/v1/chat/completions", pass, fmt.Sprintf(ask, ""))
	var whole told
	if err := json.Unmarshal([]byte(body), &whole); err != nil {
		t.Fatal(err)
	}
	c := whole.Choices[0]
	text, _, _ := strings.Cut(c.Message.Content, "\n\n— ")
	written := ""
	for _, p := range c.LogProbs.Content {
		for _, b := range p.Raw {
			written += string([]byte{byte(b)})
		}
		if p.LogProb > 0 || len(p.Top) != 3 || p.Top[0].LogProb < p.LogProb || p.Top[1].LogProb > p.Top[0].LogProb {
			t.Errorf("token %q: %v of %v", p.Token, p.LogProb, p.Top)
		}
	}
	if c.Finish != "length" || whole.Usage.Completion != 12 || len(c.LogProbs.Content) != 12 || whole.Usage.Total != whole.Usage.Prompt+12 {
		t.Errorf("ended with %q, usage %+v, %d log-probabilities; want length and 12", c.Finish, whole.Usage, len(c.LogProbs.Content))
	}
	if got := strings.TrimSpace("Rain on the" + written); got != text {
		t.Errorf("the tokens say %q, the text %q", got, text)
	}
	_, body = s.ask("POST", "/v1/chat/completions", pass, fmt.Sprintf(ask, `,"stream":true,"stream_options":{"include_usage":true}`))
	var streamed []logProb
	var last told
	finish := ""
	for line := range strings.Lines(body) {
		data, ok := strings.CutPrefix(strings.TrimSpace(line), "data: ")
		if !ok || data == "[DONE]" {
			continue
		}
		last = told{}
		if err := json.Unmarshal([]byte(data), &last); err != nil {
			t.Fatal(err)
		}
		for _, c := range last.Choices {
			finish += c.Finish
			if c.LogProbs != nil {
				streamed = append(streamed, c.LogProbs.Content...)
			}
		}
	}
	if fmt.Sprint(streamed) != fmt.Sprint(c.LogProbs.Content) || finish != "length" || len(last.Choices) != 0 || last.Usage == nil || *last.Usage != *whole.Usage {
		t.Errorf("streamed %d log-probabilities, ended with %q, usage %+v; whole %d, %+v", len(streamed), finish, last.Usage, len(c.LogProbs.Content), whole.Usage)
	}
	// A stop text that the answer holds ends it there, and is not part of it.
	stop := text[len("Rain on the")+2 : len("Rain on the")+5]
	quoted, err := json.Marshal(stop)
	if err != nil {
		t.Fatal(err)
	}
	_, body = s.ask("POST", "/v1/chat/completions", pass, fmt.Sprintf(ask, `,"stop":`+string(quoted)))
	var short told
	if err := json.Unmarshal([]byte(body), &short); err != nil {
		t.Fatal(err)
	}
	before, _, _ := strings.Cut(text[len("Rain on the"):], stop)
	got, _, _ := strings.Cut(short.Choices[0].Message.Content, "\n\n— ")
	if want := strings.TrimSpace("Rain on the" + before); got != want || short.Choices[0].Finish != "stop" {
		t.Errorf("until %q: %q ended with %q, want %q", stop, got, short.Choices[0].Finish, want)
	}
}

func TestDraftsAreCountedAgainstThePlan(t *testing.T) {
	s := open(t, true)
	left := -1
	for range 21 {
		resp, body := s.ask("POST", "/v1/chat/completions", s.pass("m02"), `{"messages":[{"role":"user","content":"Rain"}],"max_tokens":1}`)
		var c completion
		if err := json.Unmarshal([]byte(body), &c); err != nil {
			t.Fatal(err)
		}
		if resp.StatusCode == http.StatusTooManyRequests {
			if left != 0 || c.Error.Code != "insufficient_quota" {
				t.Errorf("refused with %d left: %s", left, body)
			}
			return
		}
		left = c.Licet.Left
	}
	t.Errorf("21 drafts on the free plan, %d left", left)
}

// TestADraftLeavesNoTrace: what is asked and what is written is neither logged nor
// kept; only the number of drafts is.
func TestADraftLeavesNoTrace(t *testing.T) {
	s := open(t, true)
	before, err := s.app.Ledger().Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	_, body := s.ask("POST", "/v1/chat/completions", s.pass("m02"), `{"messages":[{"role":"user","content":"Zanzibar wheelbarrows"}],"max_tokens":8}`)
	if !strings.Contains(body, "Zanzibar") {
		t.Fatalf("no draft: %s", body)
	}
	after, err := s.app.Ledger().Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if after != before {
		t.Errorf("a draft added %d events", after-before)
	}
	err = filepath.WalkDir(s.app.Dir(), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		if bytes.Contains(data, []byte("Zanzibar")) {
			t.Errorf("the words are in %s", filepath.Base(path))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestTheReceiptVerifies(t *testing.T) {
	s := open(t, true)
	resp, body := s.ask("GET", "/privacy/receipt", s.pass("m07"), "")
	_, key := s.ask("GET", "/log/key", "", "")
	v, err := ledger.Verify([]byte(body), strings.TrimSpace(key))
	if err != nil {
		t.Fatal(err)
	}
	if n := len(v.Statements); n != 3 || v.Statements[1].Says != ledger.SaysObjected || v.Statements[2].Says != ledger.SaysOut {
		t.Errorf("statements %+v", v.Statements)
	}
	if len(body) > 8<<10 {
		t.Errorf("the receipt has %d bytes", len(body))
	}
	if !strings.Contains(resp.Header.Get("Content-Disposition"), "attachment") {
		t.Error("the receipt is not offered for download")
	}
}

// TestFollowForgetsByItself: after an objection the served model becomes exact
// again without anybody asking.
func TestFollowForgetsByItself(t *testing.T) {
	s := open(t, true)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	done := make(chan struct{})
	log := newLog()
	go func() { defer close(done); s.app.Follow(ctx, log.logger()) }()
	s.ask("PUT", "/api/choices/train", s.pass("m33"), `{"choice":"object"}`)
	select {
	case <-log.forgotten:
	case <-time.After(2 * time.Minute):
		t.Fatal("nothing was forgotten in two minutes")
	}
	stop()
	<-done
	if m := s.models(); !m.Licet.Exact {
		t.Error("what is served is not exact")
	}
}

// TestGlobalPrivacyControlIsHeardOnce: a member's browser that sends Sec-GPC: 1 is
// recorded as a signal, not as a choice of theirs; the person's own yes goes before it.
func TestGlobalPrivacyControlIsHeardOnce(t *testing.T) {
	s := open(t, true)
	m := quayside.Member(t, s.app, "m33")
	standing := func() licet.Standing {
		state, err := s.app.Ledger().StateNow(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return state.Members[m]
	}
	for range 3 {
		s.ask("GET", "/privacy", s.pass("m33"), "", "Sec-GPC", "1")
	}
	st := standing()
	if heard := st.Signals[licet.SignalGPC]; heard.Channel != "web" || st.Verdict(licet.PurposeTrain) != licet.Undecided {
		t.Fatalf("%+v", st)
	}
	s.ask("GET", "/privacy", s.pass("m33"), "")
	s.ask("PUT", "/api/choices/train", s.pass("m33"), `{"choice":"consent"}`)
	s.ask("GET", "/privacy", s.pass("m33"), "", "Sec-GPC", "1")
	again := standing()
	if again.Verdict(licet.PurposeTrain) != licet.Permitted || again.Signals[licet.SignalGPC] != st.Signals[licet.SignalGPC] {
		t.Errorf("after a yes of their own: %+v", again)
	}
	// The page of somebody for whom a signal speaks says so, and calls it no choice.
	if _, err := s.app.Signal(t.Context(), quayside.Member(t, s.app, "m02"), licet.SignalHost, true, "import"); err != nil {
		t.Fatal(err)
	}
	_, body := s.ask("GET", "/privacy?lang=en", s.pass("m02"), "")
	if !strings.Contains(body, "you have not said anything yourself, but this speaks for you") || !strings.Contains(body, `aria-checked="false"`) {
		t.Error("the page does not say that a signal speaks")
	}
}
