package view

import (
	"fmt"
	"reflect"
	"runtime"
	"testing"
	"time"

	"licet"
)

// TestACopyIsTheRecord fills every field, whatever fields there are, so that one that
// is added to a record can't be forgotten.
func TestACopyIsTheRecord(t *testing.T) {
	var full licet.Record
	v := reflect.ValueOf(&full).Elem()
	for i := range v.NumField() {
		switch f := v.Field(i); f.Interface().(type) {
		case time.Time:
			f.Set(reflect.ValueOf(time.Date(1969, 7, 20, 20, 17, 40, 123456789, time.UTC)))
		case []licet.MemberID:
			f.Set(reflect.ValueOf([]licet.MemberID{"a", "", "b"}))
		case uint64:
			f.SetUint(1<<63 + 7)
		default:
			f.SetString(v.Type().Field(i).Name + " é\x00")
		}
	}
	sparse := licet.Record{ID: "1", Member: "2", Kind: licet.KindPost, Text: "text", Created: time.Unix(0, 0).UTC()}
	var data []byte
	list := []licet.Record{full, {Created: time.Unix(0, 0).UTC()}, sparse, full}
	for i := range list {
		data = appendRecord(data, &list[i])
	}
	rest := string(data)
	for i, want := range list {
		var got licet.Record
		var err error
		if rest, err = readRecord(rest, &got); err != nil || !reflect.DeepEqual(got, want) {
			t.Fatalf("record %d: got %+v (%v), want %+v", i, got, err, want)
		}
	}
	if rest != "" {
		t.Errorf("%d bytes are left", len(rest))
	}
	one := appendRecord(nil, &full)
	for n := range one {
		if _, err := readRecord(string(one[:n]), new(licet.Record)); err == nil {
			t.Fatalf("%d of %d bytes read as a record", n, len(one))
		}
	}
}

// TestCopiesComeBackInOrder writes more than one chunk, and a record larger than one.
func TestCopiesComeBackInOrder(t *testing.T) {
	c, err := newCopies(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.close() }()
	w := c.copier(3)
	const n = 5000
	for i := range n {
		r := licet.Record{Seq: uint64(i), Text: string(make([]byte, i%300))}
		if i == 77 {
			r.Text = string(make([]byte, 3*chunkSize))
		}
		if err := w.add(&r); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.done(); err != nil {
		t.Fatal(err)
	}
	at := 0
	for r, err := range c.of(3) {
		if err != nil {
			t.Fatal(err)
		}
		if r.Seq != uint64(at) || at != 77 && len(r.Text) != at%300 {
			t.Fatalf("record %d came at %d, with %d bytes", r.Seq, at, len(r.Text))
		}
		at++
	}
	if at != n || len(c.chunks[3]) < 3 {
		t.Errorf("%d records of %d in %d chunks", at, n, len(c.chunks[3]))
	}
}

// TestWhoIsRememberedHoldsNoText: the id of a member keeps nothing else in memory.
func TestWhoIsRememberedHoldsNoText(t *testing.T) {
	c, err := newCopies(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.close() }()
	w := c.copier(0)
	const members = 400
	text := string(make([]byte, chunkSize))
	for i := range members {
		id := licet.MemberID(fmt.Sprintf("%032d", i))
		if err := w.add(&licet.Record{Member: id, About: id + "about", Text: text}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.done(); err != nil {
		t.Fatal(err)
	}
	var remembered []licet.MemberID
	for r, err := range c.of(0) {
		if err != nil {
			t.Fatal(err)
		}
		remembered = append(remembered, r.Member, r.About)
	}
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	if most := uint64(members * chunkSize / 2); m.HeapAlloc > most {
		t.Errorf("%d bytes are in use, want less than %d", m.HeapAlloc, most)
	}
	runtime.KeepAlive(remembered)
}
