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

// A Glance is what of a text an account is judged by.
type Glance struct {
	words     int
	whole     uint64 // names the text, but for numbers, placeholders, links and its last third
	automatic bool   // it is a program's notice
}

func (s *shape) glance() Glance {
	g := Glance{words: s.words, automatic: s.phrased() == Automatic}
	if s.words < alike {
		return g
	}
	// Numbers, placeholders and links are no words, so what differs in them
	// alone is alike; so is what differs in its last third.
	g.whole = basis
	for _, h := range s.kept()[:min(s.n, max(alike, s.n-s.n/3))] {
		g.whole = (g.whole ^ h) * prime
	}
	return g
}

// Add counts one text of the member.
func (a *Account) Add(g Glance) {
	a.records++
	if g.automatic {
		a.automatic++
	}
	if g.words < alike {
		return
	}
	if a.seen == nil {
		a.seen = map[uint64]int{}
	}
	a.seen[g.whole]++
	a.most = max(a.most, a.seen[g.whole])
}

// Bot tells whether the account floods: of twenty records or more, at least 60 in
// a hundred are one text but for numbers and names, or are a program's notices.
func (a *Account) Bot() bool {
	return a.records >= flood && 100*max(a.most, a.automatic) >= wholeTop*a.records
}
