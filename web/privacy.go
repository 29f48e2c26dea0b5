package web

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"licet"
	"licet/app"
	"licet/policy"
	"licet/view"
)

// privacyBody is everything that the privacy centre shows a member.
type privacyBody struct {
	Name     string
	Verdict  licet.Verdict
	On       bool           // the switch
	Silence  bool           // it is on, or off, because the person has said nothing
	Signals  []licet.Signal // it is off because these say so, and the person has said nothing
	Choice   licet.Choice
	UnderAge bool
	Unsure   bool // of the age: nothing is used

	Notice   licet.Notified
	Deadline time.Time
	Over     bool // the window is

	Used, Never []kindLine
	UsedRecords int

	Regime    policy.Regime
	Why       string
	Elsewhere []elsewhere

	Model modelState

	Recipients []app.Recipient // who outside has words of theirs
}

type kindLine struct {
	Kind    licet.Kind
	Count   int
	Reasons []string
}

// elsewhere is what another regime would change.
type elsewhere struct {
	Regime  policy.Regime
	Changes []string // keys of texts; empty: nothing
}

// modelState is what learned from whom, at this moment.
type modelState struct {
	None       bool
	Short      string
	In         bool // the member's words are in what is served
	Exact      bool
	Forgetting app.Forgetting
}

func (s *Server) privacy(w http.ResponseWriter, r *http.Request, m licet.MemberID) error {
	return s.showPrivacy(w, r, m)
}

func (s *Server) showPrivacy(w http.ResponseWriter, r *http.Request, m licet.MemberID) error {
	speak := s.words.in(s.words.choose(r))
	body, err := s.privacyOf(r, m, speak.lang)
	if err != nil {
		return err
	}
	return s.show(w, r, http.StatusOK, "privacy.html", frame{Title: speak.say("privacy_title"), SignedIn: true, Body: body})
}

func (s *Server) privacyOf(r *http.Request, m licet.MemberID, lang string) (privacyBody, error) {
	ctx := r.Context()
	state, err := s.app.Ledger().StateNow(ctx)
	if err != nil {
		return privacyBody{}, err
	}
	who, err := s.app.Vault().Member(ctx, m)
	if err != nil {
		return privacyBody{}, err
	}
	standing := state.Members[m]
	lines, regime, err := s.app.Explain(ctx, m, licet.PurposeTrain)
	if err != nil {
		return privacyBody{}, err
	}
	b := privacyBody{
		Name: who.Name, Verdict: standing.Verdict(licet.PurposeTrain), Choice: standing.Choices[licet.PurposeTrain],
		Notice: state.Notice, Regime: regime, Why: regime.Why[lang],
	}
	b.Silence = b.Verdict == licet.Undecided
	b.Signals = s.app.Policy().SpokenFor(standing, licet.PurposeTrain)
	b.On = b.Verdict == licet.Permitted || b.Silence && regime.Silence == licet.Permitted && len(b.Signals) == 0
	if b.Recipients, err = s.app.Recipients(ctx, m); err != nil {
		return b, err
	}
	if state.Notice.Deadline != "" {
		if b.Deadline, err = time.Parse(time.DateOnly, state.Notice.Deadline); err != nil {
			return b, fmt.Errorf("the notice's deadline: %w", err)
		}
		if b.Over, err = licet.DeadlineEnded(state.Notice.Deadline, s.app.Now()); err != nil {
			return b, err
		}
	}
	b.count(lines)
	b.Elsewhere = compare(s.app.Policy().Regimes(), regime)
	b.Model, err = s.model(r, m)
	return b, err
}

// count splits what becomes of a member's records into what is used and what is not.
func (b *privacyBody) count(lines []view.Line) {
	for _, l := range lines {
		if l.Used > 0 {
			b.Used = append(b.Used, kindLine{Kind: l.Kind, Count: l.Used})
			b.UsedRecords += l.Used
		}
		if l.Unused > 0 {
			b.Never = append(b.Never, kindLine{l.Kind, l.Unused, l.Reasons})
		}
		for _, reason := range l.Reasons {
			b.UnderAge = b.UnderAge || reason == "never-under-age"
			b.Unsure = b.Unsure || reason == "never-suspected-minor" || reason == "never-unknown-age"
		}
	}
}

// compare says what moving to another regime would change.
func compare(all []policy.Regime, own policy.Regime) []elsewhere {
	var out []elsewhere
	for _, r := range all {
		if r.ID == own.ID || r.ID == "unknown" {
			continue
		}
		e := elsewhere{Regime: r}
		if r.Basis != own.Basis {
			e.Changes = append(e.Changes, "basis_"+r.Basis)
		}
		if r.RightToObject != own.RightToObject {
			e.Changes = append(e.Changes, map[bool]string{true: "right_by_law", false: "right_by_switch"}[r.RightToObject])
		}
		if r.Silence != own.Silence {
			e.Changes = append(e.Changes, "silence_"+string(r.Silence))
		}
		if r.WindowDays != own.WindowDays {
			e.Changes = append(e.Changes, "window_differs")
		}
		out = append(out, e)
	}
	return out
}

func (s *Server) model(r *http.Request, m licet.MemberID) (modelState, error) {
	served, err := s.app.Served(r.Context())
	if errors.Is(err, app.ErrNoModel) {
		return modelState{None: true}, nil
	}
	if err != nil {
		return modelState{}, err
	}
	return modelState{Short: served.Adapter.Short(), In: served.Knows(m), Exact: served.Exact, Forgetting: s.app.Forgetting()}, nil
}

// choose moves the switch. The answer comes when the choice is committed.
func (s *Server) choose(w http.ResponseWriter, r *http.Request, m licet.MemberID) error {
	if err := r.ParseForm(); err != nil {
		return problem{http.StatusBadRequest, "invalid_request_error", "bad_form", "the form can't be read: send it again"}
	}
	speak := s.words.in(s.words.choose(r))
	if _, err := s.say(r, m, licet.PurposeTrain, r.PostForm.Get("choice"), licet.Said{
		Channel: "web", Language: speak.lang, Screen: "privacy: " + speak.say("switch"),
	}); err != nil {
		return err
	}
	http.Redirect(w, r, "/privacy", http.StatusSeeOther)
	return nil
}

// say records a choice.
func (s *Server) say(r *http.Request, m licet.MemberID, p licet.Purpose, choice string, said licet.Said) (licet.Event, error) {
	state, err := s.app.Ledger().StateNow(r.Context())
	if err != nil {
		return licet.Event{}, err
	}
	said.Notice = state.Notice.Notice
	if !p.Known() {
		return licet.Event{}, problem{http.StatusNotFound, "invalid_request_error", "unknown_purpose", "there is no such purpose: see GET /api/choices for them"}
	}
	switch choice {
	case "object":
		return s.app.Object(r.Context(), m, p, said)
	case "consent":
		return s.app.Consent(r.Context(), m, p, said)
	}
	return licet.Event{}, problem{http.StatusBadRequest, "invalid_request_error", "unknown_choice", `a choice is "object" or "consent"`}
}

func (s *Server) receipt(w http.ResponseWriter, r *http.Request, m licet.MemberID) error {
	data, err := s.app.Receipt(r.Context(), m)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="licet-receipt.json"`)
	_, err = w.Write(data)
	return err
}
