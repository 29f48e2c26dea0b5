package neardup

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"slices"

	"github.com/zeebo/xxh3"
)

// ErrNoIndex says that a folder has no index, or none that can be read: build it again.
var ErrNoIndex = errors.New("no index of near-duplicates")

// An Index answers what becomes of a record, and what a change of some records
// changes, by looking at records that share a bucket and at no others. It is
// derived: whoever deletes it builds it again. One goroutine at a time may use it.
//
// In memory it has 8 bytes a record and what changed since it was built.
type Index struct {
	records, buckets, changes *os.File

	n        uint32 // records in the files; those that came later have higher numbers
	position uint64
	members  []uint64
	own      []uint32
	keys     []uint64 // fences
	fences   []uint64 // of buckets

	added    []Entry
	ranks    []uint32            // of added: how many records of the files have a smaller key
	byKey    map[Key]uint32      // those of added that are there
	inBucket map[uint64][]uint32 // likewise
	removed  map[uint32]bool
	flipped  map[uint32]bool // own, where it is no longer what own has
	broken   error
}

// Open opens an index and does again what [Index.Apply] did since it was built.
// Who opens it closes it.
func Open(dir string) (*Index, error) {
	x := &Index{byKey: map[Key]uint32{}, inBucket: map[uint64][]uint32{}, removed: map[uint32]bool{}, flipped: map[uint32]bool{}}
	err := x.open(dir)
	if err == nil {
		err = x.replay()
	}
	if err != nil {
		_ = x.Close()
		if errors.Is(err, fs.ErrNotExist) || errors.Is(err, io.ErrUnexpectedEOF) {
			err = fmt.Errorf("%w: %w", ErrNoIndex, err)
		}
		return nil, fmt.Errorf("open the index of near-duplicates: %w", err)
	}
	return x, nil
}

func (x *Index) open(dir string) (err error) {
	head, err := os.ReadFile(filepath.Join(dir, fileHead))
	if err != nil {
		return err
	}
	columns, err := os.ReadFile(filepath.Join(dir, fileColumns))
	if err != nil {
		return err
	}
	const body = len(magic) + 16
	if len(head) != body+8 || string(head[:len(magic)]) != magic {
		return fmt.Errorf("%w of version %d", ErrNoIndex, Version)
	}
	sum := xxh3.New()
	_, _ = sum.Write(head[:body])
	_, _ = sum.Write(columns)
	if binary.LittleEndian.Uint64(head[body:]) != sum.Sum64() {
		return fmt.Errorf("%w: its sum differs", ErrNoIndex)
	}
	n := int(binary.LittleEndian.Uint64(head[len(magic):])) //nolint:gosec // as the sum says
	x.n = uint32(n)                                         //nolint:gosec // likewise
	x.position = binary.LittleEndian.Uint64(head[len(magic)+8:])
	for _, c := range []struct {
		to *[]uint64
		n  int
	}{{&x.members, n}, {&x.keys, (n + keyFence - 1) / keyFence}, {&x.fences, (n*Bands + bucketFence - 1) / bucketFence}} {
		*c.to = make([]uint64, c.n)
		for i := range *c.to {
			(*c.to)[i] = binary.LittleEndian.Uint64(columns[8*i:])
		}
		columns = columns[8*c.n:]
	}
	for ; len(columns) >= 4; columns = columns[4:] {
		x.own = append(x.own, binary.LittleEndian.Uint32(columns))
	}
	if x.records, err = openSize(dir, fileRecords, n*recordBytes); err != nil {
		return err
	}
	if x.buckets, err = openSize(dir, fileBuckets, n*Bands*itemBytes); err != nil {
		return err
	}
	x.changes, err = os.OpenFile(filepath.Join(dir, fileChanges), os.O_RDWR|os.O_CREATE, 0o600)
	return err
}

func openSize(dir, name string, size int) (*os.File, error) {
	f, err := os.Open(filepath.Join(dir, name))
	if err != nil {
		return nil, err
	}
	if s, err := f.Stat(); err != nil || s.Size() != int64(size) {
		_ = f.Close()
		return nil, fmt.Errorf("%w: %s is not of its size", ErrNoIndex, name)
	}
	return f, nil
}

// Close closes the files.
func (x *Index) Close() error {
	var err error
	for _, f := range []*os.File{x.records, x.buckets, x.changes} {
		if f != nil {
			if e := f.Close(); err == nil {
				err = e
			}
		}
	}
	return err
}

// Position is the caller's word for what the index is of: that of the last
// change, or of the building. Changes are not forced to the disk: after the
// machine failed the position may be an earlier one, and the caller applies again what came since.
func (x *Index) Position() uint64 { return x.position }

// Changes is how many records came and went since the index was built. It gets
// slower and larger with them; a few per cent of the records are a reason to build it again.
func (x *Index) Changes() int { return len(x.added) + len(x.removed) }

// Entries is every record that is there, in no order that means anything.
func (x *Index) Entries() iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		for id := range x.n + uint32(len(x.added)) { //nolint:gosec // fewer than nobody
			if x.removed[id] {
				continue
			}
			e, err := x.entry(id)
			if !yield(e, err) || err != nil {
				return
			}
		}
	}
}

func (x *Index) entry(id uint32) (e Entry, err error) {
	if id >= x.n {
		return x.added[id-x.n], nil
	}
	var b [recordBytes]byte
	if _, err := x.records.ReadAt(b[:], int64(id)*recordBytes); err != nil {
		return e, fmt.Errorf("read a record of the index: %w", err)
	}
	copy(e.Key[:], b[:])
	e.Member = x.members[id]
	for i := range e.Buckets {
		e.Buckets[i] = binary.LittleEndian.Uint64(b[16+8*i:])
	}
	return e, nil
}

func (x *Index) member(id uint32) uint64 {
	if id >= x.n {
		return x.added[id-x.n].Member
	}
	return x.members[id]
}

func (x *Index) isOwn(id uint32) bool {
	if own, ok := x.flipped[id]; ok {
		return own
	}
	return id < x.n && x.own[id/32]>>(id%32)&1 == 1
}

// find returns the number of the record that has a key.
func (x *Index) find(k Key) (uint32, error) {
	if id, ok := x.byKey[k]; ok {
		return id, nil
	}
	rank, here, err := x.rank(k)
	if err == nil && (!here || x.removed[rank]) {
		err = ErrNotFound
	}
	return rank, err
}

// rank is how many records of the files have a smaller key than k, and here
// whether the next has k.
func (x *Index) rank(k Key) (rank uint32, here bool, err error) {
	high := binary.BigEndian.Uint64(k[:])
	at, _ := slices.BinarySearch(x.keys, high)
	page := max(at-1, 0)
	rank = uint32(page * keyFence) //nolint:gosec // at most n
	for ; page < len(x.keys) && (page < at || x.keys[page] == high); page++ {
		first := page * keyFence
		b := make([]byte, recordBytes*min(keyFence, int(x.n)-first))
		if _, err := x.records.ReadAt(b, int64(first)*recordBytes); err != nil {
			return 0, false, fmt.Errorf("read records of the index: %w", err)
		}
		for ; len(b) > 0; b = b[recordBytes:] {
			if c := Key(b[:16]).Compare(k); c >= 0 {
				return rank, c == 0, nil
			}
			rank++
		}
	}
	return rank, false, nil
}

// base returns the records of the files that are in a bucket, by key.
func (x *Index) base(bucket uint64) ([]uint32, error) {
	var out []uint32
	at, _ := slices.BinarySearch(x.fences, bucket)
	items := int(x.n) * Bands
	b := make([]byte, itemBytes*bucketFence)
	for page := max(at-1, 0); page < len(x.fences) && (page < at || x.fences[page] == bucket); page++ {
		first := page * bucketFence
		b = b[:itemBytes*min(bucketFence, items-first)]
		if _, err := x.buckets.ReadAt(b, int64(first)*itemBytes); err != nil {
			return nil, fmt.Errorf("read buckets of the index: %w", err)
		}
		for i := 0; i < len(b); i += itemBytes {
			if binary.LittleEndian.Uint64(b[i:]) != bucket {
				continue
			}
			id := binary.LittleEndian.Uint32(b[i+8:])
			if id >= x.n {
				return nil, fmt.Errorf("%w: a bucket has a record that is not there", ErrNoIndex)
			}
			out = append(out, id)
		}
	}
	return slices.Compact(out), nil
}

// in returns every record of a bucket by key, also those that are gone.
func (x *Index) in(bucket uint64) ([]uint32, error) {
	base, err := x.base(bucket)
	later := x.inBucket[bucket]
	if err != nil || len(later) == 0 {
		return base, err
	}
	later = slices.Clone(later)
	slices.SortFunc(later, func(a, b uint32) int {
		return cmp.Or(x.added[a-x.n].Key.Compare(x.added[b-x.n].Key), cmp.Compare(a, b))
	})
	out := make([]uint32, 0, len(base)+len(later))
	for _, id := range slices.Compact(later) {
		n, _ := slices.BinarySearch(base, x.ranks[id-x.n])
		out = append(append(out, base[:n]...), id)
		base = base[n:]
	}
	return append(out, base...), nil
}

// add adds a record that counts from now on only where nobody says that it is absent.
func (x *Index) add(e Entry) (uint32, error) {
	rank, _, err := x.rank(e.Key)
	if err != nil {
		return 0, err
	}
	id := x.n + uint32(len(x.added)) //nolint:gosec // far fewer than nobody
	x.added, x.ranks = append(x.added, e), append(x.ranks, rank)
	for _, b := range e.Buckets {
		x.inBucket[b] = append(x.inBucket[b], id)
	}
	return id, nil
}

// forget takes a record that came later out of the buckets again.
func (x *Index) forget(id uint32) {
	for _, b := range x.added[id-x.n].Buckets {
		rest := slices.DeleteFunc(x.inBucket[b], func(o uint32) bool { return o == id })
		if x.inBucket[b] = rest; len(rest) == 0 {
			delete(x.inBucket, b)
		}
	}
}
