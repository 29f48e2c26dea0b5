package main

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
)

// A recipe is all that a model depends on beside this program: texts and
// numbers. The file has a line for each, with tabs between its fields:
//
//	param	NAME	VALUE
//	source	READER	PLACE	SHA-256	LICENCE
//	model	SHA-256
//
// PLACE is npm:NAME@VERSION, pypi:FILE or shared:PATH; READER says how text is
// taken out of it. Lines that begin with # are for the reader.
type recipe struct {
	params  map[string]int
	sources []origin
}

type origin struct{ reader, place, digest, licence string }

var errRecipe = errors.New("bad recipe")

func readRecipe(name string) (*recipe, error) {
	b, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("read the recipe: %w", err)
	}
	r := &recipe{params: map[string]int{}}
	for line := range strings.Lines(string(b)) {
		line = strings.TrimRight(line, "\n")
		f := strings.Split(line, "\t")
		switch {
		case line == "" || line[0] == '#' || f[0] == "model":
		case f[0] == "param" && len(f) == 3:
			v, err := strconv.Atoi(f[2])
			if err != nil {
				return nil, fmt.Errorf("recipe: parameter %s: %w", f[1], err)
			}
			r.params[f[1]] = v
		case f[0] == "source" && len(f) == 5:
			r.sources = append(r.sources, origin{f[1], f[2], f[3], f[4]})
		default:
			return nil, fmt.Errorf("%w: line %q", errRecipe, line)
		}
	}
	return r, nil
}

// param returns a number of the recipe.
func (r *recipe) param(name string) (int, error) {
	v, ok := r.params[name]
	if !ok {
		return 0, fmt.Errorf("%w: no parameter %s", errRecipe, name)
	}
	return v, nil
}
