// Package crowd makes up a community of any size, for measuring: people who are
// nobody, and texts that chain the words of real ones as those follow each other.
// The same number makes the same person and the same records, always.
package crowd

import (
	"context"
	"fmt"
	"io/fs"
	"iter"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"time"

	"licet"
	"licet/source"
)

// PerMember is how many records each member has.
const PerMember = 50

// A Crowd knows which word follows which.
type Crowd struct {
	words []string
	next  [][]uint32 // by word: those that followed it, as often as they did
	first []uint32   // words that began a sentence
}

// Read learns from the Markdown files below dir.
func Read(dir string) (*Crowd, error) {
	c := &Crowd{}
	at := map[string]uint32{}
	number := func(w string) uint32 {
		i, ok := at[w]
		if !ok {
			i = uint32(len(c.words)) //nolint:gosec // far fewer
			at[strings.Clone(w)] = i
			c.words, c.next = append(c.words, strings.Clone(w)), append(c.next, nil)
		}
		return i
	}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".md" {
			return err
		}
		data, err := os.ReadFile(path) //nolint:gosec // a file of the folder that was named
		if err != nil {
			return err
		}
		last, begins := uint32(0), true
		for w := range strings.FieldsSeq(body(string(data))) {
			if strings.ContainsAny(w, "<>{}[]()|*#_@/=\"") {
				continue
			}
			i := number(w)
			if begins {
				c.first = append(c.first, i)
			} else {
				c.next[last] = append(c.next[last], i)
			}
			last, begins = i, strings.HasSuffix(w, ".")
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read texts: %w", err)
	}
	if len(c.first) == 0 {
		return nil, fmt.Errorf("there is no Markdown text below %s", dir)
	}
	return c, nil
}

// body is what follows the front matter.
func body(text string) string {
	if rest, ok := strings.CutPrefix(text, "---\n"); ok {
		if _, after, ok := strings.Cut(rest, "\n---\n"); ok {
			return after
		}
	}
	return text
}

// text chains words: from one sentence to three.
func (c *Crowd) text(r *rand.Rand) string {
	var b strings.Builder
	for range 1 + r.IntN(3) {
		w := c.first[r.IntN(len(c.first))]
		for range 30 {
			if b.Len() > 0 {
				b.WriteByte(' ')
			}
			b.WriteString(c.words[w])
			if len(c.next[w]) == 0 || strings.HasSuffix(c.words[w], ".") {
				break
			}
			w = c.next[w][r.IntN(len(c.next[w]))]
		}
	}
	return b.String()
}

// Record makes the n-th record of member m. Of a hundred, three are copies of an
// earlier one, three quote one, and ten name somebody or say how to reach them.
func (c *Crowd) Record(m, n int) source.Record {
	r := rand.New(rand.NewPCG(uint64(m), uint64(n))) //nolint:gosec // no secret; never negative
	out := source.Record{
		Ref: fmt.Sprintf("%d-%d", m, n), Member: fmt.Sprint(m), Kind: licet.KindPost,
		Created: time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(m*PerMember+n) * time.Minute),
	}
	if n%3 == 1 {
		out.Kind = licet.KindComment
	}
	switch what := r.IntN(100); {
	case what < 3 && m > 0:
		out.Text = c.Record(r.IntN(m), r.IntN(PerMember)).Text
	case what < 6 && m > 0:
		out.Text = c.text(r) + " " + c.Record(r.IntN(m), r.IntN(PerMember)).Text + " " + c.text(r)
	case what < 16:
		out.Text = c.text(r) + fmt.Sprintf(" Ask %s, %s@example.org or 202-555-0%d.", name(r.IntN(m+1)), handle(r.IntN(m+1)), 100+r.IntN(100))
	default:
		out.Text = c.text(r)
	}
	return out
}

var given = []string{"Ada", "Boris", "Chiara", "Dmitri", "Elif", "Farid", "Greta", "Hugo", "Ines", "Jonas", "Keiko", "Lars", "Mona", "Nils", "Olga", "Pavel"}

func name(m int) string {
	return given[m%len(given)] + " " + surname(m/len(given))
}

// surname spells a number in syllables.
func surname(n int) string {
	syllables := []string{"bar", "dov", "fen", "gul", "har", "jin", "kos", "lem", "mir", "nov", "pel", "rud", "sol", "tam", "vik", "zan"}
	var b strings.Builder
	for range 4 {
		b.WriteString(syllables[n%len(syllables)])
		n /= len(syllables)
	}
	s := b.String()
	return strings.ToUpper(s[:1]) + s[1:]
}

func handle(m int) string { return fmt.Sprintf("user%d", m) }

// Members is the source of the members from one number to another, which is not in it.
func (c *Crowd) Members(from, to int) source.Source { return some{c, from, to} }

type some struct {
	c        *Crowd
	from, to int
}

// Items implements source.Source.
func (s some) Items(context.Context) iter.Seq2[source.Item, error] {
	return func(yield func(source.Item, error) bool) {
		for m := s.from; m < s.to; m++ {
			item := source.Item{Platform: "crowd", Member: &source.Member{
				Ref: fmt.Sprint(m), Name: name(m), Handles: []string{handle(m)}, Facts: licet.Facts{Country: "US", BirthDate: "1980-01-02"},
			}}
			if !yield(item, nil) {
				return
			}
			for n := range PerMember {
				r := s.c.Record(m, n)
				if !yield(source.Item{Platform: "crowd", Record: &r}, nil) {
					return
				}
			}
		}
	}
}

// Bytes is how much text the members from 0 to n have.
func (c *Crowd) Bytes(n int) (total int) {
	for m := range n {
		for i := range PerMember {
			total += len(c.Record(m, i).Text)
		}
	}
	return total
}
