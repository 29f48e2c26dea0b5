package dataset

import (
	"bytes"
	"fmt"
	"strings"
)

// The sections of the card. Counts and labels are all that they have of the rows.

func (c *Card) whatItIs(b *bytes.Buffer, n *counts) {
	fmt.Fprintf(b, "\n## What it is\n\n%d texts", n.rows)
	if c.Members > 0 {
		fmt.Fprintf(b, " by %d members", c.Members)
	}
	fmt.Fprintf(b, " of %s, %d bytes in all: what may be used for the purpose `%s` at position %d of the community's log.\n", inline(c.Community), n.bytes, inline(string(c.Purpose)), c.Seq)
	fmt.Fprintf(b, `
| column | |
|---|---|
| text | the author's own words, with placeholders where something was cut |
| kind, role, language | what the record is, in which role it was written, its language (empty: unknown) |
| member, record | who wrote it and which record it is: keyed hashes, which mean nothing outside the community |
| shard, slice | its place in the corpus: everything of one member is in one cell |
| others | members besides the author whose permission it needed |
| also_said_by | members who wrote nearly the same, for whom this text stands |
| cuts | what was taken out of the text, and how often |
`)
}

func (c *Card) basis(b *bytes.Buffer) {
	fmt.Fprintf(b, "\n## Basis and notice\n\nBasis: %s.\n\nNotice: %s.\n", sentence(c.Basis), sentence(c.Notice))
}

func sentence(s string) string { return strings.TrimSuffix(inline(s), ".") }

func inIt(b *bytes.Buffer, n *counts) {
	fmt.Fprint(b, "\n## What is in it\n\n| kind | texts | bytes |\n|---|---:|---:|\n")
	tallies(b, n.kinds)
	fmt.Fprint(b, "\n| language | texts | bytes |\n|---|---:|---:|\n")
	tallies(b, n.languages)
	fmt.Fprintf(b, "\nTexts that needed the permission of somebody besides their author: %d. Texts that stand for what others said nearly alike: %d.\n", n.shared, n.echoed)
}

func tallies(b *bytes.Buffer, m map[string]*tally) {
	rows := map[string]int64{}
	for key, t := range m {
		rows[key] = t.rows
	}
	for _, key := range byCount(rows) {
		fmt.Fprintf(b, "| %s | %d | %d |\n", key, m[key].rows, m[key].bytes)
	}
}

func (c *Card) leftOut(b *bytes.Buffer, n *counts) {
	fmt.Fprint(b, "\n## What was left out, and what was cut\n\n")
	reasons := map[string]int{}
	for reason, records := range c.LeftOut {
		reasons[label(reason)] += records
	}
	if len(reasons) == 0 {
		fmt.Fprint(b, "No record was left out.\n")
	} else {
		fmt.Fprint(b, "| reason | records |\n|---|---:|\n")
	}
	for _, reason := range byCount(reasons) {
		fmt.Fprintf(b, "| %s | %d |\n", reason, reasons[reason])
	}
	if len(n.cuts) == 0 {
		fmt.Fprint(b, "\nNothing was cut from the texts.\n")
		return
	}
	fmt.Fprint(b, "\n| cut | times |\n|---|---:|\n")
	for _, what := range byCount(n.cuts) {
		fmt.Fprintf(b, "| %s | %d |\n", what, n.cuts[what])
	}
}

func (c *Card) limits(b *bytes.Buffer) {
	fmt.Fprint(b, "\n## Limits\n\n")
	for _, l := range append([]string{
		"Recognisers miss some of what identifies people, and people can be known by how and of what they write: this is personal data, not anonymous data.",
		"Languages, near-duplicates and cuts are found by programs, which err.",
		"Who objected, or was never asked, is absent: the texts do not stand for the whole community.",
		"A copy does not change when a member objects: whoever holds one deletes what the community's later messages name.",
	}, c.Limits...) {
		fmt.Fprintf(b, "- %s\n", inline(l))
	}
}

func (c *Card) takenOut(b *bytes.Buffer, m *Manifest) {
	fmt.Fprintf(b, "\n## To be taken out\n\nIf words of yours are in here and you do not want it: %s. The next version is made without them, and everybody who was given this one is told.\n", sentence(c.Contact))
	fmt.Fprintf(b, "\n## To check it\n\nThe rows as canonical JSON Lines have the SHA-256 `%s`. `%s` names every file.", m.Digest, manifestName)
	if !c.Corpus.IsZero() {
		fmt.Fprintf(b, " The community's log names the corpus `%s`.", c.Corpus)
	}
	fmt.Fprint(b, "\n")
}
