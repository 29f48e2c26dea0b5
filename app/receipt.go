package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"licet"
	"licet/ledger"
	"licet/ledger/smt"
)

// keepSlots keeps the tree of a run for receipts, also of later: it names
// nobody, and tells nothing once the members' tokens are gone.
func (a *App) keepSlots(e *evaluation) error {
	data, err := json.Marshal(e.slots)
	if err != nil {
		return fmt.Errorf("keep the tree of a run: %w", err)
	}
	if err := os.MkdirAll(a.cfg.path("runs"), 0o700); err != nil {
		return fmt.Errorf("keep the tree of a run: %w", err)
	}
	if err := os.WriteFile(a.cfg.path("runs", e.run.String()+".json"), data, 0o600); err != nil {
		return fmt.Errorf("keep the tree of a run: %w", err)
	}
	return nil
}

func (a *App) slots(run licet.Digest) (*smt.Tree, error) {
	data, err := os.ReadFile(a.cfg.path("runs", run.String()+".json"))
	if err != nil {
		return nil, fmt.Errorf("the tree of run %s: %w", run.Short(), err)
	}
	var values map[licet.Digest]licet.Digest
	if err := json.Unmarshal(data, &values); err != nil {
		return nil, fmt.Errorf("the tree of run %s: %w", run.Short(), err)
	}
	return smt.New(values), nil
}

// Receipt returns the receipt of a member: their choices, the model that is
// served, and the last one before it that had learned from them.
func (a *App) Receipt(ctx context.Context, m licet.MemberID) ([]byte, error) {
	state, err := a.ledger.StateNow(ctx)
	if err != nil {
		return nil, err
	}
	standing, ok := state.Members[m]
	if !ok || standing.Erased {
		return nil, ErrNoMember
	}
	builds := map[licet.Digest]uint64{}
	var served []ledger.ModelIn // in order
	var in []bool
	for e, err := range a.ledger.Events(ctx, 0, state.Next) {
		if err != nil {
			return nil, err
		}
		switch e.Type {
		case licet.EventBuilt:
			b, err := licet.BodyOf[licet.Built](e)
			if err != nil {
				return nil, err
			}
			builds[b.Run] = e.Seq
		case licet.EventPromoted:
			p, err := licet.BodyOf[licet.Promoted](e)
			if err != nil {
				return nil, err
			}
			tree, err := a.slots(p.Run)
			if errors.Is(err, fs.ErrNotExist) {
				continue
			}
			if err != nil {
				return nil, err
			}
			served = append(served, ledger.ModelIn{Built: builds[p.Run], Promoted: e.Seq, Members: tree})
			in = append(in, tree.Prove(smt.Slot(p.Run, standing.Token)).Present)
		default:
		}
	}
	var models []ledger.ModelIn
	if last := len(served) - 1; last >= 0 {
		for i := last - 1; i >= 0; i-- {
			if in[i] && !in[last] {
				models = append(models, served[i])
				break
			}
		}
		models = append(models, served[last])
	}
	r, err := a.ledger.Receipt(ctx, m, models)
	if err != nil {
		return nil, err
	}
	data, err := json.Marshal(r)
	if err != nil {
		return nil, fmt.Errorf("receipt: %w", err)
	}
	return append(data, '\n'), nil
}
