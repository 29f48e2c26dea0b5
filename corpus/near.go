package corpus

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"iter"
	"maps"
	"os"
	"runtime"
	"slices"

	"licet"
	"licet/corpus/neardup"
)

// indexFrom is how many rows make it worth while to keep an index of
// near-duplicates; fewer are decided anew as a whole.
const indexFrom = 20_000 // TestAChangeIsABuildAnew uses the index for few, too

// memberNumber stands for a member where near-duplicates are resolved.
func memberNumber(r ranker, m licet.MemberID) uint64 {
	d := r.Rank("member", string(m))
	return binary.BigEndian.Uint64(d[:])
}

// learners are those who are not held out, in order.
func (s *Stock) learners() (out []licet.MemberID) {
	for _, m := range slices.Sorted(maps.Keys(s.of)) {
		if !s.made.held[m] {
			out = append(out, m)
		}
	}
	return out
}

// learned yields the entries of the learners, in order of member, then of row.
func (s *Stock) learned() iter.Seq2[neardup.Entry, error] {
	return func(yield func(neardup.Entry, error) bool) {
		var r room
		for _, m := range s.learners() {
			entries, err := s.entries(m, s.of[m], &r)
			if err != nil {
				yield(neardup.Entry{}, err)
				return
			}
			for _, e := range entries {
				if !yield(e, nil) {
					return
				}
			}
		}
	}
}

// decide decides on every row anew, and calls each with the learners, in order, and the
// number of their first row in what was decided.
func (s *Stock) decide(ctx context.Context, each func(m licet.MemberID, first uint32, decided *neardup.Resolution) error) (err error) {
	r := neardup.NewResolver(neardup.Options{Dir: s.temp, Workers: runtime.GOMAXPROCS(0)})
	defer func() { err = errors.Join(err, r.Close()) }()
	for e, err := range s.learned() {
		if err != nil {
			return err
		}
		if err := r.Add(&e); err != nil {
			return fmt.Errorf("near-duplicates: %w", err)
		}
	}
	decided, err := r.Resolve(ctx)
	if err != nil {
		return fmt.Errorf("near-duplicates: %w", err)
	}
	first := uint32(0)
	for _, m := range s.learners() {
		if err := each(m, first, decided); err != nil {
			return err
		}
		first += uint32(s.of[m].rows()) //nolint:gosec // the resolver counts in 32 bits, too
	}
	return nil
}

// resolveAll decides on every row anew, and enters whose rows are others now.
func (s *Stock) resolveAll(ctx context.Context, touched map[licet.MemberID]bool) error {
	return s.decide(ctx, func(m licet.MemberID, first uint32, decided *neardup.Resolution) error {
		x := s.of[m]
		for i := range x.rows() {
			if dropped := !decided.Kept(first + uint32(i)); dropped != x.dropped[i] { //nolint:gosec // as above
				x.dropped[i] = dropped
				touched[m] = true
			}
		}
		return nil
	})
}

// index makes the index of what is there.
func (s *Stock) index(ctx context.Context) error {
	dir, err := os.MkdirTemp(s.temp, "licet-near-")
	if err != nil {
		return fmt.Errorf("near-duplicates: %w", err)
	}
	// What is open stays readable without a name, and is gone with the process.
	defer func() { _ = os.RemoveAll(dir) }()
	if err := neardup.Build(ctx, dir, 0, s.learned(), neardup.Options{Dir: s.temp, Workers: runtime.GOMAXPROCS(0)}); err != nil {
		return fmt.Errorf("near-duplicates: %w", err)
	}
	s.near, err = neardup.Open(dir)
	return err
}

// resolveChanged decides on what the changes of some members touch.
func (s *Stock) resolveChanged(touched map[licet.MemberID]bool) error {
	var gone []neardup.Key
	var come []neardup.Entry
	there := map[neardup.Key]bool{}
	for _, m := range slices.Sorted(maps.Keys(s.dirty)) {
		x := s.of[m]
		if x == nil || s.made.held[m] {
			continue
		}
		entries, err := s.entries(m, x, new(room))
		if err != nil {
			return err
		}
		come = append(come, entries...)
		for _, e := range entries {
			there[e.Key] = true
		}
	}
	for _, m := range slices.Sorted(maps.Keys(s.dirty)) {
		for _, k := range s.dirty[m] {
			if !there[k] {
				gone = append(gone, k)
			}
		}
	}
	if len(gone)+len(come) == 0 {
		return nil
	}
	effects, err := s.near.Apply(0, gone, come)
	if err != nil {
		return fmt.Errorf("near-duplicates: %w", err)
	}
	for _, e := range effects {
		m := s.made.numbers[e.Member]
		x := s.of[m]
		if x == nil {
			continue
		}
		keys, err := s.keys(x)
		if err != nil {
			return err
		}
		if i := slices.Index(keys, e.Key); i >= 0 && x.dropped[i] != (e.After == neardup.Dropped) {
			x.dropped[i] = e.After == neardup.Dropped
			touched[m] = true
		}
	}
	for _, m := range slices.Sorted(maps.Keys(s.dirty)) { // whose fate is as before, in a sheaf that is new
		x := s.of[m]
		if x == nil || s.made.held[m] {
			continue
		}
		keys, err := s.keys(x)
		if err != nil {
			return err
		}
		for i, k := range keys {
			d, err := s.near.Lookup(k)
			if err != nil {
				return fmt.Errorf("near-duplicates: %w", err)
			}
			x.dropped[i] = d.Fate == neardup.Dropped
		}
	}
	return nil
}

// Said returns who else says nearly what each kept row says: whose own row was
// dropped for it. It is of the corpus that was made last.
func (s *Stock) Said(ctx context.Context) (map[licet.RecordID][]licet.MemberID, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := map[licet.RecordID][]licet.MemberID{}
	err := s.decide(ctx, func(m licet.MemberID, first uint32, decided *neardup.Resolution) error {
		x := s.of[m]
		var rows []Row
		for i := range x.rows() {
			id := first + uint32(i) //nolint:gosec // as in decide
			also := decided.Also(id)
			if !decided.Kept(id) || len(also) == 0 {
				continue
			}
			if rows == nil {
				var err error
				if rows, err = s.rows(x); err != nil {
					return err
				}
			}
			said := make([]licet.MemberID, len(also))
			for n, number := range also {
				said[n] = s.made.numbers[number]
			}
			slices.Sort(said)
			out[rows[i].Record] = said
		}
		return nil
	})
	return out, err
}

// A Fate is what became of one row of a stock.
type Fate struct {
	In      bool // it is a row of the corpus
	HeldOut bool // its author is held out
	// Keeper is the record in whose favour it was dropped, and Own whether that is
	// the same author's. Said are the members for whose records it stands.
	Keeper         licet.RecordID
	Own            bool
	Said           []licet.MemberID
	Shard, Slice   int
	Shards, Slices int
}

// Fate tells what became of a record of a member in the corpus that was made last.
func (s *Stock) Fate(ctx context.Context, m licet.MemberID, record licet.RecordID) (f Fate, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	x := s.of[m]
	if x == nil || s.made == nil {
		return f, nil
	}
	rows, err := s.rows(x)
	if err != nil {
		return f, err
	}
	at := slices.IndexFunc(rows, func(r Row) bool { return r.Record == record })
	if at < 0 {
		return f, nil
	}
	if f.HeldOut = s.made.held[m]; f.HeldOut {
		return f, nil
	}
	f.In = !x.dropped[at]
	f.Shard, f.Slice = Place(s.rank, m, s.made.layout.Shards, s.made.layout.Slices)
	keys, err := s.keys(x)
	if err != nil {
		return f, err
	}
	d, err := s.decision(ctx, keys[at])
	if err != nil {
		return f, err
	}
	if !f.In {
		f.Own = d.Own
		f.Keeper, err = s.record(s.made.numbers[d.Keeper], d.For)
		return f, err
	}
	for _, n := range d.Also {
		f.Said = append(f.Said, s.made.numbers[n])
	}
	slices.Sort(f.Said)
	return f, nil
}

// decision asks the index, which is made where there is none.
func (s *Stock) decision(ctx context.Context, k neardup.Key) (neardup.Decision, error) {
	if s.near == nil {
		if err := s.index(ctx); err != nil {
			return neardup.Decision{}, err
		}
	}
	d, err := s.near.Lookup(k)
	if err != nil {
		return d, fmt.Errorf("near-duplicates: %w", err)
	}
	return d, nil
}

// record returns the record of a member's row with a key; "" where there is none.
func (s *Stock) record(m licet.MemberID, k neardup.Key) (licet.RecordID, error) {
	x := s.of[m]
	if x == nil {
		return "", nil
	}
	keys, err := s.keys(x)
	if err != nil {
		return "", err
	}
	i := slices.Index(keys, k)
	if i < 0 {
		return "", nil
	}
	rows, err := s.rows(x)
	if err != nil {
		return "", err
	}
	return rows[i].Record, nil
}
