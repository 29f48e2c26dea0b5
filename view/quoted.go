package view

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"slices"

	"licet/internal/grams"
	"licet/internal/spill"
)

// quoted are the runs of words that stand in a record and that somebody else had
// said in an earlier one, by record: out of memory, where there are many. nil: none.
type quoted struct {
	index []quote // by key
	mem   []grams.Gram
	file  *spill.File // what comes after mem
}

// A quote is where the grams of one record are, among all.
type quote struct {
	key recordKey
	n   uint32
	at  int64
}

// quotedMemory is how many grams stay in memory.
const quotedMemory = 1 << 18

// of returns the grams of a record that somebody else had said, in order.
func (q *quoted) of(k recordKey) ([]grams.Gram, error) {
	if q == nil {
		return nil, nil
	}
	i, ok := slices.BinarySearchFunc(q.index, k, func(x quote, k recordKey) int { return bytes.Compare(x.key[:], k[:]) })
	if !ok {
		return nil, nil
	}
	x := q.index[i]
	if x.at < int64(len(q.mem)) {
		return q.mem[x.at:][:x.n], nil
	}
	data := make([]byte, int(x.n)*gramSize)
	if _, err := q.file.ReadAt(data, (x.at-int64(len(q.mem)))*gramSize); err != nil {
		return nil, err
	}
	out := make([]grams.Gram, x.n)
	for i := range out {
		out[i] = grams.Gram(binary.LittleEndian.Uint64(data[gramSize*i:]))
	}
	return out, nil
}

const gramSize = 8

func (q *quoted) close() error {
	if q == nil || q.file == nil {
		return nil
	}
	return q.file.Close()
}

// A quoter writes what is quoted, range by range.
type quoter struct {
	quoted
	temp   string
	buffer []byte // what goes into the file next
	size   int64  // grams in all
}

// add enters what the records of a range quote, in any order; key names its records.
func (w *quoter) add(list []occurrence, key func(rec uint32) recordKey) error {
	slices.SortFunc(list, func(a, b occurrence) int {
		return cmp.Or(cmp.Compare(a.rec, b.rec), cmp.Compare(a.gram, b.gram))
	})
	list = slices.Compact(list)
	for len(list) > 0 {
		n := 1
		for n < len(list) && list[n].rec == list[0].rec {
			n++
		}
		w.index = append(w.index, quote{key: key(list[0].rec), n: uint32(n), at: w.size}) //nolint:gosec // of one record
		w.size += int64(n)
		if w.file == nil && len(w.mem)+n <= quotedMemory {
			for _, o := range list[:n] {
				w.mem = append(w.mem, o.gram)
			}
		} else if err := w.spill(list[:n]); err != nil {
			return err
		}
		list = list[n:]
	}
	return nil
}

func (w *quoter) spill(list []occurrence) error {
	if w.file == nil {
		var err error
		if w.file, err = spill.New(w.temp); err != nil {
			return err
		}
	}
	for _, o := range list {
		w.buffer = binary.LittleEndian.AppendUint64(w.buffer, uint64(o.gram))
	}
	if len(w.buffer) < chunkSize {
		return nil
	}
	return w.flush()
}

func (w *quoter) flush() error {
	if len(w.buffer) == 0 {
		return nil
	}
	_, err := w.file.Append(w.buffer)
	w.buffer = w.buffer[:0]
	return err
}

// done returns what is quoted.
func (w *quoter) done() (*quoted, error) {
	if err := w.flush(); err != nil {
		return nil, err
	}
	slices.SortFunc(w.index, func(a, b quote) int { return bytes.Compare(a.key[:], b.key[:]) })
	q := w.quoted
	return &q, nil
}
