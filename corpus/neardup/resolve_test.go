package neardup_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"

	"licet/corpus/neardup"
)

// state is what becomes of a record.
type state struct {
	Kept bool
	For  neardup.Key // in whose favour it was dropped
	Own  bool
	Also []uint64
}

// oracle is the rule as the package comment has it, in the plainest way.
func oracle(entries []neardup.Entry) map[neardup.Key]state {
	own := dropped(entries, func(a, b neardup.Entry) bool { return a.Member == b.Member })
	var left []neardup.Entry
	for _, e := range entries {
		if _, gone := own[e.Key]; !gone {
			left = append(left, e)
		}
	}
	across := dropped(left, func(neardup.Entry, neardup.Entry) bool { return true })
	out := map[neardup.Key]state{}
	for _, e := range entries {
		var s state
		if s.For, s.Own = own[e.Key]; !s.Own {
			f, gone := across[e.Key]
			s.For, s.Kept = f, !gone
		}
		for _, o := range entries {
			if s.Kept && o.Member != e.Member && mates(e, o) {
				s.Also = append(s.Also, o.Member)
			}
		}
		slices.Sort(s.Also)
		s.Also = slices.Compact(s.Also)
		out[e.Key] = s
	}
	return out
}

// dropped returns who shares a bucket with one of a smaller key, and the smallest of these.
func dropped(entries []neardup.Entry, counts func(a, b neardup.Entry) bool) map[neardup.Key]neardup.Key {
	out := map[neardup.Key]neardup.Key{}
	for _, e := range entries {
		for _, o := range entries {
			if o.Key.Compare(e.Key) < 0 && counts(e, o) && mates(e, o) {
				if f, ok := out[e.Key]; !ok || o.Key.Compare(f) < 0 {
					out[e.Key] = o.Key
				}
			}
		}
	}
	return out
}

func mates(a, b neardup.Entry) bool {
	for i := range a.Buckets {
		if a.Buckets[i] == b.Buckets[i] {
			return true
		}
	}
	return false
}

// community makes records of few members in few buckets, so that chains a~b~c,
// own duplicates and crowds are frequent.
type community struct {
	rng     *rand.Rand
	members int
	topics  int
}

func (c community) entry() neardup.Entry {
	var e neardup.Entry
	binary.BigEndian.PutUint64(e.Key[:], c.rng.Uint64())
	binary.BigEndian.PutUint64(e.Key[8:], c.rng.Uint64())
	e.Member = uint64(c.rng.IntN(c.members))
	for i := range e.Buckets {
		e.Buckets[i] = c.rng.Uint64()
		if c.rng.IntN(6) == 0 {
			// The same hash in two bands would be a miracle.
			e.Buckets[i] = 0x9e3779b97f4a7c15 * uint64(1+c.rng.IntN(c.topics)*neardup.Bands+i)
		}
	}
	return e
}

func (c community) entries(n int) []neardup.Entry {
	var out []neardup.Entry
	for range n {
		out = append(out, c.entry())
	}
	return out
}

func resolve(tb testing.TB, entries []neardup.Entry, o neardup.Options) map[neardup.Key]state {
	tb.Helper()
	r := neardup.NewResolver(o)
	defer func() {
		if err := r.Close(); err != nil {
			tb.Error(err)
		}
	}()
	for i := range entries {
		if err := r.Add(&entries[i]); err != nil {
			tb.Fatal(err)
		}
	}
	x, err := r.Resolve(context.Background())
	if err != nil {
		tb.Fatal(err)
	}
	out := map[neardup.Key]state{}
	kept := 0
	for i, e := range entries {
		id := uint32(i)
		s := state{Kept: x.Kept(id)}
		if f, own, ok := x.For(id); ok {
			s.For, s.Own = entries[f].Key, own
			if !x.Kept(x.Keeper(id)) {
				tb.Errorf("the keeper of record %d is not kept", i)
			}
		} else {
			s.Also = x.Also(id)
			kept++
		}
		out[e.Key] = s
	}
	if got := len(slices.Collect(x.All())); got != kept || x.KeptLen() != kept {
		t := fmt.Sprintf("All has %d, KeptLen %d, want %d", got, x.KeptLen(), kept)
		tb.Error(t)
	}
	return out
}

func diff(tb testing.TB, got, want map[neardup.Key]state) {
	tb.Helper()
	for _, k := range slices.SortedFunc(maps.Keys(want), neardup.Key.Compare) {
		if !reflect.DeepEqual(got[k], want[k]) {
			tb.Fatalf("record %x: got %+v, want %+v", k[:4], got[k], want[k])
		}
	}
	if len(got) != len(want) {
		tb.Fatalf("got %d records, want %d", len(got), len(want))
	}
}

func TestTheResolverDecidesAsTheRuleSays(t *testing.T) {
	for seed := range uint64(300) {
		rng := rand.New(rand.NewPCG(seed, 1))
		entries := community{rng, 1 + rng.IntN(12), 1 + rng.IntN(30)}.entries(rng.IntN(60))
		diff(t, resolve(t, entries, neardup.Options{}), oracle(entries))
	}
}

// TestNeitherOrderNorCoresNorMemoryMatter resolves the same records in other
// orders, on more workers and out of files.
func TestNeitherOrderNorCoresNorMemoryMatter(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 3))
	entries := community{rng, 300, 4000}.entries(30_000)
	want := resolve(t, entries, neardup.Options{Dir: t.TempDir()})
	for _, o := range []neardup.Options{{Workers: 4}, {Memory: 1, Workers: 3}, {Memory: 300_000}} {
		o.Dir = t.TempDir()
		rng.Shuffle(len(entries), func(i, j int) { entries[i], entries[j] = entries[j], entries[i] })
		diff(t, resolve(t, entries, o), want)
		if left, err := os.ReadDir(o.Dir); err != nil || len(left) != 0 {
			t.Errorf("%+v left %d files (%v)", o, len(left), err)
		}
	}
}

func TestTwoRecordsWithOneKeyAreRefused(t *testing.T) {
	e := community{rand.New(rand.NewPCG(1, 1)), 1, 1}.entry()
	r := neardup.NewResolver(neardup.Options{})
	defer func() { _ = r.Close() }()
	for range 2 {
		if err := r.Add(&e); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := r.Resolve(context.Background()); !errors.Is(err, neardup.ErrSameKey) {
		t.Errorf("got %v, want ErrSameKey", err)
	}
}

// TestRemovedIsAsIfItHadNeverBeen takes members and single records out of real
// text and compares what is left with a community that never had them.
func TestRemovedIsAsIfItHadNeverBeen(t *testing.T) {
	texts, _ := short(paragraphs(t)[:2000])
	texts = append(texts, comments(t)...)
	rng := rand.New(rand.NewPCG(5, 5))
	entries := community{rng, 100, 1}.entries(len(texts) + 2000)
	var s neardup.Scratch
	for i := range entries {
		entries[i].Buckets = neardup.Sign(texts[i%len(texts)], &s)
	}
	before := resolve(t, entries, neardup.Options{})
	back := 0
	for m := range uint64(10) {
		rest := slices.DeleteFunc(slices.Clone(entries), func(e neardup.Entry) bool {
			return e.Member == m || m > 5 && e.Key[0] == byte(m)
		})
		got := resolve(t, rest, neardup.Options{Workers: 2})
		rng.Shuffle(len(rest), func(i, j int) { rest[i], rest[j] = rest[j], rest[i] })
		diff(t, got, resolve(t, rest, neardup.Options{}))
		for k, s := range got {
			if s.Kept && !before[k].Kept {
				back++
			}
		}
	}
	if back == 0 {
		t.Error("nothing came back: the test tests nothing")
	}
}

func TestAFolderThatIsNotThereIsAnError(t *testing.T) {
	entries := community{rand.New(rand.NewPCG(1, 2)), 50, 50}.entries(90_000) // more than fits in open blocks
	o := neardup.Options{Dir: filepath.Join(t.TempDir(), "gone"), Memory: 1}
	r := neardup.NewResolver(o)
	defer func() { _ = r.Close() }()
	var err error
	for i := 0; i < len(entries) && err == nil; i++ {
		err = r.Add(&entries[i])
	}
	if !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v, want that it does not exist", err)
	}
}

func TestAStoppedResolverStops(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	r := neardup.NewResolver(neardup.Options{Workers: 2})
	defer func() { _ = r.Close() }()
	if _, err := r.Resolve(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want canceled", err)
	}
}
