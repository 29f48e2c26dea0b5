package vault

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"database/sql"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"licet"
	"licet/internal/grams"
)

// Gone is what is left of a record that was edited, deleted or erased: runs of
// its words as numbers, so that others' quotes of it are still known for what they
// are, and neither the words nor a way to guess them without the community key.
type Gone struct {
	Member  licet.MemberID
	Record  licet.RecordID
	Created time.Time
	Grams   []grams.Gram
}

// aboutGrams binds what is sealed to its table: rows move to a clean build, so
// it names no row.
var aboutGrams = []byte("grams")

func (k *Keys) gramsSealer() (cipher.AEAD, error) {
	block, err := aes.NewCipher(derive(k.own["community"], "grams"))
	if err != nil {
		return nil, fmt.Errorf("the key of grams: %w", err)
	}
	return cipher.NewGCMWithRandomNonce(block)
}

// remember keeps the grams of a record that is about to go; nothing where it is
// too short to be quoted.
func (v *Vault) remember(ctx context.Context, tx *sql.Tx, r licet.Record) error {
	list, _ := grams.Append(nil, nil, r.Text)
	if len(list) == 0 {
		return nil
	}
	aead, err := v.keys.gramsSealer()
	if err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, `INSERT INTO grams (seq, sealed) VALUES (?, ?)`, int64(r.Seq), //nolint:gosec // a position fits
		aead.Seal(nil, nil, Gone{r.Member, r.ID, r.Created, list}.encode(), aboutGrams)); err != nil {
		return fmt.Errorf("remember what may be quoted: %w", err)
	}
	return nil
}

// rememberAll does so for records that a query selects.
func (v *Vault) rememberAll(ctx context.Context, tx *sql.Tx, where string, args ...any) error {
	rows, err := tx.QueryContext(ctx, `SELECT id, member, seq, sealed FROM records WHERE `+where, args...)
	if err != nil {
		return fmt.Errorf("read what goes: %w", err)
	}
	defer rows.Close()
	var gone []licet.Record
	for rows.Next() {
		var id licet.RecordID
		var m licet.MemberID
		var seq int64
		var sealed []byte
		if err := rows.Scan(&id, &m, &seq, &sealed); err != nil {
			return fmt.Errorf("read what goes: %w", err)
		}
		data, err := v.keys.Open(ctx, m, sealed, about("records", string(id)))
		if errors.Is(err, ErrNoKey) {
			continue // an erasure that was cut off goes on: its grams were kept the first time
		}
		if err != nil {
			return fmt.Errorf("read what goes: %w", err)
		}
		r := licet.Record{}
		if err := json.Unmarshal(data, &r); err != nil {
			return fmt.Errorf("record %s: %w", id, err)
		}
		r.ID, r.Member, r.Seq = id, m, uint64(seq) //nolint:gosec // it was stored from a uint64
		gone = append(gone, r)
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("read what goes: %w", err)
	}
	for _, r := range gone {
		if err := v.remember(ctx, tx, r); err != nil {
			return err
		}
	}
	return nil
}

// Gone returns what is left of records that had come before position upto.
func (v *Vault) Gone(ctx context.Context, upto uint64) ([]Gone, error) {
	aead, err := v.keys.gramsSealer()
	if err != nil {
		return nil, err
	}
	var out []Gone
	err = each(ctx, v.db, `SELECT sealed FROM grams WHERE seq < ? ORDER BY id`, func(rows *sql.Rows) (bool, error) {
		var sealed []byte
		if err := rows.Scan(&sealed); err != nil {
			return false, err
		}
		data, err := openSealed(aead, sealed, aboutGrams, nil)
		if err != nil {
			return false, err
		}
		g, err := decodeGone(data)
		out = append(out, g)
		return err == nil, err
	}, int64(upto)) //nolint:gosec // a position fits
	if err != nil {
		return nil, fmt.Errorf("read what may be quoted: %w", err)
	}
	return out, nil
}

// ExportGrams returns what a clean build needs to know of words that will not be
// in its vault: of records that are gone, and of those whose author stays away.
func (v *Vault) ExportGrams(ctx context.Context, upto uint64, away func(licet.MemberID) bool) ([]Gone, error) {
	out, err := v.Gone(ctx, upto)
	if err != nil {
		return nil, err
	}
	for r, err := range v.All(ctx) {
		if err != nil {
			return nil, err
		}
		if r.Seq >= upto || !away(r.Member) {
			continue
		}
		if list, _ := grams.Append(nil, nil, r.Text); len(list) > 0 {
			out = append(out, Gone{r.Member, r.ID, r.Created, list})
		}
	}
	return out, nil
}

// ImportGrams enters what ExportGrams returned, as of the beginning.
func (v *Vault) ImportGrams(ctx context.Context, tx *sql.Tx, in []Gone) error {
	aead, err := v.keys.gramsSealer()
	if err != nil {
		return err
	}
	for _, g := range in {
		if _, err := tx.ExecContext(ctx, `INSERT INTO grams (seq, sealed) VALUES (0, ?)`, aead.Seal(nil, nil, g.encode(), aboutGrams)); err != nil {
			return fmt.Errorf("enter what may be quoted: %w", err)
		}
	}
	return nil
}

// encode writes version 1, the member, the record, the time in milliseconds, and
// the grams (docs/formats/keys.md).
func (g Gone) encode() []byte {
	out := []byte{1}
	for _, s := range []string{string(g.Member), string(g.Record)} {
		out = append(binary.AppendUvarint(out, uint64(len(s))), s...)
	}
	out = binary.BigEndian.AppendUint64(out, uint64(g.Created.UnixMilli())) //nolint:gosec // and back
	for _, x := range g.Grams {
		out = binary.BigEndian.AppendUint64(out, uint64(x))
	}
	return out
}

func decodeGone(data []byte) (g Gone, err error) {
	bad := fmt.Errorf("grams of %d bytes: damaged", len(data))
	if len(data) == 0 || data[0] != 1 {
		return g, bad
	}
	data = data[1:]
	for _, to := range []func(string){func(s string) { g.Member = licet.MemberID(s) }, func(s string) { g.Record = licet.RecordID(s) }} {
		n, size := binary.Uvarint(data)
		if size <= 0 || n > uint64(len(data)-size) {
			return g, bad
		}
		to(string(data[size : size+int(n)])) //nolint:gosec // at most len(data)
		data = data[size+int(n):]            //nolint:gosec // likewise
	}
	if len(data) < 8 || len(data)%8 != 0 {
		return g, bad
	}
	g.Created = time.UnixMilli(int64(binary.BigEndian.Uint64(data))).UTC() //nolint:gosec // it was written from one
	for data = data[8:]; len(data) > 0; data = data[8:] {
		g.Grams = append(g.Grams, grams.Gram(binary.BigEndian.Uint64(data)))
	}
	return g, nil
}
