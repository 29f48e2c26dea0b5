package view_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"

	"licet"
	"licet/policy"
	"licet/source/sourcetest"
	"licet/view"
	"licet/view/redact"
)

// crew is a service that knows one word more, and of which a test can say that it is down.
type crew struct {
	mu    sync.Mutex
	asked []string
	down  error
}

func (c *crew) Rules() string { return "crew 1" }

func (c *crew) Spans(_ context.Context, text, language string) ([]redact.Span, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.asked = append(c.asked, language+": "+text)
	at := strings.Index(text, "the crew")
	if c.down != nil || at < 0 {
		return nil, c.down
	}
	return []redact.Span{{Start: at, End: at + len("the crew"), Label: redact.LabelName}}, nil
}

func served(t *testing.T, c *crew) world {
	t.Helper()
	to := sourcetest.NewTarget(t)
	p, err := policy.Load("linkedin-2025")
	if err != nil {
		t.Fatal(err)
	}
	v, err := view.New(to.Vault, p, nil, "", view.Asking(c))
	if err != nil {
		t.Fatal(err)
	}
	w := world{t, to, v}
	w.add(people)
	return w
}

func TestWhatAServiceSeesIsTakenOutToo(t *testing.T) {
	c := &crew{}
	w := served(t, c)
	s := w.state()
	got := texts(w.at(s, s))
	for _, want := range []string{"I will ask [NAME].", "Write to [EMAIL] or [PHONE], see [URL], says [NAME] to [HANDLE]."} {
		if !slices.Contains(got, want) {
			t.Errorf("got %q, want %q among them", got, want)
		}
	}
	for _, a := range c.asked {
		if strings.Contains(a, "Write to Ann") || strings.Contains(a, "secret") || strings.Contains(a, "My first week") {
			t.Errorf("it was asked for %q: what others wrote and what may not be used is none of its business", a)
		}
	}
	if !slices.Contains(c.asked, "en: I will ask the crew.") {
		t.Errorf("it was asked for %q, want a text with its language among them", c.asked)
	}
	if w.view.Rules() != licet.Sum([]byte("licet-view-rules-v1\x00crew 1")) || !newWorld(t).view.Rules().IsZero() {
		t.Errorf("the rules are %s", w.view.Rules())
	}
}

// TestNothingIsGivenOutUnseen: a service that fails stops a look, one that is moved on,
// an explanation and a story; and the next one works again.
func TestNothingIsGivenOutUnseen(t *testing.T) {
	down := errors.New("down")
	c := &crew{down: down}
	w := served(t, c)
	s := w.state()
	given := 0
	each := func(p view.Person) error {
		for _, passage := range p.Passages {
			if passage.Kind == licet.KindComment {
				given++
			}
		}
		return nil
	}
	if _, err := w.view.Look(w.Context(), licet.PurposeTrain, s, s, each, nil); !errors.Is(err, down) || given > 0 {
		t.Errorf("a look: got %v, and %d comments", err, given)
	}
	if r, err := w.view.At(w.Context(), licet.PurposeTrain, s, s); !errors.Is(err, down) || r != nil {
		t.Errorf("all at once: got %v, %v", r, err)
	}
	bob := w.member("bob")
	of := func() *view.Look {
		l, err := w.view.Of(w.Context(), licet.PurposeTrain, s, s, bob, nil)
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	if _, err := of().Explain(w.Context(), bob); !errors.Is(err, down) {
		t.Errorf("an explanation: got %v", err)
	}
	if _, err := of().ExplainRecord(w.Context(), bob, "quote"); !errors.Is(err, down) {
		t.Errorf("of a record: got %v", err)
	}
	if story, err := of().Story(licet.Record{Member: bob, Kind: licet.KindPost, Text: "I will ask the crew."}); !errors.Is(err, down) || story.Redacted != "" {
		t.Errorf("a story: got %q, %v", story.Redacted, err)
	}

	c.down = nil
	l, err := w.view.Look(w.Context(), licet.PurposeTrain, s, s, each, nil)
	if err != nil || given != 1 {
		t.Fatalf("when it is back: %v, and %d comments", err, given)
	}
	c.down, given = down, 0
	if moved, err := l.Advance(w.Context(), s, s, []licet.MemberID{bob}, each); moved || !errors.Is(err, down) || given > 0 {
		t.Errorf("a look that is moved on: %v, %v, and %d comments", moved, err, given)
	}
}
