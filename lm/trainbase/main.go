// Command trainbase makes the bundled base from public-domain texts that no
// member wrote: go run ./lm/trainbase -shared DIR. The same texts and recipe give
// the same bytes on any machine; -recipe-only lists sources and digests.
package main

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
	"unicode"

	"licet/lm"
)

type source struct {
	Path     string `json:"path"`
	Language string `json:"language"`
	SHA256   string `json:"sha256"`
}

type recipe struct {
	Numerics string        `json:"numerics"`
	Licence  string        `json:"licence"`
	Sources  []source      `json:"sources"`
	Vocab    int           `json:"vocab"`
	Config   lm.Config     `json:"config"`
	Training lm.BaseRecipe `json:"training"`
	// HeldOut of every HeldOut documents one, by hash, is kept for measuring.
	HeldOut int `json:"held_out"`

	Tokens      int     `json:"tokens"`        // a result
	HeldOutLoss float64 `json:"held_out_loss"` // a result: nats a token
	Digest      string  `json:"digest"`        // a result: of the base
}

var texts = []source{
	{Path: "nltk_pd/state_union.zip", Language: "en"},
	{Path: "nltk_pd/inaugural.zip", Language: "en"},
	{Path: "eltec_fra/plain1/FRA01501_France.txt", Language: "fr"},
	{Path: "eltec_fra/plain1/FRA00401_Allais.txt", Language: "fr"},
	{Path: "eltec_fra/plain1/FRA00201_Audoux.txt", Language: "fr"},
	{Path: "eltec_fra/plain1/FRA04401_Barbusse.txt", Language: "fr"},
	{Path: "eltec_fra/plain1/FRA01301_Flaubert.txt", Language: "fr"},
	{Path: "eltec_fra/plain1/FRA00901_Daudet.txt", Language: "fr"},
}

func main() {
	shared := flag.String("shared", "../shared", "folder with data/")
	out := flag.String("out", "lm/bundled", "folder to write")
	steps := flag.Int("documents", 0, "use only so many documents (for a trial)")
	flag.Parse()
	if err := run(*shared, *out, *steps); err != nil {
		fmt.Fprintln(os.Stderr, "trainbase:", err)
		os.Exit(1)
	}
}

func run(shared, out string, most int) error {
	r := recipe{
		Numerics: lm.NumericsVersion, Licence: "every source is in the public domain", Sources: texts, Vocab: 2000, HeldOut: 50,
		Config:   lm.Config{Width: 128, Layers: 4, Heads: 4, KVHeads: 2, FFN: 352, Context: 256, RopeTheta: 10000, NormEps: 1e-5, Tied: true},
		Training: lm.BaseRecipe{LearningRate: 4e-3, Epochs: 2, Batch: 8, Context: 256, Seed: 1},
	}
	var docs []string
	for i, s := range r.Sources {
		data, err := os.ReadFile(filepath.Join(shared, "data", s.Path))
		if err != nil {
			return err
		}
		sum := sha256.Sum256(data)
		r.Sources[i].SHA256 = hex.EncodeToString(sum[:])
		text, err := read(s.Path, data)
		if err != nil {
			return fmt.Errorf("%s: %w", s.Path, err)
		}
		docs = append(docs, cut(text)...)
	}
	if most > 0 {
		docs = docs[:min(most, len(docs))]
	}
	tok, err := lm.TrainTokenizer(slices.Values(docs), r.Vocab)
	if err != nil {
		return err
	}
	r.Config.Vocab = tok.Vocab()
	var train, held [][]int32
	for _, d := range docs {
		sum := sha256.Sum256([]byte(d))
		if int(sum[0])<<8|int(sum[1]) < 65536/r.HeldOut {
			held = append(held, tok.Document(d))
			continue
		}
		train = append(train, tok.Document(d))
		r.Tokens += len(train[len(train)-1])
	}
	fmt.Printf("%d documents, %d tokens, %d held out, vocabulary %d\n", len(train), r.Tokens, len(held), tok.Vocab())
	begin := time.Now()
	b, err := lm.TrainBase(context.Background(), r.Config, tok, train, r.Training, func(done, total int) {
		if done%50 == 0 || done == total {
			fmt.Printf("step %d of %d, %.0f s\n", done, total, time.Since(begin).Seconds())
		}
	})
	if err != nil {
		return err
	}
	if r.HeldOutLoss, _, err = lm.Loss(context.Background(), b, nil, held); err != nil {
		return err
	}
	digest := b.Digest()
	r.Digest = hex.EncodeToString(digest[:])
	fmt.Printf("%d parameters, held-out loss %.4f, digest %s\n", b.Parameters(), r.HeldOutLoss, r.Digest)
	data, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	return errors.Join(b.Save(out), os.WriteFile(filepath.Join(out, "recipe.json"), append(data, '\n'), 0o644))
}

// read returns a text file, or the text files of a zip archive in order of name.
func read(name string, data []byte) (string, error) {
	if !strings.HasSuffix(name, ".zip") {
		return string(data), nil
	}
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return "", err
	}
	slices.SortFunc(z.File, func(a, b *zip.File) int { return strings.Compare(a.Name, b.Name) })
	var all strings.Builder
	for _, f := range z.File {
		if !strings.HasSuffix(f.Name, ".txt") || strings.HasSuffix(f.Name, "README.txt") {
			continue
		}
		r, err := f.Open()
		if err != nil {
			return "", err
		}
		text, err := io.ReadAll(r)
		if err != nil {
			return "", err
		}
		all.WriteString(strings.ToValidUTF8(string(text), "'"))
		all.WriteString("\n\n")
	}
	return all.String(), nil
}

// cut makes documents of whole paragraphs, about 300 to 700 characters each.
func cut(text string) []string {
	var out []string
	var doc strings.Builder
	flush := func() {
		if doc.Len() > 80 {
			out = append(out, doc.String())
		}
		doc.Reset()
	}
	for p := range strings.SplitSeq(strings.ReplaceAll(text, "\r", ""), "\n") {
		p = strings.Join(strings.FieldsFunc(p, unicode.IsSpace), " ")
		if p == "" {
			if doc.Len() > 300 {
				flush()
			}
			continue
		}
		if doc.Len() > 0 {
			doc.WriteString("\n")
		}
		doc.WriteString(p)
		if doc.Len() > 500 {
			flush()
		}
	}
	flush()
	return out
}
