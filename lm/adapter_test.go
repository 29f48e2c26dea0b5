package lm_test

import (
	"encoding/json"
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"licet/lm"
)

func TestTargets(t *testing.T) {
	b := tiny(t)
	d := docs(rand.New(rand.NewPCG(6, 6)), b, 8)
	r := recipe()
	var err error
	if r.Targets, err = lm.ParseTargets("v_proj", "q_proj"); err != nil {
		t.Fatal(err)
	}
	start, err := lm.NewAdapter(b, r)
	if err != nil {
		t.Fatal(err)
	}
	a, err := lm.Train(t.Context(), b, start, d, r, nil)
	if err != nil {
		t.Fatal(err)
	}
	before, _, err := lm.Loss(t.Context(), b, nil, d)
	if err != nil {
		t.Fatal(err)
	}
	after, _, err := lm.Loss(t.Context(), b, a, d)
	if err != nil || after >= before {
		t.Errorf("loss %v before and %v after training two of seven, %v", before, after, err)
	}
	data, err := a.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	var again lm.Adapter
	if err := again.UnmarshalBinary(data); err != nil || again.Digest() != a.Digest() || again.Targets() != r.Targets {
		t.Errorf("read again: targets %v, %v", again.Targets().Names(), err)
	}
	if _, err := lm.NewModel(b, a, lm.Float32); err != nil {
		t.Error(err)
	}
	other, err := lm.NewAdapter(b, recipe())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := lm.Merge(b, []*lm.Adapter{a, other}); !errors.Is(err, lm.ErrAdapter) {
		t.Errorf("merging other targets: got %v", err)
	}
}

func TestTargetsHaveOneForm(t *testing.T) {
	all, err := lm.ParseTargets("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")
	if err != nil || all != 0 {
		t.Errorf("all seven by name: %v, %v", all, err)
	}
	for _, names := range [][]string{{"w_proj"}, {"q_proj", "q_proj"}, {""}} {
		if _, err := lm.ParseTargets(names...); !errors.Is(err, lm.ErrConfig) {
			t.Errorf("%q: got %v", names, err)
		}
	}
	var one, two lm.Recipe
	for text, r := range map[string]*lm.Recipe{`{"targets":["v_proj","q_proj"]}`: &one, `{"targets":["q_proj","v_proj"]}`: &two} {
		if err := json.Unmarshal([]byte(text), r); err != nil {
			t.Fatal(err)
		}
	}
	if one.Digest() != two.Digest() || one.Digest() == (lm.Recipe{}).Digest() {
		t.Error("the order of targets is no part of a recipe, the targets are")
	}
	if got := one.Targets.Names(); !slices.Equal(got, []string{"q_proj", "v_proj"}) {
		t.Errorf("got %q", got)
	}
}

func TestTrainingThatDivergesIsAnError(t *testing.T) {
	b := tiny(t)
	r := recipe()
	r.LearningRate, r.Clip = 1e30, 0
	start, err := lm.NewAdapter(b, r)
	if err != nil {
		t.Fatal(err)
	}
	_, err = lm.Train(t.Context(), b, start, docs(rand.New(rand.NewPCG(9, 9)), b, 8), r, nil)
	if !errors.Is(err, lm.ErrAdapter) || !strings.Contains(err.Error(), "learning rate") {
		t.Errorf("got %v", err)
	}
}
