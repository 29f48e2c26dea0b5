package hub

import (
	"context"
	"crypto/sha1" //nolint:gosec // git's name of a small file's content
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// Fetch gets a model's files into dir. What an earlier Fetch left there is used:
// whole files as they are, parts of a file are gone on with. A file has its name
// only once its bytes have the listed hash. report, which may be nil, hears how
// many bytes of how many are there.
func (c *Client) Fetch(ctx context.Context, m *Model, dir string, report func(done, total int64)) error {
	if err := os.MkdirAll(dir, 0o755); err != nil { //nolint:gosec // a base is public
		return fmt.Errorf("get %s: %w", m.Model(), err)
	}
	p := &progress{report: report, total: m.Size()}
	for _, f := range m.Files {
		if err := c.file(ctx, m, f, dir, p); err != nil {
			return fmt.Errorf("get %s of %s: %w", f.Name, m.Model(), err)
		}
	}
	return sync(dir)
}

// progress adds up bytes over files.
type progress struct {
	report      func(done, total int64)
	done, total int64
}

func (p *progress) add(n int64) {
	p.done += n
	if p.report != nil {
		p.report(p.done, p.total)
	}
}

// file gets one file, from where it is.
func (c *Client) file(ctx context.Context, m *Model, f File, dir string, p *progress) error {
	name := filepath.Join(dir, f.Name)
	switch err := f.check(name); {
	case err == nil:
		p.add(f.Size)
		return nil
	case !errors.Is(err, os.ErrNotExist):
		if err := os.Remove(name); err != nil {
			return err
		}
	}
	// A part is named by the hash of the whole: a file that changed on the hub
	// between two tries is never pieced together of both.
	part := filepath.Join(dir, f.hash()+".part")
	before := p.done
	for again := range 2 {
		err := c.again(ctx, func() (bool, time.Duration, error) {
			p.done = before
			return c.more(ctx, m, f, part, p)
		})
		if err != nil {
			return err
		}
		err = f.check(part)
		if err == nil {
			_ = os.Remove(part + ".etag") // only of use to a part
			return os.Rename(part, name)
		}
		// Only what was there before can be at fault a second time round.
		if err := errors.Join(os.RemoveAll(part), os.RemoveAll(part+".etag")); err != nil {
			return err
		}
		if again == 1 || !errors.Is(err, ErrContent) {
			return err
		}
	}
	return nil
}

func (f File) hash() string {
	if f.SHA256 != "" {
		return f.SHA256
	}
	return f.BlobSHA1
}

// check tells whether the file at name has the listed size and hash.
func (f File) check(name string) error {
	r, err := os.Open(name)
	if err != nil {
		return err
	}
	defer func() { _ = r.Close() }()
	var h hash.Hash
	if f.SHA256 != "" {
		h = sha256.New()
	} else {
		h = sha1.New() //nolint:gosec // see the import
		_, _ = fmt.Fprintf(h, "blob %d\x00", f.Size)
	}
	n, err := io.Copy(h, r)
	if err != nil {
		return err
	}
	if got := hex.EncodeToString(h.Sum(nil)); n != f.Size || got != f.hash() {
		return fmt.Errorf("%w: %d bytes with hash %s, want %d with %s", ErrContent, n, got, f.Size, f.hash())
	}
	return nil
}

// more asks once for what is missing of part, and adds it.
func (c *Client) more(ctx context.Context, m *Model, f File, part string, p *progress) (retry bool, after time.Duration, err error) {
	w, err := os.OpenFile(part, os.O_WRONLY|os.O_CREATE, 0o644) //nolint:gosec // a base is public
	if err != nil {
		return false, 0, err
	}
	defer func() { err = errors.Join(err, w.Close()) }()
	at, err := w.Seek(0, io.SeekEnd)
	if err != nil {
		return false, 0, err
	}
	if at > f.Size {
		at = 0
	}
	if at == f.Size && at > 0 {
		return false, 0, nil
	}
	etag, _ := os.ReadFile(part + ".etag") // none: then the hash finds out
	header := http.Header{}
	if at > 0 {
		header.Set("Range", fmt.Sprintf("bytes=%d-", at))
		if len(etag) > 0 {
			header.Set("If-Range", string(etag))
		}
	}
	// A connection that falls silent is given up.
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	path := "/" + url.PathEscape(m.Org) + "/" + url.PathEscape(m.Name) + "/resolve/" + m.Commit + "/" + url.PathEscape(f.Name)
	resp, retry, after, err := c.get(ctx, path, header)
	if err != nil {
		return retry, after, err
	}
	defer func() { _ = resp.Body.Close() }()
	if at, err = f.begins(resp, at, m.Commit); err != nil {
		return false, 0, err
	}
	if err := remember(part, resp.Header.Get("ETag"), at); err != nil {
		return false, 0, err
	}
	if err := errors.Join(w.Truncate(at), seek(w, at)); err != nil && at > 0 {
		return false, 0, err
	}
	p.add(at)
	silent := time.AfterFunc(c.stall(), cancel)
	defer silent.Stop()
	return f.copy(w, resp.Body, at, p, func() { silent.Reset(c.stall()) })
}

func seek(w io.Seeker, at int64) error {
	_, err := w.Seek(at, io.SeekStart)
	return err
}

// begins tells where the answer's bytes begin: where we are, or, where the hub
// gives the whole, at 0. It refuses an answer that says another length or commit.
func (f File) begins(resp *http.Response, at int64, commit string) (int64, error) {
	if got := resp.Header.Get("X-Repo-Commit"); got != "" && got != commit {
		return 0, fmt.Errorf("%w: it answers with commit %s, asked was %s", ErrContent, got, commit)
	}
	if resp.StatusCode != http.StatusPartialContent {
		if n := resp.ContentLength; n >= 0 && n != f.Size {
			return 0, fmt.Errorf("%w: %d bytes are announced, listed are %d", ErrContent, n, f.Size)
		}
		return 0, nil
	}
	want := fmt.Sprintf("bytes %d-%d/%d", at, f.Size-1, f.Size)
	if got := resp.Header.Get("Content-Range"); got != want {
		return 0, fmt.Errorf("%w: it answers with %q, asked was %q", ErrContent, got, want)
	}
	return at, nil
}

// remember keeps the version that a part is of, for If-Range. A weak tag says
// nothing of bytes.
func remember(part, etag string, at int64) error {
	if at > 0 {
		return nil
	}
	if etag == "" || strings.HasPrefix(etag, "W/") {
		return os.RemoveAll(part + ".etag")
	}
	return os.WriteFile(part+".etag", []byte(etag), 0o644) //nolint:gosec // public
}

// copy adds the body to w. A body that ends early may be gone on with.
func (f File) copy(w *os.File, body io.Reader, at int64, p *progress, alive func()) (retry bool, after time.Duration, err error) {
	buf := make([]byte, 1<<18)
	for {
		n, readErr := body.Read(buf)
		if n > 0 {
			alive()
			if at+int64(n) > f.Size {
				return false, 0, fmt.Errorf("%w: more than the %d bytes that are listed came", ErrContent, f.Size)
			}
			if _, err := w.Write(buf[:n]); err != nil {
				if errors.Is(err, syscall.ENOSPC) {
					return false, 0, fmt.Errorf("the disk is full: free %d bytes and pull again, what has come is kept: %w", f.Size-at, err)
				}
				return false, 0, err
			}
			at += int64(n)
			p.add(int64(n))
		}
		switch {
		case readErr == io.EOF && at == f.Size:
			return false, 0, w.Sync()
		case readErr == io.EOF:
			return true, 0, fmt.Errorf("%w: only %d of %d bytes came", ErrBusy, at, f.Size)
		case readErr != nil:
			return true, 0, fmt.Errorf("%w: after %d of %d bytes: %w", ErrBusy, at, f.Size, readErr)
		}
	}
}

// sync makes the folder's names last.
func sync(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
