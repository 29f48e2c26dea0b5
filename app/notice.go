package app

import (
	"bytes"
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"licet"
)

//go:embed notices/*.txt
var notices embed.FS

// NoticeText returns the text of a notice in a language, English where there is
// none: with a paragraph for each purpose beyond training that it names.
func NoticeText(language string, n licet.Notified) string {
	if _, err := notices.Open("notices/" + language + ".txt"); err != nil {
		language = "en"
	}
	data, _ := notices.ReadFile("notices/" + language + ".txt") // embedded: it is there
	if !n.Names(licet.PurposeShare) {
		return string(data)
	}
	share, _ := notices.ReadFile("notices/" + language + ".share.txt")
	i := bytes.LastIndex(bytes.TrimSpace(data), []byte("\n\n")) + 2 // before the last paragraph
	return string(data[:i]) + string(share) + "\n" + string(data[i:])
}

// Notify publishes the notice. Members can object until the deadline, a date
// (YYYY-MM-DD) that counts until it has ended everywhere on Earth; empty: in
// as many days as the longest window of a regime.
// Members are told of training, and of what goes beyond it where that is given.
func (a *App) Notify(ctx context.Context, deadline string, beyond ...licet.Purpose) (licet.Notified, error) {
	for _, p := range beyond {
		if p != licet.PurposeShare {
			return licet.Notified{}, fmt.Errorf("a notice tells of %q, and of nothing else beyond training; not of %q", licet.PurposeShare, p)
		}
	}
	now := a.Now()
	if deadline == "" {
		deadline = a.policy.DeadlineFor(now)
	}
	day, err := time.Parse(time.DateOnly, deadline)
	if err != nil {
		return licet.Notified{}, fmt.Errorf("deadline %q: want a date, YYYY-MM-DD", deadline)
	}
	if shortest := a.policy.MinWindowDays(); day.Before(now.AddDate(0, 0, shortest-1)) {
		return licet.Notified{}, fmt.Errorf("deadline %s: a window is at least %d days, so not before %s", deadline, shortest,
			now.AddDate(0, 0, shortest).Format(time.DateOnly))
	}
	state, err := a.ledger.StateNow(ctx)
	if err != nil {
		return licet.Notified{}, err
	}
	if open := state.Frozen < state.NoticeAt; open && deadline < state.Notice.Deadline {
		return licet.Notified{}, fmt.Errorf("deadline %s: members were told that they can object until %s; a window can be made longer, never shorter", deadline, state.Notice.Deadline)
	}
	n := licet.Notified{Notice: noticeName(state.Notice.Notice, now), Policy: a.policy.Digest(), Deadline: deadline, Texts: map[string]licet.Digest{}}
	if len(beyond) > 0 {
		n.Purposes = append([]licet.Purpose{licet.PurposeTrain}, beyond...)
	}
	for _, language := range []string{"en", "fr"} {
		n.Texts[language] = licet.Sum([]byte(NoticeText(language, n)))
	}
	var entries []entry
	if state.Policy.Digest != n.Policy { // it has changed since the last notice: nobody was told of it yet
		entries = append(entries, entry{licet.EventAdopted, licet.Adopted{Policy: a.policy.Name(), Digest: n.Policy}})
	}
	return n, a.log(ctx, append(entries, entry{licet.EventNotified, n})...)
}

// noticeName names a notice after its day, and a second one of the same day apart.
func noticeName(last string, now time.Time) string {
	name := "notice-" + now.Format(time.DateOnly)
	rest, again := strings.CutPrefix(last, name)
	if !again {
		return name
	}
	n := 1
	if x, err := strconv.Atoi(strings.TrimPrefix(rest, ".")); err == nil {
		n = x
	}
	return name + "." + strconv.Itoa(n+1)
}

// Deliver records that the notice in force reached the members, another batch each
// time: by which means is the operator's word, and the log keeps its digest. Who
// joins afterwards is reached by the next batch.
func (a *App) Deliver(ctx context.Context, evidence []byte) (members int, err error) {
	state, err := a.ledger.StateNow(ctx)
	if err != nil {
		return 0, err
	}
	if state.Notice.Notice == "" {
		return 0, errors.New("no notice was published: run \"licet notify\" first")
	}
	for _, m := range state.Members {
		if !m.Erased {
			members++
		}
	}
	return members, a.log(ctx, entry{licet.EventDelivered, licet.Delivered{Notice: state.Notice.Notice, Batch: len(state.Delivered) + 1, Members: members, Evidence: licet.Sum(evidence)}})
}

// Freeze ends the window: from here on a corpus may be built of what was
// permitted. It is refused before the deadline has ended everywhere on Earth
// and before the notice was with members for long enough.
func (a *App) Freeze(ctx context.Context) (licet.Event, error) {
	state, err := a.ledger.StateNow(ctx)
	if err != nil {
		return licet.Event{}, err
	}
	switch {
	case state.Notice.Notice == "":
		return licet.Event{}, fmt.Errorf("%w: no notice was published: run \"licet notify\"", ErrTooEarly)
	case state.Notice.Policy != a.policy.Digest():
		return licet.Event{}, fmt.Errorf("%w: members were told of another policy than the one in force now: run \"licet notify\" again", ErrTooEarly)
	case len(state.Delivered) == 0:
		return licet.Event{}, fmt.Errorf("%w: the notice was not delivered: run \"licet deliver\"", ErrTooEarly)
	}
	over, err := licet.DeadlineEnded(state.Notice.Deadline, a.Now())
	if err != nil {
		return licet.Event{}, err
	}
	if !over {
		return licet.Event{}, fmt.Errorf("%w: members can object until the end of %s everywhere on Earth (it is %s)", ErrTooEarly,
			state.Notice.Deadline, a.Now().Format(time.RFC3339))
	}
	if _, reached := state.Reached(a.Now()); !reached {
		first := state.Delivered[0].Time
		return licet.Event{}, fmt.Errorf("%w: the notice was delivered on %s: members can object until the end of %s everywhere on Earth (it is %s)", ErrTooEarly,
			first.Format(time.DateOnly), licet.LastDay(first, licet.ShortestWindow), a.Now().Format(time.RFC3339))
	}
	done, err := a.ledger.Do(ctx, func(ctx context.Context, _ *sql.Tx, next uint64) ([]licet.Event, error) {
		last, err := a.ledger.State(ctx, next) // with what another process may have added since
		if err != nil {
			return nil, err
		}
		root, err := a.keepStandings(last)
		if err != nil {
			return nil, err
		}
		e, err := operator(licet.EventFrozen, licet.Frozen{Notice: state.Notice.Notice, Standings: root})
		return []licet.Event{e}, err
	})
	if err != nil {
		return licet.Event{}, err
	}
	return done[0], nil
}
