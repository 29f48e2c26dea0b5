// Package spill holds what does not fit into memory: a file without a name,
// encrypted under a key that only this process has ever had. When the process
// ends, however it ends, nothing of it can be read.
package spill

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"os"
	"sync"
)

// A File is appended to and read at any place. It is safe for concurrent use.
type File struct {
	f     *os.File
	block cipher.Block

	mu   sync.Mutex
	size int64
}

// New makes a file in dir; "" is the system's folder for temporary files.
func New(dir string) (*File, error) {
	var key [32]byte
	_, _ = rand.Read(key[:]) // it never fails
	block, err := aes.NewCipher(key[:])
	if err != nil {
		return nil, fmt.Errorf("spill: %w", err)
	}
	f, err := os.CreateTemp(dir, "licet-spill-")
	if err != nil {
		return nil, fmt.Errorf("spill: %w", err)
	}
	if err := os.Remove(f.Name()); err != nil { // open, and without a name
		return nil, fmt.Errorf("spill: %w", err)
	}
	return &File{f: f, block: block}, nil
}

// Append writes data at the end, and returns where that was. data is encrypted
// in place: it must not be used afterwards.
func (s *File) Append(data []byte) (off int64, err error) {
	s.mu.Lock()
	off = s.size
	s.size += int64(len(data))
	s.mu.Unlock()
	s.crypt(data, off)
	if _, err := s.f.WriteAt(data, off); err != nil {
		return 0, fmt.Errorf("spill %d bytes: %w: make room, or name another folder for temporary files", len(data), err)
	}
	return off, nil
}

// ReadAt fills p with what was written at off.
func (s *File) ReadAt(p []byte, off int64) (int, error) {
	n, err := s.f.ReadAt(p, off)
	if err != nil {
		return n, fmt.Errorf("read what was spilt: %w", err)
	}
	s.crypt(p, off)
	return n, nil
}

// Wipe overwrites n bytes at off.
func (s *File) Wipe(off, n int64) error {
	if _, err := s.f.WriteAt(make([]byte, n), off); err != nil {
		return fmt.Errorf("wipe what was spilt: %w", err)
	}
	return nil
}

// Size is how many bytes were appended.
func (s *File) Size() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.size
}

// Close gives the file back; it is gone.
func (s *File) Close() error { return s.f.Close() }

// crypt applies the key stream of AES-CTR at a place: no byte of the stream is used
// for two places, since the key is this file's alone and places are written once.
func (s *File) crypt(data []byte, off int64) {
	var counter [aes.BlockSize]byte
	binary.BigEndian.PutUint64(counter[8:], uint64(off/aes.BlockSize)) //nolint:gosec // never negative
	stream := cipher.NewCTR(s.block, counter[:])
	if skip := off % aes.BlockSize; skip > 0 {
		var none [aes.BlockSize]byte
		stream.XORKeyStream(none[:skip], none[:skip])
	}
	stream.XORKeyStream(data, data)
}
