package presidio

import (
	"context"
	"net"
	"net/http"
	"time"

	"licet/view/redact"
)

// Hurry has a Client not wait between attempts.
func Hurry(c *Client) { c.wait = func(ctx context.Context, _ time.Duration) error { return ctx.Err() } }

// Resolve has every name lead to one address, through the Client's own dialer.
func Resolve(c *Client, address string) {
	dial := c.http.Transport.(*http.Transport).DialContext
	c.http.Transport.(*http.Transport).DialContext = func(ctx context.Context, network, _ string) (net.Conn, error) { return dial(ctx, network, address) }
}

// Answer reads an answer to POST /analyze about a text.
func Answer(answer, text string) ([]redact.Span, error) {
	c, err := New(Config{URL: "http://127.0.0.1:1", Version: "1"})
	if err != nil {
		return nil, err
	}
	return c.read([]byte(answer), text)
}
