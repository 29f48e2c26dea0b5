package draft

import (
	"hash/fnv"
	"slices"
	"strings"
	"unicode"

	"licet"
)

// gram is how many words make one unit of originality.
const gram = 5

// Others knows the runs of five words that members wrote, and who wrote them.
// It holds hashes, never text. Once all is added it is safe for concurrent reading.
type Others struct {
	// authors holds up to maxAuthors authors of each run.
	authors map[uint64][]licet.MemberID
}

// maxAuthors is enough to find two who are not the asker, whoever asks.
const maxAuthors = 3

// NewOthers knows nobody yet.
func NewOthers() *Others { return &Others{authors: map[uint64][]licet.MemberID{}} }

// Add reads a text that a model may have learned.
func (o *Others) Add(m licet.MemberID, text string) {
	for _, g := range grams(text) {
		o.add(g, m)
	}
}

func (o *Others) add(g uint64, m licet.MemberID) {
	known := o.authors[g]
	if len(known) >= maxAuthors || slices.Contains(known, m) {
		return
	}
	o.authors[g] = append(known, m)
}

// Originality is how much of a text others wrote before.
type Originality struct {
	// Grams is how many runs of five words the text has.
	Grams int `json:"grams"`
	// Shared is how many of them two or more other members wrote.
	Shared int `json:"shared"`
}

// Share returns Shared/Grams, from 0 (nobody else's words) to 1; 0 for a text
// shorter than five words.
func (o Originality) Share() float64 {
	if o.Grams == 0 {
		return 0
	}
	return float64(o.Shared) / float64(o.Grams)
}

// Measure returns how much of text two or more members other than author wrote.
func (o *Others) Measure(text string, author licet.MemberID) Originality {
	var r Originality
	for _, g := range grams(text) {
		r.Grams++
		others := 0
		for _, m := range o.authors[g] {
			if m != author {
				others++
			}
		}
		if others >= 2 {
			r.Shared++
		}
	}
	return r
}

// grams hashes every run of five words, folded to lower case.
func grams(text string) []uint64 {
	words := strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	var out []uint64
	for i := 0; i+gram <= len(words); i++ {
		h := fnv.New64a()
		for _, w := range words[i : i+gram] {
			_, _ = h.Write([]byte(w))
			_, _ = h.Write([]byte{0})
		}
		out = append(out, h.Sum64())
	}
	return out
}
