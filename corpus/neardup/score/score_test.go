package score_test

import (
	"slices"
	"strings"
	"testing"

	"licet/corpus/neardup/score"
)

func TestCheckRefuses(t *testing.T) {
	for _, c := range []struct {
		name  string
		row   score.Row
		fails bool
	}{
		{"too few of the similar", score.Row{From: .8, To: .85, Pairs: 100, Found: 94}, true},
		{"enough of the similar", score.Row{From: .8, To: .85, Pairs: 100, Found: 95}, false},
		{"too few of the nearly equal", score.Row{From: .95, To: 1, Pairs: 200, Found: 197}, true},
		{"an equal one is missed", score.Row{From: 1, To: 2, Pairs: 50, Found: 49}, true},
		{"too many of the dissimilar", score.Row{From: .4, To: .5, Pairs: 100, Found: 6}, true},
		{"few of the dissimilar", score.Row{From: .4, To: .5, Pairs: 100, Found: 5}, false},
		{"nothing was measured", score.Row{From: .8, To: .85}, false},
	} {
		if err := (score.Table{c.row}).Check(); (err != nil) != c.fails {
			t.Errorf("%s: got %v", c.name, err)
		}
	}
}

func TestEveryPairIsCountedOnce(t *testing.T) {
	texts := []string{
		"the meeting is at noon in the large room", "The meeting is at noon, in the large room!", "the meeting is at noon in the small room",
		"thank you", "Thank you.", "nothing of this is anywhere else at all",
	}
	table := score.All(texts)
	pairs, found := 0, 0
	for _, r := range table {
		pairs, found = pairs+r.Pairs, found+r.Found
	}
	// The three meetings with each other, and the thanks.
	if equal := table[len(table)-1]; pairs != 4 || equal.Pairs != 2 || equal.Found != 2 || found < 2 {
		t.Errorf("got %d pairs, %d found\n%v", pairs, found, table)
	}
	if got := table.Recall(1); got != 1 {
		t.Errorf("recall of equal ones: got %v, want 1", got)
	}
	if lines := strings.Count(table.String(), "\n"); lines != len(table)+1 {
		t.Errorf("got %d lines, want %d", lines, len(table)+1)
	}
}

func TestPlantIsTheSameForTheSameSeed(t *testing.T) {
	texts := []string{"one two three four five six seven", "Ärger mit der Druckerei, schon wieder", ""}
	a := score.Plant(texts, 200, 1)
	if !slices.Equal(a, score.Plant(texts, 200, 1)) || slices.Equal(a, score.Plant(texts, 200, 2)) {
		t.Error("pairs are not a function of the seed")
	}
	if table := score.Pairs(a); table[len(table)-1].Share() != 1 {
		t.Errorf("some equal pairs were not found\n%v", table)
	}
}
