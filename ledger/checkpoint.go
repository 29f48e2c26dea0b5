package ledger

import (
	"context"
	"database/sql"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// sign stores the signed checkpoint of the first size events.
func (l *Ledger) sign(ctx context.Context, tx *sql.Tx, size uint64, hashes tlog.HashReader) ([]byte, error) {
	root, err := tlog.TreeHash(int64(size), hashes) //nolint:gosec // a position fits
	if err != nil {
		return nil, fmt.Errorf("hash the log: %w", err)
	}
	text := fmt.Sprintf("%s\n%d\n%s\n", l.o.Origin, size, base64.StdEncoding.EncodeToString(root[:]))
	signed, err := note.Sign(&note.Note{Text: text}, l.signer)
	if err != nil {
		return nil, fmt.Errorf("sign the checkpoint: %w", err)
	}
	// One row: the newest is all that a reader needs, older ones can be made again.
	done, err := tx.ExecContext(ctx, `UPDATE checkpoints SET size = ?, note = ?`, int64(size), signed) //nolint:gosec // a position fits
	if err != nil {
		return nil, fmt.Errorf("store the checkpoint: %w", err)
	}
	if n, err := done.RowsAffected(); err == nil && n == 0 {
		_, err = tx.ExecContext(ctx, `INSERT INTO checkpoints (size, note) VALUES (?, ?)`, int64(size), signed) //nolint:gosec // a position fits
		if err != nil {
			return nil, fmt.Errorf("store the checkpoint: %w", err)
		}
	}
	return signed, nil
}

// A Checkpoint is a signed statement of the log's size and root.
type Checkpoint struct {
	Origin string
	Size   uint64
	Root   tlog.Hash
}

// ReadCheckpoint checks the signature of a checkpoint (a C2SP tlog-checkpoint)
// and reads it.
func ReadCheckpoint(signed []byte, verifier note.Verifier) (Checkpoint, error) {
	n, err := note.Open(signed, note.VerifierList(verifier))
	if err != nil {
		return Checkpoint{}, fmt.Errorf("the checkpoint's signature: %w", err)
	}
	lines := strings.Split(n.Text, "\n")
	if len(lines) < 4 || slices.Contains(lines[:len(lines)-1], "") || lines[len(lines)-1] != "" {
		return Checkpoint{}, fmt.Errorf("%w: a checkpoint has three lines, and perhaps more, none empty", ErrDamaged)
	}
	if lines[0] != verifier.Name() {
		return Checkpoint{}, fmt.Errorf("%w: the checkpoint is of the log %q, the key of %q", ErrDamaged, lines[0], verifier.Name())
	}
	size, err := strconv.ParseUint(lines[1], 10, 63)
	if err != nil || strconv.FormatUint(size, 10) != lines[1] {
		return Checkpoint{}, fmt.Errorf("%w: the checkpoint's size %q", ErrDamaged, lines[1])
	}
	root, err := base64.StdEncoding.DecodeString(lines[2])
	if err != nil || len(root) != tlog.HashSize {
		return Checkpoint{}, fmt.Errorf("%w: the checkpoint's root", ErrDamaged)
	}
	return Checkpoint{lines[0], size, tlog.Hash(root)}, nil
}

// Checkpoint returns the newest signed checkpoint.
func (l *Ledger) Checkpoint(ctx context.Context) (signed []byte, size uint64, err error) {
	var n int64
	if err := l.db.QueryRowContext(ctx, `SELECT size, note FROM checkpoints`).Scan(&n, &signed); err != nil {
		return nil, 0, fmt.Errorf("read the checkpoint: %w", err)
	}
	return signed, uint64(n), nil //nolint:gosec // never negative
}

// checkFile compares the database with the checkpoint outside it. A file that
// is behind is what a crash between commit and writing it leaves.
func (l *Ledger) checkFile(ctx context.Context, n uint64) error {
	signed, err := os.ReadFile(l.o.Checkpoint)
	if errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("%w: the file %s is missing", ErrFork, l.o.Checkpoint)
	}
	if err != nil {
		return fmt.Errorf("read the last checkpoint: %w", err)
	}
	c, err := ReadCheckpoint(signed, l.verifier)
	if err != nil {
		return fmt.Errorf("%w: %s: %w", ErrFork, l.o.Checkpoint, err)
	}
	if c.Size > n {
		return fmt.Errorf("%w: the checkpoint has %d events, the database %d: it was rolled back", ErrFork, c.Size, n)
	}
	root, err := tlog.TreeHash(int64(c.Size), reader{ctx, l.db}) //nolint:gosec // a position fits
	if err != nil {
		return err
	}
	if root != c.Root {
		return fmt.Errorf("%w: another tree of %d events", ErrFork, c.Size)
	}
	return nil
}

// writeFile replaces a file whole. A name that a crash takes back leaves the file
// before it, which is behind, as after any crash.
func writeFile(path string, data []byte) error {
	if path == "" {
		return nil
	}
	f, err := os.CreateTemp(dirOf(path), "checkpoint-*")
	if err != nil {
		return fmt.Errorf("write the checkpoint: %w", err)
	}
	_, err = f.Write(data)
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		_ = os.Remove(f.Name())
		return fmt.Errorf("write the checkpoint: %w", err)
	}
	return nil
}

func dirOf(path string) string {
	if i := strings.LastIndexByte(path, os.PathSeparator); i >= 0 {
		return path[:i+1]
	}
	return "."
}
