package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"licet"
	"licet/corpus"
	"licet/corpus/dataset"
)

// A Timing is what a build took, from the vault to a written dataset.
type Timing struct {
	Records, Rows  int
	Build          time.Duration // from the vault to cells
	Write          time.Duration // from cells to a dataset
	BuildCPU       time.Duration
	WriteCPU       time.Duration
	Again          time.Duration // from the commit of an objection to the corpus without the member
	AgainCells     int           // that were made again
	Cells          int
	Excluded       map[string]int
	Shards, Slices int
}

// TimeBuild measures: it builds what is there, writes it as a dataset below dir, makes
// ready, lets a member object and builds again. For a folder that is thrown away.
func (a *App) TimeBuild(ctx context.Context, dir string, who licet.MemberID, cpu func() time.Duration, progress Progress) (t Timing, err error) {
	start, used := a.cfg.Now(), cpu()
	r, err := a.Build(ctx, progress)
	if err != nil {
		return t, err
	}
	t.Build, t.BuildCPU = a.cfg.Now().Sub(start), cpu()-used
	t.Records, t.Rows, t.Excluded, t.Shards, t.Slices = r.Records, r.Built.Passages, r.Built.Excluded, r.Plan.Shards, r.Plan.Slices
	start, used = a.cfg.Now(), cpu()
	if err = a.timeWrite(filepath.Join(dir, "dataset")); err != nil {
		return t, err
	}
	t.Write, t.WriteCPU = a.cfg.Now().Sub(start), cpu()-used
	if err := a.gathered.stock.Ready(ctx); err != nil {
		return t, err
	}
	before, err := a.corpusNow(ctx)
	if err != nil {
		return t, err
	}
	if _, err := a.Object(ctx, who, licet.PurposeTrain, licet.Said{Channel: "bench"}); err != nil {
		return t, err
	}
	start = a.cfg.Now()
	if _, err := a.Build(ctx, nil); err != nil {
		return t, err
	}
	t.Again = a.cfg.Now().Sub(start)
	after, err := a.corpusNow(ctx)
	if err != nil {
		return t, err
	}
	t.Cells = len(after.Cells)
	for i := range after.Cells {
		if after.Cells[i].Digest != before.Cells[i].Digest {
			t.AgainCells++
		}
	}
	if t.AgainCells == 0 {
		return t, errors.New("the objection changed no cell: choose a member who is in the corpus")
	}
	return t, nil
}

// timeWrite writes what was built as a dataset.
func (a *App) timeWrite(dir string) error {
	w, err := dataset.New(dir, dataset.Options{})
	if err != nil {
		return fmt.Errorf("write the dataset: %w", err)
	}
	for r, err := range ahead(given(a.gathered.stock, nil, nil)) {
		if err == nil {
			err = w.Add(r)
		}
		if err != nil {
			return errors.Join(fmt.Errorf("write the dataset: %w", err), w.Discard())
		}
	}
	_, err = w.Close(dataset.Card{Title: "measured", Community: "measured", Purpose: licet.PurposeTrain, Basis: "measured", Notice: "measured", Contact: "nobody", License: "other", LicenseName: "none"})
	return err
}

// corpusNow returns the corpus that was logged last.
func (a *App) corpusNow(ctx context.Context) (*corpus.Corpus, error) {
	state, err := a.ledger.StateNow(ctx)
	if err != nil {
		return nil, err
	}
	data, err := a.objects.Get(state.Built.Manifest)
	if err != nil {
		return nil, err
	}
	var m Manifest
	if err := json.Unmarshal(data, &m); err != nil {
		return nil, fmt.Errorf("the corpus: %w", err)
	}
	return m.Corpus, nil
}
