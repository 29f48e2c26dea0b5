package redact

import (
	"unicode"
	"unicode/utf8"
)

// A scan is one pass over a folded text.
type scan struct {
	s      string
	c      Context
	starts starter // nil: People can't tell
	spans  []Span
	// until is the end of what is found already: nothing more is looked for before it.
	until int
	// cluster is the end of the run of numbers that was looked at last, and from
	// which of its groups a telephone number was looked for.
	cluster, tries int
	// looked is how far a rule of a secret has looked.
	looked map[uint16]int
	// small: the whole text has no capital letter, so that none is asked for.
	small bool
}

// The classes of bytes at which something may begin.
const (
	isDigitByte uint8 = 1 << iota
	isUpperByte
	isLetterByte // small ones; bytes beyond ASCII are letters here
	isMark       // @ : . - _ [ < {
)

var classes = func() (out [256]uint8) {
	for c := range 256 {
		switch {
		case c >= '0' && c <= '9':
			out[c] = isDigitByte
		case c >= 'A' && c <= 'Z':
			out[c] = isUpperByte
		case c >= 'a' && c <= 'z', c >= utf8.RuneSelf:
			out[c] = isLetterByte
		case c == '@' || c == ':' || c == '.' || c == '-' || c == '_' || c == '[' || c == '<' || c == '{':
			out[c] = isMark
		}
	}
	return out
}()

func digit(c byte) bool { return classes[c] == isDigitByte }

// wordByte tells whether c is of a word: a letter, a digit or beyond ASCII.
func wordByte(c byte) bool { return classes[c]&(isDigitByte|isUpperByte|isLetterByte) != 0 }

func letter(c byte) bool { return classes[c]&(isUpperByte|isLetterByte) != 0 }

// at returns the byte at i, 0 outside.
func (sc *scan) at(i int) byte {
	if i < 0 || i >= len(sc.s) {
		return 0
	}
	return sc.s[i]
}

// add keeps a span and passes over it.
func (sc *scan) add(start, end int, l Label) {
	sc.spans = append(sc.spans, Span{start, end, l})
	sc.until = max(sc.until, end)
}

// scanned finds everything that has a form, and the names of the directory.
func scanned(text string, c Context) []Span {
	sc := scan{s: text, c: c}
	sc.starts, _ = c.People.(starter)
	sc.small = len(text) < mostSmall && !hasUpper(text)
	sc.run()
	return joined(sc.spans)
}

// mostSmall is up to what length a text is taken as one that knows no capitals.
const mostSmall = 2000

func hasUpper(text string) bool {
	for i, r := range text {
		if r < utf8.RuneSelf {
			if classes[text[i]] == isUpperByte {
				return true
			}
		} else if unicode.IsUpper(r) {
			return true
		}
	}
	return false
}

func (sc *scan) run() {
	m := machine()
	s, state, before := sc.s, uint16(0), uint8(0)
	for i := range len(s) {
		c := s[i]
		state = m.next[int(state)*m.width+int(m.class[c])]
		class := classes[c]
		if m.loud[state] && i >= sc.until {
			for k := range m.heard[state] {
				sc.hear(&m.heard[state][k], i+1)
			}
		}
		was := before
		before = class
		switch {
		case i < sc.until || class == 0 || class == was && class != isMark:
		case class == isDigitByte:
			sc.number(i)
			if was&(isUpperByte|isLetterByte) != 0 {
				sc.bareHandle(i)
			}
		case class == isMark:
			sc.mark(i, c)
		case class == isUpperByte && was&(isDigitByte|isLetterByte) == 0:
			if sc.name(i); was == 0 && i > 4 && i >= sc.until && s[i-4:i] == " on " {
				sc.fort(i)
			}
		case c >= 0xc3 && c < 0xd7 && was&(isDigitByte|isUpperByte) == 0: // capitals beyond ASCII: É, Ł, Ж
			sc.name(i)
		}
	}
}

// mark looks at what may stand around a mark.
func (sc *scan) mark(i int, c byte) {
	switch c {
	case '[', '<', '{':
		sc.until = max(sc.until, i+placeholder(sc.s[i:]))
	case '@':
		if !sc.email(i) {
			sc.mention(i)
		}
	case ':':
		if !sc.url(i) && !sc.mac(i) {
			sc.ipv6(i)
		}
	case '.':
		if wordByte(sc.at(i-1)) && wordByte(sc.at(i+1)) && !sc.mac(i) {
			sc.domain(i)
		}
	case '-':
		sc.mac(i)
	case '_':
		sc.bareHandle(i)
	}
}

// hear looks at what a cue that ends at end announces.
func (sc *scan) hear(c *cue, end int) {
	start := end - len(c.word)
	switch c.kind {
	case cueKeyword:
		sc.keyword(c, start, end)
	case cuePassword:
		sc.password(start, end)
	case cueSalary:
		sc.salaryAfter(start, end, c.word)
	case cueBirth:
		sc.birth(start, end, c.word)
	case cueWWW:
		sc.web(start, end)
	case cueSpoken:
		sc.spoken(start, end)
	case cueMilitary:
		sc.military(start, end)
	case cueBox:
		sc.box(start, end)
	case cueCorner:
		sc.corner(start, end)
	case cueStreet:
		sc.street(start, end)
	case cueCode:
		sc.code(start, end, c.word)
	case cueAnswer:
		sc.answer(end, c.word)
	case cueLogin:
		sc.login(start, end, c.word)
	case cueFile:
		sc.file(start, end, 64, "2015")
	case cueKin:
		sc.kin(start, end, c.word)
	case cueEntry:
		sc.entry(start, end, c.word)
	case cuePair:
		sc.credentials(start, end)
	case cueNone:
	}
}

// mostPlaceholder is the longest placeholder of others' that is left alone.
const mostPlaceholder = 40

// placeholder is the length of a placeholder at the start of text, or 0: ours,
// <ORGANIZATION>, <LOCATION:HOSPITAL>, {{PERSON}} and the like.
func placeholder(text string) int {
	open, n := text[0], 1
	shut := byte(']')
	switch open {
	case '<':
		shut = '>'
	case '{':
		if len(text) < 2 || text[1] != '{' {
			return 0
		}
		shut, n = '}', 2
	}
	start := n
	for n < len(text) && n < mostPlaceholder && (text[n] >= 'A' && text[n] <= 'Z' || n > start && (text[n] == '_' || text[n] == ':')) {
		n++
	}
	if n-start < 2 || n >= len(text) || text[n] != shut {
		return 0
	}
	n++
	if open == '{' {
		if n >= len(text) || text[n] != '}' {
			return 0
		}
		n++
	}
	return n
}
