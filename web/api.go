package web

import (
	"encoding/json"
	"net/http"
	"time"

	"licet"
)

// choiceJSON is what is known of a member for one purpose.
type choiceJSON struct {
	Purpose licet.Purpose `json:"purpose"`
	Verdict licet.Verdict `json:"verdict"`        // undecided is silence, never consent
	Seq     *uint64       `json:"seq,omitempty"`  // position in the log
	Time    *time.Time    `json:"time,omitempty"` // UTC
}

func (s *Server) choices(w http.ResponseWriter, r *http.Request, m licet.MemberID) error {
	state, err := s.app.Ledger().StateNow(r.Context())
	if err != nil {
		return err
	}
	out := []choiceJSON{}
	for _, p := range licet.Purposes() {
		c := choiceJSON{Purpose: p, Verdict: state.Members[m].Verdict(p)}
		if said, ok := state.Members[m].Choices[p]; ok {
			c.Seq, c.Time = &said.Seq, &said.Time
		}
		out = append(out, c)
	}
	writeJSON(w, http.StatusOK, map[string]any{"choices": out, "events": state.Next})
	return nil
}

// setChoice records a choice: {"choice":"object"} or {"choice":"consent"}. The
// answer comes when it is durable, and says at which position of the log.
func (s *Server) setChoice(w http.ResponseWriter, r *http.Request, m licet.MemberID) error {
	var ask struct {
		Choice   string `json:"choice"`
		Language string `json:"language"`
	}
	if err := json.NewDecoder(r.Body).Decode(&ask); err != nil {
		return badJSON(err)
	}
	p := licet.Purpose(r.PathValue("purpose"))
	e, err := s.say(r, m, p, ask.Choice, licet.Said{Channel: "api", Language: ask.Language})
	if err != nil {
		return err
	}
	verdict := licet.Refused
	if e.Type == licet.EventConsented {
		verdict = licet.Permitted
	}
	writeJSON(w, http.StatusOK, choiceJSON{Purpose: p, Verdict: verdict, Seq: &e.Seq, Time: &e.Time})
	return nil
}
