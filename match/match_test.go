package match_test

import (
	"math/rand/v2"
	"reflect"
	"testing"

	"licet"
	"licet/match"
)

var passages = []licet.Passage{
	{Member: "a", Kind: licet.KindSkill, Text: "Flood response"},
	{Member: "a", Kind: licet.KindPosition, Text: "Engineer, Wash Board", Employer: "Wash Board"},
	{Member: "a", Kind: licet.KindPost, Text: "The culvert at [NAME] is silting up again"},
	{Member: "b", Kind: licet.KindSkill, Text: "flood  response"},
	{Member: "b", Kind: licet.KindPost, Text: "A culvert is a promise"},
	{Member: "c", Kind: licet.KindExperience, Text: "Clerk, Wash Board", Employer: "wash board"},
	{Member: "d", Kind: licet.KindSkill, Text: "Baking"},
}

func TestPeople(t *testing.T) {
	got := match.People("a", passages, 10)
	if len(got) != 2 || got[0].Member != "c" || got[1].Member != "b" {
		t.Fatalf("got %+v, want c, by a rare employer, then b", got)
	}
	if r := got[1].Reasons; len(r) != 2 || r[0].What != "flood  response" || r[1].What != "culvert" {
		t.Errorf("b's reasons: %+v", r)
	}
	for _, s := range got {
		var sum float64
		for _, r := range s.Reasons {
			sum += r.Weight
		}
		if sum != s.Score {
			t.Errorf("%s: score %v is not the sum of its reasons %v", s.Member, s.Score, sum)
		}
	}
	if got := match.People("z", passages, 10); got != nil {
		t.Errorf("somebody with nothing permitted: got %v, want nobody", got)
	}
	if got := match.People("a", passages, 1); len(got) != 1 {
		t.Errorf("limit 1: got %d", len(got))
	}
}

func TestOrderOfPassagesDoesNotMatter(t *testing.T) {
	want := match.People("a", passages[:6], 10)
	r := rand.New(rand.NewPCG(1, 1))
	for range 20 {
		p := append([]licet.Passage(nil), passages[:6]...)
		r.Shuffle(len(p), func(i, j int) { p[i], p[j] = p[j], p[i] })
		if got := match.People("a", p, 10); !reflect.DeepEqual(got, want) {
			t.Fatalf("got %+v, want %+v", got, want)
		}
	}
}
