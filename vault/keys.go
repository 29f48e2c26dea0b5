package vault

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"

	"licet"
	"licet/internal/db"
)

// Errors that callers tell apart.
var (
	// ErrMasterKey says that the master key does not open the key file.
	ErrMasterKey = errors.New("the master key does not open this key file")
	// ErrNoKey says that a member has no key: it was destroyed, or they never joined.
	ErrNoKey = errors.New("the member's key is gone")
	// ErrNotFound says that there is no such member or record.
	ErrNotFound = errors.New("not found")
)

const keySize = 32

// KeysOptions change how a key file is made and opened.
type KeysOptions struct {
	Community []byte // only when creating: another installation's community key
	Sync      string // SQLite's synchronous; "" is FULL
}

// Keys is the key file: one key for each member, wrapped by the master key, and
// the installation's own. It is a database of its own whose journal is emptied
// after every transaction, so that a destroyed key is nowhere (docs/formats/keys.md).
// It is safe for concurrent use, also by several processes.
type Keys struct {
	db     *sql.DB
	random io.Reader
	wrap   cipher.AEAD
	own    map[string][]byte // community, signing, objects

	community func() *hasher // of the community key
}

var ownKeys = []string{"community", "objects", "signing"}

func openKeys(ctx context.Context, path string, master [32]byte, random io.Reader, o KeysOptions) (*Keys, error) {
	d, err := db.Connect(ctx, path, db.Options{Journal: "TRUNCATE", Sync: o.Sync})
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(master[:])
	if err != nil {
		return nil, fmt.Errorf("master key: %w", err)
	}
	wrap, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return nil, fmt.Errorf("master key: %w", err)
	}
	k := &Keys{db: d, random: random, wrap: wrap, own: map[string][]byte{}}
	k.community = sync.OnceValue(func() *hasher { return newHasher(k.own["community"]) })
	return k, nil
}

// CreateKeys makes a key file with fresh keys of the installation.
func CreateKeys(ctx context.Context, path string, master [32]byte, random io.Reader, o KeysOptions) (*Keys, error) {
	if _, err := os.Stat(path); err == nil {
		return nil, fmt.Errorf("create keys: %s exists already", path)
	}
	k, err := openKeys(ctx, path, master, random, o)
	if err != nil {
		return nil, err
	}
	err = k.tx(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, `CREATE TABLE keys (name TEXT PRIMARY KEY, wrapped BLOB NOT NULL) STRICT`); err != nil {
			return err
		}
		for _, name := range ownKeys {
			key := make([]byte, keySize)
			if _, err := io.ReadFull(random, key); err != nil {
				return err
			}
			if name == "community" && o.Community != nil {
				key = o.Community
			}
			k.own[name] = key
			if err := k.put(ctx, tx, "own/"+name, key); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("create keys: %w", err), k.Close())
	}
	return k, nil
}

// OpenKeys opens a key file; ErrMasterKey where master is not the one it was made with.
func OpenKeys(ctx context.Context, path string, master [32]byte, random io.Reader, o KeysOptions) (*Keys, error) {
	if _, err := os.Stat(path); err != nil {
		return nil, fmt.Errorf("open keys: %w", err)
	}
	k, err := openKeys(ctx, path, master, random, o)
	if err != nil {
		return nil, err
	}
	for _, name := range ownKeys {
		key, err := k.get(ctx, k.db, "own/"+name)
		if err != nil {
			if errors.Is(err, ErrNoKey) {
				err = fmt.Errorf("%s: no key %q: the file is damaged", path, name)
			}
			return nil, errors.Join(fmt.Errorf("open keys: %w", err), k.Close())
		}
		k.own[name] = key
	}
	return k, nil
}

// Close closes the file.
func (k *Keys) Close() error { return k.db.Close() }

func (k *Keys) tx(ctx context.Context, do func(*sql.Tx) error) error {
	tx, err := k.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if err := do(tx); err != nil {
		return err
	}
	return tx.Commit()
}

// put wraps key; the additional data binds it to its row.
func (k *Keys) put(ctx context.Context, tx *sql.Tx, name string, key []byte) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO keys (name, wrapped) VALUES (?, ?)`, name, k.wrap.Seal(nil, nil, key, []byte(name)))
	return err
}

type queryer interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

func (k *Keys) get(ctx context.Context, q queryer, name string) ([]byte, error) {
	var wrapped []byte
	err := q.QueryRowContext(ctx, `SELECT wrapped FROM keys WHERE name = ?`, name).Scan(&wrapped)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, ErrNoKey
	}
	if err != nil {
		return nil, fmt.Errorf("read a key: %w", err)
	}
	return k.unwrap(name, wrapped)
}

func (k *Keys) unwrap(name string, wrapped []byte) ([]byte, error) {
	key, err := k.wrap.Open(nil, nil, wrapped, []byte(name))
	if err != nil {
		return nil, ErrMasterKey
	}
	return key, nil
}

func keyName(m licet.MemberID) string { return "member/" + string(m) }

// Create makes keys for the members that have none.
func (k *Keys) Create(ctx context.Context, members ...licet.MemberID) error {
	err := k.tx(ctx, func(tx *sql.Tx) error {
		for _, m := range members {
			var there bool
			if err := tx.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM keys WHERE name = ?)`, keyName(m)).Scan(&there); err != nil {
				return err
			}
			if there {
				continue
			}
			key := make([]byte, keySize)
			if _, err := io.ReadFull(k.random, key); err != nil {
				return err
			}
			if err := k.put(ctx, tx, keyName(m), key); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("make members' keys: %w", err)
	}
	return nil
}

// Has tells whether a member has a key.
func (k *Keys) Has(ctx context.Context, m licet.MemberID) (bool, error) {
	_, err := k.get(ctx, k.db, keyName(m))
	if errors.Is(err, ErrNoKey) {
		return false, nil
	}
	return err == nil, err
}

// Destroy overwrites a member's key. When it returns, nothing that the key
// sealed can ever be read again.
func (k *Keys) Destroy(ctx context.Context, m licet.MemberID) error {
	err := k.tx(ctx, func(tx *sql.Tx) error {
		// Overwritten in place first, so that not even the freed cell keeps it.
		if _, err := tx.ExecContext(ctx, `UPDATE keys SET wrapped = zeroblob(length(wrapped)) WHERE name = ?`, keyName(m)); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `DELETE FROM keys WHERE name = ?`, keyName(m))
		return err
	})
	if err != nil {
		return fmt.Errorf("destroy a key: %w", err)
	}
	return nil
}

// A Ring holds members' keys in memory for reading many records at once. Make
// one for each pass and drop it: a key that is destroyed meanwhile stays in it.
type Ring struct {
	keys map[licet.MemberID]cipher.AEAD
}

// Ring reads the keys of the members from an id up to another, which is not in it.
func (k *Keys) Ring(ctx context.Context, from, to licet.MemberID) (*Ring, error) {
	rows, err := k.db.QueryContext(ctx, `SELECT name, wrapped FROM keys WHERE name >= ? AND name < ?`, keyName(from), keyName(to))
	if err != nil {
		return nil, fmt.Errorf("read keys: %w", err)
	}
	defer rows.Close()
	r := &Ring{map[licet.MemberID]cipher.AEAD{}}
	for rows.Next() {
		var name string
		var wrapped []byte
		if err := rows.Scan(&name, &wrapped); err != nil {
			return nil, fmt.Errorf("read keys: %w", err)
		}
		key, err := k.unwrap(name, wrapped)
		if err != nil {
			return nil, err
		}
		aead, err := sealer(key)
		if err != nil {
			return nil, err
		}
		r.keys[licet.MemberID(name[len("member/"):])] = aead
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read keys: %w", err)
	}
	return r, nil
}

// Open opens what Seal sealed, in room, which may be nil, or in more where that is too small.
func (r *Ring) Open(m licet.MemberID, sealed, about, room []byte) ([]byte, error) {
	aead, ok := r.keys[m]
	if !ok {
		return nil, ErrNoKey
	}
	return openSealed(aead, sealed, about, room)
}

func sealer(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(derive(key, "seal"))
	if err != nil {
		return nil, fmt.Errorf("a member's key: %w", err)
	}
	return cipher.NewGCMWithRandomNonce(block)
}

func openSealed(aead cipher.AEAD, sealed, about, room []byte) ([]byte, error) {
	plain, err := aead.Open(room[:0], nil, sealed, about)
	if err != nil {
		return nil, fmt.Errorf("open %s: damaged, or sealed for something else", about)
	}
	return plain, nil
}

// derive returns HMAC-SHA-256(key, label): keys for different uses are never the same.
func derive(key []byte, label string, parts ...string) []byte {
	h := hmac.New(sha256.New, key)
	_, _ = h.Write(derivation(nil, label, parts)) // a hash never fails
	return h.Sum(nil)
}

// derivation is what is hashed: the length of each part first, so that no two lists of
// parts read the same.
func derivation(out []byte, label string, parts []string) []byte {
	out = append(append(out, "licet/"...), label...)
	for _, p := range parts {
		out = append(strconv.AppendInt(append(out, '/'), int64(len(p)), 10), ':')
		out = append(out, p...)
	}
	return out
}

// Seal encrypts plain under the member's key; about binds it to its place.
func (k *Keys) Seal(ctx context.Context, m licet.MemberID, plain, about []byte) ([]byte, error) {
	key, err := k.get(ctx, k.db, keyName(m))
	if err != nil {
		return nil, err
	}
	aead, err := sealer(key)
	if err != nil {
		return nil, err
	}
	return aead.Seal(nil, nil, plain, about), nil
}

// mostAsked is how many keys one query asks for.
const mostAsked = 500

// Sealing reads the keys of some members once, for as long as one transaction
// lasts: the function that it returns seals as Seal does, and salts as Salt does.
func (k *Keys) Sealing(ctx context.Context, members ...licet.MemberID) (seal func(m licet.MemberID, plain, about []byte, label string) (sealed, salt []byte, err error), err error) {
	type pair struct {
		key  []byte
		aead cipher.AEAD
	}
	keys := map[licet.MemberID]pair{}
	for some := range slices.Chunk(members, mostAsked) {
		names := make([]any, len(some))
		for i, m := range some {
			names[i] = keyName(m)
		}
		query := `SELECT name, wrapped FROM keys WHERE name IN (?` + strings.Repeat(",?", len(some)-1) + `)`
		if err := each(ctx, k.db, query, func(rows *sql.Rows) (bool, error) {
			var name string
			var wrapped []byte
			if err := rows.Scan(&name, &wrapped); err != nil {
				return false, err
			}
			key, err := k.unwrap(name, wrapped)
			if err != nil {
				return false, err
			}
			aead, err := sealer(key)
			keys[licet.MemberID(strings.TrimPrefix(name, keyName("")))] = pair{key, aead}
			return true, err
		}, names...); err != nil {
			return nil, fmt.Errorf("read keys: %w", err)
		}
	}
	return func(m licet.MemberID, plain, about []byte, label string) (sealed, salt []byte, err error) {
		p, ok := keys[m]
		if !ok {
			return nil, nil, ErrNoKey
		}
		return p.aead.Seal(nil, nil, plain, about), derive(p.key, "salt", label), nil
	}, nil
}

// Open decrypts what Seal sealed; ErrNoKey once the key is destroyed.
func (k *Keys) Open(ctx context.Context, m licet.MemberID, sealed, about []byte) ([]byte, error) {
	key, err := k.get(ctx, k.db, keyName(m))
	if err != nil {
		return nil, err
	}
	aead, err := sealer(key)
	if err != nil {
		return nil, err
	}
	return openSealed(aead, sealed, about, nil)
}

// Opening reads every member's key once: the function that it returns opens as Open
// does. Drop it after one pass, as a Ring.
func (k *Keys) Opening(ctx context.Context) (func(m licet.MemberID, sealed, about []byte) ([]byte, error), error) {
	ring, err := k.Ring(ctx, "", afterAll)
	if err != nil {
		return nil, err
	}
	return func(m licet.MemberID, sealed, about []byte) ([]byte, error) { return ring.Open(m, sealed, about, nil) }, nil
}

// Token names the member in proofs; it dies with the key.
func (k *Keys) Token(ctx context.Context, m licet.MemberID) (licet.Digest, error) {
	key, err := k.get(ctx, k.db, keyName(m))
	if err != nil {
		return licet.Digest{}, err
	}
	return licet.Digest(derive(key, "token")), nil
}

// Salt is what a commitment of the member is salted with; it dies with the key.
func (k *Keys) Salt(ctx context.Context, m licet.MemberID, label string) ([]byte, error) {
	key, err := k.get(ctx, k.db, keyName(m))
	if err != nil {
		return nil, err
	}
	return derive(key, "salt", label), nil
}

// Community returns the community key, for a clean build elsewhere.
func (k *Keys) Community() []byte { return append([]byte(nil), k.own["community"]...) }

// Signing returns the seed of the log's signing key.
func (k *Keys) Signing() []byte { return append([]byte(nil), k.own["signing"]...) }

// Objects returns the key under which derived objects are kept.
func (k *Keys) Objects() [keySize]byte { return [keySize]byte(k.own["objects"]) }

// MemberID names the member that a platform calls ref.
func (k *Keys) MemberID(p licet.Platform, ref string) licet.MemberID {
	return licet.MemberID(hex.EncodeToString(derive(k.own["community"], "member", string(p), ref)[:16]))
}

// RecordID names the record that a platform calls ref.
func (k *Keys) RecordID(p licet.Platform, ref string) licet.RecordID {
	return licet.RecordID(hex.EncodeToString(derive(k.own["community"], "record", string(p), ref)[:16]))
}

// Rank is a keyed hash for placement and order: it depends on the community
// key and the parts alone, never on an order of arrival.
func (k *Keys) Rank(label string, parts ...string) licet.Digest {
	return k.community().hash("rank/"+label, parts...)
}

// Sessions returns the key that sign-ins are authenticated with. It is derived,
// so that replacing the community key ends every session.
func (k *Keys) Sessions() []byte { return derive(k.own["community"], "sessions") }
