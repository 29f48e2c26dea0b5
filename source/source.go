// Package source brings what platforms know of their members into the vault
// and the ledger: all of an input, or nothing of it.
//
// A platform is read by a Source, which says what the input holds in the
// platform's own ids; Import checks it as a whole and writes it in one
// transaction. What the vault holds afterwards does not depend on the order of
// the items, and reading the same input again changes nothing. Package
// sourcetest holds every source to that.
package source

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"licet"
)

// A Source reads one input of one platform.
type Source interface {
	// Items yields what the input holds, in the input's order, and ends after
	// the first error. It may be called again and then yields the same: Import
	// reads an input twice, so that it never holds all of it. What is wrong
	// with the input is an *InputError.
	Items(ctx context.Context) iter.Seq2[Item, error]
}

// A Pos is a place in an input, for people.
type Pos struct {
	File string
	Line int // from 1
}

// An Item is one thing that an input says. Exactly one of Member, Record,
// DeleteMember, DeleteRecord and Skip is set.
type Item struct {
	Pos      Pos
	Platform licet.Platform

	Member       *Member
	Record       *Record
	DeleteMember string // a member's id on the platform
	DeleteRecord string // a record's id on the platform
	Skip         string // why the source leaves this out, in words: "deleted account"
}

// A Member is somebody as a platform describes them. A later item with the
// same Ref replaces an earlier one.
type Member struct {
	Ref     string // the platform's id
	Name    string
	Handles []string // without @
	Facts   licet.Facts
	Signals []licet.Signal // that the platform keeps for them; one that is gone is off
}

// A Record is one as the platform gives it: Member, About, ReplyTo, ShareOf
// and To are the platform's ids. A later item with the same Ref is an edit and
// replaces an earlier one.
type Record struct {
	Ref      string // the platform's id
	Member   string
	Kind     licet.Kind
	Role     licet.Role
	Text     string
	Language string

	About   string
	ReplyTo string
	ShareOf string
	To      []string
	Group   string
	Special string       // special category of the group: trade-union, health …; empty: none stated
	Signal  licet.Signal // that came with the record

	Title    string
	Employer string
	From     string // YYYY-MM
	Until    string // YYYY-MM
	URL      string
	License  string

	Created time.Time
}

// An InputError says what is wrong with an input, where, and what to do. It
// holds no text that a member wrote.
type InputError struct {
	File    string
	Line    int    // from 1; 0: the file as a whole
	Field   string // "" where no one field is wrong
	Problem string // what is wrong, and what to do
	Err     error  // what it comes from; may be nil
}

// Error names file, line and field.
func (e *InputError) Error() string {
	where := e.File
	if e.Line > 0 {
		where = fmt.Sprintf("%s:%d", e.File, e.Line)
	}
	if e.Field != "" {
		where += ": " + e.Field
	}
	return where + ": " + e.Problem
}

// Unwrap returns what the error comes from.
func (e *InputError) Unwrap() error { return e.Err }

// Errorf returns an *InputError at p. Like fmt.Errorf it wraps with %w.
func (p Pos) Errorf(field, format string, args ...any) error {
	err := fmt.Errorf(format, args...)
	return &InputError{File: p.File, Line: p.Line, Field: field, Problem: err.Error(), Err: errors.Unwrap(err)}
}

// ErrChanged says that an input was not the same when it was read again.
var ErrChanged = errors.New("the input changed while it was read: import it again")
