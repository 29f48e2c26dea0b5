package hub_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"licet/lm/hub"
	"licet/lm/hub/hubtest"
)

func client(h *hubtest.Hub) *hub.Client {
	return &hub.Client{URL: h.URL, Wait: func(context.Context, time.Duration) error { return nil }, Stall: 10 * time.Second}
}

func ref(t *testing.T, text string) hub.Ref {
	t.Helper()
	r, err := hub.ParseRef(text)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func pull(t *testing.T, c *hub.Client, dir string) error {
	t.Helper()
	m, err := c.Find(t.Context(), ref(t, "org/tiny"))
	if err != nil {
		return err
	}
	return c.Fetch(t.Context(), m, dir, nil)
}

func names(t *testing.T, dir string) []string {
	t.Helper()
	list, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, e := range list {
		out = append(out, e.Name())
	}
	return out
}

func TestOnlyWhatIsNeededComes(t *testing.T) {
	for _, page := range []int{0, 3} {
		h := hubtest.New(t)
		h.Page, h.Token = page, "hf_secret"
		c := client(h)
		c.Token = "hf_secret"
		var hosts []string
		c.Hosts = func(host string) { hosts = append(hosts, host) }
		m, err := c.Find(t.Context(), ref(t, "org/tiny@v1/beta"))
		if err != nil {
			t.Fatal(err)
		}
		if m.Commit != hubtest.Commit || m.Licence != "apache-2.0" {
			t.Errorf("commit %s, licence %q", m.Commit, m.Licence)
		}
		dir := t.TempDir()
		var done, total int64
		if err := c.Fetch(t.Context(), m, dir, func(d, n int64) { done, total = d, n }); err != nil {
			t.Fatal(err)
		}
		want := []string{"config.json", "model.safetensors", "tokenizer.json"}
		if got := names(t, dir); !slices.Equal(got, want) {
			t.Errorf("got %v, want %v: no code, no pickle, nothing twice", got, want)
		}
		for _, name := range want {
			data, err := os.ReadFile(filepath.Join(dir, name))
			if err != nil || string(data) != string(h.Files[name]) {
				t.Errorf("%s: %d bytes, want %d (%v)", name, len(data), len(h.Files[name]), err)
			}
		}
		if done != m.Size() || total != m.Size() {
			t.Errorf("told %d of %d bytes, want %d", done, total, m.Size())
		}
		// The token stays with the hub, and so does the address that was asked there.
		for _, a := range h.CDNSaw() {
			if a != "" {
				t.Errorf("the second host was told %q", a)
			}
		}
		if len(h.CDNSaw()) == 0 || !slices.Contains(hosts, strings.TrimPrefix(h.CDN.URL, "http://")) {
			t.Errorf("hosts told: %v", hosts)
		}
		// Again: nothing is asked for.
		before := len(h.Asked())
		if err := c.Fetch(t.Context(), m, dir, nil); err != nil || len(h.Asked()) != before {
			t.Errorf("a second time: %v, %d requests", err, len(h.Asked())-before)
		}
	}
}

// TestItGoesOnWhereItWas: connections that break, tries that are stopped, and a
// host that gives another version of the bytes in between.
func TestItGoesOnWhereItWas(t *testing.T) {
	whole := len(hubtest.New(t).Files["model.safetensors"])
	half := func(w http.ResponseWriter, data []byte, etag string) {
		w.Header().Set("ETag", etag)
		w.Header().Set("Content-Length", strconv.Itoa(len(data)))
		_, _ = w.Write(data[:len(data)/2])
		panic(http.ErrAbortHandler)
	}
	t.Run("a broken connection", func(t *testing.T) {
		h := hubtest.New(t)
		n := 0
		h.OnCDN = func(w http.ResponseWriter, r *http.Request) bool {
			if n++; n == 1 {
				half(w, h.Files["model.safetensors"], h.ETag)
			}
			return false
		}
		dir := t.TempDir()
		if err := pull(t, client(h), dir); err != nil {
			t.Fatal(err)
		}
		if !slices.ContainsFunc(h.Asked(), func(s string) bool { return strings.HasPrefix(s, "cdn bytes=") }) {
			t.Errorf("it began anew: %q", h.Asked())
		}
	})
	t.Run("another process, later", func(t *testing.T) {
		h := hubtest.New(t)
		h.OnCDN = func(w http.ResponseWriter, r *http.Request) bool {
			half(w, h.Files["model.safetensors"], h.ETag)
			return true
		}
		c := client(h)
		c.Wait = func(context.Context, time.Duration) error { return context.Canceled } // as if stopped
		dir := t.TempDir()
		if err := pull(t, c, dir); !errors.Is(err, context.Canceled) {
			t.Fatalf("error %v", err)
		}
		if _, err := os.Stat(filepath.Join(dir, "model.safetensors")); err == nil {
			t.Error("half a file has the name of a whole one")
		}
		h.OnCDN = nil
		before := len(h.Asked())
		if err := pull(t, client(h), dir); err != nil {
			t.Fatal(err)
		}
		got := strings.Join(h.Asked()[before:], "\n")
		if strings.Contains(got, "/config.json") || !strings.Contains(got, "cdn bytes="+strconv.Itoa(whole/2)+"-") {
			t.Errorf("asked again:\n%s", got)
		}
	})
	t.Run("the bytes have another version now", func(t *testing.T) {
		h := hubtest.New(t)
		n := 0
		h.OnCDN = func(w http.ResponseWriter, r *http.Request) bool {
			if n++; n == 1 {
				half(w, slices.Repeat([]byte("x"), whole), `"v0"`)
			}
			return false
		}
		dir := t.TempDir()
		if err := pull(t, client(h), dir); err != nil {
			t.Fatal(err)
		}
	})
	t.Run("a wrong part and a host without versions", func(t *testing.T) {
		h := hubtest.New(t)
		h.ETag = ""
		dir := t.TempDir()
		sum := sha256.Sum256(h.Files["model.safetensors"])
		if err := os.WriteFile(filepath.Join(dir, hex.EncodeToString(sum[:])+".part"), []byte("not its beginning"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := pull(t, client(h), dir); err != nil {
			t.Fatal(err)
		}
	})
	t.Run("the file changed on the hub between two tries", func(t *testing.T) {
		h := hubtest.New(t)
		h.OnCDN = func(w http.ResponseWriter, r *http.Request) bool {
			half(w, h.Files["model.safetensors"], h.ETag)
			return true
		}
		dir := t.TempDir()
		c := client(h)
		c.Wait = func(context.Context, time.Duration) error { return context.Canceled }
		if err := pull(t, c, dir); err == nil {
			t.Fatal("half a file is whole")
		}
		h.OnCDN = nil
		h.Files["model.safetensors"] = slices.Repeat([]byte("fedcba9876543210"), 40_000)
		if err := pull(t, client(h), dir); err != nil {
			t.Fatal(err)
		}
		data, err := os.ReadFile(filepath.Join(dir, "model.safetensors"))
		if err != nil || string(data) != string(h.Files["model.safetensors"]) {
			t.Errorf("not the new bytes (%v)", err)
		}
	})
}

func TestWhatAHubMayAnswer(t *testing.T) {
	status := func(code int, header ...string) func(http.ResponseWriter, *http.Request) bool {
		return func(w http.ResponseWriter, _ *http.Request) bool {
			for i := 0; i+1 < len(header); i += 2 {
				w.Header().Set(header[i], header[i+1])
			}
			w.WriteHeader(code)
			return true
		}
	}
	resolve := func(f func(http.ResponseWriter, *http.Request)) func(http.ResponseWriter, *http.Request) bool {
		return func(w http.ResponseWriter, r *http.Request) bool {
			if !strings.Contains(r.URL.Path, "/resolve/") {
				return false
			}
			f(w, r)
			return true
		}
	}
	for name, x := range map[string]struct {
		answer func(http.ResponseWriter, *http.Request) bool
		token  string
		want   error
		says   string
	}{
		"gated":                {answer: status(403, "X-Error-Code", "GatedRepo"), want: hub.ErrDenied, says: "accept its terms"},
		"private or not there": {answer: status(401, "X-Error-Code", "RepoNotFound"), want: hub.ErrDenied, says: "--token-file"},
		"a bad token":          {answer: status(401), token: "hf_wrong", want: hub.ErrDenied, says: "refused the token"},
		"not there":            {answer: status(404, "X-Error-Code", "RepoNotFound"), want: hub.ErrNotFound},
		"no such revision":     {answer: status(404, "X-Error-Code", "RevisionNotFound"), want: hub.ErrNotFound, says: "revision"},
		"too many requests":    {answer: status(429, "Retry-After", "7"), want: hub.ErrBusy, says: "gave up after 5 tries"},
		"come back tomorrow":   {answer: status(429, "Retry-After", "86400"), want: hub.ErrBusy, says: "24h0m0s"},
		"broken":               {answer: status(502), want: hub.ErrBusy},
		"a page for people": {answer: func(w http.ResponseWriter, _ *http.Request) bool {
			_, _ = w.Write([]byte("<html>sign in</html>"))
			return true
		}, want: hub.ErrContent, says: "no listing"},
		"a listing without end": {answer: func(w http.ResponseWriter, _ *http.Request) bool {
			blank := []byte(strings.Repeat(" ", 1<<20))
			for range 20 {
				_, _ = w.Write(blank)
			}
			return true
		}, want: hub.ErrContent},
		"a lying length": {answer: resolve(func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write([]byte("{}"))
		}), want: hub.ErrContent, says: "announced"},
		"more than is listed": {answer: resolve(func(w http.ResponseWriter, _ *http.Request) {
			w.(http.Flusher).Flush() // no length is announced //nolint:forcetypeassert // the test's server
			_, _ = w.Write([]byte(strings.Repeat("x", 100_000)))
		}), want: hub.ErrContent, says: "more than"},
		"other bytes": {answer: resolve(func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write([]byte(`{"model_type":"LLAMA"}`))
		}), want: hub.ErrContent, says: "with hash"},
		"another commit": {answer: resolve(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-Repo-Commit", strings.Repeat("f", 40))
			_, _ = w.Write([]byte(`{"model_type":"llama"}`))
		}), want: hub.ErrContent, says: "commit"},
		"an endless redirect": {answer: resolve(func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, r.URL.Path, http.StatusFound)
		}), want: hub.ErrBusy, says: "redirects"},
	} {
		t.Run(name, func(t *testing.T) {
			h := hubtest.New(t)
			h.Answer = x.answer
			c := client(h)
			c.Token = x.token
			dir := t.TempDir()
			err := pull(t, c, dir)
			if !errors.Is(err, x.want) || !strings.Contains(err.Error(), x.says) {
				t.Errorf("error %v, want %v saying %q", err, x.want, x.says)
			}
			if x.token != "" && strings.Contains(err.Error(), x.token) {
				t.Error("the error holds the token")
			}
			for _, n := range names(t, dir) {
				if n == "config.json" {
					t.Error("it is there all the same")
				}
			}
		})
	}
}

func TestItWaitsAsLongAsItIsAsked(t *testing.T) {
	h := hubtest.New(t)
	n := 0
	h.Answer = func(w http.ResponseWriter, _ *http.Request) bool {
		if n++; n > 2 {
			return false
		}
		w.Header().Set("Retry-After", map[int]string{1: "30", 2: "Thu, 01 Jan 2026 00:01:30 GMT"}[n])
		w.WriteHeader(http.StatusTooManyRequests)
		return true
	}
	var waits []time.Duration
	c := client(h)
	c.Now = func() time.Time { return time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC) }
	c.Wait = func(_ context.Context, d time.Duration) error { waits = append(waits, d); return nil }
	if err := pull(t, c, t.TempDir()); err != nil {
		t.Fatal(err)
	}
	if want := []time.Duration{30 * time.Second, 90 * time.Second}; !slices.Equal(waits, want) {
		t.Errorf("waited %v, want %v", waits, want)
	}
}

func TestASilentConnectionIsGivenUp(t *testing.T) {
	h := hubtest.New(t)
	n := 0
	h.OnCDN = func(w http.ResponseWriter, r *http.Request) bool {
		if n++; n > 1 {
			return false
		}
		w.Header().Set("ETag", h.ETag)
		w.Header().Set("Content-Length", strconv.Itoa(len(h.Files["model.safetensors"])))
		_, _ = w.Write(h.Files["model.safetensors"][:1000])
		w.(http.Flusher).Flush() //nolint:forcetypeassert // the test's server
		<-r.Context().Done()
		return true
	}
	c := client(h)
	c.Stall = 50 * time.Millisecond
	if err := pull(t, c, t.TempDir()); err != nil {
		t.Fatal(err)
	}
}

func TestListingsThatAreRefused(t *testing.T) {
	for name, x := range map[string]struct {
		change func(*hubtest.Hub)
		want   error
		says   string
	}{
		"a way out of the folder": {func(h *hubtest.Hub) { h.Add("../../config.json") }, hub.ErrContent, "leads out"},
		"an absolute path":        {func(h *hubtest.Hub) { h.Add("/etc/config.json") }, hub.ErrContent, "leads out"},
		"another system's path":   {func(h *hubtest.Hub) { h.Add(`..\config.json`) }, hub.ErrContent, "leads out"},
		"a drive":                 {func(h *hubtest.Hub) { h.Add("c:config.json") }, hub.ErrContent, "leads out"},
		"a name twice":            {func(h *hubtest.Hub) { h.Add("config.json") }, hub.ErrContent, "twice"},
		"no weights":              {func(h *hubtest.Hub) { delete(h.Files, "model.safetensors") }, hub.ErrUnusable, "pickled"},
		"no tokenizer":            {func(h *hubtest.Hub) { delete(h.Files, "tokenizer.json") }, hub.ErrUnusable, "tokenizer.json"},
		"no config":               {func(h *hubtest.Hub) { delete(h.Files, "config.json") }, hub.ErrUnusable, "config.json"},
		"no hash": {func(h *hubtest.Hub) {
			h.More = append(h.More, map[string]any{"type": "file", "path": "chat_template.jinja", "size": 4, "oid": "../../x"})
		}, hub.ErrContent, "no usable hash"},
		"a size below nothing": {func(h *hubtest.Hub) {
			h.More = append(h.More, map[string]any{"type": "file", "path": "chat_template.jinja", "size": -4, "oid": hubtest.Commit})
		}, hub.ErrContent, "size -4"},
		"a listing that goes on elsewhere": {func(h *hubtest.Hub) {
			h.Answer = func(w http.ResponseWriter, r *http.Request) bool {
				if !strings.Contains(r.URL.Path, "/tree/") {
					return false
				}
				w.Header().Set("Link", `<http://elsewhere.example/other/x>; rel="next"`)
				_, _ = w.Write([]byte("[]"))
				return true
			}
		}, hub.ErrContent, "another place"},
	} {
		t.Run(name, func(t *testing.T) {
			h := hubtest.New(t)
			x.change(h)
			_, err := client(h).Find(t.Context(), ref(t, "org/tiny"))
			if !errors.Is(err, x.want) || !strings.Contains(err.Error(), x.says) {
				t.Errorf("error %v, want %v saying %q", err, x.want, x.says)
			}
		})
	}
}

func TestShardsComeWithTheirIndex(t *testing.T) {
	h := hubtest.New(t)
	delete(h.Files, "model.safetensors")
	h.Files["model.safetensors.index.json"] = []byte(`{"weight_map":{}}`)
	h.Files["model-00001-of-00002.safetensors"] = []byte("one")
	h.Files["model-00002-of-00002.safetensors"] = []byte("two")
	dir := t.TempDir()
	if err := pull(t, client(h), dir); err != nil {
		t.Fatal(err)
	}
	want := []string{"config.json", "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors", "model.safetensors.index.json", "tokenizer.json"}
	if got := names(t, dir); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// TestAFullDisk writes to a device that is always full.
func TestAFullDisk(t *testing.T) {
	const full = "/dev/full"
	if _, err := os.Stat(full); err != nil {
		t.Skip("this system has no ", full)
	}
	h := hubtest.New(t)
	dir := t.TempDir()
	if err := os.Symlink(full, filepath.Join(dir, hubtest.Blob(h.Files["config.json"])+".part")); err != nil {
		t.Fatal(err)
	}
	err := pull(t, client(h), dir)
	if err == nil || !strings.Contains(err.Error(), "the disk is full: free 22 bytes") {
		t.Errorf("error %v", err)
	}
	if _, err := os.Stat(filepath.Join(dir, "config.json")); err == nil {
		t.Error("the file is there")
	}
}

func TestNames(t *testing.T) {
	for text, want := range map[string]hub.Ref{
		"HuggingFaceTB/SmolLM2-135M-Instruct": {"HuggingFaceTB", "SmolLM2-135M-Instruct", "main"},
		"a/b@refs/pr/1":                       {"a", "b", "refs/pr/1"},
		"a/b@" + hubtest.Commit:               {"a", "b", hubtest.Commit},
	} {
		if got, err := hub.ParseRef(text); err != nil || got != want {
			t.Errorf("%s: %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "a", "a/", "/b", "a/b/c", "a/b@", "../b", "a/..", "a/b c", "a/b@x y", "a--b/c", ".a/b", "a/b@" + strings.Repeat("x", 201)} {
		if r, err := hub.ParseRef(text); !errors.Is(err, hub.ErrName) {
			t.Errorf("%q is %v, %v", text, r, err)
		}
	}
}

func TestAddresses(t *testing.T) {
	for _, x := range []struct{ url, token, says string }{
		{"ftp://hub.example", "", "want https://"},
		{"hub.example", "", "want https://"},
		{"https://user:password@hub.example", "", "want https://"},
		{"http://hub.example", "hf_secret", "without encryption"},
	} {
		c := &hub.Client{URL: x.url, Token: x.token}
		if _, err := c.Host(); err == nil || !strings.Contains(err.Error(), x.says) || x.token != "" && strings.Contains(err.Error(), x.token) {
			t.Errorf("%s: %v", x.url, err)
		}
	}
	for url, want := range map[string]string{"": "huggingface.co", "https://mirror.example/hf/": "mirror.example", "http://hub.example": "hub.example"} {
		c := &hub.Client{URL: url}
		if got, err := c.Host(); err != nil || got != want {
			t.Errorf("%q: %s, %v", url, got, err)
		}
	}
}

// FuzzListing: whatever a hub lists, what is chosen stays in its folder.
func FuzzListing(f *testing.F) {
	f.Add([]byte(`[{"type":"file","path":"config.json","size":1,"oid":"` + hubtest.Commit + `"}]`))
	f.Add([]byte(`[{"type":"file","path":"../config.json","size":1,"oid":"` + hubtest.Commit + `"}]`))
	f.Add([]byte(`[{"type":"file","path":"model.safetensors","lfs":{"oid":"x","size":-1}}]`))
	f.Fuzz(func(t *testing.T, listing []byte) {
		c := &hub.Client{URL: "http://localhost", Wait: func(context.Context, time.Duration) error { return context.Canceled }, Transport: canned{listing}}
		m, err := c.Find(t.Context(), hub.Ref{Org: "a", Name: "b", Revision: "main"})
		if err != nil {
			return
		}
		for _, file := range m.Files {
			if file.Name != filepath.Base(file.Name) || file.Size < 0 || len(file.SHA256)+len(file.BlobSHA1) < 40 {
				t.Errorf("chose %+v", file)
			}
		}
	})
}

type canned struct{ listing []byte }

func (c canned) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	if strings.Contains(r.URL.Path, "/revision/") {
		_, _ = w.WriteString(`{"sha":"` + hubtest.Commit + `"}`)
	} else {
		_, _ = w.Write(c.listing)
	}
	resp := w.Result()
	resp.Request = r
	return resp, nil
}
