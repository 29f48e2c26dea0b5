// Package quayside makes installations with the fictional community in them,
// for tests of the packages above app.
package quayside

import (
	"context"
	"crypto/rand"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"licet"
	"licet/app"
	"licet/source/jsonl"
	"licet/testdata/village"
)

// Start is when its invented time begins.
var Start = time.Date(2025, 11, 3, 9, 0, 0, 0, time.UTC)

// Config opens a folder without waiting for the disk.
func Config(dir string) app.Config {
	return app.Config{Dir: dir, Master: [32]byte{1, 2, 3}, Now: func() time.Time { return Start }, Random: rand.Reader, Sync: "OFF"}
}

// Settings are those of the demonstration, with as many epochs as a test has time for.
// With one, and somebody gone, a merged model may be worse than its base, by where the
// keys happen to place the members: then it is not promoted. With three it is not.
func Settings(epochs int) app.Settings {
	return app.Settings{Origin: "quayside.test/log", Policy: "linkedin-2025", Shards: 4, Slices: 3, Simulated: true, Epochs: epochs}
}

// New returns an installation into which the community has moved and whose
// notice was delivered; objectors say so before the deadline.
func New(tb testing.TB, cfg app.Config, s app.Settings) *app.App {
	tb.Helper()
	ctx := context.WithoutCancel(tb.Context())
	must := func(err error) {
		tb.Helper()
		if err != nil {
			tb.Fatal(err)
		}
	}
	a, err := app.Create(ctx, cfg, s)
	must(err)
	tb.Cleanup(func() { must(a.Close()) })
	_, err = a.Import(ctx, jsonl.FS(village.Files(), "english.jsonl", "french.jsonl"))
	must(err)
	_, err = a.Notify(ctx, "")
	must(err)
	_, err = a.Deliver(ctx, []byte("test"))
	must(err)
	choices, err := village.Choices()
	must(err)
	for _, c := range choices {
		if c.When != "before_deadline" {
			continue
		}
		said := licet.Said{Channel: "test", Language: c.Language, Screen: c.Screen}
		if c.Choice == "consent" {
			_, err = a.Consent(ctx, Member(tb, a, c.Member), licet.PurposeTrain, said)
		} else {
			_, err = a.Object(ctx, Member(tb, a, c.Member), licet.PurposeTrain, said)
		}
		must(err)
	}
	return a
}

// Trained returns an installation that serves a model. Installations with the
// same settings are copies of one that is trained once a process.
func Trained(tb testing.TB, cfg app.Config, s app.Settings) *app.App {
	tb.Helper()
	if cfg.Rules != nil || cfg.Base != nil {
		return train(tb, cfg, s)
	}
	name := fmt.Sprint(s)
	trained.Lock()
	defer trained.Unlock()
	if trained.folders[name] == nil {
		first := cfg
		first.Dir = tb.TempDir()
		a := train(tb, first, s)
		// The write-ahead log is emptied, so that the files are whole.
		if err := a.Vault().Scrub(context.WithoutCancel(tb.Context())); err != nil {
			tb.Fatal(err)
		}
		files, err := read(first.Dir)
		if err != nil {
			tb.Fatal(err)
		}
		if trained.folders == nil {
			trained.folders = map[string]fstest.MapFS{}
		}
		trained.folders[name] = files
	}
	if err := os.CopyFS(cfg.Dir, trained.folders[name]); err != nil {
		tb.Fatal(err)
	}
	a, err := app.Open(context.WithoutCancel(tb.Context()), cfg)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := a.Close(); err != nil {
			tb.Error(err)
		}
	})
	return a
}

var trained struct {
	sync.Mutex
	folders map[string]fstest.MapFS
}

func read(dir string) (fstest.MapFS, error) {
	out := fstest.MapFS{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(dir, path)
		out[filepath.ToSlash(name)] = &fstest.MapFile{Data: data, Mode: 0o600}
		return err
	})
	return out, err
}

func train(tb testing.TB, cfg app.Config, s app.Settings) *app.App {
	tb.Helper()
	a := New(tb, cfg, s)
	if _, err := a.Advance(47 * 24 * time.Hour); err != nil {
		tb.Fatal(err)
	}
	if _, err := a.Train(context.WithoutCancel(tb.Context()), nil); err != nil {
		tb.Fatal(err)
	}
	return a
}

// Member returns the id of the member whom the village calls ref.
func Member(tb testing.TB, a *app.App, ref string) licet.MemberID {
	tb.Helper()
	m, err := a.Find(context.WithoutCancel(tb.Context()), village.Platform+"/"+ref)
	if err != nil {
		tb.Fatal(err)
	}
	return m.ID
}
