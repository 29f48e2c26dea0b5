package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
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
	Stages         []Stage // what Build and Write are made of
}

// A Stage is one part of a build.
type Stage struct {
	Name      string
	Wall, CPU time.Duration
}

// stages times the parts of a build by what is reported of them.
type stages struct {
	now, cpu func() time.Duration
	mu       sync.Mutex
	list     []Stage // Wall and CPU are when it began
}

func (s *stages) begin(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, x := range s.list {
		if x.Name == name {
			return
		}
	}
	s.list = append(s.list, Stage{name, s.now(), s.cpu()})
}

func (s *stages) hear(what string, done, total int) {
	switch {
	case what == "reading" && done == total:
		s.begin("who said it first")
	case what == "choosing" && done < total:
		s.begin("choosing")
	case what == "choosing":
		s.begin("near-duplicates and cells")
	}
}

// took returns how long each took.
func (s *stages) took() (out []Stage) {
	s.begin("")
	for i, x := range s.list[:len(s.list)-1] {
		next := s.list[i+1]
		out = append(out, Stage{x.Name, next.Wall - x.Wall, next.CPU - x.CPU})
	}
	return out
}

// TimeCells forgets what was gathered, and measures how long cells take from the vault.
func (a *App) TimeCells(ctx context.Context) (time.Duration, error) {
	state, err := a.ledger.StateNow(ctx)
	if err != nil {
		return 0, err
	}
	a.gathered.mu.Lock()
	err = a.gathered.drop()
	a.gathered.mu.Unlock()
	if err != nil {
		return 0, err
	}
	start := a.cfg.Now()
	_, err = a.evaluate(ctx, state.Frozen, state.Next, nil)
	return a.cfg.Now().Sub(start), err
}

// TimeBuild measures: it builds what is there, writes it as a dataset below dir, makes
// ready, lets a member object and builds again. For a folder that is thrown away.
func (a *App) TimeBuild(ctx context.Context, dir string, who licet.MemberID, cpu func() time.Duration, progress Progress) (t Timing, err error) {
	start, used := a.cfg.Now(), cpu()
	begun := start
	s := &stages{now: func() time.Duration { return a.cfg.Now().Sub(begun) }, cpu: cpu}
	s.begin("reading")
	r, err := a.Build(ctx, func(what string, done, total int) {
		s.hear(what, done, total)
		if progress != nil {
			progress(what, done, total)
		}
	})
	if err != nil {
		return t, err
	}
	t.Build, t.BuildCPU = a.cfg.Now().Sub(start), cpu()-used
	t.Records, t.Rows, t.Excluded, t.Shards, t.Slices = r.Records, r.Built.Passages, r.Built.Excluded, r.Plan.Shards, r.Plan.Slices
	s.begin("writing Parquet")
	start, used = a.cfg.Now(), cpu()
	if err = a.timeWrite(filepath.Join(dir, "dataset")); err != nil {
		return t, err
	}
	t.Write, t.WriteCPU = a.cfg.Now().Sub(start), cpu()-used
	t.Stages = s.took()
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
