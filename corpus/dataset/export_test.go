package dataset

import "os"

// FillAt makes every file of w refuse to grow beyond n bytes, as a full disk does.
func (w *Writer) FillAt(n int64, full error) {
	w.create = func(name string) (file, error) {
		f, err := os.Create(name)
		return &small{f, n, full}, err
	}
}

type small struct {
	*os.File
	left int64
	full error
}

func (s *small) Write(p []byte) (int, error) {
	if int64(len(p)) > s.left {
		n, _ := s.File.Write(p[:s.left])
		s.left = 0
		return n, s.full
	}
	s.left -= int64(len(p))
	return s.File.Write(p)
}

// ParseManifest reads a manifest.
func ParseManifest(data []byte) (Manifest, error) { return parseManifest(data) }
