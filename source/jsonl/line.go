package jsonl

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"time"
	"unicode/utf8"

	"licet/source"
)

// A line is one JSON object. It is read more strictly than encoding/json does
// it: names are not folded, none stands twice, and what is wrong is said by
// field, without quoting a text. The first error stays in err.
type line struct {
	pos    source.Pos
	fields map[string]json.RawMessage
	err    error
}

var errTwice = errors.New("a field stands twice")

func readLine(pos source.Pos, data []byte) (*line, error) {
	if !utf8.Valid(data) {
		return nil, pos.Errorf("", "the line is not UTF-8: convert the file")
	}
	fields, err := object(data)
	if errors.Is(err, errTwice) {
		return nil, pos.Errorf("", "a field stands twice in the line: keep one")
	}
	if err != nil {
		return nil, pos.Errorf("", "the line is not one whole JSON object: it is broken or cut off; write the file again")
	}
	return &line{pos: pos, fields: fields}, nil
}

// object reads the fields of the one JSON object that data is.
func object(data []byte) (map[string]json.RawMessage, error) {
	in := json.NewDecoder(bytes.NewReader(data))
	open, err := in.Token()
	if err != nil {
		return nil, err
	}
	if open != json.Delim('{') {
		return nil, errors.New("not an object")
	}
	fields := map[string]json.RawMessage{}
	for in.More() {
		name, err := in.Token()
		if err != nil {
			return nil, err
		}
		var value json.RawMessage
		if err := in.Decode(&value); err != nil {
			return nil, err
		}
		key, _ := name.(string) // the decoder lets nothing else through here
		if _, twice := fields[key]; twice {
			return nil, errTwice
		}
		fields[key] = value
	}
	if _, err := in.Token(); err != nil { // the closing brace
		return nil, err
	}
	if _, err := in.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("more than one object")
	}
	return fields, nil
}

func (l *line) fail(field, format string, args ...any) {
	if l.err == nil {
		l.err = l.pos.Errorf(field, format, args...)
	}
}

// read decodes a field that is there and not null.
func (l *line) read(field string, into any, want string) {
	if raw, ok := l.fields[field]; ok && json.Unmarshal(raw, into) != nil {
		l.fail(field, "is not %s: correct it", want)
	}
}

func (l *line) text(field string) (v string) {
	l.read(field, &v, "a text in quotes")
	return v
}

func (l *line) texts(field string) (v []string) {
	l.read(field, &v, `a list of texts such as ["a","b"]`)
	return v
}

func (l *line) number(field string) (v int) {
	l.read(field, &v, "a whole number")
	return v
}

func (l *line) time(field string) time.Time {
	text := l.text(field)
	if text == "" {
		return time.Time{}
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		l.fail(field, "is not a time: use RFC 3339, as in 2025-02-03T10:00:00Z")
	}
	return t.UTC()
}
