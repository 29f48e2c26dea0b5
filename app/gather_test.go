package app_test

import (
	"testing"

	"licet"
	"licet/app"
	"licet/internal/quayside"
)

// TestWhatIsGatheredIsNeverMovedBack: who has objected does not come back when somebody
// asks for an earlier position.
func TestWhatIsGatheredIsNeverMovedBack(t *testing.T) {
	a := quayside.Trained(t, quayside.Config(t.TempDir()), quayside.Settings(3))
	before, err := a.Ledger().StateNow(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	m := quayside.Member(t, a, "m33")
	if at, admitted, err := app.GatheredAt(t.Context(), a, before.Frozen, before.Next); err != nil || at != before.Next || !admitted[m] {
		t.Fatalf("before: position %d of %d, admitted %v, %v", at, before.Next, admitted[m], err)
	}
	if _, err := a.Object(t.Context(), m, licet.PurposeTrain, licet.Said{Channel: "test"}); err != nil {
		t.Fatal(err)
	}
	after, err := a.Ledger().StateNow(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, ask := range []uint64{after.Next, before.Next, after.Next} {
		at, admitted, err := app.GatheredAt(t.Context(), a, before.Frozen, ask)
		if err != nil || at != after.Next || admitted[m] {
			t.Errorf("asked for %d: position %d, admitted %v, %v; want %d, false", ask, at, admitted[m], err, after.Next)
		}
	}
}
