// Package vault keeps what members wrote, encrypted under one key per member.
// It is the only place where raw text lives; package source writes it and
// package view reads it.
package vault

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"iter"

	"licet"
	"licet/internal/db"
)

// A Vault is the records, profiles and blobs of an installation.
type Vault struct {
	db   *sql.DB
	keys *Keys
}

// New returns the vault in db, whose keys are in keys.
func New(db *sql.DB, keys *Keys) *Vault { return &Vault{db, keys} }

// Keys returns the vault's key file.
func (v *Vault) Keys() *Keys { return v.keys }

func about(table, id string) []byte { return []byte(table + "/" + id) }

// PutMember stores a profile, replacing the earlier one, and enters the
// member's name and handles into the directory as of position seq.
func (v *Vault) PutMember(ctx context.Context, tx *sql.Tx, m licet.Member, seq uint64) error {
	data, err := json.Marshal(m)
	if err != nil {
		return fmt.Errorf("store a member: %w", err)
	}
	sealed, err := v.keys.Seal(ctx, m.ID, data, about("members", string(m.ID)))
	if err != nil {
		return fmt.Errorf("store a member: %w", err)
	}
	if _, err := tx.ExecContext(ctx, `INSERT INTO members (id, sealed) VALUES (?1, ?2) ON CONFLICT (id) DO UPDATE SET sealed = ?2`, m.ID, sealed); err != nil {
		return fmt.Errorf("store a member: %w", err)
	}
	return v.list(ctx, tx, m, seq)
}

// Member returns a profile.
func (v *Vault) Member(ctx context.Context, id licet.MemberID) (licet.Member, error) {
	var sealed []byte
	err := v.db.QueryRowContext(ctx, `SELECT sealed FROM members WHERE id = ?`, id).Scan(&sealed)
	if errors.Is(err, sql.ErrNoRows) {
		return licet.Member{}, fmt.Errorf("member %s: %w", id, ErrNotFound)
	}
	if err != nil {
		return licet.Member{}, fmt.Errorf("member %s: %w", id, err)
	}
	data, err := v.keys.Open(ctx, id, sealed, about("members", string(id)))
	if err != nil {
		return licet.Member{}, fmt.Errorf("member %s: %w", id, err)
	}
	return readMember(id, data)
}

func readMember(id licet.MemberID, data []byte) (licet.Member, error) {
	m := licet.Member{}
	if err := json.Unmarshal(data, &m); err != nil {
		return m, fmt.Errorf("member %s: %w", id, err)
	}
	m.ID = id
	return m, nil
}

// Members yields every profile in order of id.
func (v *Vault) Members(ctx context.Context) iter.Seq2[licet.Member, error] {
	return func(yield func(licet.Member, error) bool) {
		ring, err := v.keys.Ring(ctx, "", afterAll)
		if err != nil {
			yield(licet.Member{}, err)
			return
		}
		err = each(ctx, v.db, `SELECT id, sealed FROM members ORDER BY id`, func(rows *sql.Rows) (bool, error) {
			var id licet.MemberID
			var sealed []byte
			if err := rows.Scan(&id, &sealed); err != nil {
				return false, err
			}
			data, err := ring.Open(id, sealed, about("members", string(id)), nil)
			if errors.Is(err, ErrNoKey) {
				return true, nil // being erased at this moment
			}
			if err != nil {
				return false, err
			}
			m, err := readMember(id, data)
			if err != nil {
				return false, err
			}
			return yield(m, nil), nil
		})
		if err != nil {
			yield(licet.Member{}, fmt.Errorf("read members: %w", err))
		}
	}
}

func each(ctx context.Context, db *sql.DB, query string, row func(*sql.Rows) (bool, error), args ...any) error {
	rows, err := db.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		more, err := row(rows)
		if err != nil || !more {
			return err
		}
	}
	return rows.Err()
}

// KeyedDigest tells whether a record came again unchanged, and says nothing
// without the community key.
func (v *Vault) KeyedDigest(r licet.Record) (licet.Digest, error) {
	data, err := json.Marshal(r)
	if err != nil {
		return licet.Digest{}, fmt.Errorf("record: %w", err)
	}
	return licet.Digest(derive(v.keys.own["community"], "content", string(r.Member), string(data))), nil
}

// Stored returns the keyed digest of the record id, and whether it is there.
func (v *Vault) Stored(ctx context.Context, tx *sql.Tx, id licet.RecordID) (d licet.Digest, m licet.MemberID, ok bool, err error) {
	var digest []byte
	err = tx.QueryRowContext(ctx, `SELECT digest, member FROM records WHERE id = ?`, id).Scan(&digest, &m)
	if errors.Is(err, sql.ErrNoRows) {
		return d, "", false, nil
	}
	if err != nil {
		return d, "", false, fmt.Errorf("record %s: %w", id, err)
	}
	if len(digest) != len(d) {
		return d, "", false, fmt.Errorf("record %s: its digest is damaged", id)
	}
	return licet.Digest(digest), m, true, nil
}

// PutRecord stores a record, replacing the earlier words. Seq is the position
// of the event that brings it.
func (v *Vault) PutRecord(ctx context.Context, tx *sql.Tx, r licet.Record) error {
	digest, err := v.KeyedDigest(r)
	if err != nil {
		return err
	}
	data, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("store a record: %w", err)
	}
	sealed, err := v.keys.Seal(ctx, r.Member, data, about("records", string(r.ID)))
	if err != nil {
		return fmt.Errorf("store a record: %w", err)
	}
	if err := v.rememberAll(ctx, tx, `id = ? AND digest <> ?`, r.ID, digest[:]); err != nil { // the words before an edit
		return err
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO records (id, member, kind, seq, digest, sealed) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
		ON CONFLICT (id) DO UPDATE SET member = ?2, kind = ?3, seq = ?4, digest = ?5, sealed = ?6`,
		r.ID, r.Member, r.Kind, int64(r.Seq), digest[:], sealed) //nolint:gosec // a position fits
	if err != nil {
		return fmt.Errorf("store a record: %w", err)
	}
	return nil
}

// DeleteRecord removes a record; its page is overwritten.
func (v *Vault) DeleteRecord(ctx context.Context, tx *sql.Tx, id licet.RecordID) error {
	if err := v.rememberAll(ctx, tx, `id = ?`, id); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, `DELETE FROM records WHERE id = ?`, id); err != nil {
		return fmt.Errorf("delete a record: %w", err)
	}
	return nil
}

// All yields every record in order of member and id.
func (v *Vault) All(ctx context.Context) iter.Seq2[licet.Record, error] {
	return v.Between(ctx, "", afterAll)
}

// Records yields a member's records in order of id.
func (v *Vault) Records(ctx context.Context, m licet.MemberID) iter.Seq2[licet.Record, error] {
	return v.Between(ctx, m, m+"\x00")
}

// afterAll is greater than every id.
const afterAll licet.MemberID = "\U0010FFFF"

// Between yields the records of the members from an id up to another, which is not
// in it, in order of member and id: so that several can read at the same time.
func (v *Vault) Between(ctx context.Context, from, to licet.MemberID) iter.Seq2[licet.Record, error] {
	return v.records(ctx, from, to, `SELECT id, member, seq, sealed FROM records WHERE member >= ? AND member < ? ORDER BY member, id`, string(from), string(to))
}

// Count returns how many records there are.
func (v *Vault) Count(ctx context.Context) (n int, err error) {
	if err = v.db.QueryRowContext(ctx, `SELECT count(*) FROM records`).Scan(&n); err != nil {
		return 0, fmt.Errorf("count records: %w", err)
	}
	return n, nil
}

// Shields is how many entries of the directory others had asked for before position now.
func (v *Vault) Shields(ctx context.Context, now uint64) (n int, err error) {
	if err = v.db.QueryRowContext(ctx, `SELECT count(*) FROM directory WHERE shield < ?`, int64(now)).Scan(&n); err != nil { //nolint:gosec // a position fits
		return 0, fmt.Errorf("read the directory: %w", err)
	}
	return n, nil
}

// Record returns one record.
func (v *Vault) Record(ctx context.Context, id licet.RecordID) (licet.Record, error) {
	var m licet.MemberID
	err := v.db.QueryRowContext(ctx, `SELECT member FROM records WHERE id = ?`, id).Scan(&m)
	if err == nil {
		for r, err := range v.records(ctx, m, m+"\x00", `SELECT id, member, seq, sealed FROM records WHERE id = ?`, string(id)) {
			return r, err
		}
		err = sql.ErrNoRows // it went meanwhile
	}
	if errors.Is(err, sql.ErrNoRows) {
		err = ErrNotFound
	}
	return licet.Record{}, fmt.Errorf("record %s: %w", id, err)
}

func (v *Vault) records(ctx context.Context, from, to licet.MemberID, query string, args ...string) iter.Seq2[licet.Record, error] {
	return func(yield func(licet.Record, error) bool) {
		ring, err := v.keys.Ring(ctx, from, to)
		if err != nil {
			yield(licet.Record{}, err)
			return
		}
		var plain, about []byte // room that every record uses again
		var m licet.MemberID
		err = db.Rows(ctx, v.db, query, func(row db.Row) (bool, error) {
			id, member, sealed := row.Bytes(0), row.Bytes(1), row.Bytes(3)
			if string(member) != string(m) {
				m = licet.MemberID(member)
			}
			about = append(append(about[:0], "records/"...), id...)
			plain, err = ring.Open(m, sealed, about, plain)
			if errors.Is(err, ErrNoKey) {
				return true, nil // being erased at this moment
			}
			if err != nil {
				return false, err
			}
			r, err := readRecord(plain)
			if err != nil {
				return false, fmt.Errorf("record %s: %w", id, err)
			}
			r.ID, r.Member, r.Seq = licet.RecordID(id), m, uint64(row.Int(2)) //nolint:gosec // it was stored from a uint64
			return yield(r, nil), nil
		}, args...)
		if err != nil {
			yield(licet.Record{}, fmt.Errorf("read records: %w", err))
		}
	}
}

// PutBlob stores the bytes of a file that a member provided.
func (v *Vault) PutBlob(ctx context.Context, tx *sql.Tx, m licet.MemberID, id string, data []byte) error {
	sealed, err := v.keys.Seal(ctx, m, data, about("blobs", id))
	if err != nil {
		return fmt.Errorf("store a blob: %w", err)
	}
	if _, err := tx.ExecContext(ctx, `INSERT INTO blobs (id, member, sealed) VALUES (?1, ?2, ?3) ON CONFLICT (id) DO UPDATE SET sealed = ?3`, id, m, sealed); err != nil {
		return fmt.Errorf("store a blob: %w", err)
	}
	return nil
}

// Blob returns the bytes of a file that a member provided.
func (v *Vault) Blob(ctx context.Context, id string) ([]byte, error) {
	var m licet.MemberID
	var sealed []byte
	err := v.db.QueryRowContext(ctx, `SELECT member, sealed FROM blobs WHERE id = ?`, id).Scan(&m, &sealed)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, fmt.Errorf("blob %s: %w", id, ErrNotFound)
	}
	if err != nil {
		return nil, fmt.Errorf("blob %s: %w", id, err)
	}
	return v.keys.Open(ctx, m, sealed, about("blobs", id))
}

// Erase removes everything of a member. The key is destroyed by Keys.Destroy,
// after the transaction is committed; then call Scrub.
func (v *Vault) Erase(ctx context.Context, tx *sql.Tx, m licet.MemberID) error {
	if err := v.rememberAll(ctx, tx, `member = ?`, m); err != nil {
		return err
	}
	for _, table := range []string{"records", "blobs"} {
		if _, err := tx.ExecContext(ctx, `DELETE FROM `+table+` WHERE member = ?`, m); err != nil {
			return fmt.Errorf("erase: %w", err)
		}
	}
	if _, err := tx.ExecContext(ctx, `DELETE FROM members WHERE id = ?`, m); err != nil {
		return fmt.Errorf("erase: %w", err)
	}
	return nil
}

// Scrub moves the write-ahead log into the database and empties it, so that no
// older copy of a page is left.
func (v *Vault) Scrub(ctx context.Context) error {
	if _, err := v.db.ExecContext(ctx, `PRAGMA wal_checkpoint(TRUNCATE)`); err != nil {
		return fmt.Errorf("empty the write-ahead log: %w", err)
	}
	return nil
}
