// Package hub gets models from the Hugging Face Hub or a mirror of it: only the
// files that a model is run from, each checked against the hash that the hub lists.
//
// It asks one host, follows redirects for files, sends the token to that host
// alone, and tells nobody anything.
package hub

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Default is the hub that is asked where no other is named.
const Default = "https://huggingface.co"

// Errors that callers tell apart.
var (
	// ErrName says that a model's name can't be one.
	ErrName = errors.New("not a model's name")
	// ErrNotFound says that the hub has no such model, revision or file.
	ErrNotFound = errors.New("not on the hub")
	// ErrDenied says that the hub wants a token, or another one, or an agreement.
	ErrDenied = errors.New("the hub does not give it out")
	// ErrBusy says that the hub did not answer, or asked to wait longer than we do.
	ErrBusy = errors.New("the hub is not available")
	// ErrContent says that what came is not what the hub lists.
	ErrContent = errors.New("not what the hub lists")
	// ErrUnusable says that the model has no files that can be run.
	ErrUnusable = errors.New("nothing that can be run")
)

// A Client asks one hub. Its zero value asks Default without a token.
type Client struct {
	URL   string // "" is Default
	Token string // sent to the host of URL only
	// Transport is for tests; nil is the standard one.
	Transport http.RoundTripper
	// Now is the time, for a Retry-After that is a date; nil: such a date is not waited for.
	Now func() time.Time
	// Wait waits between tries; nil waits for real.
	Wait func(ctx context.Context, d time.Duration) error
	// Stall is how long a connection may be silent; 0 is a minute.
	Stall time.Duration
	// Hosts hears each host that was asked, for people to see; it may be nil.
	Hosts func(host string)
}

const (
	tries     = 5
	longest   = 2 * time.Minute // that a hub may make us wait before a try
	mostText  = 16 << 20        // bytes of a listing
	userAgent = "licet"
)

// base returns the hub's URL without a slash at the end.
func (c *Client) base() (*url.URL, error) {
	text := c.URL
	if text == "" {
		text = Default
	}
	u, err := url.Parse(strings.TrimRight(text, "/"))
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return nil, fmt.Errorf("the hub's address %q: want https://HOST", text)
	}
	if u.Scheme == "http" && c.Token != "" && !loopback(u.Hostname()) {
		return nil, fmt.Errorf("the hub's address %q: a token is not sent without encryption: use https", text)
	}
	return u, nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// Host returns the host that will be asked.
func (c *Client) Host() (string, error) {
	u, err := c.base()
	if err != nil {
		return "", err
	}
	return u.Host, nil
}

// client follows at most five redirects, never from https to http, and sends the
// token to the hub's own origin only: Go would send it to subdomains as well.
func (c *Client) client(hub *url.URL) *http.Client {
	transport := c.Transport
	if transport == nil {
		t := http.DefaultTransport.(*http.Transport).Clone() //nolint:forcetypeassert // the standard library's
		t.ResponseHeaderTimeout = c.stall()
		t.DisableCompression = true // a range is one of the bytes that are hashed
		transport = t
	}
	return &http.Client{Transport: transport, CheckRedirect: func(r *http.Request, via []*http.Request) error {
		if len(via) > 5 {
			return errors.New("more than five redirects")
		}
		if r.URL.Scheme != "https" && (r.URL.Scheme != "http" || via[len(via)-1].URL.Scheme == "https") {
			return fmt.Errorf("a redirect from %s to %s is not followed", via[len(via)-1].URL.Scheme, r.URL.Scheme)
		}
		r.Header.Del("Referer")
		r.Header.Del("Authorization")
		if c.Token != "" && r.URL.Host == hub.Host && r.URL.Scheme == hub.Scheme {
			r.Header.Set("Authorization", "Bearer "+c.Token)
		}
		return nil
	}}
}

func (c *Client) stall() time.Duration {
	if c.Stall > 0 {
		return c.Stall
	}
	return time.Minute
}

func (c *Client) wait(ctx context.Context, d time.Duration) error {
	if c.Wait != nil {
		return c.Wait(ctx, d)
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// get asks once for a path below the hub's URL. What is not 2xx is an error;
// retry says that another try may help, and after how long at least.
func (c *Client) get(ctx context.Context, path string, header http.Header) (resp *http.Response, retry bool, after time.Duration, err error) {
	hub, err := c.base()
	if err != nil {
		return nil, false, 0, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, hub.String()+path, nil)
	if err != nil {
		return nil, false, 0, fmt.Errorf("ask %s: %w", hub.Host, err)
	}
	req.Header = header.Clone()
	if req.Header == nil {
		req.Header = http.Header{}
	}
	req.Header.Set("User-Agent", userAgent)
	if c.Token != "" {
		req.Header.Set("Authorization", "Bearer "+c.Token)
	}
	resp, err = c.client(hub).Do(req)
	if err != nil {
		return nil, ctx.Err() == nil, 0, fmt.Errorf("%w: %w", ErrBusy, withoutQuery(err))
	}
	if c.Hosts != nil {
		c.Hosts(resp.Request.URL.Host)
	}
	if resp.StatusCode/100 == 2 {
		return resp, false, 0, nil
	}
	retry, after, err = c.refusal(resp, path)
	_ = resp.Body.Close() // nothing more is read of it
	return nil, retry, after, err
}

// withoutQuery takes what may be a signature out of an error's address.
func withoutQuery(err error) error {
	var e *url.Error
	if !errors.As(err, &e) {
		return err
	}
	if u, parseErr := url.Parse(e.URL); parseErr == nil {
		u.RawQuery = ""
		return fmt.Errorf("%s: %w", u, e.Err)
	}
	return e.Err
}

// refusal turns an answer that is not 2xx into an error that says what to do.
func (c *Client) refusal(resp *http.Response, path string) (retry bool, after time.Duration, err error) {
	_, _ = io.CopyN(io.Discard, resp.Body, 1<<16) // so that the connection can be used again
	host, code := resp.Request.URL.Host, resp.Header.Get("X-Error-Code")
	switch s := resp.StatusCode; {
	case s == http.StatusUnauthorized, s == http.StatusForbidden:
		switch {
		case code == "GatedRepo":
			err = fmt.Errorf("%w: the model is gated: accept its terms on its page at %s, then give a token that may read it with --token-file", ErrDenied, host)
		case c.Token == "":
			err = fmt.Errorf("%w: there is no such model at %s, or it is private: check the name, or give a token with --token-file", ErrDenied, host)
		default:
			err = fmt.Errorf("%w: %s refused the token (%d): it may not read this model, or there is no such model", ErrDenied, host, s)
		}
	case s == http.StatusNotFound && code == "RevisionNotFound":
		err = fmt.Errorf("%w: the model is at %s, but not this revision", ErrNotFound, host)
	case s == http.StatusNotFound:
		err = fmt.Errorf("%w: %s answered 404 to %s", ErrNotFound, host, path)
	case s == http.StatusTooManyRequests, s == http.StatusRequestTimeout, s >= 500:
		retry, after = true, c.retryAfter(resp.Header.Get("Retry-After"))
		err = fmt.Errorf("%w: %s answered %d to %s", ErrBusy, host, s, path)
		if after > longest {
			retry, err = false, fmt.Errorf("%w: %s asks to wait for %s: try again then", ErrBusy, host, after)
		}
	default:
		err = fmt.Errorf("%w: %s answered %d to %s", ErrBusy, host, s, path)
	}
	return retry, after, err
}

// retryAfter reads the header: seconds, or a date.
func (c *Client) retryAfter(text string) time.Duration {
	if n, err := strconv.Atoi(text); err == nil && n >= 0 {
		return time.Duration(min(n, 1<<30)) * time.Second
	}
	if t, err := http.ParseTime(text); err == nil && c.Now != nil {
		return max(0, t.Sub(c.Now()))
	}
	return 0
}

// again calls do until it succeeds, can't, or was tried often enough.
func (c *Client) again(ctx context.Context, do func() (retry bool, after time.Duration, err error)) error {
	pause := time.Second
	for try := 1; ; try++ {
		retry, after, err := do()
		if err == nil || !retry || ctx.Err() != nil {
			return err
		}
		if try == tries {
			return fmt.Errorf("%w; gave up after %d tries", err, tries)
		}
		if err := c.wait(ctx, max(after, pause)); err != nil {
			return err
		}
		pause *= 2
	}
}
