package ledger

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"licet"
	"licet/ledger/smt"
)

// An Auditor is what an audit with openings asks beside the log.
type Auditor struct {
	// Manifest returns the tree of a run's manifest, nil where it is gone.
	Manifest func(run licet.Digest) (*smt.Tree, error)
	// Standings returns what was kept of a freeze's standings beside the log, by their
	// root; nil where it is gone. They are asked for where events can't be read any more.
	Standings func(root licet.Digest) (map[licet.Digest]licet.Digest, error)
	// Admits tells whether a member with this standing may be learned from at all
	// at a time, and under which policy that is so.
	Admits func(s licet.Standing, p licet.Purpose, at time.Time) bool
	Policy licet.Digest
}

// openings is an audit that reads members' events, too.
type openings struct {
	audit
	l      *Ledger
	by     Auditor
	folder *licet.Folder
	frozen map[uint64]licet.State
	policy licet.Digest
	told   map[uint64]int // by position of a disclosure: members whose own events say so
}

// Audit replays the log and trusts nothing that it can compute: leaves from
// events, hashes from leaves, the checkpoint's root and signature, the fold, the
// clock that binds the operator, the root of standings at each freeze, and who is
// in each manifest. It returns every breach.
func (l *Ledger) Audit(ctx context.Context, by Auditor) (*Report, error) {
	a := &openings{l: l, by: by, folder: licet.NewFolder(licet.State{}), frozen: map[uint64]licet.State{}, told: map[uint64]int{}}
	rows, err := l.db.QueryContext(ctx, `SELECT seq, time, type, member, body, leaf FROM events ORDER BY seq`)
	if err != nil {
		return nil, fmt.Errorf("audit: %w", err)
	}
	defer rows.Close()
	for ; rows.Next(); a.Events++ {
		var seq, ms int64
		var e licet.Event
		var leaf []byte
		if err := rows.Scan(&seq, &ms, &e.Type, &e.Member, &e.Body, &leaf); err != nil {
			return nil, fmt.Errorf("audit: %w", err)
		}
		if e.Seq = uint64(seq); e.Seq != a.Events { //nolint:gosec // never negative
			a.breach(int64(a.Events), "is missing") //nolint:gosec // a position fits
			return &a.Report, nil
		}
		e.Time = time.UnixMilli(ms).UTC()
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
	a.gifts()
	return &a.Report, a.tree(ctx)
}

// gifts compares how many members a disclosure says that it has words of with how
// many can see it, those included who were erased since.
func (a *openings) gifts() {
	for _, seq := range slices.Sorted(maps.Keys(a.clock.disclosed)) {
		if d := a.clock.disclosed[seq]; a.told[seq] != d.Members {
			a.breach(int64(seq), "gave away words of %d members, of whom %d can see it", d.Members, a.told[seq]) //nolint:gosec // a position fits
		}
	}
}

func (a *openings) event(ctx context.Context, e licet.Event, leaf []byte) error {
	seq := int64(e.Seq) //nolint:gosec // a position fits
	e, want, err := a.expected(ctx, e)
	if err != nil {
		a.breach(seq, "can't be read: %v", err)
	} else if want != nil && !bytes.Equal(want, leaf) {
		a.breach(seq, "is not what the log committed to")
	}
	readable := err == nil
	l, err := a.leaf(e.Seq, leaf)
	if err != nil {
		return err
	}
	if l.Time != e.Time.UnixMilli() {
		a.breach(seq, "its leaf is for another time")
	}
	if !readable {
		return nil
	}
	a.clock.check(e, a.breach)
	switch e.Type {
	case licet.EventAdopted:
		if b, err := licet.BodyOf[licet.Adopted](e); err == nil {
			a.policy = b.Digest
		}
	case licet.EventGiven:
		if b, err := licet.BodyOf[licet.Given](e); err == nil {
			a.told[b.Disclosed]++
		}
	case licet.EventErased:
		if b, err := licet.BodyOf[licet.Erased](e); err == nil {
			for _, seq := range b.Given {
				a.told[seq]++
			}
		}
	case licet.EventFrozen:
		if err := a.standings(e); err != nil {
			return err
		}
	case licet.EventBuilt:
		if err := a.manifest(ctx, e); err != nil {
			return err
		}
	default:
	}
	if err := a.folder.Fold(e); err != nil {
		a.breach(seq, "breaks the order of the log: %v", err)
		a.folder = licet.NewFolder(skip(a.folder.State(), e))
	}
	return nil
}

// expected opens an event and returns the leaf that the log must hold for it, nil
// where its key is gone.
func (a *openings) expected(ctx context.Context, e licet.Event) (licet.Event, []byte, error) {
	if e.Member == "" {
		leaf, err := operatorLeaf(e.Seq, e.Time, e.Type, e.Body)
		return e, leaf, err
	}
	e, err := a.l.open(ctx, e)
	if err != nil || e.Unreadable() {
		return e, nil, err
	}
	text, err := canonical(content{e.Type, e.Body})
	if err != nil {
		return e, nil, err
	}
	salt, err := a.l.o.Keys.Salt(ctx, e.Member, saltLabel(e.Seq))
	if err != nil {
		return e, nil, err
	}
	leaf, err := memberLeaf(e.Seq, e.Time, commit(salt, text))
	return e, leaf, err
}

// standings compares the root that a freeze has stated with the fold.
func (a *openings) standings(e licet.Event) error {
	before := snapshot(a.folder).AtFreeze(e.Time)
	a.frozen[e.Seq] = before
	seq := int64(e.Seq) //nolint:gosec // a position fits
	frozen, err := licet.BodyOf[licet.Frozen](e)
	if err != nil {
		return nil //nolint:nilerr // the clock has said so
	}
	values, err := Standings(before)
	if err != nil {
		return err
	}
	gone := before.Unread()
	if gone == 0 {
		if smt.New(values).Root() != frozen.Standings {
			a.breach(seq, wrongStandings)
		}
		return nil
	}
	return a.kept(seq, frozen.Standings, values, gone)
}

const wrongStandings = "states a root of standings that the choices before it don't give"

// kept compares standings where some members were erased since: theirs of then can't
// be made again, so that the root can't be, either. What was kept of the freeze has
// the root, everybody else's standing, and no more of others than were erased.
func (a *openings) kept(seq int64, root licet.Digest, values map[licet.Digest]licet.Digest, gone int) error {
	var all map[licet.Digest]licet.Digest
	if a.by.Standings != nil {
		var err error
		if all, err = a.by.Standings(root); err != nil {
			return err
		}
	}
	if all == nil {
		a.Notes = append(a.Notes, fmt.Sprintf("event %d: its root of standings can't be compared: %d who counted then were erased since, and what was kept of it is gone", seq, gone))
		return nil
	}
	matching, known := 0, 0
	for slot, want := range values {
		if got, ok := all[slot]; ok {
			known++
			if got == want {
				matching++
			}
		}
	}
	if smt.New(all).Root() != root || matching != len(values) || len(all)-known > gone {
		a.breach(seq, wrongStandings)
		return nil
	}
	a.Notes = append(a.Notes, fmt.Sprintf("event %d: of the %d standings in its root %d are as the choices before it give them; %d can't be compared: erased since", seq, len(all), matching, len(all)-known))
	return nil
}

// snapshot returns the state so far, which the folder goes on from.
func snapshot(f *licet.Folder) licet.State { return licet.NewFolder(f.State()).State() }

// manifest looks who is in a corpus, and whether they may be: at its freeze, and
// when it was built.
func (a *openings) manifest(ctx context.Context, e licet.Event) error {
	seq := int64(e.Seq) //nolint:gosec // a position fits
	b, err := licet.BodyOf[licet.Built](e)
	if err != nil || a.by.Manifest == nil {
		return nil //nolint:nilerr // the clock has said so
	}
	tree, err := a.by.Manifest(b.Run)
	if err != nil {
		return err
	}
	if tree == nil {
		a.Notes = append(a.Notes, fmt.Sprintf("event %d: the tree of its manifest is gone: who is in it can't be compared", e.Seq))
		return nil
	}
	if tree.Root() != b.Members {
		a.breach(seq, "commits to another manifest than the one that is kept for it")
	}
	frozen, ok := a.frozen[b.Frozen]
	if !ok {
		return nil // the clock has said so
	}
	now, err := a.l.State(ctx, b.At)
	if err != nil {
		a.Notes = append(a.Notes, fmt.Sprintf("event %d: the standings it was built from can't be read: %v", e.Seq, err))
		return nil
	}
	purpose, refused, silent := purposeOf(b), 0, 0
	for id, s := range now.Members {
		if s.Erased || !tree.Prove(smt.Slot(b.Run, s.Token)).Present {
			continue
		}
		then := frozen.Members[id]
		switch {
		case then.Verdict(purpose) == licet.Refused || s.Verdict(purpose) == licet.Refused:
			refused++
		case a.by.Admits != nil && a.policy == a.by.Policy && (!a.by.Admits(then, purpose, frozen.Time) || !a.by.Admits(s, purpose, now.Time)):
			silent++
		}
	}
	if a.by.Admits != nil && a.policy != a.by.Policy {
		a.Notes = append(a.Notes, fmt.Sprintf("event %d: was built under a policy that is not the one of this program: whether it admits who is in the corpus can't be compared", e.Seq))
	}
	if refused > 0 {
		a.breach(seq, "has %d members in its corpus who had objected to %q", refused, purpose)
	}
	if silent > 0 {
		a.breach(seq, "has %d members in its corpus whom the policy does not admit for %q: a yes to one purpose is none to another", silent, purpose)
	}
	return nil
}

// skip goes on behind an event that can't be folded.
func skip(s licet.State, e licet.Event) licet.State {
	s.Next = e.Seq + 1
	return s
}

// tree compares the stored hashes and the checkpoint with what was computed.
func (a *openings) tree(ctx context.Context) error {
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
	if size != a.Events {
		a.breach(-1, "the checkpoint has %d events, the log %d", size, a.Events)
		return nil
	}
	return a.checkpoint(signed, a.l.verifier)
}
