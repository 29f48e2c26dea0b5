package quality

// An Account is what one member's own records show of it, and of nobody else's.
// The order in which they are added changes nothing. The zero value is ready.
type Account struct {
	records, automatic, most int
	seen                     map[uint64]int
}

const (
	flood    = 20 // records below which nothing is said of an account
	alike    = 6  // words from which equal texts are no coincidence
	wholeTop = 60 // per cent of the records that are alike, or automatic
)

// Add counts one text of the member.
func (a *Account) Add(text string) {
	var s shape
	s.read(text)
	a.records++
	if s.phrased() == Automatic {
		a.automatic++
	}
	if s.words < alike {
		return
	}
	if a.seen == nil {
		a.seen = map[uint64]int{}
	}
	// Numbers, placeholders and links are no words, so what differs in them
	// alone is alike; so is what differs in its last third.
	whole := uint64(basis)
	for _, h := range s.kept()[:min(s.n, max(alike, s.n-s.n/3))] {
		whole = (whole ^ h) * prime
	}
	a.seen[whole]++
	a.most = max(a.most, a.seen[whole])
}

// Bot tells whether the account floods: of twenty records or more, at least 60 in
// a hundred are one text but for numbers and names, or are a program's notices.
func (a *Account) Bot() bool {
	return a.records >= flood && 100*max(a.most, a.automatic) >= wholeTop*a.records
}
