package tagger

// Grams tells how much a word looks like a name: the mean, over its groups of
// three letters, of log₂ odds in sixteenths, names against ordinary words.
type Grams [gramTable]int8

const (
	gramBits  = 15
	gramTable = 1 << gramBits
)

// gramMix spreads three letters over the table.
func gramAt(tri uint32) uint32 { return tri & 0xFFFFFF * 2654435761 >> (32 - gramBits) }

// GramsOf calls f with the slot of every group of three letters of a word, its ends included.
func GramsOf(word string, f func(slot uint32)) {
	tri := uint32('^')
	for _, r := range word {
		b := fold(r)
		if b == 0 || b == ' ' {
			continue
		}
		tri = tri<<8 | uint32(b)
		f(gramAt(tri))
	}
	f(gramAt(tri<<8 | '$'))
}

// quality returns 0 (no name) to 15 (a name).
func (g *Grams) quality(word string) uint64 {
	sum, n := 0, 0
	tri := uint32('^')
	for _, r := range word {
		b := fold(r)
		if b == 0 || b == ' ' {
			continue
		}
		tri = tri<<8 | uint32(b)
		sum += int(g[gramAt(tri)])
		n++
	}
	sum += int(g[gramAt(tri<<8|'$')])
	n++
	return uint64(min(max(sum*4/(n*gramStep)+8, 0), 15)) //nolint:gosec // within 0 to 15
}

// gramStep is a quarter of the distance between two qualities' means, in sixteenths of a bit, times 4.
const gramStep = 20
