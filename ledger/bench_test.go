package ledger_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"licet"
	"licet/internal/db"
	"licet/ledger"
	"licet/vault"
)

// opened is a new ledger in a folder, with what it needs.
func opened(b *testing.B, sync string) (*ledger.Ledger, *sql.DB, *vault.Keys) {
	b.Helper()
	ctx, dir := b.Context(), b.TempDir()
	keys, err := vault.CreateKeys(ctx, filepath.Join(dir, "keys.db"), [32]byte{9}, &stream{}, vault.KeysOptions{Sync: "OFF"})
	if err != nil {
		b.Fatal(err)
	}
	d, err := db.Open(ctx, filepath.Join(dir, "licet.db"), db.Options{Sync: sync})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _, _ = d.Close(), keys.Close() })
	log, err := ledger.Open(ctx, d, ledger.Options{Keys: keys, Seed: keys.Signing(), Origin: origin, Now: time.Now, Checkpoint: filepath.Join(dir, "checkpoint")})
	if err != nil {
		b.Fatal(err)
	}
	return log, d, keys
}

// durable is a ledger that waits for the disk, with members in it.
func durable(b *testing.B, members int) (*ledger.Ledger, []licet.MemberID) {
	b.Helper()
	log, _, keys := opened(b, "FULL")
	var ids []licet.MemberID
	for i := range members {
		ids = append(ids, licet.MemberID(fmt.Sprintf("%032x", i)))
	}
	if err := keys.Create(b.Context(), ids...); err != nil {
		b.Fatal(err)
	}
	_, err := log.Do(b.Context(), func(context.Context, *sql.Tx, uint64) (out []licet.Event, err error) {
		for _, id := range ids {
			body, err := json.Marshal(licet.Joined{Token: licet.Sum([]byte(id))})
			if err != nil {
				return nil, err
			}
			out = append(out, licet.Event{Type: licet.EventJoined, Member: id, Body: body})
		}
		return out, nil
	})
	if err != nil {
		b.Fatal(err)
	}
	return log, ids
}

// BenchmarkAppend confirms objections one at a time, and many at once, each durable
// under a signed checkpoint before it is confirmed.
func BenchmarkAppend(b *testing.B) {
	body, err := json.Marshal(licet.Objected{Purpose: licet.PurposeTrain, Said: licet.Said{Channel: "web", Language: "en", Notice: "notice-2025-11-03", Screen: "privacy: Data for generative AI improvement"}})
	if err != nil {
		b.Fatal(err)
	}
	b.Run("single", func(b *testing.B) {
		log, ids := durable(b, 100)
		i := 0
		for b.Loop() {
			if _, err := log.Append(b.Context(), licet.Event{Type: licet.EventObjected, Member: ids[i%len(ids)], Body: body}); err != nil {
				b.Fatal(err)
			}
			i++
		}
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
	})
	b.Run("group", func(b *testing.B) {
		log, ids := durable(b, 1000)
		var i atomic.Int64
		b.SetParallelism(512)
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				if _, err := log.Append(b.Context(), licet.Event{Type: licet.EventObjected, Member: ids[int(i.Add(1))%len(ids)], Body: body}); err != nil {
					b.Error(err)
					return
				}
			}
		})
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
	})
}

// generated is a log of n events that nobody acted: leaves that are hashes, the tree
// over them, and the checkpoint signed over it.
func generated(b *testing.B, n int64) *ledger.Ledger {
	b.Helper()
	ctx := b.Context()
	log, d, _ := opened(b, "OFF")
	must := func(err error) {
		b.Helper()
		if err != nil {
			b.Fatal(err)
		}
	}
	const batch = 200_000
	edge := edges{}
	for leaf, err := range log.Leaves(ctx, 1) {
		must(err)
		edge.keep(0, []tlog.Hash{tlog.RecordHash(leaf)})
	}
	fill := func(tx *sql.Tx, from int64) {
		event, err := tx.PrepareContext(ctx, `INSERT INTO events (seq, time, type, member, body, leaf) VALUES (?, 0, '', ?, x'00', ?)`)
		must(err)
		defer func() { _ = event.Close() }()
		hash, err := tx.PrepareContext(ctx, `INSERT INTO hashes (id, hash) VALUES (?, ?)`)
		must(err)
		defer func() { _ = hash.Close() }()
		for i := from; i < min(from+batch, n); i++ {
			leaf := fmt.Appendf(nil, `{"commitment":"%064x","seq":%d,"time":0,"v":1}`, i, i)
			_, err = event.ExecContext(ctx, i, "0011", leaf)
			must(err)
			hashes, err := tlog.StoredHashes(i, leaf, edge)
			must(err)
			edge.keep(i, hashes)
			for k, h := range hashes {
				_, err = hash.ExecContext(ctx, tlog.StoredHashIndex(0, i)+int64(k), h[:])
				must(err)
			}
		}
	}
	for from := int64(1); from < n; from += batch {
		tx, err := d.BeginTx(ctx, nil)
		must(err)
		fill(tx, from)
		must(tx.Commit())
	}
	return log
}

// edges holds the hashes that the next leaves need: the right edge of the tree.
type edges map[int64]tlog.Hash

func (e edges) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	for i, id := range indexes {
		h, ok := e[id]
		if !ok {
			return nil, fmt.Errorf("hash %d was dropped", id)
		}
		out[i] = h
	}
	return out, nil
}

func (e edges) keep(i int64, hashes []tlog.Hash) {
	at := tlog.StoredHashIndex(0, i)
	for k, h := range hashes {
		e[at+int64(k)] = h
		// The children of what is complete are never asked for again.
		if k > 0 {
			level, n := tlog.SplitStoredHashIndex(at + int64(k))
			delete(e, tlog.StoredHashIndex(level-1, 2*n))
			delete(e, tlog.StoredHashIndex(level-1, 2*n+1))
		}
	}
}

// BenchmarkProof proves inclusion and consistency in a large log: 1,000,000 events, or
// as many as LICET_BENCH_EVENTS says.
func BenchmarkProof(b *testing.B) {
	n := int64(1_000_000)
	if text := os.Getenv("LICET_BENCH_EVENTS"); text != "" {
		var err error
		if n, err = strconv.ParseInt(text, 10, 64); err != nil {
			b.Fatal(err)
		}
	}
	log := generated(b, n)
	rnd := rand.New(rand.NewPCG(1, 2))
	for name, prove := range map[string]func() error{
		"inclusion": func() error {
			_, err := log.Inclusion(b.Context(), uint64(rnd.Int64N(n)), uint64(n))
			return err
		},
		"consistency": func() error {
			_, err := log.Consistency(b.Context(), uint64(1+rnd.Int64N(n)), uint64(n))
			return err
		},
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if err := prove(); err != nil {
					b.Fatal(err)
				}
			}
			var usage syscall.Rusage
			if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(float64(usage.Maxrss)/1024, "peak-MiB")
		})
	}
}

// BenchmarkVerify checks the golden receipt: a choice and two models.
func BenchmarkVerify(b *testing.B) {
	receipt, err := os.ReadFile("testdata/receipt.golden")
	if err != nil {
		b.Fatal(err)
	}
	key, err := os.ReadFile("testdata/log.pub.golden")
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := ledger.Verify(receipt, strings.TrimSpace(string(key))); err != nil {
			b.Fatal(err)
		}
	}
}
