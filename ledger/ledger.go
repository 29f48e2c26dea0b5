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
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

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
	Seal(ctx context.Context, m licet.MemberID, plain, about []byte) ([]byte, error)
	Open(ctx context.Context, m licet.MemberID, sealed, about []byte) ([]byte, error)
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

// Do runs one transaction: f changes what it must through tx, knowing the
// position of the next event, and returns the events to append. When Do returns
// without an error, all of it is durable and under a signed checkpoint. With an
// error none of it is there, unless what failed was writing the checkpoint's
// file: then it is committed, and the file is behind, as after a crash. An event
// that can't be folded is refused.
func (l *Ledger) Do(ctx context.Context, f func(ctx context.Context, tx *sql.Tx, next uint64) ([]licet.Event, error)) ([]licet.Event, error) {
	tx, err := l.db.BeginTx(ctx, nil)
	if err != nil {
		return nil, fmt.Errorf("begin: %w", err)
	}
	defer tx.Rollback()
	next, last, err := tail(ctx, tx)
	if err != nil {
		return nil, err
	}
	events, err := f(ctx, tx, next)
	if err != nil || len(events) == 0 {
		if err == nil {
			err = tx.Commit()
		}
		return nil, err
	}
	at := l.o.Now().UTC().Truncate(time.Millisecond)
	if at.Before(last) {
		at = last // a clock that goes back does not turn the log around
	}
	state, err := l.State(ctx, next)
	if err != nil {
		return nil, err
	}
	folder := licet.NewFolder(state)
	done := make([]licet.Event, len(events))
	for i, e := range events {
		e.Seq, e.Time = next+uint64(i), at //nolint:gosec // an index
		if err := folder.Fold(e); err != nil {
			return nil, fmt.Errorf("append: %w", err)
		}
		if err := l.append(ctx, tx, e); err != nil {
			return nil, fmt.Errorf("append event %d: %w", e.Seq, err)
		}
		done[i] = e
	}
	size := next + uint64(len(events))
	signed, err := l.sign(ctx, tx, size)
	if err != nil {
		return nil, err
	}
	if err := tx.Commit(); err != nil {
		return nil, fmt.Errorf("commit: %w", err)
	}
	if err := writeFile(l.o.Checkpoint, signed); err != nil {
		return nil, err
	}
	l.keep(folder.State(), slices.ContainsFunc(done, func(e licet.Event) bool { return e.Type == licet.EventErased }))
	return done, nil
}

func tail(ctx context.Context, tx *sql.Tx) (next uint64, last time.Time, err error) {
	var seq, ms int64
	err = tx.QueryRowContext(ctx, `SELECT seq, time FROM events ORDER BY seq DESC LIMIT 1`).Scan(&seq, &ms)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, time.Time{}, nil
	}
	if err != nil {
		return 0, time.Time{}, fmt.Errorf("read the end of the log: %w", err)
	}
	return uint64(seq) + 1, time.UnixMilli(ms).UTC(), nil //nolint:gosec // never negative
}

func (l *Ledger) append(ctx context.Context, tx *sql.Tx, e licet.Event) error {
	stored, leaf, err := l.encode(ctx, e)
	if err != nil {
		return err
	}
	kind := e.Type
	if e.Type.OfMember() {
		kind = ""
	}
	if _, err := tx.ExecContext(ctx, `INSERT INTO events (seq, time, type, member, body, leaf) VALUES (?, ?, ?, ?, ?, ?)`,
		int64(e.Seq), e.Time.UnixMilli(), kind, e.Member, stored, leaf); err != nil { //nolint:gosec // a position fits
		return err
	}
	hashes, err := tlog.StoredHashes(int64(e.Seq), leaf, reader{ctx, tx}) //nolint:gosec // a position fits
	if err != nil {
		return err
	}
	at := tlog.StoredHashIndex(0, int64(e.Seq)) //nolint:gosec // a position fits
	for i, h := range hashes {
		if _, err := tx.ExecContext(ctx, `INSERT INTO hashes (id, hash) VALUES (?, ?)`, at+int64(i), h[:]); err != nil {
			return err
		}
	}
	return nil
}

// encode returns what the row of e stores, and the leaf.
func (l *Ledger) encode(ctx context.Context, e licet.Event) (stored, leaf []byte, err error) {
	body, err := canonical(e.Body)
	if err != nil {
		return nil, nil, err
	}
	if !e.Type.OfMember() {
		leaf, err = operatorLeaf(e.Seq, e.Time, e.Type, body)
		return body, leaf, err
	}
	if e.Member == "" {
		return nil, nil, fmt.Errorf("a member's event (%s) without a member", e.Type)
	}
	text, err := canonical(content{e.Type, body})
	if err != nil {
		return nil, nil, err
	}
	salt, err := l.o.Keys.Salt(ctx, e.Member, saltLabel(e.Seq))
	if err != nil {
		return nil, nil, err
	}
	if stored, err = l.o.Keys.Seal(ctx, e.Member, text, aboutEvent(e.Seq)); err != nil {
		return nil, nil, err
	}
	leaf, err = memberLeaf(e.Seq, e.Time, commit(salt, text))
	return stored, leaf, err
}

func saltLabel(seq uint64) string  { return "event/" + strconv.FormatUint(seq, 10) }
func aboutEvent(seq uint64) []byte { return []byte("events/" + strconv.FormatUint(seq, 10)) }

// reader reads the tree's hashes.
type reader struct {
	ctx context.Context //nolint:containedctx // tlog's interface has no context
	q   interface {
		QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
	}
}

// ReadHashes implements tlog.HashReader.
func (r reader) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	for i, id := range indexes {
		var h []byte
		if err := r.q.QueryRowContext(r.ctx, `SELECT hash FROM hashes WHERE id = ?`, id).Scan(&h); err != nil {
			return nil, fmt.Errorf("%w: hash %d: %w", ErrDamaged, id, err)
		}
		if len(h) != len(out[i]) {
			return nil, fmt.Errorf("%w: hash %d has %d bytes", ErrDamaged, id, len(h))
		}
		copy(out[i][:], h)
	}
	return out, nil
}

// sign stores the signed checkpoint of the first size events.
func (l *Ledger) sign(ctx context.Context, tx *sql.Tx, size uint64) ([]byte, error) {
	root, err := tlog.TreeHash(int64(size), reader{ctx, tx}) //nolint:gosec // a position fits
	if err != nil {
		return nil, fmt.Errorf("hash the log: %w", err)
	}
	text := fmt.Sprintf("%s\n%d\n%s\n", l.o.Origin, size, base64.StdEncoding.EncodeToString(root[:]))
	signed, err := note.Sign(&note.Note{Text: text}, l.signer)
	if err != nil {
		return nil, fmt.Errorf("sign the checkpoint: %w", err)
	}
	// One row: the newest is all that a reader needs, older ones can be made again.
	if _, err := tx.ExecContext(ctx, `DELETE FROM checkpoints`); err != nil {
		return nil, fmt.Errorf("store the checkpoint: %w", err)
	}
	if _, err := tx.ExecContext(ctx, `INSERT INTO checkpoints (size, note) VALUES (?, ?)`, int64(size), signed); err != nil { //nolint:gosec // a position fits
		return nil, fmt.Errorf("store the checkpoint: %w", err)
	}
	return signed, nil
}

// A Checkpoint is a signed statement of the log's size and root.
type Checkpoint struct {
	Origin string
	Size   uint64
	Root   tlog.Hash
}

// ReadCheckpoint checks the signature of a checkpoint (a C2SP tlog-checkpoint)
// and reads it.
func ReadCheckpoint(signed []byte, verifier note.Verifier) (Checkpoint, error) {
	n, err := note.Open(signed, note.VerifierList(verifier))
	if err != nil {
		return Checkpoint{}, fmt.Errorf("the checkpoint's signature: %w", err)
	}
	lines := strings.Split(n.Text, "\n")
	if len(lines) < 4 || slices.Contains(lines[:len(lines)-1], "") || lines[len(lines)-1] != "" {
		return Checkpoint{}, fmt.Errorf("%w: a checkpoint has three lines, and perhaps more, none empty", ErrDamaged)
	}
	if lines[0] != verifier.Name() {
		return Checkpoint{}, fmt.Errorf("%w: the checkpoint is of the log %q, the key of %q", ErrDamaged, lines[0], verifier.Name())
	}
	size, err := strconv.ParseUint(lines[1], 10, 63)
	if err != nil || strconv.FormatUint(size, 10) != lines[1] {
		return Checkpoint{}, fmt.Errorf("%w: the checkpoint's size %q", ErrDamaged, lines[1])
	}
	root, err := base64.StdEncoding.DecodeString(lines[2])
	if err != nil || len(root) != tlog.HashSize {
		return Checkpoint{}, fmt.Errorf("%w: the checkpoint's root", ErrDamaged)
	}
	return Checkpoint{lines[0], size, tlog.Hash(root)}, nil
}

// Checkpoint returns the newest signed checkpoint.
func (l *Ledger) Checkpoint(ctx context.Context) (signed []byte, size uint64, err error) {
	var n int64
	if err := l.db.QueryRowContext(ctx, `SELECT size, note FROM checkpoints`).Scan(&n, &signed); err != nil {
		return nil, 0, fmt.Errorf("read the checkpoint: %w", err)
	}
	return signed, uint64(n), nil //nolint:gosec // never negative
}

// checkFile compares the database with the checkpoint outside it. A file that
// is behind is what a crash between commit and writing it leaves.
func (l *Ledger) checkFile(ctx context.Context, n uint64) error {
	signed, err := os.ReadFile(l.o.Checkpoint)
	if errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("%w: the file %s is missing", ErrFork, l.o.Checkpoint)
	}
	if err != nil {
		return fmt.Errorf("read the last checkpoint: %w", err)
	}
	c, err := ReadCheckpoint(signed, l.verifier)
	if err != nil {
		return fmt.Errorf("%w: %s: %w", ErrFork, l.o.Checkpoint, err)
	}
	if c.Size > n {
		return fmt.Errorf("%w: the checkpoint has %d events, the database %d: it was rolled back", ErrFork, c.Size, n)
	}
	root, err := tlog.TreeHash(int64(c.Size), reader{ctx, l.db}) //nolint:gosec // a position fits
	if err != nil {
		return err
	}
	if root != c.Root {
		return fmt.Errorf("%w: another tree of %d events", ErrFork, c.Size)
	}
	return nil
}

// writeFile replaces a file whole and durably.
func writeFile(path string, data []byte) error {
	if path == "" {
		return nil
	}
	f, err := os.CreateTemp(dirOf(path), "checkpoint-*")
	if err != nil {
		return fmt.Errorf("write the checkpoint: %w", err)
	}
	_, err = f.Write(data)
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		_ = os.Remove(f.Name())
		return fmt.Errorf("write the checkpoint: %w", err)
	}
	dir, err := os.Open(dirOf(path))
	if err != nil {
		return fmt.Errorf("write the checkpoint: %w", err)
	}
	if err := errors.Join(dir.Sync(), dir.Close()); err != nil { // the new name, too
		return fmt.Errorf("write the checkpoint: %w", err)
	}
	return nil
}

func dirOf(path string) string {
	if i := strings.LastIndexByte(path, os.PathSeparator); i >= 0 {
		return path[:i+1]
	}
	return "."
}

// row reads one event.
func (l *Ledger) row(ctx context.Context, seq uint64) (licet.Event, error) {
	for e, err := range l.Events(ctx, seq, seq+1) {
		return e, err
	}
	return licet.Event{}, fmt.Errorf("event %d: %w", seq, sql.ErrNoRows)
}

// Events yields the events from position from up to, not with, to. A member's
// event whose key is gone comes without type and body.
func (l *Ledger) Events(ctx context.Context, from, to uint64) iter.Seq2[licet.Event, error] {
	return func(yield func(licet.Event, error) bool) {
		rows, err := l.db.QueryContext(ctx, `SELECT seq, time, type, member, body FROM events WHERE seq >= ? AND seq < ? ORDER BY seq`, int64(from), int64(to)) //nolint:gosec // positions fit
		if err != nil {
			yield(licet.Event{}, fmt.Errorf("read events: %w", err))
			return
		}
		defer rows.Close()
		for rows.Next() {
			var e licet.Event
			var seq, ms int64
			if err := rows.Scan(&seq, &ms, &e.Type, &e.Member, &e.Body); err != nil {
				yield(licet.Event{}, fmt.Errorf("read events: %w", err))
				return
			}
			e.Seq, e.Time = uint64(seq), time.UnixMilli(ms).UTC() //nolint:gosec // never negative
			if e.Member != "" {
				if e, err = l.open(ctx, e); err != nil {
					yield(licet.Event{}, err)
					return
				}
			}
			if !yield(e, nil) {
				return
			}
		}
		if err := rows.Err(); err != nil {
			yield(licet.Event{}, fmt.Errorf("read events: %w", err))
		}
	}
}

// Leaves yields the first upto leaves: the public part of the log. From them
// anybody computes the root that a checkpoint of that size is signed over.
func (l *Ledger) Leaves(ctx context.Context, upto uint64) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		rows, err := l.db.QueryContext(ctx, `SELECT leaf FROM events WHERE seq < ? ORDER BY seq`, int64(upto)) //nolint:gosec // a position fits
		if err != nil {
			yield(nil, fmt.Errorf("read leaves: %w", err))
			return
		}
		defer rows.Close()
		for rows.Next() {
			var leaf []byte
			if err := rows.Scan(&leaf); err != nil {
				yield(nil, fmt.Errorf("read leaves: %w", err))
				return
			}
			if !yield(leaf, nil) {
				return
			}
		}
		if err := rows.Err(); err != nil {
			yield(nil, fmt.Errorf("read leaves: %w", err))
		}
	}
}

// open decrypts a member's event, whose Body is still sealed.
func (l *Ledger) open(ctx context.Context, e licet.Event) (licet.Event, error) {
	there, err := l.o.Keys.Has(ctx, e.Member)
	if err != nil {
		return e, fmt.Errorf("event %d: %w", e.Seq, err)
	}
	sealed := e.Body
	e.Body = nil
	if !there {
		return e, nil
	}
	text, err := l.o.Keys.Open(ctx, e.Member, sealed, aboutEvent(e.Seq))
	if err != nil {
		// Sealed under a key that was destroyed, by a member who has joined
		// again since: unreadable like any other, if an erasure explains it.
		return e, nil //nolint:nilerr // the audit finds what nothing explains
	}
	var c content
	if err := json.Unmarshal(text, &c); err != nil {
		return e, fmt.Errorf("%w: event %d: %w", ErrDamaged, e.Seq, err)
	}
	e.Type, e.Body = c.Type, c.Body
	return e, nil
}

// State returns every member's standing after the first at events.
func (l *Ledger) State(ctx context.Context, at uint64) (licet.State, error) {
	l.mu.Lock()
	from := l.state
	if from.Next > at {
		from = licet.State{}
		if s, ok := l.past[at]; ok {
			l.mu.Unlock()
			return s, nil
		}
	}
	l.mu.Unlock()
	if from.Next == at {
		return from, nil
	}
	f := licet.NewFolder(from)
	erased := false
	for e, err := range l.Events(ctx, from.Next, at) {
		if err != nil {
			return licet.State{}, err
		}
		if err := f.Fold(e); err != nil {
			return licet.State{}, fmt.Errorf("%w: %w", ErrDamaged, err)
		}
		erased = erased || e.Type == licet.EventErased
	}
	s := f.State()
	if s.Next != at {
		return s, fmt.Errorf("%w: the log has %d events, asked for %d", ErrDamaged, s.Next, at)
	}
	l.keep(s, erased)
	return s, nil
}

// Frozen returns the standings that the freeze at position at has frozen: those of
// the events before it, at its own time, by which ages count.
func (l *Ledger) Frozen(ctx context.Context, at uint64) (licet.State, error) {
	s, err := l.State(ctx, at)
	if err != nil {
		return s, err
	}
	e, err := l.row(ctx, at)
	if err != nil {
		return s, err
	}
	s.Time = e.Time
	return s, nil
}

const mostPast = 8

// keep remembers a state. An erasure makes events unreadable that earlier
// states were folded from: those are forgotten, or a process that has seen them would
// know more than one that starts now.
func (l *Ledger) keep(s licet.State, erased bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if erased {
		clear(l.past)
	}
	if s.Next > l.state.Next {
		l.state = s
		return
	}
	if len(l.past) >= mostPast {
		clear(l.past)
	}
	l.past[s.Next] = s
}

// StateNow returns every member's standing after the last event.
func (l *Ledger) StateNow(ctx context.Context) (licet.State, error) {
	n, err := l.Head(ctx)
	if err != nil {
		return licet.State{}, err
	}
	return l.State(ctx, n)
}

// Inclusion proves that event seq is in the log of the first size events.
func (l *Ledger) Inclusion(ctx context.Context, seq, size uint64) (tlog.RecordProof, error) {
	p, err := tlog.ProveRecord(int64(size), int64(seq), reader{ctx, l.db}) //nolint:gosec // positions fit
	if err != nil {
		return nil, fmt.Errorf("prove event %d: %w", seq, err)
	}
	return p, nil
}

// Consistency proves that the log of older events is a beginning of that of newer.
func (l *Ledger) Consistency(ctx context.Context, older, newer uint64) (tlog.TreeProof, error) {
	p, err := tlog.ProveTree(int64(newer), int64(older), reader{ctx, l.db}) //nolint:gosec // positions fit
	if err != nil {
		return nil, fmt.Errorf("prove that %d events begin %d: %w", older, newer, err)
	}
	return p, nil
}

// Opening returns what shows event seq to a verifier: for a member's event its
// content and salt, so give it to that member alone.
func (l *Ledger) Opening(ctx context.Context, seq uint64) (Opening, error) {
	e, err := l.row(ctx, seq)
	if err != nil {
		return Opening{}, err
	}
	if e.Unreadable() {
		return Opening{}, fmt.Errorf("event %d: the member's key is gone", seq)
	}
	body, err := canonical(e.Body)
	if err != nil {
		return Opening{}, fmt.Errorf("event %d: %w", seq, err)
	}
	o := Opening{Seq: seq, Time: e.Time.UnixMilli(), Type: e.Type, Body: body}
	if e.Type.OfMember() {
		salt, err := l.o.Keys.Salt(ctx, e.Member, saltLabel(seq))
		if err != nil {
			return Opening{}, fmt.Errorf("event %d: %w", seq, err)
		}
		o.Salt = hex.EncodeToString(salt)
	}
	return o, nil
}
