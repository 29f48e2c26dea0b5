package web

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"licet/app"
	"licet/draft"
	"licet/lm"
)

// frame is what every page shows.
type frame struct {
	Title    string
	Path     string // of this page, for the links that change its language
	SignedIn bool
	Demo     bool
	Body     any
}

// show writes a page in the language of the request.
func (s *Server) show(w http.ResponseWriter, r *http.Request, status int, name string, f frame) error {
	speak := s.words.in(s.words.choose(r))
	if wish := r.URL.Query().Get("lang"); wish != "" {
		http.SetCookie(w, &http.Cookie{Name: "lang", Value: speak.lang, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: !s.demo, MaxAge: 365 * 24 * 3600})
	}
	pages, err := s.pages.Clone()
	if err != nil {
		return fmt.Errorf("page %s: %w", name, err)
	}
	f.Path, f.Demo = r.URL.Path, s.demo
	if r.Method != http.MethodGet {
		f.Path = "/"
	}
	var out bytes.Buffer
	if err := pages.Funcs(speak.functions()).ExecuteTemplate(&out, name, f); err != nil {
		return fmt.Errorf("page %s: %w", name, err)
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Language", speak.lang)
	w.WriteHeader(status)
	_, err = w.Write(out.Bytes())
	return err
}

func (s *Server) errorPage(w http.ResponseWriter, r *http.Request, p problem) {
	speak := s.words.in(s.words.choose(r))
	if err := s.show(w, r, p.status, "error.html", frame{Title: speak.say("error_title"), Body: speak.say("error_" + p.code)}); err != nil {
		http.Error(w, p.what, p.status)
	}
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	data, err := json.Marshal(v)
	if err != nil {
		http.Error(w, "internal error", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(append(data, '\n')) // who does not listen any more hears nothing
}

// classify turns an error of the parts below into an answer.
func classify(err error) problem {
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return problem{http.StatusRequestEntityTooLarge, "invalid_request_error", "too_large", "the request is too large: send less than 64 KiB"}
	case errors.Is(err, draft.ErrQuota):
		return problem{http.StatusTooManyRequests, "insufficient_quota", "insufficient_quota", err.Error()}
	case errors.Is(err, app.ErrNoModel):
		return problem{http.StatusServiceUnavailable, "server_error", "no_model", "no model was trained yet"}
	case errors.Is(err, app.ErrWithdrawn):
		return problem{http.StatusServiceUnavailable, "server_error", "model_withdrawn", err.Error()}
	case errors.Is(err, app.ErrNoMember):
		return problem{http.StatusNotFound, "invalid_request_error", "no_member", "there is no such member"}
	case errors.Is(err, lm.ErrPrompt):
		return problem{http.StatusBadRequest, "invalid_request_error", "context_length_exceeded", err.Error()}
	}
	return problem{http.StatusInternalServerError, "server_error", "internal", "something went wrong here, and it was written down; try again"}
}
