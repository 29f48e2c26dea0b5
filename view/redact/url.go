package redact

import (
	"strings"

	"golang.org/x/net/publicsuffix"
)

// urlByte tells whether c may go on a web address.
func urlByte(c byte) bool {
	return c > ' ' && c != '<' && c != '>' && c != '"' && c != '`' && c != 0x7f
}

// mostURL is the longest address that is read whole; the rest of a longer one is
// its continuation.
const mostURL = 1 << 20

// url looks for an address around the colon at i: "scheme://…", "mailto:…".
func (sc *scan) url(i int) bool {
	start := i
	for start > sc.floor() && i-start < 20 && (sc.s[start-1] < 0x80 && wordByte(sc.s[start-1]) || sc.s[start-1] == '+' || sc.s[start-1] == '-') {
		start--
	}
	if !strings.HasPrefix(sc.s[i:], "://") {
		scheme := lower(sc.s[start:i])
		if scheme != "mailto" && scheme != "tel" && scheme != "skype" && scheme != "xmpp" && scheme != "sip" || !wordByte(sc.at(i+1)) && sc.at(i+1) != '+' {
			return false
		}
		return sc.untilBlank(start, i+1)
	}
	if i-start < 2 {
		return false
	}
	return sc.untilBlank(start, i+3)
}

// untilBlank takes an address that begins at start, and whose host begins at host.
func (sc *scan) untilBlank(start, host int) bool {
	end := host
	for end < len(sc.s) && end-host < mostURL && urlByte(sc.s[end]) {
		if c := sc.s[end]; c == '[' || c == '{' {
			if placeholder(sc.s[end:]) > 0 {
				break
			}
		} else if c == 0xc2 && (sc.at(end+1) == 0xbb || sc.at(end+1) == 0xab) { // » and «
			break
		}
		end++
	}
	open := strings.Contains(sc.s[host:end], "(")
	for end > host && (strings.IndexByte(".,;:!?]}'*|", sc.s[end-1]) >= 0 || sc.s[end-1] == ')' && !open) {
		end--
	}
	if end <= host {
		return false
	}
	label := LabelURL
	authority, _, _ := strings.Cut(sc.s[host:end], "/")
	if user, _, ok := strings.Cut(authority, "@"); ok && strings.Contains(user, ":") && sc.s[host-1] == '/' {
		label = LabelSecret
	}
	sc.add(start, end, label)
	return true
}

// web looks for an address that begins with www.
func (sc *scan) web(start, end int) {
	if !wordByte(sc.at(start-1)) && wordByte(sc.at(end)) {
		sc.untilBlank(start, end)
	}
}

// wordTLDs are public suffixes that are words or endings of files as well: a
// domain needs a path or a third part to be told from "done.it" and "run.sh".
var wordTLDs = map[string]bool{
	"it": true, "is": true, "in": true, "at": true, "me": true, "to": true, "so": true, "no": true, "be": true, "my": true, "am": true,
	"as": true, "us": true, "do": true, "id": true, "la": true, "md": true, "sh": true, "py": true, "rs": true, "zip": true,
	"mov": true, "pl": true, "ps": true, "cc": true, "ai": true, "name": true, "app": true, "java": true, "bz": true, "gz": true, "ms": true,
	"map": true, "today": true, "how": true, "now": true, "open": true, "one": true, "page": true, "pm": true, "post": true,
	"link": true, "call": true, "data": true, "read": true, "you": true, "win": true, "like": true, "meet": true, "new": true, "mm": true,
	"help": true, "fail": true, "show": true, "care": true, "media": true, "live": true, "zone": true, "select": true, "style": true, "wtf": true,
	"st": true, "mo": true, "va": true, "pa": true, "inc": true, "ltd": true, "llc": true, "et": true, "sa": true, "ne": true, "ma": true,
}

// domain looks for a bare domain around the dot at i: "example.com/path".
func (sc *scan) domain(i int) {
	start, end, dots := i, i, 0
	for start > sc.floor() && i-start < mostDomain && domainByte(sc.s[start-1]) {
		start--
	}
	for end < len(sc.s) && end-i < mostDomain && domainByte(sc.s[end]) {
		if sc.s[end] == '.' && wordByte(sc.at(end+1)) {
			dots++
		}
		end++
	}
	for end > i && !wordByte(sc.s[end-1]) {
		end--
	}
	for start < i && !wordByte(sc.s[start]) {
		start++
	}
	name := sc.s[start:end]
	last := name[strings.LastIndexByte(name, '.')+1:]
	path := sc.at(end) == '/' && wordByte(sc.at(end+1))
	if len(last) < 2 || digit(last[0]) || len(name)-len(last) < 4 || strings.Contains(name, "..") || sc.at(end) == '(' || sc.at(start-1) == '/' || sc.at(start-1) == '@' || sc.at(start-1) == '\\' {
		return
	}
	low := strings.ToLower(last)
	if last != low && name != strings.ToUpper(name) || wordTLDs[low] && !path && (dots < 3 || !strings.HasPrefix(name, "www")) {
		return
	}
	// A last part that the list does not have is a suffix by its default rule.
	suffix, icann := publicsuffix.PublicSuffix(strings.ToLower(name))
	if !icann && !strings.Contains(suffix, ".") || len(suffix) == len(name) {
		return
	}
	if path || sc.at(end) == ':' && digit(sc.at(end+1)) || sc.at(end) == '?' && wordByte(sc.at(end+1)) {
		sc.untilBlank(start, end)
		return
	}
	sc.add(start, end, LabelURL)
}
