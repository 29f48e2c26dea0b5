package chat

import (
	"slices"
	"strings"
)

// expression checks that an expression uses only what is supported, and
// returns its words.
func (g *guarded) expression(s segment, expr string) ([]word, error) {
	if len(expr) > longestTag {
		return nil, s.unsupported("a tag of %d bytes, at most %d are read", len(expr), longestTag)
	}
	list, err := words(s, expr)
	if err != nil {
		return nil, err
	}
	sums, replaced := 0, 0
	for i, w := range list {
		var before, after word
		if i > 0 {
			before = list[i-1]
		}
		if i+1 < len(list) {
			after = list[i+1]
		}
		if i > 0 && endsValue(list[:i]) && beginsValue(w) {
			return nil, s.unsupported("%s %s: two values without a sign between them", before.text, w.text)
		}
		switch {
		case w.kind == name:
			if err := checkName(s, before, w, after); err != nil {
				return nil, err
			}
			if (before.text == "." || before.text == "|") && (w.text == "replace" || w.text == "join") {
				replaced++
				if err := checkPad(s, w.text, list[i+1:]); err != nil {
					return nil, err
				}
			}
			if before.text == "|" && w.text == "map" && (len(list) < i+3 || list[i+2].text != "attribute") {
				return nil, s.unsupported("map is supported of an attribute only")
			}
		case w.kind == literal:
			g.literals[unquote(w.text)] = true
		case w.text == "+" || w.text == "~":
			sums++
		case w.text == "(" && i > 0 && before.kind != name && before.kind != sign:
			return nil, s.unsupported("a call of what has no name")
		case w.text == "(" && (before.text == ")" || before.text == "]" || before.text == "}"):
			return nil, s.unsupported("a call of what has no name")
		}
	}
	if sums > mostSums || replaced > mostReplaced {
		return nil, s.unsupported("a tag with %d sums and %d replacements, at most %d and %d are read", sums, replaced, mostSums, mostReplaced)
	}
	return list, nil
}

// keywords are the names in an expression that are none of a value.
var keywords = []string{"and", "or", "not", "in", "is", "if", "else"}

func isKeyword(w word) bool {
	return w.kind == name && (slices.Contains(keywords, w.text) || w.text == "recursive")
}

func beginsValue(w word) bool { return w.kind != sign && !isKeyword(w) }

// endsValue tells whether the last word ends a value: not so a test, which may
// have its argument beside it.
func endsValue(list []word) bool {
	w := list[len(list)-1]
	if w.kind == sign {
		return strings.Contains(")]}", w.text)
	}
	if len(list) > 1 {
		if before := list[len(list)-2].text; before == "is" || before == "not" && len(list) > 2 && list[len(list)-3].text == "is" {
			return false
		}
	}
	return !isKeyword(w)
}

func checkName(s segment, before, w, after word) error {
	if strings.HasPrefix(w.text, prefix) {
		return s.unsupported("names that begin with %s are taken", prefix)
	}
	switch {
	case before.text == "|":
		if !slices.Contains(filters, w.text) {
			return s.unsupported("the filter %q is not supported", w.text)
		}
	case before.text == ".":
		if after.text == "(" && !slices.Contains(methods, w.text) {
			return s.unsupported("the method %q is not supported", w.text)
		}
		if after.text != "(" && slices.Contains(mutators, w.text) {
			return s.unsupported("the name %q is a method that changes a value: it is not supported", w.text)
		}
	case before.text == "is" || before.text == "not" && after.text != "(" && isTest(w.text):
		if before.text == "is" && !slices.Contains(tests, w.text) {
			return s.unsupported("the test %q is not supported", w.text)
		}
	case after.text == "(" && !slices.Contains(functions, w.text) && !slices.Contains(keywords, w.text):
		return s.unsupported("the function %q is not supported", w.text)
	}
	return nil
}

func isTest(name string) bool { return slices.Contains(tests, name) }

// checkPad checks the arguments of replace and join: short strings only, so
// that the result is not much longer than the input.
func checkPad(s segment, what string, rest []word) error {
	if len(rest) == 0 || rest[0].text != "(" {
		return nil
	}
	for _, w := range rest[1:] {
		switch {
		case w.text == ")":
			return nil
		case w.text == "," || w.kind == number:
		case w.kind == literal && len(w.text) <= longestPad+2:
		default:
			return s.unsupported("%s is supported with strings of at most %d bytes only", what, longestPad)
		}
	}
	return nil
}

// unquote returns what a string literal stands for; escapes that no message
// needs stay as they are.
func unquote(s string) string {
	s = s[1 : len(s)-1]
	if !strings.Contains(s, `\`) {
		return s
	}
	return strings.NewReplacer(`\n`, "\n", `\t`, "\t", `\'`, "'", `\"`, `"`, `\\`, `\`).Replace(s)
}
