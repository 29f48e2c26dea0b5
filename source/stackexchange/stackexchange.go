// Package stackexchange reads a Stack Exchange data dump: a folder with
// Users.xml, Posts.xml and Comments.xml.
//
// A dump holds each post as it is now. Edits that others made to a post are in
// its text, and the dump does not tell them apart; posts that belong to the
// whole community are left out.
package stackexchange

import (
	"bufio"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"

	"licet"
	"licet/source"
)

// Platform is the platform of a dump whose site is not named.
const Platform licet.Platform = "stackexchange"

// A Dump is a source: the folder of a dump.
type Dump struct {
	// Platform names the site. Give every site a name of its own, such as
	// "conlang-meta": the ids of two sites have nothing to do with each other.
	Platform licet.Platform

	files fs.FS
	dir   string // for people
}

// Open returns the source of the dump in dir.
func Open(dir string) *Dump { return &Dump{Platform: Platform, files: os.DirFS(dir), dir: dir} }

// FS returns the source of the dump at the root of a file system.
func FS(files fs.FS) *Dump { return &Dump{Platform: Platform, files: files} }

// Items implements source.Source.
func (d *Dump) Items(ctx context.Context) iter.Seq2[source.Item, error] {
	return func(yield func(source.Item, error) bool) {
		for _, f := range []table{{"Users.xml", "users", user}, {"Posts.xml", "posts", post}, {"Comments.xml", "comments", comment}} {
			more, err := d.read(ctx, f, func(i source.Item) bool { return yield(i, nil) })
			if err != nil {
				yield(source.Item{}, err)
			}
			if err != nil || !more {
				return
			}
		}
	}
}

// A table is one file of a dump.
type table struct {
	file, root string
	items      func(row) ([]source.Item, error)
}

// read yields the items of one table and tells whether more are wanted.
func (d *Dump) read(ctx context.Context, t table, yield func(source.Item) bool) (more bool, err error) {
	pos := source.Pos{File: filepath.Join(d.dir, t.file)}
	f, err := d.files.Open(t.file)
	if err != nil {
		return false, pos.Errorf("", "the file can't be opened: %w", err)
	}
	defer func() { _ = f.Close() }() // it was only read
	in := xml.NewDecoder(bufio.NewReaderSize(f, 1<<16))
	broken := func() error {
		return pos.Errorf("", "the file is not well-formed XML here, or it is cut off: get it again")
	}
	depth, seen := 0, false
	for {
		if err := ctx.Err(); err != nil {
			return false, fmt.Errorf("read %s: %w", pos.File, err)
		}
		token, err := in.Token()
		pos.Line, _ = in.InputPos()
		if errors.Is(err, io.EOF) && seen && depth == 0 {
			return true, nil
		}
		if err != nil {
			return false, broken()
		}
		switch e := token.(type) {
		case xml.EndElement:
			depth--
		case xml.StartElement:
			if depth == 0 {
				if seen || e.Name.Local != t.root {
					return false, pos.Errorf("", "the file does not hold one element <%s>: it is no such table of a dump", t.root)
				}
				seen = true
				depth++
				continue
			}
			if e.Name.Local != "row" {
				return false, pos.Errorf("", "an element other than <row>: the file is no such table of a dump")
			}
			var r row
			if err := in.DecodeElement(&r, &e); err != nil {
				pos.Line, _ = in.InputPos()
				return false, broken()
			}
			items, err := r.items(pos, t)
			if err != nil {
				return false, err
			}
			for _, item := range items {
				item.Pos, item.Platform = pos, d.Platform
				if !yield(item) {
					return false, nil
				}
			}
		}
	}
}
