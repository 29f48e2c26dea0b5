package score

import (
	"math/rand/v2"
	"strings"
	"unicode/utf8"
)

// Plant makes n near-duplicates of texts, the same for the same seed: words
// replaced by words of other texts, left out and put in, and case and
// punctuation changed. From text to text the edits grow from none to one word in six,
// so that all similarities occur.
func Plant(texts []string, n int, seed uint64) []Pair {
	rng := rand.New(rand.NewPCG(seed, 0))
	var vocabulary []string
	for _, t := range texts {
		vocabulary = append(vocabulary, strings.Fields(t)...)
	}
	var out []Pair
	for i := range n {
		text := texts[rng.IntN(len(texts))]
		words := strings.Fields(text)
		edits := int(float64(len(words)) * float64(i%24) / 24 / 6)
		for range max(edits, min(i%24, 1)) {
			words = edit(rng, words, vocabulary)
		}
		out = append(out, Pair{text, restyle(rng, strings.Join(words, " "))})
	}
	return out
}

func edit(rng *rand.Rand, words, vocabulary []string) []string {
	if len(words) == 0 {
		return words
	}
	at, word := rng.IntN(len(words)), vocabulary[rng.IntN(len(vocabulary))]
	out := append([]string(nil), words...)
	switch rng.IntN(3) {
	case 0:
		out[at] = word
	case 1:
		out = append(out[:at], out[at+1:]...)
	default:
		out = append(out[:at], append([]string{word}, words[at:]...)...)
	}
	return out
}

// restyle changes nothing that a reader would call a difference.
func restyle(rng *rand.Rand, text string) string {
	switch rng.IntN(4) {
	case 0:
		return strings.ToUpper(text)
	case 1:
		return strings.NewReplacer(",", " ", ".", " !", " ", "  ").Replace(text)
	case 2:
		if _, size := utf8.DecodeRuneInString(text); size > 0 {
			return strings.ToLower(text[:size]) + text[size:] + "\n"
		}
	}
	return text
}
