package corpus

import (
	"bytes"
	"encoding/json"
	"fmt"
	"unicode/utf8"

	"licet"
	"licet/internal/jsonline"
)

// Row is one line of a cell: nothing in it depends on when it came.
type Row struct {
	Member   licet.MemberID   `json:"member"`
	Record   licet.RecordID   `json:"record"`
	Kind     licet.Kind       `json:"kind"`
	Role     licet.Role       `json:"role,omitempty"`
	Language string           `json:"language,omitempty"`
	Text     string           `json:"text"`
	Others   []licet.MemberID `json:"others,omitempty"`
}

// RowOf returns the row of a passage.
func RowOf(p licet.Passage) Row {
	return Row{p.Member, p.Record, p.Kind, p.Role, p.Language, p.Text, p.Others}
}

// Append appends the row as it stands in a cell: an object in the canonical form of
// RFC 8785, then a newline. TestRowsAreCanonical compares it with an encoder that
// knows nothing of rows.
func (r Row) Append(dst []byte) []byte {
	dst = append(dst, '{')
	// The keys in the order of RFC 8785.
	dst = appendField(dst, "kind", string(r.Kind))
	if r.Language != "" {
		dst = appendField(append(dst, ','), "language", r.Language)
	}
	dst = appendField(append(dst, ','), "member", string(r.Member))
	if len(r.Others) > 0 {
		dst = append(dst, `,"others":[`...)
		for i, m := range r.Others {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = appendString(dst, string(m))
		}
		dst = append(dst, ']')
	}
	dst = appendField(append(dst, ','), "record", string(r.Record))
	if r.Role != "" {
		dst = appendField(append(dst, ','), "role", string(r.Role))
	}
	dst = appendField(append(dst, ','), "text", r.Text)
	return append(dst, '}', '\n')
}

func appendField(dst []byte, name, value string) []byte {
	dst = append(dst, '"')
	dst = append(dst, name...)
	return appendString(append(dst, '"', ':'), value)
}

// appendString writes a string as RFC 8785 does: what must be escaped is, nothing
// else. A byte that is no UTF-8 becomes U+FFFD, as encoding/json makes of it.
func appendString(dst []byte, s string) []byte {
	const hex = "0123456789abcdef"
	dst = append(dst, '"')
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= utf8.RuneSelf {
			r, n := utf8.DecodeRuneInString(s[i:])
			if r == utf8.RuneError && n == 1 {
				dst = append(append(dst, s[start:i]...), "\uFFFD"...)
				start = i + 1
			}
			i += n
			continue
		}
		if c >= ' ' && c != '"' && c != '\\' {
			i++
			continue
		}
		dst = append(dst, s[start:i]...)
		switch c {
		case '"', '\\':
			dst = append(dst, '\\', c)
		case '\b':
			dst = append(dst, `\b`...)
		case '\t':
			dst = append(dst, `\t`...)
		case '\n':
			dst = append(dst, `\n`...)
		case '\f':
			dst = append(dst, `\f`...)
		case '\r':
			dst = append(dst, `\r`...)
		default:
			dst = append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		}
		i++
		start = i
	}
	return append(append(dst, s[start:]...), '"')
}

// ReadRows reads the rows of a cell.
func ReadRows(data []byte) ([]Row, error) {
	var out []Row
	for line := range bytes.Lines(data) {
		r, err := readRow(line)
		if err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	return out, nil
}

// readRow reads a line: what Append wrote in a quarter of the time that JSON takes, and
// any other JSON as it is. FuzzReadRows compares the two.
func readRow(line []byte) (Row, error) {
	l := jsonline.Reader{In: line}
	if r := take(&l); !l.Other && len(l.In) == 0 {
		return r, nil
	}
	var r Row
	if err := json.Unmarshal(line, &r); err != nil {
		return r, fmt.Errorf("corpus row: %w", err)
	}
	return r, nil
}

// take takes what Append writes.
func take(l *jsonline.Reader) (r Row) {
	l.Take(`{"kind":`)
	r.Kind = licet.Kind(l.Text())
	if l.Has(`,"language":`) {
		r.Language = l.Text()
	}
	l.Take(`,"member":`)
	r.Member = licet.MemberID(l.Text())
	if l.Has(`,"others":[`) {
		for {
			r.Others = append(r.Others, licet.MemberID(l.Text()))
			if l.Other || !l.Has(`,`) {
				break
			}
		}
		l.Take(`]`)
	}
	l.Take(`,"record":`)
	r.Record = licet.RecordID(l.Text())
	if l.Has(`,"role":`) {
		r.Role = licet.Role(l.Text())
	}
	l.Take(`,"text":`)
	r.Text = l.Text()
	l.Take("}\n")
	return r
}
