package web_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"licet"
	"licet/internal/quayside"
)

// tiles reads a log as any monitor of C2SP tlog-tiles does: over HTTP, with the
// client of golang.org/x/mod, which checks every tile against the checkpoint.
type tiles struct {
	site
	spoil bool // the server lies: one bit of each tile is flipped
	read  int
}

func (t *tiles) Height() int { return 8 }

func (t *tiles) ReadTiles(want []tlog.Tile) ([][]byte, error) {
	var out [][]byte
	for _, tile := range want {
		// In C2SP's layout the height is not part of the path.
		resp, data := t.ask("GET", "/log/"+strings.Replace(tile.Path(), "tile/8/", "tile/", 1), "", "")
		if resp.StatusCode != http.StatusOK {
			return nil, fmt.Errorf("%s: status %d", tile.Path(), resp.StatusCode)
		}
		if !strings.Contains(resp.Header.Get("Cache-Control"), "immutable") {
			return nil, errors.New("a tile never changes, and may be kept")
		}
		b := []byte(data)
		if t.spoil {
			b[0] ^= 1
		}
		t.read++
		out = append(out, b)
	}
	return out, nil
}

func (t *tiles) SaveTiles([]tlog.Tile, [][]byte) {}

// entries reads all leaves.
func (t *tiles) entries(n int64) (leaves [][]byte) {
	t.Helper()
	for from := int64(0); from < n; from += 256 {
		path := fmt.Sprintf("/log/tile/entries/%03d", from/256)
		if n-from < 256 {
			path += fmt.Sprintf(".p/%d", n-from)
		}
		resp, data := t.ask("GET", path, "", "")
		if resp.StatusCode != http.StatusOK {
			t.Fatalf("%s: status %d", path, resp.StatusCode)
		}
		for b := []byte(data); len(b) > 0; {
			size := int(binary.BigEndian.Uint16(b))
			leaves, b = append(leaves, b[2:2+size]), b[2+size:]
		}
	}
	return leaves
}

func TestAMonitorReadsTheLog(t *testing.T) {
	s := open(t, false)
	m := quayside.Member(t, s.app, "m33")
	for range 150 { // more than one full tile
		for _, choose := range []func() (licet.Event, error){
			func() (licet.Event, error) {
				return s.app.Object(t.Context(), m, licet.PurposeMatch, licet.Said{Channel: "test"})
			},
			func() (licet.Event, error) {
				return s.app.Consent(t.Context(), m, licet.PurposeMatch, licet.Said{Channel: "test"})
			},
		} {
			if _, err := choose(); err != nil {
				t.Fatal(err)
			}
		}
	}
	verifier, err := note.NewVerifier(s.app.Ledger().Verifier())
	if err != nil {
		t.Fatal(err)
	}
	_, signed := s.ask("GET", "/log/checkpoint", "", "")
	checkpoint, err := note.Open([]byte(signed), note.VerifierList(verifier))
	if err != nil {
		t.Fatal(err)
	}
	var origin, hash string
	var tree tlog.Tree
	if _, err := fmt.Sscanf(checkpoint.Text, "%s\n%d\n%s\n", &origin, &tree.N, &hash); err != nil {
		t.Fatal(err)
	}
	if tree.Hash, err = tlog.ParseHash(hash); err != nil {
		t.Fatal(err)
	}
	if tree.N <= 256 {
		t.Fatalf("%d events: no full tile was read", tree.N)
	}
	monitor := &tiles{site: s}
	indexes := make([]int64, tree.N)
	for i := range indexes {
		indexes[i] = tlog.StoredHashIndex(0, int64(i))
	}
	hashes, err := tlog.TileHashReader(tree, monitor).ReadHashes(indexes)
	if err != nil {
		t.Fatal(err)
	}
	leaves := monitor.entries(tree.N)
	if len(leaves) != len(hashes) {
		t.Fatalf("%d leaves, %d hashes", len(leaves), len(hashes))
	}
	for i, leaf := range leaves {
		if tlog.RecordHash(leaf) != hashes[i] {
			t.Fatalf("leaf %d is not what the tree has", i)
		}
	}
	if _, err := tlog.TileHashReader(tree, &tiles{site: s, spoil: true}).ReadHashes(indexes); err == nil {
		t.Error("the monitor has accepted spoiled tiles")
	}
	t.Logf("%d leaves and %d tiles of %s", len(leaves), monitor.read, origin)
}

func TestTilesThatAreNotThere(t *testing.T) {
	s := open(t, false)
	for _, path := range []string{
		"0/001", "0/000", "0/000.p/0", "0/000.p/256", "0/000.p/255", "1/000.p/1", "entries/000", "data/000.p/1", "63/000.p/1", "64/000.p/1",
		"0/x999/x999/x999/x999/x999/999", "0/0", "-1/000.p/1", "entries/../000.p/1", "0/000.p/01", "", "entries/",
	} {
		if resp, _ := s.ask("GET", "/log/tile/"+path, "", ""); resp.StatusCode != http.StatusNotFound && resp.StatusCode != http.StatusMovedPermanently && resp.StatusCode != http.StatusTemporaryRedirect {
			t.Errorf("%q: status %d, want not found", path, resp.StatusCode)
		}
	}
}
