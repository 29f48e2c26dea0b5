package chat

import (
	"fmt"
	"strings"
	"unicode"
)

// kind is what a part of a template is.
type kind int

const (
	text      kind = iota
	output         // {{ … }}
	statement      // {% … %}
	comment        // {# … #}
)

// segment is one part of a template: text as it will be written, or what
// stands between the signs of a tag.
type segment struct {
	kind kind
	body string
	line int
}

func (s segment) unsupported(format string, args ...any) error {
	return fmt.Errorf("%w: line %d: %w", ErrTemplate, s.line, fmt.Errorf(format, args...))
}

// scanner cuts a template into segments and does with white space what
// transformers asks of Jinja: trim_blocks, lstrip_blocks, - and + in tags, no
// newline at the end.
type scanner struct {
	source      string
	at          int
	out         []segment
	lineStarted bool // the last tag took its newline along
}

func scan(source string) ([]segment, error) {
	source = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(source)
	s := &scanner{source: strings.TrimSuffix(source, "\n"), lineStarted: true}
	for {
		from, k := s.opening()
		if k == text {
			s.text(s.source[s.at:])
			return s.out, nil
		}
		if err := s.tag(from, k); err != nil {
			return nil, err
		}
	}
}

// opening finds the next tag; text: there is none.
func (s *scanner) opening() (int, kind) {
	for i := s.at; i+1 < len(s.source); i++ {
		if s.source[i] != '{' {
			continue
		}
		switch s.source[i+1] {
		case '{':
			return i, output
		case '%':
			return i, statement
		case '#':
			return i, comment
		}
	}
	return len(s.source), text
}

func (s *scanner) text(t string) {
	if t != "" {
		s.out = append(s.out, segment{text, t, 0})
	}
}

func (s *scanner) tag(from int, k kind) error {
	line := 1 + strings.Count(s.source[:from], "\n")
	seg := segment{kind: k, line: line}
	body := from + 2
	mark := byte(0)
	if body < len(s.source) && (s.source[body] == '-' || s.source[body] == '+') {
		mark = s.source[body]
		if mark == '-' || k != output {
			body++
		}
	}
	s.before(s.source[s.at:from], mark, k)
	end := s.closing(body, k)
	if end < 0 {
		return seg.unsupported("the tag that begins here doesn't end")
	}
	after := end + 2
	last := byte(0)
	if end > body && (s.source[end-1] == '-' || s.source[end-1] == '+' && k != output) {
		last = s.source[end-1]
		end--
	}
	seg.body = strings.TrimSpace(s.source[body:end])
	s.at = after
	if k == statement && seg.body == "raw" {
		s.follow(last, k)
		return s.raw(seg)
	}
	if k != comment {
		s.out = append(s.out, seg)
	}
	s.follow(last, k)
	return nil
}

// before writes the text before a tag.
func (s *scanner) before(t string, mark byte, k kind) {
	switch {
	case mark == '-':
		t = strings.TrimRightFunc(t, unicode.IsSpace)
	case mark != '+' && k != output:
		line := strings.LastIndexByte(t, '\n') + 1
		if (line > 0 || s.lineStarted) && strings.TrimFunc(t[line:], unicode.IsSpace) == "" {
			t = t[:line]
		}
	}
	s.text(t)
}

// closing returns where the sign that ends a tag begins, -1 if it doesn't end.
// Signs in strings don't count, except in comments.
func (s *scanner) closing(i int, k kind) int {
	sign := map[kind]string{output: "}}", statement: "%}", comment: "#}"}[k]
	depth := 0 // of braces: {{ {'a': {}} }}
	for ; i < len(s.source); i++ {
		c := s.source[i]
		if (k == comment || depth == 0) && strings.HasPrefix(s.source[i:], sign) {
			return i
		}
		if k == comment {
			continue
		}
		switch c {
		case '\'', '"':
			n := stringEnd(s.source[i:])
			if n < 0 {
				return -1
			}
			i += n - 1
		case '{':
			depth++
		case '}':
			depth--
		}
	}
	return -1
}

// stringEnd returns the length of the string literal that t begins with, -1 if
// it doesn't end.
func stringEnd(t string) int {
	for i := 1; i < len(t); i++ {
		switch t[i] {
		case '\\':
			i++
		case t[0]:
			return i + 1
		}
	}
	return -1
}

// follow drops the white space after a tag that it takes along.
func (s *scanner) follow(mark byte, k kind) {
	rest := s.source[s.at:]
	s.lineStarted = false
	switch {
	case mark == '-':
		cut := strings.TrimLeftFunc(rest, unicode.IsSpace)
		n := len(rest) - len(cut)
		s.lineStarted = n > 0 && rest[n-1] == '\n'
		s.at += n
	case mark != '+' && k != output && strings.HasPrefix(rest, "\n"):
		s.at++
		s.lineStarted = true
	}
}

// raw writes everything up to {% endraw %} as it is.
func (s *scanner) raw(begin segment) error {
	from := s.at
	for i := from; ; {
		n := strings.Index(s.source[i:], "{%")
		if n < 0 {
			return begin.unsupported("raw has no endraw")
		}
		i += n
		end := strings.Index(s.source[i:], "%}")
		if end < 0 {
			return begin.unsupported("raw has no endraw")
		}
		body := s.source[i+2 : i+end]
		if strings.Trim(body, " \n\t-+") != "endraw" {
			i += 2
			continue
		}
		mark, last := byte(0), byte(0)
		if body[0] == '-' || body[0] == '+' {
			mark = body[0]
		}
		if c := body[len(body)-1]; c == '-' || c == '+' {
			last = c
		}
		s.before(s.source[from:i], mark, statement)
		s.at = i + end + 2
		s.follow(last, statement)
		return nil
	}
}
