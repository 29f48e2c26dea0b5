package neardup

import (
	"errors"
	"fmt"
	"maps"
	"slices"
)

// A Fate is what becomes of a record.
type Fate uint8

// The fates.
const (
	Absent Fate = iota
	Dropped
	Kept
)

// A Decision is what becomes of one record, and why.
type Decision struct {
	Fate Fate
	// For is the record in whose favour it was dropped; see [Resolution.For].
	For Key
	// Keeper is the author of For.
	Keeper uint64
	// Own says that it was in favour of the same author's.
	Own bool
	// Also is the members who said it too, where it is kept; see [Resolution.Also].
	Also []uint64
}

// An Effect is a record of which something changed.
type Effect struct {
	Key           Key
	Member        uint64
	Before, After Fate
	// Said says that the record was and is kept, and that others say it than before.
	Said bool
}

// Lookup returns what becomes of the record with a key.
func (x *Index) Lookup(k Key) (Decision, error) {
	var d Decision
	id, err := x.find(k)
	if err != nil {
		return d, err
	}
	m := &moment{r: x.reads()}
	favour, err := m.ownBefore(id)
	if err != nil {
		return d, err
	}
	if d.Own = favour != nobody; !d.Own {
		if favour, err = m.favour(id); err != nil {
			return d, err
		}
	}
	if favour == nobody {
		d.Fate = Kept
		d.Also, err = m.also(id)
		return d, err
	}
	e, err := m.r.entry(favour)
	if err != nil {
		return d, err
	}
	d.Fate, d.For, d.Keeper = Dropped, e.Key, e.Member
	return d, nil
}

// Apply removes the records with the keys remove, then adds put, where an entry
// with a key that is there replaces that record. It returns every record whose
// fate changed, and every one that stays kept and is said by others than before, in order of key.
// The decisions are then those of an index built from what is there now.
// position is remembered, see [Index.Position].
//
// Removing a key that no record has is ErrNotFound, and naming one twice
// ErrSameKey; then nothing has changed. After any other error the index is of no
// use: open it again.
func (x *Index) Apply(position uint64, remove []Key, put []Entry) ([]Effect, error) {
	return x.apply(position, remove, put, true)
}

func (x *Index) apply(position uint64, remove []Key, put []Entry, write bool) ([]Effect, error) {
	if x.broken != nil {
		return nil, x.broken
	}
	c, err := x.change(remove, put)
	if err != nil {
		return nil, err
	}
	effects, err := c.effects()
	if err == nil && write {
		err = x.log(position, remove, put)
	}
	if err != nil {
		x.broken = fmt.Errorf("change the index of near-duplicates: %w", err)
		return nil, x.broken
	}
	c.commit()
	x.position = position
	return effects, nil
}

// A change is one on its way: its records are in the index, but count only
// in the moment after.
type change struct {
	x             *Index
	before, after moment
	gone, come    map[uint32]bool
}

func (x *Index) change(remove []Key, put []Entry) (*change, error) {
	c := &change{x: x, gone: map[uint32]bool{}, come: map[uint32]bool{}}
	named := map[Key]bool{}
	for i, k := range slices.Concat(remove, keysOf(put)) {
		if named[k] {
			return nil, ErrSameKey
		}
		named[k] = true
		id, err := x.find(k)
		if errors.Is(err, ErrNotFound) && i >= len(remove) {
			continue
		}
		if err != nil {
			return nil, err
		}
		c.gone[id] = true
	}
	for _, e := range put {
		id, err := x.add(e)
		if err != nil {
			x.broken = err
			return nil, err
		}
		c.come[id] = true
	}
	r := x.reads()
	c.before = moment{r: r, absent: c.come}
	c.after = moment{r: r, absent: c.gone, own: map[uint32]bool{}}
	return c, nil
}

func keysOf(entries []Entry) (out []Key) {
	for _, e := range entries {
		out = append(out, e.Key)
	}
	return out
}

// A step is a record at the two moments; an edited one has two numbers.
type step struct{ before, after uint32 }

func (c *change) effects() ([]Effect, error) {
	if err := c.ownAgain(); err != nil {
		return nil, err
	}
	near, err := c.near()
	if err != nil {
		return nil, err
	}
	var out []Effect
	for _, k := range slices.SortedFunc(maps.Keys(near), Key.Compare) {
		f, err := c.effect(k, near[k])
		if err != nil {
			return nil, err
		}
		if f.Before != f.After || f.Said {
			out = append(out, f)
		}
	}
	return out, nil
}

// changed is the records that come or go, in order.
func (c *change) changed() []uint32 {
	return slices.Sorted(func(yield func(uint32) bool) {
		for _, ids := range []map[uint32]bool{c.gone, c.come} {
			for id := range ids {
				if !yield(id) {
					return
				}
			}
		}
	})
}

// ownAgain does step 1 again for what came and for the records of the same
// authors that share a bucket with what came or went. Of others it does not change.
func (c *change) ownAgain() error {
	again := map[uint32]bool{} // what came shares its buckets with itself
	for _, id := range c.changed() {
		e, err := c.before.r.entry(id)
		if err != nil {
			return err
		}
		for _, b := range e.Buckets {
			ids, err := c.before.r.bucket(b)
			if err != nil {
				return err
			}
			for _, o := range ids {
				if c.x.member(o) == e.Member && c.after.there(o) {
					again[o] = true
				}
			}
		}
	}
	for _, id := range slices.Sorted(maps.Keys(again)) {
		first, err := c.after.ownBefore(id)
		if err != nil {
			return err
		}
		if own := first != nobody; own != c.before.isOwn(id) {
			c.after.own[id] = own
		}
	}
	return nil
}

// near is every record whose fate may be another: those that came, went, or
// fell or rose in step 1, and who is first in one of their buckets before or
// after. Who is first in none can't be kept, neither before nor after.
func (c *change) near() (map[Key]step, error) {
	out := map[Key]step{}
	add := func(id uint32) error {
		if id == nobody {
			return nil
		}
		e, err := c.before.r.entry(id)
		if err != nil {
			return err
		}
		s, ok := out[e.Key]
		if !ok {
			s = step{nobody, nobody}
		}
		if c.before.there(id) {
			s.before = id
		}
		if c.after.there(id) {
			s.after = id
		}
		out[e.Key] = s
		return nil
	}
	for _, id := range slices.Compact(slices.Sorted(slices.Values(append(c.changed(), slices.Collect(maps.Keys(c.after.own))...)))) {
		if err := add(id); err != nil {
			return nil, err
		}
		e, err := c.before.r.entry(id)
		if err != nil {
			return nil, err
		}
		for _, b := range e.Buckets {
			for _, m := range []*moment{&c.before, &c.after} {
				first, err := m.first(b)
				if err == nil {
					err = add(first)
				}
				if err != nil {
					return nil, err
				}
			}
		}
	}
	return out, nil
}

func (c *change) effect(k Key, s step) (Effect, error) {
	f := Effect{Key: k}
	var err error
	if s.before != nobody {
		f.Member = c.x.member(s.before)
		if f.Before, err = c.before.fate(s.before); err != nil {
			return f, err
		}
	}
	if s.after != nobody {
		f.Member = c.x.member(s.after)
		if f.After, err = c.after.fate(s.after); err != nil {
			return f, err
		}
	}
	if f.Before == Kept && f.After == Kept {
		f.Said, err = c.said(s)
	}
	return f, err
}

// said tells whether others say a kept record than before.
func (c *change) said(s step) (bool, error) {
	if s.before != s.after {
		before, err := c.before.also(s.before)
		if err != nil {
			return false, err
		}
		after, err := c.after.also(s.after)
		return !slices.Equal(before, after), err
	}
	// Only the authors of what came or went can be new or missing.
	var who []uint64
	for _, id := range c.changed() {
		who = append(who, c.x.member(id))
	}
	slices.Sort(who)
	who = slices.Compact(who)
	before, err := c.before.sayIt(s.before, who)
	if err != nil {
		return false, err
	}
	after, err := c.after.sayIt(s.after, who)
	return !slices.Equal(before, after), err
}

func (c *change) commit() {
	for id := range c.gone {
		e := c.before.r.entries[id]
		if c.x.byKey[e.Key] == id {
			delete(c.x.byKey, e.Key)
		}
		c.x.removed[id] = true
		if id >= c.x.n {
			c.x.forget(id)
		}
	}
	for id := range c.come {
		c.x.byKey[c.x.added[id-c.x.n].Key] = id
	}
	maps.Copy(c.x.flipped, c.after.own)
}
