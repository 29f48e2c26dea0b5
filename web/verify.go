package web

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"time"

	"licet"
	"licet/ledger"
)

// verifyPage is the page that checks a receipt without us: one file, which may be
// saved and opened anywhere.
const verifyPage = "verify.html"

// verifyPolicy lets the page's own script and style run, by their hashes, and
// nothing else: not even a connection to us.
func verifyPolicy(page []byte) string {
	hash := func(tag string) string {
		_, rest, _ := bytes.Cut(page, []byte("<"+tag+">"))
		text, _, _ := bytes.Cut(rest, []byte("</"+tag+">"))
		d := sha256.Sum256(text)
		return base64.StdEncoding.EncodeToString(d[:])
	}
	return fmt.Sprintf("default-src 'none'; script-src 'sha256-%s'; style-src 'sha256-%s'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'", hash("script"), hash("style"))
}

// paperBody is a receipt for people, to read and to print.
type paperBody struct {
	Origin     string
	Events     uint64
	Simulated  bool
	Statements []ledger.Statement
	Made       time.Time
	Key        string
}

// paper shows what the receipt says. It is made from the receipt itself, verified: the
// page can't say more than the file proves.
func (s *Server) paper(w http.ResponseWriter, r *http.Request, m licet.MemberID) error {
	data, err := s.app.Receipt(r.Context(), m)
	if err != nil {
		return err
	}
	v, err := ledger.Verify(data, s.app.Ledger().Verifier())
	if err != nil {
		return err
	}
	speak := s.words.in(s.words.choose(r))
	return s.show(w, r, http.StatusOK, "receipt.html", frame{Title: speak.say("receipt_title"), SignedIn: true, Body: paperBody{
		Origin: v.Origin, Events: v.Events, Simulated: v.Simulated, Statements: v.Statements, Made: s.app.Now(), Key: s.app.Ledger().Verifier(),
	}})
}
