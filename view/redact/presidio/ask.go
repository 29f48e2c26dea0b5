package presidio

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"syscall"
	"time"

	"licet/view/redact"
)

// How long the service may take, and how often it is asked again. A text is 100 kB at
// most, a second of work for its small model.
const (
	patience = 60 * time.Second
	attempts = 4
	backoff  = 250 * time.Millisecond // doubled each time
)

// mostAnswer is how many bytes an answer may have: some hundred for each thing found.
const mostAnswer = 16 << 20

// door is an HTTP client that reaches near addresses alone, unless told otherwise. The
// address is looked at when the connection is made: no name can lead elsewhere later.
func door(cfg Config) *http.Client {
	dialer := &net.Dialer{Timeout: 5 * time.Second}
	if !cfg.AllowRemote {
		dialer.Control = func(_, address string, _ syscall.RawConn) error {
			at, err := netip.ParseAddrPort(address)
			if err != nil {
				return fmt.Errorf("read the address of the service: %w", err)
			}
			if ip := net.IP(at.Addr().Unmap().AsSlice()); !near(ip) {
				return remote(ip)
			}
			return nil
		}
	}
	return &http.Client{
		Timeout:       patience,
		Transport:     &http.Transport{DialContext: dialer.DialContext, MaxIdleConnsPerHost: cfg.Concurrency, IdleConnTimeout: time.Minute}, // no Proxy
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// near tells whether an address is of this machine or of a private network.
func near(ip net.IP) bool { return ip.IsLoopback() || ip.IsPrivate() || ip.IsLinkLocalUnicast() }

// errRemote says that members' text would leave.
var errRemote = errors.New("members' text would leave this machine and its private network")

func remote(ip net.IP) error {
	return fmt.Errorf("%s: %w: run the service nearer, or say allow_remote", ip, errRemote)
}

func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// A finding is one element of the answer to POST /analyze. Start and End count
// characters (code points).
type finding struct {
	Kind  string   `json:"entity_type"`
	Start *int     `json:"start"`
	End   *int     `json:"end"`
	Score *float64 `json:"score"`
}

func (c *Client) analyze(ctx context.Context, text, language string) ([]redact.Span, error) {
	if strings.TrimSpace(text) == "" {
		return nil, nil // it refuses such
	}
	select {
	case c.turn <- struct{}{}:
		defer func() { <-c.turn }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if err := c.begin(ctx); err != nil {
		return nil, err
	}
	body, err := json.Marshal(map[string]any{"text": text, "language": language, "entities": c.entities, "score_threshold": c.cfg.Threshold})
	if err != nil {
		return nil, fmt.Errorf("write the question: %w", err)
	}
	answer, err := c.ask(ctx, http.MethodPost, "analyze", nil, body)
	if err != nil {
		return nil, err
	}
	return c.read(answer, text)
}

// read reads an answer about text, and turns characters into bytes. What was not asked for, or is not in the text, is
// no answer: a service that gives such is not the one that the operator means.
func (c *Client) read(answer []byte, text string) ([]redact.Span, error) {
	var found []finding
	if err := json.Unmarshal(answer, &found); err != nil || found == nil {
		return nil, fmt.Errorf("%w that can be read: POST /analyze: want a list", ErrUnavailable)
	}
	var bytes []int // where each character begins
	if len(found) > 0 {
		for i := range text {
			bytes = append(bytes, i)
		}
		bytes = append(bytes, len(text))
	}
	var out []redact.Span
	for i, f := range found {
		label, asked := c.cfg.Entities[f.Kind]
		switch {
		case f.Start == nil || f.End == nil || f.Score == nil:
			return nil, fmt.Errorf("%w that can be read: POST /analyze: finding %d lacks start, end or score", ErrUnavailable, i)
		case !asked:
			return nil, fmt.Errorf("%w that fits the question: POST /analyze: finding %d is of a kind that was not asked for", ErrUnavailable, i)
		case *f.Start < 0 || *f.End <= *f.Start || *f.End >= len(bytes):
			return nil, fmt.Errorf("%w that fits the question: POST /analyze: finding %d, from %d to %d, is not in a text of %d characters", ErrUnavailable, i, *f.Start, *f.End, len(bytes)-1)
		case *f.Score < c.cfg.Threshold:
			continue
		}
		out = append(out, redact.Span{Start: bytes[*f.Start], End: bytes[*f.End], Label: label})
	}
	return out, nil
}

// begin asks, once, whether the service knows the kinds that it will be asked for in
// each language: it would find nothing of others, and not say so.
func (c *Client) begin(ctx context.Context) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ready {
		return nil
	}
	if _, err := c.ask(ctx, http.MethodGet, "health", nil, nil); err != nil {
		return err
	}
	for _, language := range c.cfg.Languages {
		answer, err := c.ask(ctx, http.MethodGet, "supportedentities", url.Values{"language": {language}}, nil)
		if err != nil {
			return err
		}
		var known []string
		if err := json.Unmarshal(answer, &known); err != nil {
			return fmt.Errorf("%w that can be read: GET /supportedentities: want a list", ErrUnavailable)
		}
		for _, kind := range c.entities {
			if !slices.Contains(known, kind) {
				return fmt.Errorf("%w: entities: the service has no recogniser of %s in language %q: leave one of them out of the settings", ErrConfig, kind, language)
			}
		}
	}
	c.ready = true
	return nil
}

// ask asks, and again where another attempt may succeed: where there was no connection
// or no whole answer, and where a proxy or server says that it is busy. No error holds
// what the service says: that may repeat the text.
func (c *Client) ask(ctx context.Context, method, path string, query url.Values, body []byte) ([]byte, error) {
	at := c.base.JoinPath(path)
	at.RawQuery = query.Encode()
	var last error
	for try := range attempts {
		if try > 0 {
			if err := c.wait(ctx, backoff<<(try-1)); err != nil {
				return nil, err
			}
		}
		answer, again, err := c.once(ctx, method, at.String(), body)
		if err == nil {
			return answer, nil
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		last = fmt.Errorf("%w: %s /%s: %w", ErrUnavailable, method, path, err)
		if !again {
			return nil, last
		}
	}
	return nil, fmt.Errorf("%w (%d attempts)", last, attempts)
}

// once asks once; again tells whether it is worth while to ask again.
func (c *Client) once(ctx context.Context, method, at string, body []byte) (answer []byte, again bool, err error) {
	request, err := http.NewRequestWithContext(ctx, method, at, bytes.NewReader(body))
	if err != nil {
		return nil, false, err
	}
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	response, err := c.http.Do(request)
	if err != nil {
		return nil, !errors.Is(err, errRemote), err
	}
	defer response.Body.Close()
	answer, err = io.ReadAll(io.LimitReader(response.Body, mostAnswer+1))
	switch {
	case err != nil:
		return nil, true, err
	case len(answer) > mostAnswer:
		return nil, false, fmt.Errorf("an answer of more than %d bytes", mostAnswer)
	case response.StatusCode == http.StatusOK:
		return answer, false, nil
	}
	switch response.StatusCode {
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		again = true
	}
	return nil, again, fmt.Errorf("status %d: its own log says why", response.StatusCode)
}
