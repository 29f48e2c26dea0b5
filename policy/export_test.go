package policy

import "licet"

// Plain answers q by asking Cedar, without memory.
func (p *Policy) Plain(q Question) licet.Decision {
	t, _ := p.tuple(&q)
	return p.authorize(t)
}
