package bases

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml"

	"licet/lm"
	"licet/lm/hub"
)

const lockRetry = 200 * time.Millisecond

// Pull gets a model from a hub and puts it on the shelf. It is found again by
// its commit: what is there already, undamaged, is not fetched. A pull that was stopped,
// however, goes on where it was. fresh says that it was not there yet.
func (s *Shelf) Pull(ctx context.Context, c *hub.Client, r hub.Ref, report func(done, total int64)) (e Entry, fresh bool, err error) {
	host, err := c.Host()
	if err != nil {
		return Entry{}, false, err
	}
	m, err := c.Find(ctx, r)
	if err != nil {
		return Entry{}, false, err
	}
	e = Entry{Version: entryVersion, Name: r.Model(), Hub: host, Revision: r.Revision, Commit: m.Commit, Licence: m.Licence}
	err = s.locked(ctx, func() error {
		if old, err := readEntry(filepath.Join(s.dir, e.folder())); err == nil && old.Verify() == nil {
			e = old
			return nil
		}
		fresh = true
		part := filepath.Join(s.dir, ".pull-"+e.folder())
		if err := s.fetch(ctx, c, m, part, report); err != nil {
			return err
		}
		return s.add(&e, part)
	})
	return e, fresh, err
}

// fetch gets what is small first: a model that can't be run is found out before
// its weights have come.
func (s *Shelf) fetch(ctx context.Context, c *hub.Client, m *hub.Model, part string, report func(done, total int64)) error {
	small := *m
	small.Files = slices.DeleteFunc(slices.Clone(m.Files), func(f hub.File) bool { return strings.HasSuffix(f.Name, ".safetensors") })
	if err := c.Fetch(ctx, &small, part, nil); err != nil {
		return err
	}
	if _, err := lm.OpenBase(part); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("%s can't be used: %w", m.Model(), err)
	}
	return c.Fetch(ctx, m, part, report)
}

// Import copies the base in dir and puts it on the shelf; with link, large files are
// not copied but have a second name, where the file system can do that.
func (s *Shelf) Import(ctx context.Context, dir, name string, link bool) (e Entry, err error) {
	if err := checkName(name); err != nil {
		return Entry{}, err
	}
	files, err := os.ReadDir(dir)
	if err != nil {
		return Entry{}, fmt.Errorf("import a base: %w", err)
	}
	e = Entry{Version: entryVersion, Name: name, Licence: cardLicence(filepath.Join(dir, "README.md"))}
	err = s.locked(ctx, func() error {
		if _, err := os.Stat(filepath.Join(s.dir, e.folder())); err == nil {
			return fmt.Errorf("%w: %s", ErrExists, name)
		}
		part := filepath.Join(s.dir, ".import-"+e.folder())
		if err := errors.Join(os.RemoveAll(part), os.MkdirAll(part, 0o755)); err != nil { //nolint:gosec // a base is public
			return err
		}
		for _, f := range files {
			if !hub.Needed(f.Name()) {
				continue
			}
			if err := place(filepath.Join(dir, f.Name()), filepath.Join(part, f.Name()), link); err != nil {
				return errors.Join(fmt.Errorf("import %s: %w", f.Name(), err), os.RemoveAll(part))
			}
		}
		if err := s.add(&e, part); err != nil {
			return errors.Join(err, os.RemoveAll(part))
		}
		return nil
	})
	return e, err
}

// add opens the base in part, describes it, and gives the folder its name.
func (s *Shelf) add(e *Entry, part string) error {
	b, err := lm.OpenBase(part)
	if err != nil {
		return fmt.Errorf("%s can't be used: %w", e.Full(), err)
	}
	d := b.Digest()
	e.Digest, e.Parameters = hex.EncodeToString(d[:]), b.Parameters()
	list, err := os.ReadDir(part)
	if err != nil {
		return fmt.Errorf("add %s: %w", e.Full(), err)
	}
	e.Files = nil
	for _, f := range list {
		if !hub.Needed(f.Name()) {
			if err := os.RemoveAll(filepath.Join(part, f.Name())); err != nil { // of a try before
				return fmt.Errorf("add %s: %w", e.Full(), err)
			}
			continue
		}
		x, err := describe(part, f.Name())
		if err != nil {
			return fmt.Errorf("add %s: %w", e.Full(), err)
		}
		e.Files = append(e.Files, x)
	}
	data, err := json.MarshalIndent(e, "", "  ")
	if err != nil {
		return fmt.Errorf("add %s: %w", e.Full(), err)
	}
	e.dir = filepath.Join(s.dir, e.folder())
	if err := s.away(e.dir); err != nil { // a damaged one
		return fmt.Errorf("add %s: %w", e.Full(), err)
	}
	if err := errors.Join(write(filepath.Join(part, entryFile), append(data, '\n')), os.Rename(part, e.dir), syncDir(s.dir)); err != nil {
		return fmt.Errorf("add %s: %w", e.Full(), err)
	}
	return nil
}

// place copies a regular file, or links it.
func place(from, to string, link bool) error {
	info, err := os.Stat(from) // of what a link points at: hub caches are full of links
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return errors.New("is not a file")
	}
	if link {
		if real, err := filepath.EvalSymlinks(from); err == nil && os.Link(real, to) == nil {
			return nil
		}
	}
	r, err := os.Open(from)
	if err != nil {
		return err
	}
	defer func() { _ = r.Close() }()
	w, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644) //nolint:gosec // a base is public
	if err != nil {
		return err
	}
	_, err = io.Copy(w, r)
	if err == nil {
		err = w.Sync()
	}
	return errors.Join(err, w.Close())
}

func write(name string, data []byte) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o644) //nolint:gosec // a base is public
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// cardLicence reads the licence from a model card's YAML; "" where it says none.
func cardLicence(card string) string {
	data, err := os.ReadFile(card)
	if err != nil {
		return ""
	}
	text, ok := strings.CutPrefix(strings.ReplaceAll(string(data), "\r", ""), "---\n")
	head, _, end := strings.Cut(text, "\n---")
	if !ok || !end {
		return ""
	}
	var meta struct {
		License any `yaml:"license"`
	}
	if err := yaml.Unmarshal([]byte(head), &meta); err != nil {
		return ""
	}
	switch x := meta.License.(type) {
	case string:
		return x
	case []any:
		var all []string
		for _, v := range x {
			all = append(all, fmt.Sprint(v))
		}
		slices.Sort(all)
		return strings.Join(all, ", ")
	}
	return ""
}
