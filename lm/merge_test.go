package lm

import (
	"errors"
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
)

// shardAdapters returns adapters as shards have them: two trained to the end,
// one at an earlier slice and one that has learned nothing yet.
func shardAdapters(t *testing.T) (*Base, []*Adapter) {
	t.Helper()
	tok := byBytes(t)
	b, err := NewBase(shapes(tok.Vocab())["wide heads and slowed turns"], tok, 3)
	if err != nil {
		t.Fatal(err)
	}
	r := Recipe{Rank: 3, Alpha: 7, LearningRate: 2e-2, FinalShare: 0.1, Clip: 1, Epochs: 2, Batch: 2, Context: 8, Seed: 1}
	start, err := NewAdapter(b, r)
	if err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(8, 8))
	shard := func(slices int) *Adapter {
		a := start
		for range slices {
			docs := [][]int32{make([]int32, 9), make([]int32, 7)}
			for _, doc := range docs {
				for i := range doc {
					doc[i] = random.Int32N(258)
				}
			}
			if a, err = Train(t.Context(), b, a, docs, r, nil); err != nil {
				t.Fatal(err)
			}
		}
		return a
	}
	return b, []*Adapter{shard(3), shard(1), start, shard(3)}
}

// TestTheMergeIsTheMeanRoundedOnce: each folded weight is the exact mean of the
// shards' changes on top of the base's weight, computed with numbers of 400
// bits, rounded to float32: by at most half a unit in the last place and what sums in float64 lose.
func TestTheMergeIsTheMeanRoundedOnce(t *testing.T) {
	b, all := shardAdapters(t)
	for k := 1; k <= len(all); k++ {
		m, err := Merge(b, all[:k])
		if err != nil {
			t.Fatal(err)
		}
		if want := 3 * k; m.Rank() != want || m.alpha != 7 {
			t.Errorf("%d shards: rank %d, want %d", k, m.Rank(), want)
		}
		exactly, sums := 0, 0
		for l := range b.config.Layers {
			for i, part := range linears {
				out, in := b.config.shape(i)
				w, at := b.weights[layerName(l, part)].data, 2*(7*l+i)
				got := fold(w, m.tensors[at], m.tensors[at+1], out, in, m.rank, m.alpha/float64(m.rank))
				for x := range got {
					want := meanOf(w[x], all[:k], at, x/in, x%in, in)
					near, _ := want.Float32()
					if got[x] == near {
						exactly++
					} else if d, _ := new(big.Float).Sub(want, big.NewFloat(float64(got[x]))).Float64(); math.Abs(d) > 0.5000001*ulp(near) {
						t.Fatalf("%d shards, %s of layer %d: got %v, want %v", k, part, l, got[x], near)
					}
					sums++
				}
			}
		}
		if exactly < sums*999/1000 {
			t.Errorf("%d shards: only %d of %d weights are the mean, rounded once", k, exactly, sums)
		}
	}
}

func ulp(x float32) float64 {
	return float64(math.Nextafter32(float32(math.Abs(float64(x))), math.MaxFloat32)) - math.Abs(float64(x))
}

// meanOf is w + Σ over shards of alpha/rank·B·A, over K, in row o and column i.
func meanOf(w float32, all []*Adapter, at, o, i, in int) *big.Float {
	number := func(x float64) *big.Float { return new(big.Float).SetPrec(400).SetFloat64(x) }
	sum := number(0)
	for _, a := range all {
		for r := range a.rank {
			p := number(float64(a.tensors[at+1][o*a.rank+r]))
			sum.Add(sum, p.Mul(p, number(float64(a.tensors[at][r*in+i]))))
		}
	}
	sum.Mul(sum, number(all[0].alpha))
	sum.Quo(sum, number(float64(all[0].rank*len(all))))
	return sum.Add(sum, number(float64(w)))
}

// TestMergesInOrderOfShard: the order is part of the bytes, so callers give
// shards in theirs; the weights that come of it are the same but for the last place.
func TestMergesInOrderOfShard(t *testing.T) {
	b, all := shardAdapters(t)
	one, err := Merge(b, all)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := Merge(b, all); err != nil || again.Digest() != one.Digest() {
		t.Errorf("the same again: other bytes, %v", err)
	}
	turned := []*Adapter{all[2], all[3], all[1], all[0]}
	other, err := Merge(b, turned)
	if err != nil {
		t.Fatal(err)
	}
	if other.Digest() == one.Digest() {
		t.Error("another order, and the same bytes")
	}
	for at := 0; at < len(one.tensors); at += 2 {
		out, in := b.config.shape(at / 2 % 7)
		w := make([]float32, out*in)
		x := fold(w, one.tensors[at], one.tensors[at+1], out, in, one.rank, one.alpha/float64(one.rank))
		y := fold(w, other.tensors[at], other.tensors[at+1], out, in, other.rank, other.alpha/float64(other.rank))
		if d, size := apart(t, x, y); d > size*1e-7 {
			t.Errorf("in another order the change differs by %v of %v", d, size)
		}
	}
}

func TestTheMergeOfOneIsItself(t *testing.T) {
	b, all := shardAdapters(t)
	for _, a := range all {
		if m, err := Merge(b, []*Adapter{a}); err != nil || m.Digest() != a.Digest() {
			t.Errorf("other bytes, %v", err)
		}
	}
	if _, err := Merge(b, nil); !errors.Is(err, ErrAdapter) {
		t.Errorf("the merge of none: got %v", err)
	}
}

// TestAMergeForTheFallback: whatever the slice that each shard stands at, a
// shard that learned nothing yet counts with a change of zero, and the weights of the others stay 1/K.
func TestAMergeForTheFallback(t *testing.T) {
	b, all := shardAdapters(t)
	start := all[2]
	none, err := Merge(b, []*Adapter{start, start, start})
	if err != nil {
		t.Fatal(err)
	}
	tokens := []int32{70, 3}
	if d, _ := apart(t, written(t, b, none, tokens), written(t, b, nil, tokens)); d != 0 {
		t.Errorf("shards that learned nothing change logits by %v", d)
	}
	half, err := Merge(b, []*Adapter{all[0], start})
	if err != nil {
		t.Fatal(err)
	}
	at := 2 * 3
	out, in := b.config.shape(3)
	w := make([]float32, out*in)
	whole := fold(w, all[0].tensors[at], all[0].tensors[at+1], out, in, 3, 7.0/3)
	part := fold(w, half.tensors[at], half.tensors[at+1], out, in, 6, 7.0/6)
	for i := range whole {
		if math.Abs(float64(whole[i]/2-part[i])) > ulp(part[i]) {
			t.Fatalf("beside a shard at its start a change of %v counts as %v", whole[i], part[i])
		}
	}
}
