package lm

import (
	"math/rand/v2"
	"strings"
	"testing"
)

// pushed feeds text to stops in pieces that cuts names, and returns all that is
// shown.
func pushed(text string, stop []string, cut func() int) (shown string, stopped bool) {
	s := newStops(stop)
	var all strings.Builder
	for len(text) > 0 {
		n := min(len(text), max(1, cut()))
		show, stopped := s.push(text[:n])
		all.WriteString(show)
		if stopped {
			return all.String(), true
		}
		text = text[n:]
	}
	all.WriteString(s.rest())
	return all.String(), false
}

func TestStopTexts(t *testing.T) {
	for _, c := range []struct {
		what, text string
		stop       []string
		want       string
		stopped    bool
	}{
		{"none", "a text", nil, "a text", false},
		{"in the middle", "one\n\ntwo", []string{"\n\n"}, "one", true},
		{"only its beginning", "one\n", []string{"\n\n"}, "one\n", false},
		{"at the very beginning", "STOP it", []string{"STOP"}, "", true},
		{"of two, the one that ends first", "abcdef", []string{"abcdef", "cd"}, "ab", true},
		{"of two that end together, the longer", "xabc", []string{"bc", "abc"}, "x", true},
		{"one that begins again", "aab", []string{"ab"}, "a", true},
		{"a character of several bytes", "né à Noël", []string{"ë"}, "né à No", true},
		{"characters that begin alike", "noêl", []string{"é"}, "noêl", false},
		{"an empty one stops nothing", "a", []string{""}, "a", false},
		{"bytes that are no character", "a\xffb\xe2\x82", nil, "ab", false},
	} {
		for n := range 5 {
			if got, stopped := pushed(c.text, c.stop, func() int { return n }); got != c.want || stopped != c.stopped {
				t.Errorf("%s, %d bytes a token: %q (stopped %v), want %q (%v)", c.what, n, got, stopped, c.want, c.stopped)
			}
		}
	}
}

// TestWhatMayBecomeAStopIsHeldBack: nothing is shown too early, and nothing late.
func TestWhatMayBecomeAStopIsHeldBack(t *testing.T) {
	s := newStops([]string{"\nUser:"})
	for _, c := range [][2]string{{"Yes", "Yes"}, {".\n", "."}, {"Us", ""}, {"ual\n", "\nUsual"}, {"User", ""}, {" €"[:2], "\nUser "}, {"\x82", ""}, {"\xac", "€"}} {
		if show, stopped := s.push(c[0]); show != c[1] || stopped {
			t.Errorf("after %q: %q (stopped %v), want %q", c[0], show, stopped, c[1])
		}
	}
}

func FuzzStops(f *testing.F) {
	f.Add("one\n\ntwo", "\n\n", "two", uint64(1))
	f.Add("né à Noël", "ë", "él", uint64(2))
	f.Add("aaab\xff\xc3", "aab", "ab", uint64(3))
	f.Fuzz(func(t *testing.T, text, one, two string, seed uint64) {
		stop := []string{whole(one), whole(two)}
		want, ended := text, false
		for end := 1; end <= len(text) && !ended; end++ {
			for start := 0; start < end && !ended; start++ {
				for _, x := range stop {
					if !ended && text[start:end] == x {
						want, ended = text[:start], true
					}
				}
			}
		}
		r := rand.New(rand.NewPCG(seed, 0))
		if got, stopped := pushed(text, stop, func() int { return r.IntN(5) }); got != whole(want) || stopped != ended {
			t.Errorf("%q until %q: %q (stopped %v), want %q (%v)", text, stop, got, stopped, whole(want), ended)
		}
	})
}
