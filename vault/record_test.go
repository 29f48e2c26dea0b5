package vault

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"

	fastjson "github.com/go-json-experiment/json"

	"licet"
	"licet/internal/jsonline"
)

// FuzzRecord compares with what a reader of any JSON makes of a record.
func FuzzRecord(f *testing.F) {
	for _, r := range records() {
		data, err := json.Marshal(r)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add([]byte(`{"kind":"post","ref":"r","text":"t","created":"2025-01-02T03:04:05Z"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := readRecord(data)
		var want licet.Record
		if bad := fastjson.Unmarshal(data, &want); (bad == nil) != (err == nil) || err == nil && !reflect.DeepEqual(got, want) {
			t.Errorf("%q: got %+v, %v; want %+v, %v", data, got, err, want, bad)
		}
	})
}

// TestEveryFieldIsReadFast: a field that is added to a record is taken, too.
func TestEveryFieldIsReadFast(t *testing.T) {
	for _, r := range records() {
		data, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		in := jsonline.Reader{In: data}
		if got := take(&in); in.Other || len(in.In) > 0 || !reflect.DeepEqual(got, r) {
			t.Errorf("%s reads as %+v (other %v, left %q)", data, got, in.Other, in.In)
		}
	}
}

// records are one with every field and one with as few as can be.
func records() []licet.Record {
	var full licet.Record
	v := reflect.ValueOf(&full).Elem()
	for i := range v.NumField() {
		switch f := v.Field(i); f.Interface().(type) {
		case time.Time:
			f.Set(reflect.ValueOf(time.Date(2025, 1, 2, 3, 4, 5, 600, time.UTC)))
		case []licet.MemberID:
			f.Set(reflect.ValueOf([]licet.MemberID{"a", "b"}))
		case string, licet.Kind, licet.Role, licet.Signal:
			f.SetString(v.Type().Field(i).Name + " é <b> & \"c\" \n")
		case uint64:
		default:
			f.SetString(v.Type().Field(i).Name)
		}
	}
	full.ID, full.Member = "", "" // of the row, not of the words
	return []licet.Record{full, {Created: time.Date(2025, 1, 2, 3, 4, 5, 0, time.UTC)}}
}
