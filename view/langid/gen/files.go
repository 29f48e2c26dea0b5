package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// files finds the sources of a recipe and checks their digests.
type files struct {
	packages, shared string
	any              bool
	log              io.Writer
}

// A member is one file of a source, by its path within.
type member struct {
	name string
	body []byte
}

var errDigest = errors.New("not the bytes that the recipe names")

// open returns a source's files in the order of their names, those that keep
// wants.
func (f *files) open(o origin, keep func(name string) bool) ([]member, error) {
	kind, place, _ := strings.Cut(o.place, ":")
	var name string
	switch kind {
	case "npm":
		name = filepath.Join(f.packages, npmFile(place))
	case "pypi":
		name = filepath.Join(f.packages, place)
	case "shared":
		name = filepath.Join(f.shared, place)
	default:
		return nil, fmt.Errorf("%w: place %q", errRecipe, o.place)
	}
	members, digest, err := load(name, keep)
	if err != nil {
		return nil, fmt.Errorf("source %s: %w", o.place, err)
	}
	if f.any {
		if _, err := fmt.Fprintf(f.log, "source\t%s\t%s\t%s\t%s\n", o.reader, o.place, digest, o.licence); err != nil {
			return nil, err
		}
	} else if digest != o.digest {
		return nil, fmt.Errorf("source %s has %s: %w", o.place, digest, errDigest)
	}
	slices.SortFunc(members, func(a, b member) int { return strings.Compare(a.name, b.name) })
	return members, nil
}

// npmFile is the name that "npm pack" gives to a package's file.
func npmFile(place string) string {
	i := strings.LastIndexByte(place, '@')
	name := strings.ReplaceAll(strings.TrimPrefix(place[:i], "@"), "/", "-")
	return name + "-" + place[i+1:] + ".tgz"
}

// load reads a file, an archive's files or a folder's.
func load(name string, keep func(string) bool) ([]member, string, error) {
	st, err := os.Stat(name)
	if err != nil {
		return nil, "", err
	}
	if st.IsDir() {
		return folder(name, keep)
	}
	b, err := os.ReadFile(name) //nolint:gosec // a tool that reads what it is told to
	if err != nil {
		return nil, "", err
	}
	digest := fmt.Sprintf("%x", sha256.Sum256(b))
	var members []member
	switch filepath.Ext(name) {
	case ".zip", ".whl":
		members, err = unzip(b, keep)
	case ".tgz":
		members, err = untar(b, keep)
	default:
		members = []member{{filepath.Base(name), b}}
	}
	return members, digest, err
}

// folder reads the files below a folder; its digest is that of the lines
// "SHA-256  path", in order.
func folder(root string, keep func(string) bool) ([]member, string, error) {
	var members []member
	sum := sha256.New()
	err := fs.WalkDir(os.DirFS(root), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := fs.ReadFile(os.DirFS(root), name)
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintf(sum, "%x  %s\n", sha256.Sum256(b), name); err != nil {
			return err
		}
		if keep(name) {
			members = append(members, member{name, b})
		}
		return nil
	})
	return members, fmt.Sprintf("%x", sum.Sum(nil)), err
}

func unzip(b []byte, keep func(string) bool) ([]member, error) {
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		return nil, err
	}
	var members []member
	for _, f := range z.File {
		if f.FileInfo().IsDir() || !keep(f.Name) {
			continue
		}
		r, err := f.Open()
		if err != nil {
			return nil, err
		}
		body, err := io.ReadAll(r)
		if err := errors.Join(err, r.Close()); err != nil {
			return nil, err
		}
		members = append(members, member{f.Name, body})
	}
	return members, nil
}

func untar(b []byte, keep func(string) bool) ([]member, error) {
	g, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		return nil, err
	}
	var members []member
	for t := tar.NewReader(g); ; {
		h, err := t.Next()
		if errors.Is(err, io.EOF) {
			return members, nil
		}
		if err != nil {
			return nil, err
		}
		if h.Typeflag != tar.TypeReg || !keep(h.Name) {
			continue
		}
		body, err := io.ReadAll(t)
		if err != nil {
			return nil, err
		}
		members = append(members, member{h.Name, body})
	}
}
