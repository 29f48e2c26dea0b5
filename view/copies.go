package view

import (
	"encoding/binary"
	"errors"
	"iter"
	"strings"
	"sync"
	"time"

	"licet"
	"licet/internal/spill"
)

// copies are the records as a scan has read and opened them, range by range, so that
// what comes after the scan need not read and open them again, and sees the same ones.
// They are out of memory, in a file that only this process can read.
type copies struct {
	file   *spill.File
	chunks [ranges][]chunk
}

// A chunk is some records, one after another.
type chunk struct {
	at   int64
	size int
}

// chunkSize is about how many bytes are written or read at once.
const chunkSize = 1 << 18

func newCopies(temp string) (*copies, error) {
	f, err := spill.New(temp)
	return &copies{file: f}, err
}

func (c *copies) close() error { return c.file.Close() }

// A copier writes the copies of one range.
type copier struct {
	c      *copies
	at     int
	buffer []byte
	room   *[]byte // where the buffer came from
}

func (c *copies) copier(i int) *copier {
	room, _ := copying.Get().(*[]byte)
	return &copier{c: c, at: i, buffer: (*room)[:0], room: room}
}

var copying = sync.Pool{New: func() any { return new([]byte) }}

func (w *copier) add(r *licet.Record) error {
	w.buffer = appendRecord(w.buffer, r)
	if len(w.buffer) < chunkSize {
		return nil
	}
	return w.flush()
}

// done writes what is left; nothing may be added any more.
func (w *copier) done() error {
	err := w.flush()
	*w.room = w.buffer
	copying.Put(w.room)
	w.buffer, w.room = nil, nil
	return err
}

func (w *copier) flush() error {
	if len(w.buffer) == 0 {
		return nil
	}
	at, err := w.c.file.Append(w.buffer)
	w.c.chunks[w.at] = append(w.c.chunks[w.at], chunk{at, len(w.buffer)})
	w.buffer = w.buffer[:0]
	return err
}

// of yields the records of a range in the order in which they were written. Their texts
// share the memory of a chunk, but for the ids of members, which are remembered for long:
// TestWhoIsRememberedHoldsNoText.
func (c *copies) of(i int) iter.Seq2[licet.Record, error] {
	return func(yield func(licet.Record, error) bool) {
		var data []byte
		var last licet.MemberID
		var r licet.Record
		for _, x := range c.chunks[i] {
			if cap(data) < x.size {
				data = make([]byte, x.size)
			}
			data = data[:x.size]
			if _, err := c.file.ReadAt(data, x.at); err != nil {
				yield(licet.Record{}, err)
				return
			}
			for rest := string(data); rest != ""; {
				var err error
				rest, err = readRecord(rest, &r)
				if r.Member != last {
					last = licet.MemberID(strings.Clone(string(r.Member)))
				}
				r.Member, r.About = last, licet.MemberID(strings.Clone(string(r.About)))
				if !yield(r, err) || err != nil {
					return
				}
			}
		}
	}
}

// texts are the fields of a record that are texts, always in this order.
func texts(r *licet.Record) [19]*string {
	return [...]*string{
		(*string)(&r.ID), (*string)(&r.Member), &r.Ref, (*string)(&r.Kind), (*string)(&r.Role), &r.Text, &r.Language,
		(*string)(&r.About), (*string)(&r.ReplyTo), (*string)(&r.ShareOf), &r.Group, &r.Special, (*string)(&r.Signal),
		&r.Title, &r.Employer, &r.From, &r.Until, &r.URL, &r.License,
	}
}

// appendRecord writes which texts there are, the texts with their lengths, to whom it
// went, when it was written and its position.
func appendRecord(out []byte, r *licet.Record) []byte {
	var there uint64
	list := texts(r)
	for i, s := range list {
		if *s != "" {
			there |= 1 << i
		}
	}
	out = binary.AppendUvarint(out, there)
	for _, s := range list {
		if *s != "" {
			out = append(binary.AppendUvarint(out, uint64(len(*s))), *s...)
		}
	}
	out = binary.AppendUvarint(out, uint64(len(r.To)))
	for _, m := range r.To {
		out = append(binary.AppendUvarint(out, uint64(len(m))), m...)
	}
	out = binary.AppendVarint(out, r.Created.Unix())
	out = binary.AppendUvarint(out, uint64(r.Created.Nanosecond())) //nolint:gosec // never negative
	return binary.AppendUvarint(out, r.Seq)
}

var errCopy = errors.New("a copy of a record is damaged")

// readRecord reads what appendRecord wrote into r, and returns what comes after it.
func readRecord(in string, r *licet.Record) (rest string, err error) {
	*r = licet.Record{}
	c := cutter{in: in}
	there := c.number()
	for i, s := range texts(r) {
		if there&(1<<i) != 0 {
			*s = c.text()
		}
	}
	if n := c.number(); n > 0 && n < uint64(len(in)) {
		r.To = make([]licet.MemberID, n)
		for i := range r.To {
			r.To[i] = licet.MemberID(c.text())
		}
	}
	zigzag := c.number()
	seconds := int64(zigzag>>1) ^ -int64(zigzag&1)          //nolint:gosec // what AppendVarint does
	r.Created = time.Unix(seconds, int64(c.number())).UTC() //nolint:gosec // it was an int
	if r.Seq = c.number(); c.bad {
		*r = licet.Record{}
		return "", errCopy
	}
	return c.in, nil
}

// A cutter takes numbers and texts off the front.
type cutter struct {
	in  string
	bad bool
}

func (c *cutter) number() (n uint64) {
	for shift := 0; shift < 64 && c.in != ""; shift += 7 {
		b := c.in[0]
		c.in = c.in[1:]
		n |= uint64(b&0x7f) << shift
		if b < 0x80 {
			return n
		}
	}
	c.bad = true
	return 0
}

func (c *cutter) text() string {
	n := c.number()
	if n > uint64(len(c.in)) {
		c.bad = true
		return ""
	}
	s := c.in[:n]
	c.in = c.in[n:]
	return s
}
