package licet

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

// An EventType says what happened.
type EventType string

// What the operator does: public, in clear.
const (
	EventFounded   EventType = "founded"   // the log begins
	EventAdopted   EventType = "adopted"   // a policy is in force
	EventNotified  EventType = "notified"  // a notice is published, with its deadline
	EventDelivered EventType = "delivered" // the notice reached members
	EventFrozen    EventType = "frozen"    // the window is over: position F
	EventBuilt     EventType = "built"     // a corpus, from (F, n)
	EventTrained   EventType = "trained"   // checkpoints and a merged adapter
	EventPromoted  EventType = "promoted"  // what is served from here on
	EventForgot    EventType = "forgot"    // a rebuild without those who objected
	EventErased    EventType = "erased"    // a member's key was destroyed
	EventDisclosed EventType = "disclosed" // a corpus or an adapter was given to somebody outside
	EventTold      EventType = "told"      // who had been given something heard who is gone since
	EventShielded  EventType = "shielded"  // somebody who is no member objected, by name or handle
)

// What a member does, or is recorded of one: encrypted under the member's key.
const (
	EventJoined    EventType = "joined"
	EventDescribed EventType = "described" // facts changed
	EventIngested  EventType = "ingested"  // records came, or came again changed
	EventRemoved   EventType = "removed"   // records went
	EventObjected  EventType = "objected"
	EventConsented EventType = "consented"
	EventSignalled EventType = "signalled"  // a signal spoke for them: never their own word
	EventAgeJudged EventType = "age_judged" // the operator decided whether a suspected minor is one
	EventGiven     EventType = "given"      // words of theirs went outside
)

// OfMember tells whether events of type t belong to a member and are
// encrypted under that member's key.
func (t EventType) OfMember() bool {
	switch t {
	case EventJoined, EventDescribed, EventIngested, EventRemoved, EventObjected, EventConsented, EventSignalled, EventAgeJudged, EventGiven:
		return true
	case EventFounded, EventAdopted, EventNotified, EventDelivered, EventFrozen, EventBuilt, EventTrained, EventPromoted, EventForgot,
		EventErased, EventDisclosed, EventTold, EventShielded:
		return false
	}
	return false
}

// Known tells whether t is one of the types.
func (t EventType) Known() bool {
	switch t {
	case EventFounded, EventAdopted, EventNotified, EventDelivered, EventFrozen, EventBuilt, EventTrained, EventPromoted, EventForgot,
		EventErased, EventDisclosed, EventTold, EventShielded:
		return true
	default:
		return t.OfMember()
	}
}

// An Event is one entry of the ledger. Body is the canonical JSON of the body
// that goes with Type. A member's event whose key was destroyed has the type
// "" and no body.
type Event struct {
	Seq    uint64 // position in the log, from 0
	Time   time.Time
	Type   EventType
	Member MemberID // empty for the operator's
	Body   json.RawMessage
}

// Unreadable tells whether e is a member's event whose key was destroyed.
func (e Event) Unreadable() bool { return e.Type == "" }

// BodyOf decodes the body of e.
func BodyOf[B any](e Event) (B, error) {
	var body B
	if err := json.Unmarshal(e.Body, &body); err != nil {
		return body, fmt.Errorf("event %d (%s): body: %w", e.Seq, e.Type, err)
	}
	return body, nil
}

// Founded begins a log.
type Founded struct {
	Origin    string `json:"origin"`
	Simulated bool   `json:"simulated"` // times are invented: a demonstration
}

// Adopted puts a policy in force.
type Adopted struct {
	Policy string `json:"policy"` // the preset's name
	Digest Digest `json:"digest"`
}

// Notified publishes a notice.
type Notified struct {
	Notice   string            `json:"notice"` // its version
	Policy   Digest            `json:"policy"`
	Texts    map[string]Digest `json:"texts"`              // by language
	Deadline string            `json:"deadline"`           // YYYY-MM-DD, kept until it has ended everywhere on Earth
	Purposes []Purpose         `json:"purposes,omitempty"` // what members were told of; empty: train
}

// Names tells whether members were told of purpose p by the notice.
func (n Notified) Names(p Purpose) bool {
	return len(n.Purposes) == 0 && p == PurposeTrain || slices.Contains(n.Purposes, p)
}

// Delivered says that a notice reached members.
type Delivered struct {
	Notice   string `json:"notice"`
	Batch    int    `json:"batch"`
	Members  int    `json:"members"`
	Evidence Digest `json:"evidence"`
}

// Frozen ends a window. F is the position of this event: what was permitted
// before it counts.
type Frozen struct {
	Notice    string `json:"notice"`
	Standings Digest `json:"standings"` // the root of all standings
}

// Built commits to a corpus.
type Built struct {
	Purpose  Purpose        `json:"purpose,omitempty"` // empty: train
	Frozen   uint64         `json:"frozen"`            // F
	At       uint64         `json:"at"`                // n: events before this position count
	Run      Digest         `json:"run"`
	Corpus   Digest         `json:"corpus"`
	Manifest Digest         `json:"manifest"`
	Members  Digest         `json:"members"` // root of the sparse Merkle tree over members' slots
	Passages int            `json:"passages"`
	Excluded map[string]int `json:"excluded"` // records, by reason
	Shards   int            `json:"shards"`
	Slices   int            `json:"slices"`
}

// Trained commits to what was learned from a corpus.
type Trained struct {
	Run     Digest  `json:"run"`
	Base    Digest  `json:"base"`
	Recipe  Digest  `json:"recipe"` // the trainer: base, recipe and arithmetic
	Adapter Digest  `json:"adapter"`
	Loss    float64 `json:"loss"`      // held-out, nats a token
	BaseAt  float64 `json:"base_loss"` // the base on the same text
}

// Promoted says what is served.
type Promoted struct {
	Run     Digest `json:"run"`
	Adapter Digest `json:"adapter"`
}

// Forgot says that the served model is again the one that would have been
// built had those who objected since never been in it.
type Forgot struct {
	Run      Digest `json:"run"`
	Adapter  Digest `json:"adapter"`
	Steps    int    `json:"steps"`    // run again
	OfSteps  int    `json:"of_steps"` // in the whole graph
	Previous Digest `json:"previous"` // the adapter that is gone
	Upto     uint64 `json:"upto"`     // objections before this position are in it
	Members  int    `json:"members"`  // whose passages are others than the previous model learned
}

// Erased says that a member's key was destroyed. Refused keeps what they had
// refused, so that an objection outlives the person's data.
type Erased struct {
	Member  MemberID  `json:"member"`
	Refused []Purpose `json:"refused,omitempty"`
	Given   []uint64  `json:"given,omitempty"` // positions of the disclosures that had words of theirs
}

// A Disclosed says that something which holds, or has learned from, members'
// words was given to somebody outside.
type Disclosed struct {
	Recipient string  `json:"recipient"`
	Purpose   Purpose `json:"purpose"`
	Basis     string  `json:"basis"` // the lawful basis, in the operator's words
	What      string  `json:"what"`  // corpus, adapter
	Run       Digest  `json:"run"`
	Digest    Digest  `json:"digest"` // of what was given
	Members   int     `json:"members"`
}

// Told says that a recipient heard who is gone since a disclosure (GDPR, Article 19).
type Told struct {
	Disclosed uint64 `json:"disclosed"` // position of the disclosure
	Upto      uint64 `json:"upto"`      // what happened before this position was in the message
	Members   int    `json:"members"`   // how many it named
	Message   Digest `json:"message"`
}

// Shielded says that somebody who is no member objected. What they are called is
// kept as a keyed hash, in the vault; here stands what only they can recompute.
type Shielded struct {
	Commitment Digest `json:"commitment"` // SHA-256(salt ‖ folded name or handle); the salt is on their receipt
	Handle     bool   `json:"handle,omitempty"`
	Channel    string `json:"channel"`
}

// Joined is a member's first event.
type Joined struct {
	Token Digest `json:"token"` // names the member in proofs; known to them alone
	Facts Facts  `json:"facts"`
}

// Described changes a member's facts.
type Described struct {
	Facts Facts `json:"facts"`
}

// Ingested brings records.
type Ingested struct {
	Records []RecordID `json:"records"`
}

// Removed takes records away.
type Removed struct {
	Records []RecordID `json:"records"`
}

// Objected is a person's refusal of a purpose.
type Objected struct {
	Purpose Purpose `json:"purpose"`
	Said
}

// Consented is a person's yes to a purpose.
type Consented struct {
	Purpose Purpose `json:"purpose"`
	Said
}

// Signalled says that a signal speaks for a member, or no longer does.
type Signalled struct {
	Signal  Signal `json:"signal"`
	On      bool   `json:"on"`
	Channel string `json:"channel"` // web, api, import
}

// AgeJudged is the operator's decision on a suspected minor. It answers what was
// known before it; what comes later is suspected anew.
type AgeJudged struct {
	OfAge  bool   `json:"of_age"`
	Reason string `json:"reason"`
}

// Given says that words of a member went outside with a disclosure.
type Given struct {
	Disclosed uint64  `json:"disclosed"` // position of the operator's event
	Recipient string  `json:"recipient"`
	Purpose   Purpose `json:"purpose"`
	What      string  `json:"what"`
}

// Said is how a choice was made.
type Said struct {
	Channel  string `json:"channel"` // web, api, cli, import
	Language string `json:"language,omitempty"`
	Notice   string `json:"notice,omitempty"` // the version that was shown
	Screen   string `json:"screen,omitempty"` // what it offered
}
