package neardup

import (
	"cmp"
	"encoding/binary"
	"slices"
)

// An item says that a record is in a bucket.
type item struct {
	bucket uint64
	record uint32
}

const itemBytes = 12

func partitionOf(hash uint64) int { return int(hash >> 54) } //nolint:gosec // ten bits

func appendItem(b []byte, bucket uint64, record uint32) []byte {
	return binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint64(b, bucket), record)
}

// A sorter puts the items of a partition in order of bucket. Bucket numbers
// are evenly spread, so that a count of their next bits nearly sorts them.
type sorter struct {
	bytes  []byte
	count  []uint32
	sorted []item
}

// sort reads a partition of s and returns its items by bucket; items of a
// bucket stay in the order in which they were written. They are good until the next call.
func (w *sorter) sort(s *spill, p int) ([]item, error) {
	var err error
	if w.bytes, err = s.read(p, w.bytes[:0]); err != nil {
		return nil, err
	}
	n := len(w.bytes) / itemBytes
	bits := 1
	for 1<<bits < n && bits < 24 {
		bits++
	}
	w.count = slices.Grow(w.count[:0], 1<<bits+1)[:1<<bits+1]
	clear(w.count)
	w.sorted = slices.Grow(w.sorted[:0], n)[:n]
	place := func(b []byte) (uint64, uint64) {
		bucket := binary.LittleEndian.Uint64(b)
		return bucket, bucket << 10 >> (64 - bits)
	}
	for b := w.bytes; len(b) >= itemBytes; b = b[itemBytes:] {
		_, at := place(b)
		w.count[at+1]++
	}
	for i := range 1 << bits {
		w.count[i+1] += w.count[i]
	}
	for b := w.bytes; len(b) >= itemBytes; b = b[itemBytes:] {
		bucket, at := place(b)
		w.sorted[w.count[at]] = item{bucket, binary.LittleEndian.Uint32(b[8:])}
		w.count[at]++
	}
	start := uint32(0)
	for _, end := range w.count[:1<<bits] {
		if end-start > 1 {
			settle(w.sorted[start:end])
		}
		start = end
	}
	return w.sorted, nil
}

// settle sorts the few items whose buckets agree in the counted bits.
func settle(items []item) {
	if len(items) > 24 {
		slices.SortStableFunc(items, func(a, b item) int { return cmp.Compare(a.bucket, b.bucket) })
		return
	}
	for i := 1; i < len(items); i++ {
		for j := i; j > 0 && items[j].bucket < items[j-1].bucket; j-- {
			items[j], items[j-1] = items[j-1], items[j]
		}
	}
}
