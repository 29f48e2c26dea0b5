package chat

import "strings"

// word is a word of an expression: a name, a number, a string with its
// quotes, or a sign.
type word struct {
	kind  wordKind
	text  string
	from  int // where it begins in the expression
	depth int // in how many brackets it stands; those of a pair have the same
}

type wordKind int

const (
	name wordKind = iota
	number
	literal
	sign
)

const mostBrackets = 32 // inside each other

// words cuts an expression. Brackets must match, so that nothing in it can end
// the call that is put around it.
func words(s segment, expr string) ([]word, error) {
	var out []word
	var open []byte
	for i := 0; i < len(expr); {
		c := expr[i]
		w := word{kind: sign, text: expr[i : i+1], from: i, depth: len(open)}
		switch {
		case c == ' ' || c == '\n' || c == '\t':
			i++
			continue
		case c == '\'' || c == '"':
			n := stringEnd(expr[i:])
			if n < 0 {
				return nil, s.unsupported("a string doesn't end")
			}
			w.kind, w.text = literal, expr[i:i+n]
		case isLetter(c):
			w.kind, w.text = name, longest(expr[i:], func(c byte) bool { return isLetter(c) || isDigit(c) })
		case isDigit(c):
			w.kind, w.text = number, longest(expr[i:], func(c byte) bool { return isDigit(c) || c == '_' })
		case c == '(' || c == '[' || c == '{':
			open = append(open, c)
			if len(open) > mostBrackets {
				return nil, s.unsupported("more than %d brackets inside each other", mostBrackets)
			}
		case c == ')' || c == ']' || c == '}':
			if len(open) == 0 || !strings.Contains("() [] {}", string([]byte{open[len(open)-1], c})) {
				return nil, s.unsupported("the brackets don't match")
			}
			open = open[:len(open)-1]
			w.depth--
		case strings.IndexByte("+-/%~<>=!,.|:", c) < 0:
			return nil, s.unsupported("the sign %q is not supported", string(c))
		}
		out = append(out, w)
		i += len(w.text)
	}
	if len(open) > 0 {
		return nil, s.unsupported("the brackets don't match")
	}
	return out, nil
}

func isLetter(c byte) bool { return c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }
func isDigit(c byte) bool  { return c >= '0' && c <= '9' }

func longest(s string, in func(byte) bool) string {
	i := 1
	for i < len(s) && in(s[i]) {
		i++
	}
	return s[:i]
}

// find returns the index of the first word text outside brackets, -1 if there
// is none.
func find(list []word, text string) int {
	for i, w := range list {
		if w.depth == 0 && w.text == text {
			return i
		}
	}
	return -1
}

// adapted returns the expression as the library gets it: braces that stand
// together are parted, for it takes two for the end of the tag, and tojson is
// ours, for its own writes some characters in another way than Python does.
func adapted(expr string) string {
	var b strings.Builder
	piped := false // the last sign was |
	for i := 0; i < len(expr); {
		c := expr[i]
		part := expr[i : i+1]
		switch {
		case c == '\'' || c == '"':
			part = expr[i : i+max(stringEnd(expr[i:]), 1)]
		case isLetter(c):
			part = longest(expr[i:], func(c byte) bool { return isLetter(c) || isDigit(c) })
			if piped && part == "tojson" {
				b.WriteString(prefix)
			}
		case c == '}':
			b.WriteByte(' ')
		}
		b.WriteString(part)
		if c != ' ' && c != '\n' && c != '\t' {
			piped = c == '|'
		}
		i += len(part)
	}
	return b.String()
}
