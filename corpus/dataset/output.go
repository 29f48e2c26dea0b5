package dataset

import (
	"bufio"
	"crypto/sha256"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"

	"github.com/klauspost/compress/zstd"

	"licet"
)

// file is what a writer needs of an open file.
type file interface {
	io.WriteCloser
	Sync() error
}

func createFile(name string) (file, error) {
	return os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, fileMode)
}

// A sink writes rows to one file.
type sink interface {
	add(r *Row, line []byte) error
	close() (File, error)
	abandon() // closes the file, whatever is in it
}

// openSink begins a file of a format; name is without the format.
func (w *Writer) openSink(f Format, name string) (sink, error) {
	out, err := w.open(name + "." + string(f))
	if err != nil {
		return nil, err
	}
	if f == Parquet {
		return newParquetSink(out), nil
	}
	s := &linesSink{out: out, w: bufio.NewWriterSize(out, 1<<16)}
	if f == LinesZstd {
		if s.zstd, err = zstd.NewWriter(out, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1)); err != nil {
			out.abandon()
			return nil, out.wrap(err)
		}
		s.w.Reset(s.zstd)
	}
	return s, nil
}

// small writes a whole file.
func (w *Writer) small(name string, data []byte) (File, error) {
	out, err := w.open(name)
	if err != nil {
		return File{}, err
	}
	if _, err := out.Write(data); err != nil {
		out.abandon()
		return File{}, out.wrap(err)
	}
	return out.end(0)
}

func (w *Writer) open(name string) (*output, error) {
	f, err := w.create(filepath.Join(w.part, filepath.FromSlash(name)))
	if err != nil {
		return nil, err
	}
	return &output{name: name, f: f, sum: sha256.New()}, nil
}

// output is an open file that counts and hashes what goes through.
type output struct {
	name string
	f    file
	sum  hash.Hash
	size int64
}

func (o *output) Write(p []byte) (int, error) {
	n, err := o.f.Write(p)
	o.sum.Write(p[:n])
	o.size += int64(n)
	return n, err
}

func (o *output) wrap(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s, at %d bytes: %w", o.name, o.size, err)
}

// end makes the file last.
func (o *output) end(rows int64) (File, error) {
	if err := o.f.Sync(); err != nil {
		o.abandon()
		return File{}, o.wrap(err)
	}
	if err := o.f.Close(); err != nil {
		return File{}, o.wrap(err)
	}
	return File{Name: o.name, Bytes: o.size, Rows: rows, Digest: licet.Digest(o.sum.Sum(nil))}, nil
}

func (o *output) abandon() { _ = o.f.Close() } // its folder is about to be taken away

// linesSink writes JSON Lines.
type linesSink struct {
	out  *output
	w    *bufio.Writer
	zstd *zstd.Encoder // nil: plain
	rows int64
}

func (s *linesSink) add(_ *Row, line []byte) error {
	s.rows++
	_, err := s.w.Write(line)
	return s.out.wrap(err)
}

func (s *linesSink) close() (File, error) {
	err := s.w.Flush()
	if err == nil && s.zstd != nil {
		err = s.zstd.Close()
	}
	if err != nil {
		s.out.abandon()
		return File{}, s.out.wrap(err)
	}
	return s.out.end(s.rows)
}

func (s *linesSink) abandon() { s.out.abandon() }

func syncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer func() { _ = d.Close() }() // it was only read
	return d.Sync()
}
