// Package corpus turns what a view lets through into shards and slices: one
// cell a member, near-duplicates resolved without an order of arrival, and a
// manifest that proves who is not in it.
package corpus

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"licet"
	"licet/internal/build"
	"licet/ledger/smt"
)

// Reasons of this package.
const (
	ReasonDuplicate = "duplicate" // somebody else's record, or another of the same member, says nearly the same
	ReasonHeldOut   = "held-out"  // the model is judged on it and never learns it
)

// A Cell is the rows of one slice of one shard.
type Cell struct {
	Shard  int          `json:"shard"`
	Slice  int          `json:"slice"`
	Digest licet.Digest `json:"digest"` // of its rows
	Rows   int          `json:"rows"`
	// Lineage is everybody whose words are in the rows or whom a row names:
	// authors, whom a recommendation is about, whose record was re-posted. It is
	// sorted. Besides them, only a duplicate that comes back changes the rows.
	Lineage []licet.MemberID `json:"lineage"`
}

// A Corpus is what one model learns from.
type Corpus struct {
	Shards  int          `json:"shards"`
	Slices  int          `json:"slices"`
	Digest  licet.Digest `json:"digest"`  // of shards, slices and rows: nothing else
	Cells   []Cell       `json:"cells"`   // by shard, then slice
	Members Members      `json:"members"` // the rows of each, as a digest
	Rows    int          `json:"rows"`
	Dropped int          `json:"dropped"`            // near-duplicates
	HeldOut int          `json:"held_out,omitempty"` // records of those whom a model is judged on
}

// Members is a digest for each member.
type Members map[licet.MemberID]licet.Digest

// MarshalJSON writes what encoding/json would, in a tenth of the time: there may be
// hundreds of thousands.
func (m Members) MarshalJSON() ([]byte, error) {
	out := make([]byte, 1, 2+len(m)*104)
	out[0] = '{'
	for i, id := range slices.Sorted(maps.Keys(m)) {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(appendString(out, string(id)), ':', '"')
		d := m[id]
		out = append(hex.AppendEncode(out, d[:]), '"')
	}
	return append(out, '}'), nil
}

// Cell returns the cell of a shard and slice.
func (c *Corpus) Cell(shard, slice int) Cell { return c.Cells[shard*c.Slices+slice] }

// Place returns the shard and slice of a member: a keyed hash of who they are,
// and nothing else.
func Place(r ranker, m licet.MemberID, shards, slices int) (shard, slice int) {
	d := r.Rank("cell", string(m))
	shard = int(binary.BigEndian.Uint64(d[:8]) % uint64(shards))   //nolint:gosec // both are small
	slice = int(binary.BigEndian.Uint64(d[8:16]) % uint64(slices)) //nolint:gosec // both are small
	return shard, slice
}

// A Layout is how a corpus is cut.
type Layout struct {
	Shards  int
	Slices  int
	HeldOut int // one member in so many is held out; 0: nobody
}

// made is the corpus that was made last, and where everybody was put in it.
type made struct {
	layout Layout
	corpus *Corpus
	in     []map[licet.MemberID]bool // by cell
	held   map[licet.MemberID]bool
	// numbers are who stands behind the numbers that near-duplicates know.
	numbers map[uint64]licet.MemberID
	// judged is what HeldOut returned last; nil: another is asked for, or somebody changed.
	judged     []string
	judgedMost int
}

// Build makes the corpus of what is in stock, in objects of g. Cells that nobody's
// change touches since the last call are not made again.
func (s *Stock) Build(ctx context.Context, g *build.Graph, in Layout) (*Corpus, error) {
	if in.Shards < 1 || in.Slices < 1 {
		return nil, fmt.Errorf("a corpus of %d shards and %d slices: want at least one of each", in.Shards, in.Slices)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.made == nil || s.made.layout != in {
		if err := s.begin(in); err != nil {
			return nil, err
		}
	}
	touched, err := s.resolve(ctx)
	if err != nil {
		s.made = nil // half of it is new
		return nil, err
	}
	c := &Corpus{
		Shards: in.Shards, Slices: in.Slices, Members: maps.Clone(s.made.corpus.Members), Cells: slices.Clone(s.made.corpus.Cells),
	}
	if err := s.cells(ctx, g, c, touched); err != nil {
		s.made = nil // half of it is new
		return nil, err
	}
	all := binary.BigEndian.AppendUint32([]byte("licet-corpus-v2\x00"), uint32(in.Shards)) //nolint:gosec // small
	all = binary.BigEndian.AppendUint32(all, uint32(in.Slices))                            //nolint:gosec // small
	records := 0
	for _, x := range s.of {
		records += x.rows()
	}
	for m := range s.made.held {
		c.HeldOut += s.of[m].rows()
	}
	for _, cell := range c.Cells {
		all = append(all, cell.Digest[:]...)
		c.Rows += cell.Rows
	}
	c.Digest, c.Dropped = licet.Sum(all), records-c.HeldOut-c.Rows
	s.made.corpus = c
	return c, nil
}

// begin forgets the last corpus: everybody's place is another one.
func (s *Stock) begin(in Layout) (err error) {
	n := in.Shards * in.Slices
	s.made = &made{
		layout: in, corpus: &Corpus{Members: map[licet.MemberID]licet.Digest{}, Cells: make([]Cell, n)},
		in: make([]map[licet.MemberID]bool, n), held: map[licet.MemberID]bool{}, numbers: map[uint64]licet.MemberID{},
	}
	for i := range n {
		s.made.in[i] = map[licet.MemberID]bool{}
		s.made.corpus.Cells[i] = Cell{Shard: i / in.Slices, Slice: i % in.Slices}
	}
	if s.near != nil {
		err, s.near = s.near.Close(), nil
	}
	clear(s.dirty)
	for m, x := range s.of {
		s.dirty[m] = nil
		clear(x.dropped)
	}
	return err
}

// heldOut tells whether a model is judged on a member's words.
func (s *Stock) heldOut(m licet.MemberID) bool {
	if s.made.layout.HeldOut == 0 {
		return false
	}
	d := s.rank.Rank("held-out", string(m))
	return binary.BigEndian.Uint64(d[:])%uint64(s.made.layout.HeldOut) == 0
}

// resolve brings near-duplicates up to date with who changed, and returns everybody
// whose rows are others now.
func (s *Stock) resolve(ctx context.Context) (map[licet.MemberID]bool, error) {
	touched := map[licet.MemberID]bool{}
	for m := range s.dirty {
		touched[m] = true
		if s.made.held[m] || s.heldOut(m) {
			s.made.judged = nil
		}
		delete(s.made.held, m)
		if s.of[m] == nil {
			continue
		}
		s.made.numbers[memberNumber(s.rank, m)] = m
		if s.heldOut(m) {
			s.made.held[m] = true
		}
	}
	var err error
	switch {
	case len(s.dirty) == 0:
	case s.near != nil:
		err = s.resolveChanged(touched)
	default:
		err = s.resolveAll(ctx, touched)
	}
	clear(s.dirty)
	return touched, err
}

// Made tells whether a corpus was made of the stock, so that the next one costs only
// what has changed.
func (s *Stock) Made() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.made != nil
}

// Ready makes the next Build after a change fast, where there is much: it costs about
// as much as a Build. Call it after one.
func (s *Stock) Ready(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.near != nil || s.made == nil || s.made.corpus.Rows < s.indexFrom {
		return nil
	}
	return s.index(ctx)
}

// cells makes the cells again that somebody touched, on all cores.
func (s *Stock) cells(ctx context.Context, g *build.Graph, c *Corpus, touched map[licet.MemberID]bool) error {
	again := make([]bool, len(c.Cells))
	for m := range touched {
		shard, slice := Place(s.rank, m, c.Shards, c.Slices)
		i := shard*c.Slices + slice
		again[i] = true
		delete(s.made.in[i], m)
		delete(c.Members, m)
		if s.of[m] != nil && !s.made.held[m] {
			s.made.in[i][m] = true
		}
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	digests := make([]map[licet.MemberID]licet.Digest, len(c.Cells))
	for i := range c.Cells {
		if !again[i] && g.Has(c.Cells[i].Digest) {
			g.Keep(c.Cells[i].Digest)
			continue
		}
		group.Go(func() (err error) {
			if err := ctx.Err(); err != nil {
				return err
			}
			digests[i], err = s.cell(g, &c.Cells[i], slices.Sorted(maps.Keys(s.made.in[i])))
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	for _, d := range digests {
		maps.Copy(c.Members, d)
	}
	return nil
}

// rooms are for cells, one after another.
var rooms = sync.Pool{New: func() any { return new(room) }}

// cell writes the rows of a cell, and returns the digest of each member's.
func (s *Stock) cell(g *build.Graph, c *Cell, members []licet.MemberID) (map[licet.MemberID]licet.Digest, error) {
	digests := make(map[licet.MemberID]licet.Digest, len(members))
	lineage := map[licet.MemberID]bool{}
	r, _ := rooms.Get().(*room)
	defer rooms.Put(r)
	r.empty()
	size := 0
	for _, m := range members {
		size += s.of[m].size
	}
	r.data = slices.Grow(r.data, size) // once, and not by and by
	size = 0
	var own []byte
	for _, m := range members {
		lines, err := s.lines(s.of[m], false, r)
		if err != nil {
			return nil, err
		}
		if len(lines) == 0 {
			continue // duplicates of others', all of them
		}
		own = own[:0]
		for _, l := range lines {
			own = append(own, l.text...)
			for _, other := range l.others {
				lineage[other] = true
			}
		}
		digests[m], lineage[m] = licet.Sum(own), true
		size += len(own)
	}
	all := r.lines
	slices.SortFunc(all, func(a, b line) int { return bytes.Compare(a.order[:], b.order[:]) })
	data := make([]byte, 0, size)
	for _, l := range all {
		data = append(data, l.text...)
	}
	d, err := g.Put(data)
	if err != nil {
		return nil, err
	}
	c.Digest, c.Rows, c.Lineage = d, len(all), slices.Sorted(maps.Keys(lineage))
	return digests, nil
}

// HeldOut returns what the model is judged on: texts of those who are held out, in
// order of rank, until they have as many bytes as most says. It is of the corpus
// that was made last.
func (s *Stock) HeldOut(most int) ([]string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.made == nil {
		return nil, nil
	}
	if s.made.judged != nil && s.made.judgedMost == most {
		return s.made.judged, nil
	}
	type place struct {
		order  [orderSize]byte
		member licet.MemberID
		row    int
	}
	var r room
	var all []place
	for m := range s.made.held {
		r.empty()
		heads, err := s.read(s.of[m], headSize*s.of[m].rows(), &r)
		if err != nil {
			return nil, err
		}
		for i := range s.of[m].rows() {
			all = append(all, place{[orderSize]byte(heads[headSize*i:]), m, i})
		}
	}
	slices.SortFunc(all, func(a, b place) int { return bytes.Compare(a.order[:], b.order[:]) })
	var out []string
	for left := most; len(all) > 0 && left > 0; all = all[1:] {
		r.empty()
		lines, err := s.lines(s.of[all[0].member], true, &r)
		if err != nil {
			return nil, err
		}
		row, err := readRow(lines[all[0].row].text)
		if err != nil {
			return nil, err
		}
		out = append(out, row.Text)
		left -= len(row.Text)
	}
	s.made.judged, s.made.judgedMost = out, most
	return out, nil
}

// Slots returns what the sparse Merkle tree of a run holds: at each member's slot
// a commitment to their rows. Who has no rows has an empty slot. Slots and values
// depend on the member's token, so that nobody without it can find or guess them.
func (c *Corpus) Slots(run licet.Digest, tokens map[licet.MemberID]licet.Digest) (map[licet.Digest]licet.Digest, error) {
	values := map[licet.Digest]licet.Digest{}
	for m, d := range c.Members {
		token, ok := tokens[m]
		if !ok {
			return nil, fmt.Errorf("member %s is in the corpus and has no token", m)
		}
		values[smt.Slot(run, token)] = licet.Sum(slices.Concat(token[:], d[:]))
	}
	return values, nil
}
