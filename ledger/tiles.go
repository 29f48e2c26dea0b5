package ledger

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

// ErrNoTile says that the log has no tile of that path, or not yet.
var ErrNoTile = errors.New("the log has no such tile")

// tileHeight is fixed by C2SP tlog-tiles: 256 hashes in a full tile.
const tileHeight = 8

// Tile returns what stands at path in the layout of C2SP tlog-tiles, without
// the leading "tile/": hashes at "L/N[.p/W]", leaves at "entries/N[.p/W]", each
// leaf behind its length in two bytes, big-endian. What it returns for a path
// never changes. It serves no more than the newest checkpoint covers.
func (l *Ledger) Tile(ctx context.Context, path string) ([]byte, error) {
	// The library writes a tile's height into its path, and has another word
	// for leaves.
	rest, entries := strings.CutPrefix(path, "entries/")
	if entries {
		rest = "data/" + rest
	}
	if !entries && strings.HasPrefix(path, "data/") {
		return nil, fmt.Errorf("%w: %q", ErrNoTile, path)
	}
	t, err := tlog.ParseTilePath(fmt.Sprintf("tile/%d/%s", tileHeight, rest))
	if err != nil || t.H != tileHeight {
		return nil, fmt.Errorf("%w: %q", ErrNoTile, path)
	}
	_, size, err := l.Checkpoint(ctx)
	if err != nil {
		return nil, err
	}
	// Hashes of the tile's level that the tree has.
	have := int64(size) >> (tileHeight * max(t.L, 0)) //nolint:gosec // a size fits
	if t.N > have/(1<<tileHeight) || t.N<<tileHeight+int64(t.W) > have {
		return nil, fmt.Errorf("%w: %q of %d events", ErrNoTile, path, size)
	}
	if entries {
		return l.bundle(ctx, t)
	}
	data, err := tlog.ReadTileData(t, reader{ctx, l.db})
	if err != nil {
		return nil, fmt.Errorf("tile %q: %w", path, err)
	}
	return data, nil
}

// bundle returns the leaves of a tile.
func (l *Ledger) bundle(ctx context.Context, t tlog.Tile) ([]byte, error) {
	from := t.N << tileHeight
	rows, err := l.db.QueryContext(ctx, `SELECT leaf FROM events WHERE seq >= ? AND seq < ? ORDER BY seq`, from, from+int64(t.W))
	if err != nil {
		return nil, fmt.Errorf("read leaves: %w", err)
	}
	defer rows.Close()
	var out []byte
	n := 0
	for ; rows.Next(); n++ {
		var leaf []byte
		if err := rows.Scan(&leaf); err != nil {
			return nil, fmt.Errorf("read leaves: %w", err)
		}
		if len(leaf) > math.MaxUint16 {
			return nil, fmt.Errorf("%w: the leaf of event %d has %d bytes, a tile holds 65,535", ErrDamaged, from+int64(n), len(leaf))
		}
		out = binary.BigEndian.AppendUint16(out, uint16(len(leaf)))
		out = append(out, leaf...)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read leaves: %w", err)
	}
	if n != t.W {
		return nil, fmt.Errorf("%w: %d leaves from %d, want %d", ErrDamaged, n, from, t.W)
	}
	return out, nil
}
