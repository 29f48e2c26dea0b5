package view

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"licet"
	"licet/policy"
	"licet/vault"
)

// A Person is what a purpose may use of one member.
type Person struct {
	Member   licet.MemberID
	Admitted bool            // permitted as such, whether or not they wrote anything
	Passages []licet.Passage // in order of record
	Digest   licet.Digest    // names the passages; zero: there are none
}

// excluded counts records of one member that are left out for one reason.
type excluded struct {
	reason string
	n      int
}

// share is what a Look remembers of one member: no text.
type share struct {
	digest   licet.Digest
	admitted bool
	records  int
	passages int
	left     []excluded // by reason
}

// A Look is what one purpose may use at (F, n), person by person. It remembers no
// text, and Advance moves it on by looking again only at those whom events touch.
// It is not safe for concurrent use.
type Look struct {
	v           *View
	purpose     licet.Purpose
	frozen, now licet.State
	people      *vault.Directory
	quoted      *quoted
	ownQuoted   bool    // and closes it
	failed      failure // of the service

	mu        sync.Mutex // guards what a scan of several ranges fills
	platform  map[licet.MemberID]licet.Platform
	suspects  map[licet.MemberID]uint64 // the newest text that says its author is under age: its position
	about     map[licet.MemberID][]licet.MemberID
	reposts   map[licet.RecordID][]licet.MemberID // who re-posted it
	originals map[licet.RecordID]licet.Record     // what others re-posted

	of       map[licet.MemberID]*share
	excluded map[string]int
	records  int
}

// Each hears of a person whose share was looked at. It is called by several
// goroutines at once, never twice at the same time for one member.
type Each func(Person) error

// Progress hears how many of all records a long look has read.
type Progress func(what string, done, total int)

// Look looks at everybody. What was permitted at the freeze, and is permitted now,
// and had come before the freeze, is what purpose may use; for purposes that know no
// freeze the two states are the same. each and progress may be nil.
func (v *View) Look(ctx context.Context, purpose licet.Purpose, frozen, now licet.State, each Each, progress Progress) (*Look, error) {
	l, err := v.begin(ctx, purpose, frozen, now)
	if err != nil {
		return nil, err
	}
	for m, err := range v.vault.Members(ctx) {
		if err != nil {
			return nil, err
		}
		l.platform[m.ID] = m.Platform
	}
	read, err := newCopies(v.temp)
	if err != nil {
		return nil, err
	}
	defer func() { _ = read.close() }() // it has no name: nothing is left of it
	if err := l.scan(ctx, read, progress); err != nil {
		return nil, err
	}
	if err := l.judge(ctx, read, each, progress); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return l, nil
}

// Close gives back what the Look has out of memory. Of what was made like it nothing
// may be in use any more.
func (l *Look) Close() error {
	if !l.ownQuoted {
		return nil
	}
	return l.quoted.close()
}

func (v *View) begin(ctx context.Context, purpose licet.Purpose, frozen, now licet.State) (*Look, error) {
	people, err := v.directory(ctx, frozen.Next, now.Next)
	return &Look{
		v: v, purpose: purpose, frozen: frozen, now: now, people: people,
		platform: map[licet.MemberID]licet.Platform{}, suspects: map[licet.MemberID]uint64{}, about: map[licet.MemberID][]licet.MemberID{},
		reposts: map[licet.RecordID][]licet.MemberID{}, originals: map[licet.RecordID]licet.Record{},
		of: map[licet.MemberID]*share{}, excluded: map[string]int{},
	}, err
}

// Of looks at one member, at what little of others their records depend on, and at
// nobody else. like, which may be nil, is a whole look at the same freeze: from it
// comes who said first what the member quotes.
func (v *View) Of(ctx context.Context, purpose licet.Purpose, frozen, now licet.State, m licet.MemberID, like *Look) (*Look, error) {
	l, err := v.begin(ctx, purpose, frozen, now)
	if err != nil {
		return nil, err
	}
	if like != nil && like.frozen.Next == frozen.Next && learns(purpose) {
		l.quoted = like.quoted
	}
	seen := map[licet.MemberID]bool{}
	see := func(m licet.MemberID) error {
		if seen[m] || m == "" {
			return nil
		}
		seen[m] = true
		return l.touch(ctx, m, map[licet.MemberID]bool{})
	}
	if err := see(m); err != nil {
		return nil, err
	}
	for _, other := range slices.Sorted(maps.Keys(l.about)) { // whether they may be a minor counts
		if err := see(other); err != nil {
			return nil, err
		}
	}
	var authors []licet.MemberID // before they are seen: what they re-post in turn changes nothing here
	for _, r := range l.originals {
		authors = append(authors, r.Member)
	}
	for _, author := range authors {
		if err := see(author); err != nil {
			return nil, err
		}
	}
	return l, nil
}

// State returns the state that the Look is at.
func (l *Look) State() licet.State { return l.now }

// Digests returns what each member's passages are, as Person.Digest, of those who
// have any.
func (l *Look) Digests() map[licet.MemberID]licet.Digest {
	out := map[licet.MemberID]licet.Digest{}
	for m, s := range l.of {
		if s.passages > 0 {
			out[m] = s.digest
		}
	}
	return out
}

// Digest returns what a member's passages are, and false where there are none.
func (l *Look) Digest(m licet.MemberID) (licet.Digest, bool) {
	s, ok := l.of[m]
	if !ok || s.passages == 0 {
		return licet.Digest{}, false
	}
	return s.digest, true
}

// Admitted returns the members who are permitted as such.
func (l *Look) Admitted() map[licet.MemberID]bool {
	out := map[licet.MemberID]bool{}
	for m, s := range l.of {
		if s.admitted {
			out[m] = true
		}
	}
	return out
}

// Excluded counts the records that are left out, by reason.
func (l *Look) Excluded() map[string]int { return maps.Clone(l.excluded) }

// Records is how many records were looked at.
func (l *Look) Records() int { return l.records }

// ranges part the members in equal shares, by the first digits of their ids.
const ranges = 256

type span struct{ from, to licet.MemberID }

func spans() []span {
	out := make([]span, ranges)
	for i := range out {
		out[i] = span{licet.MemberID(fmt.Sprintf("%02x", i)), licet.MemberID(fmt.Sprintf("%02x", i+1))}
	}
	out[0].from, out[ranges-1].to = "", "\U0010FFFF" // whatever an id looks like
	return out
}

// inRanges calls do for every range, on all cores.
func inRanges(ctx context.Context, do func(ctx context.Context, i int, s span) error) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i, s := range spans() {
		group.Go(func() error {
			if err := ctx.Err(); err != nil {
				return err
			}
			return do(ctx, i, s)
		})
	}
	return group.Wait()
}

// scan reads every record once and copies it, for what must be known of all before one
// can be judged: who may be a minor, who is written about, and who said what first.
func (l *Look) scan(ctx context.Context, into *copies, progress Progress) error {
	total, err := l.v.vault.Count(ctx)
	if err != nil {
		return err
	}
	j, err := l.join(ctx)
	if err != nil {
		return err
	}
	defer j.close()
	var done atomic.Int64
	err = inRanges(ctx, func(ctx context.Context, i int, s span) error {
		w, c := j.worker(i), into.copier(i)
		for r, err := range l.v.vault.Between(ctx, s.from, s.to) {
			if err != nil {
				return err
			}
			l.note(&r)
			if err := errors.Join(w.add(&r), c.add(&r)); err != nil {
				return err
			}
			report(progress, "reading", &done, total)
		}
		return errors.Join(w.done(), c.done())
	})
	if err != nil {
		return err
	}
	if l.quoted, err = j.resolve(ctx); err != nil {
		return err
	}
	l.ownQuoted = true
	return l.fetch(ctx)
}

// reportEvery is how many records pass between two reports.
const reportEvery = 1000

func report(progress Progress, what string, done *atomic.Int64, total int) {
	if n := done.Add(1); progress != nil && (n%reportEvery == 0 || n == int64(total)) {
		progress(what, int(n), total)
	}
}

// note remembers what others' records depend on.
func (l *Look) note(r *licet.Record) {
	says := suspect(r.Text)
	if !says && r.About == "" && r.ShareOf == "" {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if last, ok := l.suspects[r.Member]; says && (!ok || r.Seq > last) {
		l.suspects[r.Member] = r.Seq
	}
	if r.About != "" && !slices.Contains(l.about[r.About], r.Member) {
		l.about[r.About] = append(l.about[r.About], r.Member)
	}
	if r.ShareOf != "" && !slices.Contains(l.reposts[r.ShareOf], r.Member) {
		l.reposts[r.ShareOf] = append(l.reposts[r.ShareOf], r.Member)
	}
}

// fetch reads what was re-posted.
func (l *Look) fetch(ctx context.Context) error {
	for id := range l.reposts {
		if err := l.fetchOne(ctx, id); err != nil {
			return err
		}
	}
	return nil
}

// Advance moves the Look on to a later state; frozen is the same freeze, as what was
// erased since has left it. touched are the members whom events in
// between are about; each hears of everybody whose share may have changed. False: it
// can't be moved there, and nothing was done: look anew.
func (l *Look) Advance(ctx context.Context, frozen, now licet.State, touched []licet.MemberID, each Each) (bool, error) {
	if now.Next < l.now.Next || frozen.Next != l.frozen.Next {
		return false, nil
	}
	shields, err := l.v.vault.Shields(ctx, now.Next)
	if err != nil {
		return false, err
	}
	if shields != l.people.Shields() { // a name more: it may stand in anybody's text
		return false, nil
	}
	affected := map[licet.MemberID]bool{}
	for _, m := range touched {
		affected[m] = true
		if err := l.touch(ctx, m, affected); err != nil {
			return false, err
		}
	}
	l.birthdays(now.Time, now, affected)
	l.frozen, l.now = frozen, now
	for _, m := range slices.Sorted(maps.Keys(affected)) {
		records, err := l.recordsOf(ctx, m)
		if err != nil {
			return false, err
		}
		p, is, err := l.person(m, records)
		if err != nil {
			return false, err
		}
		if _, ok := now.Members[m]; !ok && len(records) == 0 {
			is = nil
		}
		l.enter(m, is)
		if each != nil {
			if err := each(p); err != nil {
				return false, err
			}
		}
	}
	return true, nil
}

func (l *Look) recordsOf(ctx context.Context, m licet.MemberID) (out []licet.Record, err error) {
	for r, err := range l.v.vault.Records(ctx, m) {
		if err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	return out, nil
}

// touch reads a member's records and profile again, and adds whose records depend on them.
func (l *Look) touch(ctx context.Context, m licet.MemberID, affected map[licet.MemberID]bool) error {
	profile, err := l.v.vault.Member(ctx, m)
	switch {
	case isNotFound(err):
		delete(l.platform, m)
	case err != nil:
		return err
	default:
		l.platform[m] = profile.Platform
	}
	delete(l.suspects, m)
	var shared []licet.RecordID
	for id, r := range l.originals {
		if r.Member == m {
			shared = append(shared, id)
		}
	}
	for r, err := range l.v.vault.Records(ctx, m) {
		if err != nil {
			return err
		}
		l.note(&r)
		if len(l.reposts[r.ID]) > 0 {
			shared = append(shared, r.ID)
		}
		if _, ok := l.originals[r.ShareOf]; r.ShareOf != "" && !ok {
			shared = append(shared, r.ShareOf)
		}
	}
	for _, id := range shared {
		if err := l.fetchOne(ctx, id); err != nil {
			return err
		}
		for _, who := range l.reposts[id] {
			affected[who] = true
		}
	}
	for _, who := range l.about[m] {
		affected[who] = true
	}
	return nil
}

// birthdays adds those whose age, and whose records about somebody whose age, is
// another for the rules since the last look.
func (l *Look) birthdays(at time.Time, now licet.State, affected map[licet.MemberID]bool) {
	for m, s := range now.Members {
		if l.v.policy.Ages(s.Facts, slices.Contains(l.v.adults, l.platform[m]), l.now.Time, at) {
			affected[m] = true
			for _, who := range l.about[m] {
				affected[who] = true
			}
		}
	}
}

// decide asks the policy with the standings of one state.
func (l *Look) decide(r *licet.Record, atFreeze bool) licet.Decision {
	state := &l.now
	if atFreeze {
		state = &l.frozen
	}
	standing, ok := state.Members[r.Member]
	if !ok {
		return licet.Decision{Rules: []string{ReasonUnknownMember}}
	}
	return l.v.policy.Decide(l.question(r, standing, state))
}

// question is what the policy is asked of a record, with the standings of one state.
func (l *Look) question(r *licet.Record, standing licet.Standing, state *licet.State) policy.Question {
	ask := policy.Question{
		Purpose: l.purpose, Standing: standing, Kind: r.Kind, At: state.Time, SuspectedMinor: l.suspected(standing),
		Special: r.Special != "" || l.v.policy.Special(r.Group) != "", Signal: r.Signal, Adults: slices.Contains(l.v.adults, l.platform[r.Member]),
	}
	if r.About != "" {
		about := state.Members[r.About]
		if l.suspected(about) {
			about = licet.Standing{} // a suspected minor: as unknown as can be
		}
		ask.About = &about
	} else if r.Kind == licet.KindRecommendation {
		ask.About = &licet.Standing{} // of nobody that we know
	}
	return ask
}

// suspected tells whether somebody may be a minor: a text of theirs says so and no
// operator has decided otherwise since, or an operator has decided that they are.
func (l *Look) suspected(s licet.Standing) bool {
	last, says := l.suspects[s.Member]
	switch {
	case s.Age == nil:
		return says
	case !s.Age.OfAge:
		return true
	}
	return says && last > s.Age.Seq
}

// usable tells whether a record may be used as such.
func (l *Look) usable(r *licet.Record) bool {
	return r.Seq < l.frozen.Next && l.decide(r, false).Permit && l.decide(r, true).Permit
}

// original returns the record that another re-posts, if it may be used. One that may
// not is as if it were not there: what somebody added to it can't be told apart from it.
func (l *Look) original(id licet.RecordID) licet.Record {
	if id == "" {
		return licet.Record{}
	}
	if r, ok := l.originals[id]; ok && l.usable(&r) {
		return r
	}
	return licet.Record{}
}

// fetchOne reads a record that was re-posted.
func (l *Look) fetchOne(ctx context.Context, id licet.RecordID) error {
	r, err := l.v.vault.Record(ctx, id)
	if isNotFound(err) {
		delete(l.originals, id)
		return nil
	}
	if err == nil {
		l.originals[id] = r
	}
	return err
}
