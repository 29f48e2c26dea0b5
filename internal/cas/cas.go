// Package cas keeps blobs under the digest of their content, sealed at rest
// under the installation's key. Everything in it can be built again.
package cas

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"licet"
)

// Errors that callers tell apart.
var (
	// ErrNotFound says that there is no object of that name.
	ErrNotFound = errors.New("no such object")
	// ErrDamaged says that an object can't be opened or is not what its name says.
	ErrDamaged = errors.New("damaged object")
)

// A Store is a folder of objects. It is safe for concurrent use, also by
// several processes: an object is written beside its place and moved there.
type Store struct {
	dir  string
	aead cipher.AEAD
	sync bool
}

// Open opens the store in dir and makes the folder where it is missing. With
// sync, an object that was put survives a power cut.
func Open(dir string, key [32]byte, sync bool) (*Store, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("open objects: %w", err)
	}
	block, err := aes.NewCipher(key[:])
	if err != nil {
		return nil, fmt.Errorf("open objects: %w", err)
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return nil, fmt.Errorf("open objects: %w", err)
	}
	return &Store{dir, aead, sync}, nil
}

func (s *Store) path(d licet.Digest) string {
	name := d.String()
	return filepath.Join(s.dir, name[:2], name[2:])
}

// Put stores data and returns its digest.
func (s *Store) Put(data []byte) (licet.Digest, error) {
	d := licet.Sum(data)
	if s.Has(d) {
		return d, nil
	}
	return d, s.write(s.path(d), s.aead.Seal(nil, nil, data, d[:]))
}

// Get returns the object d.
func (s *Store) Get(d licet.Digest) ([]byte, error) {
	sealed, err := os.ReadFile(s.path(d))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w: %s", ErrNotFound, d)
	}
	if err != nil {
		return nil, fmt.Errorf("read object: %w", err)
	}
	data, err := s.aead.Open(nil, nil, sealed, d[:])
	if err != nil || licet.Sum(data) != d {
		return nil, fmt.Errorf("%w: %s: delete it, it will be built again", ErrDamaged, d)
	}
	return data, nil
}

// Has tells whether the object d is there.
func (s *Store) Has(d licet.Digest) bool {
	_, err := os.Stat(s.path(d))
	return err == nil
}

// Link remembers that key leads to the object d.
func (s *Store) Link(key, d licet.Digest) error {
	return s.write(s.path(key)+".step", s.aead.Seal(nil, nil, d[:], key[:]))
}

// Follow returns the object that key leads to, if both are there.
func (s *Store) Follow(key licet.Digest) (licet.Digest, bool) {
	sealed, err := os.ReadFile(s.path(key) + ".step")
	if err != nil {
		return licet.Digest{}, false
	}
	data, err := s.aead.Open(nil, nil, sealed, key[:])
	if err != nil || len(data) != len(key) {
		return licet.Digest{}, false
	}
	d := licet.Digest(data)
	return d, s.Has(d)
}

// Sweep deletes every object and link that keep does not name, and returns how
// many. link is true for a link.
func (s *Store) Sweep(keep func(d licet.Digest, link bool) bool) (gone int, err error) {
	err = filepath.WalkDir(s.dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		name, link := strings.CutSuffix(filepath.Base(filepath.Dir(path))+e.Name(), ".step")
		d, err := licet.ParseDigest(name)
		if err == nil && keep(d, link) {
			return nil
		}
		gone++
		return os.Remove(path)
	})
	if err != nil {
		return gone, fmt.Errorf("sweep objects: %w", err)
	}
	return gone, nil
}

// write makes a file appear whole or not at all.
func (s *Store) write(path string, data []byte) (err error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("write object: %w", err)
	}
	f, err := os.OpenFile(path+"."+rand.Text()+".tmp", os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("write object: %w", err)
	}
	defer func() {
		if err != nil {
			_ = os.Remove(f.Name())
		}
	}()
	_, err = f.Write(data)
	if err == nil && s.sync {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("write object: %w", err)
	}
	if err = os.Rename(f.Name(), path); err != nil {
		return fmt.Errorf("write object: %w", err)
	}
	if !s.sync {
		return nil
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return fmt.Errorf("write object: %w", err)
	}
	if err = errors.Join(dir.Sync(), dir.Close()); err != nil { // the new name, too
		return fmt.Errorf("write object: %w", err)
	}
	return nil
}
