package app

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"

	"licet"
	"licet/ledger"
	"licet/ledger/smt"
)

// keepSlots keeps the tree of a run for receipts, also of later: it names
// nobody, and tells nothing once the members' tokens are gone.
func (a *App) keepSlots(e *evaluation) error { return a.keep("runs", e.run, e.slots) }

func (a *App) slots(run licet.Digest) (*smt.Tree, error) {
	values, err := a.kept("runs", run)
	if err != nil {
		return nil, err
	}
	return smt.New(values), nil
}

// keep writes the values of a sparse Merkle tree beside the log.
func (a *App) keep(folder string, name licet.Digest, values map[licet.Digest]licet.Digest) error {
	data := make([]byte, 1, 2+len(values)*136) // as encoding/json writes it, which is slow for so many
	data[0] = '{'
	for i, slot := range slices.SortedFunc(maps.Keys(values), func(a, b licet.Digest) int { return bytes.Compare(a[:], b[:]) }) {
		if i > 0 {
			data = append(data, ',')
		}
		value := values[slot]
		data = append(hex.AppendEncode(append(data, '"'), slot[:]), '"', ':', '"')
		data = append(hex.AppendEncode(data, value[:]), '"')
	}
	data = append(data, '}')
	if err := os.MkdirAll(a.cfg.path(folder), 0o700); err != nil {
		return fmt.Errorf("keep a tree of %s: %w", folder, err)
	}
	if err := os.WriteFile(a.cfg.path(folder, name.String()+".json"), data, 0o600); err != nil {
		return fmt.Errorf("keep a tree of %s: %w", folder, err)
	}
	return nil
}

func (a *App) kept(folder string, name licet.Digest) (values map[licet.Digest]licet.Digest, err error) {
	data, err := os.ReadFile(a.cfg.path(folder, name.String()+".json"))
	if err != nil {
		return nil, fmt.Errorf("the tree %s of %s: %w", name.Short(), folder, err)
	}
	if err := json.Unmarshal(data, &values); err != nil {
		return nil, fmt.Errorf("the tree %s of %s: %w", name.Short(), folder, err)
	}
	return values, nil
}

// mostReceipt is how many bytes a receipt may have with an earlier model in it;
// otherwise that goes into a file alongside.
const mostReceipt = 8 << 10

// Receipt returns the receipt of a member: their choices, the model that is
// served, and, where there is room, the last one before it that had learned
// from them if the served one has not.
func (a *App) Receipt(ctx context.Context, m licet.MemberID) ([]byte, error) {
	h, err := a.history(ctx, m)
	if err != nil {
		return nil, err
	}
	var models []ledger.ModelIn
	last := len(h.served) - 1
	if last >= 0 {
		models = h.served[last:]
	}
	for i := last - 1; i >= 0; i-- {
		if !h.in[i] || h.in[last] {
			continue
		}
		data, err := a.receipt(ctx, m, h, []ledger.ModelIn{h.served[i], h.served[last]})
		if err != nil || len(data) <= mostReceipt {
			return data, err
		}
		break
	}
	return a.receipt(ctx, m, h, models)
}

// EveryReceipt returns a receipt for each model that was ever served, by the
// position from which it was.
func (a *App) EveryReceipt(ctx context.Context, m licet.MemberID) (map[uint64][]byte, error) {
	h, err := a.history(ctx, m)
	if err != nil {
		return nil, err
	}
	out := map[uint64][]byte{}
	for _, in := range h.served {
		if out[in.Promoted], err = a.receipt(ctx, m, h, []ledger.ModelIn{in}); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (a *App) receipt(ctx context.Context, m licet.MemberID, h history, models []ledger.ModelIn) ([]byte, error) {
	r, err := a.ledger.Receipt(ctx, m, h.choices, models)
	if err != nil {
		return nil, err
	}
	data, err := json.Marshal(r)
	if err != nil {
		return nil, fmt.Errorf("receipt: %w", err)
	}
	return append(data, '\n'), nil
}

// history is what the log says of a member: what they chose, and who learned from them.
type history struct {
	choices []uint64         // the last of each purpose, and the yes that a no took back, in order
	served  []ledger.ModelIn // in order
	in      []bool           // the member's words are in it
}

func (a *App) history(ctx context.Context, m licet.MemberID) (history, error) {
	var h history
	state, err := a.ledger.StateNow(ctx)
	if err != nil {
		return h, err
	}
	standing, ok := state.Members[m]
	if !ok || standing.Erased {
		return h, ErrNoMember
	}
	builds, said := map[licet.Digest]uint64{}, map[licet.Purpose][]licet.Event{}
	for e, err := range a.ledger.Events(ctx, 0, state.Next) {
		if err != nil {
			return h, err
		}
		switch {
		case e.Type == licet.EventBuilt:
			b, err := licet.BodyOf[licet.Built](e)
			if err != nil {
				return h, err
			}
			builds[b.Run] = e.Seq
		case e.Type == licet.EventPromoted:
			p, err := licet.BodyOf[licet.Promoted](e)
			if err != nil {
				return h, err
			}
			tree, err := a.slots(p.Run)
			if errors.Is(err, fs.ErrNotExist) {
				continue
			}
			if err != nil {
				return h, err
			}
			h.served = append(h.served, ledger.ModelIn{Built: builds[p.Run], Promoted: e.Seq, Members: tree})
			h.in = append(h.in, tree.Prove(smt.Slot(p.Run, standing.Token)).Present)
		case e.Member == m && (e.Type == licet.EventObjected || e.Type == licet.EventConsented):
			o, err := licet.BodyOf[licet.Objected](e) // both have the purpose
			if err != nil {
				return h, err
			}
			said[o.Purpose] = append(said[o.Purpose], e)
		}
	}
	for _, events := range said {
		last := events[len(events)-1]
		if n := len(events); n > 1 && last.Type == licet.EventObjected && events[n-2].Type == licet.EventConsented {
			h.choices = append(h.choices, events[n-2].Seq)
		}
		h.choices = append(h.choices, last.Seq)
	}
	slices.Sort(h.choices)
	return h, nil
}
