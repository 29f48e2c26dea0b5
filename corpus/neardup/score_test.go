package neardup_test

import (
	"slices"
	"strings"
	"testing"

	"licet/corpus/neardup/score"
)

// TestPlantedPairsAreFound holds the floors on real text, on pairs with planted
// edits and on all pairs of a corpus in which they stand.
func TestPlantedPairsAreFound(t *testing.T) {
	digital, _ := short(paragraphs(t)[:4000])
	texts := slices.Concat(digital, exchange(t), comments(t))
	texts = slices.DeleteFunc(texts, func(s string) bool { return len(strings.Fields(s)) < 8 })
	pairs := score.Plant(texts, 6000, 7)
	table := score.Pairs(pairs)
	t.Logf("%d planted pairs over %d texts\n%v", len(pairs), len(texts), table)
	if err := table.Check(); err != nil {
		t.Error(err)
	}
	for _, r := range table[1:] {
		if r.Pairs < 50 {
			t.Errorf("only %d planted pairs from %v to %v", r.Pairs, r.From, r.To)
		}
	}
	for _, p := range pairs {
		texts = append(texts, p.B)
	}
	all := score.All(texts)
	t.Logf("all pairs that have a shingle in common\n%vrecall from .8 %.4f, precision for .5 %.4f, for .7 %.4f, for .8 %.4f",
		all, all.Recall(.8), all.Precision(.5), all.Precision(.7), all.Precision(.8))
	if err := all.Check(); err != nil {
		t.Error(err)
	}
}
