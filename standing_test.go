package licet_test

import (
	"encoding/json"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"licet"
)

// history is a random log that can be folded.
func history(t *testing.T, rnd *rand.Rand, n int) []licet.Event {
	t.Helper()
	var out []licet.Event
	joined := map[licet.MemberID]bool{}
	at := time.Date(2025, 11, 3, 9, 0, 0, 0, time.UTC)
	add := func(kind licet.EventType, m licet.MemberID, body any) {
		data, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, licet.Event{Seq: uint64(len(out)), Time: at, Type: kind, Member: m, Body: data})
	}
	add(licet.EventFounded, "", licet.Founded{Origin: "test"})
	for len(out) < n {
		m := licet.MemberID(rune('a' + rnd.IntN(5)))
		p := licet.Purposes()[rnd.IntN(len(licet.Purposes()))]
		at = at.Add(time.Duration(rnd.IntN(3)) * time.Millisecond) // several in one millisecond
		if !joined[m] {
			add(licet.EventJoined, m, licet.Joined{Token: licet.Sum([]byte(m)), Facts: licet.Facts{Country: "FR"}})
			joined[m] = true
			continue
		}
		switch rnd.IntN(9) {
		case 0:
			add(licet.EventObjected, m, licet.Objected{Purpose: p, Said: licet.Said{Channel: "web"}})
		case 1:
			add(licet.EventConsented, m, licet.Consented{Purpose: p, Said: licet.Said{Channel: "api"}})
		case 2:
			add(licet.EventSignalled, m, licet.Signalled{Signal: licet.Signals()[rnd.IntN(4)], On: rnd.IntN(2) == 0, Channel: "web"})
		case 3:
			add(licet.EventAgeJudged, m, licet.AgeJudged{OfAge: rnd.IntN(2) == 0, Reason: "asked"})
		case 4:
			add(licet.EventGiven, m, licet.Given{Disclosed: uint64(rnd.IntN(9))})
		case 5:
			add(licet.EventDescribed, m, licet.Described{Facts: licet.Facts{Country: "HK", School: 2010}})
		case 6:
			add(licet.EventFrozen, "", licet.Frozen{Notice: "n"})
		case 7:
			add(licet.EventNotified, "", licet.Notified{Notice: "n", Deadline: "2026-01-01"})
		case 8:
			add(licet.EventErased, "", licet.Erased{Member: m, Refused: []licet.Purpose{p}, Given: []uint64{3}})
			joined[m] = false
		}
	}
	return out
}

// TestASnapshotIsAsGoodAsTheStart: folding on from any position gives what folding
// from the start does, and changes nothing of the state that it went on from.
func TestASnapshotIsAsGoodAsTheStart(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 4))
	for range 300 {
		events := history(t, rnd, 10+rnd.IntN(60))
		var states []licet.State
		s := licet.State{}
		for _, e := range events {
			var err error
			if s, err = s.Fold(e); err != nil {
				t.Fatal(err)
			}
			states = append(states, s)
		}
		before, err := json.Marshal(states)
		if err != nil {
			t.Fatal(err)
		}
		cut := rnd.IntN(len(events))
		f := licet.NewFolder(states[cut])
		for _, e := range events[cut+1:] {
			if err := f.Fold(e); err != nil {
				t.Fatal(err)
			}
		}
		if got := f.State(); !reflect.DeepEqual(got, s) {
			t.Fatalf("from %d of %d: got %+v, want %+v", cut, len(events), got, s)
		}
		if after, err := json.Marshal(states); err != nil || string(after) != string(before) {
			t.Fatal("folding on has changed an earlier state")
		}
	}
}

// TestWhoseWordCounts: the last choice, by position and not by time; a no to the
// whole covers its parts; a yes never spreads; signals stay beside what was said.
func TestWhoseWordCounts(t *testing.T) {
	train, share := licet.PurposeTrain, licet.PurposeShare
	type choice struct {
		p   licet.Purpose
		yes bool
	}
	for _, c := range []struct {
		what         string
		said         []choice // all in one millisecond
		train, share licet.Verdict
	}{
		{"silence", nil, licet.Undecided, licet.Undecided},
		{"a yes does not spread to a part", []choice{{train, true}}, licet.Permitted, licet.Undecided},
		{"nor to the whole", []choice{{share, true}}, licet.Undecided, licet.Permitted},
		{"a no covers the part", []choice{{train, false}}, licet.Refused, licet.Refused},
		{"also what was permitted before", []choice{{share, true}, {train, false}}, licet.Refused, licet.Refused},
		{"a later yes to the part is the person's", []choice{{train, false}, {share, true}}, licet.Refused, licet.Permitted},
		{"a no to the part leaves the whole", []choice{{train, true}, {share, false}}, licet.Permitted, licet.Refused},
		{"no after yes in the same millisecond", []choice{{train, true}, {train, false}}, licet.Refused, licet.Refused},
		{"yes after no in the same millisecond", []choice{{train, false}, {train, true}}, licet.Permitted, licet.Undecided},
		{"a yes to the whole does not bring the part back", []choice{{share, false}, {train, true}}, licet.Permitted, licet.Refused},
	} {
		s := licet.State{}
		fold := func(kind licet.EventType, body any) {
			data, err := json.Marshal(body)
			if err != nil {
				t.Fatal(err)
			}
			if s, err = s.Fold(licet.Event{Seq: s.Next, Time: time.UnixMilli(1), Type: kind, Member: "m", Body: data}); err != nil {
				t.Fatal(err)
			}
		}
		fold(licet.EventJoined, licet.Joined{})
		for _, said := range c.said {
			if said.yes {
				fold(licet.EventConsented, licet.Consented{Purpose: said.p})
			} else {
				fold(licet.EventObjected, licet.Objected{Purpose: said.p})
			}
		}
		m := s.Members["m"]
		if m.Verdict(train) != c.train || m.Verdict(share) != c.share {
			t.Errorf("%s: train %s, share %s; want %s, %s", c.what, m.Verdict(train), m.Verdict(share), c.train, c.share)
		}
		if other := m.Verdict(licet.PurposeVoice); other != licet.Undecided {
			t.Errorf("%s: another purpose is %s", c.what, other)
		}
	}
}

// TestAgeFromASchoolYear: what a first year at school says of an age is the span of
// all customs, so that nobody is found of age too early.
func TestAgeFromASchoolYear(t *testing.T) {
	for _, c := range []struct {
		year            int
		at              string
		least, greatest int
	}{
		{2000, "2018-12-30", 21, 26},
		{2000, "2018-12-31", 22, 26},
		{2012, "2025-11-04", 16, 21},
		{2020, "2025-11-04", 8, 13},
	} {
		at, err := time.Parse(time.DateOnly, c.at)
		if err != nil {
			t.Fatal(err)
		}
		if least, greatest := licet.AgeFromSchool(c.year, at); least != c.least || greatest != c.greatest {
			t.Errorf("%d on %s: %d to %d, want %d to %d", c.year, c.at, least, greatest, c.least, c.greatest)
		}
	}
}
