// Package bases keeps the models that learning may begin with, side by side in one
// folder, each whole or not at all.
package bases

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/gofrs/flock"

	"licet/lm"
)

// Errors that callers tell apart.
var (
	// ErrNotFound says that there is no such base.
	ErrNotFound = errors.New("no such base")
	// ErrExists says that a base of this name is there already.
	ErrExists = errors.New("a base of this name is there already")
	// ErrDamaged says that a base's files are not those that were added.
	ErrDamaged = errors.New("damaged base")
	// ErrName says that a base can't be called so.
	ErrName = errors.New("not a base's name")
)

// Bundled is the name of the base that comes with the binary.
const Bundled = "bundled"

// A Shelf is a folder of bases. Several processes may use it at once.
type Shelf struct{ dir string }

// Open returns the shelf in dir, which need not exist yet.
func Open(dir string) *Shelf { return &Shelf{dir} }

// Dir returns the folder.
func (s *Shelf) Dir() string { return s.dir }

// An Entry is one base on the shelf: docs/formats/bases.md.
type Entry struct {
	Version    string `json:"version"`
	Name       string `json:"name"`               // NAME or ORG/NAME
	Hub        string `json:"hub,omitempty"`      // the host that it came from
	Revision   string `json:"revision,omitempty"` // as it was asked for
	Commit     string `json:"commit,omitempty"`
	Licence    string `json:"licence,omitempty"` // from its card
	Digest     string `json:"digest"`            // lm.Base's, in hexadecimal
	Parameters int    `json:"parameters"`
	Files      []File `json:"files"`

	dir string
}

// File is one of a base's files.
type File struct {
	Name   string `json:"name"`
	Size   int64  `json:"size"` // bytes
	SHA256 string `json:"sha256"`
}

const (
	entryVersion = "licet-bases-1"
	entryFile    = "licet-base.json"
)

// Full returns the name that no other base has: NAME, or ORG/NAME@COMMIT with
// twelve digits of the commit.
func (e Entry) Full() string {
	if e.Commit == "" {
		return e.Name
	}
	return e.Name + "@" + e.Commit[:12]
}

// Dir returns the base's folder; the bundled one has none.
func (e Entry) Dir() string { return e.dir }

// Size returns how many bytes its files have.
func (e Entry) Size() (n int64) {
	for _, f := range e.Files {
		n += f.Size
	}
	return n
}

// folder is the base's place below the shelf.
func (e Entry) folder() string { return strings.ReplaceAll(e.Full(), "/", "--") }

var nameRule = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,95}(/[A-Za-z0-9][A-Za-z0-9._-]{0,95})?$`)

func checkName(name string) error {
	if !nameRule.MatchString(name) || strings.Contains(name, "..") || strings.Contains(name, "--") || name == Bundled {
		return fmt.Errorf("%w: %q: want letters, digits, dots, dashes and underlines, at most one slash, and not %q", ErrName, name, Bundled)
	}
	return nil
}

// List returns the bases by name, the bundled one first.
func (s *Shelf) List() ([]Entry, error) {
	first, err := bundled()
	if err != nil {
		return nil, err
	}
	found, damaged, err := s.scan()
	return append([]Entry{first}, found...), errors.Join(err, damaged)
}

// scan returns the bases by name, and what is wrong with those that can't be read.
func (s *Shelf) scan() (found []Entry, damaged, err error) {
	list, err := os.ReadDir(s.dir)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, nil, fmt.Errorf("list the bases: %w", err)
	}
	for _, d := range list {
		if !d.IsDir() || strings.HasPrefix(d.Name(), ".") {
			continue
		}
		e, err := readEntry(filepath.Join(s.dir, d.Name()))
		switch {
		case errors.Is(err, os.ErrNotExist): // somebody else's folder
		case err != nil:
			damaged = errors.Join(damaged, err)
		default:
			found = append(found, e)
		}
	}
	slices.SortStableFunc(found, func(a, b Entry) int { return cmp.Compare(a.Full(), b.Full()) })
	return found, damaged, nil
}

func bundled() (Entry, error) {
	b, err := lm.Bundled()
	if err != nil {
		return Entry{}, err
	}
	d := b.Digest()
	return Entry{Version: entryVersion, Name: Bundled, Licence: "Apache-2.0", Digest: hex.EncodeToString(d[:]), Parameters: b.Parameters()}, nil
}

func readEntry(dir string) (Entry, error) {
	data, err := os.ReadFile(filepath.Join(dir, entryFile))
	if err != nil {
		return Entry{}, fmt.Errorf("read a base: %w", err)
	}
	e := Entry{dir: dir}
	if err := json.Unmarshal(data, &e); err != nil {
		return Entry{}, fmt.Errorf("%w: %s: %w", ErrDamaged, filepath.Join(dir, entryFile), err)
	}
	if e.Version != entryVersion || checkName(e.Name) != nil || e.Commit != "" && len(e.Commit) != 40 || e.folder() != filepath.Base(dir) {
		return Entry{}, fmt.Errorf("%w: %s does not describe this folder", ErrDamaged, filepath.Join(dir, entryFile))
	}
	return e, nil
}

// Find returns the base that a name means: a full name, one with fewer digits of
// its commit, or ORG/NAME alone where only one commit of it is there.
func (s *Shelf) Find(name string) (Entry, error) {
	if name == Bundled {
		return bundled()
	}
	all, damaged, err := s.scan()
	if err != nil {
		return Entry{}, err
	}
	want, commit, has := strings.Cut(name, "@")
	var found []Entry
	for _, e := range all {
		if e.Name == want && (!has || len(commit) >= 4 && strings.HasPrefix(e.Commit, commit)) {
			found = append(found, e)
		}
	}
	switch len(found) {
	case 1:
		return found[0], nil
	case 0:
		if damaged != nil { // it may be that one
			return Entry{}, damaged
		}
		return Entry{}, fmt.Errorf("%w: %q is not in %s: see \"licet base list\", or get it with \"licet base pull\"", ErrNotFound, name, s.dir)
	}
	var names []string
	for _, e := range found {
		names = append(names, e.Full())
	}
	return Entry{}, fmt.Errorf("%w: %q may be %s: say which", ErrNotFound, name, strings.Join(names, " or "))
}

// Base opens a base and compares its digest with the entry's.
func (s *Shelf) Base(e Entry) (*lm.Base, error) {
	if e.Name == Bundled {
		return lm.Bundled()
	}
	b, err := lm.OpenBase(e.dir)
	if err != nil {
		return nil, fmt.Errorf("base %s: %w", e.Full(), err)
	}
	if d := b.Digest(); hex.EncodeToString(d[:]) != e.Digest {
		return nil, fmt.Errorf("%w: %s has digest %x, it was added with %s: remove it and get it again", ErrDamaged, e.Full(), d, e.Digest)
	}
	return b, nil
}

// Verify compares each file with the hash that it was added with.
func (e Entry) Verify() error {
	for _, f := range e.Files {
		got, err := describe(e.dir, f.Name)
		if err != nil {
			return fmt.Errorf("%w: %s: %w", ErrDamaged, e.Full(), err)
		}
		if got != f {
			return fmt.Errorf("%w: %s: %s has %d bytes with sha256 %s, it was added with %d and %s", ErrDamaged, e.Full(), f.Name, got.Size, got.SHA256, f.Size, f.SHA256)
		}
	}
	return nil
}

func describe(dir, name string) (File, error) {
	r, err := os.Open(filepath.Join(dir, name))
	if err != nil {
		return File{}, err
	}
	defer func() { _ = r.Close() }()
	h := sha256.New()
	n, err := io.Copy(h, r)
	return File{name, n, hex.EncodeToString(h.Sum(nil))}, err
}

// Remove takes a base off the shelf. Whoever asks knows that nobody needs it.
func (s *Shelf) Remove(e Entry) error {
	if e.Name == Bundled {
		return fmt.Errorf("%w: the bundled base is part of the program", ErrName)
	}
	return s.locked(context.Background(), func() error {
		if err := s.away(e.dir); err != nil {
			return fmt.Errorf("remove %s: %w", e.Full(), err)
		}
		return nil
	})
}

// away removes a base's folder, if it is there: first out of sight, then away, so
// that nobody finds half of it.
func (s *Shelf) away(dir string) error {
	gone := filepath.Join(s.dir, ".removed-"+filepath.Base(dir))
	if err := os.RemoveAll(gone); err != nil {
		return err
	}
	if err := os.Rename(dir, gone); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return os.RemoveAll(gone)
}

// locked lets one process at a time change the shelf.
func (s *Shelf) locked(ctx context.Context, do func() error) (err error) {
	if err := os.MkdirAll(s.dir, 0o755); err != nil { //nolint:gosec // bases are public
		return fmt.Errorf("make the folder of bases: %w", err)
	}
	lock := flock.New(filepath.Join(s.dir, ".lock"))
	ok, err := lock.TryLockContext(ctx, lockRetry)
	if err != nil || !ok {
		return fmt.Errorf("wait for another process that changes %s: %w", s.dir, err)
	}
	defer func() { err = errors.Join(err, lock.Unlock()) }()
	return do()
}
