// Package own finds, in what a platform delivered, its author's own words in
// plain text: without what cannot be seen, without markup, and without what
// somebody else wrote.
//
// It works in three steps, each a pure function of the text.
//
// Hygiene makes the text valid UTF-8 in Normalization Form C with \n as the
// only line end. A text that is not UTF-8 is read as Windows-1252 where it holds
// no character of UTF-8 beyond ASCII; elsewhere invalid bytes are removed. UTF-8
// that was once read as Windows-1252 ("Ã©") is repaired where nothing else can
// be meant. Control characters, zero-width and bidirectional characters, soft
// hyphens, fillers and tags are removed; a joiner stays between two emoji and
// between letters of scripts that are written with it (Arabic, Persian, the
// scripts of India and so on), and so do the variation selectors of emoji.
// Full-width ASCII becomes ASCII, and entities for what is not ASCII are
// decoded.
//
// Markup goes and its text stays: code, the text of links, the alternative text
// of pictures, the cells of tables, "- " before items of lists. A text is HTML
// if it begins with a block element, or holds one and nothing of Markdown;
// anything else is searched for well-formed pieces of Markdown and HTML, so that
// "a < b and c > d", "2 * 3 * 4" and "snake_case_name" stay as they are. The
// address of a link goes with its markup; bare addresses stay.
//
// Quotes go, with the lines that introduce them: lines after ">", HTML and
// BBCode quotations, everything below a forwarded or answered message, what is
// in quotation marks and somebody else's (introduced by a word of saying, or
// five words and more), and signatures. Words of one's own that are quoted, "I
// wrote: …", stay where they are short.
//
// What Words gave, Words leaves as it is, but for two things: markup that comes to
// light (one layer is taken off, as a browser would: "&amp;lt;b&amp;gt;" becomes
// "&lt;b&gt;", and code that shows "*a*" keeps its marks once), and a blank at
// the ends of the text (" --" is no signature, "--" is one). FuzzWords holds the law
// for texts without those, TestOwnWordsStay for real ones.
package own

import (
	"slices"
	"sort"
	"strings"
)

// Longest is how many bytes a text may have. A longer one is refused: it is no
// post, and what is done to a text must be bounded.
const Longest = 1 << 20

// What a Cut can be.
const (
	Quote     = "quote"     // somebody else's words
	Signature = "signature" // below a message
	Markup    = "markup"    // HTML, Markdown, shortcodes
	Invisible = "invisible" // what cannot be seen, and bytes that are no text
	TooLong   = "too-long"  // the whole text: it is longer than Longest
)

// A Cut is one thing that was taken out, and where: bytes Start to End of the
// text as it was after hygiene. What hygiene took out has no place there: Start
// and End are both where it stood.
type Cut struct {
	What       string
	Start, End int
}

// Words returns the author's own words in text, and what was taken out in the
// order in which it was. A text longer than Longest gives no words and one cut,
// TooLong, counted in bytes of the text as it came.
func Words(text string) (string, []Cut) {
	if len(text) > Longest {
		return "", []Cut{{TooLong, 0, len(text)}}
	}
	text, cuts := clean(text)
	p := page{text: text, cuts: cuts}
	if isHTML(p.text) {
		p.apply(stripHTML)
	} else {
		p.apply(stripMarkdown)
	}
	// A cut can bring marks together that make another: again, until nothing
	// changes, or for an adversary's text until enough was read.
	for budget := 16*len(text) + 1<<16; budget > 0; {
		budget -= len(p.text) + 1
		if !p.apply(cutBBCode) && !p.apply(cutLines) && !p.apply(cutSpeech) {
			break
		}
	}
	if len(p.chain) == 0 {
		return strings.TrimSpace(text), p.cuts
	}
	// What stood apart can stand together now, a letter and its accent.
	text, _ = clean(closeGaps(p.text))
	return strings.TrimSpace(text), p.cuts
}

// closeGaps leaves at most one empty line where lines were cut.
func closeGaps(text string) string {
	const gap = "\n\n"
	i := strings.Index(text, gap+"\n")
	if i < 0 {
		return text
	}
	var b strings.Builder
	b.Grow(len(text))
	for i >= 0 {
		b.WriteString(text[:i+len(gap)])
		text = strings.TrimLeft(text[i+len(gap):], "\n")
		i = strings.Index(text, gap+"\n")
	}
	b.WriteString(text)
	return b.String()
}

// A page is a text on its way, and how its offsets lead back.
type page struct {
	text  string
	cuts  []Cut
	chain [][]joint // of each edit, oldest first
}

// apply edits the text and tells whether that changed anything.
func (p *page) apply(step func(*edit)) bool {
	e := edit{in: p.text}
	step(&e)
	if len(e.joints) == 0 {
		return false
	}
	e.out.WriteString(e.in[e.from:])
	for _, c := range e.cuts {
		for _, v := range slices.Backward(p.chain) {
			c.Start, c.End = back(v, c.Start), back(v, c.End)
		}
		p.cuts = record(p.cuts, c)
	}
	p.text, p.chain = e.out.String(), append(p.chain, e.joints)
	return true
}

// A joint says that from here on, byte out of the text after an edit was byte
// in of the text before.
type joint struct{ out, in int }

// back returns where byte i of the text after an edit was before it. At a place
// where something was cut it is the end of what was cut.
func back(joints []joint, i int) int {
	n := sort.Search(len(joints), func(n int) bool { return joints[n].out > i })
	at := i
	if n > 0 {
		at = joints[n-1].in + i - joints[n-1].out
	}
	if n < len(joints) {
		at = min(at, joints[n].in)
	}
	return at
}

// record adds c, to the cut before it where they touch and are of a kind.
func record(cuts []Cut, c Cut) []Cut {
	if n := len(cuts) - 1; n >= 0 && cuts[n].What == c.What && cuts[n].End == c.Start {
		cuts[n].End = c.End
		return cuts
	}
	return append(cuts, c)
}

// An edit goes once through a text from left to right.
type edit struct {
	in     string
	from   int // in[:from] is done with
	out    strings.Builder
	cuts   []Cut
	joints []joint
}

// keep copies what stands before at.
func (e *edit) keep(at int) {
	if e.out.Cap() == 0 {
		e.out.Grow(len(e.in) + 16)
	}
	e.out.WriteString(e.in[e.from:at])
	e.from = at
}

// drop takes out in[start:end]. What an earlier drop reached stays out.
func (e *edit) drop(what string, start, end int) {
	start = max(start, e.from)
	if end <= start {
		return
	}
	e.keep(start)
	e.from = end
	e.cuts = record(e.cuts, Cut{what, start, end})
	e.joints = append(e.joints, joint{e.out.Len(), end})
}

// put writes text that was not there, after what is done with.
func (e *edit) put(text string) {
	e.out.WriteString(text)
	e.joints = append(e.joints, joint{e.out.Len(), e.from})
}
