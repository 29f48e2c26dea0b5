package vault

import (
	fastjson "github.com/go-json-experiment/json"

	"licet"
	"licet/internal/jsonline"
)

// readRecord reads a record as PutRecord wrote it, and any other JSON of one, too.
// FuzzRecord compares the two ways.
func readRecord(data []byte) (licet.Record, error) {
	in := jsonline.Reader{In: data}
	r := take(&in)
	if !in.Other && len(in.In) == 0 {
		return r, nil
	}
	return anyRecord(data)
}

// anyRecord is apart so that no record of the usual way needs memory of its own.
func anyRecord(data []byte) (r licet.Record, err error) {
	err = fastjson.Unmarshal(data, &r)
	return r, err
}

// take takes the fields in the order in which the encoder writes them.
func take(in *jsonline.Reader) (r licet.Record) {
	in.Take(`{"ref":`)
	r.Ref = in.Text()
	in.Take(`,"kind":`)
	r.Kind = licet.Kind(in.Text())
	optional(in, `,"role":`, &r.Role)
	in.Take(`,"text":`)
	r.Text = in.Text()
	optional(in, `,"language":`, &r.Language)
	optional(in, `,"about":`, &r.About)
	optional(in, `,"reply_to":`, &r.ReplyTo)
	optional(in, `,"share_of":`, &r.ShareOf)
	if in.Has(`,"to":[`) {
		for {
			r.To = append(r.To, licet.MemberID(in.Text()))
			if in.Other || !in.Has(`,`) {
				break
			}
		}
		in.Take(`]`)
	}
	optional(in, `,"group":`, &r.Group)
	optional(in, `,"special":`, &r.Special)
	optional(in, `,"signal":`, &r.Signal)
	optional(in, `,"title":`, &r.Title)
	optional(in, `,"employer":`, &r.Employer)
	optional(in, `,"from":`, &r.From)
	optional(in, `,"until":`, &r.Until)
	optional(in, `,"url":`, &r.URL)
	optional(in, `,"license":`, &r.License)
	in.Take(`,"created":`)
	if err := r.Created.UnmarshalText([]byte(in.Text())); err != nil {
		in.Other = true
	}
	in.Take(`}`)
	return r
}

func optional[T ~string](in *jsonline.Reader, name string, field *T) {
	if in.Has(name) {
		*field = T(in.Text())
	}
}
