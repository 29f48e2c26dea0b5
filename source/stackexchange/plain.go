package stackexchange

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// Plain returns HTML as text: paragraphs with an empty line between them, items
// of lists after "- ", code as it stands, and each line of a quotation after
// "> ", so that whose words they are stays visible. Pictures and the targets
// of links are left out. Markup nested too deep to be a post is an error.
func Plain(markup string) (string, error) {
	root, err := html.Parse(strings.NewReader(markup))
	if err != nil {
		return "", fmt.Errorf("read HTML: %w", err)
	}
	var w plain
	w.node(root)
	return w.out.String(), nil
}

// plain writes text line by line. What stands between two words is decided
// when the second one comes, so that no line ends in blanks and none is empty
// at either end.
type plain struct {
	out    strings.Builder
	prefix string // of every line: "> " for each quotation around it
	before string // the prefix of the line before
	marker string // of a list item that has no text yet
	breaks int    // line breaks before the next text
	blank  bool   // a blank before the next word
}

// breakLine asks for at least n line breaks before the next text. None is
// asked for around an inline element, where a blank counts.
func (w *plain) breakLine(n int) {
	if n > 0 {
		w.breaks, w.blank = max(w.breaks, n), false
	}
}

// start begins a line where one is due.
func (w *plain) start() {
	if w.out.Len() > 0 {
		if w.breaks == 0 {
			return
		}
		w.out.WriteByte('\n')
		for range w.breaks - 1 {
			// An empty line belongs to the quotations that go on across it.
			w.out.WriteString(strings.TrimSpace(min(w.before, w.prefix)))
			w.out.WriteByte('\n')
		}
	}
	w.out.WriteString(w.prefix + w.marker)
	w.before, w.marker, w.breaks, w.blank = w.prefix, "", 0, false
}

func (w *plain) words(text string) {
	first, _ := utf8.DecodeRuneInString(text)
	last, _ := utf8.DecodeLastRuneInString(text)
	for i, word := range strings.Fields(text) {
		if i > 0 || unicode.IsSpace(first) {
			w.blank = true
		}
		w.start()
		if w.blank {
			w.out.WriteByte(' ')
		}
		w.out.WriteString(word)
		w.blank = false
	}
	if unicode.IsSpace(last) {
		w.blank = w.out.Len() > 0 && w.breaks == 0
	}
}

// verbatim writes lines with the blanks that they begin with and the empty
// lines between them, but none at either end.
func (w *plain) verbatim(text string) {
	written := false
	for line := range strings.SplitSeq(strings.TrimRightFunc(text, unicode.IsSpace), "\n") {
		line = strings.TrimRightFunc(line, unicode.IsSpace)
		switch {
		case line != "":
			w.start()
			w.out.WriteString(line)
			w.breaks, written = 1, true
		case written:
			w.breaks++
		}
	}
}

func (w *plain) node(n *html.Node) {
	if n.Type == html.TextNode {
		w.words(n.Data)
		return
	}
	gap := gaps[n.DataAtom]
	w.breakLine(gap)
	switch n.DataAtom {
	case atom.Script, atom.Style, atom.Head, atom.Template, atom.Iframe, atom.Noscript:
		return
	case atom.Br:
		w.breaks, w.blank = min(w.breaks+1, 2), false
	case atom.Blockquote:
		outer := w.prefix
		w.prefix += "> "
		w.children(n)
		w.prefix = outer
	case atom.Pre:
		w.verbatim(textOf(n))
	case atom.Li:
		w.marker = "- "
		w.children(n)
		w.marker = ""
	case atom.Td, atom.Th:
		w.children(n)
		w.blank = w.out.Len() > 0 && w.breaks == 0
	default:
		w.children(n)
	}
	w.breakLine(gap)
}

func (w *plain) children(n *html.Node) {
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		w.node(c)
	}
}

// textOf returns the text below n as it stands.
func textOf(n *html.Node) string {
	var b strings.Builder
	for c := range n.Descendants() {
		if c.Type == html.TextNode {
			b.WriteString(c.Data)
		}
	}
	return b.String()
}

// gaps are the line breaks around an element; inline elements have none.
var gaps = map[atom.Atom]int{
	atom.P: 2, atom.Blockquote: 2, atom.Pre: 2, atom.Ul: 2, atom.Ol: 2, atom.Dl: 2, atom.Table: 2, atom.Hr: 2,
	atom.H1: 2, atom.H2: 2, atom.H3: 2, atom.H4: 2, atom.H5: 2, atom.H6: 2,
	atom.Div: 1, atom.Li: 1, atom.Tr: 1, atom.Dt: 1, atom.Dd: 1,
}
