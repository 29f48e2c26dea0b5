// Package testshared finds the real data sets that tests may read and that are
// no part of the project.
package testshared

import (
	"os"
	"path/filepath"
	"testing"
)

// Dir returns the folder of the data set name: below $LICET_SHARED, or below
// the folder shared beside the module. Where it is absent the test is skipped,
// but with CI=true it fails: there, nothing may be left untested.
func Dir(tb testing.TB, name string) string {
	tb.Helper()
	dir := filepath.Join(root(tb), "data", name)
	if _, err := os.Stat(dir); err != nil {
		const want = "the data set %q is absent: put it below $LICET_SHARED or ../shared (%v)"
		if os.Getenv("CI") == "true" { //nolint:forbidigo // read by tests only
			tb.Fatalf(want, name, err)
		}
		tb.Skipf(want, name, err)
	}
	return dir
}

func root(tb testing.TB) string {
	tb.Helper()
	if dir := os.Getenv("LICET_SHARED"); dir != "" { //nolint:forbidigo // read by tests only
		return dir
	}
	dir, err := os.Getwd()
	if err != nil {
		tb.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return filepath.Join(filepath.Dir(dir), "shared")
		}
		up := filepath.Dir(dir)
		if up == dir {
			tb.Fatal("no go.mod above the test")
		}
		dir = up
	}
}
