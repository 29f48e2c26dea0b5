// Package ledger keeps the events of an installation: append-only, each with
// its Merkle leaf in the same transaction, under signed checkpoints, with
// proofs, receipts and an audit that trusts nothing.
package ledger

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"golang.org/x/mod/sumdb/note"

	"licet"
)

// Errors that callers tell apart.
var (
	// ErrFork says that the database is not the one that the last checkpoint
	// outside it was made of: rolled back, or another tree.
	ErrFork = errors.New("the log is not the one of the last checkpoint")
	// ErrDamaged says that something in the log does not fit together.
	ErrDamaged = errors.New("the log is damaged")
)

// sealer is the part of the key file that the ledger needs.
type sealer interface {
	// Sealing reads the keys of some members, for as long as one transaction lasts.
	Sealing(ctx context.Context, members ...licet.MemberID) (seal func(m licet.MemberID, plain, about []byte, label string) (sealed, salt []byte, err error), err error)
	Open(ctx context.Context, m licet.MemberID, sealed, about []byte) ([]byte, error)
	// Opening reads every key, for as long as one pass over many events lasts.
	Opening(ctx context.Context) (open func(m licet.MemberID, sealed, about []byte) ([]byte, error), err error)
	Salt(ctx context.Context, m licet.MemberID, label string) ([]byte, error)
	Has(ctx context.Context, m licet.MemberID) (bool, error)
}

// Options say how to open a ledger.
type Options struct {
	Keys       sealer
	Seed       []byte // of the Ed25519 signing key
	Origin     string // names the log; only a new log takes it
	Simulated  bool   // only a new log takes it
	Now        func() time.Time
	Checkpoint string // the file, outside the database, of the last signed checkpoint
}

// A Ledger is the log of one installation. It is safe for concurrent use, also
// by several processes.
type Ledger struct {
	db       *sql.DB
	o        Options
	signer   note.Signer
	verifier note.Verifier
	key      string // the verifier's, as text

	writing sync.Mutex // one transaction of this process at a time
	queue   struct {
		sync.Mutex

		waiting []*waiting
		led     bool // somebody writes, or is about to
	}

	mu    sync.Mutex
	state licet.State            // the newest that was asked for
	past  map[uint64]licet.State // a few earlier ones
}

// Open opens the log in db, and founds it where there is none. It refuses a
// database that the last checkpoint contradicts.
func Open(ctx context.Context, db *sql.DB, o Options) (*Ledger, error) {
	l := &Ledger{db: db, o: o, past: map[uint64]licet.State{}}
	n, err := l.Head(ctx)
	if err != nil {
		return nil, err
	}
	if n > 0 {
		first, err := l.row(ctx, 0)
		if err != nil {
			return nil, err
		}
		founded, err := licet.BodyOf[licet.Founded](first)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrDamaged, err)
		}
		l.o.Origin = founded.Origin
	}
	if err := l.keys(); err != nil {
		return nil, err
	}
	if n == 0 {
		if _, err := os.Stat(o.Checkpoint); err == nil {
			return nil, fmt.Errorf("%w: %s exists, the database is empty", ErrFork, o.Checkpoint)
		}
		body, err := json.Marshal(licet.Founded{Origin: o.Origin, Simulated: o.Simulated})
		if err != nil {
			return nil, fmt.Errorf("found the log: %w", err)
		}
		_, err = l.Do(ctx, func(context.Context, *sql.Tx, uint64) ([]licet.Event, error) {
			return []licet.Event{{Type: licet.EventFounded, Body: body}}, nil
		})
		return l, err
	}
	return l, l.checkFile(ctx, n)
}

func (l *Ledger) keys() error {
	private := ed25519.NewKeyFromSeed(l.o.Seed)
	public, _ := private.Public().(ed25519.PublicKey)
	data := append([]byte{1}, public...) // 1: Ed25519
	hash := sha256.Sum256(append([]byte(l.o.Origin+"\n"), data...))
	id := binary.BigEndian.Uint32(hash[:4])
	l.key = fmt.Sprintf("%s+%08x+%s", l.o.Origin, id, base64.StdEncoding.EncodeToString(data))
	secret := fmt.Sprintf("PRIVATE+KEY+%s+%08x+%s", l.o.Origin, id, base64.StdEncoding.EncodeToString(append([]byte{1}, l.o.Seed...)))
	var err error
	if l.signer, err = note.NewSigner(secret); err != nil {
		return fmt.Errorf("the log's name %q and key: %w", l.o.Origin, err)
	}
	if l.verifier, err = note.NewVerifier(l.key); err != nil {
		return fmt.Errorf("the log's name %q and key: %w", l.o.Origin, err)
	}
	return nil
}

// Verifier returns the key with which anybody checks the log, in the format of
// golang.org/x/mod/sumdb/note.
func (l *Ledger) Verifier() string { return l.key }

// Origin names the log.
func (l *Ledger) Origin() string { return l.o.Origin }

// Head returns the next position: how many events there are.
func (l *Ledger) Head(ctx context.Context) (uint64, error) {
	var n int64
	if err := l.db.QueryRowContext(ctx, `SELECT coalesce(max(seq) + 1, 0) FROM events`).Scan(&n); err != nil {
		return 0, fmt.Errorf("read the head of the log: %w", err)
	}
	return uint64(n), nil //nolint:gosec // never negative
}
