// Package quality says of a short text whether a model may learn good writing
// from it, and why not where it may not.
//
// A text is judged as it is after redaction: placeholders such as [NAME] or
// [URL] stand in it and are no words. English and French are judged alike; other
// languages by their form alone. Truth, tone and taste are not judged. The
// reasons for dropping a text, in the order in which they are looked for:
//
//	empty        white space, or placeholders of links apart nothing at all
//	automatic    a program's notice: "X joined the group", builds, out of office
//	boilerplate  licences, cookies, confidentiality, unsubscribing, moved pages
//	spam         advertising, referral links, piles of hashtags
//	repeated     one character, word or sentence again and again
//	not-text     base64, logs, stack traces, code
//	link-only    links with nothing said about them
//	symbols      digits or signs in place of words
//	test         "test 123", keys at random
//	fragment     nothing without what it answers: "ok", "+1", "I agree"
//	bot          every record of an account that floods (see Account)
//
// Fields of a profile are words, not sentences: for them a fragment is no reason
// and only the clearest forms of the others are.
package quality

import "licet"

// A Reason says why a text is not learned from; "" is to keep it.
type Reason string

// The reasons.
const (
	Keep        Reason = ""
	Empty       Reason = "empty"
	Automatic   Reason = "automatic"
	Boilerplate Reason = "boilerplate"
	Spam        Reason = "spam"
	Repeated    Reason = "repeated"
	NotText     Reason = "not-text"
	LinkOnly    Reason = "link-only"
	Symbols     Reason = "symbols"
	Test        Reason = "test"
	Fragment    Reason = "fragment"
	Bot         Reason = "bot"
)

// Reasons returns every reason for dropping a text, in the order in which they
// are looked for.
func Reasons() []Reason {
	return []Reason{Empty, Automatic, Boilerplate, Spam, Repeated, NotText, LinkOnly, Symbols, Test, Fragment, Bot}
}

// lenient tells whether a kind holds words rather than sentences. What a member
// says about themselves at length is judged as a post is.
func lenient(k licet.Kind) bool {
	switch k.Category() {
	case licet.CategoryProfile:
		return k != licet.KindAbout
	case licet.CategoryWork, licet.CategorySensitive:
		return true
	default:
		return false
	}
}

// Judge returns why a text of a kind is not learned from, or "". It never
// returns Bot, which no single text shows. An unknown kind is judged as a post.
func Judge(text string, kind licet.Kind) Reason {
	r, _ := Look(text, kind)
	return r
}

// Look judges a text as Judge does, and returns what its author's account is judged by.
func Look(text string, kind licet.Kind) (Reason, Glance) {
	var s shape
	s.read(text)
	if lenient(kind) {
		return s.profile(), s.glance()
	}
	return s.post(), s.glance()
}

// profile judges a field of a profile.
func (s *shape) profile() Reason {
	switch {
	case s.nothing():
		return Empty
	case s.links > 0 && s.words == 0 && s.digits == 0:
		return LinkOnly
	case s.letters+s.digits == 0 && s.marks == 0:
		return Symbols
	case s.words >= 4 && s.repeats():
		return Repeated
	case s.run > 5 && 2*s.run > s.letters+s.digits+s.signs:
		return Repeated
	case s.words > 0 && s.keyed == s.words && s.words <= 4:
		return Test
	}
	if s.words >= 8 {
		return s.phrased()
	}
	return Keep
}

// post judges what was written for others to read.
func (s *shape) post() Reason {
	if s.nothing() {
		return Empty
	}
	if r := s.phrased(); r != Keep {
		return r
	}
	ink := s.letters + s.digits + s.signs
	switch {
	case s.hashes >= 4 && 2*s.hashes >= s.words:
		return Spam
	case s.words >= 6 && s.repeats(), s.run > 5 && 2*s.run > ink:
		return Repeated
	case 2*s.long > ink && s.long >= 40, s.logs >= 2 && 2*s.logs >= s.lines, s.code*9 > ink && s.code >= 8:
		return NotText
	case s.links > 0 && s.told() <= 2:
		return LinkOnly
	case s.words == 0 && s.marks > 0:
		return Fragment
	case s.words == 0 && ink <= 4:
		return Fragment
	case 5*s.letters < 2*ink:
		return Symbols
	case s.tests():
		return Test
	case s.fragment():
		return Fragment
	}
	return Keep
}

func (s *shape) nothing() bool {
	return s.letters+s.digits+s.signs+s.marks+s.links == 0
}

// told counts the words that say more than that here is a link.
func (s *shape) told() int {
	n := s.words
	for _, h := range s.kept() {
		if labels()[h] {
			n--
		}
	}
	return n
}

// fragment tells whether a text says nothing without what it answers: at most two
// words, or a few that all only agree, thank or greet.
func (s *shape) fragment() bool {
	if s.dense > 0 { // scripts without spaces
		return s.words+s.dense/2 <= 1
	}
	if s.words <= 2 {
		return true
	}
	if s.words > 6 {
		return false
	}
	for _, h := range s.kept() {
		if !fillers()[h] {
			return false
		}
	}
	return true
}

// tests tells whether somebody was trying the form.
func (s *shape) tests() bool {
	words := s.kept()
	if s.words == 0 || s.words > 24 {
		return false
	}
	if 2*s.mashed >= s.words && s.mashed > 0 {
		return true
	}
	tests, other := 0, 0
	for _, h := range words {
		switch {
		case testWords()[h]:
			tests++
		case !around()[h]:
			other++
		}
	}
	if tests == 0 {
		return false
	}
	if other == 0 {
		return true
	}
	lead := testWords()[words[0]]
	switch {
	case lead && s.mashed > 0:
		return true
	case lead && s.words <= 4:
		return !verbs()[words[1]]
	}
	return s.words == 2 && testWords()[words[1]]
}
