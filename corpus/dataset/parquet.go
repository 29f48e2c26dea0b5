package dataset

import (
	"errors"
	"fmt"

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

// parquetSink writes one Parquet file.
type parquetSink struct {
	out     *output
	w       *parquet.GenericWriter[column]
	batch   []column // the first n are of the batch; the others lend their slices
	n       int
	bytes   int      // of the batch
	written []column // the batch before, which is written while this one fills
	writing chan error
	rows    int   // of the group
	grouped int   // bytes of the group
	all     int64 // rows of the file
}

func newParquetSink(out *output) *parquetSink {
	return &parquetSink{out: out, batch: make([]column, batchRows), written: make([]column, batchRows), w: parquet.NewGenericWriter[column](out,
		parquet.Compression(&zstd.Codec{Level: zstd.SpeedFastest, Concurrency: 1}),
		parquet.DefaultEncodingFor(parquet.ByteArray, &parquet.DeltaLengthByteArray),
		parquet.CreatedBy("licet", "1.0.0", "parquet-go"), // the library's own words depend on how a program was built
		parquet.PageBufferSize(1<<20),
		parquet.SkipPageBounds("text"), parquet.SkipPageStatistics("text"), // they would repeat texts
	)}
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

// flush hands the batch over, to be written while the next one fills: to encode rows
// takes as long as all that comes before.
func (s *parquetSink) flush() error {
	if err := s.wait(); err != nil {
		return err
	}
	n, bytes := s.n, s.bytes
	s.batch, s.written, s.n, s.bytes = s.written, s.batch, 0, 0
	s.writing = make(chan error, 1)
	go func() { s.writing <- s.write(s.written[:n], bytes) }()
	return nil
}

// wait waits for the batch before.
func (s *parquetSink) wait() (err error) {
	if s.writing != nil {
		err, s.writing = <-s.writing, nil
	}
	return err
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
	if err := errors.Join(s.flush(), s.wait()); err != nil {
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
	_ = s.wait() // nothing of it counts
	s.out.abandon()
}
