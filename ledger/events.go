package ledger

import (
	"context"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"iter"
	"maps"
	"slices"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"licet"
)

// row reads one event.
func (l *Ledger) row(ctx context.Context, seq uint64) (licet.Event, error) {
	for e, err := range l.Events(ctx, seq, seq+1) {
		return e, err
	}
	return licet.Event{}, fmt.Errorf("event %d: %w", seq, sql.ErrNoRows)
}

// manyEvents is from how many events on all keys are read at once.
const manyEvents = 300

// Events yields the events from position from up to, not with, to. A member's
// event whose key is gone comes without type and body.
func (l *Ledger) Events(ctx context.Context, from, to uint64) iter.Seq2[licet.Event, error] {
	return func(yield func(licet.Event, error) bool) {
		open := l.open
		if to > from+manyEvents {
			all, err := l.o.Keys.Opening(ctx)
			if err != nil {
				yield(licet.Event{}, fmt.Errorf("read events: %w", err))
				return
			}
			open = func(_ context.Context, e licet.Event) (licet.Event, error) { return opened(e, all) }
		}
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
				if e, err = open(ctx, e); err != nil {
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
	if !there {
		e.Body = nil
		return e, nil
	}
	return opened(e, func(m licet.MemberID, sealed, about []byte) ([]byte, error) {
		return l.o.Keys.Open(ctx, m, sealed, about)
	})
}

func opened(e licet.Event, open func(m licet.MemberID, sealed, about []byte) ([]byte, error)) (licet.Event, error) {
	sealed := e.Body
	e.Body = nil
	text, err := open(e.Member, sealed, aboutEvent(e.Seq))
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
// the events before it, at its own time, by which ages count, without the silence of
// who had no window (licet.State.AtFreeze).
func (l *Ledger) Frozen(ctx context.Context, at uint64) (licet.State, error) {
	s, err := l.State(ctx, at)
	if err != nil {
		return s, err
	}
	e, err := l.row(ctx, at)
	if err != nil {
		return s, err
	}
	return s.AtFreeze(e.Time), nil
}

const mostPast = 3 // each is as large as the community

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

// Touched returns the members whom the events from position from up to position to
// are about, sorted.
func (l *Ledger) Touched(ctx context.Context, from, to uint64) ([]licet.MemberID, error) {
	touched := map[licet.MemberID]bool{}
	for e, err := range l.Events(ctx, from, to) {
		if err != nil {
			return nil, err
		}
		if e.Type == licet.EventErased {
			body, err := licet.BodyOf[licet.Erased](e)
			if err != nil {
				return nil, fmt.Errorf("%w: %w", ErrDamaged, err)
			}
			touched[body.Member] = true
		}
		if e.Member != "" {
			touched[e.Member] = true
		}
	}
	return slices.Sorted(maps.Keys(touched)), nil
}
