package licet_test

import (
	"encoding/json"
	"errors"
	"reflect"
	"testing"
	"time"

	"licet"
)

func TestDigestText(t *testing.T) {
	d := licet.Sum([]byte("abc"))
	got, err := licet.ParseDigest(d.String())
	if err != nil || got != d {
		t.Fatalf("got %v, %v; want %v", got, err, d)
	}
	for _, bad := range []string{"", "ab", d.String()[:63] + "G", d.String()[:62] + "AB", d.String() + "00"} {
		if _, err := licet.ParseDigest(bad); !errors.Is(err, licet.ErrDigest) {
			t.Errorf("%q: got %v, want ErrDigest", bad, err)
		}
	}
}

func TestAge(t *testing.T) {
	for _, c := range []struct {
		born, at string
		want     int
	}{
		{"2007-11-03", "2025-11-02", 17},
		{"2007-11-03", "2025-11-03", 18},
		{"2008-02-29", "2026-02-28", 17},
		{"2008-02-29", "2026-03-01", 18},
		{"2008-02-29", "2028-02-29", 20},
	} {
		at, err := time.Parse(time.DateOnly, c.at)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := licet.Age(c.born, at); err != nil || got != c.want {
			t.Errorf("born %s, on %s: got %d, %v; want %d", c.born, c.at, got, err, c.want)
		}
	}
	if _, err := licet.Age("3 November 2007", time.Unix(0, 0)); err == nil {
		t.Error("a birth date in words was accepted")
	}
}

func TestEveryKindHasACategory(t *testing.T) {
	for _, k := range licet.Kinds() {
		if !k.Known() || k.Category() == licet.CategoryUnknown {
			t.Errorf("%s: known %v, category %s", k, k.Known(), k.Category())
		}
	}
	if k := licet.Kind("rumour"); k.Known() || k.Category() != licet.CategoryUnknown {
		t.Error("an unknown kind is known")
	}
}

// story makes events with the right positions.
func story(t *testing.T, steps ...any) []licet.Event {
	t.Helper()
	var events []licet.Event
	for i, s := range steps {
		e := licet.Event{Seq: uint64(i), Time: time.Unix(int64(i), 0).UTC(), Member: "m"}
		switch s.(type) {
		case licet.Founded:
			e.Type, e.Member = licet.EventFounded, ""
		case licet.Erased:
			e.Type, e.Member = licet.EventErased, ""
		case licet.Joined:
			e.Type = licet.EventJoined
		case licet.Objected:
			e.Type = licet.EventObjected
		case licet.Consented:
			e.Type = licet.EventConsented
		}
		if e.Type != "" {
			body, err := json.Marshal(s)
			if err != nil {
				t.Fatal(err)
			}
			e.Body = body
		}
		events = append(events, e)
	}
	return events
}

func fold(t *testing.T, events []licet.Event) licet.State {
	t.Helper()
	var s licet.State
	for _, e := range events {
		var err error
		if s, err = s.Fold(e); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

func TestLastChoiceCounts(t *testing.T) {
	object, consent := licet.Objected{Purpose: licet.PurposeTrain}, licet.Consented{Purpose: licet.PurposeTrain}
	for _, c := range []struct {
		what  string
		steps []any
		want  licet.Verdict
	}{
		{"silence is undecided", nil, licet.Undecided},
		{"a no is a no", []any{object}, licet.Refused},
		{"no, then yes", []any{object, consent}, licet.Permitted},
		{"yes, then no", []any{consent, object}, licet.Refused},
		{"no to another purpose", []any{licet.Objected{Purpose: licet.PurposeMatch}}, licet.Undecided},
	} {
		s := fold(t, story(t, append([]any{licet.Founded{}, licet.Joined{}}, c.steps...)...))
		if got := s.Members["m"].Verdict(licet.PurposeTrain); got != c.want {
			t.Errorf("%s: got %s, want %s", c.what, got, c.want)
		}
	}
}

func TestErasedObjectionLasts(t *testing.T) {
	s := fold(t, story(t, licet.Founded{}, nil, nil, licet.Erased{Member: "m", Refused: []licet.Purpose{licet.PurposeTrain}}, licet.Joined{}))
	if _, ok := s.Unexplained(); ok {
		t.Error("unreadable events that an erasure explains are called unexplained")
	}
	if got := s.Members["m"].Verdict(licet.PurposeTrain); got != licet.Refused {
		t.Errorf("after a rejoin: got %s, want refused", got)
	}
	s = fold(t, story(t, licet.Founded{}, licet.Joined{}, nil))
	if seq, ok := s.Unexplained(); !ok || seq != 2 {
		t.Errorf("got %d, %v; want event 2 to be unexplained", seq, ok)
	}
}

func TestFoldIsPure(t *testing.T) {
	events := story(t, licet.Founded{}, licet.Joined{}, licet.Objected{Purpose: licet.PurposeTrain}, licet.Consented{Purpose: licet.PurposeTrain})
	before := fold(t, events[:3])
	after, err := before.Fold(events[3])
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(before, fold(t, events[:3])) {
		t.Error("folding changed the state that it started from")
	}
	if !reflect.DeepEqual(after, fold(t, events)) {
		t.Error("folding step by step and from the start differ")
	}
}

func TestFoldRefuses(t *testing.T) {
	for what, steps := range map[string][]any{
		"a choice before joining": {licet.Founded{}, licet.Objected{}},
		"joining twice":           {licet.Founded{}, licet.Joined{}, licet.Joined{}},
		"founding twice":          {licet.Founded{}, licet.Founded{}},
	} {
		var s licet.State
		var err error
		for _, e := range story(t, steps...) {
			if s, err = s.Fold(e); err != nil {
				break
			}
		}
		if err == nil {
			t.Errorf("%s was accepted", what)
		}
	}
	if _, err := (licet.State{}).Fold(licet.Event{Seq: 1, Type: licet.EventFounded}); err == nil {
		t.Error("a gap was accepted")
	}
}

func TestDeadlineEnded(t *testing.T) {
	for at, want := range map[string]bool{
		"2025-11-03T23:59:59Z":      false,
		"2025-11-04T11:59:59Z":      false, // it is still the third at UTC−12
		"2025-11-04T12:00:00Z":      true,
		"2025-11-04T23:00:00+14:00": false,
	} {
		moment, err := time.Parse(time.RFC3339, at)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := licet.DeadlineEnded("2025-11-03", moment); err != nil || got != want {
			t.Errorf("at %s: got %v, %v; want %v", at, got, err, want)
		}
	}
	if _, err := licet.DeadlineEnded("2025-02-30", time.Time{}); err == nil {
		t.Error("30 February was accepted")
	}
}

// FuzzDates reads hostile dates: what is a birth date and a deadline is what a calendar
// has, and an age never goes down.
func FuzzDates(f *testing.F) {
	for _, date := range []string{"2008-02-29", "2007-02-29", "1900-02-29", "2000-02-29", "2025-12-31", "2025-11-31", "0000-01-01", "9999-12-31", "2025-1-01", "２０２５-01-01", "-001-01-01", ""} {
		f.Add(date, int64(1_762_160_400))
	}
	f.Fuzz(func(t *testing.T, date string, seconds int64) {
		at := time.Unix(seconds%(1<<37), 0)
		_, parse := time.Parse(time.DateOnly, date)
		age, err := licet.Age(date, at)
		if (err == nil) != (parse == nil) {
			t.Fatalf("%q: %v, a calendar says %v", date, err, parse)
		}
		over, ended := licet.DeadlineEnded(date, at)
		if (ended == nil) != (parse == nil) {
			t.Fatalf("%q as a deadline: %v, a calendar says %v", date, ended, parse)
		}
		if parse != nil {
			return
		}
		if later, err := licet.Age(date, at.Add(24*time.Hour)); err != nil || later < age || later > age+1 {
			t.Errorf("born %s: %d at %s, %d a day later, %v", date, age, at, later, err)
		}
		if again, err := licet.DeadlineEnded(date, at.Add(time.Second)); err != nil || over && !again {
			t.Errorf("%s had ended at %s and has not a second later", date, at)
		}
	})
}
