package lm

import (
	"bytes"
	"embed"
	"fmt"
	"io/fs"
)

//go:embed bundled/recipe.json
var bundledRecipe []byte

// BundledRecipe returns the recipe of the bundled base and what came of it: package trainbase reads it.
func BundledRecipe() []byte { return bytes.Clone(bundledRecipe) }

//go:embed bundled/config.json bundled/tokenizer.json bundled/model.safetensors
var bundled embed.FS // lm/bundled/recipe.json names each text that it was trained on

// Bundled returns the base that comes with the binary.
func Bundled() (*Base, error) {
	dir, err := fs.Sub(bundled, "bundled")
	if err != nil {
		return nil, fmt.Errorf("the bundled base: %w", err)
	}
	return readBase(dir)
}
