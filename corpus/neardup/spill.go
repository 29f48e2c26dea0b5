package neardup

import (
	"fmt"
	"os"
	"sync"
)

const (
	partitions = 1024
	blockBytes = 16 << 10
)

// A spill holds bytes by partition: in memory up to a limit, beyond it in one
// temporary file. Bytes of a partition come back in the order in which they went in.
type spill struct {
	dir   string
	limit int
	parts [partitions]part

	mu   sync.Mutex // of what follows: partitions may be written side by side
	used int        // bytes of blocks in memory
	file *os.File
	end  int64 // of the file
}

type part struct {
	open   []byte
	blocks []block
}

// A block is in memory, or where data is nil in the file.
type block struct {
	data []byte
	at   int64
	size int
}

// newSpill makes a spill that keeps no more than limit bytes in full blocks.
func newSpill(dir string, limit int) *spill { return &spill{dir: dir, limit: limit} }

// room returns the open bytes of a partition with room for size more; who
// appends to them hands them back to put. One goroutine at a time may write to
// a partition.
func (s *spill) room(p, size int) ([]byte, error) {
	open := s.parts[p].open
	if len(open)+size <= blockBytes {
		return open, nil
	}
	if err := s.flush(p); err != nil {
		return nil, err
	}
	return s.parts[p].open, nil
}

func (s *spill) put(p int, open []byte) { s.parts[p].open = open }

// write adds bytes that need not fit into a block.
func (s *spill) write(p int, data []byte) error {
	for len(data) > 0 {
		open, err := s.room(p, 1)
		if err != nil {
			return err
		}
		n := min(len(data), blockBytes-len(open))
		s.put(p, append(open, data[:n]...))
		data = data[n:]
	}
	return nil
}

// flush closes the open block of p.
func (s *spill) flush(p int) error {
	part := &s.parts[p]
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.used+len(part.open) <= s.limit {
		s.used += len(part.open)
		part.blocks = append(part.blocks, block{data: part.open, size: len(part.open)})
		part.open = nil
		return nil
	}
	if s.file == nil {
		f, err := os.CreateTemp(s.dir, "licet-neardup-*")
		if err != nil {
			return fmt.Errorf("spill near-duplicates: %w", err)
		}
		s.file = f
	}
	if _, err := s.file.WriteAt(part.open, s.end); err != nil {
		return fmt.Errorf("spill near-duplicates: %w", err)
	}
	part.blocks = append(part.blocks, block{at: s.end, size: len(part.open)})
	s.end += int64(len(part.open))
	part.open = part.open[:0]
	return nil
}

// read appends all bytes of a partition to buf.
func (s *spill) read(p int, buf []byte) ([]byte, error) {
	part := &s.parts[p]
	for _, b := range part.blocks {
		if b.data != nil {
			buf = append(buf, b.data...)
			continue
		}
		n := len(buf)
		buf = append(buf, make([]byte, b.size)...)
		if _, err := s.file.ReadAt(buf[n:], b.at); err != nil {
			return nil, fmt.Errorf("read spilled near-duplicates: %w", err)
		}
	}
	return append(buf, part.open...), nil
}

// close forgets everything and removes the file, if there is one.
func (s *spill) close() error {
	s.parts, s.used = [partitions]part{}, 0
	if s.file == nil {
		return nil
	}
	err := s.file.Close()
	if e := os.Remove(s.file.Name()); err == nil {
		err = e
	}
	s.file = nil
	if err != nil {
		return fmt.Errorf("remove spilled near-duplicates: %w", err)
	}
	return nil
}
