package ledger

import (
	"fmt"
	"time"

	"licet"
)

// clock holds the operator to the order notice, delivery, window, freeze,
// corpus, model.
type clock struct {
	adopted   licet.Digest // the policy in force
	notified  licet.Notified
	closed    bool                      // the window of that notice was frozen
	delivered time.Time                 // the first delivery of that notice; zero: none
	frozen    map[uint64]licet.Notified // by position: the notice whose window it ended
	built     map[licet.Digest]licet.Built
	trained   map[licet.Digest]licet.Digest // adapter by run
	disclosed map[uint64]licet.Disclosed
	last      time.Time
}

func (c *clock) check(e licet.Event, breach func(seq int64, format string, args ...any)) {
	if c.frozen == nil {
		c.frozen, c.built = map[uint64]licet.Notified{}, map[licet.Digest]licet.Built{}
		c.trained, c.disclosed = map[licet.Digest]licet.Digest{}, map[uint64]licet.Disclosed{}
	}
	seq := int64(e.Seq) //nolint:gosec // a position fits
	for _, problem := range c.step(e) {
		breach(seq, "%s", problem)
	}
}

func (c *clock) step(e licet.Event) (problems []string) {
	bad := func(format string, args ...any) { problems = append(problems, fmt.Sprintf(format, args...)) }
	if e.Time.Before(c.last) {
		bad("happened before the event before it")
	}
	c.last = e.Time
	var err error
	switch e.Type {
	case licet.EventAdopted:
		var a licet.Adopted
		a, err = licet.BodyOf[licet.Adopted](e)
		c.adopted = a.Digest
	case licet.EventNotified:
		err = with(e, bad, c.onNotified)
	case licet.EventDelivered:
		err = with(e, bad, c.onDelivered)
	case licet.EventFrozen:
		err = with(e, bad, c.onFrozen)
	case licet.EventBuilt:
		err = with(e, bad, c.onBuilt)
	case licet.EventTrained:
		err = with(e, bad, c.onTrained)
	case licet.EventPromoted:
		err = with(e, bad, c.onPromoted)
	case licet.EventForgot:
		err = with(e, bad, c.onForgot)
	case licet.EventDisclosed:
		err = with(e, bad, c.onDisclosed)
	case licet.EventTold:
		err = with(e, bad, c.onTold)
	case licet.EventGiven:
		err = with(e, bad, c.onGiven)
	default:
	}
	if err != nil {
		bad("%v", err)
	}
	return problems
}

// complain says what is wrong with an event.
type complain func(format string, args ...any)

// with decodes the body of an event for a check.
func with[B any](e licet.Event, bad complain, check func(e licet.Event, body B, bad complain)) error {
	body, err := licet.BodyOf[B](e)
	if err == nil {
		check(e, body, bad)
	}
	return err
}

func (c *clock) onNotified(e licet.Event, n licet.Notified, bad complain) {
	c.window(n, e.Time, bad)
	if n.Policy != c.adopted {
		bad("the notice %s is of a policy that is not in force", n.Notice)
	}
	c.notified, c.delivered, c.closed = n, time.Time{}, false
}

func (c *clock) onDelivered(e licet.Event, d licet.Delivered, bad complain) {
	if d.Notice != c.notified.Notice || d.Notice == "" {
		bad("delivered %q, which is not the notice in force", d.Notice)
		return
	}
	if c.delivered.IsZero() {
		c.delivered = e.Time
	}
}

func (c *clock) onFrozen(e licet.Event, f licet.Frozen, bad complain) {
	if f.Notice != c.notified.Notice {
		bad("frozen for %q, which is not the notice in force", f.Notice)
	}
	switch over, notice := licet.DeadlineEnded(c.notified.Deadline, e.Time); {
	case notice != nil:
		bad("frozen without a notice")
	case !over:
		bad("frozen before %s had ended everywhere on Earth", c.notified.Deadline)
	case c.delivered.IsZero():
		bad("frozen before the notice was delivered")
	case !withMembers(c.delivered, e.Time):
		bad("frozen when the notice had been with members for under %d days: it was delivered on %s", licet.ShortestWindow, c.delivered.Format(time.DateOnly))
	}
	c.frozen[e.Seq], c.closed = c.notified, true
}

// withMembers tells whether what was delivered at a time had been with members for
// long enough at another.
func withMembers(delivered, at time.Time) bool {
	over, err := licet.DeadlineEnded(licet.LastDay(delivered, licet.ShortestWindow), at)
	return err == nil && over
}

func (c *clock) onBuilt(e licet.Event, b licet.Built, bad complain) {
	notice, ok := c.frozen[b.Frozen]
	switch {
	case !ok:
		bad("built from position %d, which is no freeze", b.Frozen)
	case !notice.Names(purposeOf(b)):
		bad("built for the purpose %q, of which the notice %s told nobody", purposeOf(b), notice.Notice)
	}
	if b.At < b.Frozen {
		bad("built from position %d, before its freeze at %d", b.At, b.Frozen)
	}
	if b.At > e.Seq {
		bad("built from events that had not happened")
	}
	c.built[b.Run] = b
}

// purposeOf returns what a corpus was built for.
func purposeOf(b licet.Built) licet.Purpose {
	if b.Purpose == "" {
		return licet.PurposeTrain
	}
	return b.Purpose
}

func (c *clock) onTrained(_ licet.Event, t licet.Trained, bad complain) {
	if _, ok := c.built[t.Run]; !ok {
		bad("trained from a corpus that was not built")
	}
	c.trained[t.Run] = t.Adapter
}

func (c *clock) onPromoted(_ licet.Event, p licet.Promoted, bad complain) {
	if c.trained[p.Run] != p.Adapter || p.Adapter.IsZero() {
		bad("promoted a model that was not trained in this log")
	}
}

func (c *clock) onForgot(e licet.Event, f licet.Forgot, bad complain) {
	if c.trained[f.Run] != f.Adapter || f.Adapter.IsZero() {
		bad("claims to have forgotten with a model that was not trained in this log")
	}
	if f.Upto > e.Seq {
		bad("claims to have forgotten what had not happened")
	}
}

func (c *clock) onDisclosed(e licet.Event, d licet.Disclosed, bad complain) {
	built, ok := c.built[d.Run]
	switch {
	case !ok:
		bad("gave away what was not built in this log")
	case !c.frozen[built.Frozen].Names(d.Purpose):
		bad("gave it for the purpose %q, of which the notice told nobody", d.Purpose)
	case d.What == "adapter" && c.trained[d.Run] != d.Digest:
		bad("gave away an adapter that was not trained in this log")
	}
	if d.Recipient == "" || d.Basis == "" {
		bad("gave it to nobody that is named, or on no basis")
	}
	c.disclosed[e.Seq] = d
}

func (c *clock) onTold(e licet.Event, t licet.Told, bad complain) {
	if _, ok := c.disclosed[t.Disclosed]; !ok {
		bad("a recipient heard of position %d, where nothing was disclosed", t.Disclosed)
	}
	if t.Upto > e.Seq {
		bad("a recipient heard of what had not happened")
	}
}

func (c *clock) onGiven(_ licet.Event, g licet.Given, bad complain) {
	if d, ok := c.disclosed[g.Disclosed]; !ok || d.Recipient != g.Recipient || d.Purpose != g.Purpose || d.What != g.What {
		bad("words of a member went to somebody in a disclosure that the log does not hold")
	}
}

// window checks a new notice against the one whose window it replaces.
func (c *clock) window(n licet.Notified, at time.Time, bad complain) {
	if _, err := time.Parse(time.DateOnly, n.Deadline); err != nil {
		bad("the notice %s has no deadline that is a date", n.Notice)
		return
	}
	if !c.closed && n.Deadline < c.notified.Deadline {
		bad("the window of %s was shortened", c.notified.Notice)
	}
	if n.Deadline < licet.LastDay(at, licet.ShortestWindow) {
		bad("the window of %s is under %d days", n.Notice, licet.ShortestWindow)
	}
}
