package hub

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
)

// A Ref names a model as people do: ORG/NAME, or ORG/NAME@REVISION.
type Ref struct {
	Org, Name string
	Revision  string // a branch, tag or commit; never empty
}

var nameRule = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,95}$`)

// ParseRef reads what people type. Without a revision it is main.
func ParseRef(text string) (Ref, error) {
	model, revision, has := strings.Cut(text, "@")
	org, name, ok := strings.Cut(model, "/")
	bad := func(s string) bool {
		return !nameRule.MatchString(s) || strings.Contains(s, "..") || strings.Contains(s, "--")
	}
	if !ok || bad(org) || bad(name) || has && revision == "" || len(revision) > 200 {
		return Ref{}, fmt.Errorf("%w: %q: want ORG/NAME or ORG/NAME@REVISION", ErrName, text)
	}
	for _, r := range revision {
		if r <= ' ' || r == 0x7f {
			return Ref{}, fmt.Errorf("%w: %q: a revision has no blanks", ErrName, text)
		}
	}
	if !has {
		revision = "main"
	}
	return Ref{org, name, revision}, nil
}

// Model returns ORG/NAME.
func (r Ref) Model() string { return r.Org + "/" + r.Name }

// A Model is what a hub lists of one model at one commit.
type Model struct {
	Ref
	Commit  string // 40 hexadecimal digits: the revision, pinned
	Licence string // from its card; "" where the card says none
	Files   []File // those that a model is run from, by name
}

// A File is one file and its hash: SHA256 of those in large-file storage, else
// BlobSHA1, as git names a file's content.
type File struct {
	Name     string `json:"name"`
	Size     int64  `json:"size"`
	SHA256   string `json:"sha256,omitempty"`
	BlobSHA1 string `json:"git_sha1,omitempty"`
}

// Size returns how many bytes all files have.
func (m *Model) Size() (n int64) {
	for _, f := range m.Files {
		n += f.Size
	}
	return n
}

// needed are the files that a model is run from, beside its weights.
var needed = []string{
	"config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "chat_template.jinja",
}

const (
	weights = "model.safetensors"
	index   = "model.safetensors.index.json"
)

var shard = regexp.MustCompile(`^model-\d{5}-of-\d{5}\.safetensors$`)

// Needed tells whether a model is run from a file of this name: never code, never a pickle.
func Needed(name string) bool {
	return slices.Contains(needed, name) || name == weights || name == index || shard.MatchString(name)
}

// Find asks what a model is: its revision becomes a commit, its files those
// that are needed. Code and pickles are never among them.
func (c *Client) Find(ctx context.Context, r Ref) (*Model, error) {
	var info struct {
		SHA  string `json:"sha"`
		Card struct {
			Licence any `json:"license"`
		} `json:"cardData"`
		Tags []string `json:"tags"`
	}
	where := "/api/models/" + url.PathEscape(r.Org) + "/" + url.PathEscape(r.Name)
	if _, err := c.list(ctx, where+"/revision/"+url.PathEscape(r.Revision), &info); err != nil {
		return nil, fmt.Errorf("%s@%s: %w", r.Model(), r.Revision, err)
	}
	if !isHex(info.SHA, 40) {
		return nil, fmt.Errorf("%s@%s: %w: the commit is %q", r.Model(), r.Revision, ErrContent, info.SHA)
	}
	m := &Model{Ref: r, Commit: info.SHA, Licence: licence(info.Card.Licence, info.Tags)}
	var all []entry
	// The listing comes in pages; a hub that never ends it is not followed for ever.
	next := where + "/tree/" + info.SHA + "?recursive=true"
	for page := 0; next != "" && page < 100; page++ {
		var part []entry
		var err error
		if next, err = c.list(ctx, next, &part); err != nil {
			return nil, fmt.Errorf("%s@%s: list its files: %w", r.Model(), r.Revision, err)
		}
		all = append(all, part...)
	}
	var err error
	if m.Files, err = choose(all); err != nil {
		return nil, fmt.Errorf("%s@%s: %w", r.Model(), r.Revision, err)
	}
	return m, nil
}

// licence reads the card's, or else the tag's.
func licence(card any, tags []string) string {
	switch x := card.(type) {
	case string:
		return x
	case []any:
		var all []string
		for _, v := range x {
			all = append(all, fmt.Sprint(v))
		}
		return strings.Join(all, ", ")
	}
	for _, t := range tags {
		if l, ok := strings.CutPrefix(t, "license:"); ok {
			return l
		}
	}
	return ""
}

func isHex(s string, n int) bool {
	_, err := hex.DecodeString(s)
	return err == nil && len(s) == n && s == strings.ToLower(s)
}

// entry is one line of a listing.
type entry struct {
	Type string `json:"type"`
	OID  string `json:"oid"` // git's
	Size int64  `json:"size"`
	Path string `json:"path"`
	LFS  *struct {
		OID  string `json:"oid"` // SHA-256
		Size int64  `json:"size"`
	} `json:"lfs"`
}

// file checks one entry.
func (e entry) file() (File, error) {
	f := File{Name: e.Path, Size: e.Size, BlobSHA1: e.OID}
	ok := isHex(e.OID, 40)
	if e.LFS != nil {
		f.Size, f.SHA256, f.BlobSHA1 = e.LFS.Size, e.LFS.OID, ""
		ok = isHex(f.SHA256, 64)
	}
	if !ok || f.Size < 0 || f.Size > 1<<42 {
		return File{}, fmt.Errorf("%w: %s is listed with size %d and no usable hash", ErrContent, e.Path, f.Size)
	}
	return f, nil
}

// choose returns the files that a model is run from, by name.
func choose(all []entry) ([]File, error) {
	files := map[string]File{}
	for _, e := range all {
		if !filepath.IsLocal(e.Path) || strings.ContainsAny(e.Path, "\\\x00:") {
			return nil, fmt.Errorf("%w: it lists a file named %q, which leads out of its folder", ErrContent, e.Path)
		}
		if e.Type != "file" || !Needed(e.Path) {
			continue
		}
		if _, twice := files[e.Path]; twice {
			return nil, fmt.Errorf("%w: it lists %s twice", ErrContent, e.Path)
		}
		f, err := e.file()
		if err != nil {
			return nil, err
		}
		files[e.Path] = f
	}
	_, whole := files[weights]
	_, parts := files[index]
	if _, ok := files["config.json"]; !ok {
		return nil, fmt.Errorf("%w: it has no config.json", ErrUnusable)
	}
	if _, ok := files["tokenizer.json"]; !ok {
		return nil, fmt.Errorf("%w: it has no tokenizer.json (a model with tokenizer.model alone can't be read)", ErrUnusable)
	}
	if !whole && !parts {
		return nil, fmt.Errorf("%w: it has neither %s nor %s (pickled weights are never loaded)", ErrUnusable, weights, index)
	}
	var out []File
	for name, f := range files {
		if whole && (name == index || shard.MatchString(name)) {
			continue // the same weights again
		}
		out = append(out, f)
	}
	slices.SortFunc(out, func(a, b File) int { return strings.Compare(a.Name, b.Name) })
	return out, nil
}

// list asks for JSON and returns the path of the next page, "" after the last.
func (c *Client) list(ctx context.Context, path string, into any) (next string, err error) {
	err = c.again(ctx, func() (bool, time.Duration, error) {
		resp, retry, after, err := c.get(ctx, path, http.Header{"Accept": {"application/json"}})
		if err != nil {
			return retry, after, err
		}
		defer func() { _ = resp.Body.Close() }()
		data, err := io.ReadAll(io.LimitReader(resp.Body, mostText+1))
		if err != nil {
			return true, 0, fmt.Errorf("%w: %s: %w", ErrBusy, path, err)
		}
		if len(data) > mostText {
			return false, 0, fmt.Errorf("%w: a listing of more than %d bytes", ErrContent, mostText)
		}
		if err := json.Unmarshal(data, into); err != nil {
			return false, 0, fmt.Errorf("%w: the answer to %s is no listing: %w", ErrContent, path, err)
		}
		next, err = nextPage(resp.Header.Values("Link"))
		return false, 0, err
	})
	return next, err
}

var linkRule = regexp.MustCompile(`<([^>]*)>\s*;[^,]*rel="?next"?`)

// nextPage reads the Link header. Whatever host it names, the next page is asked
// for at the hub, for a mirror may pass on the address that it mirrors.
func nextPage(links []string) (string, error) {
	for _, l := range links {
		m := linkRule.FindStringSubmatch(l)
		if m == nil {
			continue
		}
		const below = "/api/models/"
		u, err := url.Parse(m[1])
		if err != nil || !strings.Contains(u.EscapedPath(), below) {
			return "", fmt.Errorf("%w: its listing goes on at another place", ErrContent)
		}
		_, rest, _ := strings.Cut(u.EscapedPath(), below)
		return below + rest + "?" + u.RawQuery, nil
	}
	return "", nil
}
