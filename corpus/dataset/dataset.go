// Package dataset writes a corpus as a folder that the datasets library and any
// reader of Parquet open as they are, and checks such a folder (docs/formats/dataset.md).
package dataset

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"licet"
)

// A Format is a form of the rows.
type Format string

// The formats. A folder may have several of them, which hold the same rows.
const (
	Parquet   Format = "parquet"
	Lines     Format = "jsonl"     // canonical JSON Lines
	LinesZstd Format = "jsonl.zst" // the same, compressed
)

// What may be done wrong.
var (
	ErrNotEmpty = errors.New("not an empty folder: give a new one")
	ErrNoRows   = errors.New("a dataset without rows")
	ErrClosed   = errors.New("the dataset is closed")
)

// Row is a text and its story: what a reader of the dataset needs of a record.
type Row struct {
	Text     string
	Kind     licet.Kind
	Role     licet.Role
	Language string // BCP 47, empty where unknown
	Member   licet.MemberID
	Record   licet.RecordID
	Shard    int
	Slice    int
	// Others are the members besides the author whose permission it needed.
	Others []licet.MemberID
	// AlsoSaidBy are the members whose near-duplicate this text stands for.
	AlsoSaidBy []licet.MemberID
	// Cuts counts what was taken out, by what it was.
	Cuts map[string]int
}

// Options say how rows are written; the zero value is Parquet alone.
type Options struct {
	Formats   []Format // the first is the one that loaders open
	FileBytes int64    // canonical bytes of rows in one file; 0: 512 MiB
}

const (
	fileBytes  = 512 << 20
	partSuffix = ".licet-part"
	folderMode = 0o700
	fileMode   = 0o600
)

// A Writer writes one dataset. Its memory does not grow with the rows. It is
// not for several goroutines.
type Writer struct {
	dir, part string
	options   Options
	create    func(name string) (file, error)
	sinks     []sink
	opened    int      // files of each format
	inFile    int64    // canonical bytes in the open ones
	files     [][]File // by format, without the number of files in their names
	digest    hash.Hash
	line      []byte
	counts    counts
	err       error
}

// New makes a writer of a dataset at dir, which is absent or an empty folder. The
// files grow in a hidden folder beside it, which Close puts in its place; what a
// run that was killed left there is taken away.
func New(dir string, o Options) (*Writer, error) {
	if len(o.Formats) == 0 {
		o.Formats = []Format{Parquet}
	}
	if o.FileBytes <= 0 {
		o.FileBytes = fileBytes
	}
	dir = filepath.Clean(dir)
	w := &Writer{
		dir: dir, part: filepath.Join(filepath.Dir(dir), "."+filepath.Base(dir)+partSuffix),
		options: o, create: createFile, files: make([][]File, len(o.Formats)), digest: sha256.New(), counts: newCounts(),
	}
	for i, f := range o.Formats {
		if f != Parquet && f != Lines && f != LinesZstd || slices.Contains(o.Formats[:i], f) {
			return nil, fmt.Errorf("write dataset %s: format %q is unknown or named twice", dir, f)
		}
	}
	if err := w.prepare(); err != nil {
		return nil, fmt.Errorf("write dataset %s: %w", dir, err)
	}
	return w, nil
}

func (w *Writer) prepare() error {
	switch entries, err := os.ReadDir(w.dir); {
	case err == nil && len(entries) > 0:
		return ErrNotEmpty
	case err != nil && !errors.Is(err, os.ErrNotExist):
		return err
	}
	if err := os.RemoveAll(w.part); err != nil {
		return err
	}
	return os.MkdirAll(filepath.Join(w.part, "data"), folderMode)
}

// Add writes a row after those before it. The first error is the last: the writer
// then has nothing on the disk any more, and every later call returns it.
func (w *Writer) Add(r Row) error {
	if w.err != nil {
		return w.err
	}
	if err := w.add(r); err != nil {
		return w.fail(err)
	}
	return nil
}

func (w *Writer) add(r Row) error {
	if err := r.normalise(); err != nil {
		return fmt.Errorf("row %d, record %.32s: %w", w.counts.rows, r.Record, err)
	}
	w.line = r.appendLine(w.line[:0])
	size := int64(len(w.line))
	if w.sinks == nil || w.inFile > 0 && w.inFile+size > w.options.FileBytes {
		if err := w.next(); err != nil {
			return err
		}
	}
	w.inFile += size
	w.digest.Write(w.line)
	w.counts.add(&r)
	for _, s := range w.sinks {
		if err := s.add(&r, w.line); err != nil {
			return err
		}
	}
	return nil
}

// next ends the open files and begins the next ones.
func (w *Writer) next() error {
	if err := w.endFiles(); err != nil {
		return err
	}
	for _, f := range w.options.Formats {
		s, err := w.openSink(f, fmt.Sprintf("data/train-%05d", w.opened))
		if err != nil {
			return err
		}
		w.sinks = append(w.sinks, s)
	}
	w.opened, w.inFile = w.opened+1, 0
	return nil
}

func (w *Writer) endFiles() error {
	for i, s := range w.sinks {
		f, err := s.close()
		if err != nil {
			return err
		}
		w.files[i] = append(w.files[i], f)
	}
	w.sinks = nil
	return nil
}

// Close ends the files, writes the card and the manifest, and puts the folder in
// its place, at once and whole.
func (w *Writer) Close(c Card) (Manifest, error) {
	if w.err != nil {
		return Manifest{}, w.err
	}
	m, err := w.finish(c)
	if err != nil {
		return Manifest{}, w.fail(err)
	}
	w.err = ErrClosed
	return m, nil
}

func (w *Writer) finish(c Card) (Manifest, error) {
	if w.counts.rows == 0 {
		return Manifest{}, ErrNoRows
	}
	if err := w.endFiles(); err != nil {
		return Manifest{}, err
	}
	m := Manifest{Format: manifestFormat, Rows: w.counts.rows, TextBytes: w.counts.bytes, Digest: licet.Digest(w.digest.Sum(nil))}
	for i, files := range w.files {
		for n, f := range files {
			name := fmt.Sprintf("data/train-%05d-of-%05d.%s", n, len(files), w.options.Formats[i])
			if err := os.Rename(filepath.Join(w.part, f.Name), filepath.Join(w.part, name)); err != nil {
				return Manifest{}, err
			}
			f.Name = name
			m.Files = append(m.Files, f)
		}
	}
	card, err := c.render(&w.counts, &m, w.options.Formats[0])
	if err != nil {
		return Manifest{}, err
	}
	f, err := w.small("README.md", card)
	if err != nil {
		return Manifest{}, err
	}
	m.Files = append([]File{f}, m.Files...)
	slices.SortFunc(m.Files, func(a, b File) int { return strings.Compare(a.Name, b.Name) })
	data, err := json.MarshalIndent(m, "", "\t")
	if err != nil {
		return Manifest{}, err
	}
	if _, err := w.small(manifestName, append(data, '\n')); err != nil {
		return Manifest{}, err
	}
	return m, w.install()
}

// install puts the folder in its place and makes it last.
func (w *Writer) install() error {
	for _, dir := range []string{filepath.Join(w.part, "data"), w.part} {
		if err := syncFolder(dir); err != nil {
			return err
		}
	}
	if err := os.Remove(w.dir); err != nil && !errors.Is(err, os.ErrNotExist) { // it is empty, or this fails
		return err
	}
	if err := os.Rename(w.part, w.dir); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(w.dir))
}

// Discard takes away what is written so far. After Close it does nothing.
func (w *Writer) Discard() error {
	if w.err == nil {
		w.err = ErrClosed
		return w.clear()
	}
	return nil
}

// fail takes everything away and says so.
func (w *Writer) fail(err error) error {
	w.err = fmt.Errorf("write dataset %s: %w: nothing of it is left; mend that, and write it again from the first row", w.dir, err)
	if left := w.clear(); left != nil {
		w.err = fmt.Errorf("write dataset %s: %w, and %s could not be taken away: %w", w.dir, err, w.part, left)
	}
	return w.err
}

func (w *Writer) clear() error {
	for _, s := range w.sinks {
		s.abandon()
	}
	w.sinks = nil
	return os.RemoveAll(w.part)
}
