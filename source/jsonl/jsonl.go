// Package jsonl reads the exchange format (docs/formats/exchange.md): members,
// records and deletions as JSON Lines.
package jsonl

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"regexp"

	"licet"
	"licet/source"
)

// version is the version of the format that this package reads.
const version = 1

// maxLine is the longest line, in bytes.
const maxLine = 16 << 20

// platformForm is what Import wants of a platform; here it is known which line names it.
var platformForm = regexp.MustCompile(`^[a-z0-9-]{1,32}$`)

// Files is a source: files in the exchange format, read one after another.
type Files struct {
	open  func(name string) (io.ReadCloser, error)
	names []string
}

// Open returns the source of files. They are opened when they are read.
func Open(paths ...string) *Files {
	return &Files{func(name string) (io.ReadCloser, error) { return os.Open(name) }, paths}
}

// FS returns the source of files of a file system.
func FS(dir fs.FS, names ...string) *Files {
	return &Files{func(name string) (io.ReadCloser, error) { return dir.Open(name) }, names}
}

// Items implements source.Source.
func (f *Files) Items(ctx context.Context) iter.Seq2[source.Item, error] {
	return func(yield func(source.Item, error) bool) {
		for _, name := range f.names {
			more, err := f.file(ctx, name, func(i source.Item) bool { return yield(i, nil) })
			if err != nil {
				yield(source.Item{}, err)
			}
			if err != nil || !more {
				return
			}
		}
	}
}

// file yields the items of one file and tells whether more are wanted.
func (f *Files) file(ctx context.Context, name string, yield func(source.Item) bool) (more bool, err error) {
	r, err := f.open(name)
	if err != nil {
		return false, source.Pos{File: name}.Errorf("", "the file can't be opened: %w", err)
	}
	defer r.Close()
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxLine)
	pos := source.Pos{File: name}
	var platform licet.Platform
	for lines.Scan() {
		pos.Line++
		if err := ctx.Err(); err != nil {
			return false, fmt.Errorf("read %s: %w", name, err)
		}
		data := lines.Bytes()
		if pos.Line == 1 {
			if platform, err = header(pos, bytes.TrimPrefix(data, []byte("\ufeff"))); err != nil {
				return false, err
			}
			continue
		}
		if len(bytes.TrimSpace(data)) == 0 {
			continue
		}
		item, err := parse(pos, data)
		if err != nil {
			return false, err
		}
		item.Platform = platform
		if !yield(item) {
			return false, nil
		}
	}
	if err := lines.Err(); errors.Is(err, bufio.ErrTooLong) {
		pos.Line++
		return false, pos.Errorf("", "the line is longer than %d bytes: shorten its text", maxLine)
	} else if err != nil {
		return false, fmt.Errorf("read %s: %w", name, err)
	}
	if pos.Line == 0 {
		return false, pos.Errorf("", `the file is empty: want a first line {"type":"exchange","version":1,"platform":"…"}`)
	}
	return true, nil
}

// header reads a file's first line.
func header(pos source.Pos, data []byte) (licet.Platform, error) {
	l, err := readLine(pos, data)
	if err != nil {
		return "", err
	}
	if kind := l.text("type"); l.err == nil && kind != "exchange" {
		l.fail("type", `the first line is not the format's own: want {"type":"exchange","version":1,"platform":"…"}`)
	}
	if v := l.number("version"); l.err == nil && v != version {
		l.fail("version", "is %d: this program reads version %d", v, version)
	}
	platform := l.text("platform")
	if l.err == nil && platform == "" {
		l.fail("platform", "is missing: give the platform a short name, of a-z, 0-9 and -")
	}
	if !platformForm.MatchString(platform) {
		l.fail("platform", "is not a short name: use 1 to 32 of a-z, 0-9 and -")
	}
	return licet.Platform(platform), l.err
}

// parse reads any other line.
func parse(pos source.Pos, data []byte) (source.Item, error) {
	item := source.Item{Pos: pos}
	l, err := readLine(pos, data)
	if err != nil {
		return item, err
	}
	switch l.text("type") {
	case "member":
		item.Member = l.member()
	case "record":
		item.Record = l.record()
	case "delete":
		item.DeleteMember, item.DeleteRecord = l.text("member"), l.text("record")
		if l.err == nil && (item.DeleteMember == "") == (item.DeleteRecord == "") {
			l.fail("", `a deletion names either a "record" or a "member": correct it`)
		}
	case "exchange":
		l.fail("type", "the format's own line stands first, and once: give files one by one, do not join them")
	case "":
		l.fail("type", "is missing: use member, record or delete")
	default:
		l.fail("type", "is not a type of line: use member, record or delete")
	}
	return item, l.err
}

func (l *line) member() *source.Member {
	m := &source.Member{
		Ref: l.text("id"), Name: l.text("name"), Handles: l.texts("handles"), Facts: licet.Facts{
			Country: l.text("country"), Region: l.text("region"), BirthDate: l.text("birth_date"), Language: l.text("language"),
			Plan: licet.Plan(l.text("plan")), Joined: l.time("joined"), School: l.number("school"),
		},
	}
	for _, s := range l.texts("signals") {
		m.Signals = append(m.Signals, licet.Signal(s))
	}
	if m.Facts.Plan == "" {
		m.Facts.Plan = licet.PlanFree
	}
	return m
}

func (l *line) record() *source.Record {
	return &source.Record{
		Ref: l.text("id"), Member: l.text("member"), Kind: licet.Kind(l.text("kind")), Role: licet.Role(l.text("role")),
		Text: l.text("text"), Language: l.text("language"), About: l.text("about"), ReplyTo: l.text("reply_to"), ShareOf: l.text("share_of"),
		To: l.texts("to"), Group: l.text("group"), Title: l.text("title"), Employer: l.text("employer"), From: l.text("from"),
		Until: l.text("until"), URL: l.text("url"), License: l.text("license"), Special: l.text("special"), Signal: licet.Signal(l.text("signal")), Created: l.time("created"),
	}
}
