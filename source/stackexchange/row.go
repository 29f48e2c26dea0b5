package stackexchange

import (
	"errors"
	"strings"
	"time"

	"licet"
	"licet/source"
)

// Why rows are left out.
const (
	skipBot       = "the site's own account"
	skipDeleted   = "a deleted account"
	skipKind      = "neither a question nor an answer"
	skipCommunity = "owned by the whole community"
	skipMarkup    = "markup that can't be read"
)

// A row is every attribute that is read, of users, posts and comments.
type row struct {
	ID             string `xml:"Id,attr"`
	AccountID      string `xml:"AccountId,attr"`
	CreationDate   string `xml:"CreationDate,attr"`
	DisplayName    string `xml:"DisplayName,attr"`
	AboutMe        string `xml:"AboutMe,attr"`
	Image          string `xml:"ProfileImageUrl,attr"`
	PostTypeID     string `xml:"PostTypeId,attr"`
	ParentID       string `xml:"ParentId,attr"`
	OwnerUserID    string `xml:"OwnerUserId,attr"`
	CommunityOwned string `xml:"CommunityOwnedDate,attr"`
	Title          string `xml:"Title,attr"`
	Body           string `xml:"Body,attr"`
	PostID         string `xml:"PostId,attr"`
	Text           string `xml:"Text,attr"`
	UserID         string `xml:"UserId,attr"`
	License        string `xml:"ContentLicense,attr"`

	created time.Time
}

const question, answer = "1", "2" // the posts that members write alone

// isBot tells whether an id is the site's own: background processes and, by
// convention of the dumps, nobody else have negative ids.
func isBot(id string) bool { return strings.HasPrefix(id, "-") }

// items checks what every row has and returns what it holds.
func (r row) items(pos source.Pos, t table) ([]source.Item, error) {
	if r.ID == "" {
		return nil, pos.Errorf("Id", "is missing: get the file again")
	}
	var err error
	if r.created, err = time.Parse("2006-01-02T15:04:05.999999999", r.CreationDate); err != nil {
		return nil, pos.Errorf("CreationDate", "is not a time such as 2018-02-06T19:55:45.000: get the file again")
	}
	items, err := t.items(r)
	if skip, ok := errors.AsType[skipError](err); ok {
		return []source.Item{{Skip: string(skip)}}, nil
	}
	return items, err
}

// A skipError is why a row is left out.
type skipError string

func (e skipError) Error() string { return string(e) }

func text(markup string) (string, error) {
	out, err := Plain(markup)
	if err != nil {
		return "", skipError(skipMarkup)
	}
	return out, nil
}

// user returns a member and what their profile says. Where they are is free
// text, so that their country stays unknown.
func user(r row) ([]source.Item, error) {
	if isBot(r.ID) || isBot(r.AccountID) {
		return nil, skipError(skipBot)
	}
	m := &source.Member{Ref: r.ID, Name: r.DisplayName, Facts: licet.Facts{Plan: licet.PlanFree, Joined: r.created}}
	// A comment calls somebody by their name without its blanks.
	if handle := strings.TrimLeft(strings.Join(strings.Fields(r.DisplayName), ""), "@"); handle != "" {
		m.Handles = []string{handle}
	}
	out := []source.Item{{Member: m}}
	add := func(kind licet.Kind, text, url string) {
		if text != "" || url != "" {
			out = append(out, source.Item{Record: &source.Record{
				Ref: "user-" + r.ID + "-" + string(kind), Member: r.ID, Kind: kind, Text: text, URL: url, Created: r.created,
			}})
		}
	}
	add(licet.KindName, r.DisplayName, "")
	add(licet.KindPhoto, "", r.Image)
	if about, err := text(r.AboutMe); err == nil {
		add(licet.KindAbout, about, "")
	} else {
		out = append(out, source.Item{Skip: err.Error()})
	}
	return out, nil
}

func post(r row) ([]source.Item, error) {
	switch {
	case r.PostTypeID != question && r.PostTypeID != answer:
		return nil, skipError(skipKind)
	case r.OwnerUserID == "":
		return nil, skipError(skipDeleted)
	case isBot(r.OwnerUserID):
		return nil, skipError(skipBot)
	case r.CommunityOwned != "":
		return nil, skipError(skipCommunity)
	}
	body, err := text(r.Body)
	if err != nil {
		return nil, err
	}
	if r.Title != "" {
		body = strings.TrimSpace(r.Title + "\n\n" + body)
	}
	out := &source.Record{Ref: "post-" + r.ID, Member: r.OwnerUserID, Kind: licet.KindPost, Text: body, Created: r.created, License: r.License}
	if r.ParentID != "" {
		out.ReplyTo = "post-" + r.ParentID
	}
	return []source.Item{{Record: out}}, nil
}

// comment keeps the text as it is: a dump has the source of comments, not HTML.
func comment(r row) ([]source.Item, error) {
	switch {
	case r.UserID == "":
		return nil, skipError(skipDeleted)
	case isBot(r.UserID):
		return nil, skipError(skipBot)
	}
	out := &source.Record{Ref: "comment-" + r.ID, Member: r.UserID, Kind: licet.KindComment, Text: r.Text, Created: r.created, License: r.License}
	if r.PostID != "" {
		out.ReplyTo = "post-" + r.PostID
	}
	return []source.Item{{Record: out}}, nil
}
