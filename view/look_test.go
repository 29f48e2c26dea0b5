package view_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"reflect"
	"strings"
	"sync"
	"testing"

	"licet"
	"licet/view"
)

// people is what a test keeps of a Look: everybody's share, as Each brings it.
type shares struct {
	mu sync.Mutex
	of map[licet.MemberID]view.Person
}

func (s *shares) put(p view.Person) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.of, p.Member)
	if p.Admitted || len(p.Passages) > 0 {
		s.of[p.Member] = p
	}
	return nil
}

func (w world) look(frozen, now licet.State) (*view.Look, *shares) {
	w.Helper()
	s := &shares{of: map[licet.MemberID]view.Person{}}
	l, err := w.view.Look(w.Context(), licet.PurposeTrain, frozen, now, s.put, nil)
	if err != nil {
		w.Fatal(err)
	}
	return l, s
}

const yardHead = `{"type":"exchange","version":1,"platform":"yard"}` + "\n"

// TestALookMovedOnIsALookAnew plays random histories after a freeze, and compares what
// was moved on event by event with what a look from the beginning finds.
func TestALookMovedOnIsALookAnew(t *testing.T) {
	for seed := range uint64(10) {
		w := newWorld(t)
		r := rand.New(rand.NewPCG(seed, 7))
		var lines strings.Builder
		for i := range 12 {
			fmt.Fprintf(&lines, `{"type":"member","id":"p%d","name":"Pat Nobody%d","country":"IE","birth_date":"1980-01-02"}`+"\n", i, i)
		}
		post := func(i, n int) {
			about := ""
			kind := "post"
			if r.IntN(3) == 0 {
				kind, about = "recommendation", fmt.Sprintf(`,"about":"p%d"`, r.IntN(12))
			} else if r.IntN(4) == 0 {
				about = fmt.Sprintf(`,"share_of":"r%d"`, r.IntN(24))
			}
			words := fmt.Sprintf("the %d of us moved valve number %d to the quay before the rain came", i, r.IntN(3))
			if r.IntN(8) == 0 {
				words += " and I'm only sixteen."
			}
			fmt.Fprintf(&lines, `{"type":"record","id":"r%d","member":"p%d","kind":%q,"text":%q,"created":"20%02d-01-01T08:00:00Z"%s}`+"\n", n, i, kind, words, 10+r.IntN(10), about)
		}
		for n := range 24 {
			post(n%12, n)
		}
		w.add(yardHead + lines.String())
		frozen := w.state()
		l, moved := w.look(frozen, frozen)
		for range 6 {
			from := l.State().Next
			who := r.IntN(12)
			lines.Reset()
			switch r.IntN(5) {
			case 0:
				w.object(frozen, fmt.Sprintf("p%d", who))
			case 1:
				fmt.Fprintf(&lines, `{"type":"delete","record":"r%d"}`+"\n", r.IntN(24))
			case 2:
				n := who + 12*r.IntN(2)
				post(who, n)
			case 3:
				fmt.Fprintf(&lines, `{"type":"member","id":"p%d","name":"Pat Nobody%d","country":%q,"birth_date":"20%02d-01-02"}`+"\n", who, who, []string{"IE", "US"}[r.IntN(2)], r.IntN(20))
			case 4:
				post(who, 100+r.IntN(100))
			}
			w.add(yardHead + lines.String())
			now := w.state()
			touched, err := w.to.Ledger.Touched(t.Context(), from, now.Next)
			if err != nil {
				t.Fatal(err)
			}
			if ok, err := l.Advance(t.Context(), frozen, now, touched, moved.put); !ok || err != nil {
				t.Fatalf("not moved on: %v", err)
			}
			anew, want := w.look(frozen, now)
			if !reflect.DeepEqual(moved.of, want.of) {
				t.Fatalf("history %d: what was moved on is another than what is found anew", seed)
			}
			if !maps.Equal(l.Excluded(), anew.Excluded()) || l.Records() != anew.Records() || !maps.Equal(l.Digests(), anew.Digests()) {
				t.Fatalf("history %d: left out %v of %d, anew %v of %d", seed, l.Excluded(), l.Records(), anew.Excluded(), anew.Records())
			}
		}
	}
}

// TestAQuoteWithoutMarksIsCut: words that somebody else had said earlier go, however
// they are dressed, whoever is gone by now; a copy of the whole is no quote.
func TestAQuoteWithoutMarksIsCut(t *testing.T) {
	const said = "the old crane on the east quay will be taken down before the autumn storms"
	w := newWorld(t)
	w.add(yardHead + `{"type":"member","id":"first","name":"Fay Early","country":"IE","birth_date":"1980-01-02"}
{"type":"member","id":"second","name":"Sol Later","country":"IE","birth_date":"1980-01-02"}
{"type":"record","id":"q1","member":"first","kind":"post","text":"` + said + `","created":"2020-01-01T08:00:00Z"}
{"type":"record","id":"q2","member":"second","kind":"post","text":"As Fay had it, <i>The old crane</i> on the East Quay will be taken down, before the autumn storms, and I for one shall miss the thing and its rust and its gulls","created":"2020-01-02T08:00:00Z"}
{"type":"record","id":"q3","member":"second","kind":"post","text":"` + said + `!","created":"2020-01-03T08:00:00Z"}
{"type":"record","id":"q4","member":"second","kind":"post","text":"nobody will miss the old crane on the quay","created":"2020-01-03T08:00:00Z"}
`)
	own := func(now licet.State) []string {
		t.Helper()
		_, s := w.look(now, now)
		var out []string
		for _, p := range s.of[w.member("second")].Passages {
			out = append(out, p.Text)
		}
		return out
	}
	check := func(when string) {
		t.Helper()
		got := strings.Join(own(w.state()), "\n")
		if strings.Contains(got, "East Quay") || !strings.Contains(got, "I for one shall miss") || !strings.Contains(got, said) || !strings.Contains(got, "nobody will miss the old crane on the quay") {
			t.Errorf("%s: %q", when, got)
		}
	}
	check("both are here")
	w.add(yardHead + `{"type":"record","id":"q1","member":"first","kind":"post","text":"Something else.","created":"2020-01-01T08:00:00Z"}` + "\n")
	check("the original was edited")
	w.add(yardHead + `{"type":"delete","member":"first"}` + "\n")
	check("its author is erased")
}

// TestWhatIsNoMembersWordStaysOut: the assistant's texts, and all that an account which
// floods wrote for others, and the page says the same of them as the corpus.
func TestWhatIsNoMembersWordStaysOut(t *testing.T) {
	w := newWorld(t)
	var lines strings.Builder
	lines.WriteString(yardHead + `{"type":"member","id":"writer","name":"Wren Quoin","country":"IE","birth_date":"1980-01-02"}
{"type":"member","id":"robot","name":"Rob Otic","country":"IE","birth_date":"1980-01-02"}
{"type":"record","id":"own","member":"writer","kind":"post","text":"We moved the old valve before the rain came.","created":"2020-01-01T08:00:00Z"}
{"type":"record","id":"robots-skill","member":"robot","kind":"skill","text":"Welding","created":"2020-01-01T08:00:00Z"}
`)
	fmt.Fprintf(&lines, `{"type":"record","id":"draft","member":"writer","kind":"post","text":%q,"created":"2020-01-01T08:00:00Z"}`+"\n",
		"A fine day on the quay for all of us. "+licet.AssistantMark+"0123456789ab). Read it before you send it.")
	for i := range 30 {
		fmt.Fprintf(&lines, `{"type":"record","id":"flood%d","member":"robot","kind":"post","text":"Gate report %d is ready and can be read by everybody in the yard office.","created":"2020-01-01T08:00:00Z"}`+"\n", i, i)
	}
	w.add(lines.String())
	now := w.state()
	l, s := w.look(now, now)
	if p := s.of[w.member("writer")].Passages; len(p) != 1 || strings.Contains(p[0].Text, "fine day") {
		t.Errorf("the writer's passages are %v", p)
	}
	if p := s.of[w.member("robot")].Passages; len(p) != 1 || p[0].Kind != licet.KindSkill {
		t.Errorf("the robot's passages are %v", p)
	}
	if left := l.Excluded(); left[view.ReasonAssistant] != 1 || left["bot"] != 30 {
		t.Errorf("left out: %v", left)
	}
	of, err := w.view.Of(t.Context(), licet.PurposeTrain, now, now, w.member("robot"), nil)
	if err != nil {
		t.Fatal(err)
	}
	said, err := of.Explain(t.Context(), w.member("robot"))
	if err != nil || len(said) != 2 || said[1].Kind != licet.KindPost || said[1].Used != 0 || said[1].Unused != 30 || said[1].Reasons[0] != "bot" {
		t.Errorf("the page says %v, %v", said, err)
	}
	line, err := of.ExplainRecord(t.Context(), w.member("robot"), "flood3")
	if err != nil || len(line.Reasons) != 1 || line.Reasons[0] != "bot" {
		t.Errorf("of one record: %v, %v", line.Reasons, err)
	}
}
