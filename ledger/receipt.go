package ledger

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"licet"
	"licet/ledger/smt"
)

// ErrReceipt says that a receipt does not hold.
var ErrReceipt = errors.New("the receipt does not hold")

// receiptVersion is the version of the file (docs/formats/receipt.md).
const receiptVersion = "licet-receipt-2"

// A Shown is an event with the proof that the log holds it.
type Shown struct {
	Opening
	Proof tlog.RecordProof `json:"proof"`
}

// A ModelProof shows that a member is, or is not, in what a model learned from.
type ModelProof struct {
	Built    Shown     `json:"built"`
	Promoted Shown     `json:"promoted"`
	Member   smt.Proof `json:"member"`
}

// A Receipt is what a member keeps: what was chosen, when, and what was learned
// from them, under a signed checkpoint.
type Receipt struct {
	Version string `json:"version"`
	// Record says the same in the W3C Data Privacy Vocabulary, as JSON-LD. It is
	// made of the shown events and of nothing else, so a verifier makes it again.
	Record     json.RawMessage `json:"record"`
	Checkpoint string          `json:"checkpoint"`
	Founded    Shown           `json:"founded"`
	Joined     Shown           `json:"joined"`
	Choices    []Shown         `json:"choices"`
	Models     []ModelProof    `json:"models"`
}

// A ModelIn says which model a receipt is to speak of.
type ModelIn struct {
	Built, Promoted uint64    // positions of its events
	Members         *smt.Tree // of its manifest
}

// Receipt makes the receipt of a member. choices are the positions of their own
// Objected and Consented events that it is to show, in order.
func (l *Ledger) Receipt(ctx context.Context, m licet.MemberID, choices []uint64, models []ModelIn) (*Receipt, error) {
	least := uint64(1)
	for _, seq := range choices {
		least = max(least, seq+1)
	}
	for _, in := range models {
		least = max(least, in.Promoted+1)
	}
	signed, size, err := l.Cosigned(ctx, least)
	if err != nil {
		return nil, err
	}
	state, err := l.State(ctx, size)
	if err != nil {
		return nil, err
	}
	standing, ok := state.Members[m]
	if !ok || standing.Erased {
		return nil, fmt.Errorf("%w: the log knows no such member", ErrReceipt)
	}
	r := &Receipt{Version: receiptVersion, Checkpoint: string(signed), Choices: []Shown{}, Models: []ModelProof{}}
	if r.Founded, err = l.shown(ctx, 0, size); err != nil {
		return nil, err
	}
	if r.Joined, err = l.shown(ctx, standing.First, size); err != nil {
		return nil, err
	}
	for _, seq := range choices {
		s, err := l.shown(ctx, seq, size)
		if err != nil {
			return nil, err
		}
		r.Choices = append(r.Choices, s)
	}
	for _, in := range models {
		var p ModelProof
		if p.Built, err = l.shown(ctx, in.Built, size); err != nil {
			return nil, err
		}
		if p.Promoted, err = l.shown(ctx, in.Promoted, size); err != nil {
			return nil, err
		}
		var built licet.Built
		if err := json.Unmarshal(p.Built.Body, &built); err != nil {
			return nil, fmt.Errorf("event %d: %w", in.Built, err)
		}
		p.Member = in.Members.Prove(smt.Slot(built.Run, standing.Token))
		r.Models = append(r.Models, p)
	}
	// The verifier's own way to the record: what can't be verified is not given out.
	v := &verification{}
	if _, err := v.receipt(*r, l.verifier); err != nil && !errors.Is(err, errRecord) {
		return nil, fmt.Errorf("make a receipt: %w", err)
	}
	r.Record = v.record
	return r, nil
}

func (l *Ledger) shown(ctx context.Context, seq, size uint64) (Shown, error) {
	o, err := l.Opening(ctx, seq)
	if err != nil {
		return Shown{}, err
	}
	p, err := l.Inclusion(ctx, seq, size)
	return Shown{o, p}, err
}

// What a statement can say.
const (
	SaysJoined    = "joined"
	SaysObjected  = "objected"
	SaysWithdrew  = "withdrew" // an objection that takes back a yes
	SaysConsented = "consented"
	SaysIn        = "in"
	SaysOut       = "out"
)

// A Statement is one thing that a receipt proves.
type Statement struct {
	Says  string // one of the above
	What  string // for people, in English
	Event uint64
	Time  time.Time // UTC; of the event: for a model, from when it was served

	Purpose licet.Purpose // of a choice
	Said    licet.Said    // likewise

	Adapter  licet.Digest // of a model
	Built    uint64       // position of its corpus
	Passages int
}

// A Verdict is what a receipt that holds proves, and what it can't.
type Verdict struct {
	Origin     string
	Events     uint64 // how many the log had
	Simulated  bool
	Statements []Statement
	Witnessed  []Cosignature // by whom, of the witnesses that were asked for
	Limits     []string
}

// Verify checks a receipt with nothing but the log's key, which the caller has
// from somewhere else than the receipt. It checks every value that it reads, and
// names the first that does not hold; fields that it does not know are ignored.
// Of witnesses whose keys are given, one at least must have signed.
func Verify(receipt []byte, key string, witnesses ...string) (*Verdict, error) {
	verifier, err := note.NewVerifier(key)
	if err != nil {
		return nil, fmt.Errorf("the log's key: %w", err)
	}
	var r Receipt
	d := json.NewDecoder(bytes.NewReader(receipt))
	if err := d.Decode(&r); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrReceipt, err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%w: something follows it in the file", ErrReceipt)
	}
	v := &verification{tree: tlog.Tree{}}
	verdict, err := v.receipt(r, verifier)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrReceipt, err)
	}
	if len(witnesses) == 0 {
		return verdict, nil
	}
	if verdict.Witnessed, err = Cosignatures([]byte(r.Checkpoint), witnesses...); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrReceipt, err)
	}
	if len(verdict.Witnessed) == 0 {
		return nil, fmt.Errorf("%w: none of the witnesses that were asked for has signed its checkpoint", ErrReceipt)
	}
	return verdict, nil
}

type verification struct {
	tree   tlog.Tree
	token  licet.Digest
	record json.RawMessage // as the shown events give it
}

// errRecord says that a receipt's record is not what its events give.
var errRecord = errors.New("its record is not what its events say")

func (v *verification) receipt(r Receipt, verifier note.Verifier) (*Verdict, error) {
	if r.Version != receiptVersion {
		return nil, fmt.Errorf("version %q: this program reads %q", r.Version, receiptVersion)
	}
	c, err := ReadCheckpoint([]byte(r.Checkpoint), verifier)
	if err != nil {
		return nil, err
	}
	v.tree = tlog.Tree{N: int64(c.Size), Hash: c.Root} //nolint:gosec // ParseUint had 63 bits
	out := &Verdict{Origin: c.Origin, Events: c.Size}
	founded, err := open[licet.Founded](v, r.Founded, licet.EventFounded)
	if err != nil {
		return nil, err
	}
	if founded.Origin != c.Origin || r.Founded.Seq != 0 {
		return nil, errors.New("the log's first event names another log")
	}
	out.Simulated = founded.Simulated
	joined, err := open[licet.Joined](v, r.Joined, licet.EventJoined)
	if err != nil {
		return nil, err
	}
	v.token = joined.Token
	out.say(SaysJoined, r.Joined, "You joined on %s.", day(r.Joined))
	for i, s := range r.Choices {
		if err := v.choice(s, r.Choices[:i], out); err != nil {
			return nil, err
		}
	}
	for _, m := range r.Models {
		if err := v.model(m, out); err != nil {
			return nil, err
		}
	}
	if v.record, err = record(c.Origin, joined, r.Joined.Seq, out.Statements); err != nil {
		return nil, err
	}
	given, err := canonical(r.Record)
	if err != nil || !bytes.Equal(given, v.record) {
		return nil, errRecord
	}
	out.limits()
	return out, nil
}

func (v *Verdict) say(says string, s Shown, format string, args ...any) *Statement {
	v.Statements = append(v.Statements, Statement{Says: says, What: fmt.Sprintf(format, args...), Event: s.Seq, Time: time.UnixMilli(s.Time).UTC()})
	return &v.Statements[len(v.Statements)-1]
}

func day(s Shown) string { return time.UnixMilli(s.Time).UTC().Format("2 January 2006 15:04:05 UTC") }

// open checks that the log holds the event and reads its body.
func open[B any](v *verification, s Shown, want licet.EventType) (B, error) {
	var body B
	if s.Type != want {
		return body, fmt.Errorf("event %d is %q, want %q", s.Seq, s.Type, want)
	}
	leaf, err := s.leaf()
	if err != nil {
		return body, err
	}
	if err := tlog.CheckRecord(s.Proof, v.tree.N, v.tree.Hash, int64(s.Seq), tlog.RecordHash(leaf)); err != nil { //nolint:gosec // CheckRecord checks the range
		return body, fmt.Errorf("event %d (%s) is not in the log as shown: %w", s.Seq, s.Type, err)
	}
	if err := json.Unmarshal(s.Body, &body); err != nil {
		return body, fmt.Errorf("event %d: %w", s.Seq, err)
	}
	return body, nil
}

func (v *verification) choice(s Shown, before []Shown, out *Verdict) error {
	if s.Salt == "" {
		return fmt.Errorf("event %d is not a member's", s.Seq)
	}
	if len(before) > 0 && before[len(before)-1].Seq >= s.Seq {
		return fmt.Errorf("event %d stands after event %d, and happened before it", s.Seq, before[len(before)-1].Seq)
	}
	switch s.Type {
	case licet.EventObjected:
		b, err := open[licet.Objected](v, s, licet.EventObjected)
		if err != nil {
			return err
		}
		says, word := SaysObjected, "objected to"
		if slices.ContainsFunc(out.Statements, func(x Statement) bool { return x.Says == SaysConsented && x.Purpose == b.Purpose }) {
			says, word = SaysWithdrew, "took back your permission and objected to"
		}
		x := out.say(says, s, "You %s the purpose %q on %s (event %d, %s%s).", word, b.Purpose, day(s), s.Seq, b.Channel, shownNotice(b.Said))
		x.Purpose, x.Said = b.Purpose, b.Said
	case licet.EventConsented:
		b, err := open[licet.Consented](v, s, licet.EventConsented)
		if err != nil {
			return err
		}
		x := out.say(SaysConsented, s, "You permitted the purpose %q on %s (event %d, %s%s).", b.Purpose, day(s), s.Seq, b.Channel, shownNotice(b.Said))
		x.Purpose, x.Said = b.Purpose, b.Said
	default:
		return fmt.Errorf("event %d is not a choice", s.Seq)
	}
	return nil
}

func shownNotice(s licet.Said) string {
	out := ""
	if s.Notice != "" {
		out += ", after " + s.Notice
	}
	if s.Language != "" {
		out += ", shown in " + s.Language
	}
	return out
}

func (v *verification) model(m ModelProof, out *Verdict) error {
	built, err := open[licet.Built](v, m.Built, licet.EventBuilt)
	if err != nil {
		return err
	}
	promoted, err := open[licet.Promoted](v, m.Promoted, licet.EventPromoted)
	if err != nil {
		return err
	}
	if promoted.Run != built.Run || m.Promoted.Seq < m.Built.Seq {
		return fmt.Errorf("event %d does not serve what event %d built", m.Promoted.Seq, m.Built.Seq)
	}
	_, in, err := smt.Verify(built.Members, smt.Slot(built.Run, v.token), m.Member)
	if err != nil {
		return fmt.Errorf("the model served from event %d: %w", m.Promoted.Seq, err)
	}
	says, word := SaysOut, "You are NOT in"
	if in {
		says, word = SaysIn, "You are in"
	}
	x := out.say(says, m.Promoted, "%s the corpus of the model %s, served from %s (event %d; corpus built at event %d from %d passages).",
		word, promoted.Adapter.Short(), day(m.Promoted), m.Promoted.Seq, m.Built.Seq, built.Passages)
	x.Adapter, x.Built, x.Passages = promoted.Adapter, m.Built.Seq, built.Passages
	late := refused(out.Statements, built)
	if in && late {
		return fmt.Errorf("the corpus of event %d has you in it although you had objected", m.Built.Seq)
	}
	return nil
}

// refused tells whether the last choice before a corpus was built is a no to it.
func refused(statements []Statement, b licet.Built) (no bool) {
	for _, s := range statements {
		if s.Purpose != purposeOf(b) || s.Event >= b.At {
			continue
		}
		switch s.Says {
		case SaysObjected, SaysWithdrew:
			no = true
		case SaysConsented:
			no = false
		}
	}
	return no
}

func (v *Verdict) limits() {
	v.Limits = []string{
		"Times are the operator's word, unless a witness has signed this log.",
		"It speaks of the choices and models that are in it, and of no others.",
		"It shows which manifest was committed and whether you are in it; it can't show that a machine, a graphics card included, read nothing else.",
		"It speaks of the person whose token is in it. Words of yours filed under another person's name would not be found by it; an audit of the records would.",
	}
	if v.Simulated {
		v.Limits = append([]string{"TIME IN THIS LOG IS SIMULATED: it is a demonstration."}, v.Limits...)
	}
}
