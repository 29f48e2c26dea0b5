// Package web serves a member's pages and the interfaces for programs: the
// switch, the receipt, the served model. Every page works without JavaScript.
package web

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"licet"
	"licet/app"
	"licet/ledger"
)

//go:embed templates/*.html static/* locales/*.json
var files embed.FS

// Options of a server.
type Options struct {
	Log *slog.Logger
	// Demo lets anybody sign in as any member: for invented communities only.
	Demo bool
}

// A Server answers for one installation.
type Server struct {
	app     *app.App
	log     *slog.Logger
	demo    bool
	pages   *template.Template
	words   *words
	handler http.Handler

	verifyPolicy string // the Content-Security-Policy of the page that checks receipts
}

// New returns a server over an open installation.
func New(a *app.App, o Options) (*Server, error) {
	s := &Server{app: a, log: o.Log, demo: o.Demo}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	var err error
	if s.words, err = newWords(); err != nil {
		return nil, err
	}
	// The functions are replaced for every request by those of its language.
	if s.pages, err = template.New("").Funcs(s.words.in("en").functions()).ParseFS(files, "templates/*.html"); err != nil {
		return nil, fmt.Errorf("pages: %w", err)
	}
	page, err := files.ReadFile("static/" + verifyPage)
	if err != nil {
		return nil, fmt.Errorf("pages: %w", err)
	}
	s.verifyPolicy = verifyPolicy(page)
	mux := http.NewServeMux()
	for _, r := range s.Routes() {
		mux.Handle(r.Method+" "+r.Path, s.guard(r))
	}
	s.handler = s.outer(http.NewCrossOriginProtection().Handler(mux))
	return s, nil
}

// A Role is who may use a route.
type Role string

// The roles.
const (
	Anyone   Role = "anyone"
	OfMember Role = "member" // signed in, for their own things only
)

// A Route is one line of the table of everything that is served.
type Route struct {
	Method, Path string
	Role         Role
	Page         bool // for people: who is not signed in is sent to the sign-in page
	serve        func(w http.ResponseWriter, r *http.Request, m licet.MemberID) error
}

// Routes is the table of everything that is served, and to whom.
func (s *Server) Routes() []Route {
	return []Route{
		{"GET", "/{$}", Anyone, true, s.home},
		{"GET", "/sign-in", Anyone, true, s.signInPage},
		{"POST", "/sign-in", Anyone, true, s.signIn},
		{"POST", "/sign-out", Anyone, true, s.signOut},
		{"GET", "/notice", Anyone, true, s.notice},
		{"GET", "/privacy", OfMember, true, s.privacy},
		{"POST", "/privacy/choice", OfMember, true, s.choose},
		{"GET", "/privacy/receipt", OfMember, true, s.receipt},
		{"GET", "/privacy/paper", OfMember, true, s.paper},
		{"GET", "/static/{file}", Anyone, false, s.static},
		{"GET", "/healthz", Anyone, false, s.health},
		{"GET", "/log/key", Anyone, false, s.logKey},
		{"GET", "/log/checkpoint", Anyone, false, s.checkpoint},
		{"GET", "/log/tile/{path...}", Anyone, false, s.tile},
		{"GET", "/v1/models", Anyone, false, s.models},
		{"POST", "/v1/chat/completions", OfMember, false, s.chat},
		{"GET", "/api/choices", OfMember, false, s.choices},
		{"PUT", "/api/choices/{purpose}", OfMember, false, s.setChoice},
		{"GET", "/api/receipt", OfMember, false, s.receipt},
	}
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.handler.ServeHTTP(w, r) }

// Serve answers on l until ctx is done, and keeps the served model exact
// meanwhile. It waits for answers that are under way.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	following, stop := context.WithCancel(ctx)
	var wait sync.WaitGroup
	wait.Go(func() { s.app.Follow(following, s.log) })
	defer wait.Wait()
	defer stop()
	server := &http.Server{Handler: s, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 1 << 16}
	failed := make(chan error, 1)
	wait.Go(func() { failed <- server.Serve(l) })
	select {
	case err := <-failed:
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
	}
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	if err := server.Shutdown(end); err != nil {
		return errors.Join(fmt.Errorf("stop serving: %w", err), server.Close())
	}
	return nil
}

// maxBody is the largest body that anybody may send, in bytes.
const maxBody = 64 << 10

// outer adds what every answer has and logs what was asked: never what was said.
func (s *Server) outer(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		next.ServeHTTP(w, r)
	})
}

// guard lets in whom the route is for, and answers for its errors.
func (s *Server) guard(route Route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		m, err := s.who(r)
		switch {
		case err != nil && !errors.Is(err, errNobody):
			s.fail(w, r, route, err)
			return
		case errors.Is(err, errNobody) && route.Role != Anyone && route.Page:
			http.Redirect(w, r, "/sign-in", http.StatusSeeOther)
			return
		case errors.Is(err, errNobody) && route.Role != Anyone:
			s.fail(w, r, route, problem{http.StatusUnauthorized, "invalid_request_error", "not_signed_in", "sign in first: a page's cookie, or Authorization: Bearer with what \"licet sign-in\" printed"})
			return
		}
		if m != "" && route.Page && r.Header.Get("Sec-GPC") == "1" {
			if err := s.heard(r, m); err != nil {
				s.fail(w, r, route, err)
				return
			}
		}
		if err := route.serve(w, r, m); err != nil {
			s.fail(w, r, route, err)
		}
	})
}

// heard records that a member's browser sends Global Privacy Control, once. What it
// speaks of is the policy's to say; the person's own choice goes before it.
func (s *Server) heard(r *http.Request, m licet.MemberID) error {
	state, err := s.app.Ledger().StateNow(r.Context())
	if err != nil {
		return err
	}
	if _, known := state.Members[m].Signals[licet.SignalGPC]; known {
		return nil
	}
	_, err = s.app.Signal(r.Context(), m, licet.SignalGPC, true, "web")
	return err
}

// A problem is an answer that says what is wrong and what to do.
type problem struct {
	status     int
	kind, code string // as the OpenAI API names them
	what       string
}

// Error implements error.
func (p problem) Error() string { return p.what }

// fail answers with an error, in words for people or for programs. What is our own
// fault is logged, and not shown.
func (s *Server) fail(w http.ResponseWriter, r *http.Request, route Route, err error) {
	p, known := errors.AsType[problem](err)
	if !known {
		p = classify(err)
	}
	if p.status >= http.StatusInternalServerError {
		s.log.ErrorContext(r.Context(), "request not answered", slog.String("route", route.Method+" "+route.Path), slog.Any("error", err))
	}
	if route.Page {
		s.errorPage(w, r, p)
		return
	}
	writeJSON(w, p.status, map[string]any{"error": map[string]any{"message": p.what, "type": p.kind, "param": nil, "code": p.code}})
}

func (s *Server) static(w http.ResponseWriter, r *http.Request, _ licet.MemberID) error {
	name := r.PathValue("file")
	if _, err := fs.Stat(files, "static/"+name); err != nil {
		return problem{http.StatusNotFound, "invalid_request_error", "not_found", "there is no such file"}
	}
	w.Header().Set("Cache-Control", "max-age=3600")
	if name == verifyPage {
		w.Header().Set("Content-Security-Policy", s.verifyPolicy)
	}
	http.ServeFileFS(w, r, files, "static/"+name)
	return nil
}

func (s *Server) health(w http.ResponseWriter, r *http.Request, _ licet.MemberID) error {
	head, err := s.app.Ledger().Head(r.Context())
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, map[string]any{"events": head})
	return nil
}

func (s *Server) logKey(w http.ResponseWriter, _ *http.Request, _ licet.MemberID) error {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, err := fmt.Fprintln(w, s.app.Ledger().Verifier())
	return err
}

func (s *Server) checkpoint(w http.ResponseWriter, r *http.Request, _ licet.MemberID) error {
	head, err := s.app.Ledger().Head(r.Context())
	if err != nil {
		return err
	}
	signed, _, err := s.app.Ledger().Cosigned(r.Context(), head)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, err = w.Write(signed)
	return err
}

// tile serves the log in the layout of C2SP tlog-tiles.
func (s *Server) tile(w http.ResponseWriter, r *http.Request, _ licet.MemberID) error {
	data, err := s.app.Ledger().Tile(r.Context(), r.PathValue("path"))
	if errors.Is(err, ledger.ErrNoTile) {
		return problem{http.StatusNotFound, "invalid_request_error", "not_found", "the log has no such tile: see /log/checkpoint for its size"}
	}
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable") // a tile never changes
	_, err = w.Write(data)
	return err
}
