package split

import "testing"

// TestTheSplitNeverMoves pins the rule: a change would mix the halves.
func TestTheSplitNeverMoves(t *testing.T) {
	for i, want := range []bool{true, true, false, true, true, false, true, true, false, false, false, false, true, true, false, true} {
		if got := ScoredN("presidio_research", i); got != want {
			t.Errorf("template %d: got %v, want %v", i, got, want)
		}
	}
	if !Scored("french", "f001") {
		t.Error("f001 is not in the scoring half any more")
	}
}
