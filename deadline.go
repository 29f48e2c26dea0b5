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
