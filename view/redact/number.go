package redact

import (
	"net/netip"
	"strings"
)

// A group is a run of digits in a cluster, and digits all of the cluster's
// digits up to its end.
type group struct{ start, end, digits int }

// A cluster is a run of groups of digits with one or two separators between
// them: "06 12 34 56 78", "4111-1111-1111-1111", "10.0.0.1".
type cluster struct {
	groups [mostGroups]group
	n      int
	digits string // of all groups, without what stands between
	buffer [mostDigits]byte
}

const (
	mostGroups = 20
	mostDigits = 40
)

func separator(c byte) bool {
	return c == ' ' || c == '-' || c == '.' || c == '/' || c == '(' || c == ')'
}

// numbers reads the cluster at i.
func (sc *scan) numbers(i int, cl *cluster) {
	s, count := sc.s, 0
	cl.n = 0
	for cl.n < mostGroups {
		start := i
		for i < len(s) && digit(s[i]) {
			if count == mostDigits {
				i = start
				break
			}
			cl.buffer[count] = s[i]
			count++
			i++
		}
		if i == start {
			break
		}
		cl.groups[cl.n] = group{start, i, count}
		cl.n++
		skip := i
		for skip < len(s) && skip-i < 3 && separator(s[skip]) {
			skip++
		}
		if skip == i || skip >= len(s) || !digit(s[skip]) {
			break
		}
		i = skip
	}
	if cl.n > 0 {
		count = cl.groups[cl.n-1].digits
	}
	cl.digits = string(cl.buffer[:count])
}

// number looks at what the digits at i may be.
func (sc *scan) number(i int) {
	s := sc.s
	if c := sc.at(i - 1); c < 0x80 && letter(c) { // letters before: a bank account, a number with letters in front
		if sc.iban(i) || sc.lettered(i) || wordByte(sc.at(i-2)) {
			return
		}
	} else if c == ' ' && classes[sc.at(i-2)] == isUpperByte && sc.lettered(i) {
		return
	}
	end := i + 1
	for end < len(s) && end-i <= mostDigits && digit(s[end]) {
		end++
	}
	if end-i > mostDigits { // no number that means anything; the rest is of the same run
		return
	}
	// Most numbers stand alone and are short: a year, a count.
	if next := sc.at(end); end-i < 7 && (!separator(next) || !digit(sc.at(end+1)) && !separator(sc.at(end+1))) {
		if !letter(next) || next >= 0x80 || next|0x20 == 'k' {
			sc.amount(i)
		}
		sc.place(i)
		return
	}
	var cl cluster
	sc.numbers(i, &cl)
	switch {
	case cl.n == 0:
	case sc.ipv4(i, &cl), sc.card(i, &cl), sc.national(i, &cl):
	case sc.date(i):
		sc.place(i)
	default:
		if sc.amount(i) || cl.n == 2 && (sc.houses(i, &cl) || sc.behind(i)) || sc.phone(i, &cl) {
			return
		}
		sc.place(i)
	}
}

// whole tells whether no digit or letter touches what stands from start to end.
func (sc *scan) whole(start, end int) bool {
	return !wordByte(sc.at(start-1)) && !wordByte(sc.at(end))
}

// ipv4 looks for a network address: four groups from 0 to 255 and perhaps a
// port or a prefix; not a version and not a part of a longer number.
func (sc *scan) ipv4(i int, cl *cluster) bool {
	if cl.n < 4 {
		return false
	}
	end := cl.groups[3].end
	if _, err := netip.ParseAddr(sc.s[i:end]); err != nil {
		return false
	}
	if !sc.whole(i, end) || sc.at(end) == '.' && digit(sc.at(end+1)) || sc.at(i-1) == '.' || sc.s[i] == '0' && sc.s[i:end] != "0.0.0.0" || sc.release(i, end) {
		return false
	}
	if sc.at(end) == '/' && digit(sc.at(end+1)) {
		j := end + 1
		for j < len(sc.s) && j-end < 4 && digit(sc.s[j]) {
			j++
		}
		if j-end <= 3 {
			end = j
		}
	}
	sc.add(i, end, LabelIP)
	return true
}

// release tells whether words beside a number say that it is one of software.
func (sc *scan) release(i, end int) bool {
	after := lower(sc.s[end:min(len(sc.s), end+22)])
	return sc.announced(i, 24, "version", "branch", "release", "firmware", "build ", "upgrade") || sc.at(i-1) == ' ' && sc.at(i-2)|0x20 == 'v' && !letter(sc.at(i-3)) ||
		strings.Contains(after, "micrologiciel") || strings.Contains(after, "firmware")
}

func hexByte(c byte) bool { return digit(c) || c|0x20 >= 'a' && c|0x20 <= 'f' }

// ipv6 looks for a network address around the colon at i.
func (sc *scan) ipv6(i int) bool {
	if !hexByte(sc.at(i-1)) && sc.at(i+1) != ':' {
		return false
	}
	start, end := i, i
	for start > sc.floor() && i-start < 48 && (hexByte(sc.s[start-1]) || sc.s[start-1] == ':') {
		start--
	}
	colons, digits := 0, 0
	for end < len(sc.s) && end-i < 48 && (hexByte(sc.s[end]) || sc.s[end] == ':' || sc.s[end] == '.') {
		end++
	}
	for end > i && (sc.s[end-1] == '.' || sc.s[end-1] == ':' && sc.at(end-2) != ':') {
		end--
	}
	for k := start; k < end; k++ {
		if sc.s[k] == ':' {
			colons++
		} else if digit(sc.s[k]) {
			digits++
		}
	}
	if colons < 2 || digits == 0 || !sc.whole(start, end) {
		return false
	}
	if a, err := netip.ParseAddr(sc.s[start:end]); err != nil || !a.Is6() {
		return false
	}
	if sc.at(end) == '/' && digit(sc.at(end+1)) {
		for end++; digit(sc.at(end)); end++ { // a prefix
		}
	}
	sc.add(start, end, LabelIP)
	return true
}

// mac looks for a hardware address whose first separator is at i: six pairs, or
// three fours, of hexadecimal digits.
func (sc *scan) mac(i int) bool {
	if i >= len(sc.s) || sc.at(i+3) != sc.s[i] && sc.at(i+5) != sc.s[i] {
		return false
	}
	mark, width, parts := sc.s[i], 2, 6
	if mark != ':' && mark != '-' && mark != '.' {
		return false
	}
	if sc.at(i+3) != mark {
		width, parts = 4, 3
	}
	start := i - width
	end := start + parts*(width+1) - 1
	if start < sc.floor() || end > len(sc.s) || !sc.whole(start, end) || sc.at(start-1) == mark || sc.at(end) == mark {
		return false
	}
	letters, digits := 0, 0
	for k := start; k < end; k++ {
		switch c := sc.s[k]; {
		case (k-start)%(width+1) == width:
			if c != mark {
				return false
			}
		case !hexByte(c):
			return false
		case digit(c):
			digits++
		default:
			letters++
		}
	}
	if width == 4 && (letters == 0 || digits == 0) { // "1234.5678.9012" is a number
		return false
	}
	sc.add(start, end, LabelMAC)
	return true
}
