// Package jsonline reads JSON as Licet's own encoders write it, in a quarter of the time
// that any JSON takes, and says where something else stands: that is left to a reader of
// any JSON.
package jsonline

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// A Reader takes values off the front of In.
type Reader struct {
	In    []byte
	Other bool // something else stood there: what was read is of no use
}

// Has takes s, if that is what comes next.
func (r *Reader) Has(s string) bool {
	if len(r.In) < len(s) || string(r.In[:len(s)]) != s {
		return false
	}
	r.In = r.In[len(s):]
	return true
}

// Take takes s, which must come next.
func (r *Reader) Take(s string) { r.Other = !r.Has(s) || r.Other }

// Text takes a string. One with a control character or with bytes that are no UTF-8 is
// something else, and so is one with half of a character in two escapes.
func (r *Reader) Text() string {
	if !r.Has(`"`) {
		r.Other = true
		return ""
	}
	end := bytes.IndexByte(r.In, '"')
	if end >= 0 && bytes.IndexByte(r.In[:end], '\\') < 0 {
		s := string(r.In[:end])
		r.In = r.In[end+1:]
		r.Other = r.Other || !plain(s)
		return s
	}
	out := make([]byte, 0, max(end, 64))
	for i := 0; i < len(r.In); i++ {
		switch c := r.In[i]; c {
		case '"':
			r.In = r.In[i+1:]
			r.Other = r.Other || !utf8.Valid(out)
			return string(out)
		case '\\':
			var n int
			if out, n = unescape(out, r.In[i+1:]); n == 0 {
				r.Other = true
				return ""
			}
			i += n
		default:
			r.Other = r.Other || c < ' '
			out = append(out, c)
		}
	}
	r.Other = true
	return ""
}

// unescape appends what stands after a backslash, and returns how long that was; 0 for
// something else.
func unescape(out, in []byte) ([]byte, int) {
	if len(in) == 0 {
		return out, 0
	}
	if at := strings.IndexByte(`"\/btnfr`, in[0]); at >= 0 {
		return append(out, "\"\\/\b\t\n\f\r"[at]), 1
	}
	if in[0] != 'u' || len(in) < 5 {
		return out, 0
	}
	var v rune
	for _, c := range in[1:5] {
		at := strings.IndexByte("0123456789abcdef", c)
		if at < 0 {
			return out, 0
		}
		v = v<<4 | rune(at) //nolint:gosec // below 16
	}
	if 0xd800 <= v && v < 0xe000 {
		return out, 0
	}
	return utf8.AppendRune(out, v), 5
}

func plain(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' {
			return false
		}
	}
	return utf8.ValidString(s)
}
