package view

import (
	"reflect"
	"testing"

	"licet"
)

// TestADigestNamesEverything changes every field of a passage, whatever fields there
// are: another passage has another digest.
func TestADigestNamesEverything(t *testing.T) {
	seen := map[licet.Digest]string{digest([]licet.Passage{{}}): "nothing"}
	for i := range reflect.TypeFor[licet.Passage]().NumField() {
		var p licet.Passage
		f, name := reflect.ValueOf(&p).Elem().Field(i), reflect.TypeFor[licet.Passage]().Field(i).Name
		switch f.Interface().(type) {
		case []licet.MemberID:
			f.Set(reflect.ValueOf([]licet.MemberID{"a"}))
		case map[string]int:
			f.Set(reflect.ValueOf(map[string]int{"a": 1}))
		default:
			f.SetString("a")
		}
		d := digest([]licet.Passage{p})
		if other, ok := seen[d]; ok {
			t.Errorf("a passage with %s has the digest of one with %s", name, other)
		}
		seen[d] = name
		if again := digest([]licet.Passage{p}); again != d {
			t.Errorf("%s: another digest the second time", name)
		}
	}
	if digest([]licet.Passage{{Text: "ab"}}) == digest([]licet.Passage{{Text: "a"}, {Text: "b"}}) || digest([]licet.Passage{{Language: "a", Text: "b"}}) == digest([]licet.Passage{{Language: "ab"}}) {
		t.Error("two lists of passages read the same")
	}
}
