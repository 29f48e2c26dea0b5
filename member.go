package licet

import (
	"fmt"
	"time"
)

// A MemberID names a member inside one installation: 32 hexadecimal digits of
// HMAC-SHA-256(community key, platform, the platform's id). It is the same
// after a rejoin, in another folder and in any order of import, and says
// nothing to somebody who does not hold the community key.
type MemberID string

// A Platform names where members come from: [a-z0-9-]{1,32}.
type Platform string

// A Plan is what a member pays for.
type Plan string

// The plans.
const (
	PlanFree    Plan = "free"
	PlanPremium Plan = "premium"
)

// Facts are what rules may know of a member. Empty means unknown, and unknown
// is never the more permissive case.
type Facts struct {
	Country   string    `json:"country,omitempty"`    // ISO 3166-1 alpha-2
	Region    string    `json:"region,omitempty"`     // ISO 3166-2
	BirthDate string    `json:"birth_date,omitempty"` // YYYY-MM-DD
	Language  string    `json:"language,omitempty"`   // BCP 47
	Plan      Plan      `json:"plan,omitempty"`
	Joined    time.Time `json:"joined,omitzero"`
}

// A Member is somebody who provided records. Name, Handles and Ref are known
// to the vault only.
type Member struct {
	ID       MemberID `json:"-"`
	Platform Platform `json:"platform"`
	Ref      string   `json:"ref"` // the platform's id
	Name     string   `json:"name"`
	Handles  []string `json:"handles,omitempty"` // without @
	Facts    Facts    `json:"facts"`
}

// Age returns the full years from birthDate (YYYY-MM-DD) to at, by the
// calendar date of at in UTC. Somebody born on 29 February has a birthday on
// 1 March in other years, so that nobody is found of age a day early.
func Age(birthDate string, at time.Time) (int, error) {
	born, err := time.Parse(time.DateOnly, birthDate)
	if err != nil {
		return 0, fmt.Errorf("birth date %q: want YYYY-MM-DD", birthDate)
	}
	at = at.UTC()
	age := at.Year() - born.Year()
	if at.Month() < born.Month() || at.Month() == born.Month() && at.Day() < born.Day() {
		age--
	}
	return age, nil
}
