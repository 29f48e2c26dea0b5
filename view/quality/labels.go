package quality

import (
	_ "embed"
	"fmt"
	"strings"
)

//go:embed testdata/labels.tsv
var labelled string

// A Label is what a reader said of a real post; see testdata/README.md.
type Label struct {
	Ref    string // names the post in a public data set
	Reason string // "" to keep it; the reader's reasons are not Judge's
	Drawn  bool   // of the draw, not added because it is bad
}

// drawn is how many of the labels are the draw.
const drawn = 300

// Labels returns the labelled posts, in the order of the file.
func Labels() ([]Label, error) {
	var out []Label
	for line := range strings.Lines(labelled) {
		f := strings.Split(strings.TrimRight(line, "\n"), "\t")
		if len(f) != 3 || (f[1] == "keep") != (f[2] == "") {
			return nil, fmt.Errorf("labels.tsv, line %d: want reference, keep or drop, reason", len(out)+1)
		}
		out = append(out, Label{Ref: f[0], Reason: f[2], Drawn: len(out) < drawn})
	}
	return out, nil
}
