package jsonline_test

import (
	"encoding/json"
	"testing"

	"licet/internal/jsonline"
)

// FuzzText compares with what encoding/json makes of the same string.
func FuzzText(f *testing.F) {
	for _, s := range []string{``, `a`, `é "b" \ / ` + "\n\t\r\b\f\x01", `<a href="x">&amp;</a>`, "\u2028\ufffd", "😀"} {
		data, err := json.Marshal(s)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add([]byte(`"\ud83d\ude00"`))
	f.Add([]byte(`"\u00E9"`))
	f.Add([]byte(`"a` + "\xff" + `"`))
	f.Add([]byte(`"\q"`))
	f.Fuzz(func(t *testing.T, data []byte) {
		r := jsonline.Reader{In: data}
		got := r.Text()
		if r.Other {
			return
		}
		var want string
		if err := json.Unmarshal(data[:len(data)-len(r.In)], &want); err != nil || got != want {
			t.Errorf("%q reads as %q; JSON says %q, %v", data, got, want, err)
		}
	})
}

// TestWhatIsWrittenIsRead: what encoding/json writes is never something else, but for
// characters beyond the first 65,536 where they are escaped, which it never does.
func TestWhatIsWrittenIsRead(t *testing.T) {
	for c := range rune(0x11000) {
		s := "a" + string(c) + "b"
		data, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		r := jsonline.Reader{In: data}
		var want string
		if err := json.Unmarshal(data, &want); err != nil {
			t.Fatal(err)
		}
		if got := r.Text(); r.Other || got != want || len(r.In) != 0 {
			t.Fatalf("%q reads as %q (other %v)", data, got, r.Other)
		}
	}
}
