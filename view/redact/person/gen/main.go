// Program gen learns the model of person names that package person holds, from
// the packages that sources.go pins and the real texts beside the module:
//
//	go run ./view/redact/person/gen -packages DIR -shared ../shared/data -out view/redact/person/model.bin
//
// The same sources give the same bytes on every machine.
package main

import (
	"bytes"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"

	"licet/view/redact/person/tagger"
)

func main() {
	dir := flag.String("packages", "", "folder of the pinned packages")
	data := flag.String("shared", "../shared/data", "folder of the real data")
	out := flag.String("out", "view/redact/person/model.bin", "where to write the model")
	flag.Parse()
	if err := run(*dir, *data, *out); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(dir, data, out string) error {
	n, err := readNames(dir)
	if err != nil {
		return err
	}
	g, err := readGazetteer(dir)
	if err != nil {
		return err
	}
	texts, sum, err := readTexts(data)
	if err != nil {
		return err
	}
	u := countWords(texts)
	words, err := lexicon(n, u, g)
	if err != nil {
		return err
	}
	w, err := newWriter(n, u, g, 1)
	if err != nil {
		return err
	}
	presidio, err := w.readPresidio(data)
	if err != nil {
		return err
	}
	fmt.Printf("%d locales, %d words; real texts %s, templates %s\n", len(n.locales), len(words), sum, presidio)
	lex := tagger.NewLexicon(len(words))
	for _, x := range words {
		lex.Add(tagger.Hash(x.Text), x.Rec)
	}
	if lex.Len() != len(words) {
		return fmt.Errorf("%d of %d words share a hash with another: %w", len(words)-lex.Len(), len(words), errPin)
	}
	known := map[string]bool{}
	for _, x := range words {
		known[x.Text] = true
	}
	for _, x := range sortedKeys(g.dictionary) {
		if len(x) > 3 && !known[x] {
			lex.AddOrdinary(tagger.Hash(x))
		}
	}
	l := learn(w, lex, letters(n, u, g), texts)
	return save(l.Model(scale, caution), words, out)
}

// How much is learned from, and how.
const (
	epochs    = 6
	synthetic = 300_000 // examples an epoch
	real      = 90_000  // paragraphs an epoch
	forget    = 4       // one word in so many is unknown
	scale     = 4
	caution   = 10
)

func learn(w *writer, lex *tagger.Lexicon, grams *tagger.Grams, texts []corpus) *tagger.Learner {
	l := tagger.NewLearner(lex, grams)
	rng := rand.New(rand.NewPCG(16, 2)) //nolint:gosec // training, no secret
	sets := []string{"en", "en", "en", "fr", "fr", "fr", "chat", "chat", "presidio", "presidio", "any", "any"}
	for epoch := range epochs {
		l.Seen, l.Wrong = 0, 0
		for range synthetic + real {
			if rng.IntN(synthetic+real) < synthetic {
				l.Learn(w.example(pick(rng, sets)), rng, forget)
				continue
			}
			c := &texts[rng.IntN(len(texts))]
			x := label(excerpt(pick(rng, c.paragraphs), rng), lex)
			x = w.rename(x, c.lang == inFrench, rng)
			if rng.IntN(2) == 0 {
				x = w.nominate(x, lex, c.lang == inFrench, rng)
			}
			if small := strings.ToLower(x.Text); rng.IntN(5) == 0 && len(small) == len(x.Text) {
				x.Text = small
			}
			l.Learn(x, rng, forget)
		}
		fmt.Printf("epoch %d: %d of %d tokens wrong\n", epoch, l.Wrong, l.Seen)
	}
	return l
}

func save(m *tagger.Model, words []tagger.Word, out string) error {
	var b bytes.Buffer
	if err := m.Write(&b, words); err != nil {
		return fmt.Errorf("write the model: %w", err)
	}
	sum, err := tagger.Digest(bytes.NewReader(b.Bytes()))
	if err != nil {
		return fmt.Errorf("read the model back: %w", err)
	}
	fmt.Printf("%d bytes, unpacked SHA-256 %x\n", b.Len(), sum)
	if err := os.WriteFile(out, b.Bytes(), 0o644); err != nil { //nolint:gosec // no secret
		return fmt.Errorf("write the model: %w", err)
	}
	return nil
}
