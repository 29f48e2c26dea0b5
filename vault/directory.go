package vault

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"licet"
)

// A Directory knows the names and handles of everybody who ever joined, as
// keyed hashes. It outlives an erasure as a suppression list: or a name would
// come back in others' texts on the day it is forgotten.
type Directory struct {
	names   map[licet.Digest]bool // and what names begin with
	handles map[licet.Digest]bool
	shields int
	// hasher makes the keyed hashes; asked remembers answers, because the words of
	// a text are mostly the same ones again.
	hasher *hasher
	asked  [3]*answers
	// begun: every name was entered with what it begins with.
	begun bool
}

// FoldName reduces a name to what people recognise: words of letters and digits,
// without case, accents or apostrophes; a hyphen parts two words. Letters of
// other scripts that look like Latin ones are those, and what can't be seen is
// not there: or a name could be written past the list.
func FoldName(s string) string {
	var b strings.Builder
	for _, r := range norm.NFKD.String(strings.ToLower(s)) {
		switch {
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			b.WriteRune(latin(r))
		case unicode.In(r, unicode.Mn, unicode.Cf) || r == '\'' || r == '’':
		default:
			b.WriteByte(' ')
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// lookalikes are small Cyrillic, Greek and other letters, each beside the Latin one
// that people take it for (Unicode Technical Standard 39, for small letters).
var lookalikes = func() map[rune]rune {
	out := map[rune]rune{}
	for _, pair := range []struct{ like, as string }{
		{"авсԁеһіјкӏморԛѕтуѵԝхн", "abcdehijklmopqstyvwxh"},
		{"αβγεηικνορτυωχ", "abyenikvoptuwx"},
		{"ıɡɩʏոօ", "igiyno"},
	} {
		as := []rune(pair.as)
		for i, r := range []rune(pair.like) {
			out[r] = as[i]
		}
	}
	return out
}()

func latin(r rune) rune {
	if l, ok := lookalikes[r]; ok {
		return l
	}
	return r
}

// shortName is below how many letters one word of a name is too common to be
// recognised alone.
const shortName = 5

// listed returns the folded forms under which a name is found: the whole name;
// first and last word in both orders; all but the first, the first two; either of
// first and last word as an initial; and each word after the first that is long
// enough. A name of one word is found as it is.
func listed(name string) []string {
	words := strings.Fields(FoldName(name))
	if len(words) == 0 {
		return nil
	}
	out := []string{strings.Join(words, " ")}
	if n := len(words); n > 1 {
		out = append(out, words[0]+" "+words[n-1], words[n-1]+" "+words[0], strings.Join(words[1:], " "))
		out = append(out, words[0]+" "+words[1])
		out = append(out, initials(words)...)
		for _, w := range words[1:] {
			if len([]rune(w)) >= shortName {
				out = append(out, w)
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// nameHashes returns the keyed hashes under which a name is found, and those of
// the words that its forms begin with.
func (k *Keys) nameHashes(name string) []licet.Digest {
	h := k.community()
	var out []licet.Digest
	for _, form := range listed(name) {
		first, _, _ := strings.Cut(form, " ")
		out = append(out, h.hash("name", form), h.hash("start", first))
	}
	return out
}

// begin enters, into a directory that is empty, that each name in it comes with
// what it begins with. One that was begun without is asked in full.
func (v *Vault) begin(ctx context.Context, tx *sql.Tx) error {
	mark := v.keys.community().hash("start", "")
	_, err := tx.ExecContext(ctx, `INSERT INTO directory (hash, seq, handle) SELECT ?, 0, false WHERE NOT EXISTS (SELECT 1 FROM directory)`, mark[:])
	if err != nil {
		return fmt.Errorf("begin the directory: %w", err)
	}
	return nil
}

// initials returns "m berg", "berg m", "maren b" and "m t berg". A last word of
// one letter would make anybody's of them.
func initials(words []string) []string {
	first, last := words[0], words[len(words)-1]
	letter := func(w string) string { return string([]rune(w)[:1]) }
	if len([]rune(last)) < 2 || len([]rune(first)) < 2 {
		return nil
	}
	out := []string{letter(first) + " " + last, last + " " + letter(first), first + " " + letter(last)}
	if len(words) > 2 {
		var all strings.Builder
		for _, w := range words[:len(words)-1] {
			all.WriteString(letter(w) + " ")
		}
		out = append(out, all.String()+last, first+" "+letter(words[1])+" "+last)
	}
	return out
}

func (k *Keys) handleHash(handle string) licet.Digest {
	return licet.Digest(derive(k.own["community"], "handle", foldHandle(handle)))
}

// foldHandle reduces a handle as FoldName does letters; what else is in it stays.
func foldHandle(handle string) string {
	return strings.Map(func(r rune) rune {
		if unicode.In(r, unicode.Mn, unicode.Cf) {
			return -1
		}
		return latin(r)
	}, norm.NFKD.String(strings.ToLower(handle)))
}

func (v *Vault) list(ctx context.Context, tx *sql.Tx, m licet.Member, seq uint64) error {
	enter := func(d licet.Digest, handle bool) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO directory (hash, seq, handle) VALUES (?1, ?2, ?3) ON CONFLICT (hash) DO UPDATE SET seq = min(seq, ?2)`,
			d[:], int64(seq), handle) //nolint:gosec // a position fits
		return err
	}
	if err := v.begin(ctx, tx); err != nil {
		return err
	}
	for _, d := range v.keys.nameHashes(m.Name) {
		if err := enter(d, false); err != nil {
			return fmt.Errorf("enter a name: %w", err)
		}
	}
	for _, h := range m.Handles {
		if err := enter(v.keys.handleHash(h), true); err != nil {
			return fmt.Errorf("enter a handle: %w", err)
		}
	}
	return nil
}

// Shield enters the name or handle of somebody who is no member and objected at
// position seq.
func (v *Vault) Shield(ctx context.Context, tx *sql.Tx, called string, handle bool, seq uint64) error {
	hashes := []licet.Digest{v.keys.handleHash(strings.TrimPrefix(called, "@"))}
	if err := v.begin(ctx, tx); err != nil {
		return err
	}
	if !handle {
		hashes = v.keys.nameHashes(called)
	}
	for _, d := range hashes {
		if _, err := tx.ExecContext(ctx, `INSERT INTO directory (hash, seq, handle, shield) VALUES (?1, ?2, ?3, ?2)
			ON CONFLICT (hash) DO UPDATE SET shield = coalesce(min(shield, ?2), ?2)`, d[:], int64(seq), handle); err != nil { //nolint:gosec // a position fits
			return fmt.Errorf("enter a name: %w", err)
		}
	}
	return nil
}

// Directory returns the names and handles of members known before position upto,
// and those of others who had objected before position now.
func (v *Vault) Directory(ctx context.Context, upto, now uint64) (*Directory, error) {
	d := &Directory{names: map[licet.Digest]bool{}, handles: map[licet.Digest]bool{}, hasher: v.keys.community()}
	for i := range d.asked {
		d.asked[i] = newAnswers()
	}
	err := each(ctx, v.db, `SELECT hash, handle, shield IS NOT NULL AND shield < ?2 FROM directory WHERE seq < ?1 OR shield < ?2`, func(rows *sql.Rows) (bool, error) {
		var hash []byte
		var handle, shield bool
		if err := rows.Scan(&hash, &handle, &shield); err != nil {
			return false, err
		}
		if shield {
			d.shields++
		}
		if handle {
			d.handles[licet.Digest(hash)] = true
		} else {
			d.names[licet.Digest(hash)] = true
		}
		return true, nil
	}, int64(upto), int64(now)) //nolint:gosec // positions fit
	if err != nil {
		return nil, fmt.Errorf("read the directory: %w", err)
	}
	d.begun = d.names[d.hasher.hash("start", "")]
	return d, nil
}

// Shields is how many of the entries others have asked for.
func (d *Directory) Shields() int { return d.shields }

// Name tells whether words, as they stand in a text, are somebody's name.
func (d *Directory) Name(words string) bool {
	return d.asked[0].ask(words, func() bool { return d.names[d.hasher.hash("name", FoldName(words))] })
}

// Starts tells whether somebody's name may begin with word: where it does not,
// Name need not be asked for any run of words that does.
func (d *Directory) Starts(word string) bool {
	return !d.begun || d.asked[1].ask(word, func() bool {
		first, _, _ := strings.Cut(FoldName(word), " ")
		return d.names[d.hasher.hash("start", first)]
	})
}

// Handle tells whether h, without @, is somebody's handle.
func (d *Directory) Handle(h string) bool {
	return d.asked[2].ask(h, func() bool { return d.handles[d.hasher.hash("handle", foldHandle(h))] })
}

type listing struct {
	Hash   licet.Digest `json:"hash"`
	Handle bool         `json:"handle,omitempty"`
}

// ExportDirectory returns what Directory would, for a clean build.
func (v *Vault) ExportDirectory(ctx context.Context, upto, now uint64) ([]byte, error) {
	var out []listing
	err := each(ctx, v.db, `SELECT hash, handle FROM directory WHERE seq < ? OR shield < ? ORDER BY hash`, func(rows *sql.Rows) (bool, error) {
		var hash []byte
		var l listing
		if err := rows.Scan(&hash, &l.Handle); err != nil {
			return false, err
		}
		l.Hash = licet.Digest(hash)
		out = append(out, l)
		return true, nil
	}, int64(upto), int64(now)) //nolint:gosec // positions fit
	if err != nil {
		return nil, fmt.Errorf("read the directory: %w", err)
	}
	return json.Marshal(out)
}

// ImportDirectory enters what ExportDirectory returned, as of the beginning.
func (v *Vault) ImportDirectory(ctx context.Context, tx *sql.Tx, data []byte) error {
	var in []listing
	if err := json.Unmarshal(data, &in); err != nil {
		return fmt.Errorf("directory: %w", err)
	}
	for _, l := range in {
		if _, err := tx.ExecContext(ctx, `INSERT INTO directory (hash, seq, handle) VALUES (?, 0, ?) ON CONFLICT DO NOTHING`, l.Hash[:], l.Handle); err != nil {
			return fmt.Errorf("directory: %w", err)
		}
	}
	return nil
}
