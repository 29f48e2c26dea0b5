// Package redact takes what identifies people, and what is secret, out of a
// text. A placeholder depends on the text, the directory and the author's
// region alone, never on a count or on other texts.
package redact

import (
	"slices"
	"strings"
	"unicode"
)

// The placeholders.
const (
	Name      = "[NAME]"
	Handle    = "[HANDLE]"
	Email     = "[EMAIL]"
	URL       = "[URL]"
	Phone     = "[PHONE]"
	Address   = "[ADDRESS]"
	IP        = "[IP]"
	MAC       = "[MAC]"
	IBAN      = "[IBAN]"
	Card      = "[CARD]"
	ID        = "[ID]"
	BirthDate = "[BIRTH_DATE]"
	Secret    = "[SECRET]"
	Salary    = "[SALARY]"
)

// A Label says what a span is.
type Label string

// The labels, in the order in which one wins over another of the same length.
const (
	LabelSecret     Label = "secret"
	LabelCard       Label = "card"
	LabelIBAN       Label = "iban"
	LabelNationalID Label = "national-id"
	LabelEmail      Label = "email"
	LabelURL        Label = "url"
	LabelMAC        Label = "mac"
	LabelIP         Label = "ip"
	LabelBirthDate  Label = "birth-date"
	LabelSalary     Label = "salary"
	LabelPhone      Label = "phone"
	LabelAddress    Label = "address"
	LabelHandle     Label = "handle"
	LabelName       Label = "name"
)

var ranked = []struct {
	label Label
	put   string
}{
	{LabelSecret, Secret},
	{LabelCard, Card},
	{LabelIBAN, IBAN},
	{LabelNationalID, ID},
	{LabelEmail, Email},
	{LabelURL, URL},
	{LabelMAC, MAC},
	{LabelIP, IP},
	{LabelBirthDate, BirthDate},
	{LabelSalary, Salary},
	{LabelPhone, Phone},
	{LabelAddress, Address},
	{LabelHandle, Handle},
	{LabelName, Name},
}

// Labels returns every label, the strongest first.
func Labels() []Label {
	out := make([]Label, len(ranked))
	for i, r := range ranked {
		out[i] = r.label
	}
	return out
}

// Placeholders returns what can be put instead of a span, the strongest first.
func Placeholders() []string {
	out := make([]string, len(ranked))
	for i, r := range ranked {
		out[i] = r.put
	}
	return out
}

func (l Label) rank() int {
	for i, r := range ranked {
		if r.label == l {
			return i
		}
	}
	return len(ranked)
}

func (l Label) placeholder() string {
	if i := l.rank(); i < len(ranked) {
		return ranked[i].put
	}
	return Name
}

// A Span is a part of a text that identifies somebody or is secret.
type Span struct {
	Start, End int // bytes of the text
	Label      Label
}

// People knows names and handles; see vault.Directory.
type People interface {
	// Name tells whether words, as they stand, are somebody's name.
	Name(words string) bool
	// Handle tells whether h, without @, is somebody's handle.
	Handle(h string) bool
}

// starter is what People may also offer: whether any name that Name knows
// begins with word. It saves asking for every run of words.
type starter interface{ Starts(word string) bool }

// A Context is what recognising depends on besides the text.
type Context struct {
	People People // nil: nobody is known
	Region string // of the author: ISO 3166-1 alpha-2, "" where unknown
	// Persons finds names that no directory holds. taken are the spans found
	// before, sorted; what it returns may be in any order, and what overlaps them
	// is dropped. Nil: only the directory.
	Persons func(text string, taken []Span) []Span
	// Service finds what another program sees that the operator runs; it is asked
	// once, of the text as it came, and what it returns is joined with what is found
	// here. Nil: nobody is asked.
	Service func(text string) []Span
}

// Find returns what has to be taken out of text, sorted and not overlapping.
func Find(text string, c Context) []Span {
	f := fold(text)
	spans := scanned(f.text, c)
	for i := range spans {
		spans[i].Start, spans[i].End = f.start(spans[i].Start), f.end(spans[i].End)
	}
	if c.Service != nil {
		spans = joined(append(spans, around(text, c.Service(text))...))
	}
	if c.Persons == nil {
		return spans
	}
	return beside(spans, c.Persons(text, spans), len(text))
}

// beside returns spans and those of more that are in range and touch none of
// them, sorted.
func beside(spans, more []Span, length int) []Span {
	more = slices.Clone(more)
	more = slices.DeleteFunc(more, func(m Span) bool {
		if m.Start < 0 || m.End > length || m.Start >= m.End {
			return true
		}
		i, _ := slices.BinarySearchFunc(spans, m.Start, func(s Span, at int) int { return s.End - at - 1 })
		return i < len(spans) && spans[i].Start < m.End
	})
	return joined(append(slices.Clone(spans), more...))
}

// around returns those of spans that are in range, without the placeholders inside
// them: who does not know placeholders may take one for a name.
func around(text string, spans []Span) (out []Span) {
	for _, s := range spans {
		if s.Start < 0 || s.End > len(text) || s.Start >= s.End {
			continue
		}
		at := s.Start
		for i := max(0, s.Start-mostPlaceholder); i < s.End; i++ {
			if text[i] != '[' && text[i] != '<' && text[i] != '{' {
				continue
			}
			n := placeholder(text[i:])
			if n == 0 || i+n <= s.Start {
				continue
			}
			if strings.ContainsFunc(text[at:max(at, i)], isWord) {
				out = append(out, Span{at, i, s.Label})
			}
			at = i + n
			i = at - 1
		}
		if at < s.End && (at == s.Start || strings.ContainsFunc(text[at:s.End], isWord)) {
			out = append(out, Span{at, s.End, s.Label})
		}
	}
	return out
}

func isWord(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

// joined sorts spans and joins those that overlap: whatever any recogniser saw
// is covered, under the label of the longest.
func joined(spans []Span) []Span {
	slices.SortFunc(spans, func(a, b Span) int {
		if a.Start != b.Start {
			return a.Start - b.Start
		}
		if a.End != b.End {
			return b.End - a.End
		}
		return a.Label.rank() - b.Label.rank()
	})
	out := spans[:0]
	longest := 0
	for _, s := range spans {
		if len(out) == 0 || s.Start >= out[len(out)-1].End {
			out = append(out, s)
			longest = s.End - s.Start
			continue
		}
		last := &out[len(out)-1]
		if n := s.End - s.Start; n > longest || n == longest && s.Label.rank() < last.Label.rank() {
			last.Label, longest = s.Label, n
		}
		last.End = max(last.End, s.End)
	}
	return out
}

// mostPasses is how often a text is looked at again: what a placeholder parts
// may read differently from what stood there. Two passes nearly always do.
const mostPasses = 8

// Text returns text with placeholders for what Find finds, and how many it put,
// by label. Without Persons and Service, its own result it leaves as it is.
func Text(text string, c Context) (string, map[string]int) {
	counts := map[string]int{}
	text = strings.TrimSpace(text)
	for range mostPasses {
		spans := Find(text, c)
		if len(spans) == 0 {
			break
		}
		var b strings.Builder
		b.Grow(len(text))
		at := 0
		for _, s := range spans {
			b.WriteString(text[at:s.Start])
			b.WriteString(s.Label.placeholder())
			counts[string(s.Label)]++
			at = s.End
		}
		b.WriteString(text[at:])
		text = b.String()
		c.Persons, c.Service = nil, nil // what they make of placeholders beside a word says nothing
	}
	return text, counts
}
