package corpus

import (
	"encoding/binary"

	"licet"
	"licet/corpus/neardup"
)

// near resolves near-duplicates.
type near struct {
	entries map[neardup.Key]neardup.Entry
	dropped map[neardup.Key]bool
}

func newNear() *near {
	return &near{map[neardup.Key]neardup.Entry{}, map[neardup.Key]bool{}}
}

// apply brings the decisions up to date and returns the keys of which it is another.
func (n *near) apply(gone []neardup.Key, come []neardup.Entry) ([]decided, error) {
	for _, k := range gone {
		delete(n.entries, k)
		delete(n.dropped, k)
	}
	for _, e := range come {
		n.entries[e.Key] = e
	}
	type own struct {
		member uint64
		bucket uint64
	}
	first := map[own]neardup.Key{}
	least := func(at own, k neardup.Key) {
		if was, ok := first[at]; !ok || k.Compare(was) < 0 {
			first[at] = k
		}
	}
	is := map[neardup.Key]bool{}
	for _, e := range n.entries {
		for _, b := range e.Buckets {
			least(own{e.Member, b}, e.Key)
		}
	}
	var stay []neardup.Entry
	for k, e := range n.entries {
		is[k] = false
		for _, b := range e.Buckets {
			if first[own{e.Member, b}] != k {
				is[k] = true
			}
		}
		if !is[k] {
			stay = append(stay, e)
		}
	}
	clear(first)
	for _, e := range stay {
		for _, b := range e.Buckets {
			least(own{0, b}, e.Key)
		}
	}
	for _, e := range stay {
		for _, b := range e.Buckets {
			if first[own{0, b}] != e.Key {
				is[e.Key] = true
			}
		}
	}
	var changed []decided
	for k, dropped := range is {
		if dropped != n.dropped[k] {
			changed = append(changed, decided{k, n.entries[k].Member, dropped})
		}
	}
	n.dropped = is
	return changed, nil
}

// decided is one decision that is another now.
type decided struct {
	key     neardup.Key
	member  uint64
	dropped bool
}

// memberNumber stands for a member where near-duplicates are resolved.
func memberNumber(r ranker, m licet.MemberID) uint64 {
	d := r.Rank("member", string(m))
	return binary.BigEndian.Uint64(d[:])
}
