package trainbase

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/csv"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Where a source's file lies.
const (
	fromShared = "shared"
	fromRecipe = "recipe"
)

// ErrText says that a text is not the one that the recipe pins.
var ErrText = errors.New("another text than the recipe's")

// formats make documents of a file's bytes.
var formats = map[string]func(s Source, data []byte, atLeast int) ([]string, error){
	"plain": func(_ Source, data []byte, atLeast int) ([]string, error) { return cut(string(data), atLeast), nil },
	"zip":   readZip,
	"parts": func(_ Source, data []byte, _ int) ([]string, error) { return parts(string(data)), nil },
	"onet":  readONET,
	"rome":  readROME,
}

// document is a text that no member wrote.
type document struct {
	text   string
	source int  // its place in the recipe
	held   bool // kept for measuring
}

// read returns the documents of all sources, in order.
func (r *Recipe) read(shared string) ([]document, error) {
	var out []document
	for i, s := range r.Sources {
		dir := r.dir
		if s.From == fromShared {
			if shared == "" {
				return nil, fmt.Errorf("sources[%d] %s: %w: give the folder of data sets", i, s.Path, ErrRecipe)
			}
			dir = filepath.Join(shared, "data")
		}
		file := filepath.Join(dir, filepath.FromSlash(s.Path))
		data, err := os.ReadFile(file)
		if err != nil {
			return nil, fmt.Errorf("sources[%d]: %w", i, err)
		}
		if sum := sha256.Sum256(data); hex.EncodeToString(sum[:]) != s.SHA256 {
			return nil, fmt.Errorf("%w: sources[%d] %s has sha256 %x, the recipe wants %s", ErrText, i, file, sum, s.SHA256)
		}
		texts, err := formats[s.Format](s, data, r.Document)
		if err != nil {
			return nil, fmt.Errorf("sources[%d] %s: %w", i, file, err)
		}
		for _, t := range texts {
			out = append(out, document{t, i, heldOut(t, s.HeldOut)})
		}
	}
	return out, nil
}

// heldOut chooses one document in n by the hash of its text.
func heldOut(text string, n int) bool {
	sum := sha256.Sum256([]byte(text))
	return int(binary.BigEndian.Uint16(sum[:])) < 65536/n
}

// firstEpoch chooses n documents of every of, by another hash of their text.
func firstEpoch(text string, n, of int) bool {
	sum := sha256.Sum256([]byte("tokenizer\x00" + text))
	return int(binary.BigEndian.Uint16(sum[:]))*of < n*65536
}

// readZip returns the documents of an archive's text files, in order of name.
func readZip(s Source, data []byte, atLeast int) ([]string, error) {
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, err
	}
	slices.SortFunc(z.File, func(a, b *zip.File) int { return strings.Compare(a.Name, b.Name) })
	var out []string
	for _, f := range z.File {
		name := path.Base(f.Name)
		if !strings.HasSuffix(name, ".txt") || strings.HasPrefix(name, "README") || len(s.Entries) > 0 && !slices.Contains(s.Entries, name) {
			continue
		}
		r, err := f.Open()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", f.Name, err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", f.Name, err)
		}
		out = append(out, cut(string(text), atLeast)...)
	}
	return out, nil
}

// cut makes documents of whole paragraphs, each of at least so many characters
// but for the last. Blanks within a paragraph become one; what is not UTF-8
// becomes an apostrophe, which it nearly always was.
func cut(text string, atLeast int) []string {
	var out, doc []string
	size := 0
	flush := func() {
		if size > 80 {
			out = append(out, strings.Join(doc, "\n"))
		}
		doc, size = nil, 0
	}
	for p := range strings.SplitSeq(strings.ReplaceAll(strings.ToValidUTF8(text, "'"), "\r", ""), "\n") {
		p = strings.Join(strings.FieldsFunc(p, unicode.IsSpace), " ")
		if p == "" {
			continue
		}
		doc = append(doc, p)
		if size += utf8.RuneCountInString(p); size >= atLeast {
			flush()
		}
	}
	flush()
	return out
}

// parts cuts a file where a line is "---".
func parts(text string) []string {
	var out []string
	for p := range strings.SplitSeq(strings.ReplaceAll(text, "\r", ""), "\n---\n") {
		if p = strings.TrimSpace(p); p != "" {
			out = append(out, p)
		}
	}
	return out
}

// readONET makes a document of each occupation: its title, then what is done in it.
func readONET(_ Source, data []byte, _ int) ([]string, error) {
	r := csv.NewReader(bytes.NewReader(data))
	r.Comma = '\t'
	rows, err := r.ReadAll()
	if err != nil {
		return nil, err
	}
	var out []string
	for _, row := range rows[min(1, len(rows)):] {
		if len(row) != 3 {
			return nil, fmt.Errorf("a row of %d fields, want 3", len(row))
		}
		out = append(out, row[1]+"\n"+row[2])
	}
	return out, nil
}

// readROME makes a document of what is said of each occupation's code, a sentence
// a line, in the file's order. In a field two apostrophes stand for one.
func readROME(_ Source, data []byte, _ int) ([]string, error) {
	rows, err := csv.NewReader(bytes.NewReader(data)).ReadAll()
	if err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		return nil, nil
	}
	code, text := slices.Index(rows[0], "code_rome"), slices.IndexFunc(rows[0], func(s string) bool {
		return s == "libelle_texte" || s == "libelle_appellation_long"
	})
	if code < 0 || text < 0 {
		return nil, fmt.Errorf("columns %v: want code_rome, and libelle_texte or libelle_appellation_long", rows[0])
	}
	said := map[string][]string{}
	var order []string
	for _, row := range rows[1:] {
		if said[row[code]] == nil {
			order = append(order, row[code])
		}
		said[row[code]] = append(said[row[code]], strings.ReplaceAll(row[text], "''", "'"))
	}
	var out []string
	for _, c := range order {
		out = append(out, strings.Join(said[c], "\n"))
	}
	return out, nil
}
