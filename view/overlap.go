package view

import (
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"runtime"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"licet"
	"licet/internal/grams"
	"licet/internal/spill"
	"licet/vault"
)

// A recordKey is a record's id in half the room.
type recordKey [16]byte

func keyOf(id licet.RecordID) (k recordKey) {
	if len(id) == hex.EncodedLen(len(k)) {
		if _, err := hex.Decode(k[:], []byte(id)); err == nil {
			return k
		}
	}
	d := licet.Sum([]byte(id)) // no id of a vault: of a test
	return recordKey(d[:len(k)])
}

// The sizes of a join.
const (
	joinParts  = 64
	joinBuffer = 2048    // entries that a worker gathers for a part
	joinMemory = 1 << 14 // entries of a part that stay in memory
	quoteLimit = 1 << 12 // the same of what is quoted in a range
	entrySize  = 12
)

// An occurrence is one gram of one record.
type occurrence struct {
	gram grams.Gram
	rec  uint32 // the range of its author in 8 bits, then its place among the range's records
}

// A speaker is who said something when, as far as the join needs to know.
type speaker struct {
	created int64 // milliseconds
	id      recordKey
	member  uint32 // place among the members of the range
}

// earlier tells whether x spoke before y. Of two that spoke at the same time the
// one with the smaller id did: it says nothing, and is the same in every build.
func (x speaker) earlier(y speaker) bool {
	return cmp.Or(cmp.Compare(x.created, y.created), bytes.Compare(x.id[:], y.id[:])) < 0
}

// A join finds which grams two people share, in bounded memory. Only what had come
// before the freeze counts; what was said by records that are gone since does too.
type join struct {
	on      bool
	upto    uint64
	temp    string
	parts   [joinParts]part
	quotes  [ranges]part // what is quoted, by the range of who quotes
	workers [ranges]*joiner
	gone    map[grams.Gram]lost
}

// lost is somebody who spoke in a record that is gone.
type lost struct {
	speaker
	who licet.MemberID
}

type part struct {
	mu   sync.Mutex
	mem  []occurrence
	data []byte // room to write from
	file *spill.File
}

// join prepares one, that does nothing for a purpose that learns nothing.
func (l *Look) join(ctx context.Context) (*join, error) {
	j := &join{on: learns(l.purpose), upto: l.frozen.Next, temp: l.v.temp}
	if !j.on {
		return j, nil
	}
	gone, err := l.v.vault.Gone(ctx, j.upto)
	if err != nil {
		return nil, err
	}
	j.gone = firstSaid(gone)
	return j, nil
}

// learns tells whether a purpose is training or a part of it.
func learns(p licet.Purpose) bool {
	for ok := true; ok; p, ok = p.Within() {
		if p == licet.PurposeTrain {
			return true
		}
	}
	return false
}

func firstSaid(gone []vault.Gone) map[grams.Gram]lost {
	out := map[grams.Gram]lost{}
	for _, g := range gone {
		s := lost{speaker{created: g.Created.UnixMilli(), id: keyOf(g.Record)}, g.Member}
		for _, x := range g.Grams {
			if was, ok := out[x]; !ok || s.earlier(was.speaker) {
				out[x] = s
			}
		}
	}
	return out
}

// joiner gathers the records of one range.
type joiner struct {
	j        *join
	at       int
	members  []licet.MemberID
	speakers []speaker
	*gathering
}

// gathering is the room that a joiner gathers in; another range uses it after it.
type gathering struct {
	buffers [joinParts][]occurrence
	grams   []grams.Gram
	words   []grams.Word
}

var gatherings = sync.Pool{New: func() any { return new(gathering) }}

func (j *join) worker(i int) *joiner {
	room, _ := gatherings.Get().(*gathering)
	w := &joiner{j: j, at: i, gathering: room}
	j.workers[i] = w
	return w
}

// add enters a record's grams.
func (w *joiner) add(r *licet.Record) error {
	if !w.j.on || r.Seq >= w.j.upto {
		return nil
	}
	w.grams, w.words = grams.Append(w.grams[:0], w.words, r.Text)
	if len(w.grams) == 0 {
		return nil
	}
	rec := uint32(w.at)<<24 | uint32(len(w.speakers)) //nolint:gosec // both are small
	if len(w.speakers) >= 1<<24 {
		return errors.New("more than 16,777,216 records in one range of members: more than this build can hold")
	}
	if n := len(w.members); n == 0 || w.members[n-1] != r.Member {
		w.members = append(w.members, r.Member)
	}
	w.speakers = append(w.speakers, speaker{r.Created.UnixMilli(), keyOf(r.ID), uint32(len(w.members) - 1)}) //nolint:gosec // fewer than records
	for _, g := range w.grams {
		p := int(g % joinParts)
		w.buffers[p] = append(w.buffers[p], occurrence{g, rec})
		if len(w.buffers[p]) >= joinBuffer {
			if err := w.j.put(p, w.buffers[p]); err != nil {
				return err
			}
			w.buffers[p] = w.buffers[p][:0]
		}
	}
	return nil
}

// done hands in what is left; nothing may be added any more.
func (w *joiner) done() error {
	for p, list := range w.buffers {
		if err := w.j.put(p, list); err != nil {
			return err
		}
		w.buffers[p] = list[:0]
	}
	gatherings.Put(w.gathering)
	w.gathering = nil
	return nil
}

func (j *join) put(i int, list []occurrence) error {
	return j.parts[i].put(j.temp, list, joinMemory)
}

// put adds to a part; what is more than limit goes out of memory.
func (p *part) put(temp string, list []occurrence, limit int) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.file == nil && len(p.mem)+len(list) <= limit {
		p.mem = append(p.mem, list...)
		return nil
	}
	if p.file == nil {
		var err error
		if p.file, err = spill.New(temp); err != nil {
			return err
		}
	}
	p.data = p.data[:0]
	for _, o := range list {
		p.data = binary.LittleEndian.AppendUint64(p.data, uint64(o.gram))
		p.data = binary.LittleEndian.AppendUint32(p.data, o.rec)
	}
	_, err := p.file.Append(p.data)
	return err
}

// take moves the occurrences of a part to the end of list.
func (p *part) take(list []occurrence) ([]occurrence, error) {
	list = append(list, p.mem...)
	p.mem, p.data = nil, nil
	if p.file == nil {
		return list, nil
	}
	size := p.file.Size()
	list = slices.Grow(list, int(size/entrySize))
	data := make([]byte, min(size, chunkSize/entrySize*entrySize))
	for at := int64(0); at < size; at += int64(len(data)) {
		data = data[:min(size-at, int64(len(data)))]
		if _, err := p.file.ReadAt(data, at); err != nil {
			return nil, err
		}
		for rest := data; len(rest) > 0; rest = rest[entrySize:] {
			list = append(list, occurrence{grams.Gram(binary.LittleEndian.Uint64(rest)), binary.LittleEndian.Uint32(rest[8:])})
		}
	}
	f := p.file
	p.file = nil
	return list, f.Close() // it has no name: the room is given back
}

func (p *part) close() error {
	if p.file == nil {
		return nil
	}
	return p.file.Close()
}

func (j *join) close() {
	for i := range j.parts {
		_ = j.parts[i].close() // it has no name: nothing is left of it
	}
	for i := range j.quotes {
		_ = j.quotes[i].close()
	}
}

// resolve says what was quoted.
func (j *join) resolve(ctx context.Context) (*quoted, error) {
	if !j.on {
		return nil, nil //nolint:nilnil // nothing is: what it stands for
	}
	workers := runtime.GOMAXPROCS(0)
	rooms := make(chan *room, workers) // of one worker after another
	for range workers {
		rooms <- new(room)
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(workers)
	for i := range j.parts {
		group.Go(func() error {
			if err := ctx.Err(); err != nil {
				return err
			}
			r := <-rooms
			defer func() { rooms <- r }()
			return j.resolvePart(&j.parts[i], r)
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	w := quoter{temp: j.temp}
	var list []occurrence
	for i := range j.quotes {
		var err error
		if list, err = j.quotes[i].take(list[:0]); err != nil {
			return nil, err
		}
		key := func(rec uint32) recordKey { return j.workers[i].speakers[rec&(1<<24-1)].id }
		if err := w.add(list, key); err != nil {
			return nil, errors.Join(err, w.close())
		}
	}
	return w.done()
}

// room is what a worker sorts in, used again for the next part.
type room struct {
	list, other []occurrence
	quotes      [ranges][]occurrence
}

// resolvePart finds what of the grams of one part was quoted, and hands it to the
// ranges of those who quote.
func (j *join) resolvePart(p *part, r *room) (err error) {
	if r.list, err = p.take(r.list[:0]); err != nil {
		return err
	}
	r.list, r.other = sorted(r.list, r.other)
	for list := r.list; len(list) > 0; {
		n := 1
		for n < len(list) && list[n].gram == list[0].gram {
			n++
		}
		j.quote(r, list[:n])
		list = list[n:]
	}
	for i, list := range r.quotes {
		if len(list) == 0 {
			continue
		}
		if err := j.quotes[i].put(j.temp, list, quoteLimit); err != nil {
			return err
		}
		r.quotes[i] = list[:0]
	}
	return nil
}

// sorted returns occurrences by gram, and the room it took: by the upper half of its bits
// eight at a time, then what is equal there, which is little.
func sorted(list, other []occurrence) (by, free []occurrence) {
	other = slices.Grow(other[:0], len(list))[:len(list)]
	for shift := 32; shift < 64; shift += 8 {
		var at [256]int
		for _, o := range list {
			at[byte(o.gram>>shift)]++
		}
		from := 0
		for i, n := range at {
			at[i] = from
			from += n
		}
		for _, o := range list {
			b := byte(o.gram >> shift)
			other[at[b]] = o
			at[b]++
		}
		list, other = other, list
	}
	for rest := list; len(rest) > 0; {
		n := 1
		for n < len(rest) && rest[n].gram>>32 == rest[0].gram>>32 {
			n++
		}
		if n > 1 {
			slices.SortStableFunc(rest[:n], func(a, b occurrence) int { return cmp.Compare(a.gram, b.gram) })
		}
		rest = rest[n:]
	}
	return list, other
}

// quote enters a gram at everybody who was not the first to say it.
func (j *join) quote(r *room, same []occurrence) {
	gone, said := j.gone[same[0].gram]
	if len(same) == 1 && !said {
		return
	}
	first, who := gone.speaker, gone.who
	for _, o := range same {
		if s, m := j.speaker(o); !said || s.earlier(first) {
			first, who, said = *s, m, true
		}
	}
	for _, o := range same {
		if _, m := j.speaker(o); m != who {
			r.quotes[o.rec>>24] = append(r.quotes[o.rec>>24], o)
		}
	}
}

func (j *join) speaker(o occurrence) (*speaker, licet.MemberID) {
	w := j.workers[o.rec>>24]
	s := &w.speakers[o.rec&(1<<24-1)]
	return s, w.members[s.member]
}

// A record most of whose words stand in somebody else's is no quote but a copy:
// whose words they are can't be told, and one of the copies is kept (see corpus).
const copyShare = 0.8

// unquote cuts runs of words that somebody else had said first, and returns how
// many it cut. Words are cut whole, with the white space around them.
func unquote(text string, said []grams.Gram) (string, int) {
	if len(said) == 0 {
		return text, 0
	}
	room, _ := gatherings.Get().(*gathering)
	defer gatherings.Put(room)
	room.grams, room.words = grams.Append(room.grams[:0], room.words, text)
	list, words := room.grams, room.words
	cut := make([]bool, len(words))
	n := 0
	for i, g := range list {
		if _, found := slices.BinarySearch(said, g); found {
			for k := i; k < i+grams.Size; k++ {
				if !cut[k] {
					cut[k] = true
					n++
				}
			}
		}
	}
	if n == 0 || float64(n) >= copyShare*float64(len(words)) {
		return text, 0
	}
	out, cuts, at := []byte(nil), 0, 0
	for i := 0; i < len(words); i++ {
		if !cut[i] {
			continue
		}
		end := i
		for end+1 < len(words) && cut[end+1] {
			end++
		}
		out = append(out, text[at:words[i].Start]...)
		at = words[end].End
		cuts++
		i = end
	}
	return string(append(out, text[at:]...)), cuts
}
