package dataset

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"regexp"
	"slices"

	"github.com/klauspost/compress/zstd"
	"github.com/parquet-go/parquet-go"

	"licet"
)

const (
	manifestName   = "dataset.json"
	manifestFormat = "licet-dataset-v1"
)

// ErrChanged says that a folder is not what its manifest says.
var ErrChanged = errors.New("the dataset is not as it was written")

// A Manifest names what is in a folder.
type Manifest struct {
	Format    string       `json:"format"`
	Digest    licet.Digest `json:"digest"` // of the rows as canonical JSON Lines
	Rows      int64        `json:"rows"`
	TextBytes int64        `json:"text_bytes"`
	Files     []File       `json:"files"` // by name, all but the manifest
}

// A File is one file of the folder.
type File struct {
	Name   string       `json:"name"` // with slashes
	Bytes  int64        `json:"bytes"`
	Rows   int64        `json:"rows,omitempty"`
	Digest licet.Digest `json:"sha256"`
}

// Formats returns the formats of the rows, sorted.
func (m *Manifest) Formats() []Format {
	var out []Format
	for _, f := range m.Files {
		if format, ok := dataFile(f.Name); ok && !slices.Contains(out, format) {
			out = append(out, format)
		}
	}
	slices.Sort(out)
	return out
}

var dataName = regexp.MustCompile(`^data/train-\d{5}-of-\d{5}\.(parquet|jsonl|jsonl\.zst)$`)

// dataFile returns the format of a file of rows.
func dataFile(name string) (f Format, ok bool) {
	p := dataName.FindStringSubmatch(name)
	if p == nil {
		return "", false
	}
	return Format(p[1]), true
}

// ReadManifest reads the manifest of the dataset at dir.
func ReadManifest(dir string) (Manifest, error) {
	data, err := os.ReadFile(filepath.Join(dir, manifestName))
	if err != nil {
		return Manifest{}, fmt.Errorf("read dataset: %w", err)
	}
	m, err := parseManifest(data)
	if err != nil {
		return Manifest{}, fmt.Errorf("read dataset %s: %s: %w", dir, manifestName, err)
	}
	return m, nil
}

func parseManifest(data []byte) (Manifest, error) {
	var m Manifest
	if err := json.Unmarshal(data, &m); err != nil {
		return Manifest{}, err
	}
	if m.Format != manifestFormat {
		return Manifest{}, fmt.Errorf("format %q: want %q", m.Format, manifestFormat)
	}
	for i, f := range m.Files {
		if !filepath.IsLocal(filepath.FromSlash(f.Name)) || i > 0 && m.Files[i-1].Name >= f.Name {
			return Manifest{}, fmt.Errorf("file %d: its name leaves the folder or is out of order", i)
		}
	}
	return m, nil
}

// Check reads everything in the dataset at dir and compares: every file with the
// manifest, and the rows of each format, made canonical again, with the digest.
// The error is ErrChanged where they differ. Whoever has the manifest from
// elsewhere compares Digest with it: a folder can't speak for itself.
func Check(ctx context.Context, dir string) (Manifest, error) {
	m, err := ReadManifest(dir)
	if err != nil {
		return Manifest{}, err
	}
	if err := m.checkFiles(ctx, dir); err != nil {
		return Manifest{}, fmt.Errorf("check dataset %s: %w", dir, err)
	}
	formats := m.Formats()
	if len(formats) == 0 {
		return Manifest{}, fmt.Errorf("check dataset %s: %w: it has no rows", dir, ErrChanged)
	}
	for _, f := range formats {
		if err := m.checkRows(ctx, dir, f); err != nil {
			return Manifest{}, fmt.Errorf("check dataset %s, %s: %w", dir, f, err)
		}
	}
	return m, nil
}

func (m *Manifest) checkFiles(ctx context.Context, dir string) error {
	known := map[string]bool{}
	for _, f := range m.Files {
		known[f.Name] = true
		if err := ctx.Err(); err != nil {
			return err
		}
		size, sum, err := hashFile(filepath.Join(dir, filepath.FromSlash(f.Name)))
		if err != nil {
			return err
		}
		if size != f.Bytes || sum != f.Digest {
			return fmt.Errorf("%w: %s is another file", ErrChanged, f.Name)
		}
	}
	entries, err := os.ReadDir(filepath.Join(dir, "data"))
	if err != nil {
		return err
	}
	for _, e := range entries {
		if !known["data/"+e.Name()] {
			return fmt.Errorf("%w: data/%s is not in the manifest", ErrChanged, e.Name())
		}
	}
	return nil
}

func hashFile(name string) (size int64, sum licet.Digest, err error) {
	f, err := os.Open(name)
	if err != nil {
		return 0, licet.Digest{}, err
	}
	defer func() { _ = f.Close() }() // it was only read
	h := sha256.New()
	size, err = io.Copy(h, f)
	return size, licet.Digest(h.Sum(nil)), err
}

func (m *Manifest) checkRows(ctx context.Context, dir string, f Format) error {
	got, rows, err := Sum(ctx, m.rows(dir, f))
	if err != nil {
		return err
	}
	if rows != m.Rows || got != m.Digest {
		return fmt.Errorf("%w: %d rows with the digest %s, want %d with %s", ErrChanged, rows, got.Short(), m.Rows, m.Digest.Short())
	}
	return nil
}

// Sum returns the digest of the dataset that rows would make, and how many they
// are, before anything is written.
func Sum(ctx context.Context, rows iter.Seq2[Row, error]) (d licet.Digest, n int64, err error) {
	h := sha256.New()
	var line []byte
	for r, err := range rows {
		if err == nil && n%1024 == 0 {
			err = ctx.Err()
		}
		if err == nil {
			err = r.normalise()
		}
		if err != nil {
			return licet.Digest{}, n, fmt.Errorf("digest of a dataset, row %d: %w", n, err)
		}
		line = r.appendLine(line[:0])
		h.Write(line)
		n++
	}
	return licet.Digest(h.Sum(nil)), n, nil
}

// Rows yields the rows of the dataset at dir in their order, from the first of its
// formats. It ends with the first error. It believes the folder: see Check.
func Rows(dir string) iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		m, err := ReadManifest(dir)
		if err == nil && len(m.Formats()) == 0 {
			err = fmt.Errorf("read dataset %s: %w", dir, ErrNoRows)
		}
		if err != nil {
			yield(Row{}, err)
			return
		}
		for r, err := range m.rows(dir, m.Formats()[len(m.Formats())-1]) { // Parquet, the last by name
			if !yield(r, err) || err != nil {
				return
			}
		}
	}
}

// rows yields the rows of one format; the files are in the order of their names.
func (m *Manifest) rows(dir string, f Format) iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		for _, file := range m.Files {
			if format, ok := dataFile(file.Name); !ok || format != f {
				continue
			}
			if more, err := readFile(filepath.Join(dir, filepath.FromSlash(file.Name)), f, yield); err != nil {
				yield(Row{}, fmt.Errorf("%s: %w", file.Name, err))
				return
			} else if !more {
				return
			}
		}
	}
}

func readFile(name string, f Format, yield func(Row, error) bool) (more bool, err error) {
	in, err := os.Open(name)
	if err != nil {
		return false, err
	}
	defer func() { _ = in.Close() }() // it was only read
	switch f {
	case Parquet:
		return readParquet(in, yield)
	case LinesZstd:
		z, err := zstd.NewReader(in, zstd.WithDecoderConcurrency(1))
		if err != nil {
			return false, err
		}
		defer z.Close()
		return readLines(z, yield)
	default:
		return readLines(in, yield)
	}
}

// readParquet keeps apart what the library does, which panics on some damaged
// files, and what is done with the rows, whose panics are nobody's to catch.
func readParquet(in *os.File, yield func(Row, error) bool) (more bool, err error) {
	info, err := in.Stat()
	if err != nil {
		return false, err
	}
	var r *parquet.GenericReader[column]
	if err := guarded(func() error {
		file, err := parquet.OpenFile(in, info.Size())
		if err == nil {
			r = parquet.NewGenericReader[column](file)
		}
		return err
	}); err != nil {
		return false, err
	}
	defer func() { _ = guarded(r.Close) }() // it was only read
	batch := make([]column, 256)
	for {
		clear(batch)
		var n int
		err := guarded(func() (err error) { n, err = r.Read(batch); return err })
		if err != nil && !errors.Is(err, io.EOF) {
			return false, err
		}
		for i := range batch[:n] {
			if !yield(batch[i].row(), nil) {
				return false, nil
			}
		}
		if err != nil {
			return true, nil // the end of the file
		}
	}
}

// guarded makes an error of a panic.
func guarded(do func() error) (err error) {
	defer func() {
		if recover() != nil {
			err = fmt.Errorf("%w: the Parquet file is damaged", ErrChanged)
		}
	}()
	return do()
}

func readLines(in io.Reader, yield func(Row, error) bool) (more bool, err error) {
	r := bufio.NewReaderSize(in, 1<<16)
	for {
		line, err := r.ReadBytes('\n')
		if errors.Is(err, io.EOF) && len(line) == 0 {
			return true, nil
		}
		if err != nil {
			return false, fmt.Errorf("a line without an end: %w", err)
		}
		row, err := ParseLine(bytes.TrimSuffix(line, []byte("\n")))
		if err != nil {
			return false, err
		}
		if !yield(row, nil) {
			return false, nil
		}
	}
}

// ParseLine reads a row from JSON. Fields that it does not know are ignored.
func ParseLine(line []byte) (Row, error) {
	var in struct {
		AlsoSaidBy []licet.MemberID `json:"also_said_by"`
		Cuts       []struct {
			Count int    `json:"count"`
			What  string `json:"what"`
		} `json:"cuts"`
		Kind     licet.Kind       `json:"kind"`
		Language string           `json:"language"`
		Member   licet.MemberID   `json:"member"`
		Others   []licet.MemberID `json:"others"`
		Record   licet.RecordID   `json:"record"`
		Role     licet.Role       `json:"role"`
		Shard    int              `json:"shard"`
		Slice    int              `json:"slice"`
		Text     string           `json:"text"`
	}
	if err := json.Unmarshal(line, &in); err != nil {
		return Row{}, fmt.Errorf("dataset row: %w", err)
	}
	r := Row{
		Text: in.Text, Kind: in.Kind, Role: in.Role, Language: in.Language, Member: in.Member, Record: in.Record,
		Shard: in.Shard, Slice: in.Slice, Others: in.Others, AlsoSaidBy: in.AlsoSaidBy,
	}
	for _, c := range in.Cuts {
		if r.Cuts == nil {
			r.Cuts = map[string]int{}
		}
		r.Cuts[c.What] += c.Count
	}
	return r, nil
}
