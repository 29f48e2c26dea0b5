package web

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"licet"
	"licet/app"
)

const (
	cookieName  = "licet"
	sessionTime = 12 * time.Hour
)

// errNobody says that the request comes from nobody who is signed in.
var errNobody = errors.New("nobody is signed in")

// Pass lets its bearer act as member m until a time. A host site hands one to
// its member in a form; a program sends it as a bearer token. Keep it secret.
func Pass(a *app.App, m licet.MemberID, until time.Time) string {
	what := string(m) + "." + strconv.FormatInt(until.Unix(), 10)
	return what + "." + base64.RawURLEncoding.EncodeToString(authenticate(a, what))
}

func authenticate(a *app.App, what string) []byte {
	h := hmac.New(sha256.New, a.Keys().Sessions())
	_, _ = h.Write([]byte("licet-pass-v1\x00" + what)) // a hash never fails
	return h.Sum(nil)
}

// bearer returns the member whom a pass is of, or errNobody.
func (s *Server) bearer(ctx context.Context, pass string) (licet.MemberID, error) {
	cut := strings.LastIndexByte(pass, '.')
	if cut < 0 {
		return "", errNobody
	}
	what := pass[:cut]
	mac, err := base64.RawURLEncoding.DecodeString(pass[cut+1:])
	if err != nil || !hmac.Equal(mac, authenticate(s.app, what)) {
		return "", errNobody
	}
	id, until, _ := strings.Cut(what, ".")
	at, err := strconv.ParseInt(until, 10, 64)
	if err != nil || !s.app.Now().Before(time.Unix(at, 0)) {
		return "", errNobody
	}
	state, err := s.app.Ledger().StateNow(ctx)
	if err != nil {
		return "", fmt.Errorf("sign in: %w", err)
	}
	m, ok := state.Members[licet.MemberID(id)]
	if !ok || m.Erased {
		return "", errNobody
	}
	return licet.MemberID(id), nil
}

// who returns the member who asks, or errNobody.
func (s *Server) who(r *http.Request) (licet.MemberID, error) {
	if pass, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok {
		return s.bearer(r.Context(), pass)
	}
	c, err := r.Cookie(cookieName)
	if err != nil {
		return "", errNobody
	}
	return s.bearer(r.Context(), c.Value)
}

// keep sets the cookie of a session; an empty pass ends it.
func (s *Server) keep(w http.ResponseWriter, pass string) {
	c := &http.Cookie{
		Name: cookieName, Value: pass, Path: "/", HttpOnly: true, SameSite: http.SameSiteStrictMode,
		Secure: !s.demo, // a demonstration has no certificate
		MaxAge: int(sessionTime / time.Second),
	}
	if pass == "" {
		c.MaxAge = -1
	}
	http.SetCookie(w, c)
}
