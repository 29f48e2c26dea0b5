package own

import (
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// gaps are the line breaks around an element; inline elements have none.
var gaps = map[atom.Atom]int{
	atom.P: 2, atom.Blockquote: 2, atom.Pre: 2, atom.Ul: 2, atom.Ol: 2, atom.Dl: 2, atom.Table: 2, atom.Hr: 2, atom.Section: 2, atom.Article: 2,
	atom.H1: 2, atom.H2: 2, atom.H3: 2, atom.H4: 2, atom.H5: 2, atom.H6: 2, atom.Figure: 2, atom.Center: 2, atom.Aside: 2,
	atom.Div: 1, atom.Li: 1, atom.Tr: 1, atom.Dt: 1, atom.Dd: 1, atom.Html: 1, atom.Body: 1, atom.Head: 1, atom.Br: 1,
}

// inline are the elements inside a line that are known as markup.
var inline = map[atom.Atom]bool{
	atom.A: true, atom.B: true, atom.I: true, atom.U: true, atom.S: true, atom.Em: true, atom.Strong: true, atom.Code: true, atom.Kbd: true, atom.Span: true,
	atom.Sub: true, atom.Sup: true, atom.Small: true, atom.Big: true, atom.Font: true, atom.Del: true, atom.Ins: true, atom.Strike: true, atom.Q: true,
	atom.Cite: true, atom.Abbr: true, atom.Img: true, atom.Iframe: true, atom.Td: true, atom.Th: true, atom.Tbody: true, atom.Thead: true, atom.Mark: true,
	atom.Noscript: true, atom.Template: true, atom.Figcaption: true, atom.Details: true, atom.Summary: true, atom.Embed: true, atom.Object: true, atom.Video: true, atom.Script: true, atom.Style: true,
}

// longestTag is how many bytes a tag may have outside HTML.
const longestTag = 2000

// tagAt returns the element of a well-formed tag at the start of text, whether
// the tag closes it, and how long it is; n is 0 where there is no tag that is
// known. "<b and c>" is none: what is an attribute has a =.
func tagAt(text string) (name atom.Atom, end bool, n int) {
	i := 1
	if i < len(text) && text[i] == '/' {
		end = true
		i++
	}
	start := i
	for i < len(text) && i < start+11 && (text[i]|0x20 >= 'a' && text[i]|0x20 <= 'z' || digit(text[i])) {
		i++
	}
	name = atom.Lookup([]byte(strings.ToLower(text[start:i])))
	if i == start || i == len(text) || name == 0 || gaps[name] == 0 && !inline[name] {
		return 0, false, 0
	}
	rest := text[i:min(len(text), longestTag)]
	if rest[0] == '>' {
		return name, end, i + 1
	}
	if rest[0] != ' ' && rest[0] != '\n' && rest[0] != '\t' && rest[0] != '/' {
		return 0, false, 0
	}
	quote := byte(0)
	equals := false
	for j := 0; j < len(rest); j++ {
		switch c := rest[j]; {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '=':
			equals = true
		case (c == '"' || c == '\'') && equals:
			quote = c
		case c == '<':
			return 0, false, 0
		case c == '>':
			if equals || strings.Trim(rest[:j], " /\n\t") == "" {
				return name, end, i + j + 1
			}
			return 0, false, 0
		}
	}
	return 0, false, 0
}

// isHTML tells whether text is HTML: it begins with a block element, or holds
// one and nothing that only Markdown has.
func isHTML(text string) bool {
	at := strings.IndexByte(text, '<')
	if at < 0 {
		return false
	}
	if trimmed := strings.TrimLeft(text, blanks+"\n"); trimmed[0] == '<' {
		if name, _, n := tagAt(trimmed); n > 0 && gaps[name] > 0 || len(trimmed) > 9 && strings.EqualFold(trimmed[:9], "<!doctype") {
			return true
		}
	}
	for at < len(text) {
		if name, _, n := tagAt(text[at:]); n > 0 && gaps[name] > 0 {
			return !strings.Contains(text, "](") && !strings.Contains(text, "\n#") && !strings.Contains(text, "```") &&
				!strings.Contains(text, "{{<") && !strings.Contains(text, "**") && !strings.Contains(text, "\n>")
		}
		next := strings.IndexByte(text[at+1:], '<')
		if next < 0 {
			break
		}
		at += 1 + next
	}
	return false
}

// stripHTML writes the text of HTML line by line. It reads tokens only and
// builds no tree: how deep elements are nested does not matter.
func stripHTML(e *edit) {
	z := html.NewTokenizer(strings.NewReader(e.in))
	w := htmlText{e: e}
	at := 0
	for {
		kind := z.Next()
		size := len(z.Raw())
		if kind == html.ErrorToken {
			break
		}
		w.at, w.end = at, at+size
		w.token(z, kind)
		at += size
	}
	w.flush(len(e.in))
	e.from = len(e.in)
	e.joints = append(e.joints, joint{e.out.Len(), len(e.in)})
}

// htmlText writes text from tokens. What stands between two words is decided
// when the second one comes.
type htmlText struct {
	e       *edit
	at, end int       // the token
	skip    atom.Atom // the element whose content is left out
	depth   int       // how often it is open
	from    int       // where it began
	quote   bool      // it is a quotation
	pre     int
	marker  string // of a list item that has no text yet
	breaks  int    // line breaks before the next text
	blank   bool   // a blank before the next word
}

func (w *htmlText) token(z *html.Tokenizer, kind html.TokenType) {
	switch kind { //nolint:exhaustive // the others have no text
	case html.TextToken:
		if w.depth > 0 {
			return
		}
		if w.pre > 0 {
			w.verbatim(string(z.Text()))
		} else {
			w.words(string(z.Text()))
		}
		return
	case html.StartTagToken, html.SelfClosingTagToken, html.EndTagToken:
		name, attributes := z.TagName()
		tag := atom.Lookup(name)
		if kind == html.EndTagToken {
			w.close(tag)
		} else {
			w.open(z, tag, attributes, kind == html.SelfClosingTagToken)
		}
	}
	if w.depth == 0 {
		w.e.cuts = record(w.e.cuts, Cut{Markup, w.at, w.end})
	}
}

func (w *htmlText) open(z *html.Tokenizer, tag atom.Atom, attributes, selfClosing bool) {
	if w.depth > 0 {
		if tag == w.skip && !selfClosing {
			w.depth++
		}
		return
	}
	alt, class := "", ""
	if attributes && (tag == atom.Img || tag == atom.Div || tag == atom.Aside) {
		for more := true; more; {
			var key, value []byte
			key, value, more = z.TagAttr()
			switch string(key) {
			case "alt":
				alt = string(value)
			case "class":
				class = string(value)
			}
		}
	}
	w.breakLine(gaps[tag])
	switch tag { //nolint:exhaustive // the others are transparent
	case atom.Script, atom.Style, atom.Template, atom.Iframe, atom.Noscript, atom.Title, atom.Textarea:
		w.leave(tag, false, selfClosing)
	case atom.Blockquote:
		w.leave(tag, true, selfClosing)
	case atom.Div, atom.Aside:
		for _, c := range []string{"gmail_quote", "yahoo_quoted", "protonmail_quote"} {
			if strings.Contains(class, c) {
				w.leave(tag, true, selfClosing)
				return
			}
		}
		if tag == atom.Aside && strings.HasPrefix(class, "quote") {
			w.leave(tag, true, selfClosing)
		}
	case atom.Br:
		w.breaks, w.blank = min(w.breaks, 2), false
	case atom.Pre:
		w.pre++
	case atom.Li:
		w.marker = "- "
	case atom.Img:
		w.words(alt)
	case atom.Q:
		w.words("“")
	case atom.Td, atom.Th:
		w.blank = w.blank || w.breaks == 0
	}
}

func (w *htmlText) close(tag atom.Atom) {
	if w.depth > 0 {
		if tag != w.skip {
			return
		}
		if w.depth--; w.depth > 0 {
			return
		}
		w.flush(w.end)
		w.breakLine(gaps[tag])
		return
	}
	w.breakLine(gaps[tag])
	switch tag { //nolint:exhaustive // the others are transparent
	case atom.Pre:
		w.pre = max(0, w.pre-1)
	case atom.Li:
		w.marker = ""
	case atom.Q:
		w.blank = false
		w.words("”")
	}
}

// leave leaves out what is in an element.
func (w *htmlText) leave(tag atom.Atom, quote, selfClosing bool) {
	if selfClosing {
		return
	}
	w.skip, w.depth, w.from, w.quote = tag, 1, w.at, quote
}

// flush ends what is left out, at end. A quotation leaves a line ">", which
// goes with what introduces it in the next step.
func (w *htmlText) flush(end int) {
	if w.skip == 0 {
		return
	}
	if w.quote {
		w.breaks = max(w.breaks, 1)
		w.start(w.from)
		w.e.out.WriteByte('>')
		w.breaks = 1
		w.e.joints = append(w.e.joints, joint{w.e.out.Len(), end})
	} else {
		w.e.cuts = record(w.e.cuts, Cut{Markup, w.from, end})
	}
	w.skip, w.depth = 0, 0
}

// breakLine asks for at least n line breaks before the next text.
func (w *htmlText) breakLine(n int) {
	if n > 0 {
		w.breaks, w.blank = max(w.breaks, n), false
	}
}

// start begins a line where one is due, and says that byte at of the HTML is
// what comes now.
func (w *htmlText) start(at int) {
	out := &w.e.out
	if out.Len() > 0 {
		for range w.breaks {
			out.WriteByte('\n')
		}
		if w.blank && w.breaks == 0 {
			out.WriteByte(' ')
		}
	}
	out.WriteString(w.marker)
	w.marker, w.breaks, w.blank = "", 0, false
	w.e.joints = append(w.e.joints, joint{w.e.out.Len(), at})
}

func space(c byte) bool { return c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\f' }

func (w *htmlText) words(text string) {
	for i := 0; i < len(text); {
		if space(text[i]) {
			w.blank = w.breaks == 0 && w.e.out.Len() > 0
			i++
			continue
		}
		start := i
		for i < len(text) && !space(text[i]) {
			i++
		}
		if start == 0 || w.breaks > 0 || w.marker != "" {
			w.start(min(w.at+start, w.end))
		} else if w.blank {
			w.e.out.WriteByte(' ')
			w.blank = false
		}
		w.e.out.WriteString(text[start:i])
	}
}

// verbatim writes lines with the blanks that they begin with.
func (w *htmlText) verbatim(text string) {
	if w.breaks > 0 {
		text = strings.TrimLeft(text, "\n")
	}
	if text == "" {
		return
	}
	w.start(w.at)
	trimmed := strings.TrimRight(text, " \n\t")
	w.e.out.WriteString(trimmed)
	if n := strings.Count(text[len(trimmed):], "\n"); n > 0 {
		w.breaks = n
	} else if len(trimmed) < len(text) {
		w.blank = true
	}
}
