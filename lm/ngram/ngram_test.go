package ngram_test

import (
	"errors"
	"math"
	"math/rand/v2"
	"testing"

	"licet/lm/ngram"
)

// TestByHand compares with a bigram model that was worked out on paper.
//
// The documents are "S a b E" and "S a a E", S = 0, a = 1, b = 2, E = 3. Bigrams:
// Sa twice; ab, bE, aa and aE once. Of them n₁ = 4, n₂ = 1: Y = 2/3, D₁ = 1 − 2·Y/4 =
// 2/3; D₂ = 2 would leave nothing and is 1/2. Left neighbours: a 2, b 1, E 2; n₁ = 1,
// n₂ = 2: Y = 1/5, D₁ = 1 − 2·Y·2 = 1/5, D₂ = 1/2. So γ() = (1/5 + 2/2)/5 = 6/25.
func TestByHand(t *testing.T) {
	m, err := ngram.Train([][]int32{{0, 1, 2, 3}, {0, 1, 1, 3}}, 4, 2)
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range []struct {
		what    string
		context []int32
		id      int32
		want    float64
	}{
		{"a alone: (2−1/2)/5 + 6/25·1/4", nil, 1, 0.36},
		{"b alone: (1−1/5)/5 + 6/25·1/4", nil, 2, 0.22},
		{"the start, never predicted: 6/25·1/4", nil, 0, 0.06},
		{"a after S: (2−1/2)/2 + 1/4·0.36", []int32{0}, 1, 0.84},
		{"b after a: (1−2/3)/3 + 2/3·0.22", []int32{1}, 2, 1.0/9 + 2.0/3*0.22},
		{"b after b, unseen: 2/3·0.22", []int32{2}, 2, 2.0 / 3 * 0.22},
		{"a after E, which nothing follows", []int32{3}, 1, 0.36},
		{"only the last id of a context counts", []int32{2, 2, 0}, 1, 0.84},
	} {
		if got := m.Prob(x.context, x.id); math.Abs(got-x.want) > 1e-12 {
			t.Errorf("%s: %.6f, want %.6f", x.what, got, x.want)
		}
	}
	nats, tokens := m.Loss([][]int32{{0, 1}})
	if tokens != 1 || math.Abs(nats+math.Log(0.84)) > 1e-12 {
		t.Errorf("loss %.6f over %d tokens, want %.6f over 1", nats, tokens, -math.Log(0.84))
	}
}

// TestTheyAddUpToOne: after any context, seen or not, for random documents.
func TestTheyAddUpToOne(t *testing.T) {
	for seed := range uint64(40) {
		r := rand.New(rand.NewPCG(seed, 1))
		vocab, order := 3+r.IntN(12), 1+r.IntN(ngram.MaxOrder)
		docs := random(r, vocab, 1+r.IntN(30))
		m, err := ngram.Train(docs, vocab, order)
		if err != nil {
			t.Fatal(err)
		}
		for range 30 {
			context := make([]int32, r.IntN(order+2))
			for i := range context {
				context[i] = int32(r.IntN(vocab))
			}
			if d := docs[r.IntN(len(docs))]; r.IntN(2) == 0 && len(d) > 0 {
				context = d[:r.IntN(len(d))]
			}
			sum := 0.0
			for id := range int32(vocab) {
				p := m.Prob(context, id)
				if p <= 0 || p > 1 {
					t.Fatalf("seed %d: P(%d | %v) = %g", seed, id, context, p)
				}
				sum += p
			}
			if math.Abs(sum-1) > 1e-9 {
				t.Fatalf("seed %d, order %d: after %v the probabilities add up to %.12f", seed, order, context, sum)
			}
		}
	}
}

func random(r *rand.Rand, vocab, n int) [][]int32 {
	docs := make([][]int32, n)
	for i := range docs {
		docs[i] = []int32{0}
		for range r.IntN(20) {
			docs[i] = append(docs[i], int32(1+r.IntN(1+r.IntN(vocab-1))))
		}
	}
	return docs
}

// TestTheOrderOfDocumentsIsNothing: the counts are sums.
func TestTheOrderOfDocumentsIsNothing(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	docs := random(r, 9, 50)
	loss := func() float64 {
		m, err := ngram.Train(docs, 9, 4)
		if err != nil {
			t.Fatal(err)
		}
		nats, _ := m.Loss([][]int32{{0, 1, 2, 3, 4, 1, 2}})
		return nats
	}
	before := loss()
	r.Shuffle(len(docs), func(i, j int) { docs[i], docs[j] = docs[j], docs[i] })
	if after := loss(); math.Float64bits(before) != math.Float64bits(after) {
		t.Errorf("%v in one order, %v in another", before, after)
	}
}

func TestMoreOrderLearnsMore(t *testing.T) {
	// After "1 2" comes 3, after "4 2" comes 5: a bigram can't know which.
	var docs [][]int32
	for range 20 {
		docs = append(docs, []int32{0, 1, 2, 3}, []int32{0, 4, 2, 5})
	}
	two, err := ngram.Train(docs, 6, 2)
	if err != nil {
		t.Fatal(err)
	}
	three, err := ngram.Train(docs, 6, 3)
	if err != nil {
		t.Fatal(err)
	}
	if p, q := two.Prob([]int32{1, 2}, 3), three.Prob([]int32{1, 2}, 3); p > 0.6 || q < 0.8 {
		t.Errorf("bigrams give %.3f, trigrams %.3f", p, q)
	}
}

func TestBadInput(t *testing.T) {
	for name, x := range map[string]struct {
		docs         [][]int32
		vocab, order int
	}{
		"order 0":         {nil, 4, 0},
		"order 7":         {nil, 4, 7},
		"no vocabulary":   {nil, 0, 2},
		"an id too large": {[][]int32{{0, 4}}, 4, 2},
		"a negative id":   {[][]int32{{0, -1}}, 4, 2},
		"a second start":  {[][]int32{{0, 1, 0}}, 4, 2},
		"another start":   {[][]int32{{0, 1}, {2, 1}}, 4, 2},
	} {
		if _, err := ngram.Train(x.docs, x.vocab, x.order); !errors.Is(err, ngram.ErrModel) {
			t.Errorf("%s: error %v, want ErrModel", name, err)
		}
	}
	m, err := ngram.Train(nil, 4, 3) // nothing learned: everything is as likely
	if err != nil {
		t.Fatal(err)
	}
	if p := m.Prob([]int32{1, 2}, 3); p != 0.25 {
		t.Errorf("after no document: %g, want 0.25", p)
	}
}

func BenchmarkTrain(b *testing.B) {
	docs := random(rand.New(rand.NewPCG(1, 1)), 4096, 20_000)
	tokens := 0
	for _, d := range docs {
		tokens += len(d)
	}
	for b.Loop() {
		if _, err := ngram.Train(docs, 4096, 5); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(tokens)*float64(b.N)/b.Elapsed().Seconds(), "tokens/s")
}
