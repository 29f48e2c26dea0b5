package corpus

import (
	"encoding/binary"
	"fmt"
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
const stockMemory = 64 << 20

// A Stock is everybody's passages at one position, most of them out of memory, and
// what it takes to make the corpus of the next position from that of the last: only
// cells that somebody's change touches are made again.
type Stock struct {
	rank ranker
	temp string

	mu     sync.Mutex
	of     map[licet.MemberID]*sheaf
	dirty  map[licet.MemberID][]neardup.Key // changed since the last corpus, and their keys in it
	file   *spill.File
	memory int
	bytes  int

	near *near
	made *made
}

// A sheaf is one member's rows, in order of record: for each the rank that orders
// the rows of a cell, its length, and the line.
type sheaf struct {
	data []byte // nil: in the file
	at   int64
	size int
	text int // bytes of text
	keys []neardup.Key
	// others are whom the rows name besides their author.
	others map[int][]licet.MemberID // by row
	// buckets are there until the next corpus is made.
	buckets []neardup.Buckets
	dropped []bool
}

// NewStock returns an empty stock. temp is the folder of what is spilt, in files that
// have no name; "" is the system's.
func NewStock(r ranker, temp string) *Stock {
	return &Stock{rank: r, temp: temp, of: map[licet.MemberID]*sheaf{}, dirty: map[licet.MemberID][]neardup.Key{}}
}

// Close gives back what was spilt.
func (s *Stock) Close() error {
	if s.file == nil {
		return nil
	}
	return s.file.Close()
}

// Bytes is how many bytes of text there are, before duplicates are resolved.
func (s *Stock) Bytes() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.bytes
}

// orderSize is how much of a rank orders rows: 128 bits never agree by chance.
const orderSize = 16

// Put replaces what there is of a member; without passages, they are gone from it. It
// is safe for concurrent use, for different members.
func (s *Stock) Put(m licet.MemberID, passages []licet.Passage) error {
	var is *sheaf
	var data []byte
	if len(passages) > 0 {
		is = &sheaf{}
		scratch, _ := signing.Get().(*neardup.Scratch)
		defer signing.Put(scratch)
		for i, p := range passages {
			rank := s.rank.Rank("row", string(p.Record))
			line := RowOf(p).Append(nil)
			data = append(data, rank[:orderSize]...)
			data = binary.AppendUvarint(data, uint64(len(line)))
			data = append(data, line...)
			is.keys = append(is.keys, neardup.Key(rank[orderSize:]))
			is.buckets = append(is.buckets, neardup.Sign(p.Text, scratch))
			is.text += len(p.Text)
			if len(p.Others) > 0 {
				if is.others == nil {
					is.others = map[int][]licet.MemberID{}
				}
				is.others[i] = p.Others
			}
		}
		is.data, is.size = data, len(data)
		is.dropped = make([]bool, len(passages))
	}
	return s.enter(m, is)
}

var signing = sync.Pool{New: func() any { return new(neardup.Scratch) }}

func (s *Stock) enter(m licet.MemberID, is *sheaf) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	was := s.of[m]
	if was == nil && is == nil {
		return nil
	}
	if was != nil {
		s.bytes -= was.text
		if was.data != nil {
			s.memory -= was.size
		} else if err := s.file.Wipe(was.at, int64(was.size)); err != nil {
			return err
		}
	}
	if _, ok := s.dirty[m]; !ok {
		s.dirty[m] = nil
		if was != nil && s.made != nil && !s.made.held[m] {
			s.dirty[m] = was.keys
		}
	}
	if is == nil {
		delete(s.of, m)
		return nil
	}
	s.of[m] = is
	s.bytes += is.text
	if s.memory+is.size <= stockMemory {
		s.memory += is.size
		return nil
	}
	if s.file == nil {
		var err error
		if s.file, err = spill.New(s.temp); err != nil {
			return err
		}
	}
	var err error
	is.at, err = s.file.Append(is.data)
	is.data = nil
	return err
}

// A line is one row of a sheaf.
type line struct {
	order  [orderSize]byte
	others []licet.MemberID // whom it names besides its author
	text   []byte
}

// lines returns the rows of a sheaf that duplicates have left.
func (s *Stock) lines(x *sheaf) ([]line, error) {
	data := x.data
	if data == nil {
		data = make([]byte, x.size)
		if _, err := s.file.ReadAt(data, x.at); err != nil {
			return nil, err
		}
	}
	out := make([]line, 0, len(x.keys))
	for i := range x.keys {
		l := line{order: [orderSize]byte(data), others: x.others[i]}
		n, size := binary.Uvarint(data[orderSize:])
		data = data[orderSize+size:]
		l.text, data = data[:n], data[n:]
		if !x.dropped[i] {
			out = append(out, l)
		}
	}
	return out, nil
}

// signed makes the buckets of a sheaf where they are not there any more.
func (s *Stock) signed(x *sheaf) error {
	if x.buckets != nil {
		return nil
	}
	all := *x
	all.dropped = make([]bool, len(x.keys))
	list, err := s.lines(&all)
	if err != nil {
		return err
	}
	var scratch neardup.Scratch
	for _, l := range list {
		rows, err := ReadRows(l.text)
		if err != nil {
			return err
		}
		x.buckets = append(x.buckets, neardup.Sign(rows[0].Text, &scratch))
	}
	return nil
}

// Rows yields every row, also those that duplicates would drop, in order of member.
func (s *Stock) Rows() iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		for _, m := range slices.Sorted(maps.Keys(s.of)) {
			x := *s.of[m]
			x.dropped = make([]bool, len(x.keys))
			list, err := s.lines(&x)
			if err != nil {
				yield(Row{}, err)
				return
			}
			for _, l := range list {
				rows, err := ReadRows(l.text)
				if err == nil && len(rows) != 1 {
					err = fmt.Errorf("%d rows in one line", len(rows))
				}
				if err != nil {
					yield(Row{}, err)
					return
				}
				if !yield(rows[0], nil) {
					return
				}
			}
		}
	}
}
