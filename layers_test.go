package licet_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const modulePath = "licet"

// TestLayers holds the code to the import table in ARCHITECTURE.md.
func TestLayers(t *testing.T) {
	allowed, order := readLayers(t)
	for pkg, deps := range allowed {
		for _, dep := range deps {
			if i, ok := order[dep]; dep != "*" && (!ok || i >= order[pkg]) {
				t.Errorf("ARCHITECTURE.md: %s names %s, which is not listed above it", pkg, dep)
			}
		}
	}
	seen := map[string]bool{}
	for file, deps := range readImports(t) {
		pkg := path.Dir(file)
		seen[pkg] = true
		may, ok := allowed[pkg]
		if !ok {
			t.Errorf("%s: package %s is not in ARCHITECTURE.md", file, pkg)
			continue
		}
		for _, dep := range deps {
			if !slices.Contains(may, dep) && !slices.Contains(may, "*") {
				t.Errorf("%s: %s may not import %s", file, pkg, dep)
			}
		}
	}
	for pkg := range allowed {
		if !seen[pkg] {
			t.Errorf("ARCHITECTURE.md names %s, which does not exist", pkg)
		}
	}
}

// readLayers returns what each package may import, and its line number.
func readLayers(t *testing.T) (allowed map[string][]string, order map[string]int) {
	t.Helper()
	doc, err := os.ReadFile("ARCHITECTURE.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, ok := strings.Cut(string(doc), "```layers\n")
	block, _, ok2 := strings.Cut(rest, "```")
	if !ok || !ok2 {
		t.Fatal("ARCHITECTURE.md has no layers block")
	}
	allowed, order = map[string][]string{}, map[string]int{}
	for line := range strings.Lines(block) {
		pkg, deps, ok := strings.Cut(line, ":")
		if !ok {
			t.Fatalf("ARCHITECTURE.md: bad line %q", line)
		}
		pkg = strings.TrimSpace(pkg)
		order[pkg] = len(order)
		allowed[pkg] = strings.Fields(deps)
	}
	return allowed, order
}

// readImports returns the imports from this module of each file that is not
// a test, with paths relative to the module root.
func readImports(t *testing.T) map[string][]string {
	t.Helper()
	imports := map[string][]string{}
	err := fs.WalkDir(os.DirFS("."), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (path.Dir(name) != "." && d.Name() == "testdata" || len(name) > 1 && name[0] == '.') {
			return fs.SkipDir
		}
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return nil
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		deps := map[string]bool{}
		for _, spec := range f.Imports {
			p, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			if p == modulePath {
				deps["."] = true
			} else if rel, ok := strings.CutPrefix(p, modulePath+"/"); ok {
				deps[rel] = true
			}
		}
		imports[name] = slices.Sorted(maps.Keys(deps))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return imports
}
