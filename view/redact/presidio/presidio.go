// Package presidio asks a Presidio Analyzer that the operator runs what it sees in a
// text, over its documented REST API: POST /analyze, GET /supportedentities, GET /health.
//
// Licet redacts without it. Whoever has one, with a model or recognisers of their own,
// adds what it finds to what Licet finds. Everything that is built has to be a pure
// function of what is in the vault, so the operator states which version the service
// is, that statement is part of what a manifest commits to, and a service that can't be
// asked stops the build: never is anything built without it. That the service of one
// version gives the same answer to the same text is the operator's word.
//
// Members' text leaves the process. It goes to addresses of this machine and of
// private networks alone, unless the operator says otherwise, and never through a
// proxy or after a redirection.
package presidio

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"licet/view/redact"
)

// A Config says which service is asked, and for what. It is part of the settings of an
// installation.
type Config struct {
	URL string `json:"url"` // such as http://127.0.0.1:3000
	// Version is what the operator states of the service: the version of the analyser
	// and its model, such as "presidio-analyzer 2.2.366, en_core_web_lg 3.8.0". Another
	// service is another version: what is built names it.
	Version string `json:"version"`
	// Languages are those that the service has models for. A text in none of them is
	// asked for as the first. None: English.
	Languages []string `json:"languages,omitempty"`
	// Entities are the kinds that are asked for, with the label that Licet gives to each. None:
	// those of DefaultEntities.
	Entities map[string]redact.Label `json:"entities,omitempty"`
	// Threshold is how sure the service has to be, above 0 up to 1. 0: DefaultThreshold.
	Threshold float64 `json:"threshold,omitempty"`
	// AllowRemote lets members' text leave for any address.
	AllowRemote bool `json:"allow_remote,omitempty"`
	// Concurrency is how many texts are asked for at a time. 0: DefaultConcurrency.
	Concurrency int `json:"concurrency,omitempty"`
}

// What a Config has where nothing is said.
const (
	DefaultThreshold   = 0.5 // what its patterns find without a word beside them stays below
	DefaultConcurrency = 4
)

// DefaultEntities are kinds that a Presidio Analyzer has as it comes, and that Licet redacts.
func DefaultEntities() map[string]redact.Label {
	return map[string]redact.Label{
		"PERSON": redact.LabelName, "EMAIL_ADDRESS": redact.LabelEmail, "PHONE_NUMBER": redact.LabelPhone, "CREDIT_CARD": redact.LabelCard,
		"IBAN_CODE": redact.LabelIBAN, "IP_ADDRESS": redact.LabelIP, "URL": redact.LabelURL,
	}
}

// ErrUnavailable says that the service could not be asked, or gave no answer that can
// be understood. Nothing may be built without it.
var ErrUnavailable = errors.New("the Presidio service gives no answer")

// ErrConfig says that a Config can't be used.
var ErrConfig = errors.New("presidio")

// A Client asks one service. It is safe for concurrent use.
type Client struct {
	cfg      Config
	base     *url.URL
	entities []string // sorted
	http     *http.Client
	turn     chan struct{}
	wait     func(ctx context.Context, d time.Duration) error

	mu    sync.Mutex
	ready bool
}

// New returns a Client of the service of cfg. It asks nothing yet: an installation
// opens, and members can object, while the service is down.
func New(cfg Config) (*Client, error) {
	cfg = cfg.withDefaults()
	base, err := cfg.check()
	if err != nil {
		return nil, err
	}
	return &Client{
		cfg: cfg, base: base, entities: slices.Sorted(maps.Keys(cfg.Entities)), http: door(cfg), turn: make(chan struct{}, cfg.Concurrency), wait: pause,
	}, nil
}

func (c Config) withDefaults() Config {
	if len(c.Languages) == 0 {
		c.Languages = []string{"en"}
	}
	if len(c.Entities) == 0 {
		c.Entities = DefaultEntities()
	}
	if c.Threshold == 0 {
		c.Threshold = DefaultThreshold
	}
	if c.Concurrency == 0 {
		c.Concurrency = DefaultConcurrency
	}
	return c
}

func (c Config) check() (*url.URL, error) {
	base, err := url.Parse(c.URL)
	switch {
	case err != nil || base.Host == "" || base.Scheme != "http" && base.Scheme != "https":
		return nil, fmt.Errorf("%w: url %q is no address: want one such as http://127.0.0.1:3000", ErrConfig, c.URL)
	case base.User != nil || base.RawQuery != "" || base.Fragment != "":
		return nil, fmt.Errorf("%w: url: leave out the password, the query and the fragment", ErrConfig)
	case strings.TrimSpace(c.Version) == "":
		return nil, fmt.Errorf("%w: version: state the versions of the analyser and its model, they are part of what is built", ErrConfig)
	case c.Threshold < 0 || c.Threshold > 1:
		return nil, fmt.Errorf("%w: threshold %v: want above 0 and up to 1", ErrConfig, c.Threshold)
	case c.Concurrency < 0:
		return nil, fmt.Errorf("%w: concurrency %d: want 1 or more", ErrConfig, c.Concurrency)
	}
	for _, kind := range slices.Sorted(maps.Keys(c.Entities)) {
		if l := c.Entities[kind]; !slices.Contains(redact.Labels(), l) {
			return nil, fmt.Errorf("%w: entities: %s is to be %q: want one of %v", ErrConfig, kind, l, redact.Labels())
		}
	}
	if ip := net.ParseIP(base.Hostname()); ip != nil && !c.AllowRemote && !near(ip) {
		return nil, fmt.Errorf("%w: url: %w", ErrConfig, remote(ip))
	}
	return base, nil
}

// Rules is everything of the service that what is built depends on, in one form: where
// it runs and how often it is asked is no part of it.
func (c *Client) Rules() string {
	data, err := json.Marshal(struct {
		Version   string                  `json:"version"`
		Languages []string                `json:"languages"`
		Entities  map[string]redact.Label `json:"entities"`
		Threshold float64                 `json:"threshold"`
		Longest   int                     `json:"longest"`
	}{c.cfg.Version, c.cfg.Languages, c.cfg.Entities, c.cfg.Threshold, longest})
	if err != nil {
		panic(err) // strings and numbers always marshal
	}
	return "presidio-v1 " + string(data)
}

// longest is how many bytes of a text are asked for at a time: spaCy refuses a million
// characters, and an answer has to come in time.
const longest = 100_000

// Spans returns what the service sees in a text, in order of the text: bytes Start to
// End. language is that of the text, empty where it can't be told.
func (c *Client) Spans(ctx context.Context, text, language string) ([]redact.Span, error) {
	if !slices.Contains(c.cfg.Languages, language) {
		language = c.cfg.Languages[0]
	}
	var out []redact.Span
	for at := 0; at < len(text); {
		part := text[at : at+piece(text[at:])]
		found, err := c.analyze(ctx, part, language)
		if err != nil {
			return nil, fmt.Errorf("ask %s: %w", c.base.Host, err)
		}
		for _, s := range found {
			out = append(out, redact.Span{Start: at + s.Start, End: at + s.End, Label: s.Label})
		}
		at += len(part)
	}
	slices.SortFunc(out, func(a, b redact.Span) int {
		if a.Start != b.Start {
			return a.Start - b.Start
		}
		if a.End != b.End {
			return a.End - b.End
		}
		return strings.Compare(string(a.Label), string(b.Label))
	})
	return out, nil
}

// piece is how much of a text is asked for at once: all of it, or up to the last line
// feed, or the last blank, that is not beyond the longest.
func piece(text string) int {
	if len(text) <= longest {
		return len(text)
	}
	for _, c := range []byte{'\n', ' '} {
		if n := strings.LastIndexByte(text[:longest], c); n > 0 {
			return n + 1
		}
	}
	n := longest
	for n > 0 && text[n]&0xc0 == 0x80 { // not inside a character
		n--
	}
	if n == 0 {
		return longest
	}
	return n
}
