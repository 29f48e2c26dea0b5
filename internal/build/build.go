// Package build runs steps that are named by their inputs: a step whose inputs
// were seen before is not run again, and its result has the same address.
package build

import (
	"context"
	"encoding/binary"
	"fmt"
	"sync"

	"licet"
	"licet/internal/cas"
)

// A Step is one pure computation. Name, Version and Inputs are everything that
// its result depends on; Version changes when Run's result would.
type Step struct {
	Name    string
	Version int
	Inputs  []licet.Digest
	Run     func(ctx context.Context) ([]byte, error)
}

func (s Step) key() licet.Digest {
	data := binary.BigEndian.AppendUint32([]byte("licet-step-v1\x00"+s.Name+"\x00"), uint32(s.Version))
	for _, d := range s.Inputs {
		data = append(data, d[:]...)
	}
	return licet.Sum(data)
}

// A Count says how many steps an evaluation had, and how many of them ran.
type Count struct {
	Ran   int `json:"ran"`
	Total int `json:"total"`
}

// String says it for people.
func (c Count) String() string { return fmt.Sprintf("%d of %d steps", c.Ran, c.Total) }

// Report hears of every step that is over.
type Report func(name string, ran bool, so Count)

// A Graph is one evaluation. It is safe for concurrent use.
type Graph struct {
	store  *cas.Store
	report Report

	mu      sync.Mutex
	count   Count
	objects map[licet.Digest]bool
	links   map[licet.Digest]bool
}

// New starts an evaluation; report may be nil.
func New(store *cas.Store, report Report) *Graph {
	return &Graph{store: store, report: report, objects: map[licet.Digest]bool{}, links: map[licet.Digest]bool{}}
}

// Do returns the address of the step's result, running it where it is missing.
func (g *Graph) Do(ctx context.Context, s Step) (licet.Digest, error) {
	key := s.key()
	d, ok := g.store.Follow(key)
	if !ok {
		if err := ctx.Err(); err != nil {
			return licet.Digest{}, fmt.Errorf("step %s: %w", s.Name, err)
		}
		data, err := s.Run(ctx)
		if err != nil {
			return licet.Digest{}, fmt.Errorf("step %s: %w", s.Name, err)
		}
		if d, err = g.store.Put(data); err != nil {
			return licet.Digest{}, fmt.Errorf("step %s: %w", s.Name, err)
		}
		if err := g.store.Link(key, d); err != nil {
			return licet.Digest{}, fmt.Errorf("step %s: %w", s.Name, err)
		}
	}
	g.mu.Lock()
	g.count.Total++
	if !ok {
		g.count.Ran++
	}
	g.objects[d], g.links[key] = true, true
	so := g.count
	g.mu.Unlock()
	if g.report != nil {
		g.report(s.Name, !ok, so)
	}
	return d, nil
}

// Data returns the step's result itself.
func (g *Graph) Data(ctx context.Context, s Step) ([]byte, licet.Digest, error) {
	d, err := g.Do(ctx, s)
	if err != nil {
		return nil, d, err
	}
	data, err := g.store.Get(d)
	return data, d, err
}

// Get reads an object.
func (g *Graph) Get(d licet.Digest) ([]byte, error) { return g.store.Get(d) }

// Has tells whether an object is there.
func (g *Graph) Has(d licet.Digest) bool { return g.store.Has(d) }

// Keep marks an object as part of this evaluation.
func (g *Graph) Keep(d licet.Digest) {
	g.mu.Lock()
	g.objects[d] = true
	g.mu.Unlock()
}

// Put stores an object that no step made and marks it as part of the evaluation.
func (g *Graph) Put(data []byte) (licet.Digest, error) {
	d, err := g.store.Put(data)
	if err == nil {
		g.Keep(d)
	}
	return d, err
}

// Link remembers that key leads to the object d, as part of this evaluation.
func (g *Graph) Link(key, d licet.Digest) error {
	g.mu.Lock()
	g.links[key] = true
	g.mu.Unlock()
	return g.store.Link(key, d)
}

// Count returns how many steps there were, and how many of them ran.
func (g *Graph) Count() Count {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.count
}

// Sweep destroys every object that this evaluation did not come by: what was
// learned from somebody who is no longer in it.
func (g *Graph) Sweep() (int, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.store.Sweep(func(d licet.Digest, link bool) bool {
		if link {
			return g.links[d]
		}
		return g.objects[d]
	})
}
