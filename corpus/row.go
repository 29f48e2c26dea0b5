package corpus

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"

	"licet"
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
	l := lineReader{in: line}
	if r := l.row(); !l.other && len(l.in) == 0 {
		return r, nil
	}
	var r Row
	if err := json.Unmarshal(line, &r); err != nil {
		return r, fmt.Errorf("corpus row: %w", err)
	}
	return r, nil
}

// A lineReader takes what Append writes off the front of a line.
type lineReader struct {
	in    []byte
	other bool // it is something else
}

func (l *lineReader) row() (r Row) {
	l.take(`{"kind":`)
	r.Kind = licet.Kind(l.text())
	if l.has(`,"language":`) {
		r.Language = l.text()
	}
	l.take(`,"member":`)
	r.Member = licet.MemberID(l.text())
	if l.has(`,"others":[`) {
		for {
			r.Others = append(r.Others, licet.MemberID(l.text()))
			if l.other || !l.has(`,`) {
				break
			}
		}
		l.take(`]`)
	}
	l.take(`,"record":`)
	r.Record = licet.RecordID(l.text())
	if l.has(`,"role":`) {
		r.Role = licet.Role(l.text())
	}
	l.take(`,"text":`)
	r.Text = l.text()
	l.take("}\n")
	return r
}

func (l *lineReader) has(s string) bool {
	if len(l.in) < len(s) || string(l.in[:len(s)]) != s {
		return false
	}
	l.in = l.in[len(s):]
	return true
}

func (l *lineReader) take(s string) { l.other = !l.has(s) || l.other }

// text takes a string. One with an escape that Append would not have written, with a
// control character or with bytes that are no UTF-8 is left to JSON.
func (l *lineReader) text() string {
	if !l.has(`"`) {
		l.other = true
		return ""
	}
	end := bytes.IndexByte(l.in, '"')
	if end >= 0 && bytes.IndexByte(l.in[:end], '\\') < 0 {
		s := string(l.in[:end])
		l.in = l.in[end+1:]
		l.other = l.other || !plain(s)
		return s
	}
	var out []byte
	for i := 0; i < len(l.in); i++ {
		switch c := l.in[i]; c {
		case '"':
			l.in = l.in[i+1:]
			l.other = l.other || !utf8.Valid(out)
			return string(out)
		case '\\':
			i++
			if i == len(l.in) {
				break
			}
			at := strings.IndexByte(`"\btnfr`, l.in[i])
			if at < 0 {
				l.other = true
				return ""
			}
			out = append(out, "\"\\\b\t\n\f\r"[at])
		default:
			l.other = l.other || c < ' '
			out = append(out, c)
		}
	}
	l.other = true
	return ""
}

func plain(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' {
			return false
		}
	}
	return utf8.ValidString(s)
}
