// Package person finds the names of people in short text, English and French,
// whoever they are: names of everywhere, in Latin letters.
package person

import (
	"bytes"
	_ "embed"
	"fmt"

	"licet/view/redact/person/tagger"
)

//go:embed model.bin
var embedded []byte

// A Model finds names. It is safe for concurrent use.
type Model struct{ tagger *tagger.Model }

// Load returns the embedded model, which gen learned (ADR 0016). It takes some
// milliseconds and some megabytes: load it once.
func Load() (*Model, error) {
	m, err := tagger.Read(bytes.NewReader(embedded))
	if err != nil {
		return nil, fmt.Errorf("read the embedded model: %w", err)
	}
	return &Model{m}, nil
}

// Find returns the byte ranges of person names in text, sorted, not
// overlapping. Titles before a name and a possessive 's after it are left out.
func (m *Model) Find(text string) [][2]int { return m.tagger.Find(text) }
