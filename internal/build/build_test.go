package build_test

import (
	"context"
	"errors"
	"testing"

	"licet"
	"licet/internal/build"
	"licet/internal/cas"
)

func TestOnlyWhatChangedRuns(t *testing.T) {
	store, err := cas.Open(t.TempDir(), [32]byte{}, false)
	if err != nil {
		t.Fatal(err)
	}
	evaluate := func(words ...string) (licet.Digest, *build.Graph) {
		t.Helper()
		g := build.New(store, nil)
		var inputs []licet.Digest
		for _, w := range words {
			d, err := g.Do(t.Context(), build.Step{Name: "word", Inputs: []licet.Digest{licet.Sum([]byte(w))}, Run: func(context.Context) ([]byte, error) { return []byte(w), nil }})
			if err != nil {
				t.Fatal(err)
			}
			inputs = append(inputs, d)
		}
		d, err := g.Do(t.Context(), build.Step{Name: "all", Inputs: inputs, Run: func(context.Context) ([]byte, error) {
			var all []byte
			for _, d := range inputs {
				data, err := g.Get(d)
				if err != nil {
					return nil, err
				}
				all = append(all, data...)
			}
			return all, nil
		}})
		if err != nil {
			t.Fatal(err)
		}
		return d, g
	}
	first, g := evaluate("a", "b", "c")
	if got := g.Count(); got != (build.Count{Ran: 4, Total: 4}) {
		t.Errorf("the first time: %v", got)
	}
	without, g := evaluate("a", "c")
	if got := g.Count(); got != (build.Count{Ran: 1, Total: 3}) || without == first {
		t.Errorf("without b: %v", got)
	}
	if n, err := g.Sweep(); err != nil || n != 4 {
		t.Errorf("swept %d, %v; want b and the first result, each with its link", n, err)
	}
	if again, g := evaluate("a", "b", "c"); again != first || g.Count().Ran != 2 {
		t.Errorf("again: %v, ran %v; want the same address from b and the result", again, g.Count())
	}
}

func TestAFailedStepLeavesNothing(t *testing.T) {
	store, err := cas.Open(t.TempDir(), [32]byte{}, false)
	if err != nil {
		t.Fatal(err)
	}
	g := build.New(store, nil)
	boom := errors.New("boom")
	step := build.Step{Name: "x", Run: func(context.Context) ([]byte, error) { return nil, boom }}
	if _, err := g.Do(t.Context(), step); !errors.Is(err, boom) {
		t.Errorf("got %v", err)
	}
	step.Run = func(context.Context) ([]byte, error) { return []byte("fine"), nil }
	if _, err := g.Do(t.Context(), step); err != nil || g.Count().Ran != 1 {
		t.Errorf("the next time: %v, %v", err, g.Count())
	}
}
