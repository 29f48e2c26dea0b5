package own

import (
	"slices"
	"strings"

	"golang.org/x/net/html/atom"
)

// stripMarkdown drops well-formed pieces of Markdown, and of HTML between them.
// Each looks ahead a bounded way, or to the end of its paragraph once.
func stripMarkdown(e *edit) {
	if !marksUp(e.in) {
		return
	}
	m := markdown{e: e, text: e.in, opened: map[string]int{}, tags: map[atom.Atom]span{}, absent: map[string]bool{}, never: map[string]bool{}}
	if strings.Contains(e.in, "]:") {
		m.definitions()
	}
	for at := 0; at < len(m.text); {
		end := paragraphEnd(m.text, at)
		at = m.paragraph(at, end)
	}
}

// marksUp tells whether text holds what can begin or end a piece of markup.
func marksUp(text string) bool {
	for i := range len(text) {
		if special[text[i]] {
			return true
		}
	}
	return false
}

// special are the characters that inline markup begins with, and more that
// lines do.
var special = [256]bool{
	'*': true, '_': true, '`': true, '[': true, ']': true, '<': true, '&': true, '{': true, '\\': true, '~': true, '#': true, '|': true, '+': true, '=': true, '-': true,
}

// inner are those that inline markup begins with.
var inner = [256]bool{'*': true, '_': true, '`': true, '[': true, ']': true, '<': true, '&': true, '{': true, '\\': true, '~': true, '!': true}

// paragraphEnd is where the paragraph that begins at at ends, behind its empty line.
func paragraphEnd(text string, at int) int {
	if n := strings.Index(text[at:], "\n\n"); n >= 0 {
		return at + n + 2
	}
	return len(text)
}

// A span is a piece to take out of a paragraph, and what to put there.
type span struct {
	start, end int
	put        string
	what       string
}

type markdown struct {
	e       *edit
	text    string
	defined map[string]bool // labels of references
	spans   []span
	opened  map[string]int // where the last opening mark of a kind ended
	links   []int          // where brackets are open
	tags    map[atom.Atom]span
	absent  map[string]bool // what was looked for in vain in this paragraph
	never   map[string]bool // and in the rest of the text
	done    int             // what is before it was stripped: code over several lines
}

func (m *markdown) cut(start, end int, put string) {
	m.spans = append(m.spans, span{start, end, put, Markup})
}

// definitions finds what the references of links point to: "[1]: https://…".
func (m *markdown) definitions() {
	m.defined = map[string]bool{}
	for line := range strings.SplitSeq(m.text, "\n") {
		if label, _, ok := definition(line); ok {
			m.defined[label] = true
		}
	}
}

// definition returns the label of a line "[label]: target"; how long what is
// not its text is: all of it, or the label of a footnote.
func definition(line string) (label string, n int, ok bool) {
	trimmed := strings.TrimLeft(line, " ")
	if len(trimmed) < 5 || trimmed[0] != '[' || len(line)-len(trimmed) > 3 {
		return "", 0, false
	}
	end := strings.Index(trimmed[:min(len(trimmed), 100)], "]:")
	if end < 2 {
		return "", 0, false
	}
	label = strings.ToLower(trimmed[1:end])
	target := strings.TrimLeft(trimmed[end+2:], " ")
	if label[0] == '^' {
		return label, len(line) - len(target), true
	}
	for _, s := range []string{"http", "/", "#", "mailto:", "<http", "./", "www."} {
		if strings.HasPrefix(target, s) {
			return label, len(line), true
		}
	}
	return "", 0, false
}

// paragraph strips text[at:end] and returns where it went on to: behind a fence
// that goes on for longer.
func (m *markdown) paragraph(at, end int) int {
	m.spans, m.links = m.spans[:0], m.links[:0]
	clear(m.opened)
	clear(m.tags)
	clear(m.absent)
	for at < end {
		next := min(lineEnd(m.text, at), end)
		line := strings.TrimRight(m.text[at:next], "\n")
		if fence, ok := fenceAt(line); ok && at >= m.done {
			at = m.fence(at, next, fence)
			break
		}
		from := m.line(at, line)
		m.inline(at+from, at+len(line), end)
		at = next
	}
	slices.SortStableFunc(m.spans, func(a, b span) int { return a.start - b.start })
	for _, s := range m.spans {
		if s.start < m.e.from {
			continue
		}
		m.e.drop(s.what, s.start, s.end)
		if s.put != "" {
			m.e.put(s.put)
		}
	}
	return at
}

// fenceAt returns the marks that a fence of code begins with.
func fenceAt(line string) (string, bool) {
	trimmed := strings.TrimLeft(line, " ")
	if len(line)-len(trimmed) > 3 || !strings.HasPrefix(trimmed, "```") && !strings.HasPrefix(trimmed, "~~~") {
		return "", false
	}
	info := strings.TrimLeft(trimmed, trimmed[:1])
	return trimmed[:3], !strings.Contains(info, "`")
}

// fence keeps the code between two fences and returns where it ends.
func (m *markdown) fence(start, code int, marks string) int {
	m.cut(start, code, "")
	for at := code; at < len(m.text); {
		next := lineEnd(m.text, at)
		if line := strings.Trim(m.text[at:next], " \n"); strings.HasPrefix(line, marks) && strings.Trim(line, marks[:1]) == "" {
			m.cut(at, next, "")
			return next
		}
		at = next
	}
	return len(m.text)
}

// line strips what a line begins with, and returns how much of it inline markup
// has nothing to do with.
func (m *markdown) line(at int, line string) int {
	trimmed := strings.TrimLeft(line, " \t")
	if trimmed == "" {
		return len(line)
	}
	indent := len(line) - len(trimmed)
	at += indent
	switch c := trimmed[0]; c {
	case '#':
		text := strings.TrimLeft(trimmed, "#")
		if n := len(trimmed) - len(text); n <= 6 && strings.HasPrefix(text, " ") {
			m.cut(at, at+n+1, "")
			if t := strings.TrimRight(text, "# "); strings.HasSuffix(strings.TrimRight(text, " "), " #") || strings.HasSuffix(strings.TrimRight(text, " "), "##") {
				m.cut(at+n+len(t), at+len(trimmed), "")
			}
			return indent + n + 1
		}
	case '*', '+':
		if ruled(trimmed, '*') {
			m.cut(at, at+len(trimmed), "")
			return len(line)
		}
		if strings.HasPrefix(trimmed[1:], " ") && strings.TrimSpace(trimmed[1:]) != "" && (c == '*' || indent > 0 || !digit(trimmed[2])) {
			m.cut(at, at+1, "-")
			return indent + 2
		}
	case '-', '=', '_':
		if ruled(trimmed, c) {
			m.cut(at, at+len(trimmed), "")
			return len(line)
		}
	case '|':
		return m.row(at, trimmed, indent)
	case '[':
		if _, n, ok := definition(line); ok {
			m.cut(at, at-indent+n, "")
			return n
		}
	}
	return indent
}

// ruled tells whether a line is a rule of three marks c or more.
func ruled(line string, c byte) bool {
	line = strings.TrimRight(line, blanks)
	return len(line) >= 3 && strings.Trim(line, string(rune(c))) == ""
}

// row strips a row of a table: its outer bars go and the inner ones are blanks.
func (m *markdown) row(at int, line string, indent int) int {
	line = strings.TrimRight(line, " ")
	if len(line) < 3 || line[len(line)-1] != '|' {
		return indent
	}
	if strings.Trim(line, "|-: ") == "" {
		m.cut(at, at+len(line), "")
		if at+len(line) < len(m.text) {
			m.cut(at+len(line), at+len(line)+1, "")
		}
		return indent + len(line)
	}
	for i := 0; i < len(line); i++ {
		if line[i] != '|' {
			continue
		}
		start, end := i, i+1
		for start > 0 && line[start-1] == ' ' {
			start--
		}
		for end < len(line) && line[end] == ' ' {
			end++
		}
		put := " "
		if i == 0 || i == len(line)-1 {
			put = ""
		}
		m.cut(at+start, at+end, put)
	}
	return indent
}
