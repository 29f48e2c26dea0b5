package tagger

import (
	"bufio"
	"compress/flate"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// magic is the first line of a model's file. What follows is compressed
// (RFC 1951): caution, transitions, letters, weights, words.
const magic = "licet-person 1\n"

// errModel is a file that does not read as a model.
var errModel = errors.New("no model of names")

// Write writes m with the words of its lexicon, sorted.
func (m *Model) Write(w io.Writer, words []Word) error {
	if _, err := io.WriteString(w, magic); err != nil {
		return fmt.Errorf("write the model: %w", err)
	}
	z, err := flate.NewWriter(w, flate.BestCompression)
	if err != nil {
		return fmt.Errorf("compress the model: %w", err)
	}
	if err := m.payload(z, words); err != nil {
		return err
	}
	if err := z.Close(); err != nil {
		return fmt.Errorf("compress the model: %w", err)
	}
	return nil
}

// payload writes what is compressed. The weights of one label follow one another.
func (m *Model) payload(w io.Writer, words []Word) error {
	buf := binary.LittleEndian.AppendUint32(nil, uint32(m.caution)) //nolint:gosec // read back as it was
	for g := range m.trans {
		for a := range labels {
			for b := range labels {
				buf = binary.LittleEndian.AppendUint32(buf, uint32(m.trans[g][a][b])) //nolint:gosec // read back as it was
			}
		}
	}
	for _, x := range m.grams {
		buf = append(buf, byte(x))
	}
	for y := range labels {
		for at := range m.weights {
			buf = append(buf, byte(m.weights[at][y]))
		}
	}
	if _, err := w.Write(buf); err != nil {
		return fmt.Errorf("write the weights: %w", err)
	}
	return m.lex.write(w, words)
}

// Digest returns the SHA-256 of what a model's file holds, unpacked: it does
// not change with the compressor.
func Digest(r io.Reader) ([32]byte, error) {
	z, err := unpack(r)
	if err != nil {
		return [32]byte{}, err
	}
	h := sha256.New()
	if _, err := io.Copy(h, z); err != nil {
		return [32]byte{}, fmt.Errorf("unpack the model: %w", err)
	}
	return [32]byte(h.Sum(nil)), nil
}

func unpack(r io.Reader) (io.Reader, error) {
	head := make([]byte, len(magic))
	if _, err := io.ReadFull(r, head); err != nil || string(head) != magic {
		return nil, fmt.Errorf("read the first line: %w", errors.Join(errModel, err))
	}
	return flate.NewReader(r), nil
}

// Read reads what Write wrote.
func Read(r io.Reader) (*Model, error) {
	z, err := unpack(r)
	if err != nil {
		return nil, err
	}
	in := bufio.NewReaderSize(z, 1<<16)
	m := newModel(nil, new(Grams))
	buf := make([]byte, 4+4*int(gaps)*labels*labels+gramTable+labels*featureTable)
	if _, err := io.ReadFull(in, buf); err != nil {
		return nil, fmt.Errorf("read the weights: %w", errors.Join(errModel, err))
	}
	number := func() int32 {
		x := binary.LittleEndian.Uint32(buf)
		buf = buf[4:]
		return int32(x) //nolint:gosec // written from such a number
	}
	m.caution = number()
	for g := range m.trans {
		for a := range labels {
			for b := range labels {
				m.trans[g][a][b] = number()
			}
		}
	}
	for i := range m.grams {
		m.grams[i] = int8(buf[i]) //nolint:gosec // written from such a number
	}
	buf = buf[gramTable:]
	for y := range labels {
		for at := range m.weights {
			m.weights[at][y] = int8(buf[y*featureTable+at]) //nolint:gosec // written from such a number
		}
	}
	m.lex, err = readLexicon(in)
	return m, err
}
