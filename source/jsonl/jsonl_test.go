package jsonl_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/fstest"

	"licet/ledger"
	"licet/source"
	"licet/source/jsonl"
	"licet/source/sourcetest"
	"licet/testdata/village"
)

func file(lines ...string) *jsonl.Files {
	return jsonl.FS(fstest.MapFS{"in.jsonl": {Data: []byte(strings.Join(lines, "\n"))}}, "in.jsonl")
}

const (
	first = `{"type":"exchange","version":1,"platform":"yard"}`
	ann   = `{"type":"member","id":"ann","name":"Ann Bell","country":"IE","birth_date":"1980-01-02"}`
	post  = `{"type":"record","id":"r1","member":"ann","kind":"post","text":"All is well, pemmican.","created":"2024-01-01T08:00:00Z"}`
)

func TestTheVillageConforms(t *testing.T) {
	sourcetest.Run(t, jsonl.FS(village.Files(), "english.jsonl", "french.jsonl"))
}

// TestBadInput: what is wrong is named by file, line and field, without a word
// of what a member wrote; and nothing is imported.
func TestBadInput(t *testing.T) {
	record := func(change ...string) string { return strings.NewReplacer(change...).Replace(post) }
	for name, test := range map[string]struct {
		lines []string
		want  string
	}{
		"an empty file":                {nil, "in.jsonl: the file is empty"},
		"no first line":                {[]string{ann}, "in.jsonl:1: type: the first line"},
		"another version":              {[]string{`{"type":"exchange","version":2,"platform":"yard"}`}, "in.jsonl:1: version: is 2"},
		"no platform":                  {[]string{`{"type":"exchange","version":1}`}, "in.jsonl:1: platform: is missing"},
		"a platform with blanks":       {[]string{`{"type":"exchange","version":1,"platform":"The Yard"}`, ann}, "in.jsonl:1: platform: "},
		"a line that is cut off":       {[]string{first, ann, post[:60]}, "in.jsonl:3: the line is not one whole JSON object"},
		"not JSON":                     {[]string{first, "id=ann"}, "in.jsonl:2: the line is not one whole JSON object"},
		"two objects in a line":        {[]string{first, ann + ann}, "in.jsonl:2: the line is not one whole JSON object"},
		"a field twice":                {[]string{first, record(`"kind":"post"`, `"kind":"post","kind":"comment"`)}, "in.jsonl:2: a field stands twice"},
		"not UTF-8":                    {[]string{first, record("pemmican", "\xff")}, "in.jsonl:2: the line is not UTF-8"},
		"an unknown type":              {[]string{first, `{"type":"person"}`}, "in.jsonl:2: type: is not a type of line"},
		"no type":                      {[]string{first, `{}`}, "in.jsonl:2: type: is missing"},
		"the first line twice":         {[]string{first, first}, "in.jsonl:2: type: the format's own line"},
		"an unknown kind":              {[]string{first, ann, record(`"post"`, `"poem"`)}, "in.jsonl:3: kind: is not a kind of record"},
		"no kind":                      {[]string{first, ann, record(`"kind":"post",`, ``)}, "in.jsonl:3: kind: is missing"},
		"an unknown role":              {[]string{first, ann, record(`"kind"`, `"role":"king","kind"`)}, "in.jsonl:3: role: is no role"},
		"a text that is a number":      {[]string{first, ann, record(`"All is well, pemmican."`, `7`)}, "in.jsonl:3: text: is not a text"},
		"no id":                        {[]string{first, ann, record(`"id":"r1",`, ``)}, "in.jsonl:3: id: is missing"},
		"an id without end":            {[]string{first, ann, record(`"r1"`, `"`+strings.Repeat("r", 300)+`"`)}, "in.jsonl:3: id: is 300 bytes long"},
		"no time":                      {[]string{first, ann, record(`,"created":"2024-01-01T08:00:00Z"`, ``)}, "in.jsonl:3: created: is missing"},
		"a time that is none":          {[]string{first, ann, record(`2024-01-01T08:00:00Z`, `yesterday`)}, "in.jsonl:3: created: is not a time"},
		"a country that is none":       {[]string{first, strings.Replace(ann, "IE", "Ireland", 1)}, "in.jsonl:2: country: is no country"},
		"a birth date that is none":    {[]string{first, strings.Replace(ann, "1980-01-02", "1980-02-30", 1)}, "in.jsonl:2: birth_date: not a date"},
		"a record of a stranger":       {[]string{first, post}, "in.jsonl:2: member: nobody with this id"},
		"one id for two people":        {[]string{first, ann, strings.ReplaceAll(ann, "ann", "bob"), post, record(`"member":"ann"`, `"member":"bob"`)}, "in.jsonl:5: id: this id is another member's record at in.jsonl:4"},
		"a deletion of nothing":        {[]string{first, `{"type":"delete"}`}, "in.jsonl:2: a deletion names either"},
		"a member after their leaving": {[]string{first, ann, `{"type":"delete","member":"ann"}`, ann}, "in.jsonl:4: id: this member is deleted at in.jsonl:3"},
		"a line without end":           {[]string{first, ann, record("pemmican", strings.Repeat("x", 17<<20))}, "in.jsonl:3: the line is longer than"},
	} {
		to := sourcetest.NewTarget(t)
		_, err := source.Import(t.Context(), to, file(test.lines...))
		if _, ok := errors.AsType[*source.InputError](err); !ok || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want %q", name, err, test.want)
		}
		if err != nil && strings.Contains(err.Error(), "pemmican") {
			t.Errorf("%s: the error quotes a member: %v", name, err)
		}
		if n, err := to.Ledger.Head(t.Context()); err != nil || n != 1 || len(sourcetest.Records(t, to)) > 0 {
			t.Errorf("%s: something was imported: %d events, %v", name, n, err)
		}
	}
}

func TestAMissingFileIsNamed(t *testing.T) {
	_, err := source.Import(t.Context(), sourcetest.NewTarget(t), jsonl.Open("nowhere/in.jsonl"))
	if _, ok := errors.AsType[*source.InputError](err); !ok || !strings.Contains(err.Error(), "nowhere/in.jsonl") {
		t.Errorf("%v", err)
	}
}

func TestEditsAndDeletions(t *testing.T) {
	to := sourcetest.NewTarget(t)
	step := func(want string, lines ...string) {
		t.Helper()
		sum, err := source.Import(t.Context(), to, file(append([]string{first}, lines...)...))
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(sum.String(), want) {
			t.Errorf("%s, want %s", sum, want)
		}
	}
	bob := strings.ReplaceAll(ann, "ann", "bob")
	step("2 members (2 new, 0 changed), 1 records (1 new, 0 changed, 0 as before), 0 removed", ann, bob, post)
	step("1 members (0 new, 1 changed), 1 records (0 new, 1 changed, 0 as before), 0 removed", strings.Replace(ann, "IE", "FR", 1), strings.Replace(post, "well", "not well", 1))
	step("0 members (0 new, 0 changed), 0 records (0 new, 0 changed, 0 as before), 1 removed", `{"type":"delete","record":"r1"}`)
	step("0 members (0 new, 0 changed), 0 records (0 new, 0 changed, 0 as before), 0 removed", `{"type":"delete","record":"r1"}`)
	step("0 members (0 new, 0 changed), 1 records (1 new, 0 changed, 0 as before), 0 removed", post)
	step("0 members (0 new, 0 changed), 0 records (0 new, 0 changed, 0 as before), 0 removed; 1 members erased", `{"type":"delete","member":"ann"}`)
	if n, m := len(sourcetest.Records(t, to)), len(sourcetest.Members(t, to)); n != 0 || m != 1 {
		t.Errorf("%d records and %d members are left", n, m)
	}
	if b, err := to.Ledger.Audit(t.Context(), ledger.Auditor{}); err != nil || len(b.Breaches) > 0 {
		t.Errorf("audit: %v, %v", b, err)
	}
}

func FuzzItems(f *testing.F) {
	f.Add([]byte(first + "\n" + ann + "\n" + post))
	f.Add([]byte(first + "\n" + `{"type":"delete","member":"ann"}`))
	f.Add([]byte("\ufeff" + first))
	f.Fuzz(func(t *testing.T, data []byte) {
		for item, err := range jsonl.FS(fstest.MapFS{"in.jsonl": {Data: data}}, "in.jsonl").Items(context.WithoutCancel(t.Context())) { // the fuzzer ends with a cancelled one
			if err != nil {
				if _, ok := errors.AsType[*source.InputError](err); !ok {
					t.Errorf("an error without a place: %v", err)
				}
				return
			}
			set := 0
			for _, ok := range []bool{item.Member != nil, item.Record != nil, item.DeleteMember != "", item.DeleteRecord != ""} {
				if ok {
					set++
				}
			}
			if set != 1 {
				t.Errorf("an item of %d things", set)
			}
		}
	})
}
