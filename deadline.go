package licet

import (
	"fmt"
	"time"
)

// DeadlineEnded tells whether the date (YYYY-MM-DD) has ended everywhere on
// Earth at the moment at: the last places to leave a day are at UTC−12.
func DeadlineEnded(date string, at time.Time) (bool, error) {
	day, err := time.Parse(time.DateOnly, date)
	if err != nil {
		return false, fmt.Errorf("deadline %q: want a date, YYYY-MM-DD", date)
	}
	return !at.Before(day.AddDate(0, 0, 1).Add(12 * time.Hour)), nil
}

// ShortestWindow is how many days people have at least, whatever a policy says:
// from a notice to its deadline, and from its delivery to the freeze.
const ShortestWindow = 30

// LastDay returns the last of so many days (YYYY-MM-DD), the first of which is that
// of the moment from, in UTC.
func LastDay(from time.Time, days int) string {
	return from.UTC().AddDate(0, 0, days-1).Format(time.DateOnly)
}
