package lm

import (
	"embed"
	"fmt"
	"io/fs"
)

// The base that comes with the binary: about a million parameters, trained by
// trainbase on public-domain texts. lm/bundled/recipe.json names each of them.
//
//go:embed bundled/config.json bundled/tokenizer.json bundled/model.safetensors
var bundled embed.FS

// Bundled returns the base that comes with the binary.
func Bundled() (*Base, error) {
	dir, err := fs.Sub(bundled, "bundled")
	if err != nil {
		return nil, fmt.Errorf("the bundled base: %w", err)
	}
	return readBase(dir)
}
