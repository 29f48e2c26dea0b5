// Package stackexchange reads a Stack Exchange data dump: a folder with
// Users.xml, Posts.xml and Comments.xml.
package stackexchange

import (
	"bufio"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"licet"
	"licet/source"
)

// Platform is the platform of a dump whose site is not named.
const Platform licet.Platform = "stackexchange"

// Why rows are left out.
const (
	skipBot     = "the site's own account"
	skipDeleted = "a deleted account"
	skipKind    = "not a question or an answer"
)

// A Dump is a folder with the files of a dump.
type Dump struct{ dir string }

// Open returns the source of the dump in dir.
func Open(dir string) *Dump { return &Dump{dir} }

// row is every attribute that is read, of users, posts and comments.
type row struct {
	ID           string `xml:"Id,attr"`
	CreationDate string `xml:"CreationDate,attr"`
	DisplayName  string `xml:"DisplayName,attr"`
	AboutMe      string `xml:"AboutMe,attr"`
	Image        string `xml:"ProfileImageUrl,attr"`
	PostTypeID   string `xml:"PostTypeId,attr"`
	ParentID     string `xml:"ParentId,attr"`
	OwnerUserID  string `xml:"OwnerUserId,attr"`
	Title        string `xml:"Title,attr"`
	Body         string `xml:"Body,attr"`
	PostID       string `xml:"PostId,attr"`
	Text         string `xml:"Text,attr"`
	UserID       string `xml:"UserId,attr"`
	License      string `xml:"ContentLicense,attr"`
}

// Items implements source.Source.
func (d *Dump) Items(ctx context.Context) iter.Seq2[source.Item, error] {
	return func(yield func(source.Item, error) bool) {
		for _, f := range []struct {
			name string
			read func(row, time.Time) []source.Item
		}{{"Users.xml", user}, {"Posts.xml", post}, {"Comments.xml", comment}} {
			if !d.file(ctx, filepath.Join(d.dir, f.name), f.read, yield) {
				return
			}
		}
	}
}

// file yields what read makes of every row and tells whether to go on.
func (d *Dump) file(ctx context.Context, path string, read func(row, time.Time) []source.Item, yield func(source.Item, error) bool) bool {
	stop := func(err error) bool {
		yield(source.Item{}, err)
		return false
	}
	f, err := os.Open(path)
	if err != nil {
		return stop(fmt.Errorf("open the dump: %w", err))
	}
	defer func() { _ = f.Close() }()
	in := xml.NewDecoder(bufio.NewReaderSize(f, 1<<16))
	rows, open := 0, 0
	for {
		if err := ctx.Err(); err != nil {
			return stop(fmt.Errorf("reading stopped: %w", err))
		}
		token, err := in.Token()
		line, _ := in.InputPos()
		pos := source.Pos{File: path, Line: line}
		if errors.Is(err, io.EOF) {
			if open != 0 || rows == 0 {
				return stop(pos.Errorf("", "the file ends before its last element does: get it again"))
			}
			return true
		}
		if err != nil {
			return stop(pos.Errorf("", "not well-formed XML, or cut off: get the file again"))
		}
		switch t := token.(type) {
		case xml.EndElement:
			open--
		case xml.StartElement:
			open++
			rows++
			if t.Name.Local != "row" {
				continue
			}
			var r row
			if err := in.DecodeElement(&r, &t); err != nil {
				return stop(pos.Errorf("", "not well-formed XML, or cut off: get the file again"))
			}
			open--
			created, err := time.Parse("2006-01-02T15:04:05.999", r.CreationDate)
			if err != nil {
				return stop(pos.Errorf("CreationDate", "not a time such as 2018-02-06T19:55:45.000"))
			}
			for _, item := range read(r, created) {
				item.Pos, item.Platform = pos, Platform
				if !yield(item, nil) {
					return false
				}
			}
		}
	}
}

func user(r row, created time.Time) []source.Item {
	if strings.HasPrefix(r.ID, "-") {
		return []source.Item{{Skip: skipBot}}
	}
	out := []source.Item{{Member: &source.Member{Ref: r.ID, Name: r.DisplayName, Facts: licet.Facts{Plan: licet.PlanFree, Joined: created}}}}
	add := func(kind licet.Kind, text, url string) {
		if text != "" || url != "" {
			out = append(out, source.Item{Record: &source.Record{
				Ref: "user-" + r.ID + "-" + string(kind), Member: r.ID, Kind: kind, Text: text, URL: url, Created: created,
			}})
		}
	}
	add(licet.KindName, r.DisplayName, "")
	add(licet.KindAbout, Plain(r.AboutMe), "")
	add(licet.KindPhoto, "", r.Image)
	return out
}

func post(r row, created time.Time) []source.Item {
	switch {
	case r.PostTypeID != "1" && r.PostTypeID != "2":
		return []source.Item{{Skip: skipKind}}
	case r.OwnerUserID == "":
		return []source.Item{{Skip: skipDeleted}}
	case strings.HasPrefix(r.OwnerUserID, "-"):
		return []source.Item{{Skip: skipBot}}
	}
	text := Plain(r.Body)
	if r.Title != "" {
		text = r.Title + "\n\n" + text
	}
	out := &source.Record{Ref: "post-" + r.ID, Member: r.OwnerUserID, Kind: licet.KindPost, Text: text, Created: created, License: r.License}
	if r.ParentID != "" {
		out.ReplyTo = "post-" + r.ParentID
	}
	return []source.Item{{Record: out}}
}

func comment(r row, created time.Time) []source.Item {
	switch {
	case r.UserID == "":
		return []source.Item{{Skip: skipDeleted}}
	case strings.HasPrefix(r.UserID, "-"):
		return []source.Item{{Skip: skipBot}}
	}
	return []source.Item{{Record: &source.Record{
		Ref: "comment-" + r.ID, Member: r.UserID, Kind: licet.KindComment, Text: r.Text, ReplyTo: "post-" + r.PostID, Created: created, License: r.License,
	}}}
}

// Plain returns HTML as text: paragraphs apart, lines of a block quote with
// "> " before them, so that whose words they are stays visible.
func Plain(markup string) string {
	root, err := html.Parse(strings.NewReader(markup))
	if err != nil {
		return "" // only a reader's error, which a string has none of
	}
	var b strings.Builder
	write(&b, root)
	var lines []string
	blank := true
	for line := range strings.SplitSeq(b.String(), "\n") {
		line = strings.Join(strings.Fields(line), " ")
		if line == "" && blank {
			continue
		}
		blank = line == ""
		lines = append(lines, line)
	}
	return strings.TrimSpace(strings.Join(lines, "\n"))
}

func write(b *strings.Builder, n *html.Node) {
	switch {
	case n.Type == html.TextNode:
		b.WriteString(n.Data)
		return
	case n.Type == html.ElementNode && (n.DataAtom == atom.Script || n.DataAtom == atom.Style || n.DataAtom == atom.Head):
		return
	case n.Type == html.ElementNode && n.DataAtom == atom.Blockquote:
		var inside strings.Builder
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			write(&inside, c)
		}
		b.WriteString("\n")
		for line := range strings.SplitSeq(strings.TrimSpace(inside.String()), "\n") {
			b.WriteString("> " + line + "\n")
		}
		return
	}
	block := n.Type == html.ElementNode && isBlock[n.DataAtom]
	if block {
		b.WriteString("\n")
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		write(b, c)
	}
	if block {
		b.WriteString("\n")
		if n.DataAtom == atom.P {
			b.WriteString("\n")
		}
	}
}

var isBlock = map[atom.Atom]bool{
	atom.P: true, atom.Div: true, atom.Li: true, atom.Ul: true, atom.Ol: true, atom.Pre: true, atom.Br: true, atom.H1: true, atom.H2: true,
	atom.H3: true, atom.H4: true, atom.Tr: true, atom.Hr: true,
}
