package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"licet"
)

// Do runs one transaction: f changes what it must through tx, knowing the
// position of the next event, and returns the events to append. When Do returns
// without an error, all of it is durable and under a signed checkpoint. With an
// error none of it is there, unless what failed was writing the checkpoint's
// file: then it is committed, and the file is behind, as after a crash. An event
// that can't be folded is refused.
func (l *Ledger) Do(ctx context.Context, f func(ctx context.Context, tx *sql.Tx, next uint64) ([]licet.Event, error)) ([]licet.Event, error) {
	return l.do(ctx, func(ctx context.Context, tx *sql.Tx, next uint64, fold func(*licet.Event) error) ([]licet.Event, error) {
		events, err := f(ctx, tx, next)
		if err != nil {
			return nil, err
		}
		for i := range events {
			if err := fold(&events[i]); err != nil {
				return nil, fmt.Errorf("append: %w", err)
			}
		}
		return events, nil
	})
}

// do runs one transaction. f folds the events that it returns, in order: fold
// gives an event its position and time, or says why it can't be.
func (l *Ledger) do(ctx context.Context, f func(ctx context.Context, tx *sql.Tx, next uint64, fold func(*licet.Event) error) ([]licet.Event, error)) ([]licet.Event, error) {
	// One at a time: transactions that wait for each other inside the database cost far more.
	l.writing.Lock()
	defer l.writing.Unlock()
	tx, err := l.db.BeginTx(ctx, nil)
	if err != nil {
		return nil, fmt.Errorf("begin: %w", err)
	}
	defer tx.Rollback()
	next, last, err := tail(ctx, tx)
	if err != nil {
		return nil, err
	}
	at := l.o.Now().UTC().Truncate(time.Millisecond)
	if at.Before(last) {
		at = last // a clock that goes back does not turn the log around
	}
	var folder *licet.Folder
	seq := next
	events, err := f(ctx, tx, next, func(e *licet.Event) error {
		if folder == nil {
			state, err := l.State(ctx, next)
			if err != nil {
				return err
			}
			folder = licet.NewFolder(state)
		}
		e.Seq, e.Time = seq, at
		if err := folder.Fold(*e); err != nil {
			return err
		}
		seq++
		return nil
	})
	if err != nil || len(events) == 0 {
		if err == nil {
			err = tx.Commit()
		}
		return nil, err
	}
	w, err := l.writer(ctx, tx, events)
	if err != nil {
		return nil, err
	}
	for _, e := range events {
		if err := w.append(ctx, e); err != nil {
			return nil, fmt.Errorf("append event %d: %w", e.Seq, err)
		}
	}
	signed, err := l.sign(ctx, tx, seq, w)
	if err != nil {
		return nil, err
	}
	if err := tx.Commit(); err != nil {
		return nil, fmt.Errorf("commit: %w", err)
	}
	if err := writeFile(l.o.Checkpoint, signed); err != nil {
		return nil, err
	}
	l.keep(folder.State(), slices.ContainsFunc(events, func(e licet.Event) bool { return e.Type == licet.EventErased }))
	return events, nil
}

// A waiting event is one that Append has not confirmed yet.
type waiting struct {
	event licet.Event
	err   error
	lead  bool // it is to write those that wait
	ready chan struct{}
}

// mostAtOnce is how many events one transaction takes.
const mostAtOnce = 4096

// Append appends one event. When it returns, the event is durable and under a
// signed checkpoint. Events that wait at the same time share one transaction:
// the first of them writes it, and one that can't be folded fails alone.
func (l *Ledger) Append(ctx context.Context, e licet.Event) (licet.Event, error) {
	w := &waiting{event: e, ready: make(chan struct{})}
	l.queue.Lock()
	l.queue.waiting = append(l.queue.waiting, w)
	w.lead = !l.queue.led
	l.queue.led = true
	l.queue.Unlock()
	if !w.lead {
		<-w.ready
		if !w.lead {
			return w.event, w.err
		}
	}
	// What it leads is not its own: it goes on although its caller has left.
	l.write(context.WithoutCancel(ctx))
	return w.event, w.err
}

// write appends everything that waits, and hands over to the first that came meanwhile.
func (l *Ledger) write(ctx context.Context) {
	l.queue.Lock()
	batch := l.queue.waiting[:min(len(l.queue.waiting), mostAtOnce)]
	l.queue.waiting = l.queue.waiting[len(batch):]
	l.queue.Unlock()
	_, err := l.do(ctx, func(_ context.Context, _ *sql.Tx, _ uint64, fold func(*licet.Event) error) ([]licet.Event, error) {
		var events []licet.Event
		for _, w := range batch {
			if w.err = fold(&w.event); w.err != nil {
				w.err = fmt.Errorf("append: %w", w.err)
				continue
			}
			events = append(events, w.event)
		}
		return events, nil
	})
	for _, w := range batch {
		if w.err == nil {
			w.err = err
		}
		if !w.lead {
			close(w.ready)
		}
	}
	l.queue.Lock()
	defer l.queue.Unlock()
	if l.queue.led = len(l.queue.waiting) > 0; l.queue.led {
		next := l.queue.waiting[0]
		next.lead = true
		close(next.ready)
	}
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

// A writer puts events, leaves and hashes into one transaction.
type writer struct {
	reader

	seal   func(m licet.MemberID, plain, about []byte, label string) (sealed, salt []byte, err error)
	events *sql.Stmt
	hash   *sql.Stmt
	fresh  map[int64]tlog.Hash // of this transaction
}

func (l *Ledger) writer(ctx context.Context, tx *sql.Tx, events []licet.Event) (*writer, error) {
	w := &writer{reader: reader{ctx, tx}, fresh: map[int64]tlog.Hash{}}
	var members []licet.MemberID
	for _, e := range events {
		if e.Type.OfMember() {
			members = append(members, e.Member)
		}
	}
	slices.Sort(members)
	var err error
	if w.seal, err = l.o.Keys.Sealing(ctx, slices.Compact(members)...); err != nil {
		return nil, err
	}
	if w.events, err = tx.PrepareContext(ctx, `INSERT INTO events (seq, time, type, member, body, leaf) VALUES (?, ?, ?, ?, ?, ?)`); err != nil {
		return nil, fmt.Errorf("append: %w", err)
	}
	if w.hash, err = tx.PrepareContext(ctx, `INSERT INTO hashes (id, hash) VALUES (?, ?)`); err != nil {
		return nil, fmt.Errorf("append: %w", err)
	}
	return w, nil
}

// ReadHashes implements tlog.HashReader, with what this transaction has added.
func (w *writer) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	var missing []int64
	for i, id := range indexes {
		h, ok := w.fresh[id]
		if !ok {
			missing = append(missing, id)
		}
		out[i] = h
	}
	if len(missing) == 0 {
		return out, nil
	}
	stored, err := w.reader.ReadHashes(missing)
	if err != nil {
		return nil, err
	}
	for i, id := range indexes {
		if _, ok := w.fresh[id]; !ok {
			out[i], stored = stored[0], stored[1:]
			w.fresh[id] = out[i] // the right edge of the tree is asked for again
		}
	}
	return out, nil
}

func (w *writer) append(ctx context.Context, e licet.Event) error {
	stored, leaf, err := w.encode(e)
	if err != nil {
		return err
	}
	kind := e.Type
	if e.Type.OfMember() {
		kind = ""
	}
	seq := int64(e.Seq) //nolint:gosec // a position fits
	if _, err := w.events.ExecContext(ctx, seq, e.Time.UnixMilli(), kind, e.Member, stored, leaf); err != nil {
		return err
	}
	hashes, err := tlog.StoredHashes(seq, leaf, w)
	if err != nil {
		return err
	}
	at := tlog.StoredHashIndex(0, seq)
	for i, h := range hashes {
		id := at + int64(i)
		if _, err := w.hash.ExecContext(ctx, id, h[:]); err != nil {
			return err
		}
		w.fresh[id] = h
	}
	return nil
}

// encode returns what the row of e stores, and the leaf.
func (w *writer) encode(e licet.Event) (stored, leaf []byte, err error) {
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
	stored, salt, err := w.seal(e.Member, text, aboutEvent(e.Seq), saltLabel(e.Seq))
	if err != nil {
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
		QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	}
}

// mostHashes is how many hashes one query asks for.
const mostHashes = 256

// ReadHashes implements tlog.HashReader.
func (r reader) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, 0, len(indexes))
	for some := range slices.Chunk(indexes, mostHashes) {
		found, err := r.read(some)
		if err != nil {
			return nil, err
		}
		for _, id := range some {
			h, ok := found[id]
			if !ok {
				return nil, fmt.Errorf("%w: hash %d is missing", ErrDamaged, id)
			}
			out = append(out, h)
		}
	}
	return out, nil
}

func (r reader) read(indexes []int64) (map[int64]tlog.Hash, error) {
	args := make([]any, len(indexes))
	for i, id := range indexes {
		args[i] = id
	}
	rows, err := r.q.QueryContext(r.ctx, `SELECT id, hash FROM hashes WHERE id IN (?`+strings.Repeat(",?", len(indexes)-1)+`)`, args...)
	if err != nil {
		return nil, fmt.Errorf("read hashes: %w", err)
	}
	defer rows.Close()
	out := make(map[int64]tlog.Hash, len(indexes))
	for rows.Next() {
		var id int64
		var h []byte
		if err := rows.Scan(&id, &h); err != nil {
			return nil, fmt.Errorf("read hashes: %w", err)
		}
		if len(h) != tlog.HashSize {
			return nil, fmt.Errorf("%w: hash %d has %d bytes", ErrDamaged, id, len(h))
		}
		out[id] = tlog.Hash(h)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read hashes: %w", err)
	}
	return out, nil
}
