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
	School    int       `json:"school,omitempty"`     // the year in which they first went to school
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
	year, month, day, ok := parseDate(birthDate)
	if !ok {
		return 0, fmt.Errorf("birth date %q: want YYYY-MM-DD", birthDate)
	}
	y, m, d := at.UTC().Date()
	age := y - year
	if m < month || m == month && d < day {
		age--
	}
	return age, nil
}

// The ages at which people first go to school, the youngest and the oldest of
// any country's custom that we know: from 4 in Northern Ireland to 8 for who starts late.
const (
	youngestPupil = 4
	oldestPupil   = 8
)

// AgeFromSchool returns the least and the greatest age, in full years, that
// somebody can have at a time who first went to school in a year.
func AgeFromSchool(year int, at time.Time) (least, greatest int) {
	y := at.UTC().Year()
	// Born on the last day of the year: not yet a year older but on that day.
	least = y - (year - youngestPupil)
	if m, d := at.UTC().Month(), at.UTC().Day(); m < time.December || d < 31 {
		least--
	}
	return least, y - (year - oldestPupil) // born on the first
}

// parseDate reads YYYY-MM-DD: time.Parse does it too, twenty times slower, and
// an age is asked for at every decision.
func parseDate(text string) (year int, month time.Month, day int, ok bool) {
	if len(text) != len(time.DateOnly) || text[4] != '-' || text[7] != '-' {
		return 0, 0, 0, false
	}
	var digits [8]int
	for i, at := range [...]int{0, 1, 2, 3, 5, 6, 8, 9} {
		c := text[at]
		if c < '0' || c > '9' {
			return 0, 0, 0, false
		}
		digits[i] = int(c - '0')
	}
	year = digits[0]*1000 + digits[1]*100 + digits[2]*10 + digits[3]
	month = time.Month(digits[4]*10 + digits[5])
	day = digits[6]*10 + digits[7]
	if month < time.January || month > time.December || day < 1 || day > 28 && day > time.Date(year, month+1, 0, 0, 0, 0, 0, time.UTC).Day() {
		return 0, 0, 0, false
	}
	return year, month, day, true
}
