package view

import (
	"sync"

	"licet"
	"licet/view/redact"
)

// cleared is what redaction makes of a record.
type cleared struct {
	text, employer string
	cuts           map[string]int
}

// memory remembers what redaction made of records, so that looking again after
// one event costs little more than reading. What a record becomes depends on its
// words and on who was known at the freeze, and on nothing else. A record that
// is not seen any more is forgotten here, too.
type memory struct {
	mu   sync.Mutex
	last *remembered
}

type remembered struct {
	upto    uint64 // names known before this position
	shields int    // and this many that others have asked for
	was     map[licet.RecordID]seen
	is      map[licet.RecordID]seen // of this pass
}

type seen struct {
	seq uint64 // an edit has another
	cleared
}

// at returns what is remembered for a freeze.
func (m *memory) at(upto uint64, shields int) *remembered {
	m.mu.Lock()
	defer m.mu.Unlock()
	r := &remembered{upto: upto, shields: shields, is: map[licet.RecordID]seen{}}
	if m.last != nil && m.last.upto == upto && m.last.shields == shields {
		r.was = m.last.is
	}
	return r
}

// put keeps what a pass has seen.
func (m *memory) put(r *remembered) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.last = r
	r.was = nil
}

// own returns what of a text is its author's own words and identifies nobody,
// and counts what was taken out.
func own(text string, c redact.Context) (string, map[string]int) {
	quotes := map[string]int{}
	text, cuts := redact.Text(redact.OwnWords(text, quotes), c)
	for what, n := range quotes {
		cuts[what] += n
	}
	return text, cuts
}

// clear redacts a record, or remembers it. text is what of it is the author's.
func (p *pass) clear(r licet.Record, text string) cleared {
	if p.memory != nil && r.ShareOf == "" {
		if s, ok := p.memory.was[r.ID]; ok && s.seq == r.Seq {
			p.memory.is[r.ID] = s
			return s.cleared
		}
	}
	var c cleared
	with := redact.Context{People: p.people, Region: p.frozen.Members[r.Member].Facts.Country}
	c.text, c.cuts = own(text, with)
	c.text = render(r, c.text, with)
	if r.Employer != "" {
		c.employer, _ = own(r.Employer, with)
	}
	if p.memory != nil && r.ShareOf == "" {
		p.memory.is[r.ID] = seen{r.Seq, c}
	}
	return c
}
