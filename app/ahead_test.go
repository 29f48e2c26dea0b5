package app

import (
	"errors"
	"testing"
)

func TestAheadYieldsTheSame(t *testing.T) {
	broken := errors.New("broken")
	for _, n := range []int{0, 1, 255, 256, 257, 5000} {
		seq := func(yield func(int, error) bool) {
			for i := range n {
				if !yield(i, nil) {
					return
				}
			}
			yield(-1, broken)
		}
		want := 0
		for i, err := range ahead(seq) {
			if want == n {
				if i != -1 || !errors.Is(err, broken) {
					t.Errorf("of %d: the end is %d, %v", n, i, err)
				}
			} else if i != want || err != nil {
				t.Fatalf("of %d: got %d, %v, want %d", n, i, err, want)
			}
			want++
		}
		if want != n+1 {
			t.Errorf("of %d: %d came", n, want)
		}
		for i, err := range ahead(seq) { // who stops early leaves nobody waiting
			if i == n/2 || err != nil {
				break
			}
		}
	}
}
