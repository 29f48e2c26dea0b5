package source

import (
	"context"

	"licet"
	"licet/vault"
)

// A plan is what one pass over an input learns: the last word that it has on
// every id, without the words of records.
type plan struct {
	members map[licet.MemberID]licet.Member
	records map[licet.RecordID]last
	authors map[licet.MemberID]Pos // of records, where they were first named
	gone    map[licet.MemberID]Pos // deleted, and where
	signals map[licet.MemberID][]licet.Signal
	skipped map[string]int
}

// last is the last item of an input on one record.
type last struct {
	pos     Pos
	item    int // its number, from 1
	removed bool
	member  licet.MemberID // the zero value where the input only removes the record
	digest  licet.Digest   // keyed
}

// survey reads an input and refuses what can be refused without looking at
// what is there.
func survey(ctx context.Context, v *vault.Vault, s Source) (*plan, error) {
	p := &plan{
		members: map[licet.MemberID]licet.Member{}, records: map[licet.RecordID]last{},
		authors: map[licet.MemberID]Pos{}, gone: map[licet.MemberID]Pos{}, signals: map[licet.MemberID][]licet.Signal{}, skipped: map[string]int{},
	}
	n := 0
	for item, err := range s.Items(ctx) {
		if err == nil {
			err = item.check()
		}
		if err == nil {
			n++
			err = p.add(v, item, n)
		}
		if err != nil {
			return nil, err
		}
	}
	return p, nil
}

func (p *plan) add(v *vault.Vault, item Item, n int) error {
	keys := v.Keys()
	switch {
	case item.Skip != "":
		p.skipped[item.Skip]++
	case item.Member != nil:
		id := keys.MemberID(item.Platform, item.Member.Ref)
		if at, ok := p.gone[id]; ok {
			return item.Pos.Errorf("id", "this member is deleted at %s:%d: import what follows a deletion apart, after it", at.File, at.Line)
		}
		m := item.Member
		p.members[id] = licet.Member{ID: id, Platform: item.Platform, Ref: m.Ref, Name: m.Name, Handles: m.Handles, Facts: m.Facts}
		p.signals[id] = m.Signals
	case item.Record != nil:
		r := record(keys, item.Platform, *item.Record)
		if was, ok := p.records[r.ID]; ok && was.member != "" && was.member != r.Member {
			return item.Pos.Errorf("id", "this id is another member's record at %s:%d: give every record an id of its own", was.pos.File, was.pos.Line)
		}
		digest, err := v.KeyedDigest(r)
		if err != nil {
			return err
		}
		p.records[r.ID] = last{pos: item.Pos, item: n, member: r.Member, digest: digest}
		if _, ok := p.authors[r.Member]; !ok {
			p.authors[r.Member] = item.Pos
		}
	case item.DeleteMember != "":
		id := keys.MemberID(item.Platform, item.DeleteMember)
		p.gone[id] = item.Pos
		delete(p.members, id)
	default:
		id := keys.RecordID(item.Platform, item.DeleteRecord)
		p.records[id] = last{pos: item.Pos, item: n, removed: true, member: p.records[id].member}
	}
	return nil
}

// record puts the installation's ids in the place of the platform's.
func record(keys *vault.Keys, p licet.Platform, in Record) licet.Record {
	r := licet.Record{
		ID: keys.RecordID(p, in.Ref), Member: keys.MemberID(p, in.Member), Ref: in.Ref, Kind: in.Kind, Role: in.Role, Text: in.Text,
		Language: in.Language, Group: in.Group, Title: in.Title, Employer: in.Employer, From: in.From, Until: in.Until, URL: in.URL,
		License: in.License, Special: in.Special, Signal: in.Signal, Created: in.Created.UTC(),
	}
	if in.About != "" {
		r.About = keys.MemberID(p, in.About)
	}
	if in.ReplyTo != "" {
		r.ReplyTo = keys.RecordID(p, in.ReplyTo)
	}
	if in.ShareOf != "" {
		r.ShareOf = keys.RecordID(p, in.ShareOf)
	}
	for _, to := range in.To {
		r.To = append(r.To, keys.MemberID(p, to))
	}
	return r
}
