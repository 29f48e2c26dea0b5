package dataset

import (
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress/zstd"

	"licet"
)

// Bytes of a Parquet file depend on where batches and groups of rows end, so that
// these are constants: another value is another version of the format.
const (
	batchRows  = 1000     // rows handed to the library at once
	batchBytes = 4 << 20  // or earlier, of canonical bytes
	groupRows  = 20000    // rows of a row group
	groupBytes = 32 << 20 // or earlier, of canonical bytes
)

// column is a row as the columns of the Parquet files are, in this order.
type column struct {
	Text       string   `parquet:"text"`
	Kind       string   `parquet:"kind,dict"`
	Role       string   `parquet:"role,dict"`
	Language   string   `parquet:"language,dict"`
	Member     string   `parquet:"member,dict"`
	Record     string   `parquet:"record"`
	Shard      int32    `parquet:"shard,dict"`
	Slice      int32    `parquet:"slice,dict"`
	Others     []string `parquet:"others,list"`
	AlsoSaidBy []string `parquet:"also_said_by,list"`
	Cuts       []cut    `parquet:"cuts,list"`
}

type cut struct {
	What  string `parquet:"what,dict"`
	Count int32  `parquet:"count"`
}

func (c *column) set(r *Row) {
	c.Text, c.Kind, c.Role, c.Language = r.Text, string(r.Kind), string(r.Role), r.Language
	c.Member, c.Record = string(r.Member), string(r.Record)
	c.Shard, c.Slice = int32(r.Shard), int32(r.Slice) //nolint:gosec // normalise has looked
	c.Others, c.AlsoSaidBy = texts(c.Others[:0], r.Others), texts(c.AlsoSaidBy[:0], r.AlsoSaidBy)
	c.Cuts = c.Cuts[:0]
	for _, what := range sortedCuts(r.Cuts) {
		c.Cuts = append(c.Cuts, cut{what, int32(r.Cuts[what])}) //nolint:gosec // normalise has looked
	}
}

func texts(out []string, ids []licet.MemberID) []string {
	for _, id := range ids {
		out = append(out, string(id))
	}
	return out
}

func (c *column) row() Row {
	r := Row{
		Text: c.Text, Kind: licet.Kind(c.Kind), Role: licet.Role(c.Role), Language: c.Language,
		Member: licet.MemberID(c.Member), Record: licet.RecordID(c.Record), Shard: int(c.Shard), Slice: int(c.Slice),
	}
	for _, m := range c.Others {
		r.Others = append(r.Others, licet.MemberID(m))
	}
	for _, m := range c.AlsoSaidBy {
		r.AlsoSaidBy = append(r.AlsoSaidBy, licet.MemberID(m))
	}
	for _, cut := range c.Cuts {
		if r.Cuts == nil {
			r.Cuts = map[string]int{}
		}
		r.Cuts[cut.What] += int(cut.Count)
	}
	return r
}

// parquetSink writes one Parquet file. To encode rows takes as long as all that comes
// before: another goroutine does it, up to some batches behind.
type parquetSink struct {
	out   *output
	w     *parquet.GenericWriter[column]
	batch []column // the first n are of the batch; the others lend their slices
	n     int
	bytes int // of the batch
	full  chan filled
	free  chan []column // that were written
	ended chan error    // the first there was, when all is written
	wrong atomic.Bool   // there was one
	// The goroutine's own:
	rows    int   // of the group
	grouped int   // bytes of the group
	all     int64 // rows of the file
}

type filled struct {
	rows  []column
	bytes int
}

// behind is how many batches may wait.
const behind = 4

func newParquetSink(out *output) *parquetSink {
	s := &parquetSink{
		out: out, batch: make([]column, batchRows), full: make(chan filled, behind), free: make(chan []column, behind+2), ended: make(chan error, 1),
		w: parquet.NewGenericWriter[column](out,
			parquet.Compression(&zstd.Codec{Level: zstd.SpeedFastest, Concurrency: 1}),
			parquet.DefaultEncodingFor(parquet.ByteArray, &parquet.DeltaLengthByteArray),
			parquet.CreatedBy("licet", "1.0.0", "parquet-go"), // the library's own words depend on how a program was built
			parquet.PageBufferSize(1<<20),
			parquet.SkipPageBounds("text"), parquet.SkipPageStatistics("text"), // they would repeat texts
		),
	}
	for range behind + 1 {
		s.free <- make([]column, batchRows)
	}
	go s.encode(s.full)
	return s
}

// encode writes batches until there are no more. Who ends it forgets the channel.
func (s *parquetSink) encode(full <-chan filled) {
	var err error
	for b := range full {
		if err == nil {
			err = s.write(b.rows, b.bytes)
			s.wrong.Store(err != nil)
		}
		s.free <- b.rows[:batchRows]
	}
	s.ended <- err
}

func (s *parquetSink) add(r *Row, line []byte) error {
	s.batch[s.n].set(r)
	s.n++
	s.bytes += len(line)
	if s.n == batchRows || s.bytes >= batchBytes {
		return s.flush()
	}
	return nil
}

// flush hands the batch over.
func (s *parquetSink) flush() error {
	if s.wrong.Load() {
		return s.end()
	}
	s.full <- filled{s.batch[:s.n], s.bytes}
	s.batch, s.n, s.bytes = <-s.free, 0, 0
	return nil
}

// end waits until all is written; after it nothing may be added.
func (s *parquetSink) end() error {
	if s.full == nil {
		return nil
	}
	close(s.full)
	s.full = nil
	return <-s.ended
}

// write writes a batch and ends the row group where it is full.
func (s *parquetSink) write(batch []column, bytes int) error {
	if len(batch) > 0 {
		n, err := s.w.Write(batch)
		if err != nil {
			return s.out.wrap(err)
		}
		if n != len(batch) {
			return s.out.wrap(fmt.Errorf("%d of %d rows written", n, len(batch)))
		}
	}
	s.all, s.rows, s.grouped = s.all+int64(len(batch)), s.rows+len(batch), s.grouped+bytes
	for i := range batch {
		batch[i].Text = "" // let go of it
	}
	if s.rows < groupRows && s.grouped < groupBytes {
		return nil
	}
	s.rows, s.grouped = 0, 0
	return s.out.wrap(s.w.Flush())
}

func (s *parquetSink) close() (File, error) {
	if err := errors.Join(s.flush(), s.end()); err != nil {
		return File{}, err
	}
	if err := s.w.Close(); err != nil {
		return File{}, s.out.wrap(err)
	}
	if n := s.w.File().NumRows(); n != s.all {
		return File{}, s.out.wrap(fmt.Errorf("the file has %d rows of %d", n, s.all))
	}
	return s.out.end(s.all)
}

func (s *parquetSink) abandon() {
	_ = s.end() // nothing of it counts
	s.out.abandon()
}
