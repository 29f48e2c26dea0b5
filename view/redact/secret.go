package redact

import (
	"math"
	"strings"
)

// keyword looks for the secrets whose rules name the keyword from start to end.
func (sc *scan) keyword(c *cue, start, end int) {
	set := secretRules()
	operator, long := -1, -1 // not looked for yet
	for _, n := range c.rules {
		r := &set.rules[n]
		if r.assigned && !r.loose {
			if operator < 0 {
				operator = sc.operator(end)
			}
			if operator == 0 {
				continue
			}
		}
		if r.bounded && wordByte(sc.at(start-1)) {
			continue
		}
		switch {
		case r.loose || r.assigned:
		case r.anchored && !runs(sc.s[start:], leastSecret):
			continue
		case !r.anchored:
			if long < 0 {
				long = sc.long(start, end)
			}
			if long == 0 {
				continue
			}
		}
		if !r.anchored && sc.searched(n, start, end+r.wide) {
			continue
		}
		sc.match(set, r, start, end)
	}
}

// searched tells whether a rule has looked at everything up to end already; if
// not, it will look twice as far, so that a text full of keywords costs no more
// than twice its length.
func (sc *scan) searched(rule uint16, start, end int) bool {
	if sc.looked == nil {
		sc.looked = map[uint16]int{}
	}
	if end <= sc.looked[rule] && start >= sc.until {
		return true
	}
	sc.looked[rule] = end + end - start
	return false
}

// operator returns 1 where an operator of assignment and a run that may be a
// secret follow a keyword that ends at i, 0 where none do: the gate of most
// rules, and it is nearly always shut.
func (sc *scan) operator(i int) int {
	for k := i; k < len(sc.s) && k-i < 26; k++ {
		switch c := sc.s[k]; c {
		case '=', '>', ':', '|', '?', ',':
			at := k + 1
			for at < len(sc.s) && at-k < 10 && strings.IndexByte("=>:|?,`'\" \t\r\n", sc.s[at]) >= 0 {
				at++
			}
			if random(sc.s[at:min(len(sc.s), at+24)]) {
				return 1
			}
		case ' ', '\t', '.', '-', '_', '\'', '"', '\n', '\r':
		default:
			if c >= 0x80 || !wordByte(c) {
				return 0
			}
		}
	}
	return 0
}

// random tells whether s begins with a run that may be a secret: letters and
// digits, with a digit among them or longer than any word.
func random(s string) bool {
	for n := range len(s) {
		switch c := s[n]; {
		case !secretByte(c):
			return false
		case digit(c) && n >= leastSecret-1:
			return true
		case digit(c):
			return len(s) >= leastSecret && n < leastSecret && runs(s, leastSecret)
		}
	}
	return len(s) == 24
}

// runs tells whether the first n bytes of s are of a run.
func runs(s string, n int) bool {
	for i := range n {
		if i >= len(s) || !secretByte(s[i]) {
			return false
		}
	}
	return true
}

// leastSecret is the shortest run of letters and digits that a rule calls a secret.
const leastSecret = 10

func secretByte(c byte) bool {
	return c < 0x80 && wordByte(c) || c == '_' || c == '-' || c == '+' || c == '/' || c == '=' || c == '.' || c == '~' || c == '%' || c == '|' || c == ':'
}

// long returns 1 where a run of letters and digits that is long enough stands
// near a keyword, or 0.
func (sc *scan) long(start, end int) int {
	if run(sc.s[max(0, start-160):min(len(sc.s), end+160)]) {
		return 1
	}
	return 0
}

func run(s string) bool {
	n, digits, mixed := 0, false, byte(0)
	for i := range len(s) {
		c := s[i]
		if !secretByte(c) {
			n, digits, mixed = 0, false, 0
			continue
		}
		n++
		digits = digits || digit(c)
		mixed |= classes[c]
		if n >= leastSecret && (digits || n >= 24) {
			return true
		}
	}
	return false
}

// match runs a rule around a keyword.
func (sc *scan) match(set *ruleSet, r *rule, start, end int) {
	from, to := start, min(len(sc.s), end+r.wide)
	if !r.anchored {
		from = max(sc.floor(), start-200)
		to = min(len(sc.s), sc.looked[r.n])
	}
	for from <= start {
		m := r.regex().FindStringSubmatchIndex(sc.s[from:to])
		if m == nil {
			return
		}
		a, b := secretOf(r, m)
		whole := sc.s[from+m[0] : from+m[1]]
		if sc.keep(set, r, sc.s[from+a:from+b], whole) {
			sc.add(from+a, from+b, LabelSecret)
			return
		}
		if r.anchored || m[1] == 0 {
			return
		}
		from += m[1]
	}
}

// secretOf returns where the secret of a match is: in its group, or the first
// that took part, or everywhere.
func secretOf(r *rule, m []int) (from, to int) {
	if g := 2 * r.group; g > 0 && g < len(m) && m[g] >= 0 {
		return m[g], m[g+1]
	}
	for g := 2; g < len(m); g += 2 {
		if m[g] >= 0 && m[g+1] > m[g] {
			return m[g], m[g+1]
		}
	}
	return m[0], m[1]
}

// keep tells whether a match is a secret: random enough, and on no list of what
// is none.
func (sc *scan) keep(set *ruleSet, r *rule, secret, whole string) bool {
	if r.entropy > 0 && entropy(secret) <= r.entropy {
		return false
	}
	if r.id == "generic-api-key" && !strings.ContainsAny(secret, "0123456789") {
		return false
	}
	if set.allow.allows(secret, whole) {
		return false
	}
	for i := range r.allow {
		if r.allow[i].allows(secret, whole) {
			return false
		}
	}
	return true
}

func (a *allow) allows(secret, whole string) bool {
	target := secret
	if a.match {
		target = whole
	}
	for _, r := range a.regexes {
		if r().MatchString(target) {
			return true
		}
	}
	if len(a.stopWords) == 0 {
		return false
	}
	low := strings.ToLower(secret)
	for _, w := range a.stopWords {
		if strings.Contains(low, w) {
			return true
		}
	}
	return false
}

// entropy is Shannon's, in bits a byte.
func entropy(s string) float64 {
	var counts [256]int
	for i := range len(s) {
		counts[s[i]]++
	}
	sum := 0.0
	for _, n := range counts {
		if n > 0 {
			p := float64(n) / float64(len(s))
			sum -= p * math.Log2(p)
		}
	}
	return sum
}
