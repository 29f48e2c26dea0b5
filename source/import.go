package source

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
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
	// Erase takes away a member whom the platform has deleted.
	Erase func(ctx context.Context, m licet.MemberID) error
}

// A Summary counts what an import did.
type Summary struct {
	Members, NewMembers, ErasedMembers        int
	Records, New, Changed, Unchanged, Removed int
	Skipped                                   map[string]int // by reason
}

// String says it for people.
func (s Summary) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d members (%d new), %d records: %d new, %d changed, %d as before, %d removed", s.Members, s.NewMembers, s.Records, s.New, s.Changed, s.Unchanged, s.Removed)
	if s.ErasedMembers > 0 {
		fmt.Fprintf(&b, "; %d members erased", s.ErasedMembers)
	}
	for _, why := range slices.Sorted(maps.Keys(s.Skipped)) {
		fmt.Fprintf(&b, "; left out, %s: %d", why, s.Skipped[why])
	}
	return b.String()
}

// plan is what the first pass learns: of every id the last word that the input
// has on it, by the number of the item.
type plan struct {
	members map[licet.MemberID]int
	records map[licet.RecordID]int
	author  map[licet.RecordID]licet.MemberID
	needs   map[licet.MemberID]Pos // authors, where they were first named
	gone    map[licet.MemberID]bool
	count   int
	skipped map[string]int
}

// Import brings an input into the vault and the ledger: all of it in one
// transaction, or nothing. Items are checked before anything is written.
func Import(ctx context.Context, to Target, s Source) (Summary, error) {
	p, err := survey(ctx, to.Vault.Keys(), s)
	if err != nil {
		return Summary{}, err
	}
	state, err := to.Ledger.StateNow(ctx)
	if err != nil {
		return Summary{}, err
	}
	known := func(m licet.MemberID) bool {
		standing, ok := state.Members[m]
		return ok && !standing.Erased
	}
	var fresh []licet.MemberID
	for m := range p.members {
		if !known(m) && !p.gone[m] {
			fresh = append(fresh, m)
		}
	}
	for _, m := range slices.Sorted(maps.Keys(p.needs)) {
		if _, ok := p.members[m]; !ok && !known(m) {
			return Summary{}, p.needs[m].Errorf("member", "nobody of this id is in the input or was imported before: add the member's line")
		}
	}
	slices.Sort(fresh)
	if err := to.Vault.Keys().Create(ctx, fresh...); err != nil {
		return Summary{}, err
	}
	w := &writer{to: to, plan: p, known: known, state: state, out: Summary{Skipped: p.skipped}, pending: map[licet.MemberID]*pending{}}
	if _, err := to.Ledger.Do(ctx, func(ctx context.Context, tx *sql.Tx, next uint64) ([]licet.Event, error) {
		w.tx, w.next = tx, next
		return w.write(ctx, s)
	}); err != nil {
		return Summary{}, fmt.Errorf("import: %w", err)
	}
	for _, m := range slices.Sorted(maps.Keys(p.gone)) {
		if known(m) {
			if err := to.Erase(ctx, m); err != nil {
				return w.out, fmt.Errorf("import: %w", err)
			}
			w.out.ErasedMembers++
		}
	}
	return w.out, nil
}

func survey(ctx context.Context, keys *vault.Keys, s Source) (*plan, error) {
	p := &plan{
		members: map[licet.MemberID]int{}, records: map[licet.RecordID]int{}, author: map[licet.RecordID]licet.MemberID{},
		needs: map[licet.MemberID]Pos{}, gone: map[licet.MemberID]bool{}, skipped: map[string]int{},
	}
	for item, err := range s.Items(ctx) {
		if err == nil {
			err = item.check()
		}
		if err != nil {
			return nil, err
		}
		p.count++
		switch {
		case item.Skip != "":
			p.skipped[item.Skip]++
		case item.Member != nil:
			m := keys.MemberID(item.Platform, item.Member.Ref)
			p.members[m] = p.count
			delete(p.gone, m)
		case item.Record != nil:
			id, m := keys.RecordID(item.Platform, item.Record.Ref), keys.MemberID(item.Platform, item.Record.Member)
			if other, ok := p.author[id]; ok && other != m {
				return nil, item.Pos.Errorf("id", "this record belongs to another member further up: give each record an id of its own")
			}
			p.records[id], p.author[id] = p.count, m
			if _, ok := p.needs[m]; !ok {
				p.needs[m] = item.Pos
			}
		case item.DeleteMember != "":
			m := keys.MemberID(item.Platform, item.DeleteMember)
			p.gone[m] = true
			p.members[m] = p.count
		default:
			p.records[keys.RecordID(item.Platform, item.DeleteRecord)] = p.count
		}
	}
	return p, nil
}

// pending is what is to be logged of one member.
type pending struct {
	first             licet.EventType // joined, described, or none
	facts             licet.Facts
	ingested, removed []licet.RecordID
}

// writer is the second pass.
type writer struct {
	to      Target
	plan    *plan
	known   func(licet.MemberID) bool
	state   licet.State
	tx      *sql.Tx
	next    uint64
	out     Summary
	pending map[licet.MemberID]*pending
}

func (w *writer) of(m licet.MemberID) *pending {
	if w.pending[m] == nil {
		w.pending[m] = &pending{}
	}
	return w.pending[m]
}

func (w *writer) write(ctx context.Context, s Source) ([]licet.Event, error) {
	n := 0
	keys := w.to.Vault.Keys()
	for item, err := range s.Items(ctx) {
		if err != nil {
			return nil, err
		}
		n++
		switch {
		case item.Skip != "":
		case item.Member != nil:
			if m := keys.MemberID(item.Platform, item.Member.Ref); w.plan.members[m] == n {
				err = w.member(ctx, m, item)
			}
		case item.Record != nil:
			id := keys.RecordID(item.Platform, item.Record.Ref)
			if w.plan.records[id] == n && !w.plan.gone[w.plan.author[id]] {
				err = w.record(ctx, id, item)
			}
		case item.DeleteRecord != "":
			if id := keys.RecordID(item.Platform, item.DeleteRecord); w.plan.records[id] == n {
				err = w.remove(ctx, id)
			}
		}
		if err != nil {
			return nil, err
		}
	}
	if n != w.plan.count {
		return nil, ErrChanged
	}
	return w.events(ctx)
}

func (w *writer) member(ctx context.Context, id licet.MemberID, item Item) error {
	w.out.Members++
	m := licet.Member{ID: id, Platform: item.Platform, Ref: item.Member.Ref, Name: item.Member.Name, Handles: item.Member.Handles, Facts: item.Member.Facts}
	if w.known(id) {
		was, err := w.to.Vault.Member(ctx, id)
		if err != nil {
			return err
		}
		if reflect.DeepEqual(was, m) {
			return nil
		}
		if w.state.Members[id].Facts != m.Facts {
			w.of(id).first, w.of(id).facts = licet.EventDescribed, m.Facts
		}
		return w.to.Vault.PutMember(ctx, w.tx, m, w.next)
	}
	w.out.NewMembers++
	w.of(id).first, w.of(id).facts = licet.EventJoined, m.Facts
	return w.to.Vault.PutMember(ctx, w.tx, m, w.next)
}

func (w *writer) record(ctx context.Context, id licet.RecordID, item Item) error {
	w.out.Records++
	in, keys := item.Record, w.to.Vault.Keys()
	r := licet.Record{
		ID: id, Member: w.plan.author[id], Ref: in.Ref, Kind: in.Kind, Role: in.Role, Text: in.Text, Language: in.Language, Group: in.Group,
		Title: in.Title, Employer: in.Employer, From: in.From, Until: in.Until, URL: in.URL, License: in.License, Created: in.Created.UTC(), Seq: w.next,
	}
	if in.About != "" {
		r.About = keys.MemberID(item.Platform, in.About)
	}
	if in.ReplyTo != "" {
		r.ReplyTo = keys.RecordID(item.Platform, in.ReplyTo)
	}
	if in.ShareOf != "" {
		r.ShareOf = keys.RecordID(item.Platform, in.ShareOf)
	}
	for _, to := range in.To {
		r.To = append(r.To, keys.MemberID(item.Platform, to))
	}
	was, author, there, err := w.to.Vault.Stored(ctx, w.tx, id)
	if err != nil {
		return err
	}
	if there && author != r.Member {
		return item.Pos.Errorf("id", "this record was imported as another member's: give each record an id of its own")
	}
	now, err := w.to.Vault.KeyedDigest(r)
	if err != nil {
		return err
	}
	switch {
	case there && was == now:
		w.out.Unchanged++
		return nil
	case there:
		w.out.Changed++
	default:
		w.out.New++
	}
	w.of(r.Member).ingested = append(w.of(r.Member).ingested, id)
	return w.to.Vault.PutRecord(ctx, w.tx, r)
}

func (w *writer) remove(ctx context.Context, id licet.RecordID) error {
	_, author, there, err := w.to.Vault.Stored(ctx, w.tx, id)
	if err != nil || !there {
		return err
	}
	w.out.Removed++
	w.of(author).removed = append(w.of(author).removed, id)
	return w.to.Vault.DeleteRecord(ctx, w.tx, id)
}

// events returns what is logged, by member: the same for any order of items.
func (w *writer) events(ctx context.Context) ([]licet.Event, error) {
	var out []licet.Event
	var errs []error
	add := func(t licet.EventType, m licet.MemberID, body any) {
		data, err := json.Marshal(body)
		errs = append(errs, err)
		out = append(out, licet.Event{Type: t, Member: m, Body: data})
	}
	for _, m := range slices.Sorted(maps.Keys(w.pending)) {
		p := w.pending[m]
		switch p.first {
		case licet.EventJoined:
			token, err := w.to.Vault.Keys().Token(ctx, m)
			errs = append(errs, err)
			add(licet.EventJoined, m, licet.Joined{Token: token, Facts: p.facts})
		case licet.EventDescribed:
			add(licet.EventDescribed, m, licet.Described{Facts: p.facts})
		default:
		}
		slices.Sort(p.ingested)
		slices.Sort(p.removed)
		if len(p.ingested) > 0 {
			add(licet.EventIngested, m, licet.Ingested{Records: p.ingested})
		}
		if len(p.removed) > 0 {
			add(licet.EventRemoved, m, licet.Removed{Records: p.removed})
		}
	}
	return out, errors.Join(errs...)
}
