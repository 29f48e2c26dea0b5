package source

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"licet"
	"licet/ledger"
	"licet/vault"
)

// A Target is where an import goes.
type Target struct {
	Ledger *ledger.Ledger
	Vault  *vault.Vault
	// Erase takes away a member whom the platform has deleted, with everything
	// that they provided, logs it and destroys their key.
	Erase func(ctx context.Context, m licet.MemberID) error
}

// A Summary counts what an import found and did.
type Summary struct {
	Members                                   int // in the input, each once
	NewMembers, ChangedMembers, ErasedMembers int
	Records                                   int            // in the input, each once
	New, Changed, Unchanged, Removed          int            // records
	Skipped                                   map[string]int // by the source's reason
}

// String says it for people.
func (s Summary) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d members (%d new, %d changed), %d records (%d new, %d changed, %d as before), %d removed",
		s.Members, s.NewMembers, s.ChangedMembers, s.Records, s.New, s.Changed, s.Unchanged, s.Removed)
	if s.ErasedMembers > 0 {
		fmt.Fprintf(&b, "; %d members erased", s.ErasedMembers)
	}
	for _, why := range slices.Sorted(maps.Keys(s.Skipped)) {
		fmt.Fprintf(&b, "; left out, %s: %d", why, s.Skipped[why])
	}
	return b.String()
}

// Import brings an input into the vault and the ledger: all of it in one
// transaction, or nothing. It reads the input once to check it as a whole and
// to find what is new, and a second time, where anything is, to write that.
//
// Members whom the input deletes are erased one by one after everything else
// is committed; where that is interrupted, the same import completes it.
//
// An *InputError says what is wrong with the input and where. ErrChanged says
// that the input was not the same the second time.
func Import(ctx context.Context, to Target, s Source) (Summary, error) {
	w := &writer{to: to}
	var err error
	if w.plan, err = survey(ctx, to.Vault, s); err != nil {
		return Summary{}, err
	}
	if _, err := to.Ledger.Do(ctx, func(ctx context.Context, tx *sql.Tx, next uint64) ([]licet.Event, error) {
		w.tx, w.next = tx, next
		return w.write(ctx, s)
	}); err != nil {
		return Summary{}, fmt.Errorf("import: nothing was written: %w", err)
	}
	out := w.out
	for _, m := range w.erase {
		if err := to.Erase(ctx, m); err != nil {
			return out, fmt.Errorf("import: all is written, but not every deleted member is erased: run it again: %w", err)
		}
		out.ErasedMembers++
	}
	if out.Changed+out.Removed > 0 {
		if err := to.Vault.Scrub(ctx); err != nil {
			return out, fmt.Errorf("import: all is written: %w", err)
		}
	}
	return out, nil
}

// writer brings what a plan found into a target, inside one transaction.
type writer struct {
	to   Target
	plan *plan
	tx   *sql.Tx
	next uint64 // position of the first event

	known      func(licet.MemberID) bool
	halfErased func(context.Context, licet.MemberID) (bool, error) // logged, but the key is still there
	entries    map[licet.MemberID]*entry
	standings  map[licet.MemberID]licet.Standing
	words      map[licet.RecordID]uint64 // records whose words are to be written, and the position of their event
	erase      []licet.MemberID
	out        Summary
}

// An entry is what is to be logged of one member.
type entry struct {
	profile           licet.EventType // joined, described, or "": no change
	ingested, removed []licet.RecordID
	signals           []licet.Signalled
}

func (w *writer) of(m licet.MemberID) *entry {
	if w.entries[m] == nil {
		w.entries[m] = &entry{}
	}
	return w.entries[m]
}

func (w *writer) write(ctx context.Context, s Source) ([]licet.Event, error) {
	w.entries, w.words, w.out = map[licet.MemberID]*entry{}, map[licet.RecordID]uint64{}, Summary{Skipped: w.plan.skipped}
	state, err := w.to.Ledger.State(ctx, w.next)
	if err != nil {
		return nil, err
	}
	w.standings = state.Members
	w.known = func(m licet.MemberID) bool {
		standing, ok := state.Members[m]
		return ok && !standing.Erased
	}
	w.halfErased = func(ctx context.Context, m licet.MemberID) (bool, error) {
		if !state.Members[m].Erased {
			return false, nil
		}
		return w.to.Vault.Keys().Has(ctx, m)
	}
	for _, m := range slices.Sorted(maps.Keys(w.plan.gone)) {
		half, err := w.halfErased(ctx, m)
		if err != nil {
			return nil, err
		}
		if half || w.known(m) {
			w.erase = append(w.erase, m)
		}
	}
	for _, diff := range []func(context.Context) error{w.authors, w.members, w.signals, w.records} {
		if err := diff(ctx); err != nil {
			return nil, err
		}
	}
	events, err := w.events(ctx)
	if err != nil {
		return nil, err
	}
	return events, w.put(ctx, s)
}

// authors refuses records of somebody nobody knows.
func (w *writer) authors(context.Context) error {
	for _, m := range slices.Sorted(maps.Keys(w.plan.authors)) {
		_, described := w.plan.members[m]
		_, gone := w.plan.gone[m]
		if !described && !gone && !w.known(m) {
			return w.plan.authors[m].Errorf("member", "nobody with this id is in the input or was imported before: add the member, or take the record out")
		}
	}
	return nil
}

// members finds who is new and whose profile is another than before.
func (w *writer) members(ctx context.Context) error {
	w.out.Members = len(w.plan.members)
	var fresh []licet.MemberID
	for _, id := range slices.Sorted(maps.Keys(w.plan.members)) {
		if !w.known(id) {
			fresh = append(fresh, id)
			w.of(id).profile = licet.EventJoined
			// Who joins again never gets the key back that was to be destroyed:
			// it would open what was erased.
			half, err := w.halfErased(ctx, id)
			if err == nil && half {
				err = w.to.Vault.Keys().Destroy(ctx, id)
			}
			if err != nil {
				return err
			}
			continue
		}
		was, err := w.to.Vault.Member(ctx, id)
		if err != nil {
			return err
		}
		same, err := equal(was, w.plan.members[id])
		if err != nil {
			return err
		}
		if !same {
			w.of(id).profile = licet.EventDescribed
			w.out.ChangedMembers++
		}
	}
	w.out.NewMembers = len(fresh)
	// Keys are committed to their own file first: a key without a member does
	// no harm, a member without a key could never be read.
	return w.to.Vault.Keys().Create(ctx, fresh...)
}

func equal(a, b licet.Member) (bool, error) {
	x, err := json.Marshal(a)
	if err != nil {
		return false, fmt.Errorf("member %s: %w", a.ID, err)
	}
	y, err := json.Marshal(b)
	if err != nil {
		return false, fmt.Errorf("member %s: %w", b.ID, err)
	}
	return bytes.Equal(x, y), nil
}

// signals finds what the platform says for members, or no longer says. What was
// heard elsewhere is not the platform's to take back.
func (w *writer) signals(context.Context) error {
	for _, id := range slices.Sorted(maps.Keys(w.plan.members)) {
		var had map[licet.Signal]licet.Heard
		if w.known(id) {
			had = w.standings[id].Signals
		}
		for _, s := range licet.Signals() {
			heard, on := had[s]
			says := slices.Contains(w.plan.signals[id], s)
			if says != on && (says || heard.Channel == channel) {
				w.of(id).signals = append(w.of(id).signals, licet.Signalled{Signal: s, On: says, Channel: channel})
			}
		}
	}
	return nil
}

// channel is where the signals of an import come from.
const channel = "import"

// records finds which records are new, changed or gone.
func (w *writer) records(ctx context.Context) error {
	for _, id := range slices.Sorted(maps.Keys(w.plan.records)) {
		last := w.plan.records[id]
		was, author, there, err := w.to.Vault.Stored(ctx, w.tx, id)
		if err != nil {
			return err
		}
		_, gone := w.plan.gone[last.member]
		switch {
		case last.removed && there:
			if _, erased := w.plan.gone[author]; erased {
				continue // it goes with its member
			}
			w.of(author).removed = append(w.of(author).removed, id)
			w.out.Removed++
			continue
		case last.removed, gone:
			continue
		case there && author != last.member:
			return last.pos.Errorf("id", "this id was imported as another member's record: give every record an id of its own")
		case there && was == last.digest:
			w.out.Unchanged++
		case there:
			w.of(author).ingested = append(w.of(author).ingested, id)
			w.out.Changed++
		default:
			w.of(last.member).ingested = append(w.of(last.member).ingested, id)
			w.out.New++
		}
		w.out.Records++
	}
	return nil
}

// events returns what is logged, in order of member, and writes all but the
// records' words, whose positions it notes.
func (w *writer) events(ctx context.Context) ([]licet.Event, error) {
	var out []licet.Event
	log := func(t licet.EventType, m licet.MemberID, body any) (seq uint64, err error) {
		data, err := json.Marshal(body)
		if err != nil {
			return 0, fmt.Errorf("event %s: %w", t, err)
		}
		out = append(out, licet.Event{Type: t, Member: m, Body: data})
		return w.next + uint64(len(out)) - 1, nil //nolint:gosec // a length
	}
	for _, m := range slices.Sorted(maps.Keys(w.entries)) {
		e := w.entries[m]
		if e.profile != "" {
			body, err := w.profile(ctx, m, e.profile)
			if err != nil {
				return nil, err
			}
			seq, err := log(e.profile, m, body)
			if err != nil {
				return nil, err
			}
			if err := w.to.Vault.PutMember(ctx, w.tx, w.plan.members[m], seq); err != nil {
				return nil, err
			}
		}
		for _, s := range e.signals {
			if _, err := log(licet.EventSignalled, m, s); err != nil {
				return nil, err
			}
		}
		if len(e.ingested) > 0 {
			seq, err := log(licet.EventIngested, m, licet.Ingested{Records: e.ingested})
			if err != nil {
				return nil, err
			}
			for _, id := range e.ingested {
				w.words[id] = seq
			}
		}
		if len(e.removed) > 0 {
			if _, err := log(licet.EventRemoved, m, licet.Removed{Records: e.removed}); err != nil {
				return nil, err
			}
			for _, id := range e.removed {
				if err := w.to.Vault.DeleteRecord(ctx, w.tx, id); err != nil {
					return nil, err
				}
			}
		}
	}
	return out, nil
}

func (w *writer) profile(ctx context.Context, m licet.MemberID, t licet.EventType) (any, error) {
	facts := w.plan.members[m].Facts
	if t == licet.EventDescribed {
		return licet.Described{Facts: facts}, nil
	}
	token, err := w.to.Vault.Keys().Token(ctx, m)
	if err != nil {
		return nil, fmt.Errorf("member %s: %w", m, err)
	}
	return licet.Joined{Token: token, Facts: facts}, nil
}

// put reads the input again for the words of the records to write.
func (w *writer) put(ctx context.Context, s Source) error {
	if len(w.words) == 0 {
		return nil
	}
	n, written := 0, 0
	for item, err := range s.Items(ctx) {
		if err != nil {
			return err
		}
		n++
		if item.Record == nil {
			continue
		}
		r := record(w.to.Vault.Keys(), item.Platform, *item.Record)
		seq, ok := w.words[r.ID]
		if !ok || w.plan.records[r.ID].item != n {
			continue
		}
		digest, err := w.to.Vault.KeyedDigest(r)
		if err != nil {
			return err
		}
		if digest != w.plan.records[r.ID].digest {
			return ErrChanged
		}
		r.Seq = seq
		if err := w.to.Vault.PutRecord(ctx, w.tx, r); err != nil {
			return err
		}
		written++
	}
	if written != len(w.words) {
		return ErrChanged
	}
	return nil
}
