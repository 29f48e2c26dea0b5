// Package corpus turns what a view lets through into shards and slices: one
// cell a member, exact duplicates resolved without an order of arrival, and a
// manifest that proves who is not in it.
package corpus

import (
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/gowebpki/jcs"

	"licet"
	"licet/internal/build"
	"licet/ledger/smt"
)

// ReasonDuplicate counts passages that somebody else's equal one stands for.
const ReasonDuplicate = "duplicate"

// ranker gives keyed hashes for placement and order; see vault.Keys.
type ranker interface {
	Rank(label string, parts ...string) licet.Digest
}

// Input is everything that a corpus depends on.
type Input struct {
	Passages []licet.Passage
	Shards   int
	Slices   int
	Rank     ranker
}

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
	Shards  int                             `json:"shards"`
	Slices  int                             `json:"slices"`
	Digest  licet.Digest                    `json:"digest"`  // of shards, slices and rows: nothing else
	Cells   []Cell                          `json:"cells"`   // by shard, then slice
	Members map[licet.MemberID]licet.Digest `json:"members"` // the rows of each, as a digest
	Rows    int                             `json:"rows"`
	Dropped int                             `json:"dropped"` // exact duplicates
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

// Row is one line of a cell: nothing in it depends on when it came.
type Row struct {
	Member licet.MemberID   `json:"member"`
	Record licet.RecordID   `json:"record"`
	Kind   licet.Kind       `json:"kind"`
	Role   licet.Role       `json:"role,omitempty"`
	Text   string           `json:"text"`
	Others []licet.MemberID `json:"others,omitempty"`
}

// Build makes the corpus of in with the steps of g.
func Build(ctx context.Context, g *build.Graph, in Input) (*Corpus, error) {
	if in.Shards < 1 || in.Slices < 1 {
		return nil, fmt.Errorf("a corpus of %d shards and %d slices: want at least one of each", in.Shards, in.Slices)
	}
	kept, dropped := unique(in.Passages, in.Rank)
	c := &Corpus{Shards: in.Shards, Slices: in.Slices, Members: map[licet.MemberID]licet.Digest{}, Dropped: dropped, Rows: len(kept)}
	cells := make([][]licet.Passage, in.Shards*in.Slices)
	authors := byMember(kept)
	for _, m := range slices.Sorted(maps.Keys(authors)) {
		shard, slice := Place(in.Rank, m, in.Shards, in.Slices)
		passages := authors[m]
		data, err := rows(passages)
		if err != nil {
			return nil, err
		}
		if c.Members[m], err = g.Do(ctx, build.Step{
			Name: "member", Version: 1, Inputs: []licet.Digest{licet.Sum(data)}, Run: func(context.Context) ([]byte, error) { return data, nil },
		}); err != nil {
			return nil, err
		}
		cells[shard*in.Slices+slice] = append(cells[shard*in.Slices+slice], passages...)
	}
	all := binary.BigEndian.AppendUint32([]byte("licet-corpus-v1\x00"), uint32(in.Shards)) //nolint:gosec // small
	all = binary.BigEndian.AppendUint32(all, uint32(in.Slices))                            //nolint:gosec // small
	for i, passages := range cells {
		cell, err := makeCell(ctx, g, passages, in.Rank)
		if err != nil {
			return nil, err
		}
		cell.Shard, cell.Slice = i/in.Slices, i%in.Slices
		c.Cells = append(c.Cells, cell)
		all = append(all, cell.Digest[:]...)
	}
	c.Digest = licet.Sum(all)
	return c, nil
}

func byMember(passages []licet.Passage) map[licet.MemberID][]licet.Passage {
	out := map[licet.MemberID][]licet.Passage{}
	for _, p := range passages {
		out[p.Member] = append(out[p.Member], p)
	}
	return out
}

func makeCell(ctx context.Context, g *build.Graph, passages []licet.Passage, r ranker) (Cell, error) {
	order := map[licet.RecordID]licet.Digest{}
	lineage := map[licet.MemberID]bool{}
	for _, p := range passages {
		order[p.Record] = r.Rank("order", string(p.Record))
		lineage[p.Member] = true
		for _, m := range p.Others {
			lineage[m] = true
		}
	}
	slices.SortFunc(passages, func(a, b licet.Passage) int {
		x, y := order[a.Record], order[b.Record]
		return bytes.Compare(x[:], y[:])
	})
	data, err := rows(passages)
	if err != nil {
		return Cell{}, err
	}
	d, err := g.Do(ctx, build.Step{
		Name: "cell", Version: 1, Inputs: []licet.Digest{licet.Sum(data)}, Run: func(context.Context) ([]byte, error) { return data, nil },
	})
	return Cell{Digest: d, Rows: len(passages), Lineage: slices.Sorted(maps.Keys(lineage))}, err
}

// rows writes passages as canonical JSON Lines (docs/formats/corpus.md).
func rows(passages []licet.Passage) ([]byte, error) {
	var out bytes.Buffer
	for _, p := range passages {
		line, err := Row{p.Member, p.Record, p.Kind, p.Role, p.Text, p.Others}.Line()
		if err != nil {
			return nil, err
		}
		out.Write(line)
	}
	return out.Bytes(), nil
}

// Line returns the row as it stands in a cell: canonical JSON and a newline.
func (r Row) Line() ([]byte, error) {
	data, err := json.Marshal(r)
	if err == nil {
		data, err = jcs.Transform(data)
	}
	if err != nil {
		return nil, fmt.Errorf("corpus row: %w", err)
	}
	return append(data, '\n'), nil
}

// ReadRows reads the rows of a cell.
func ReadRows(data []byte) ([]Row, error) {
	var out []Row
	for line := range bytes.Lines(data) {
		var r Row
		if err := json.Unmarshal(line, &r); err != nil {
			return nil, fmt.Errorf("corpus row: %w", err)
		}
		out = append(out, r)
	}
	return out, nil
}

// unique drops passages whose folded text stands elsewhere: the one with the
// smallest keyed hash is kept, whoever came first. When its author leaves, the
// next smallest comes back.
func unique(passages []licet.Passage, r ranker) (kept []licet.Passage, dropped int) {
	smallest := map[string]licet.Digest{}
	rank := func(p licet.Passage) licet.Digest { return r.Rank("keep", string(p.Record)) }
	for _, p := range passages {
		text := fold(p.Text)
		d := rank(p)
		if best, ok := smallest[text]; !ok || bytes.Compare(d[:], best[:]) < 0 {
			smallest[text] = d
		}
	}
	for _, p := range passages {
		if smallest[fold(p.Text)] == rank(p) {
			kept = append(kept, p)
		}
	}
	slices.SortStableFunc(kept, func(a, b licet.Passage) int {
		return cmp.Or(cmp.Compare(a.Member, b.Member), cmp.Compare(a.Record, b.Record))
	})
	return kept, len(passages) - len(kept)
}

func fold(text string) string { return strings.Join(strings.Fields(strings.ToLower(text)), " ") }

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
