package licet

import (
	"fmt"
	"maps"
	"slices"
	"time"
)

// A Verdict is what is known of a member for a purpose.
type Verdict string

// The verdicts. Undecided is silence; what silence means is the policy's to say.
const (
	Undecided Verdict = "undecided"
	Permitted Verdict = "permitted"
	Refused   Verdict = "refused"
)

// A Choice is what a person said of one purpose, and when.
type Choice struct {
	Verdict Verdict   `json:"verdict"`
	Seq     uint64    `json:"seq"`
	Time    time.Time `json:"time"`
	Said    Said      `json:"said"`
}

// A Standing is what the ledger knows of one member at one position.
type Standing struct {
	Member MemberID `json:"member"`
	Token  Digest   `json:"token"`
	Facts  Facts    `json:"facts"`
	First  uint64   `json:"first"` // position of the Joined event
	Erased bool     `json:"erased,omitempty"`
	// Choices are the person's own words: the last of each purpose.
	Choices map[Purpose]Choice `json:"choices,omitempty"`
	// Signals are what machines said for them, and where; only those that are on.
	Signals map[Signal]Heard `json:"signals,omitempty"`
	Age     *Judged          `json:"age,omitempty"`
	Given   []uint64         `json:"given,omitempty"` // positions of disclosures with words of theirs
	// Unnoticed says that no notice had been with them for long enough when a window
	// was frozen: there their silence says nothing. State.AtFreeze sets it; it is no
	// part of what the log knows of them.
	Unnoticed bool `json:"-"`
}

// Heard is where and when a signal was heard.
type Heard struct {
	Seq     uint64    `json:"seq"`
	Time    time.Time `json:"time"`
	Channel string    `json:"channel"`
}

// Judged is the operator's decision on a suspected minor.
type Judged struct {
	OfAge  bool   `json:"of_age"`
	Reason string `json:"reason"`
	Seq    uint64 `json:"seq"`
}

// Verdict returns what the person said of p, or Undecided. A refusal of the whole
// covers its parts, unless they permitted the part later; a yes never spreads.
func (s Standing) Verdict(p Purpose) Verdict {
	if len(s.Choices) == 0 {
		return Undecided
	}
	own, said := s.Choices[p]
	for whole, ok := p.Within(); ok; whole, ok = whole.Within() {
		if c, ok := s.Choices[whole]; ok && c.Verdict == Refused && (!said || own.Seq < c.Seq) {
			return Refused
		}
	}
	if said {
		return own.Verdict
	}
	return Undecided
}

// A Provenance says whose word decides for a member: kept apart, so that no page
// or report calls a default consent.
type Provenance string

// The provenances, the strongest first.
const (
	FromAge     Provenance = "age-rule" // a birth date, a school year, a suspicion or the operator's decision on it
	FromPerson  Provenance = "person"
	FromSignal  Provenance = "signal"
	FromDefault Provenance = "default" // silence, and what the regime makes of it
)

// A State is every member's standing after the first Next events, and the
// operator's acts that rules need. The zero value is the state before any event.
type State struct {
	Next    uint64    // how many events were folded
	Time    time.Time // of the last
	Members map[MemberID]Standing

	Origin    Founded
	Policy    Adopted
	Notice    Notified
	NoticeAt  uint64     // position of that notice
	Delivered []Delivery // of that notice, in order
	Frozen    uint64     // position of the last Frozen event; 0: none
	Built     Built
	Trained   Trained
	Promoted  Promoted

	unreadable map[MemberID]uint64 // unreadable events that no Erased has explained yet
}

// A Delivery is where and when a notice reached members.
type Delivery struct {
	Seq  uint64
	Time time.Time
}

// Reached returns the position of the last delivery of the notice in force that has
// been with members for ShortestWindow days at a time, its own day included.
func (s State) Reached(at time.Time) (seq uint64, ok bool) {
	for _, d := range s.Delivered {
		if over, err := DeadlineEnded(LastDay(d.Time, ShortestWindow), at); err == nil && over {
			seq, ok = d.Seq, true
		}
	}
	return seq, ok
}

// AtFreeze returns the standings that count at a freeze at that time: who joined
// after the last delivery that has been with members for long enough had no window,
// and their silence says nothing. What they said themselves counts.
func (s State) AtFreeze(at time.Time) State {
	s.Time = at
	reached, _ := s.Reached(at)
	late := map[MemberID]Standing{}
	for id, m := range s.Members {
		if !m.Erased && m.First >= reached {
			m.Unnoticed = true
			late[id] = m
		}
	}
	if len(late) > 0 {
		s.Members = maps.Clone(s.Members)
		maps.Copy(s.Members, late)
	}
	return s
}

// Fold returns the state after event e, which must be the next one. It is pure: s is
// not changed, and the result shares what did not change with it.
//
// A member's event that can't be read is accepted here and must be explained by an
// Erased event: see Unexplained.
func (s State) Fold(e Event) (State, error) {
	f := NewFolder(s)
	if err := f.Fold(e); err != nil {
		return s, err
	}
	return f.State(), nil
}

// Unexplained returns a position of an unreadable event that no Erased follows, if any.
func (s State) Unexplained() (seq uint64, ok bool) {
	for _, id := range slices.Sorted(maps.Keys(s.unreadable)) {
		return s.unreadable[id], true
	}
	return 0, false
}

// Unread returns how many members have events that can't be read and no Erased has
// explained yet.
func (s State) Unread() int { return len(s.unreadable) }

// A Folder folds many events without copying between them.
type Folder struct{ s State }

// NewFolder starts from a state, which it leaves as it is.
func NewFolder(s State) *Folder {
	s.Members = maps.Clone(s.Members)
	if s.Members == nil {
		s.Members = map[MemberID]Standing{}
	}
	s.unreadable = maps.Clone(s.unreadable)
	if s.unreadable == nil {
		s.unreadable = map[MemberID]uint64{}
	}
	return &Folder{s: s}
}

// State returns the state so far; the Folder must not be used afterwards.
func (f *Folder) State() State { return f.s }

// Fold applies the next event.
func (f *Folder) Fold(e Event) error {
	if e.Seq != f.s.Next {
		return fmt.Errorf("event %d: want event %d next", e.Seq, f.s.Next)
	}
	var err error
	switch {
	case e.Unreadable():
		if _, ok := f.s.unreadable[e.Member]; !ok {
			f.s.unreadable[e.Member] = e.Seq
		}
	case e.Type.OfMember():
		err = f.foldMember(e)
	default:
		err = f.foldOperator(e)
	}
	if err != nil {
		return err
	}
	f.s.Next, f.s.Time = e.Seq+1, e.Time
	return nil
}

func (f *Folder) foldMember(e Event) error {
	m, ok := f.s.Members[e.Member]
	if e.Type == EventJoined {
		body, err := BodyOf[Joined](e)
		if err != nil {
			return err
		}
		if ok && !m.Erased {
			return fmt.Errorf("event %d: member joined twice", e.Seq)
		}
		m.Member, m.Token, m.Facts, m.First, m.Erased, m.Given = e.Member, body.Token, body.Facts, e.Seq, false, nil
		f.s.Members[e.Member] = m
		return nil
	}
	if !ok || m.Erased {
		return fmt.Errorf("event %d (%s): the member has not joined", e.Seq, e.Type)
	}
	switch e.Type {
	case EventDescribed:
		body, err := BodyOf[Described](e)
		if err != nil {
			return err
		}
		m.Facts = body.Facts
	case EventObjected:
		body, err := BodyOf[Objected](e)
		if err != nil {
			return err
		}
		m.Choices = with(m.Choices, body.Purpose, Choice{Refused, e.Seq, e.Time, body.Said})
	case EventSignalled:
		body, err := BodyOf[Signalled](e)
		if err != nil {
			return err
		}
		if !body.Signal.Known() {
			return fmt.Errorf("event %d: unknown signal %q", e.Seq, body.Signal)
		}
		m.Signals = maps.Clone(m.Signals)
		switch {
		case !body.On:
			delete(m.Signals, body.Signal)
		case m.Signals == nil:
			m.Signals = map[Signal]Heard{}
			fallthrough
		default:
			m.Signals[body.Signal] = Heard{e.Seq, e.Time, body.Channel}
		}
	case EventAgeJudged:
		body, err := BodyOf[AgeJudged](e)
		if err != nil {
			return err
		}
		m.Age = &Judged{body.OfAge, body.Reason, e.Seq}
	case EventGiven:
		body, err := BodyOf[Given](e)
		if err != nil {
			return err
		}
		m.Given = append(slices.Clone(m.Given), body.Disclosed)
	case EventConsented:
		body, err := BodyOf[Consented](e)
		if err != nil {
			return err
		}
		m.Choices = with(m.Choices, body.Purpose, Choice{Permitted, e.Seq, e.Time, body.Said})
	default: // Ingested and Removed change the vault, not the standing.
	}
	f.s.Members[e.Member] = m
	return nil
}

func with(m map[Purpose]Choice, p Purpose, c Choice) map[Purpose]Choice {
	m = maps.Clone(m)
	if m == nil {
		m = map[Purpose]Choice{}
	}
	m[p] = c
	return m
}

func (f *Folder) foldOperator(e Event) error {
	var err error
	switch e.Type {
	case EventFounded:
		if e.Seq != 0 {
			return fmt.Errorf("event %d: a log is founded once, at 0", e.Seq)
		}
		f.s.Origin, err = BodyOf[Founded](e)
	case EventAdopted:
		f.s.Policy, err = BodyOf[Adopted](e)
	case EventNotified:
		f.s.Notice, err = BodyOf[Notified](e)
		f.s.NoticeAt, f.s.Delivered = e.Seq, nil
	case EventDelivered:
		var d Delivered
		if d, err = BodyOf[Delivered](e); err == nil && d.Notice == f.s.Notice.Notice {
			f.s.Delivered = append(slices.Clip(f.s.Delivered), Delivery{e.Seq, e.Time})
		}
	case EventFrozen:
		f.s.Frozen = e.Seq
	case EventBuilt:
		f.s.Built, err = BodyOf[Built](e)
	case EventTrained:
		f.s.Trained, err = BodyOf[Trained](e)
	case EventPromoted:
		f.s.Promoted, err = BodyOf[Promoted](e)
	case EventForgot, EventDisclosed, EventTold, EventShielded: // they change nobody's standing
	case EventErased:
		var body Erased
		if body, err = BodyOf[Erased](e); err == nil {
			f.erase(body, e)
		}
	default:
		err = fmt.Errorf("event %d: unknown type %q", e.Seq, e.Type)
	}
	return err
}

// erase keeps nothing of the member but what they had refused.
func (f *Folder) erase(body Erased, e Event) {
	delete(f.s.unreadable, body.Member)
	m := Standing{Member: body.Member, Erased: true, Given: body.Given}
	for _, p := range body.Refused {
		m.Choices = with(m.Choices, p, Choice{Verdict: Refused, Seq: e.Seq, Time: e.Time, Said: Said{Channel: "erasure"}})
	}
	f.s.Members[body.Member] = m
}
