// Package jsonl reads the exchange format (docs/formats/exchange.md): members,
// records and deletions as JSON Lines.
package jsonl

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"strings"
	"time"

	"licet"
	"licet/source"
)

// maxLine is the longest line, in bytes.
const maxLine = 16 << 20

// A Files is files in the exchange format, read one after another.
type Files struct {
	open  func(name string) (io.ReadCloser, error)
	names []string
}

// Open returns the source of files.
func Open(paths ...string) *Files {
	return &Files{func(name string) (io.ReadCloser, error) { return os.Open(name) }, paths}
}

// FS returns the source of files of a file system.
func FS(dir fs.FS, names ...string) *Files {
	return &Files{func(name string) (io.ReadCloser, error) { return dir.Open(name) }, names}
}

// line is every field of every type of line.
type line struct {
	Type     string `json:"type"`
	Version  int    `json:"version"`
	Platform string `json:"platform"`

	ID        string    `json:"id"`
	Name      string    `json:"name"`
	Handles   []string  `json:"handles"`
	Country   string    `json:"country"`
	Region    string    `json:"region"`
	BirthDate string    `json:"birth_date"`
	Language  string    `json:"language"`
	Plan      string    `json:"plan"`
	Joined    time.Time `json:"joined"`

	Member   string     `json:"member"`
	Record   string     `json:"record"`
	Kind     string     `json:"kind"`
	Text     string     `json:"text"`
	Created  *time.Time `json:"created"`
	Role     string     `json:"role"`
	About    string     `json:"about"`
	ReplyTo  string     `json:"reply_to"`
	ShareOf  string     `json:"share_of"`
	To       []string   `json:"to"`
	Group    string     `json:"group"`
	Title    string     `json:"title"`
	Employer string     `json:"employer"`
	From     string     `json:"from"`
	Until    string     `json:"until"`
	URL      string     `json:"url"`
	License  string     `json:"license"`
}

// Items implements source.Source.
func (f *Files) Items(ctx context.Context) iter.Seq2[source.Item, error] {
	return func(yield func(source.Item, error) bool) {
		for _, name := range f.names {
			if !f.file(ctx, name, yield) {
				return
			}
		}
	}
}

// file yields the items of one file and tells whether to go on.
func (f *Files) file(ctx context.Context, name string, yield func(source.Item, error) bool) bool {
	stop := func(err error) bool {
		yield(source.Item{}, err)
		return false
	}
	r, err := f.open(name)
	if err != nil {
		return stop(fmt.Errorf("open the input: %w", err))
	}
	defer func() { _ = r.Close() }()
	scan := bufio.NewScanner(r)
	scan.Buffer(nil, maxLine)
	var platform licet.Platform
	n := 0
	for scan.Scan() {
		n++
		if err := ctx.Err(); err != nil {
			return stop(fmt.Errorf("reading stopped: %w", err))
		}
		pos := source.Pos{File: name, Line: n}
		if len(bytes.TrimSpace(scan.Bytes())) == 0 {
			continue
		}
		l, err := parse(pos, scan.Bytes())
		if err != nil {
			return stop(err)
		}
		if platform == "" {
			if l.Type != "exchange" || l.Version != 1 || l.Platform == "" {
				return stop(pos.Errorf("", `the first line must be {"type":"exchange","version":1,"platform":"…"}`))
			}
			platform = licet.Platform(l.Platform)
			continue
		}
		item, err := l.item(pos, platform)
		if err != nil {
			return stop(err)
		}
		if !yield(item, nil) {
			return false
		}
	}
	pos := source.Pos{File: name, Line: n + 1}
	if errors.Is(scan.Err(), bufio.ErrTooLong) {
		return stop(pos.Errorf("", "the line is longer than %d bytes", maxLine))
	}
	if scan.Err() != nil {
		return stop(fmt.Errorf("read %s: %w", name, scan.Err()))
	}
	if platform == "" {
		return stop(source.Pos{File: name}.Errorf("", "the file is empty"))
	}
	return true
}

// parse reads a line; its errors name the field and never quote the text.
func parse(pos source.Pos, data []byte) (line, error) {
	var l line
	err := json.Unmarshal(data, &l)
	var kind *json.UnmarshalTypeError
	var syntax *json.SyntaxError
	switch {
	case errors.As(err, &kind):
		return l, pos.Errorf(kind.Field, "want a %s, got a %s", kind.Type, kind.Value)
	case errors.As(err, &syntax):
		return l, pos.Errorf("", "not a JSON object: the line is broken or cut off at byte %d", syntax.Offset)
	case err != nil:
		return l, pos.Errorf("", "a date is not in the form 2025-02-03T10:00:00Z")
	}
	return l, nil
}

func (l line) item(pos source.Pos, platform licet.Platform) (source.Item, error) {
	item := source.Item{Pos: pos, Platform: platform}
	switch l.Type {
	case "member":
		plan := licet.Plan(l.Plan)
		if plan == "" {
			plan = licet.PlanFree
		}
		item.Member = &source.Member{Ref: l.ID, Name: l.Name, Handles: l.Handles, Facts: licet.Facts{
			Country: l.Country, Region: l.Region, BirthDate: l.BirthDate, Language: l.Language, Plan: plan, Joined: l.Joined.UTC(),
		}}
	case "record":
		if l.Created == nil {
			return item, pos.Errorf("created", "it is missing: give the time, such as 2025-02-03T10:00:00Z")
		}
		item.Record = &source.Record{
			Ref: l.ID, Member: l.Member, Kind: licet.Kind(l.Kind), Role: licet.Role(l.Role), Text: l.Text, Language: l.Language, About: l.About,
			ReplyTo: l.ReplyTo, ShareOf: l.ShareOf, To: l.To, Group: l.Group, Title: l.Title, Employer: l.Employer, From: l.From, Until: l.Until,
			URL: l.URL, License: l.License, Created: *l.Created,
		}
	case "delete":
		if (l.Record == "") == (l.Member == "") {
			return item, pos.Errorf("", `a deletion names either "record" or "member"`)
		}
		item.DeleteRecord, item.DeleteMember = l.Record, l.Member
	default:
		return item, pos.Errorf("type", "%q is not one of member, record and delete", strings.ToValidUTF8(l.Type, "?"))
	}
	return item, nil
}
