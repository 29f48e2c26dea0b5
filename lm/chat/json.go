package chat

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/ardanlabs/jinja"
)

// json writes a value as transformers' tojson does: Python's json.dumps with
// ensure_ascii=False, keys in their order; indent, 0 to 9, writes lines.
func (r *run) json(args []jinja.Value, named map[string]jinja.Value) (jinja.Value, error) {
	indent := -1
	for name, v := range named {
		switch {
		case name == "indent" && v.IsInt() && v.AsInt() >= 0 && v.AsInt() < 10:
			indent = int(v.AsInt())
		case name == "indent" && v.IsNone(), name == "ensure_ascii" && v.IsBool() && !v.AsBool():
		default:
			return r.stop(fmt.Errorf("%w: tojson takes indent=N, N from 0 to 9, only", ErrTemplate))
		}
	}
	if len(args) != 1 {
		return r.stop(fmt.Errorf("%w: tojson takes indent=N only", ErrTemplate))
	}
	if _, ok := r.size(args[0], r.room); !ok {
		return r.stop(fmt.Errorf("%w: it writes too much", ErrTooMuch))
	}
	var b strings.Builder
	if err := writeJSON(&b, args[0], indent, 0); err != nil {
		return r.stop(err)
	}
	return jinja.NewString(b.String()), nil
}

func writeJSON(b *strings.Builder, v jinja.Value, indent, depth int) error {
	switch {
	case v.IsNone():
		b.WriteString("null")
	case v.IsBool():
		fmt.Fprintf(b, "%t", v.AsBool())
	case v.IsInt():
		fmt.Fprintf(b, "%d", v.AsInt())
	case v.IsFloat():
		b.WriteString(pythonFloat(v.AsFloat()))
	case v.IsString():
		writeJSONString(b, v.AsString())
	case v.IsList():
		list := v.AsList().Items
		return writeJSONItems(b, "[]", len(list), indent, depth, func(i int) error { return writeJSON(b, list[i], indent, depth+1) })
	case v.IsDict():
		d := v.AsDict()
		return writeJSONItems(b, "{}", len(d.Keys), indent, depth, func(i int) error {
			writeJSONString(b, d.Keys[i])
			b.WriteString(": ")
			item, _ := d.Get(d.Keys[i])
			return writeJSON(b, item, indent, depth+1)
		})
	default:
		return fmt.Errorf("%w: tojson of what is not defined", ErrTemplate)
	}
	return nil
}

func writeJSONItems(b *strings.Builder, brackets string, n, indent, depth int, write func(i int) error) error {
	b.WriteByte(brackets[0])
	for i := range n {
		switch {
		case i > 0 && indent < 0:
			b.WriteString(", ")
		case i > 0:
			b.WriteByte(',')
		}
		if indent >= 0 {
			b.WriteString("\n" + strings.Repeat(" ", indent*(depth+1)))
		}
		if err := write(i); err != nil {
			return err
		}
	}
	if n > 0 && indent >= 0 {
		b.WriteString("\n" + strings.Repeat(" ", indent*depth))
	}
	b.WriteByte(brackets[1])
	return nil
}

// writeJSONString escapes what Python does: quotes, backslashes and control
// characters.
func writeJSONString(b *strings.Builder, s string) {
	b.WriteByte('"')
	for _, c := range s {
		switch {
		case c == '"' || c == '\\':
			b.WriteByte('\\')
			b.WriteRune(c)
		case c >= ' ':
			b.WriteRune(c)
		case strings.ContainsRune("\b\f\n\r\t", c):
			b.WriteString(strings.Trim(strconv.Quote(string(c)), `"`))
		default:
			fmt.Fprintf(b, "\\u%04x", c)
		}
	}
	b.WriteByte('"')
}

func pythonFloat(f float64) string {
	s := fmt.Sprintf("%v", f)
	if !strings.ContainsAny(s, ".en") {
		s += ".0"
	}
	return s
}
