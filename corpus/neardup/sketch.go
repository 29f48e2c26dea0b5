package neardup

import (
	"math"
	"math/bits"
	"slices"
	"strings"
	"unicode"

	"github.com/zeebo/xxh3"
)

const (
	seed   = 0x6c69636574 // "licet"
	bins   = Bands * Rows
	rounds = 16

	// Odd constants without a pattern: of SplitMix64 and of the golden ratio.
	golden = 0x9e3779b97f4a7c15
	mulA   = 0xbf58476d1ce4e5b9
	mulB   = 0x94d049bb133111eb

	// The second tag of a shingle says what it is made of, so that a whole text
	// never equals a part of another.
	tagWords = 1
	tagWhole = 2
	tagRaw   = 3
)

// mum multiplies to 128 bits and adds the halves without carry: every bit of
// the result depends on every bit of both.
func mum(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a, b)
	return hi ^ lo
}

// splitmix is Steele, Lea and Flood's SplitMix64: the i-th number of a stream.
func splitmix(i uint64) uint64 {
	x := seed + i*golden
	x = (x ^ x>>30) * mulA
	x = (x ^ x>>27) * mulB
	return x ^ x>>31
}

// shingle fills s.shingles.
func (s *Scratch) shingle(text string) {
	s.split(text)
	s.shingles = s.shingles[:0]
	switch w := s.words; {
	case len(w) == 0:
		s.shingles = append(s.shingles, mum(xxh3.HashStringSeed(withoutSpace(text), seed)^tagRaw, golden))
	case len(w) < ShingleWords:
		s.shingles = append(s.shingles, mum(chain(w)^tagWhole, golden))
	default:
		// Rolling: each step takes in a word and lets go the one five before.
		const leaving = uint64(mulA * mulA % (1 << 64) * mulA % (1 << 64) * mulA % (1 << 64)) // mulA⁴
		h := chain(w[:ShingleWords])
		s.shingles = append(s.shingles, mum(h^tagWords, golden))
		for i := ShingleWords; i < len(w); i++ {
			h = (h-w[i-ShingleWords]*leaving)*mulA + w[i]
			s.shingles = append(s.shingles, mum(h^tagWords, golden))
		}
	}
}

// chain is w[0]·mulA⁴ + w[1]·mulA³ + … modulo 2⁶⁴ for five words.
func chain(w []uint64) uint64 {
	h := uint64(0)
	for _, x := range w {
		h = h*mulA + x
	}
	return h
}

// withoutSpace is what is hashed of a text without a word: "👍" is not "🎉".
func withoutSpace(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return -1
		}
		return r
	}, text)
}

func (s *Scratch) prepare() {
	for i := range s.salts {
		s.salts[i] = splitmix(uint64(i) + 1) //nolint:gosec // an index
	}
	s.ready = true
}

// sketch makes the buckets of s.shingles: Dahlgaard, Knudsen and Thorup's fast
// similarity sketching (2017). In each round every shingle is thrown into one
// bin with a value; a bin keeps the smallest of its first round. Bins that stay
// empty take the smallest over all shingles. A bin of two texts is equal with
// the probability of their Jaccard similarity, also for texts of few shingles,
// where one throw and copies of it (one-permutation hashing) vary more.
func (s *Scratch) sketch() Buckets {
	if !s.ready {
		s.prepare()
	}
	const top = 64 - 7 // bits below those that say which bin
	var bin [bins]uint64
	for i := range bin {
		bin[i] = math.MaxUint64
	}
	for t := range uint64(rounds) {
		salt := s.salts[t]
		for _, e := range s.shingles {
			x := mum(e^salt, mulB)
			b := x >> top
			bin[b] = min(bin[b], t<<top|x<<7>>7)
		}
		// Long texts fill all bins early; then nothing changes any more.
		if (int(t)+1)*len(s.shingles) > 4*bins && !slices.Contains(bin[:], math.MaxUint64) { //nolint:gosec // fewer than rounds
			break
		}
	}
	for i, v := range bin {
		if v == math.MaxUint64 {
			bin[i] = s.least(s.salts[rounds+i])
		}
	}
	var out Buckets
	for j := range out {
		h := s.salts[rounds+bins+j]
		for _, v := range bin[j*Rows : j*Rows+Rows] {
			h = mum(h^v, mulA)
		}
		out[j] = h
	}
	return out
}

func (s *Scratch) least(salt uint64) uint64 {
	v := uint64(math.MaxUint64)
	for _, e := range s.shingles {
		v = min(v, mum(e^salt, mulB)>>7)
	}
	return rounds<<(64-7) | v
}
