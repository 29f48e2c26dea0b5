package redact_test

import (
	"crypto/rand"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"licet"
	"licet/internal/db"
	"licet/internal/testshared"
	"licet/vault"
	"licet/view/redact"
)

// posts returns the texts of a real professional community.
func posts(tb testing.TB) []string {
	tb.Helper()
	var out []string
	dir := filepath.Join(testshared.Dir(tb, "digitalgov"), "content", "news")
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".md") {
			return err
		}
		data, err := os.ReadFile(path)
		out = append(out, string(data))
		return err
	})
	if err != nil {
		tb.Fatal(err)
	}
	return out
}

func BenchmarkText(b *testing.B) {
	texts, size := posts(b), 0
	for _, t := range texts {
		size += len(t)
	}
	c := redact.Context{People: directory(b), Region: "US"}
	for _, what := range []struct {
		name string
		run  func(string)
	}{
		{"Find", func(t string) { redact.Find(t, c) }},
		{"Text", func(t string) { redact.Text(t, c) }},
	} {
		b.Run(what.name, func(b *testing.B) {
			b.SetBytes(int64(size))
			for b.Loop() {
				for _, t := range texts {
					what.run(t)
				}
			}
		})
	}
}

// directory returns the directory of a real community: everybody who has a
// profile in it, and as they sign in elsewhere.
func directory(tb testing.TB) *vault.Directory {
	tb.Helper()
	var members []licet.Member
	files, err := filepath.Glob(filepath.Join(testshared.Dir(tb, "digitalgov"), "content", "authors", "*", "_index.md"))
	if err != nil {
		tb.Fatal(err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			tb.Fatal(err)
		}
		m := licet.Member{ID: licet.MemberID(filepath.Base(filepath.Dir(file))), Platform: "site", Ref: filepath.Base(filepath.Dir(file))}
		for line := range strings.Lines(string(data)) {
			key, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
			switch value = strings.Trim(value, `"' `); {
			case key == "display_name":
				m.Name = value
			case (key == "github" || key == "twitter") && value != "":
				m.Handles = append(m.Handles, value)
			}
		}
		if m.Name != "" {
			members = append(members, m)
		}
	}
	return listing(tb, members...)
}

// listing returns the directory of members, from a vault.
func listing(tb testing.TB, members ...licet.Member) *vault.Directory {
	tb.Helper()
	ctx, dir := tb.Context(), tb.TempDir()
	keys, err := vault.CreateKeys(ctx, filepath.Join(dir, "keys.db"), [32]byte{7}, rand.Reader, vault.KeysOptions{})
	if err != nil {
		tb.Fatal(err)
	}
	d, err := db.Open(ctx, filepath.Join(dir, "licet.db"), db.Options{})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _, _ = d.Close(), keys.Close() })
	v := vault.New(d, keys)
	tx, err := d.BeginTx(ctx, nil)
	if err != nil {
		tb.Fatal(err)
	}
	for _, m := range members {
		m.ID = keys.MemberID(m.Platform, m.Ref)
		if err := errors.Join(keys.Create(ctx, m.ID), v.PutMember(ctx, tx, m, 1)); err != nil {
			tb.Fatal(err)
		}
	}
	if err := tx.Commit(); err != nil {
		tb.Fatal(err)
	}
	out, err := v.Directory(ctx, 2, 2)
	if err != nil {
		tb.Fatal(err)
	}
	return out
}
