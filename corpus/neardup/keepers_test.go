package neardup_test

import (
	"maps"
	"slices"
	"testing"

	"licet/corpus/neardup"
)

// A keeper decides in some other way, which the property must find out.
type keeper interface {
	change(remove []neardup.Key, put []neardup.Entry)
	kept() map[neardup.Key]bool
}

// mismatches counts histories after which a keeper differs from a new one that
// was given what is left in the same order of arrival.
func mismatches(make func() keeper) (n int) {
	for seed := range uint64(1000) {
		k := make()
		eras := history(seed)
		for _, e := range eras {
			k.change(e.remove, e.put)
		}
		fresh := make()
		fresh.change(nil, eras[len(eras)-1].left)
		if !maps.Equal(k.kept(), fresh.kept()) {
			n++
		}
	}
	return n
}

// first keeps who came first.
type first map[neardup.Key]neardup.Entry

func (f first) kept() map[neardup.Key]bool {
	out := map[neardup.Key]bool{}
	for k := range f {
		out[k] = true
	}
	return out
}

func (f first) change(remove []neardup.Key, put []neardup.Entry) {
	for _, k := range append(slices.Clone(remove), keys(put)...) {
		delete(f, k)
	}
next:
	for _, e := range put {
		for _, o := range f {
			if mates(e, o) {
				continue next
			}
		}
		f[e.Key] = e
	}
}

func keys(entries []neardup.Entry) (out []neardup.Key) {
	for _, e := range entries {
		out = append(out, e.Key)
	}
	return out
}

// bloom keeps who meets no bit that was set, and can't take bits back.
type bloom struct {
	bits [1 << 16]bool
	here map[neardup.Key]bool
}

func (b *bloom) kept() map[neardup.Key]bool { return b.here }

func (b *bloom) change(remove []neardup.Key, put []neardup.Entry) {
	for _, k := range append(slices.Clone(remove), keys(put)...) {
		delete(b.here, k)
	}
	for _, e := range put {
		seen := false
		for _, h := range e.Buckets {
			seen = seen || b.bits[h>>48]
			b.bits[h>>48] = true
		}
		if !seen {
			b.here[e.Key] = true
		}
	}
}

// smallest is the rule, as a keeper without memory.
type smallest map[neardup.Key]neardup.Entry

func (s smallest) change(remove []neardup.Key, put []neardup.Entry) {
	for _, k := range remove {
		delete(s, k)
	}
	for _, e := range put {
		s[e.Key] = e
	}
}

func (s smallest) kept() map[neardup.Key]bool {
	out := map[neardup.Key]bool{}
	for k, d := range oracle(slices.Collect(maps.Values(s))) {
		if d.Kept {
			out[k] = true
		}
	}
	return out
}

// TestOtherKeepersAreFoundOut shows that the property can fail.
func TestOtherKeepersAreFoundOut(t *testing.T) {
	for _, c := range []struct {
		name  string
		make  func() keeper
		fails bool
	}{
		{"who comes first is kept", func() keeper { return first{} }, true},
		{"a Bloom filter remembers", func() keeper { return &bloom{here: map[neardup.Key]bool{}} }, true},
		{"the smallest key is kept", func() keeper { return smallest{} }, false},
	} {
		n := mismatches(c.make)
		t.Logf("%s: %d of 1000 histories differ from a fresh start", c.name, n)
		if fails := n > 0; fails != c.fails {
			t.Errorf("%s: %d of 1000 histories differ from a fresh start", c.name, n)
		}
	}
}
