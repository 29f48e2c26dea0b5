package corpus_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"licet"
	"licet/corpus"
	"licet/internal/build"
	"licet/internal/cas"
	"licet/ledger/smt"
)

var update = flag.Bool("update", false, "write the golden file again")

// ranks is a keyed hash without a key.
type ranks struct{}

// Rank hashes label and parts.
func (ranks) Rank(label string, parts ...string) licet.Digest {
	return licet.Sum([]byte(label + "\x00" + strings.Join(parts, "\x00")))
}

func passages() []licet.Passage {
	var out []licet.Passage
	for m := range 12 {
		for r := range 3 {
			id := licet.MemberID(fmt.Sprintf("m%02d", m))
			out = append(out, licet.Passage{
				Member: id, Record: licet.RecordID(fmt.Sprintf("r%02d%d", m, r)), Kind: licet.KindPost, Text: fmt.Sprintf("text %d of %d", r, m),
			})
		}
	}
	// m01 recommends m02; m03 and m04 say the same.
	out[3].Kind, out[3].Others = licet.KindRecommendation, []licet.MemberID{"m02"}
	out[9].Text, out[12].Text = "the same  words", "The same words"
	return out
}

func stockOf(t *testing.T, p []licet.Passage) *corpus.Stock {
	t.Helper()
	stock := corpus.NewStock(ranks{}, t.TempDir())
	t.Cleanup(func() { _ = stock.Close() })
	for m, list := range byMember(p) {
		if err := stock.Put(m, list); err != nil {
			t.Fatal(err)
		}
	}
	return stock
}

// byMember is each member's passages in order of record.
func byMember(p []licet.Passage) map[licet.MemberID][]licet.Passage {
	of := map[licet.MemberID][]licet.Passage{}
	for _, x := range p {
		of[x.Member] = append(of[x.Member], x)
	}
	for _, list := range of {
		slices.SortFunc(list, func(a, b licet.Passage) int { return strings.Compare(string(a.Record), string(b.Record)) })
	}
	return of
}

func build1(t *testing.T, p []licet.Passage, shards, slicesOf int) (*corpus.Corpus, *cas.Store) {
	t.Helper()
	store, err := cas.Open(t.TempDir(), [32]byte{1}, false)
	if err != nil {
		t.Fatal(err)
	}
	stock := stockOf(t, p)
	c, err := stock.Build(t.Context(), build.New(store, nil), corpus.Layout{Shards: shards, Slices: slicesOf})
	if err != nil {
		t.Fatal(err)
	}
	return c, store
}

func without(p []licet.Passage, m licet.MemberID) []licet.Passage {
	return slices.DeleteFunc(slices.Clone(p), func(x licet.Passage) bool { return x.Member == m || slices.Contains(x.Others, m) })
}

func TestAnyOrderGivesTheSameCorpus(t *testing.T) {
	want, _ := build1(t, passages(), 4, 3)
	random := rand.New(rand.NewPCG(1, 2))
	for range 20 {
		p := passages()
		random.Shuffle(len(p), func(i, j int) { p[i], p[j] = p[j], p[i] })
		if got, _ := build1(t, p, 4, 3); got.Digest != want.Digest {
			t.Fatalf("another order gives %s, want %s", got.Digest.Short(), want.Digest.Short())
		}
	}
}

func TestEverythingOfAMemberIsInOneCell(t *testing.T) {
	c, store := build1(t, passages(), 4, 3)
	where := map[licet.MemberID]int{}
	rows := 0
	for i, cell := range c.Cells {
		data, err := store.Get(cell.Digest)
		if err != nil {
			t.Fatal(err)
		}
		list, err := corpus.ReadRows(data)
		if err != nil {
			t.Fatal(err)
		}
		if len(list) != cell.Rows {
			t.Errorf("cell %d says %d rows and has %d", i, cell.Rows, len(list))
		}
		for _, r := range list {
			rows++
			if at, ok := where[r.Member]; ok && at != i {
				t.Errorf("%s is in cells %d and %d", r.Member, at, i)
			}
			where[r.Member] = i
			if !slices.Contains(cell.Lineage, r.Member) {
				t.Errorf("the lineage of cell %d lacks %s", i, r.Member)
			}
			for _, other := range r.Others {
				if !slices.Contains(cell.Lineage, other) {
					t.Errorf("the lineage of cell %d lacks %s, whom a row is about", i, other)
				}
			}
		}
	}
	if rows != 35 || c.Rows != 35 || c.Dropped != 1 {
		t.Errorf("%d rows, says %d and %d dropped; want 35 and 1", rows, c.Rows, c.Dropped)
	}
}

// TestLeavingTouchesOnlyWhatNamesYou: whose lineage does not name a member keeps
// its bytes when the member leaves, but for a duplicate that comes back.
func TestLeavingTouchesOnlyWhatNamesYou(t *testing.T) {
	all, _ := build1(t, passages(), 4, 3)
	for m := range maps.Keys(all.Members) {
		if m == "m03" || m == "m04" {
			continue
		}
		rest, _ := build1(t, without(passages(), m), 4, 3)
		for i, cell := range all.Cells {
			named := slices.Contains(cell.Lineage, m)
			if same := rest.Cells[i].Digest == cell.Digest; same == named {
				t.Errorf("%s leaves: cell %d is the same: %v; its lineage names them: %v", m, i, same, named)
			}
		}
	}
}

func TestTheOtherDuplicateComesBack(t *testing.T) {
	all, _ := build1(t, passages(), 1, 1)
	for _, pair := range [][2]licet.MemberID{{"m03", "m04"}, {"m04", "m03"}} {
		rest, store := build1(t, without(passages(), pair[0]), 1, 1)
		data, err := store.Get(rest.Cells[0].Digest)
		if err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(strings.ToLower(string(data)), "same"); n != 1 || rest.Dropped != 0 || all.Dropped != 1 {
			t.Errorf("without %s the words stand %d times", pair[0], n)
		}
	}
}

func TestTheBytesOfRowsStayTheSame(t *testing.T) {
	c, store := build1(t, passages()[:6], 1, 1)
	got, err := store.Get(c.Cells[0].Digest)
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile("testdata/rows.v2.golden", got, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile("testdata/rows.v2.golden")
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != string(want) {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestSlotsProveWhoIsIn(t *testing.T) {
	c, _ := build1(t, passages(), 4, 3)
	run := licet.Sum([]byte("run"))
	tokens := map[licet.MemberID]licet.Digest{"nobody": licet.Sum([]byte("nobody"))}
	for m := range c.Members {
		tokens[m] = licet.Sum([]byte(m))
	}
	values, err := c.Slots(run, tokens)
	if err != nil {
		t.Fatal(err)
	}
	tree := smt.New(values)
	for m, token := range tokens {
		slot := smt.Slot(run, token)
		_, in, err := smt.Verify(tree.Root(), slot, tree.Prove(slot))
		if err != nil || in != (m != "nobody") {
			t.Errorf("%s: in %v, %v", m, in, err)
		}
	}
	delete(tokens, "m05")
	if _, err := c.Slots(run, tokens); err == nil {
		t.Error("a member without a token was passed over in silence")
	}
}

// FuzzReadRows compares rows with what encoding/json makes of each line.
func FuzzReadRows(f *testing.F) {
	f.Add([]byte(`{"kind":"post","member":"m","record":"r","text":"t"}` + "\n"))
	f.Add([]byte("\n\n{}"))
	f.Add([]byte(`{"kind":"post","member":"m","others":["a","b"],"record":"r","role":"manager","text":"a \"b\" \\ \n\tc\u0001 \ud83d\ude00 é"}` + "\n"))
	f.Add([]byte(`{"kind":"post","language":"en","member":"m","others":[],"record":"r","text":"\q"}` + "\n"))
	f.Add([]byte(`{"kind":"post","member":"m","record":"r","text":"a` + "\xff" + `\/"} ` + "\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		rows, err := corpus.ReadRows(data)
		var want []corpus.Row
		for line := range bytes.Lines(data) {
			var r corpus.Row
			if bad := json.Unmarshal(line, &r); bad != nil {
				if err == nil {
					t.Fatalf("read %q, which is no JSON: %v", line, bad)
				}
				return
			}
			want = append(want, r)
		}
		if err != nil || !reflect.DeepEqual(rows, want) {
			t.Errorf("got %+v (%v), want %+v", rows, err, want)
		}
	})
}

// TestMembersAreWrittenAsEver compares with what encoding/json makes of the plain map.
func TestMembersAreWrittenAsEver(t *testing.T) {
	m := corpus.Members{"b": licet.Sum([]byte("b")), "a\"\u00e9": licet.Sum([]byte("a")), "": {}}
	got, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	want, err := json.Marshal(map[licet.MemberID]licet.Digest(m))
	if err != nil || string(got) != string(want) {
		t.Errorf("got %s, want %s, %v", got, want, err)
	}
}
