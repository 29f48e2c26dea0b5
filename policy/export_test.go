package policy

import "licet"

// Plain answers q by asking Cedar, without memory.
func (p *Policy) Plain(q Question) licet.Decision {
	t, _ := p.tuple(&q)
	return p.authorize(t)
}

// Exhausted returns what the checker, which asks each rule alone, makes of a question.
func (p *Policy) Exhausted() func(q Question) (rules []string, permit bool) {
	all := p.readers()
	return func(q Question) (rules []string, permit bool) {
		t, at := p.tuple(&q)
		if at < 0 || nth(at) != t {
			return nil, false
		}
		for _, r := range ask(all, t) {
			rules, permit = append(rules, r.id), r.permits
		}
		return rules, permit
	}
}
