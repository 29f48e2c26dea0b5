package hub_test

import (
	"context"
	"crypto/sha1" //nolint:gosec // git's name of a file's content
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"licet/lm/hub"
)

const commit = "0123456789abcdef0123456789abcdef01234567"

// fakeHub speaks the hub's documented API, with large files on a second host.
type fakeHub struct {
	*httptest.Server
	cdn   *httptest.Server
	files map[string][]byte
	lfs   map[string]bool
	page  int // entries a page of the listing; 0: all
	token string

	mu       sync.Mutex
	asked    []string                                      // method, path and range of every request to the hub
	answer   func(http.ResponseWriter, *http.Request) bool // answers instead; false: does not
	onCDN    func(http.ResponseWriter, *http.Request) bool
	cdnAuth  []string // Authorization and Referer as the second host saw them
	etag     string   // of the second host
	moreTree []map[string]any
}

func newHub(t *testing.T) *fakeHub {
	t.Helper()
	h := &fakeHub{files: map[string][]byte{
		"config.json": []byte(`{"model_type":"llama"}`), "tokenizer.json": []byte(`{"version":"x"}`),
		"model.safetensors": slices.Repeat([]byte("0123456789abcdef"), 40_000),
		"README.md":         []byte("# A model"), "pytorch_model.bin": []byte("a pickle"), "modeling_evil.py": []byte("import os"),
		"onnx/model.onnx": []byte("onnx"), "consolidated.safetensors": []byte("the same again"),
	}, lfs: map[string]bool{"model.safetensors": true, "pytorch_model.bin": true, "consolidated.safetensors": true}, etag: `"v1"`}
	h.cdn = httptest.NewServer(http.HandlerFunc(h.serveCDN))
	h.Server = httptest.NewServer(http.HandlerFunc(h.serve))
	t.Cleanup(h.Close)
	t.Cleanup(h.cdn.Close)
	return h
}

func (h *fakeHub) serve(w http.ResponseWriter, r *http.Request) {
	h.mu.Lock()
	h.asked = append(h.asked, r.URL.Path+" "+r.Header.Get("Range"))
	answer := h.answer
	h.mu.Unlock()
	if answer != nil && answer(w, r) {
		return
	}
	if h.token != "" && r.Header.Get("Authorization") != "Bearer "+h.token {
		w.Header().Set("X-Error-Code", "GatedRepo")
		http.Error(w, "gated", http.StatusUnauthorized)
		return
	}
	switch path := strings.TrimPrefix(r.URL.Path, "/"); {
	case path == "api/models/org/tiny/revision/main" || path == "api/models/org/tiny/revision/v1/beta" || path == "api/models/org/tiny/revision/"+commit:
		_ = json.NewEncoder(w).Encode(map[string]any{"id": "org/tiny", "sha": commit, "cardData": map[string]any{"license": "apache-2.0"}, "siblings": []any{}})
	case strings.HasPrefix(path, "api/models/org/tiny/revision/"):
		w.Header().Set("X-Error-Code", "RevisionNotFound")
		http.Error(w, "no", http.StatusNotFound)
	case path == "api/models/org/tiny/tree/"+commit:
		h.tree(w, r)
	case strings.HasPrefix(path, "org/tiny/resolve/"+commit+"/"):
		h.resolve(w, r, strings.TrimPrefix(path, "org/tiny/resolve/"+commit+"/"))
	default:
		w.Header().Set("X-Error-Code", "RepoNotFound")
		http.Error(w, "no", http.StatusNotFound)
	}
}

func (h *fakeHub) tree(w http.ResponseWriter, r *http.Request) {
	var all []map[string]any
	for _, name := range slices.Sorted(maps.Keys(h.files)) {
		data := h.files[name]
		e := map[string]any{"type": "file", "path": name, "size": len(data), "oid": blob(data)}
		if h.lfs[name] {
			sum := sha256.Sum256(data)
			e["lfs"] = map[string]any{"oid": hex.EncodeToString(sum[:]), "size": len(data), "pointerSize": 134}
		}
		all = append(all, e)
	}
	all = append(all, h.moreTree...)
	from, _ := strconv.Atoi(r.URL.Query().Get("cursor"))
	if h.page > 0 && from+h.page < len(all) {
		// As a mirror does that passes on what it mirrors.
		w.Header().Set("Link", fmt.Sprintf(`<https://elsewhere.example%s?recursive=true&cursor=%d>; rel="next"`, r.URL.Path, from+h.page))
		all = all[:from+h.page]
	}
	_ = json.NewEncoder(w).Encode(all[from:])
}

func blob(data []byte) string {
	sum := sha1.Sum(append(fmt.Appendf(nil, "blob %d\x00", len(data)), data...)) //nolint:gosec // see the import
	return hex.EncodeToString(sum[:])
}

func (h *fakeHub) resolve(w http.ResponseWriter, r *http.Request, name string) {
	data, ok := h.files[name]
	if !ok {
		w.Header().Set("X-Error-Code", "EntryNotFound")
		http.Error(w, "no", http.StatusNotFound)
		return
	}
	w.Header().Set("X-Repo-Commit", commit)
	if h.lfs[name] {
		sum := sha256.Sum256(data)
		w.Header().Set("X-Linked-Etag", `"`+hex.EncodeToString(sum[:])+`"`)
		w.Header().Set("X-Linked-Size", strconv.Itoa(len(data)))
		http.Redirect(w, r, h.cdn.URL+"/"+name+"?signature=secret", http.StatusFound)
		return
	}
	w.Header().Set("ETag", `"`+blob(data)+`"`)
	http.ServeContent(w, r, "", time.Time{}, strings.NewReader(string(data)))
}

func (h *fakeHub) serveCDN(w http.ResponseWriter, r *http.Request) {
	h.mu.Lock()
	h.cdnAuth = append(h.cdnAuth, r.Header.Get("Authorization")+r.Header.Get("Referer"))
	h.asked = append(h.asked, "cdn "+r.Header.Get("Range"))
	onCDN, etag := h.onCDN, h.etag
	h.mu.Unlock()
	if onCDN != nil && onCDN(w, r) {
		return
	}
	w.Header().Set("ETag", etag)
	http.ServeContent(w, r, "", time.Time{}, strings.NewReader(string(h.files[strings.TrimPrefix(r.URL.Path, "/")])))
}

func (h *fakeHub) client() *hub.Client {
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
		h := newHub(t)
		h.page, h.token = page, "hf_secret"
		c := h.client()
		c.Token = "hf_secret"
		var hosts []string
		c.Hosts = func(host string) { hosts = append(hosts, host) }
		m, err := c.Find(t.Context(), ref(t, "org/tiny@v1/beta"))
		if err != nil {
			t.Fatal(err)
		}
		if m.Commit != commit || m.Licence != "apache-2.0" {
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
			if err != nil || string(data) != string(h.files[name]) {
				t.Errorf("%s: %d bytes, want %d (%v)", name, len(data), len(h.files[name]), err)
			}
		}
		if done != m.Size() || total != m.Size() {
			t.Errorf("told %d of %d bytes, want %d", done, total, m.Size())
		}
		// The token stays with the hub, and so does the address that was asked there.
		for _, a := range h.cdnAuth {
			if a != "" {
				t.Errorf("the second host was told %q", a)
			}
		}
		if len(h.cdnAuth) == 0 || !slices.Contains(hosts, strings.TrimPrefix(h.cdn.URL, "http://")) {
			t.Errorf("hosts told: %v", hosts)
		}
		// Again: nothing is asked for.
		before := len(h.asked)
		if err := c.Fetch(t.Context(), m, dir, nil); err != nil || len(h.asked) != before {
			t.Errorf("a second time: %v, %d requests", err, len(h.asked)-before)
		}
	}
}

// TestItGoesOnWhereItWas: connections that break, tries that are stopped, and a
// host that gives another version of the bytes in between.
func TestItGoesOnWhereItWas(t *testing.T) {
	whole := len(newHub(t).files["model.safetensors"])
	half := func(w http.ResponseWriter, data []byte, etag string) {
		w.Header().Set("ETag", etag)
		w.Header().Set("Content-Length", strconv.Itoa(len(data)))
		_, _ = w.Write(data[:len(data)/2])
		panic(http.ErrAbortHandler)
	}
	t.Run("a broken connection", func(t *testing.T) {
		h := newHub(t)
		n := 0
		h.onCDN = func(w http.ResponseWriter, r *http.Request) bool {
			if n++; n == 1 {
				half(w, h.files["model.safetensors"], h.etag)
			}
			return false
		}
		dir := t.TempDir()
		if err := pull(t, h.client(), dir); err != nil {
			t.Fatal(err)
		}
		if !slices.ContainsFunc(h.asked, func(s string) bool { return strings.HasPrefix(s, "cdn bytes=") }) {
			t.Errorf("it began anew: %q", h.asked)
		}
	})
	t.Run("another process, later", func(t *testing.T) {
		h := newHub(t)
		h.onCDN = func(w http.ResponseWriter, r *http.Request) bool {
			half(w, h.files["model.safetensors"], h.etag)
			return true
		}
		c := h.client()
		c.Wait = func(context.Context, time.Duration) error { return context.Canceled } // as if stopped
		dir := t.TempDir()
		if err := pull(t, c, dir); !errors.Is(err, context.Canceled) {
			t.Fatalf("error %v", err)
		}
		if _, err := os.Stat(filepath.Join(dir, "model.safetensors")); err == nil {
			t.Error("half a file has the name of a whole one")
		}
		h.onCDN, h.asked = nil, nil
		if err := pull(t, h.client(), dir); err != nil {
			t.Fatal(err)
		}
		got := strings.Join(h.asked, "\n")
		if strings.Contains(got, "/config.json") || !strings.Contains(got, "cdn bytes="+strconv.Itoa(whole/2)+"-") {
			t.Errorf("asked again:\n%s", got)
		}
	})
	t.Run("the bytes have another version now", func(t *testing.T) {
		h := newHub(t)
		n := 0
		h.onCDN = func(w http.ResponseWriter, r *http.Request) bool {
			if n++; n == 1 {
				half(w, slices.Repeat([]byte("x"), whole), `"v0"`)
			}
			return false
		}
		dir := t.TempDir()
		if err := pull(t, h.client(), dir); err != nil {
			t.Fatal(err)
		}
	})
	t.Run("a wrong part and a host without versions", func(t *testing.T) {
		h := newHub(t)
		h.etag = ""
		dir := t.TempDir()
		sum := sha256.Sum256(h.files["model.safetensors"])
		if err := os.WriteFile(filepath.Join(dir, hex.EncodeToString(sum[:])+".part"), []byte("not its beginning"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := pull(t, h.client(), dir); err != nil {
			t.Fatal(err)
		}
	})
	t.Run("the file changed on the hub between two tries", func(t *testing.T) {
		h := newHub(t)
		h.onCDN = func(w http.ResponseWriter, r *http.Request) bool {
			half(w, h.files["model.safetensors"], h.etag)
			return true
		}
		dir := t.TempDir()
		c := h.client()
		c.Wait = func(context.Context, time.Duration) error { return context.Canceled }
		if err := pull(t, c, dir); err == nil {
			t.Fatal("half a file is whole")
		}
		h.onCDN = nil
		h.files["model.safetensors"] = slices.Repeat([]byte("fedcba9876543210"), 40_000)
		if err := pull(t, h.client(), dir); err != nil {
			t.Fatal(err)
		}
		data, err := os.ReadFile(filepath.Join(dir, "model.safetensors"))
		if err != nil || string(data) != string(h.files["model.safetensors"]) {
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
			h := newHub(t)
			h.answer = x.answer
			c := h.client()
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
	h := newHub(t)
	n := 0
	h.answer = func(w http.ResponseWriter, _ *http.Request) bool {
		if n++; n > 2 {
			return false
		}
		w.Header().Set("Retry-After", map[int]string{1: "30", 2: "Thu, 01 Jan 2026 00:01:30 GMT"}[n])
		w.WriteHeader(http.StatusTooManyRequests)
		return true
	}
	var waits []time.Duration
	c := h.client()
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
	h := newHub(t)
	n := 0
	h.onCDN = func(w http.ResponseWriter, r *http.Request) bool {
		if n++; n > 1 {
			return false
		}
		w.Header().Set("ETag", h.etag)
		w.Header().Set("Content-Length", strconv.Itoa(len(h.files["model.safetensors"])))
		_, _ = w.Write(h.files["model.safetensors"][:1000])
		w.(http.Flusher).Flush() //nolint:forcetypeassert // the test's server
		<-r.Context().Done()
		return true
	}
	c := h.client()
	c.Stall = 50 * time.Millisecond
	if err := pull(t, c, t.TempDir()); err != nil {
		t.Fatal(err)
	}
}

func TestListingsThatAreRefused(t *testing.T) {
	for name, x := range map[string]struct {
		change func(*fakeHub)
		want   error
		says   string
	}{
		"a way out of the folder": {func(h *fakeHub) { h.add("../../config.json") }, hub.ErrContent, "leads out"},
		"an absolute path":        {func(h *fakeHub) { h.add("/etc/config.json") }, hub.ErrContent, "leads out"},
		"another system's path":   {func(h *fakeHub) { h.add(`..\config.json`) }, hub.ErrContent, "leads out"},
		"a drive":                 {func(h *fakeHub) { h.add("c:config.json") }, hub.ErrContent, "leads out"},
		"a name twice":            {func(h *fakeHub) { h.add("config.json") }, hub.ErrContent, "twice"},
		"no weights":              {func(h *fakeHub) { delete(h.files, "model.safetensors") }, hub.ErrUnusable, "pickled"},
		"no tokenizer":            {func(h *fakeHub) { delete(h.files, "tokenizer.json") }, hub.ErrUnusable, "tokenizer.json"},
		"no config":               {func(h *fakeHub) { delete(h.files, "config.json") }, hub.ErrUnusable, "config.json"},
		"no hash": {func(h *fakeHub) {
			h.moreTree = append(h.moreTree, map[string]any{"type": "file", "path": "chat_template.jinja", "size": 4, "oid": "../../x"})
		}, hub.ErrContent, "no usable hash"},
		"a size below nothing": {func(h *fakeHub) {
			h.moreTree = append(h.moreTree, map[string]any{"type": "file", "path": "chat_template.jinja", "size": -4, "oid": commit})
		}, hub.ErrContent, "size -4"},
		"a listing that goes on elsewhere": {func(h *fakeHub) {
			h.answer = func(w http.ResponseWriter, r *http.Request) bool {
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
			h := newHub(t)
			x.change(h)
			_, err := h.client().Find(t.Context(), ref(t, "org/tiny"))
			if !errors.Is(err, x.want) || !strings.Contains(err.Error(), x.says) {
				t.Errorf("error %v, want %v saying %q", err, x.want, x.says)
			}
		})
	}
}

func (h *fakeHub) add(path string) {
	h.moreTree = append(h.moreTree, map[string]any{"type": "file", "path": path, "size": 1, "oid": commit})
}

func TestShardsComeWithTheirIndex(t *testing.T) {
	h := newHub(t)
	delete(h.files, "model.safetensors")
	h.files["model.safetensors.index.json"] = []byte(`{"weight_map":{}}`)
	h.files["model-00001-of-00002.safetensors"] = []byte("one")
	h.files["model-00002-of-00002.safetensors"] = []byte("two")
	dir := t.TempDir()
	if err := pull(t, h.client(), dir); err != nil {
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
	h := newHub(t)
	dir := t.TempDir()
	if err := os.Symlink(full, filepath.Join(dir, blob(h.files["config.json"])+".part")); err != nil {
		t.Fatal(err)
	}
	err := pull(t, h.client(), dir)
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
		"a/b@" + commit:                       {"a", "b", commit},
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
	f.Add([]byte(`[{"type":"file","path":"config.json","size":1,"oid":"` + commit + `"}]`))
	f.Add([]byte(`[{"type":"file","path":"../config.json","size":1,"oid":"` + commit + `"}]`))
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
		_, _ = w.WriteString(`{"sha":"` + commit + `"}`)
	} else {
		_, _ = w.Write(c.listing)
	}
	resp := w.Result()
	resp.Request = r
	return resp, nil
}
