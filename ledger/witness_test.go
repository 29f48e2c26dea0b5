package ledger_test

import (
	"bufio"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"

	"licet"
	"licet/internal/db"
	"licet/ledger"
)

// tool returns a program that the Makefile installs.
func tool(t *testing.T, name string) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join("..", "bin", name))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("%s is missing: run \"make witness\"", path)
		}
		t.Skipf("%s is missing: run \"make witness\"", path)
	}
	return path
}

// litewitness starts a real witness that knows our log, with a key of its own.
func litewitness(t *testing.T, logKey string) ledger.Witness {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	dir := t.TempDir()
	public, private, err := ed25519.GenerateKey(&stream{n: 77})
	must(err)
	keyring := agent.NewKeyring()
	must(keyring.Add(agent.AddedKey{PrivateKey: private}))
	var listen net.ListenConfig
	socket, err := listen.Listen(t.Context(), "unix", filepath.Join(dir, "agent.sock"))
	must(err)
	t.Cleanup(func() { _ = socket.Close() })
	go func() {
		for {
			conn, err := socket.Accept()
			if err != nil {
				return
			}
			go func() { _ = agent.ServeAgent(keyring, conn) }()
		}
	}()
	path := filepath.Join(dir, "witness.db")
	d, err := db.Connect(t.Context(), path, db.Options{})
	must(err)
	empty := sha256.Sum256(nil)
	for _, c := range []struct {
		statement string
		args      []any
	}{ // as its own witnessctl writes them
		{"CREATE TABLE log (origin TEXT PRIMARY KEY, tree_size INTEGER NOT NULL, tree_hash TEXT NOT NULL)", nil},
		{"CREATE TABLE key (origin TEXT NOT NULL, key TEXT NOT NULL, FOREIGN KEY(origin) REFERENCES log(origin))", nil},
		{"INSERT INTO log (origin, tree_size, tree_hash) VALUES (?, 0, ?)", []any{origin, base64.StdEncoding.EncodeToString(empty[:])}},
		{"INSERT INTO key (origin, key) VALUES (?, ?)", []any{origin, logKey}},
	} {
		_, err := d.ExecContext(t.Context(), c.statement, c.args...)
		must(err)
	}
	must(d.Close())
	sshKey, err := ssh.NewPublicKey(public)
	must(err)
	port, err := listen.Listen(t.Context(), "tcp", "127.0.0.1:0")
	must(err)
	address := port.Addr().String()
	must(port.Close())
	const name = "witness.example/w1"
	server := exec.CommandContext(t.Context(), tool(t, "litewitness"), "-db", path, "-name", name, "-key", ssh.FingerprintSHA256(sshKey), "-ssh-agent", filepath.Join(dir, "agent.sock"), "-listen", address)
	said, err := server.StderrPipe()
	must(err)
	must(server.Start())
	t.Cleanup(func() { _ = server.Process.Kill(); _ = server.Wait() })
	lines := bufio.NewScanner(said)
	for lines.Scan() && !strings.Contains(lines.Text(), "msg=listening") {
	}
	go func() {
		for lines.Scan() { // or it would block
		}
	}()
	var dial net.Dialer
	for t.Context().Err() == nil { // it says that it listens just before it does
		if conn, err := dial.DialContext(t.Context(), "tcp", address); err == nil {
			_ = conn.Close()
			break
		}
	}
	return ledger.Witness{Key: cosignerKey(name, public), URL: "http://" + address}
}

func cosignerKey(name string, public ed25519.PublicKey) string {
	data := append([]byte{4}, public...)
	hash := sha256.Sum256(append([]byte(name+"\n"), data...))
	return fmt.Sprintf("%s+%08x+%s", name, binary.BigEndian.Uint32(hash[:4]), base64.StdEncoding.EncodeToString(data))
}

// TestAWitnessSigns: a real witness signs checkpoint after checkpoint, each shown to
// continue the one before; receipts carry its signature, and who trusts it reads when.
func TestAWitnessSigns(t *testing.T) {
	w := newWorld(t)
	witness := litewitness(t, w.log.Verifier())
	w.join("0011")
	for i := range 3 {
		objected := w.add(licet.EventObjected, "0011", licet.Objected{Purpose: licet.PurposeTrain, Said: licet.Said{Channel: "web"}})
		before := time.Now().Add(-time.Minute)
		by, err := w.log.Cosign(t.Context(), witness)
		if err != nil {
			t.Fatalf("checkpoint %d: %v", i, err)
		}
		if len(by) != 1 || by[0].Witness != "witness.example/w1" || by[0].Time.Before(before) {
			t.Errorf("signed by %+v", by)
		}
		r, err := w.log.Receipt(t.Context(), "0011", []uint64{objected}, nil)
		if err != nil {
			t.Fatal(err)
		}
		data, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		v, err := ledger.Verify(data, w.log.Verifier(), witness.Key)
		if err != nil || len(v.Witnessed) != 1 {
			t.Errorf("%+v, %v: the receipt does not carry its signature", v, err)
		}
	}
	// The same checkpoint again is signed again.
	if _, err := w.log.Cosign(t.Context(), witness); err != nil {
		t.Error(err)
	}
	// What came since is not under its signature, what came before still is.
	late := w.add(licet.EventConsented, "0011", licet.Consented{Purpose: licet.PurposeTrain})
	for seq, want := range map[uint64]bool{late - 1: true, late: false} {
		r, err := w.log.Receipt(t.Context(), "0011", []uint64{seq}, nil)
		if err != nil {
			t.Fatal(err)
		}
		data, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := ledger.Verify(data, w.log.Verifier(), witness.Key); (err == nil) != want {
			t.Errorf("event %d: %v, want it to be witnessed: %v", seq, err, want)
		}
		if _, err := ledger.Verify(data, w.log.Verifier()); err != nil {
			t.Errorf("event %d: %v", seq, err)
		}
	}
	// Another witness's key, and a receipt that nobody signed.
	other, _, err := ed25519.GenerateKey(&stream{n: 99})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ledger.Verify(file(t, "receipt.golden"), w.log.Verifier(), cosignerKey("witness.example/w1", other)); !errors.Is(err, ledger.ErrReceipt) {
		t.Errorf("signed by nobody: %v", err)
	}
}

// TestAWitnessRefusesAnotherTree: where the log was written anew, the witness that saw
// the first does not sign the second.
func TestAWitnessRefusesAnotherTree(t *testing.T) {
	w := newWorld(t)
	witness := litewitness(t, w.log.Verifier())
	w.join("0011")
	w.join("0022")
	if _, err := w.log.Cosign(t.Context(), witness); err != nil {
		t.Fatal(err)
	}
	// The same keys and name, another history, longer.
	other := &world{TB: t, dir: t.TempDir(), keys: w.keys, now: w.now.Add(time.Hour)}
	other.open()
	defer other.close()
	for _, m := range []licet.MemberID{"0033", "0044", "0055", "0066"} {
		other.join(m)
	}
	if by, err := other.log.Cosign(t.Context(), witness); err == nil || len(by) > 0 {
		t.Errorf("it signed another tree: %+v", by)
	}
	// Shorter: rolled back.
	short := &world{TB: t, dir: t.TempDir(), keys: w.keys, now: w.now}
	short.open()
	defer short.close()
	if _, err := short.log.Cosign(t.Context(), witness); !errors.Is(err, ledger.ErrWitness) || !strings.Contains(err.Error(), "rolled back") {
		t.Errorf("a log that was rolled back: %v", err)
	}
}

// TestABadWitness: what a witness answers is checked; none of it stops the log.
func TestABadWitness(t *testing.T) {
	w := newWorld(t)
	public, _, err := ed25519.GenerateKey(&stream{n: 5})
	if err != nil {
		t.Fatal(err)
	}
	for name, answer := range map[string]http.HandlerFunc{
		"no signature": func(http.ResponseWriter, *http.Request) {},
		"a made-up one": func(rw http.ResponseWriter, _ *http.Request) {
			_, _ = fmt.Fprintf(rw, "— witness.example/bad %s\n", base64.StdEncoding.EncodeToString(make([]byte, 76)))
		},
		"an error": func(rw http.ResponseWriter, _ *http.Request) { rw.WriteHeader(http.StatusForbidden) },
		"a size that is not": func(rw http.ResponseWriter, _ *http.Request) {
			rw.WriteHeader(http.StatusConflict)
			_, _ = rw.Write([]byte("many\n"))
		},
		"another each time": func(rw http.ResponseWriter, _ *http.Request) {
			rw.WriteHeader(http.StatusConflict)
			_, _ = rw.Write([]byte("0\n"))
		},
	} {
		server := httptest.NewServer(answer)
		if by, err := w.log.Cosign(t.Context(), ledger.Witness{Key: cosignerKey("witness.example/bad", public), URL: server.URL}); !errors.Is(err, ledger.ErrWitness) || len(by) > 0 {
			t.Errorf("%s: %+v, %v", name, by, err)
		}
		server.Close()
	}
	for _, key := range []string{"", "a+b", "w+00000000+AAAA", cosignerKey("w", public)[:20], w.log.Verifier()} {
		if _, err := ledger.Cosignatures(nil, key); err == nil {
			t.Errorf("the key %q was read", key)
		}
	}
	w.join("0011")
}
