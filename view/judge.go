package view

import (
	"context"
	"maps"
	"slices"
	"sync/atomic"

	"licet"
)

// judge makes everybody's share.
func (l *Look) judge(ctx context.Context, read *copies, each Each, progress Progress) error {
	members := slices.Sorted(maps.Keys(l.now.Members))
	total, err := l.v.vault.Count(ctx)
	if err != nil {
		return err
	}
	var done atomic.Int64
	return inRanges(ctx, func(_ context.Context, i int, s span) error {
		from, _ := slices.BinarySearch(members, s.from)
		to, _ := slices.BinarySearch(members, s.to)
		waiting := members[from:to] // members of this range that have not had their turn
		var records []licet.Record
		turn := func(m licet.MemberID, records []licet.Record) error {
			p, is, err := l.person(m, records)
			if err != nil {
				return err
			}
			l.mu.Lock()
			l.enter(m, is)
			l.mu.Unlock()
			if each == nil {
				return nil
			}
			return each(p)
		}
		upto := func(m licet.MemberID) error { // those who wrote nothing
			for len(waiting) > 0 && waiting[0] < m {
				if err := turn(waiting[0], nil); err != nil {
					return err
				}
				waiting = waiting[1:]
			}
			return nil
		}
		flush := func() error {
			if len(records) == 0 {
				return nil
			}
			m := records[0].Member
			if err := upto(m); err != nil {
				return err
			}
			if len(waiting) > 0 && waiting[0] == m {
				waiting = waiting[1:]
			}
			err := turn(m, records)
			records = records[:0]
			return err
		}
		for r, err := range read.of(i) {
			if err != nil {
				return err
			}
			if len(records) > 0 && records[0].Member != r.Member {
				if err := flush(); err != nil {
					return err
				}
			}
			records = append(records, r)
			report(progress, "choosing", &done, total)
		}
		if err := flush(); err != nil {
			return err
		}
		return upto(s.to)
	})
}

// enter replaces what is remembered of a member.
func (l *Look) enter(m licet.MemberID, is *share) {
	if was := l.of[m]; was != nil {
		l.count(was, -1)
	}
	if is == nil {
		delete(l.of, m)
		return
	}
	l.of[m] = is
	l.count(is, 1)
}

func (l *Look) count(s *share, sign int) {
	l.records += sign * s.records
	for _, x := range s.left {
		if l.excluded[x.reason] += sign * x.n; l.excluded[x.reason] == 0 {
			delete(l.excluded, x.reason)
		}
	}
}

// person makes one member's share of their records, in order of id.
func (l *Look) person(m licet.MemberID, records []licet.Record) (Person, *share, error) {
	p, is := Person{Member: m}, &share{records: len(records)}
	asMember := &licet.Record{Member: m, Kind: licet.KindPost}
	p.Admitted = l.decide(asMember, false).Permit && l.decide(asMember, true).Permit
	left := map[string]int{}
	fates, err := l.fates(records)
	if err != nil {
		return p, nil, err
	}
	p.Passages = make([]licet.Passage, 0, len(fates))
	for _, f := range fates {
		if len(f.reasons) == 0 {
			p.Passages = append(p.Passages, f.passage)
		}
		for _, reason := range f.reasons {
			left[reason]++
		}
	}
	for _, reason := range slices.Sorted(maps.Keys(left)) {
		is.left = append(is.left, excluded{reason, left[reason]})
	}
	if len(p.Passages) > 0 {
		p.Digest = digest(p.Passages)
	}
	is.digest, is.passages, is.admitted = p.Digest, len(p.Passages), p.Admitted
	return p, is, nil
}
