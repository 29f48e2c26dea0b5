package neardup

import (
	"bufio"
	"context"
	"encoding/binary"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"slices"

	"github.com/zeebo/xxh3"
)

// The files of an index (docs/formats/neardup.md).
const (
	magic       = "licet-neardup-1\n"
	fileHead    = "head"
	fileRecords = "records" // by key: key, buckets
	fileBuckets = "buckets" // by bucket, then key: bucket, place of the record in records
	fileColumns = "columns" // members, own bits, fences of both
	fileChanges = "changes"

	recordBytes = 16 + 8*Bands
	entryBytes  = recordBytes + 8
	keyFence    = 64  // records
	bucketFence = 256 // items
)

func appendEntry(b []byte, e *Entry) []byte {
	b = binary.LittleEndian.AppendUint64(append(b, e.Key[:]...), e.Member)
	for _, x := range e.Buckets {
		b = binary.LittleEndian.AppendUint64(b, x)
	}
	return b
}

func readEntry(b []byte) (e Entry) {
	copy(e.Key[:], b)
	e.Member = binary.LittleEndian.Uint64(b[16:])
	for i := range e.Buckets {
		e.Buckets[i] = binary.LittleEndian.Uint64(b[24+8*i:])
	}
	return e
}

// Build writes the index of entries into the folder dir, which need not exist;
// what was there is replaced. position is the caller's word for what the
// entries are of. The order in which they come changes no byte.
func Build(ctx context.Context, dir string, position uint64, entries iter.Seq2[Entry, error], o Options) error {
	b := &builder{o: o.withDefaults(), dir: dir}
	if err := b.build(ctx, position, entries); err != nil {
		return fmt.Errorf("build the index of near-duplicates: %w", err)
	}
	return nil
}

type builder struct {
	o       Options
	dir     string
	members []uint64
	own     []uint32
	keys    []uint64 // fences
	buckets []uint64 // fences
}

func (b *builder) build(ctx context.Context, position uint64, entries iter.Seq2[Entry, error]) (err error) {
	if err := os.MkdirAll(b.dir, 0o700); err != nil {
		return err
	}
	for _, name := range []string{fileHead, fileChanges} { // without a head there is no index
		if err := os.RemoveAll(filepath.Join(b.dir, name)); err != nil {
			return err
		}
	}
	records, items := newSpill(b.o.Dir, b.o.Memory), newSpill(b.o.Dir, b.o.Memory)
	defer func() {
		for _, s := range []*spill{records, items} {
			if e := s.close(); err == nil {
				err = e
			}
		}
	}()
	n := 0
	var line []byte
	for e, err := range entries {
		if err != nil {
			return err
		}
		line = appendEntry(line[:0], &e)
		if err := records.write(partitionOf(binary.BigEndian.Uint64(e.Key[:])), line); err != nil {
			return err
		}
		if n++; n == nobody {
			return fmt.Errorf("more than %d records", n)
		}
	}
	b.members = make([]uint64, 0, n)
	b.own = make([]uint32, n/32+1)
	err = b.file(fileRecords, func(w *bufio.Writer) error { return b.byKey(ctx, records, items, w) })
	if err == nil {
		err = records.close()
	}
	if err == nil {
		err = b.file(fileBuckets, func(w *bufio.Writer) error { return b.byBucket(ctx, items, w) })
	}
	if err != nil {
		return err
	}
	return b.finish(position)
}

// file writes a file and puts it on the disk.
func (b *builder) file(name string, write func(*bufio.Writer) error) (err error) {
	f, err := os.Create(filepath.Join(b.dir, name))
	if err != nil {
		return err
	}
	defer func() {
		if e := f.Close(); err == nil {
			err = e
		}
	}()
	w := bufio.NewWriterSize(f, 1<<18)
	if err := write(w); err != nil {
		return err
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return f.Sync()
}

// byKey writes the records in order of key and spills their buckets.
func (b *builder) byKey(ctx context.Context, records, items *spill, w *bufio.Writer) error {
	var data []byte
	var part []Entry
	var err error
	var last Key
	for p := range partitions {
		if err := ctx.Err(); err != nil {
			return err
		}
		if data, err = records.read(p, data[:0]); err != nil {
			return err
		}
		part = part[:0]
		for d := data; len(d) > 0; d = d[entryBytes:] {
			part = append(part, readEntry(d))
		}
		slices.SortFunc(part, func(a, b Entry) int { return a.Key.Compare(b.Key) })
		for i := range part {
			if err := b.record(&part[i], last, items, w); err != nil {
				return err
			}
			last = part[i].Key
		}
	}
	return nil
}

func (b *builder) record(e *Entry, last Key, items *spill, w *bufio.Writer) error {
	id := uint32(len(b.members)) //nolint:gosec // fewer than nobody
	if id > 0 && e.Key == last {
		return ErrSameKey
	}
	if id%keyFence == 0 {
		b.keys = append(b.keys, binary.BigEndian.Uint64(e.Key[:]))
	}
	b.members = append(b.members, e.Member)
	var line [recordBytes]byte
	copy(line[:], e.Key[:])
	for i, x := range e.Buckets {
		binary.LittleEndian.PutUint64(line[16+8*i:], x)
		p := partitionOf(x)
		open, err := items.room(p, itemBytes)
		if err != nil {
			return err
		}
		items.put(p, appendItem(open, x, id))
	}
	_, err := w.Write(line[:])
	return err
}

// byBucket writes the items in order of bucket. Within one they are in order
// of key, because they were spilled so.
func (b *builder) byBucket(ctx context.Context, items *spill, w *bufio.Writer) error {
	var sort sorter
	written := 0
	mine := map[uint64]uint32{}
	for p := range partitions {
		if err := ctx.Err(); err != nil {
			return err
		}
		sorted, err := sort.sort(items, p)
		if err != nil {
			return err
		}
		for i, it := range sorted {
			if written%bucketFence == 0 {
				b.buckets = append(b.buckets, it.bucket)
			}
			written++
			var line [itemBytes]byte
			if _, err := w.Write(appendItem(line[:0], it.bucket, it.record)); err != nil {
				return err
			}
			same := i > 0 && sorted[i-1].bucket == it.bucket
			if !same && len(mine) > 0 {
				clear(mine)
			}
			if more := i+1 < len(sorted) && sorted[i+1].bucket == it.bucket; same || more {
				b.ownFirst(mine, it.record)
			}
		}
	}
	return nil
}

func (b *builder) ownFirst(mine map[uint64]uint32, id uint32) {
	m := b.members[id]
	if first, ok := mine[m]; !ok {
		mine[m] = id
	} else if first != id {
		b.own[id/32] |= 1 << (id % 32)
	}
}

func (b *builder) finish(position uint64) error {
	sum := xxh3.New()
	head := binary.LittleEndian.AppendUint64([]byte(magic), uint64(len(b.members)))
	head = binary.LittleEndian.AppendUint64(head, position)
	_, _ = sum.Write(head)
	err := b.file(fileColumns, func(w *bufio.Writer) error {
		var line []byte
		put := func() error {
			_, _ = sum.Write(line)
			_, err := w.Write(line)
			return err
		}
		for _, column := range [][]uint64{b.members, b.keys, b.buckets} {
			for _, x := range column {
				line = binary.LittleEndian.AppendUint64(line[:0], x)
				if err := put(); err != nil {
					return err
				}
			}
		}
		for _, x := range b.own {
			line = binary.LittleEndian.AppendUint32(line[:0], x)
			if err := put(); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	head = binary.LittleEndian.AppendUint64(head, sum.Sum64())
	return b.file(fileHead, func(w *bufio.Writer) error {
		_, err := w.Write(head)
		return err
	})
}
