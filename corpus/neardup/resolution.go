package neardup

import (
	"cmp"
	"iter"
	"slices"
)

// A Resolution says what becomes of each record, by its number.
type Resolution struct {
	r    *Resolver
	also [][2]uint32 // a kept record, and one of somebody else in one of its buckets; sorted
	kept int
}

// resolution turns what records say of kept ones into what kept ones say.
func (r *Resolver) resolution() *Resolution {
	out := &Resolution{r: r, also: r.extras}
	for i := range r.said {
		if k := r.said[i].Load(); k != nobody {
			out.also = append(out.also, [2]uint32{k, uint32(i)}) //nolint:gosec // a record's number
		}
		if r.favour[i].Load() == nobody {
			out.kept++
		}
	}
	slices.SortFunc(out.also, func(a, b [2]uint32) int { return slices.Compare(a[:], b[:]) })
	out.also = slices.Compact(out.also)
	r.said, r.extras = nil, nil
	return out
}

// Len is how many records there are.
func (x *Resolution) Len() int { return x.r.keys.len() }

// KeptLen is how many of them are kept.
func (x *Resolution) KeptLen() int { return x.kept }

// Kept tells whether a record is kept.
func (x *Resolution) Kept(id uint32) bool { return x.r.favour[id].Load() == nobody }

// For returns the record in whose favour id was dropped: the smallest key among
// those that share a bucket with it and count in the step that dropped it; own
// says that this was step 1, and that it is the same author's. It may have been
// dropped itself, in favour of one that id doesn't resemble. ok is false where
// id is kept.
func (x *Resolution) For(id uint32) (favour uint32, own, ok bool) {
	f := x.r.favour[id].Load()
	return f, x.r.isOwn(id), f != nobody
}

// Keeper follows For until a kept record.
func (x *Resolution) Keeper(id uint32) uint32 {
	for f, _, ok := x.For(id); ok; f, _, ok = x.For(id) {
		id = f
	}
	return id
}

// Also returns who else said what a kept record says: the members, besides its
// author, with a record in one of its buckets, sorted.
func (x *Resolution) Also(id uint32) []uint64 {
	var out []uint64
	at, _ := slices.BinarySearchFunc(x.also, id, func(p [2]uint32, id uint32) int { return cmp.Compare(p[0], id) })
	for ; at < len(x.also) && x.also[at][0] == id; at++ {
		out = append(out, *x.r.members.at(x.also[at][1]))
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// All is the numbers of the kept records, in order.
func (x *Resolution) All() iter.Seq[uint32] {
	return func(yield func(uint32) bool) {
		for id := range uint32(x.Len()) { //nolint:gosec // fewer than nobody
			if x.Kept(id) && !yield(id) {
				return
			}
		}
	}
}

// chunked is a list that grows without being copied.
type chunked[T any] struct{ chunks [][]T }

const chunkBits = 15

func (c *chunked[T]) len() int {
	if len(c.chunks) == 0 {
		return 0
	}
	return (len(c.chunks)-1)<<chunkBits + len(c.chunks[len(c.chunks)-1])
}

func (c *chunked[T]) add(v T) {
	last := len(c.chunks) - 1
	if last < 0 || len(c.chunks[last]) == 1<<chunkBits {
		size := 1 << chunkBits
		if last < 0 {
			size = 16 // most sets in tests are small
		}
		c.chunks = append(c.chunks, make([]T, 0, size))
		last++
	}
	c.chunks[last] = append(c.chunks[last], v)
}

func (c *chunked[T]) at(i uint32) *T { return &c.chunks[i>>chunkBits][i&(1<<chunkBits-1)] }
