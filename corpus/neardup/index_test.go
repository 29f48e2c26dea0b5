package neardup_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"iter"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/zeebo/xxh3"

	"licet/corpus/neardup"
)

// An era is one change of a history, and what is there after it, in order of arrival.
type era struct {
	remove []neardup.Key
	put    []neardup.Entry
	left   []neardup.Entry
}

// history makes random changes: records come, are edited and go, alone or with
// all that their member wrote.
func history(seed uint64) []era {
	rng := rand.New(rand.NewPCG(seed, 2))
	c := community{rng, 1 + rng.IntN(8), 1 + rng.IntN(20)}
	out := []era{{put: c.entries(rng.IntN(30))}}
	out[0].left = out[0].put
	for range 1 + rng.IntN(6) {
		e := era{left: out[len(out)-1].left}
		leaver := uint64(rng.IntN(3 * c.members)) // two times in three nobody
		var stay []neardup.Entry
		for _, r := range e.left {
			switch {
			case r.Member == leaver || rng.IntN(20) == 0:
				e.remove = append(e.remove, r.Key)
			case rng.IntN(20) == 0: // new words, once in a while somebody else's
				edited := c.entry()
				edited.Key = r.Key
				if rng.IntN(4) > 0 {
					edited.Member = r.Member
				}
				e.put = append(e.put, edited)
			default:
				stay = append(stay, r)
			}
		}
		e.left = append(stay, e.put...)
		added := c.entries(rng.IntN(6))
		e.put, e.left = append(e.put, added...), append(e.left, added...)
		out = append(out, e)
	}
	return out
}

func seq(entries []neardup.Entry) iter.Seq2[neardup.Entry, error] {
	return func(yield func(neardup.Entry, error) bool) {
		for _, e := range entries {
			if !yield(e, nil) {
				return
			}
		}
	}
}

func build(tb testing.TB, dir string, entries []neardup.Entry, o neardup.Options) *neardup.Index {
	tb.Helper()
	if err := neardup.Build(context.Background(), dir, 1, seq(entries), o); err != nil {
		tb.Fatal(err)
	}
	return open(tb, dir)
}

func open(tb testing.TB, dir string) *neardup.Index {
	tb.Helper()
	x, err := neardup.Open(dir)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = x.Close() })
	return x
}

func lookups(tb testing.TB, x *neardup.Index, entries []neardup.Entry) map[neardup.Key]state {
	tb.Helper()
	out := map[neardup.Key]state{}
	for _, e := range entries {
		d, err := x.Lookup(e.Key)
		if err != nil {
			tb.Fatal(err)
		}
		out[e.Key] = state{Kept: d.Fate == neardup.Kept, For: d.For, Own: d.Own, Also: d.Also}
	}
	return out
}

// changes is what Apply must return between two results.
func changes(before, after map[neardup.Key]state) map[neardup.Key]neardup.Effect {
	fate := func(s state, ok bool) neardup.Fate {
		switch {
		case !ok:
			return neardup.Absent
		case s.Kept:
			return neardup.Kept
		}
		return neardup.Dropped
	}
	out := map[neardup.Key]neardup.Effect{}
	for _, k := range append(slices.Collect(maps.Keys(before)), slices.Collect(maps.Keys(after))...) {
		b, okB := before[k]
		a, okA := after[k]
		e := neardup.Effect{Key: k, Before: fate(b, okB), After: fate(a, okA)}
		e.Said = e.Before == neardup.Kept && e.After == neardup.Kept && !slices.Equal(a.Also, b.Also)
		if e.Before != e.After || e.Said {
			out[k] = e
		}
	}
	return out
}

// TestIncrementalIsFromScratch: after every change of 1,500 random histories,
// the index says of every record what the rule says of the records that are
// there, and said of each change exactly what it changed.
func TestIncrementalIsFromScratch(t *testing.T) {
	const lanes = 12 // most of the time is spent waiting for the disk
	for lane := range uint64(lanes) {
		t.Run(fmt.Sprint(lane), func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			for seed := lane; seed < 1500; seed += lanes {
				incremental(t, dir, seed)
			}
		})
	}
}

func incremental(t *testing.T, dir string, seed uint64) {
	t.Helper()
	eras := history(seed)
	x := build(t, dir, eras[0].put, neardup.Options{})
	before := oracle(eras[0].put)
	for i, e := range eras[1:] {
		effects, err := x.Apply(uint64(i+2), e.remove, e.put)
		if err != nil {
			t.Fatalf("history %d, change %d: %v", seed, i, err)
		}
		if seed%4 == 0 {
			_ = x.Close()
			x = open(t, dir)
		}
		after := oracle(e.left)
		diff(t, lookups(t, x, e.left), after)
		want := changes(before, after)
		for _, f := range effects {
			w := want[f.Key]
			w.Member = f.Member
			if f != w {
				t.Fatalf("history %d, change %d: got %+v, want %+v", seed, i, f, w)
			}
			delete(want, f.Key)
		}
		if len(want) > 0 {
			t.Fatalf("history %d, change %d: %d changes were not told", seed, i, len(want))
		}
		before = after
	}
	if x.Position() != uint64(len(eras)) {
		t.Fatalf("at %d, want %d", x.Position(), len(eras))
	}
	_ = x.Close()
}

// TestAnIndexOfManyRecords compares an index of real size for a test, out of
// files and in another order, with the resolver, and its bytes with each other.
func TestAnIndexOfManyRecords(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 8))
	c := community{rng, 200, 3000}
	entries := c.entries(20_000)
	a, b := t.TempDir(), t.TempDir()
	x := build(t, a, entries, neardup.Options{})
	rng.Shuffle(len(entries), func(i, j int) { entries[i], entries[j] = entries[j], entries[i] })
	build(t, b, entries, neardup.Options{Memory: 1})
	for _, name := range []string{"head", "records", "buckets", "columns"} {
		one, err := os.ReadFile(filepath.Join(a, name))
		two, err2 := os.ReadFile(filepath.Join(b, name))
		if err != nil || err2 != nil || !slices.Equal(one, two) {
			t.Errorf("%s differs with the order of arrival (%v, %v)", name, err, err2)
		}
	}
	diff(t, lookups(t, x, entries), resolve(t, entries, neardup.Options{}))
	var gone []neardup.Key
	rest := slices.DeleteFunc(slices.Clone(entries), func(e neardup.Entry) bool {
		if e.Member == 7 {
			gone = append(gone, e.Key)
		}
		return e.Member == 7
	})
	if _, err := x.Apply(2, gone, nil); err != nil {
		t.Fatal(err)
	}
	diff(t, lookups(t, x, rest), resolve(t, rest, neardup.Options{}))
	left := map[neardup.Key]bool{}
	for e, err := range x.Entries() {
		if err != nil {
			t.Fatal(err)
		}
		left[e.Key] = true
	}
	if len(left) != len(rest) || x.Changes() != len(gone) {
		t.Errorf("%d records and %d changes, want %d and %d", len(left), x.Changes(), len(rest), len(gone))
	}
}

func TestABrokenIndexIsRefusedAndATornChangeForgotten(t *testing.T) {
	c := community{rand.New(rand.NewPCG(4, 4)), 3, 3}
	entries := c.entries(30)
	dir := t.TempDir()
	if _, err := neardup.Open(dir); !errors.Is(err, neardup.ErrNoIndex) {
		t.Errorf("an empty folder: got %v", err)
	}
	x := build(t, dir, entries, neardup.Options{})
	want := lookups(t, x, entries)
	for _, c := range []struct {
		name   string
		remove []neardup.Key
		put    []neardup.Entry
		want   error
	}{
		{"nobody is removed", []neardup.Key{{1}}, nil, neardup.ErrNotFound},
		{"one record twice", keys(entries[:1]), entries[:1], neardup.ErrSameKey},
	} {
		if _, err := x.Apply(2, c.remove, c.put); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", c.name, err, c.want)
		}
	}
	if _, err := x.Apply(2, keys(entries[:3]), nil); err != nil {
		t.Fatal(err)
	}
	_ = x.Close()

	name := filepath.Join(dir, "changes")
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, data[:len(data)-1], 0o600); err != nil {
		t.Fatal(err)
	}
	x = open(t, dir)
	if x.Position() != 1 {
		t.Errorf("at %d after a torn change, want 1", x.Position())
	}
	diff(t, lookups(t, x, entries), want)

	for _, name := range []string{"head", "columns", "buckets", "records"} {
		path := filepath.Join(dir, name)
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, data[:len(data)-1], 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := neardup.Open(dir); !errors.Is(err, neardup.ErrNoIndex) {
			t.Errorf("%s cut: got %v, want ErrNoIndex", name, err)
		}
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	open(t, dir)
}

// FuzzChanges opens an index beside changes that nobody wrote: it is opened or
// refused, and where it is opened it answers.
func FuzzChanges(f *testing.F) {
	entries := community{rand.New(rand.NewPCG(6, 6)), 2, 2}.entries(6)
	dir := f.TempDir()
	x := build(f, dir, entries, neardup.Options{})
	name := filepath.Join(dir, "changes")
	for _, change := range []func() error{
		func() error { _, err := x.Apply(2, keys(entries[:2]), entries[2:3]); return err },
		func() error { _, err := x.Apply(3, nil, entries[:1]); return err },
	} {
		if err := change(); err != nil {
			f.Fatal(err)
		}
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data[:len(data)-8])
	}
	f.Add([]byte{})
	_ = x.Close()
	f.Fuzz(func(t *testing.T, data []byte) {
		data = binary.LittleEndian.AppendUint64(slices.Clone(data), xxh3.Hash(data)) // or it would be refused at once
		if err := os.WriteFile(name, data, 0o600); err != nil {
			t.Fatal(err)
		}
		x, err := neardup.Open(dir)
		if err != nil {
			if !errors.Is(err, neardup.ErrNoIndex) {
				t.Fatal(err)
			}
			return
		}
		defer func() { _ = x.Close() }()
		for e, err := range x.Entries() {
			if err != nil {
				t.Fatal(err)
			}
			if _, err := x.Lookup(e.Key); err != nil {
				t.Fatal(err)
			}
		}
	})
}
