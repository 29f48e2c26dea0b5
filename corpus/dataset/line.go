package dataset

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"unicode/utf8"

	"licet"
)

// normalise brings a row to its one form: UTF-8, where each invalid byte is
// U+FFFD as encoding/json has it, and sorted members.
func (r *Row) normalise() error {
	if r.Shard < 0 || r.Shard > math.MaxInt32 || r.Slice < 0 || r.Slice > math.MaxInt32 {
		return fmt.Errorf("cell (%d, %d) is out of range", r.Shard, r.Slice)
	}
	if r.Text == "" || r.Record == "" || r.Member == "" || r.Kind == "" {
		return errors.New("a row has a text, a kind, a record and a member")
	}
	r.Text, r.Language = valid(r.Text), valid(r.Language)
	r.Kind, r.Role = valid(r.Kind), valid(r.Role)
	r.Member, r.Record = valid(r.Member), valid(r.Record)
	r.Others, r.AlsoSaidBy = members(r.Others), members(r.AlsoSaidBy)
	var bad bool
	for what, n := range r.Cuts {
		bad = bad || n < 0 || n > math.MaxInt32 || !utf8.ValidString(what)
	}
	if bad {
		return errors.New("a cut has a label in UTF-8 and a count that is not negative")
	}
	return nil
}

func valid[S ~string](s S) S {
	if utf8.ValidString(string(s)) {
		return s
	}
	return S([]rune(s))
}

// members returns ids sorted, each once, and leaves ids as they are.
func members(ids []licet.MemberID) []licet.MemberID {
	if len(ids) == 0 {
		return nil
	}
	out := make([]licet.MemberID, len(ids))
	for i, id := range ids {
		out[i] = valid(id)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Line returns the row as it stands in JSON Lines: canonical JSON (RFC 8785) and
// a newline. The digest of a dataset is of these lines.
func (r Row) Line() ([]byte, error) {
	if err := r.normalise(); err != nil {
		return nil, fmt.Errorf("dataset row: %w", err)
	}
	return r.appendLine(nil), nil
}

// appendLine writes a normalised row. Fields stand in the order of their names;
// none is left out, so that a loader finds one shape. It is here because
// jcs.Transform parses what encoding/json wrote; FuzzLine holds the two equal.
func (r *Row) appendLine(b []byte) []byte {
	b = appendMembers(append(b, `{"also_said_by":`...), r.AlsoSaidBy)
	b = append(b, `,"cuts":[`...)
	for i, what := range sortedCuts(r.Cuts) {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendInt(append(b, `{"count":`...), int64(r.Cuts[what]), 10)
		b = append(appendString(append(b, `,"what":`...), what), '}')
	}
	b = appendString(append(b, `],"kind":`...), string(r.Kind))
	b = appendString(append(b, `,"language":`...), r.Language)
	b = appendString(append(b, `,"member":`...), string(r.Member))
	b = appendMembers(append(b, `,"others":`...), r.Others)
	b = appendString(append(b, `,"record":`...), string(r.Record))
	b = appendString(append(b, `,"role":`...), string(r.Role))
	b = strconv.AppendInt(append(b, `,"shard":`...), int64(r.Shard), 10)
	b = strconv.AppendInt(append(b, `,"slice":`...), int64(r.Slice), 10)
	b = appendString(append(b, `,"text":`...), r.Text)
	return append(b, "}\n"...)
}

func sortedCuts(cuts map[string]int) []string {
	if len(cuts) == 0 {
		return nil
	}
	return slices.Sorted(maps.Keys(cuts))
}

func appendMembers(b []byte, ids []licet.MemberID) []byte {
	b = append(b, '[')
	for i, id := range ids {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendString(b, string(id))
	}
	return append(b, ']')
}

// appendString writes valid UTF-8 as RFC 8785, section 3.2.2.2, has it: only the
// quote, the backslash and control characters are escaped.
func appendString(b []byte, s string) []byte {
	const digits = "0123456789abcdef"
	b = append(b, '"')
	from := 0
	for i := range len(s) {
		c := s[i]
		if c >= ' ' && c != '"' && c != '\\' {
			continue
		}
		b = append(b, s[from:i]...)
		from = i + 1
		switch c {
		case '"', '\\':
			b = append(b, '\\', c)
		case '\b':
			b = append(b, `\b`...)
		case '\t':
			b = append(b, `\t`...)
		case '\n':
			b = append(b, `\n`...)
		case '\f':
			b = append(b, `\f`...)
		case '\r':
			b = append(b, `\r`...)
		default:
			b = append(b, '\\', 'u', '0', '0', digits[c>>4], digits[c&15])
		}
	}
	return append(append(b, s[from:]...), '"')
}
