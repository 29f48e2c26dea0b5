package app

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"licet"
	"licet/corpus"
	"licet/corpus/dataset"
	"licet/policy"
)

// What can be given to somebody outside.
const (
	GiveCorpus  = "corpus"
	GiveAdapter = "adapter"
)

// ErrNotTold says that members were not told of a purpose.
var ErrNotTold = errors.New("members were not told of this purpose")

// A Disclosure says what is to be given, to whom and why.
type Disclosure struct {
	Recipient string
	Purpose   licet.Purpose // train: for the operator, by a processor; train/share: for ends of their own
	Basis     string        // the lawful basis, in words
	What      string        // GiveCorpus or GiveAdapter
	Dir       string        // an empty or new folder, which gets the files
}

func (d Disclosure) check() error {
	switch {
	case d.Recipient == "" || d.Basis == "":
		return errors.New("a disclosure names its recipient and its lawful basis")
	case d.Purpose != licet.PurposeTrain && d.Purpose != licet.PurposeShare:
		return fmt.Errorf("a corpus or an adapter is given for %q or %q, not for %q", licet.PurposeTrain, licet.PurposeShare, d.Purpose)
	case d.What != GiveCorpus && d.What != GiveAdapter:
		return fmt.Errorf("what is %q: want %q or %q", d.What, GiveCorpus, GiveAdapter)
	}
	if files, err := os.ReadDir(d.Dir); err == nil && len(files) > 0 {
		return fmt.Errorf("%s is not empty: give a new folder", d.Dir)
	}
	return nil
}

// Disclose gives a corpus or an adapter to somebody outside. It is the only way
// out: the event is committed before the first byte is written, every member in it
// is told in their own log, and where the purpose is the recipient's own only what
// its author has permitted for that goes along.
func (a *App) Disclose(ctx context.Context, d Disclosure) (licet.Event, error) {
	if err := d.check(); err != nil {
		return licet.Event{}, fmt.Errorf("disclose: %w", err)
	}
	unlock, err := a.lock()
	if err != nil {
		return licet.Event{}, err
	}
	defer unlock()
	frozen, err := a.frozen(ctx)
	if err != nil {
		return licet.Event{}, err
	}
	if d.What == GiveAdapter {
		s, err := a.Served(ctx)
		if err != nil {
			return licet.Event{}, err
		}
		frozen = s.Learned.Frozen
	}
	then, err := a.ledger.Frozen(ctx, frozen)
	if err != nil {
		return licet.Event{}, err
	}
	if !then.Notice.Names(d.Purpose) {
		return licet.Event{}, fmt.Errorf("disclose for %q: %w: publish a notice that names it (licet notify --share), and wait for the end of its window", d.Purpose, ErrNotTold)
	}
	g, err := a.gift(ctx, d, frozen)
	if err != nil {
		return licet.Event{}, fmt.Errorf("disclose: %w", err)
	}
	var entry licet.Event
	done, err := a.ledger.Do(ctx, func(_ context.Context, _ *sql.Tx, next uint64) ([]licet.Event, error) {
		if next != g.at {
			return nil, errors.New("disclose: somebody has made a choice meanwhile: run it again")
		}
		out := g.before
		at := next + uint64(len(out))
		e, err := operator(licet.EventDisclosed, g.event)
		if err != nil {
			return nil, err
		}
		out = append(out, e)
		for _, m := range g.members {
			e, err := member(licet.EventGiven, m, licet.Given{Disclosed: at, Recipient: d.Recipient, Purpose: d.Purpose, What: d.What})
			if err != nil {
				return nil, err
			}
			out = append(out, e)
		}
		return out, nil
	})
	if err != nil {
		return licet.Event{}, err
	}
	entry = done[len(g.before)]
	a.changed()
	return entry, g.write(d.Dir, entry)
}

// gift is what is about to be given.
type gift struct {
	at      uint64 // the head that it was made at
	before  []licet.Event
	event   licet.Disclosed
	members []licet.MemberID
	files   map[string][]byte
	dataset func(dir string) error // nil: there is none
}

func (a *App) gift(ctx context.Context, d Disclosure, frozen uint64) (*gift, error) {
	head, err := a.ledger.Head(ctx)
	if err != nil {
		return nil, err
	}
	g := &gift{at: head, event: licet.Disclosed{Recipient: d.Recipient, Purpose: d.Purpose, Basis: d.Basis, What: d.What}, files: map[string][]byte{}}
	allowed, err := a.shareable(ctx, d.Purpose, frozen, head)
	if err != nil {
		return nil, err
	}
	if d.What == GiveAdapter {
		return g, a.giveAdapter(ctx, g, allowed)
	}
	return g, a.giveCorpus(ctx, g, frozen, allowed)
}

// shareable returns which records may be given for a purpose; nil: all that may train.
func (a *App) shareable(ctx context.Context, p licet.Purpose, frozen, at uint64) (map[licet.RecordID]bool, error) {
	if p == licet.PurposeTrain {
		return nil, nil //nolint:nilnil // nil is the set of all
	}
	before, err := a.ledger.Frozen(ctx, frozen)
	if err != nil {
		return nil, err
	}
	now, err := a.ledger.State(ctx, at)
	if err != nil {
		return nil, err
	}
	res, err := a.view.At(ctx, p, before, now)
	if err != nil {
		return nil, err
	}
	allowed := map[licet.RecordID]bool{}
	for _, p := range res.Passages {
		allowed[p.Record] = true
	}
	return allowed, nil
}

func (a *App) giveCorpus(ctx context.Context, g *gift, frozen uint64, allowed map[licet.RecordID]bool) error {
	e, err := a.evaluate(ctx, frozen, g.at, nil)
	if err != nil {
		return err
	}
	g.event.Run = e.run
	if e.state.Built.Run != e.run {
		if err := a.keepSlots(e); err != nil {
			return err
		}
		built, err := operator(licet.EventBuilt, e.built)
		if err != nil {
			return err
		}
		g.before = append(g.before, built)
	}
	a.gathered.mu.Lock()
	defer a.gathered.mu.Unlock()
	stock := a.gathered.stock
	if stock == nil || a.gathered.look.State().Next != e.at {
		return errors.New("somebody has made a choice meanwhile: run it again")
	}
	said, err := stock.Said(ctx)
	if err != nil {
		return err
	}
	rows := given(stock, allowed, said)
	members := map[licet.MemberID]bool{}
	counted := func(yield func(dataset.Row, error) bool) {
		for r, err := range rows {
			members[r.Member] = true
			for _, other := range r.Others {
				members[other] = true
			}
			if !yield(r, err) {
				return
			}
		}
	}
	var n int64
	if g.event.Digest, n, err = dataset.Sum(ctx, counted); err != nil {
		return fmt.Errorf("the rows: %w", err)
	}
	if n == 0 {
		return errors.New("nobody has permitted anything of theirs to be given for this purpose")
	}
	g.members = slices.Sorted(maps.Keys(members))
	g.event.Members = len(g.members)
	g.dataset = func(dir string) error {
		return writeDataset(dir, rows, dataset.Card{
			Title: "What the members of " + e.state.Origin.Origin + " permit to be learned", Community: e.state.Origin.Origin, Purpose: g.event.Purpose,
			Basis: g.event.Basis, Notice: e.state.Notice.Notice, Contact: "the privacy centre of " + e.state.Origin.Origin, License: "other", LicenseName: "members-own-words", Seq: e.at, Corpus: e.corpus.Digest, Members: g.event.Members, LeftOut: e.excluded,
		})
	}
	return nil
}

// given yields the rows that go outside: those allowed, nil for all.
func given(stock *corpus.Stock, allowed map[licet.RecordID]bool, said map[licet.RecordID][]licet.MemberID) iter.Seq2[dataset.Row, error] {
	return func(yield func(dataset.Row, error) bool) {
		for k, err := range stock.Kept() {
			if err == nil && allowed != nil && !allowed[k.Record] {
				continue
			}
			if !yield(dataset.Row{
				Text: k.Text, Kind: k.Kind, Role: k.Role, Language: k.Language, Member: k.Member, Record: k.Record, Shard: k.Shard, Slice: k.Slice,
				Others: k.Others, AlsoSaidBy: said[k.Record], Cuts: k.Cuts,
			}, err) {
				return
			}
		}
	}
}

// ahead yields what seq yields, and reads it in another goroutine some rows ahead: to
// read rows and to write them cost about the same.
func ahead[T any](seq iter.Seq2[T, error]) iter.Seq2[T, error] {
	const rows, batches = 256, 4
	type item struct {
		row T
		err error
	}
	return func(yield func(T, error) bool) {
		full, stop := make(chan []item, batches), make(chan struct{})
		var reading sync.WaitGroup
		defer reading.Wait()
		defer close(stop)
		reading.Go(func() {
			defer close(full)
			var batch []item
			send := func() bool {
				select {
				case full <- batch:
					batch = make([]item, 0, rows)
					return true
				case <-stop:
					return false
				}
			}
			for row, err := range seq {
				if batch = append(batch, item{row, err}); len(batch) >= rows && !send() {
					return
				}
			}
			send()
		})
		for batch := range full {
			for _, x := range batch {
				if !yield(x.row, x.err) {
					return
				}
			}
		}
	}
}

// writeDataset writes rows as a dataset: Parquet, and the lines that its digest is of.
func writeDataset(dir string, rows iter.Seq2[dataset.Row, error], card dataset.Card) error {
	w, err := dataset.New(dir, dataset.Options{Formats: []dataset.Format{dataset.Parquet, dataset.Lines}})
	if err != nil {
		return fmt.Errorf("write the dataset: %w", err)
	}
	for r, err := range ahead(rows) {
		if err == nil {
			err = w.Add(r)
		}
		if err != nil {
			return errors.Join(fmt.Errorf("write the dataset: %w", err), w.Discard())
		}
	}
	if _, err := w.Close(card); err != nil {
		return fmt.Errorf("write the dataset: %w", err)
	}
	return nil
}

func (a *App) giveAdapter(ctx context.Context, g *gift, allowed map[licet.RecordID]bool) error {
	s, err := a.Served(ctx)
	if err != nil {
		return err
	}
	if !s.Exact {
		return errors.New(`somebody has just objected: run "licet forget" first, then give what never saw them`)
	}
	members := map[licet.MemberID]bool{}
	for r, err := range a.rows(&corpus.Corpus{Shards: s.Learned.Shards, Slices: s.Learned.Slices, Cells: s.Learned.Cells}) {
		if err != nil {
			return err
		}
		if allowed != nil && !allowed[r.Record] {
			return errors.New("the model has learned from records that their authors have not permitted to be given for this purpose: nothing can take them out of it")
		}
		members[r.Member] = true
		for _, other := range r.Others {
			members[other] = true
		}
	}
	data, err := s.adapter.MarshalBinary()
	if err != nil {
		return err
	}
	config, err := s.adapter.PEFTConfig()
	if err != nil {
		return err
	}
	g.files["adapter_model.safetensors"], g.files["adapter_config.json"] = data, config
	g.event.Run, g.event.Digest, g.members = s.Run, s.Adapter, slices.Sorted(maps.Keys(members))
	g.event.Members = len(g.members)
	return nil
}

// write puts the files beside the event that gave them.
func (g *gift) write(dir string, e licet.Event) error {
	note, err := json.MarshalIndent(map[string]any{"event": e.Seq, "disclosed": g.event}, "", "\t")
	if err != nil {
		return fmt.Errorf("disclose: %w", err)
	}
	g.files["disclosure.json"] = append(note, '\n')
	if g.dataset != nil {
		if err := g.dataset(dir); err != nil {
			return fmt.Errorf("disclose: logged at %d, but not written: %w", e.Seq, err)
		}
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("disclose: logged at %d, but not written: %w", e.Seq, err)
	}
	for _, name := range slices.Sorted(maps.Keys(g.files)) {
		if err := os.WriteFile(filepath.Join(dir, name), g.files[name], 0o600); err != nil {
			return fmt.Errorf("disclose: logged at %d, but not all is written: %w", e.Seq, err)
		}
	}
	return nil
}

// rows yields the rows of a corpus.
func (a *App) rows(c *corpus.Corpus) func(yield func(corpus.Row, error) bool) {
	return func(yield func(corpus.Row, error) bool) {
		for _, cell := range c.Cells {
			data, err := a.objects.Get(cell.Digest)
			if err != nil {
				yield(corpus.Row{}, err)
				return
			}
			rows, err := corpus.ReadRows(data)
			if err != nil {
				yield(corpus.Row{}, err)
				return
			}
			for _, r := range rows {
				if !yield(r, nil) {
					return
				}
			}
		}
	}
}

// A Message tells a recipient who is gone since a disclosure, and what of theirs
// is to be deleted (GDPR, Article 19). It names people as the rows that were given do.
type Message struct {
	Recipient string        `json:"recipient"`
	Disclosed uint64        `json:"disclosed"`
	What      string        `json:"what"`
	Digest    licet.Digest  `json:"digest"` // of what was given
	Upto      uint64        `json:"upto"`   // events before this position count
	Delete    []MessageLine `json:"delete"`
	// Adapter is what to put in the place of an adapter that was given; zero where
	// the rebuild is not done yet, or a corpus was given.
	Adapter licet.Digest `json:"adapter,omitzero"`
}

// A MessageLine is one member: all of theirs, or some records.
type MessageLine struct {
	Member  licet.MemberID   `json:"member"`
	Why     string           `json:"why"` // objected, signal, under-age, erased, deleted
	Records []licet.RecordID `json:"records,omitempty"`
	Seq     uint64           `json:"seq"`
	Time    time.Time        `json:"time"`
}

// Messages returns what recipients are owed: it is a function of the log, so a
// message can't be lost, and one that was sent twice says the same.
func (a *App) Messages(ctx context.Context) ([]Message, error) {
	state, err := a.ledger.StateNow(ctx)
	if err != nil {
		return nil, err
	}
	d := newDisclosures()
	for e, err := range a.ledger.Events(ctx, 0, state.Next) {
		if err == nil {
			err = d.fold(e)
		}
		if err != nil {
			return nil, err
		}
	}
	d.signals(state.Members, a.policy)
	var out []Message
	for _, seq := range slices.Sorted(maps.Keys(d.given)) {
		g := d.given[seq]
		m := Message{Recipient: g.Recipient, Disclosed: seq, What: g.What, Digest: g.Digest, Upto: state.Next}
		for _, l := range d.lines[seq] {
			if l.Seq >= d.told[seq] {
				m.Delete = append(m.Delete, l)
			}
		}
		if len(m.Delete) == 0 {
			continue
		}
		if s, err := a.Served(ctx); err == nil && s.Exact && g.What == GiveAdapter && s.Adapter != g.Digest {
			m.Adapter = s.Adapter
		}
		out = append(out, m)
	}
	return out, nil
}

// disclosures folds the log to who has what, and who is gone since.
type disclosures struct {
	given map[uint64]licet.Disclosed
	has   map[licet.MemberID][]uint64 // disclosures with words of theirs
	lines map[uint64][]MessageLine
	told  map[uint64]uint64
}

func newDisclosures() *disclosures {
	return &disclosures{map[uint64]licet.Disclosed{}, map[licet.MemberID][]uint64{}, map[uint64][]MessageLine{}, map[uint64]uint64{}}
}

func (d *disclosures) fold(e licet.Event) (err error) {
	gone := func(m licet.MemberID, to []uint64, why string, records []licet.RecordID) {
		for _, seq := range to {
			d.lines[seq] = append(d.lines[seq], MessageLine{m, why, records, e.Seq, e.Time})
		}
	}
	switch e.Type {
	case licet.EventDisclosed:
		d.given[e.Seq], err = licet.BodyOf[licet.Disclosed](e)
	case licet.EventTold:
		var b licet.Told
		if b, err = licet.BodyOf[licet.Told](e); err == nil {
			d.told[b.Disclosed] = b.Upto
		}
	case licet.EventGiven:
		var b licet.Given
		if b, err = licet.BodyOf[licet.Given](e); err == nil {
			d.has[e.Member] = append(d.has[e.Member], b.Disclosed)
		}
	case licet.EventObjected:
		var b licet.Objected
		if b, err = licet.BodyOf[licet.Objected](e); err == nil {
			var to []uint64
			for _, seq := range d.has[e.Member] {
				if p := d.given[seq].Purpose; p == b.Purpose || within(p, b.Purpose) {
					to = append(to, seq)
				}
			}
			gone(e.Member, to, "objected", nil)
		}
	case licet.EventRemoved:
		var b licet.Removed
		if b, err = licet.BodyOf[licet.Removed](e); err == nil {
			gone(e.Member, d.has[e.Member], "deleted", b.Records)
		}
	case licet.EventAgeJudged:
		var b licet.AgeJudged
		if b, err = licet.BodyOf[licet.AgeJudged](e); err == nil && !b.OfAge {
			gone(e.Member, d.has[e.Member], "under-age", nil)
		}
	case licet.EventErased:
		var b licet.Erased
		if b, err = licet.BodyOf[licet.Erased](e); err == nil {
			gone(b.Member, b.Given, "erased", nil)
			delete(d.has, b.Member)
		}
	default:
	}
	return err
}

// signals adds those for whom a machine says no since the disclosure, and who have
// not said yes themselves.
func (d *disclosures) signals(members map[licet.MemberID]licet.Standing, rules *policy.Policy) {
	for _, id := range slices.Sorted(maps.Keys(members)) {
		for _, seq := range d.has[id] {
			for _, s := range rules.SpokenFor(members[id], d.given[seq].Purpose) {
				if heard := members[id].Signals[s]; heard.Seq > seq {
					d.lines[seq] = append(d.lines[seq], MessageLine{Member: id, Why: "signal", Seq: heard.Seq, Time: heard.Time})
					break // one line is enough
				}
			}
		}
	}
	for _, lines := range d.lines {
		slices.SortStableFunc(lines, func(x, y MessageLine) int { return cmp.Compare(x.Seq, y.Seq) })
	}
}

func within(part, whole licet.Purpose) bool {
	for p, ok := part.Within(); ok; p, ok = p.Within() {
		if p == whole {
			return true
		}
	}
	return false
}

// Told records that a recipient heard a message.
func (a *App) Told(ctx context.Context, m Message) error {
	data, err := json.Marshal(m)
	if err != nil {
		return fmt.Errorf("message: %w", err)
	}
	return a.log(ctx, entry{licet.EventTold, licet.Told{Disclosed: m.Disclosed, Upto: m.Upto, Members: len(m.Delete), Message: licet.Sum(data)}})
}

// A Recipient is somebody outside who has words of a member.
type Recipient struct {
	licet.Disclosed

	Seq  uint64
	Time time.Time
}

// Recipients returns who outside was given something with words of a member; of
// everybody, where m is empty.
func (a *App) Recipients(ctx context.Context, m licet.MemberID) ([]Recipient, error) {
	state, err := a.ledger.StateNow(ctx)
	if err != nil {
		return nil, err
	}
	if m != "" && len(state.Members[m].Given) == 0 {
		return nil, nil
	}
	var out []Recipient
	for e, err := range a.ledger.Events(ctx, 0, state.Next) {
		if err != nil {
			return nil, err
		}
		if e.Type != licet.EventDisclosed || m != "" && !slices.Contains(state.Members[m].Given, e.Seq) {
			continue
		}
		d, err := licet.BodyOf[licet.Disclosed](e)
		if err != nil {
			return nil, err
		}
		out = append(out, Recipient{d, e.Seq, e.Time})
	}
	return out, nil
}
