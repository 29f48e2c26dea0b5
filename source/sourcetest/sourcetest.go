// Package sourcetest is the suite that every source must pass, over a real
// ledger and a real vault.
package sourcetest

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/json"
	"errors"
	"iter"
	"maps"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"licet"
	"licet/internal/db"
	"licet/ledger"
	"licet/source"
	"licet/vault"
)

// community is the key of every target, so that two of them name alike.
var community = []byte("a community key of thirty-two by")

// NewTarget returns an empty target.
func NewTarget(t *testing.T) source.Target {
	t.Helper()
	ctx, dir := context.WithoutCancel(t.Context()), t.TempDir()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	keys, err := vault.CreateKeys(ctx, filepath.Join(dir, "keys.db"), [32]byte{1}, rand.Reader, vault.KeysOptions{Community: community, Sync: "OFF"})
	must(err)
	d, err := db.Open(ctx, filepath.Join(dir, "licet.db"), db.Options{Sync: "OFF"})
	must(err)
	t.Cleanup(func() { _, _ = d.Close(), keys.Close() })
	l, err := ledger.Open(ctx, d, ledger.Options{
		Keys: keys, Seed: keys.Signing(), Origin: "test.example/log", Now: func() time.Time { return time.Unix(1_700_000_000, 0) },
		Checkpoint: filepath.Join(dir, "checkpoint"),
	})
	must(err)
	v := vault.New(d, keys)
	return source.Target{Ledger: l, Vault: v, Erase: func(ctx context.Context, m licet.MemberID) error {
		_, err := l.Do(ctx, func(ctx context.Context, tx *sql.Tx, _ uint64) ([]licet.Event, error) {
			body, err := json.Marshal(licet.Erased{Member: m})
			return []licet.Event{{Type: licet.EventErased, Body: body}}, errors.Join(err, v.Erase(ctx, tx, m))
		})
		if err != nil {
			return err // the key stays as long as there is something that it opens
		}
		return errors.Join(keys.Destroy(ctx, m), v.Scrub(ctx))
	}}
}

// Records returns the digest of every record of a target.
func Records(t *testing.T, to source.Target) map[licet.RecordID]licet.Digest {
	t.Helper()
	out := map[licet.RecordID]licet.Digest{}
	for r, err := range to.Vault.All(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		if out[r.ID], err = to.Vault.KeyedDigest(r); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

// Members returns every member of a target.
func Members(t *testing.T, to source.Target) map[licet.MemberID]string {
	t.Helper()
	out := map[licet.MemberID]string{}
	for m, err := range to.Vault.Members(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		data, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		out[m.ID] = string(data)
	}
	return out
}

// items is a source of items that somebody else read.
type items []source.Item

// Items implements source.Source.
func (list items) Items(context.Context) iter.Seq2[source.Item, error] {
	return func(yield func(source.Item, error) bool) {
		for _, i := range list {
			if !yield(i, nil) {
				return
			}
		}
	}
}

func head(t *testing.T, to source.Target) uint64 {
	t.Helper()
	n, err := to.Ledger.Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// Run holds a source to what package source promises. The input has members and
// records, no two items of the same id and no deletion.
func Run(t *testing.T, s source.Source) {
	t.Helper()
	var all items
	for item, err := range s.Items(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, item)
	}
	first := NewTarget(t)
	sum, err := source.Import(t.Context(), first, s)
	if err != nil {
		t.Fatal(err)
	}
	if sum.NewMembers == 0 || sum.New == 0 || sum.NewMembers != sum.Members || sum.New != sum.Records {
		t.Fatalf("the first import: %s", sum)
	}
	records, members := Records(t, first), Members(t, first)
	t.Run("reading again changes nothing", func(t *testing.T) {
		before := head(t, first)
		again, err := source.Import(t.Context(), first, s)
		if err != nil {
			t.Fatal(err)
		}
		if again.NewMembers+again.ChangedMembers+again.New+again.Changed+again.Removed > 0 || again.Unchanged != sum.Records || head(t, first) != before {
			t.Errorf("the second import: %s; %d events more", again, head(t, first)-before)
		}
	})
	t.Run("two readings are the same", func(t *testing.T) {
		i := 0
		for item, err := range s.Items(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			x, errX := json.Marshal(item)
			y, errY := json.Marshal(all[i])
			if errX != nil || errY != nil || string(x) != string(y) {
				t.Fatalf("item %d differs", i)
			}
			i++
		}
		if i != len(all) {
			t.Errorf("%d items, then %d", len(all), i)
		}
	})
	t.Run("any order gives the same", func(t *testing.T) {
		back := slices.Clone(all)
		slices.Reverse(back)
		other := NewTarget(t)
		if _, err := source.Import(t.Context(), other, back); err != nil {
			t.Fatal(err)
		}
		if !maps.Equal(records, Records(t, other)) || !maps.Equal(members, Members(t, other)) {
			t.Error("another order gives other records or members")
		}
	})
	t.Run("every item says where it stands", func(t *testing.T) {
		for _, item := range all {
			if item.Pos.File == "" || item.Pos.Line < 1 {
				t.Fatalf("an item without a place: %+v", item.Pos)
			}
		}
	})
	t.Run("who stops listening stops the reading", func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		stop()
		other := NewTarget(t)
		before := head(t, other)
		if _, err := source.Import(ctx, other, s); !errors.Is(err, context.Canceled) {
			t.Errorf("a cancelled import: %v", err)
		}
		if head(t, other) != before || len(Records(t, other)) > 0 {
			t.Error("a cancelled import left something")
		}
	})
}
