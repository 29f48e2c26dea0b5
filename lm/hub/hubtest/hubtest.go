// Package hubtest is a hub for tests: it speaks the API of the Hugging Face Hub as
// far as package hub asks it, errors and all, and keeps large files on a second host.
package hubtest

import (
	"crypto/sha1" //nolint:gosec // git's name of a file's content
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// Commit is the one commit of the one model, org/tiny; main, v1/beta and its own
// digits are its revisions.
const Commit = "0123456789abcdef0123456789abcdef01234567"

// A Hub is two servers. Its fields may be changed between requests.
type Hub struct {
	*httptest.Server                  // the hub
	CDN              *httptest.Server // where it sends for large files
	Files            map[string][]byte
	LFS              map[string]bool                               // those that are large
	Page             int                                           // entries a page of the listing; 0: all
	Token            string                                        // that it wants
	More             []map[string]any                              // further entries of the listing
	ETag             string                                        // of the second host
	Answer, OnCDN    func(http.ResponseWriter, *http.Request) bool // answer instead; false: they don't

	mu     sync.Mutex
	asked  []string
	cdnSaw []string
}

// New starts a hub with a model that can't be run.
func New(tb testing.TB) *Hub {
	tb.Helper()
	h := &Hub{Files: map[string][]byte{
		"config.json": []byte(`{"model_type":"llama"}`), "tokenizer.json": []byte(`{"version":"x"}`),
		"model.safetensors": slices.Repeat([]byte("0123456789abcdef"), 40_000),
		"README.md":         []byte("# A model"), "pytorch_model.bin": []byte("a pickle"), "modeling_evil.py": []byte("import os"),
		"onnx/model.onnx": []byte("onnx"), "consolidated.safetensors": []byte("the same again"),
	}, LFS: map[string]bool{"model.safetensors": true, "pytorch_model.bin": true, "consolidated.safetensors": true}, ETag: `"v1"`}
	h.CDN = httptest.NewServer(http.HandlerFunc(h.serveCDN))
	h.Server = httptest.NewServer(http.HandlerFunc(h.serve))
	tb.Cleanup(h.Close)
	tb.Cleanup(h.CDN.Close)
	return h
}

func (h *Hub) serve(w http.ResponseWriter, r *http.Request) {
	h.mu.Lock()
	h.asked = append(h.asked, r.URL.Path+" "+r.Header.Get("Range"))
	answer := h.Answer
	h.mu.Unlock()
	if answer != nil && answer(w, r) {
		return
	}
	if h.Token != "" && r.Header.Get("Authorization") != "Bearer "+h.Token {
		w.Header().Set("X-Error-Code", "GatedRepo")
		http.Error(w, "gated", http.StatusUnauthorized)
		return
	}
	switch path := strings.TrimPrefix(r.URL.Path, "/"); {
	case path == "api/models/org/tiny/revision/main" || path == "api/models/org/tiny/revision/v1/beta" || path == "api/models/org/tiny/revision/"+Commit:
		_ = json.NewEncoder(w).Encode(map[string]any{"id": "org/tiny", "sha": Commit, "cardData": map[string]any{"license": "apache-2.0"}, "siblings": []any{}})
	case strings.HasPrefix(path, "api/models/org/tiny/revision/"):
		w.Header().Set("X-Error-Code", "RevisionNotFound")
		http.Error(w, "no", http.StatusNotFound)
	case path == "api/models/org/tiny/tree/"+Commit:
		h.tree(w, r)
	case strings.HasPrefix(path, "org/tiny/resolve/"+Commit+"/"):
		h.resolve(w, r, strings.TrimPrefix(path, "org/tiny/resolve/"+Commit+"/"))
	default:
		w.Header().Set("X-Error-Code", "RepoNotFound")
		http.Error(w, "no", http.StatusNotFound)
	}
}

func (h *Hub) tree(w http.ResponseWriter, r *http.Request) {
	var all []map[string]any
	for _, name := range slices.Sorted(maps.Keys(h.Files)) {
		data := h.Files[name]
		e := map[string]any{"type": "file", "path": name, "size": len(data), "oid": Blob(data)}
		if h.LFS[name] {
			sum := sha256.Sum256(data)
			e["lfs"] = map[string]any{"oid": hex.EncodeToString(sum[:]), "size": len(data), "pointerSize": 134}
		}
		all = append(all, e)
	}
	all = append(all, h.More...)
	from, _ := strconv.Atoi(r.URL.Query().Get("cursor"))
	if h.Page > 0 && from+h.Page < len(all) {
		// As a mirror does that passes on what it mirrors.
		w.Header().Set("Link", fmt.Sprintf(`<https://elsewhere.example%s?recursive=true&cursor=%d>; rel="next"`, r.URL.Path, from+h.Page))
		all = all[:from+h.Page]
	}
	_ = json.NewEncoder(w).Encode(all[from:])
}

// Blob returns the hash by which git names a content.
func Blob(data []byte) string {
	sum := sha1.Sum(append(fmt.Appendf(nil, "blob %d\x00", len(data)), data...)) //nolint:gosec // see the import
	return hex.EncodeToString(sum[:])
}

func (h *Hub) resolve(w http.ResponseWriter, r *http.Request, name string) {
	data, ok := h.Files[name]
	if !ok {
		w.Header().Set("X-Error-Code", "EntryNotFound")
		http.Error(w, "no", http.StatusNotFound)
		return
	}
	w.Header().Set("X-Repo-Commit", Commit)
	if h.LFS[name] {
		sum := sha256.Sum256(data)
		w.Header().Set("X-Linked-Etag", `"`+hex.EncodeToString(sum[:])+`"`)
		w.Header().Set("X-Linked-Size", strconv.Itoa(len(data)))
		http.Redirect(w, r, h.CDN.URL+"/"+name+"?signature=secret", http.StatusFound)
		return
	}
	w.Header().Set("ETag", `"`+Blob(data)+`"`)
	http.ServeContent(w, r, "", time.Time{}, strings.NewReader(string(data)))
}

func (h *Hub) serveCDN(w http.ResponseWriter, r *http.Request) {
	h.mu.Lock()
	h.cdnSaw = append(h.cdnSaw, r.Header.Get("Authorization")+r.Header.Get("Referer"))
	h.asked = append(h.asked, "cdn "+r.Header.Get("Range"))
	onCDN, etag := h.OnCDN, h.ETag
	h.mu.Unlock()
	if onCDN != nil && onCDN(w, r) {
		return
	}
	w.Header().Set("ETag", etag)
	http.ServeContent(w, r, "", time.Time{}, strings.NewReader(string(h.Files[strings.TrimPrefix(r.URL.Path, "/")])))
}

// Add lists a file that is not there.
func (h *Hub) Add(path string) {
	h.More = append(h.More, map[string]any{"type": "file", "path": path, "size": 1, "oid": Commit})
}

// Asked returns the path and range of every request to the hub, and "cdn" and the
// range of those to the second host.
func (h *Hub) Asked() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.asked)
}

// CDNSaw returns the Authorization and Referer of every request to the second host.
func (h *Hub) CDNSaw() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.cdnSaw)
}
