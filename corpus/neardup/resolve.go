package neardup

import (
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"sync"
	"sync/atomic"

	"golang.org/x/sync/errgroup"
)

// Options are of a [Resolver] or a [Build]. They change no result.
type Options struct {
	Dir     string // of temporary files; the system's where empty
	Memory  int    // bytes of buckets that are held before they go to Dir; 16 MiB where 0
	Workers int    // 1 where 0
}

func (o Options) withDefaults() Options {
	if o.Memory == 0 {
		o.Memory = 16 << 20
	}
	o.Workers = max(o.Workers, 1)
	return o
}

const nobody = math.MaxUint32

// A Resolver decides over a set of records which are kept. Beside its buckets,
// which go to a temporary file, it holds 33 bytes a record.
type Resolver struct {
	o       Options
	keys    chunked[Key]
	members chunked[uint64]
	items   *spill
	groups  *spill // buckets with more than one record: how many, and which, by key

	own    []uint32        // bits of the records that one of their own author's stands for
	favour []atomic.Uint32 // the smallest record in whose favour it was dropped
	said   []atomic.Uint32 // the smallest kept record of somebody else with which it shares a bucket
	workMu sync.Mutex
	extras [][2]uint32 // further ones
}

// NewResolver returns one without records. Who makes it closes it.
func NewResolver(o Options) *Resolver {
	o = o.withDefaults()
	return &Resolver{o: o, items: newSpill(o.Dir, o.Memory), groups: newSpill(o.Dir, o.Memory)}
}

// Add adds a record; the first has number 0, the next 1. In which order they
// come changes their numbers and nothing else.
func (r *Resolver) Add(e *Entry) error {
	n := r.keys.len()
	if n == nobody {
		return fmt.Errorf("more than %d records", n)
	}
	r.keys.add(e.Key)
	r.members.add(e.Member)
	for _, b := range e.Buckets {
		p := partitionOf(b)
		open, err := r.items.room(p, itemBytes)
		if err != nil {
			return err
		}
		r.items.put(p, appendItem(open, b, uint32(n))) //nolint:gosec // less than nobody
	}
	return nil
}

// Close removes temporary files.
func (r *Resolver) Close() error {
	err := r.items.close()
	if e := r.groups.close(); err == nil {
		err = e
	}
	return err
}

// Resolve decides. No record may be added afterwards.
func (r *Resolver) Resolve(ctx context.Context) (*Resolution, error) {
	n := r.keys.len()
	r.own = make([]uint32, n/32+1)
	r.favour = unset(n)
	for i, pass := range []func(*work, int) error{r.group, r.decide, r.attribute, r.attributeMore} {
		if i == 2 {
			r.said = unset(n)
		}
		err := r.each(ctx, pass)
		if err == nil && i == 0 {
			err = r.items.close()
		}
		if err != nil {
			return nil, fmt.Errorf("resolve near-duplicates of %d records: %w", n, err)
		}
	}
	return r.resolution(), nil
}

func unset(n int) []atomic.Uint32 {
	out := make([]atomic.Uint32, n)
	for i := range out {
		out[i].Store(nobody)
	}
	return out
}

// work is what one worker needs.
type work struct {
	sorter
	records []uint32
	out     []byte
	mine    map[uint64]uint32
	extras  [][2]uint32
}

// each calls pass for every partition on all workers. What passes write, they
// write as minima and bits, so that it does not matter who comes first.
func (r *Resolver) each(ctx context.Context, pass func(*work, int) error) error {
	g, ctx := errgroup.WithContext(ctx)
	var next atomic.Int64
	for range r.o.Workers {
		g.Go(func() error {
			w := &work{mine: map[uint64]uint32{}}
			for p := next.Add(1) - 1; p < partitions; p = next.Add(1) - 1 {
				if err := ctx.Err(); err != nil {
					return err
				}
				if err := pass(w, int(p)); err != nil {
					return err
				}
			}
			r.workMu.Lock()
			defer r.workMu.Unlock()
			r.extras = append(r.extras, w.extras...)
			return nil
		})
	}
	return g.Wait()
}

// group finds the buckets of a partition with more than one record, and in
// them what a member said more than once.
func (r *Resolver) group(w *work, p int) error {
	items, err := w.sort(r.items, p)
	if err != nil {
		return err
	}
	for len(items) > 0 {
		n := 1
		for n < len(items) && items[n].bucket == items[0].bucket {
			n++
		}
		if n > 1 {
			if err := r.bucket(w, p, items[:n]); err != nil {
				return err
			}
		}
		items = items[n:]
	}
	return nil
}

func (r *Resolver) bucket(w *work, p int, items []item) error {
	w.records = w.records[:0]
	for _, it := range items {
		w.records = append(w.records, it.record)
	}
	slices.SortFunc(w.records, func(a, b uint32) int { return r.keys.at(a).Compare(*r.keys.at(b)) })
	w.records = slices.Compact(w.records)
	if len(w.records) < 2 {
		return nil
	}
	for i, id := range w.records[1:] {
		if *r.keys.at(w.records[i]) == *r.keys.at(id) {
			return ErrSameKey
		}
	}
	r.ownFirst(w)
	w.out = binary.LittleEndian.AppendUint32(w.out[:0], uint32(len(w.records))) //nolint:gosec // records have such numbers
	for _, id := range w.records {
		w.out = binary.LittleEndian.AppendUint32(w.out, id)
	}
	return r.groups.write(p, w.out)
}

// ownFirst is step 1 in one bucket: every record that is not the first of its
// author's is dropped in favour of that one.
func (r *Resolver) ownFirst(w *work) {
	drop := func(id, first uint32) {
		atomic.OrUint32(&r.own[id/32], 1<<(id%32))
		r.lower(&r.favour[id], first)
	}
	if len(w.records) == 2 {
		if a, b := w.records[0], w.records[1]; *r.members.at(a) == *r.members.at(b) {
			drop(b, a)
		}
		return
	}
	clear(w.mine)
	for _, id := range w.records {
		m := *r.members.at(id)
		if first, ok := w.mine[m]; ok {
			drop(id, first)
		} else {
			w.mine[m] = id
		}
	}
}

// lower sets what to id where id has the smaller key.
func (r *Resolver) lower(what *atomic.Uint32, id uint32) {
	for {
		now := what.Load()
		if now == id || now != nobody && r.keys.at(now).Compare(*r.keys.at(id)) < 0 || what.CompareAndSwap(now, id) {
			return
		}
	}
}

func (r *Resolver) isOwn(id uint32) bool { return r.own[id/32]>>(id%32)&1 == 1 }

// eachGroup calls do with the first record that step 1 left in a bucket, and
// with all records of the bucket in order of key.
func (r *Resolver) eachGroup(w *work, p int, do func(first uint32, all []uint32)) error {
	var err error
	if w.bytes, err = r.groups.read(p, w.bytes[:0]); err != nil {
		return err
	}
	for b := w.bytes; len(b) > 0; {
		n := int(binary.LittleEndian.Uint32(b))
		b = b[4:]
		w.records = w.records[:0]
		for range n {
			w.records = append(w.records, binary.LittleEndian.Uint32(b))
			b = b[4:]
		}
		if i := slices.IndexFunc(w.records, func(id uint32) bool { return !r.isOwn(id) }); i >= 0 {
			do(w.records[i], w.records)
		}
	}
	return nil
}

// decide is step 2.
func (r *Resolver) decide(w *work, p int) error {
	return r.eachGroup(w, p, func(first uint32, all []uint32) {
		for _, id := range all {
			if id != first && !r.isOwn(id) {
				r.lower(&r.favour[id], first)
			}
		}
	})
}

// attribute finds for each record which kept one of somebody else says it too.
// A kept record is the first of each of its buckets.
func (r *Resolver) attribute(w *work, p int) error {
	return r.eachKept(w, p, func(kept, id uint32) { r.lower(&r.said[id], kept) })
}

func (r *Resolver) attributeMore(w *work, p int) error {
	return r.eachKept(w, p, func(kept, id uint32) {
		if r.said[id].Load() != kept {
			w.extras = append(w.extras, [2]uint32{kept, id})
		}
	})
}

func (r *Resolver) eachKept(w *work, p int, do func(kept, id uint32)) error {
	return r.eachGroup(w, p, func(first uint32, all []uint32) {
		if r.favour[first].Load() != nobody {
			return
		}
		for _, id := range all {
			if *r.members.at(id) != *r.members.at(first) {
				do(first, id)
			}
		}
	})
}
