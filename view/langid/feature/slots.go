package feature

// The tables that features are numbered in.
const (
	RunBits   = 18 // runs of letters
	WordBits  = 17 // whole words
	RunSlots  = 1 << RunBits
	WordSlots = 1 << WordBits

	shortest = 2
	longest  = 5
	// MaxRuns is how many runs a word has at most.
	MaxRuns = (longest - shortest + 1) * MaxWord
)

// golden is 2^64 divided by the golden ratio, odd: Fibonacci hashing (Knuth,
// The Art of Computer Programming 6.4).
const golden = 0x9E3779B97F4A7C15

// Runs writes the numbers of a word's runs of letters to dst, each below
// RunSlots, and returns how many they are. Different runs may share a number.
func Runs(word []uint8, dst *[MaxRuns]uint32) int {
	n := 0
	key := uint64(edge)
	for i := 0; i <= len(word); i++ {
		c := uint8(edge)
		if i < len(word) {
			c = word[i]
		}
		key = key<<8 | uint64(c)
		dst[n] = run(key & 0xFFFF)
		n++
		if i < 1 {
			continue
		}
		dst[n] = run(key & 0xFFFFFF)
		n++
		if i < 2 {
			continue
		}
		dst[n] = run(key & 0xFFFFFFFF)
		n++
		if i < 3 {
			continue
		}
		dst[n] = run(key & 0xFFFFFFFFFF)
		n++
	}
	return n
}

func run(key uint64) uint32 { return uint32(key * golden >> (64 - RunBits)) }

// Word returns a word's own number, below WordSlots, and a mark that tells it
// from most other words with that number; it is never 0.
func Word(word []uint8) (slot uint32, mark uint8) {
	h := uint64(len(word))
	for _, c := range word {
		h = (h ^ uint64(c)) * golden
		h ^= h >> 29
	}
	h *= golden
	return uint32(h >> (64 - WordBits)), max(1, uint8(h>>(64-WordBits-8)))
}
