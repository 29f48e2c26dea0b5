package corpus

import (
	"bytes"
	"encoding/binary"
	"errors"
	"iter"
	"maps"
	"slices"
	"sync"

	"licet"
	"licet/corpus/neardup"
	"licet/internal/spill"
)

// ranker gives keyed hashes for placement and order; see vault.Keys.
type ranker interface {
	Rank(label string, parts ...string) licet.Digest
}

// stockMemory is how many bytes of rows stay in memory before they are spilt.
const stockMemory = 24 << 20

// A Stock is everybody's passages at one position, most of them out of memory, and
// what it takes to make the corpus of the next position from that of the last: only
// cells that somebody's change touches are made again.
type Stock struct {
	rank      ranker
	temp      string
	indexFrom int // rows; see near.go
	limit     int // bytes of rows that stay in memory

	mu     sync.Mutex
	of     map[licet.MemberID]*sheaf
	dirty  map[licet.MemberID][]neardup.Key // changed since the last corpus, and their keys in it
	file   *spill.File
	memory int
	bytes  int

	near *neardup.Index // nil: there is none, or it is of another corpus
	made *made
}

// A sheaf is one member's rows, in order of record: first the heads of all, which say
// where each belongs, then for each the line and what was cut of it.
type sheaf struct {
	data []byte // nil: in the file
	at   int64
	size int
	text int // bytes of text
	// others are whom the rows name besides their author.
	others  map[int][]licet.MemberID // by row
	dropped []bool                   // by row
}

// rows is how many there are.
func (x *sheaf) rows() int { return len(x.dropped) }

// NewStock returns an empty stock. temp is the folder of what is spilt, in files that
// have no name; "" is the system's.
func NewStock(r ranker, temp string) *Stock {
	return &Stock{rank: r, temp: temp, indexFrom: indexFrom, limit: stockMemory, of: map[licet.MemberID]*sheaf{}, dirty: map[licet.MemberID][]neardup.Key{}}
}

// Close gives back what was spilt.
func (s *Stock) Close() error {
	var errs []error
	if s.near != nil {
		errs = append(errs, s.near.Close())
	}
	if s.file != nil {
		errs = append(errs, s.file.Close())
	}
	return errors.Join(errs...)
}

// Bytes is how many bytes of text there are, before duplicates are resolved.
func (s *Stock) Bytes() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.bytes
}

// A head is a row's rank and its buckets. The first half of the rank orders the rows of
// a cell, the second is its key for near-duplicates. 128 bits never agree by chance.
const (
	orderSize   = 16
	bucketsSize = 8 * neardup.Bands
	headSize    = 2*orderSize + bucketsSize
)

// Put replaces what there is of a member; without passages, they are gone from it. It
// is safe for concurrent use, for different members.
func (s *Stock) Put(m licet.MemberID, passages []licet.Passage) error {
	if len(passages) == 0 {
		return s.enter(m, nil, nil)
	}
	b, _ := binding.Get().(*binder)
	defer binding.Put(b)
	return s.enter(m, b.bind(s.rank, passages), b.data)
}

// A binder is the room that making a sheaf takes.
type binder struct {
	near neardup.Scratch
	data []byte
	line []byte
	cuts []byte
}

var binding = sync.Pool{New: func() any { return new(binder) }}

// bind makes a sheaf, and leaves its rows in b.data.
func (b *binder) bind(r ranker, passages []licet.Passage) *sheaf {
	x := &sheaf{dropped: make([]bool, len(passages))}
	heads := headSize * len(passages)
	data := slices.Grow(b.data[:0], heads)[:heads]
	for i, p := range passages {
		rank := r.Rank("row", string(p.Record))
		head := append(data[headSize*i:headSize*i], rank[:]...)
		for _, bucket := range neardup.Sign(p.Text, &b.near) {
			head = binary.LittleEndian.AppendUint64(head, bucket)
		}
		b.line = RowOf(p).Append(b.line[:0])
		data = append(binary.AppendUvarint(data, uint64(len(b.line))), b.line...)
		b.cuts = appendCuts(b.cuts[:0], p.Cuts)
		data = append(binary.AppendUvarint(data, uint64(len(b.cuts))), b.cuts...)
		x.text += len(p.Text)
		if len(p.Others) > 0 {
			if x.others == nil {
				x.others = map[int][]licet.MemberID{}
			}
			x.others[i] = p.Others
		}
	}
	b.data, x.size = data, len(data)
	return x
}

// appendCuts writes what was cut how often, in order of what it was.
func appendCuts(out []byte, cuts map[string]int) []byte {
	var few [16]string // what is cut of a text is seldom of more sorts
	labels := few[:0]
	for what := range cuts {
		labels = append(labels, what)
	}
	slices.Sort(labels)
	for _, what := range labels {
		out = append(binary.AppendUvarint(out, uint64(len(what))), what...)
		out = binary.AppendUvarint(out, uint64(cuts[what])) //nolint:gosec // a count
	}
	return out
}

// readCuts reads what appendCuts wrote.
func readCuts(in []byte) map[string]int {
	if len(in) == 0 {
		return nil
	}
	out := map[string]int{}
	for len(in) > 0 {
		n, size := binary.Uvarint(in)
		what := in[size:][:n]
		times, more := binary.Uvarint(in[size+int(n):]) //nolint:gosec // it was an int
		out[string(what)] = int(times)                  //nolint:gosec // it was an int
		in = in[size+int(n)+more:]                      //nolint:gosec // it was an int
	}
	return out
}

// enter enters the sheaf of a member, nil for none. data are its rows, which are not
// kept and may be overwritten. What is spilt is written by several at the same time.
func (s *Stock) enter(m licet.MemberID, is *sheaf, data []byte) error {
	fits, err := s.leave(m, is)
	if err != nil || is == nil {
		return err
	}
	if fits {
		is.data = bytes.Clone(data)
	} else if is.at, err = s.file.Append(data); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.of[m] = is
	s.bytes += is.text
	return nil
}

// leave forgets what there was of a member, and makes room for what comes: in memory, if it fits.
func (s *Stock) leave(m licet.MemberID, is *sheaf) (fits bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	was := s.of[m]
	if was == nil && is == nil {
		return false, nil
	}
	if _, ok := s.dirty[m]; !ok {
		s.dirty[m] = nil
		if was != nil && s.made != nil && !s.made.held[m] {
			if s.dirty[m], err = s.keys(was); err != nil {
				return false, err
			}
		}
	}
	if was != nil {
		s.bytes -= was.text
		if was.data != nil {
			s.memory -= was.size
		} else if err := s.file.Wipe(was.at, int64(was.size)); err != nil {
			return false, err
		}
		delete(s.of, m)
	}
	if is == nil {
		return false, nil
	}
	if fits = s.memory+is.size <= s.limit; fits {
		s.memory += is.size
		return true, nil
	}
	if s.file == nil {
		s.file, err = spill.New(s.temp)
	}
	return false, err
}

// A line is one row of a sheaf.
type line struct {
	order  [orderSize]byte
	others []licet.MemberID // whom it names besides its author
	text   []byte
	cuts   []byte // see appendCuts; empty: nothing was
}

// A room is where rows are read.
type room struct {
	data    []byte
	lines   []line
	entries []neardup.Entry
}

// empty makes room again: what was read before is overwritten.
func (r *room) empty() { r.data, r.lines = r.data[:0], r.lines[:0] }

// read returns the first n bytes of a sheaf, which stand in r.
func (s *Stock) read(x *sheaf, n int, r *room) ([]byte, error) {
	if x.data != nil {
		return x.data[:n], nil
	}
	from := len(r.data)
	r.data = slices.Grow(r.data, n)[:from+n]
	_, err := s.file.ReadAt(r.data[from:], x.at)
	return r.data[from:], err
}

// lines returns the rows of a sheaf: those that duplicates have left, or all. They
// stand in r, after what was read before, until it is emptied.
func (s *Stock) lines(x *sheaf, all bool, r *room) ([]line, error) {
	data, err := s.read(x, x.size, r)
	if err != nil {
		return nil, err
	}
	from := len(r.lines)
	out := slices.Grow(r.lines, x.rows())
	rest := data[headSize*x.rows():]
	for i := range x.rows() {
		l := line{order: [orderSize]byte(data[headSize*i:]), others: x.others[i]}
		for _, part := range []*[]byte{&l.text, &l.cuts} {
			n, size := binary.Uvarint(rest)
			rest = rest[size:]
			*part, rest = rest[:n], rest[n:]
		}
		if all || !x.dropped[i] {
			out = append(out, l)
		}
	}
	r.lines = out
	return out[from:], nil
}

// keys returns the keys of a sheaf.
func (s *Stock) keys(x *sheaf) ([]neardup.Key, error) {
	heads, err := s.read(x, headSize*x.rows(), new(room))
	if err != nil {
		return nil, err
	}
	out := make([]neardup.Key, x.rows())
	for i := range out {
		out[i] = neardup.Key(heads[headSize*i+orderSize:])
	}
	return out, nil
}

// entries returns the rows of a sheaf as near-duplicates know them, in r, which is
// emptied before.
func (s *Stock) entries(m licet.MemberID, x *sheaf, r *room) ([]neardup.Entry, error) {
	r.empty()
	heads, err := s.read(x, headSize*x.rows(), r)
	if err != nil {
		return nil, err
	}
	number := memberNumber(s.rank, m)
	r.entries = slices.Grow(r.entries[:0], x.rows())[:x.rows()]
	for i := range r.entries {
		head := heads[headSize*i:][:headSize]
		e := &r.entries[i]
		e.Key, e.Member = neardup.Key(head[orderSize:]), number
		for k := range e.Buckets {
			e.Buckets[k] = binary.LittleEndian.Uint64(head[2*orderSize+8*k:])
		}
	}
	return r.entries, nil
}

// rows returns every row of a sheaf.
func (s *Stock) rows(x *sheaf) ([]Row, error) {
	list, err := s.lines(x, true, new(room))
	if err != nil {
		return nil, err
	}
	var all []byte
	for _, l := range list {
		all = append(all, l.text...)
	}
	return ReadRows(all)
}

// Rows yields every row, also those that duplicates would drop, in order of member.
func (s *Stock) Rows() iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		for _, m := range slices.Sorted(maps.Keys(s.of)) {
			rows, err := s.rows(s.of[m])
			if err != nil {
				yield(Row{}, err)
				return
			}
			for _, r := range rows {
				if !yield(r, nil) {
					return
				}
			}
		}
	}
}

// A Kept is a row of the corpus that was made last, and where it came to be.
type Kept struct {
	Row
	Shard, Slice int
	Cuts         map[string]int // what was taken out, by what it was
}

// Kept yields the rows of the corpus that was made last, in order of member.
func (s *Stock) Kept() iter.Seq2[Kept, error] {
	return func(yield func(Kept, error) bool) {
		if s.made == nil {
			return
		}
		var r room
		for _, m := range slices.Sorted(maps.Keys(s.of)) {
			if s.made.held[m] {
				continue
			}
			r.empty()
			list, err := s.lines(s.of[m], false, &r)
			if err != nil {
				yield(Kept{}, err)
				return
			}
			shard, slice := Place(s.rank, m, s.made.layout.Shards, s.made.layout.Slices)
			for _, l := range list {
				k := Kept{Shard: shard, Slice: slice, Cuts: readCuts(l.cuts)}
				k.Row, err = readRow(l.text)
				if !yield(k, err) || err != nil {
					return
				}
			}
		}
	}
}
