package ledger

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"licet"
)

// A Breach is something in the log that must not be. Seq is the event's
// position, −1 where it is not one event.
type Breach struct {
	Seq  int64
	What string
}

// String says it for people.
func (b Breach) String() string {
	if b.Seq < 0 {
		return b.What
	}
	return fmt.Sprintf("event %d: %s", b.Seq, b.What)
}

// A Report is what an audit found.
type Report struct {
	Events   uint64
	Breaches []Breach
	Notes    []string // what could not be compared, and why
}

// audit is one pass over a log.
type audit struct {
	hashes []tlog.Hash // as computed from the leaves
	clock  clock
	Report
}

// ReadHashes implements tlog.HashReader over what was computed, not stored.
func (a *audit) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	for i, id := range indexes {
		if id < 0 || id >= int64(len(a.hashes)) {
			return nil, fmt.Errorf("%w: hash %d of %d", ErrDamaged, id, len(a.hashes))
		}
		out[i] = a.hashes[id]
	}
	return out, nil
}

func (a *audit) breach(seq int64, format string, args ...any) {
	a.Breaches = append(a.Breaches, Breach{seq, fmt.Sprintf(format, args...)})
}

// leaf adds a leaf to the computed tree, and returns what it says.
func (a *audit) leaf(seq uint64, leaf []byte) (leafJSON, error) {
	var l leafJSON
	at := int64(seq) //nolint:gosec // a position fits
	if err := json.Unmarshal(leaf, &l); err != nil || l.Seq != seq {
		a.breach(at, "its leaf is for another event")
	} else if again, err := canonical(l); err != nil || l.Version != leafVersion || !bytes.Equal(again, leaf) {
		a.breach(at, "its leaf is not canonical, or of another version")
	}
	hashes, err := tlog.StoredHashes(at, leaf, a)
	if err != nil {
		return l, fmt.Errorf("event %d: %w", seq, err)
	}
	a.hashes = append(a.hashes, hashes...)
	return l, nil
}

// checkpoint compares a signed checkpoint with the computed tree.
func (a *audit) checkpoint(signed []byte, verifier note.Verifier) error {
	c, err := ReadCheckpoint(signed, verifier)
	if err != nil {
		a.breach(-1, "%v", err)
		return nil
	}
	if c.Size > a.Events {
		a.breach(-1, "the checkpoint has %d events, the log %d", c.Size, a.Events)
		return nil
	}
	root, err := tlog.TreeHash(int64(c.Size), a) //nolint:gosec // a size fits
	if err != nil {
		return fmt.Errorf("audit: %w", err)
	}
	if root != c.Root {
		a.breach(-1, "the log is not the one that the checkpoint of %d events was signed over: another tree", c.Size)
	}
	return nil
}

// A Fetch returns what a log serves at a path below its root: "checkpoint",
// "tile/…". What is not there is fs.ErrNotExist.
type Fetch func(ctx context.Context, path string) ([]byte, error)

// AuditPublic replays the public part of a log that is read through fetch, in
// the layout of C2SP tlog-tiles, with nothing but its key: every tile, the
// checkpoint, and the clock that binds the operator. Earlier checkpoints of the
// same log, kept by anybody, must be beginnings of it. What stands in members'
// events it can't see.
func AuditPublic(ctx context.Context, fetch Fetch, key string, earlier ...[]byte) (*Report, error) {
	verifier, err := note.NewVerifier(key)
	if err != nil {
		return nil, fmt.Errorf("the log's key: %w", err)
	}
	signed, err := fetch(ctx, "checkpoint")
	if err != nil {
		return nil, fmt.Errorf("audit: the checkpoint: %w", err)
	}
	a := &audit{}
	c, err := ReadCheckpoint(signed, verifier)
	if err != nil {
		a.breach(-1, "%v", err)
		return &a.Report, nil
	}
	a.Events = c.Size
	if err := a.entries(ctx, fetch); err != nil {
		return nil, err
	}
	if len(a.Breaches) > 0 && int64(len(a.hashes)) < tlog.StoredHashIndex(0, int64(c.Size)) { //nolint:gosec // a size fits
		return &a.Report, nil // the log ends early: there is nothing to compare
	}
	if err := a.tiles(ctx, fetch); err != nil {
		return nil, err
	}
	for _, s := range append(earlier, signed) {
		if err := a.checkpoint(s, verifier); err != nil {
			return nil, err
		}
	}
	return &a.Report, nil
}

// tilePath is where a tile is served.
func tilePath(t tlog.Tile) string {
	p := strings.TrimPrefix(t.Path(), fmt.Sprintf("tile/%d/", tileHeight))
	return "tile/" + strings.Replace(p, "data/", "entries/", 1)
}

// entries replays the leaves.
func (a *audit) entries(ctx context.Context, fetch Fetch) error {
	for n := uint64(0); n < a.Events; n += 1 << tileHeight {
		width := int(min(a.Events-n, 1<<tileHeight))                                           //nolint:gosec // at most 256
		path := tilePath(tlog.Tile{H: tileHeight, L: -1, N: int64(n >> tileHeight), W: width}) //nolint:gosec // a size fits
		data, err := fetch(ctx, path)
		if errors.Is(err, fs.ErrNotExist) {
			a.breach(int64(n), "the tile %s is missing", path) //nolint:gosec // a position fits
			return nil
		}
		if err != nil {
			return fmt.Errorf("audit: %s: %w", path, err)
		}
		for i := range width {
			seq := n + uint64(i) //nolint:gosec // an index
			if len(data) < 2 || len(data) < 2+int(binary.BigEndian.Uint16(data)) {
				a.breach(int64(seq), "the tile %s is cut off here", path) //nolint:gosec // a position fits
				return nil
			}
			end := 2 + int(binary.BigEndian.Uint16(data))
			if err := a.entry(seq, data[2:end]); err != nil {
				return err
			}
			data = data[end:]
		}
		if len(data) > 0 {
			a.breach(-1, "the tile %s holds %d bytes too many", path, len(data))
		}
	}
	return nil
}

func (a *audit) entry(seq uint64, leaf []byte) error {
	l, err := a.leaf(seq, leaf)
	if err != nil {
		return err
	}
	e := licet.Event{Seq: seq, Time: time.UnixMilli(l.Time).UTC(), Type: l.Type, Body: l.Body}
	switch member := l.Commitment != ""; {
	case member == (l.Type != ""):
		a.breach(int64(seq), "is neither the operator's nor a member's") //nolint:gosec // a position fits
		return nil
	case !member && (l.Type.OfMember() || !l.Type.Known()):
		a.breach(int64(seq), "is of the type %q, which no operator's event has", l.Type) //nolint:gosec // a position fits
		return nil
	}
	a.clock.check(e, a.breach)
	return nil
}

// tiles compares the tiles of hashes with those that the leaves give.
func (a *audit) tiles(ctx context.Context, fetch Fetch) error {
	for level := 0; a.Events>>(tileHeight*level) > 0; level++ {
		have := int64(a.Events) >> (tileHeight * level) //nolint:gosec // a size fits
		for n := int64(0); n<<tileHeight < have; n++ {
			t := tlog.Tile{H: tileHeight, L: level, N: n, W: int(min(have-n<<tileHeight, 1<<tileHeight))}
			want, err := tlog.ReadTileData(t, a)
			if err != nil {
				return fmt.Errorf("audit: %w", err)
			}
			got, err := fetch(ctx, tilePath(t))
			if err != nil && !errors.Is(err, fs.ErrNotExist) {
				return fmt.Errorf("audit: %s: %w", tilePath(t), err)
			}
			if !bytes.Equal(got, want) {
				a.breach(-1, "the tile %s is not what the leaves give", tilePath(t))
			}
		}
	}
	return nil
}
