package ledger

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"licet"
)

// A Breach is something in the log that must not be. Seq is the event's
// position, −1 where it is not one event.
type Breach struct {
	Seq  int64
	What string
}

// String says it for people.
func (b Breach) String() string {
	if b.Seq < 0 {
		return b.What
	}
	return fmt.Sprintf("event %d: %s", b.Seq, b.What)
}

// audit is one pass over the log.
type audit struct {
	l        *Ledger
	hashes   []tlog.Hash // as computed from the leaves
	folder   *licet.Folder
	clock    clock
	breaches []Breach
}

// ReadHashes implements tlog.HashReader over what was computed, not stored.
func (a *audit) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	for i, id := range indexes {
		out[i] = a.hashes[id]
	}
	return out, nil
}

func (a *audit) breach(seq int64, format string, args ...any) {
	a.breaches = append(a.breaches, Breach{seq, fmt.Sprintf(format, args...)})
}

// Audit replays the log and trusts nothing that it can compute: leaves from
// events, hashes from leaves, the checkpoint's root and signature, the fold, and
// the clock that binds the operator. It returns every breach.
func (l *Ledger) Audit(ctx context.Context) ([]Breach, error) {
	a := &audit{l: l, folder: licet.NewFolder(licet.State{})}
	rows, err := l.db.QueryContext(ctx, `SELECT seq, time, type, member, body, leaf FROM events ORDER BY seq`)
	if err != nil {
		return nil, fmt.Errorf("audit: %w", err)
	}
	defer rows.Close()
	n := int64(0)
	for ; rows.Next(); n++ {
		var seq, ms int64
		var e licet.Event
		var leaf []byte
		if err := rows.Scan(&seq, &ms, &e.Type, &e.Member, &e.Body, &leaf); err != nil {
			return nil, fmt.Errorf("audit: %w", err)
		}
		if seq != n {
			a.breach(n, "is missing")
			return a.breaches, nil
		}
		e.Seq, e.Time = uint64(seq), time.UnixMilli(ms).UTC() //nolint:gosec // never negative
		if err := a.event(ctx, e, leaf); err != nil {
			return nil, fmt.Errorf("audit: event %d: %w", seq, err)
		}
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("audit: %w", err)
	}
	if seq, ok := a.folder.State().Unexplained(); ok {
		a.breach(int64(seq), "can't be read, and no erasure explains it") //nolint:gosec // a position fits
	}
	return a.breaches, a.tree(ctx, n)
}

func (a *audit) event(ctx context.Context, e licet.Event, leaf []byte) error {
	seq := int64(e.Seq) //nolint:gosec // a position fits
	var want []byte
	var err error
	if e.Member == "" {
		want, err = operatorLeaf(e.Seq, e.Time, e.Type, e.Body)
	} else if e, err = a.l.open(ctx, e); err == nil && !e.Unreadable() {
		var text, salt []byte
		if text, err = canonical(content{e.Type, e.Body}); err == nil {
			if salt, err = a.l.o.Keys.Salt(ctx, e.Member, saltLabel(e.Seq)); err == nil {
				want, err = memberLeaf(e.Seq, e.Time, commit(salt, text))
			}
		}
	}
	if err != nil {
		a.breach(seq, "can't be read: %v", err)
	} else if want != nil && !bytes.Equal(want, leaf) {
		a.breach(seq, "is not what the log committed to")
	}
	readable := err == nil
	if err := a.leaf(e, leaf); err != nil {
		return err
	}
	if readable {
		a.clock.check(e, a.breach)
		if e.Type == licet.EventFrozen {
			a.standings(e)
		}
		if err := a.folder.Fold(e); err != nil {
			a.breach(seq, "breaks the order of the log: %v", err)
			a.folder = licet.NewFolder(skip(a.folder.State(), e))
		}
	}
	return nil
}

// standings compares the root that a freeze has stated with the fold. Where the
// events of somebody who was erased later can't be read any more, their standing
// of then is gone, and nothing can be compared.
func (a *audit) standings(e licet.Event) {
	before := a.folder.State()
	if _, gone := before.Unexplained(); gone {
		return
	}
	seq := int64(e.Seq) //nolint:gosec // a position fits
	frozen, err := licet.BodyOf[licet.Frozen](e)
	if err != nil {
		a.breach(seq, "%v", err)
		return
	}
	if root, err := StandingsRoot(before); err != nil || root != frozen.Standings {
		a.breach(seq, "states a root of standings that the choices before it don't give")
	}
}

// skip goes on behind an event that can't be folded.
func skip(s licet.State, e licet.Event) licet.State {
	s.Next = e.Seq + 1
	return s
}

// leaf adds a leaf to the computed tree.
func (a *audit) leaf(e licet.Event, leaf []byte) error {
	var l leafJSON
	if err := json.Unmarshal(leaf, &l); err != nil || l.Seq != e.Seq || l.Time != e.Time.UnixMilli() {
		a.breach(int64(e.Seq), "its leaf is for another event or time") //nolint:gosec // a position fits
	}
	hashes, err := tlog.StoredHashes(int64(e.Seq), leaf, a) //nolint:gosec // a position fits
	if err != nil {
		return err
	}
	a.hashes = append(a.hashes, hashes...)
	return nil
}

// tree compares the stored hashes and the checkpoint with what was computed.
func (a *audit) tree(ctx context.Context, n int64) error {
	rows, err := a.l.db.QueryContext(ctx, `SELECT id, hash FROM hashes ORDER BY id`)
	if err != nil {
		return fmt.Errorf("audit: %w", err)
	}
	defer rows.Close()
	count := 0
	for ; rows.Next(); count++ {
		var id int64
		var h []byte
		if err := rows.Scan(&id, &h); err != nil {
			return fmt.Errorf("audit: %w", err)
		}
		if id != int64(count) || count >= len(a.hashes) || !bytes.Equal(h, a.hashes[count][:]) {
			a.breach(-1, "hash %d of the tree is not that of its leaves", id)
			break
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("audit: %w", err)
	}
	signed, size, err := a.l.Checkpoint(ctx)
	if err != nil {
		a.breach(-1, "no checkpoint: %v", err)
		return nil
	}
	c, err := ReadCheckpoint(signed, a.l.verifier)
	if err != nil {
		a.breach(-1, "%v", err)
		return nil
	}
	if int64(size) != n || c.Size != size { //nolint:gosec // a position fits
		a.breach(-1, "the checkpoint has %d events, the log %d", c.Size, n)
		return nil
	}
	root, err := tlog.TreeHash(n, a)
	if err != nil {
		return fmt.Errorf("audit: %w", err)
	}
	if root != c.Root {
		a.breach(-1, "the checkpoint's root is not that of the log")
	}
	return nil
}

// clock holds the operator to the order notice, delivery, window, freeze,
// corpus, model.
type clock struct {
	notified  licet.Notified
	closed    bool // the window of that notice was frozen
	delivered bool
	frozen    map[uint64]bool
	built     map[licet.Digest]bool
	trained   map[licet.Digest]licet.Digest // adapter by run
}

func (c *clock) check(e licet.Event, breach func(seq int64, format string, args ...any)) {
	if c.frozen == nil {
		c.frozen, c.built, c.trained = map[uint64]bool{}, map[licet.Digest]bool{}, map[licet.Digest]licet.Digest{}
	}
	seq := int64(e.Seq) //nolint:gosec // a position fits
	for _, problem := range c.step(e) {
		breach(seq, "%s", problem)
	}
}

func (c *clock) step(e licet.Event) (problems []string) {
	bad := func(format string, args ...any) { problems = append(problems, fmt.Sprintf(format, args...)) }
	var err error
	switch e.Type {
	case licet.EventNotified:
		var n licet.Notified
		if n, err = licet.BodyOf[licet.Notified](e); err == nil {
			c.window(n, e.Time, bad)
			c.notified, c.delivered, c.closed = n, false, false
		}
	case licet.EventDelivered:
		var d licet.Delivered
		if d, err = licet.BodyOf[licet.Delivered](e); err == nil {
			if d.Notice != c.notified.Notice || d.Notice == "" {
				bad("delivered %q, which is not the notice in force", d.Notice)
			} else {
				c.delivered = true
			}
		}
	case licet.EventFrozen:
		var f licet.Frozen
		if f, err = licet.BodyOf[licet.Frozen](e); err == nil && f.Notice != c.notified.Notice {
			bad("frozen for %q, which is not the notice in force", f.Notice)
		}
		switch over, notice := licet.DeadlineEnded(c.notified.Deadline, e.Time); {
		case notice != nil:
			bad("frozen without a notice")
		case !over:
			bad("frozen before %s had ended everywhere on Earth", c.notified.Deadline)
		case !c.delivered:
			bad("frozen before the notice was delivered")
		}
		c.frozen[e.Seq], c.closed = true, true
	case licet.EventBuilt:
		var b licet.Built
		if b, err = licet.BodyOf[licet.Built](e); err == nil {
			if !c.frozen[b.Frozen] {
				bad("built from position %d, which is no freeze", b.Frozen)
			}
			if b.At < b.Frozen {
				bad("built from position %d, before its freeze at %d", b.At, b.Frozen)
			}
			if b.At > e.Seq {
				bad("built from events that had not happened")
			}
			c.built[b.Run] = true
		}
	case licet.EventTrained:
		var t licet.Trained
		if t, err = licet.BodyOf[licet.Trained](e); err == nil {
			if !c.built[t.Run] {
				bad("trained from a corpus that was not built")
			}
			c.trained[t.Run] = t.Adapter
		}
	case licet.EventPromoted:
		var p licet.Promoted
		if p, err = licet.BodyOf[licet.Promoted](e); err == nil && (c.trained[p.Run] != p.Adapter || p.Adapter.IsZero()) {
			bad("promoted a model that was not trained in this log")
		}
	default:
	}
	if err != nil {
		bad("%v", err)
	}
	return problems
}

// shortestWindow is what no notice may go below, in days, whatever its policy.
const shortestWindow = 30

// window checks a new notice against the one whose window it replaces.
func (c *clock) window(n licet.Notified, at time.Time, bad func(format string, args ...any)) {
	day, err := time.Parse(time.DateOnly, n.Deadline)
	if err != nil {
		bad("the notice %s has no deadline that is a date", n.Notice)
		return
	}
	if !c.closed && n.Deadline < c.notified.Deadline {
		bad("the window of %s was shortened", c.notified.Notice)
	}
	if y, m, d := at.UTC().Date(); day.Before(time.Date(y, m, d+shortestWindow-1, 0, 0, 0, 0, time.UTC)) {
		bad("the window of %s is under %d days", n.Notice, shortestWindow)
	}
}
