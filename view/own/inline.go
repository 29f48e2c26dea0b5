package own

import (
	"strings"

	"golang.org/x/net/html/atom"
)

// inline strips the markup inside a line, text[at:end] of a paragraph that ends
// at last.
func (m *markdown) inline(at, end, last int) {
	text := m.text
	for at = max(at, m.done); at < end; {
		c := text[at]
		if !inner[c] {
			at++
			continue
		}
		switch c {
		case '*', '_', '~':
			at = m.emphasis(at, end)
		case '`':
			at = m.code(at, last)
		case '[':
			m.links = append(m.links, at)
			at++
		case '!':
			if at++; at < end && text[at] == '[' {
				m.links = append(m.links, at-1)
				at++
			}
		case ']':
			at = m.link(at, end)
		case '<':
			at = m.angle(at, end)
		case '&':
			if s, n := entityAt(text[at:end]); n > 0 {
				m.cut(at, at+n, s)
				at += n
			} else {
				at++
			}
		case '{':
			at = m.shortcode(at)
		default: // a backslash
			if at+1 < end && strings.IndexByte("*_[]#`<>", text[at+1]) >= 0 {
				m.cut(at, at+1, "")
				at++
			}
			at++
		}
	}
}

// wordByte tells whether c is part of a word; what is not ASCII is.
func wordByte(c byte) bool {
	return c >= 0x80 || digit(c) || c|0x20 >= 'a' && c|0x20 <= 'z'
}

// emphasis strips marks around words. One that stands inside a word, or beside
// a blank, is none.
func (m *markdown) emphasis(at, end int) int {
	c, next := m.text[at], at
	for next < end && m.text[next] == c {
		next++
	}
	n := next - at
	if n > 3 || c == '~' && n != 2 {
		return next
	}
	kind := m.text[at:next]
	left := at > 0 && !space(m.text[at-1]) // something on the left
	right := next < end && !space(m.text[next])
	wordLeft, wordRight := left && wordByte(m.text[at-1]), right && wordByte(m.text[next])
	if start, ok := m.opened[kind]; ok && left && !wordRight {
		m.cut(start-n, start, "")
		m.cut(at, next, "")
		delete(m.opened, kind)
	} else if right && !wordLeft {
		m.opened[kind] = next
	}
	return next
}

// longestMark is how many backticks can stand around code.
const longestMark = 8

// code strips the marks around code and passes over it.
func (m *markdown) code(at, last int) int {
	next := at
	for next < last && m.text[next] == '`' {
		next++
	}
	marks := m.text[at:next]
	if len(marks) > longestMark || m.absent[marks] {
		return next
	}
	for i := next; i < last; {
		n := strings.IndexByte(m.text[i:last], '`')
		if n < 0 {
			break
		}
		start := i + n
		for i = start; i < last && m.text[i] == '`'; {
			i++
		}
		if i-start == len(marks) {
			m.cut(at, next, "")
			m.cut(start, i, "")
			m.done = i
			return i
		}
	}
	m.absent[marks] = true
	return next
}

// longestTarget is how many bytes the address of a link can have.
const longestTarget = 1000

// link strips what is around the text of a link that ends at at.
func (m *markdown) link(at, end int) int {
	n := len(m.links) - 1
	if n < 0 {
		return at + 1
	}
	open := m.links[n]
	m.links = m.links[:n]
	text := open + 1
	if m.text[open] == '!' {
		text++
	}
	after := m.text[at+1 : min(end, at+1+longestTarget)]
	size := 0
	switch {
	case strings.HasPrefix(after, "("):
		size = target(after)
	case strings.HasPrefix(after, "["):
		if i := strings.IndexByte(after, ']'); i > 0 {
			label := strings.ToLower(after[1:i])
			if label == "" {
				label = strings.ToLower(m.text[text:at])
			}
			if m.defined[label] {
				size = i + 1
			}
		}
	case len(m.defined) > 0 && at-text < 100 && m.defined[strings.ToLower(m.text[text:at])]:
		if m.text[text] == '^' { // the mark of a footnote
			m.cut(open, at+1, "")
			return at + 1
		}
		m.cut(open, text, "")
		m.cut(at, at+1, "")
		return at + 1
	}
	if size == 0 {
		return at + 1
	}
	m.cut(open, text, "")
	m.cut(at, at+1+size, "")
	return at + 1 + size
}

// target is the length of "(address)" or `(address "title")` at the start of
// text, or 0.
func target(text string) int {
	depth, blank := 0, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '(':
			depth++
		case c == ')':
			if depth--; depth == 0 {
				return i + 1
			}
		case c == '{' && strings.HasPrefix(text[i:], "{{<"), c == '"' && blank:
			closer := `"`
			if c == '{' {
				closer = ">}}"
			}
			n := strings.Index(text[i+1:], closer)
			if n < 0 {
				return 0
			}
			i += n + len(closer)
		case space(c):
			blank = true
		case blank:
			return 0
		}
	}
	return 0
}

// angle strips a tag, or the angle brackets around an address. An inline
// element is stripped where it is both opened and closed.
func (m *markdown) angle(at, end int) int {
	text := m.text[at:end]
	if i := strings.IndexAny(text[1:min(len(text), longestTarget)], " <>"); i > 0 && text[i+1] == '>' {
		if strings.Contains(text[:i+1], "://") || strings.HasPrefix(text, "<mailto:") {
			m.cut(at, at+1, "")
			m.cut(at+i+1, at+i+2, "")
			return at + i + 2
		}
	}
	if strings.HasPrefix(text, "<!--") {
		return m.until(at, at+4, "-->", Markup)
	}
	name, closes, n := tagAt(m.text[at:])
	if n == 0 {
		return at + 1
	}
	next := at + n
	switch {
	case name == atom.Br:
		m.cut(at, next, "\n")
	case name == atom.Blockquote && !closes:
		return m.until(at, next, "</blockquote>", Quote)
	case name == atom.Script && !closes, name == atom.Style && !closes:
		return m.until(at, next, "</"+name.String()+">", Markup)
	case gaps[name] > 0, name == atom.Img, name == atom.Iframe:
		m.cut(at, next, "")
	case closes:
		if s, ok := m.tags[name]; ok {
			m.spans = append(m.spans, s)
			m.cut(at, next, "")
			delete(m.tags, name)
		}
	default:
		m.tags[name] = span{at, next, "", Markup}
	}
	return next
}

// until cuts from start to behind the next closer; it cuts nothing where there
// is none.
func (m *markdown) until(start, from int, closer, what string) int {
	if m.never[closer] {
		return from
	}
	n := strings.Index(m.text[from:], closer)
	if n < 0 {
		m.never[closer] = true
		return from
	}
	end := from + n + len(closer)
	m.spans = append(m.spans, span{start, end, "", what})
	m.done = end
	return end
}

// shortcode strips "{{< … >}}" and "{{% … %}}" of site generators.
func (m *markdown) shortcode(at int) int {
	for _, s := range [][2]string{{"{{<", ">}}"}, {"{{%", "%}}"}} {
		if strings.HasPrefix(m.text[at:], s[0]) {
			return m.until(at, at+3, s[1], Markup)
		}
	}
	return at + 1
}
