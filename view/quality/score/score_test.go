package score_test

import (
	"path/filepath"
	"testing"

	"licet/internal/testshared"
	"licet/view/quality"
	"licet/view/quality/score"
)

func load(t *testing.T) []score.Post {
	t.Helper()
	testshared.Dir(t, "polis")
	testshared.Dir(t, "se_conlang_meta")
	posts, err := score.Load(filepath.Dir(testshared.Dir(t, "digitalgov")))
	if err != nil {
		t.Fatal(err)
	}
	return posts
}

// TestTheFloor holds the rules to what they reached on the half of the draw that
// nobody looked at.
func TestTheFloor(t *testing.T) {
	table := score.Half(load(t), true, true, nil, quality.Judge)
	kept, of := table.Kept()
	dropped, bad := table.Dropped()
	t.Logf("kept %d of %d, dropped %d of %d", kept, of, dropped, bad)
	if of == 0 || 100*kept < 95*of {
		t.Errorf("kept %d of %d posts that a reader would keep, want 95 in 100", kept, of)
	}
	if 100*dropped < 80*bad {
		t.Errorf("dropped %d of %d posts that a reader would drop, want 80 in 100", dropped, bad)
	}
}

func TestTheHalfToLookAt(t *testing.T) {
	table := score.Half(load(t), false, false, nil, quality.Judge)
	for _, r := range table {
		t.Logf("%-12s %3d posts, %3d dropped", r.Reason, r.Posts, r.Dropped)
	}
	if kept, of := table.Kept(); of != 168 || kept < 164 {
		t.Errorf("kept %d of %d, want 164 of 168", kept, of)
	}
}
