package ledger

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
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

// Fetch returns what the log serves at a path below its root, for AuditPublic.
func (l *Ledger) Fetch(ctx context.Context, path string) ([]byte, error) {
	if path == "checkpoint" {
		signed, _, err := l.Checkpoint(ctx)
		return signed, err
	}
	rest, ok := strings.CutPrefix(path, "tile/")
	if !ok {
		return nil, fmt.Errorf("%q: %w", path, fs.ErrNotExist)
	}
	data, err := l.Tile(ctx, rest)
	if errors.Is(err, ErrNoTile) {
		err = fmt.Errorf("%w: %w", fs.ErrNotExist, err)
	}
	return data, err
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

// Export writes the public part of the log into a folder: the key, the newest
// checkpoint, and every tile, in the layout in which it is served. Where a log of
// before is there, what it has is not written again but the partial tiles.
func (l *Ledger) Export(ctx context.Context, dir string) error {
	signed, size, err := l.Checkpoint(ctx)
	if err != nil {
		return err
	}
	write := func(path string, data []byte) error {
		name := filepath.Join(dir, filepath.FromSlash(path))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil { //nolint:gosec // public
			return fmt.Errorf("export the log: %w", err)
		}
		if err := os.WriteFile(name, data, 0o644); err != nil { //nolint:gosec // public
			return fmt.Errorf("export the log: %w", err)
		}
		return nil
	}
	tile := func(level int, n, have int64) error {
		t := tlog.Tile{H: tileHeight, L: level, N: n, W: int(min(have-n<<tileHeight, 1<<tileHeight))}
		path := tilePath(t)
		data, err := l.Tile(ctx, strings.TrimPrefix(path, "tile/"))
		if err != nil {
			return err
		}
		return write(path, data)
	}
	for level := -1; level < 0 || size>>(tileHeight*level) > 0; level++ {
		have := int64(size) >> (tileHeight * max(level, 0)) //nolint:gosec // a size fits
		for n := int64(0); n<<tileHeight < have; n++ {
			if err := tile(level, n, have); err != nil {
				return err
			}
		}
	}
	return errors.Join(write("log.pub", []byte(l.key+"\n")), write("checkpoint", signed))
}
