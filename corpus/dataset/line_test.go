package dataset_test

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"path"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/gowebpki/jcs"

	"licet"
	"licet/corpus/dataset"
)

// slow returns the line as libraries make it.
func slow(t *testing.T, r dataset.Row) []byte {
	t.Helper()
	line, err := libraries(r)
	if err != nil {
		t.Fatal(err)
	}
	return line
}

// libraries makes a line with encoding/json and jcs, RFC 8785.
func libraries(r dataset.Row) ([]byte, error) {
	members := func(ids []licet.MemberID) []licet.MemberID {
		out := []licet.MemberID{}
		for _, id := range ids {
			out = append(out, licet.MemberID([]rune(id)))
		}
		slices.Sort(out)
		return slices.Compact(out)
	}
	type cut struct {
		Count int    `json:"count"`
		What  string `json:"what"`
	}
	cuts := []cut{}
	for what, n := range r.Cuts {
		cuts = append(cuts, cut{n, what})
	}
	slices.SortFunc(cuts, func(a, b cut) int { return bytes.Compare([]byte(a.What), []byte(b.What)) })
	data, err := json.Marshal(map[string]any{
		"text": r.Text, "kind": r.Kind, "role": r.Role, "language": r.Language, "member": r.Member, "record": r.Record,
		"shard": r.Shard, "slice": r.Slice, "others": members(r.Others), "also_said_by": members(r.AlsoSaidBy), "cuts": cuts,
	})
	if err == nil {
		data, err = jcs.Transform(data)
	}
	return append(data, '\n'), err
}

func TestLinesAreCanonical(t *testing.T) {
	for _, r := range append(story(), random(rand.New(rand.NewPCG(11, 12)), 2000)...) {
		if got, err := r.Line(); err != nil || !bytes.Equal(got, slow(t, r)) {
			t.Fatalf("got %s, %v, want %s", got, err, slow(t, r))
		}
	}
}

// FuzzLine holds the encoder to encoding/json and jcs, and the reader to the encoder.
func FuzzLine(f *testing.F) {
	f.Add("She \"ran\" it\\ <b>&amp;</b>\u2028\x00\x1f\x7f", "en", "manager", "m1", "m2\xff", "name", 3, 1, 2)
	f.Add("a\xffb\xc0\xafc\xed\xa0\x80d", "\xfe", "", "\xffm", "m\x80", "", 0, 0, 1<<31-1)
	f.Fuzz(func(t *testing.T, text, language, role, member, other, cut string, n, shard, slice int) {
		r := dataset.Row{
			Text: text, Kind: licet.KindPost, Role: licet.Role(role), Language: language, Member: licet.MemberID(member), Record: "r",
			Shard: shard, Slice: slice, Others: []licet.MemberID{licet.MemberID(other), "b", "a"}, AlsoSaidBy: []licet.MemberID{licet.MemberID(member)},
			Cuts: map[string]int{cut: n, "email": 1},
		}
		got, err := r.Line()
		if err != nil {
			return
		}
		if want := slow(t, r); !bytes.Equal(got, want) {
			t.Fatalf("got %q, want %q", got, want)
		}
		back, err := dataset.ParseLine(got)
		if err != nil {
			t.Fatal(err)
		}
		if again, err := back.Line(); err != nil || !bytes.Equal(again, got) {
			t.Fatalf("got %q, %v, want %q", again, err, got)
		}
	})
}

// FuzzParseLine: whatever is read is written in one form, which is read as the same.
func FuzzParseLine(f *testing.F) {
	for _, r := range story() {
		line, _ := r.Line()
		f.Add(line)
	}
	f.Add([]byte(`{"text":"a","cuts":[{"what":"name"},{"what":"name","count":2}],"more":{}}`))
	f.Fuzz(func(t *testing.T, line []byte) {
		r, err := dataset.ParseLine(line)
		if err != nil {
			return
		}
		one, err := r.Line()
		if err != nil {
			return
		}
		again, err := dataset.ParseLine(one)
		if err != nil {
			t.Fatal(err)
		}
		if two, err := again.Line(); err != nil || !bytes.Equal(one, two) {
			t.Fatalf("%q became %q, %v", one, two, err)
		}
	})
}

// FuzzManifest: no manifest names a file outside its folder, and reading what was
// read and written again gives the same.
func FuzzManifest(f *testing.F) {
	f.Add([]byte(`{"format":"licet-dataset-v1","digest":"` + licet.Sum(nil).String() + `","rows":1,"files":[{"name":"README.md"},{"name":"data/train-00000-of-00001.parquet","rows":1}]}`))
	f.Add([]byte(`{"format":"licet-dataset-v1","files":[{"name":"../README.md"}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := dataset.ParseManifest(data)
		if err != nil {
			return
		}
		for _, file := range m.Files {
			if !strings.HasPrefix(path.Join("/folder", file.Name), "/folder") || file.Name[0] == '/' {
				t.Fatalf("a file outside: %q", file.Name)
			}
		}
		again, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		if back, err := dataset.ParseManifest(again); err != nil || !reflect.DeepEqual(back, m) {
			t.Fatalf("%+v became %+v, %v", m, back, err)
		}
	})
}
