package web

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"licet"
	"licet/app"
)

func (s *Server) home(w http.ResponseWriter, r *http.Request, m licet.MemberID) error {
	to := "/privacy"
	if m == "" {
		to = "/sign-in"
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}

// person is one line of the demonstration's sign-in.
type person struct{ Ref, Name, Country string }

type signInBody struct {
	People []person
	Wrong  bool
}

func (s *Server) signInPage(w http.ResponseWriter, r *http.Request, _ licet.MemberID) error {
	return s.askWho(w, r, http.StatusOK, false)
}

func (s *Server) askWho(w http.ResponseWriter, r *http.Request, status int, wrong bool) error {
	body := signInBody{Wrong: wrong}
	if s.demo {
		for m, err := range s.app.Vault().Members(r.Context()) {
			if err != nil {
				return err
			}
			body.People = append(body.People, person{string(m.Platform) + "/" + m.Ref, m.Name, m.Facts.Country})
		}
		slices.SortFunc(body.People, func(a, b person) int { return strings.Compare(a.Name, b.Name) })
	}
	title := s.words.in(s.words.choose(r)).say("sign_in")
	return s.show(w, r, status, "signin.html", frame{Title: title, Body: body})
}

// signIn takes a pass, or in a demonstration anybody's name. The pass comes in
// the body: never in an address, which is written into logs.
func (s *Server) signIn(w http.ResponseWriter, r *http.Request, _ licet.MemberID) error {
	if err := r.ParseForm(); err != nil {
		return problem{http.StatusBadRequest, "invalid_request_error", "bad_form", "the form can't be read: send it again"}
	}
	m, err := s.bearer(r.Context(), strings.TrimSpace(r.PostForm.Get("pass")))
	if who := r.PostForm.Get("member"); s.demo && who != "" {
		var found licet.Member
		if found, err = s.app.Find(r.Context(), who); errors.Is(err, app.ErrNoMember) {
			err = errNobody
		}
		m = found.ID
	}
	if errors.Is(err, errNobody) {
		return s.askWho(w, r, http.StatusForbidden, true)
	}
	if err != nil {
		return err
	}
	s.keep(w, Pass(s.app, m, s.app.Now().Add(sessionTime).Truncate(time.Second)))
	http.Redirect(w, r, "/privacy", http.StatusSeeOther)
	return nil
}

func (s *Server) signOut(w http.ResponseWriter, r *http.Request, _ licet.MemberID) error {
	s.keep(w, "")
	http.Redirect(w, r, "/sign-in", http.StatusSeeOther)
	return nil
}

func (s *Server) notice(w http.ResponseWriter, r *http.Request, m licet.MemberID) error {
	speak := s.words.in(s.words.choose(r))
	state, err := s.app.Ledger().StateNow(r.Context())
	if err != nil {
		return err
	}
	text := strings.TrimSpace(app.NoticeText(speak.lang, state.Notice))
	title, rest, _ := strings.Cut(text, "\n")
	return s.show(w, r, http.StatusOK, "notice.html", frame{Title: title, SignedIn: m != "", Body: strings.Split(strings.TrimSpace(rest), "\n\n")})
}
