package neardup

import "slices"

// A moment is the records as they are before or after a change. Both share what
// was read of buckets and records.
type moment struct {
	r      *reads
	absent map[uint32]bool // besides those that were removed earlier
	own    map[uint32]bool // where it is not what the index has
}

// reads remembers for the length of one question what was read for it.
type reads struct {
	x       *Index
	in      map[uint64][]uint32
	entries map[uint32]*Entry
}

func (x *Index) reads() *reads {
	return &reads{x: x, in: map[uint64][]uint32{}, entries: map[uint32]*Entry{}}
}

func (r *reads) bucket(b uint64) ([]uint32, error) {
	ids, ok := r.in[b]
	if !ok {
		var err error
		if ids, err = r.x.in(b); err != nil {
			return nil, err
		}
		r.in[b] = ids
	}
	return ids, nil
}

func (r *reads) entry(id uint32) (*Entry, error) {
	if e, ok := r.entries[id]; ok {
		return e, nil
	}
	e, err := r.x.entry(id)
	if err != nil {
		return nil, err
	}
	r.entries[id] = &e
	return &e, nil
}

func (m *moment) there(id uint32) bool { return !m.absent[id] && !m.r.x.removed[id] }

func (m *moment) isOwn(id uint32) bool {
	if own, ok := m.own[id]; ok {
		return own
	}
	return m.r.x.isOwn(id)
}

// first is the first record of a bucket that step 1 leaves, or nobody.
func (m *moment) first(bucket uint64) (uint32, error) {
	ids, err := m.r.bucket(bucket)
	if err != nil {
		return nobody, err
	}
	for _, id := range ids {
		if m.there(id) && !m.isOwn(id) {
			return id, nil
		}
	}
	return nobody, nil
}

// ownBefore is the smallest of its own author's that comes before id in one of
// its buckets, or nobody. With it, step 1 drops id.
func (m *moment) ownBefore(id uint32) (uint32, error) {
	e, err := m.r.entry(id)
	if err != nil {
		return nobody, err
	}
	least := uint32(nobody)
	for _, b := range e.Buckets {
		ids, err := m.r.bucket(b)
		if err != nil {
			return nobody, err
		}
		for _, o := range ids {
			if o == id {
				break
			}
			if m.r.x.member(o) == e.Member && m.there(o) {
				if least, err = m.r.smaller(least, o); err != nil {
					return nobody, err
				}
				break
			}
		}
	}
	return least, nil
}

// smaller is that of two records with the smaller key; nobody has none.
func (r *reads) smaller(a, b uint32) (uint32, error) {
	if a == nobody || a == b {
		return b, nil
	}
	x, err := r.entry(a)
	if err != nil {
		return nobody, err
	}
	y, err := r.entry(b)
	if err != nil {
		return nobody, err
	}
	if x.Key.Compare(y.Key) < 0 {
		return a, nil
	}
	return b, nil
}

// favour is the record in whose favour step 2 drops id, or nobody where it keeps it.
func (m *moment) favour(id uint32) (uint32, error) {
	e, err := m.r.entry(id)
	if err != nil {
		return nobody, err
	}
	least := id
	for _, b := range e.Buckets {
		first, err := m.first(b)
		if err != nil {
			return nobody, err
		}
		if least, err = m.r.smaller(least, first); err != nil {
			return nobody, err
		}
	}
	if least == id {
		return nobody, nil
	}
	return least, nil
}

func (m *moment) fate(id uint32) (Fate, error) {
	if !m.there(id) {
		return Absent, nil
	}
	if m.isOwn(id) {
		return Dropped, nil
	}
	if f, err := m.favour(id); err != nil || f != nobody {
		return Dropped, err
	}
	return Kept, nil
}

// also is who else has a record in a bucket of id, sorted.
func (m *moment) also(id uint32) ([]uint64, error) {
	e, err := m.r.entry(id)
	if err != nil {
		return nil, err
	}
	var out []uint64
	for _, b := range e.Buckets {
		ids, err := m.r.bucket(b)
		if err != nil {
			return nil, err
		}
		last := e.Member
		for _, o := range ids {
			if who := m.r.x.member(o); who != e.Member && who != last && m.there(o) {
				out = append(out, who)
				last = who
			}
		}
		slices.Sort(out)
		out = slices.Compact(out)
	}
	return out, nil
}

// sayIt tells for each of who, sorted, whether they have a record in a bucket of id.
func (m *moment) sayIt(id uint32, who []uint64) ([]bool, error) {
	out := make([]bool, len(who))
	e, err := m.r.entry(id)
	if err != nil {
		return nil, err
	}
	for _, b := range e.Buckets {
		ids, err := m.r.bucket(b)
		if err != nil {
			return nil, err
		}
		for _, o := range ids {
			author := m.r.x.member(o)
			if i, ok := slices.BinarySearch(who, author); ok && author != e.Member && m.there(o) {
				out[i] = true
			}
		}
	}
	return out, nil
}
