package corpus_test

import (
	"bytes"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"licet"
	"licet/corpus"
	"licet/corpus/neardup"
	"licet/internal/build"
	"licet/internal/cas"
)

// history is passages that change: of few members, in chains of near-duplicates.
type history struct {
	r  *rand.Rand
	of map[licet.MemberID][]licet.Passage
	n  int
}

const members = 9

func (h *history) text() string {
	words := strings.Fields("when the old pump on the east quay failed for the third time in one winter the crew took it apart by hand cleaned each valve and wrote down what they had found")
	for k := range h.r.IntN(6) {
		words[len(words)-1-4*k] = "nobody"
	}
	if h.r.IntN(4) == 0 {
		words = words[:4+h.r.IntN(3)] // too short for a shingle, or hardly
	}
	if h.r.IntN(5) == 0 {
		words = append(words, "write", "to", "[EMAIL]")
	}
	return strings.Join(words, " ")
}

// step changes one member's passages, or takes them out.
func (h *history) step() licet.MemberID {
	m := licet.MemberID(fmt.Sprintf("m%d", h.r.IntN(members)))
	list := slices.Clone(h.of[m])
	switch h.r.IntN(4) {
	case 0:
		list = nil
	case 1:
		if len(list) > 0 { // an edit
			list[h.r.IntN(len(list))].Text = h.text()
		}
	default:
		p := licet.Passage{Member: m, Record: licet.RecordID(fmt.Sprintf("r%d", h.n)), Kind: licet.KindPost, Text: h.text()}
		if h.r.IntN(4) == 0 {
			p.Kind, p.Others = licet.KindRecommendation, []licet.MemberID{licet.MemberID(fmt.Sprintf("m%d", h.r.IntN(members)))}
		}
		h.n++
		list = append(list, p)
	}
	if h.of[m] = list; len(list) == 0 {
		delete(h.of, m)
	}
	return m
}

func (h *history) all() (out []licet.Passage) {
	for m := range members {
		out = append(out, h.of[licet.MemberID(fmt.Sprintf("m%d", m))]...)
	}
	return out
}

func store(tb testing.TB) *cas.Store {
	tb.Helper()
	s, err := cas.Open(tb.TempDir(), [32]byte{1}, false)
	if err != nil {
		tb.Fatal(err)
	}
	return s
}

// TestAChangeIsABuildAnew: whatever changes, and in whatever steps, the corpus is the
// one that a stock which has never seen anything else makes of what is there.
func TestAChangeIsABuildAnew(t *testing.T) {
	objects := store(t)
	for seed := range uint64(300) {
		h := &history{r: rand.New(rand.NewPCG(seed, 3)), of: map[licet.MemberID][]licet.Passage{}}
		stock := corpus.NewStock(ranks{}, t.TempDir())
		if seed%2 == 0 {
			stock.Strain()
		}
		layout := corpus.Layout{Shards: 2, Slices: 2, HeldOut: int(seed % 3 * 4)} //nolint:gosec // small
		for range 8 {
			for range 1 + h.r.IntN(3) {
				m := h.step()
				if err := stock.Put(m, byMember(h.of[m])[m]); err != nil {
					t.Fatal(err)
				}
			}
			got, err := stock.Build(t.Context(), build.New(objects, nil), layout)
			if err != nil {
				t.Fatal(err)
			}
			if err := stock.Ready(t.Context()); err != nil {
				t.Fatal(err)
			}
			fresh := stockOf(t, h.all())
			want, err := fresh.Build(t.Context(), build.New(objects, nil), layout)
			if err != nil {
				t.Fatal(err)
			}
			if got.Digest != want.Digest || got.Rows != want.Rows || got.Dropped != want.Dropped || got.HeldOut != want.HeldOut || len(got.Members) != len(want.Members) {
				t.Fatalf("history %d: %d rows and %d dropped, anew %d and %d", seed, got.Rows, got.Dropped, want.Rows, want.Dropped)
			}
			for i := range got.Cells {
				if !slices.Equal(got.Cells[i].Lineage, want.Cells[i].Lineage) {
					t.Fatalf("history %d: the lineage of cell %d is another", seed, i)
				}
			}
			for m, d := range want.Members {
				if got.Members[m] != d {
					t.Fatalf("history %d: the rows of %s are others", seed, m)
				}
			}
			x, errX := stock.HeldOut(1000)
			y, errY := fresh.HeldOut(1000)
			if errX != nil || errY != nil || !slices.Equal(x, y) {
				t.Fatalf("history %d: what is held out is another", seed)
			}
		}
		if err := stock.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// A keeper decides what is kept of passages in the order in which they came.
type keeper func(arrived []licet.Passage) []licet.Passage

// byFilter keeps what a Bloom filter has not seen: it can't forget.
func byFilter(arrived []licet.Passage) (kept []licet.Passage) {
	var filter [8]uint64
	var scratch neardup.Scratch
	for _, p := range arrived {
		seen := false
		for _, b := range neardup.Sign(p.Text, &scratch) {
			word, bit := b>>6%8, uint64(1)<<(b%64)
			seen = seen || filter[word]&bit != 0
			filter[word] |= bit
		}
		if !seen {
			kept = append(kept, p)
		}
	}
	return kept
}

// byArrival keeps of near-duplicates the one that came first.
func byArrival(arrived []licet.Passage) (kept []licet.Passage) {
	var scratch neardup.Scratch
	seen := map[uint64]bool{}
	for _, p := range arrived {
		first := true
		for _, b := range neardup.Sign(p.Text, &scratch) {
			first = first && !seen[b]
			seen[b] = true
		}
		if first {
			kept = append(kept, p)
		}
	}
	return kept
}

// byCounter numbers placeholders as they come, as tools of the field do.
func byCounter(arrived []licet.Passage) []licet.Passage {
	n := 0
	out := slices.Clone(arrived)
	for i := range out {
		for strings.Contains(out[i].Text, "[EMAIL]") {
			n++
			out[i].Text = strings.Replace(out[i].Text, "[EMAIL]", fmt.Sprintf("[EMAIL_%d]", n), 1)
		}
	}
	return out
}

// TestOtherWaysAreFoundOut are the negative controls: what others do, done here, fails the
// comparison with a clean build once somebody has left.
func TestOtherWaysAreFoundOut(t *testing.T) {
	objects := store(t)
	digest := func(p []licet.Passage) licet.Digest {
		c, err := stockOf(t, p).Build(t.Context(), build.New(objects, nil), corpus.Layout{Shards: 2, Slices: 2})
		if err != nil {
			t.Fatal(err)
		}
		return c.Digest
	}
	for name, keep := range map[string]keeper{"a Bloom filter": byFilter, "the first that came": byArrival, "a counter in a placeholder": byCounter} {
		found, honest := 0, 0
		const histories = 40
		for seed := range uint64(histories) {
			h := &history{r: rand.New(rand.NewPCG(seed, 5)), of: map[licet.MemberID][]licet.Passage{}}
			for range 30 {
				h.step()
			}
			before := h.all()
			stays := func(p licet.Passage) bool { return p.Member != "m1" && !slices.Contains(p.Others, "m1") }
			after := func(p []licet.Passage) (out []licet.Passage) {
				for _, x := range p {
					if stays(x) {
						out = append(out, x)
					}
				}
				return out
			}
			clean := slices.Clone(after(before))
			slices.SortFunc(clean, func(a, b licet.Passage) int { return bytes.Compare(arrival(a), arrival(b)) })
			if digest(after(keep(before))) != digest(keep(clean)) {
				found++
			}
			if digest(after(before)) != digest(clean) {
				honest++
			}
		}
		if found == 0 || honest > 0 {
			t.Errorf("%s: found out in %d of %d histories; the rule of the house in %d", name, found, histories, honest)
		}
	}
}

// arrival is another order of arrival.
func arrival(p licet.Passage) []byte {
	h := fnv.New64a()
	_, _ = h.Write([]byte(p.Record))
	return h.Sum(nil)
}
