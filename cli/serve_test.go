package cli_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	mathrand "math/rand/v2"
	"net/http"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	root "licet"
	"licet/app"
	"licet/internal/quayside"
	"licet/web"
)

// server is licet serve in a process of its own.
type server struct {
	cmd  *exec.Cmd
	url  string
	errs bytes.Buffer
}

var address = regexp.MustCompile(`Serving (http://[^/]+)/`)

// start starts a server and waits until it says where it is.
func start(t *testing.T, dir string) *server {
	t.Helper()
	s := &server{cmd: command(t, dir, "serve", "--listen", "127.0.0.1:0")}
	s.cmd.Stderr = &s.errs
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if m := address.FindStringSubmatch(lines.Text()); m != nil {
			s.url = m[1]
			go func() { _, _ = io.Copy(io.Discard, out) }() // it ends with the process
			return s
		}
	}
	_ = s.cmd.Wait()
	t.Fatalf("the server did not start: %s", s.errs.String())
	return nil
}

// kill ends it with SIGKILL, at once.
func (s *server) kill() {
	_ = s.cmd.Process.Kill()
	_ = s.cmd.Wait()
}

// folder makes the folder of a trained village, whose clock is invented, with a
// key file beside it, as "licet init" does.
func folder(t *testing.T) (dir string, passes map[string]string) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "data")
	cfg := quayside.Config(dir)
	a := quayside.Trained(t, cfg, quayside.Settings(3))
	passes = map[string]string{}
	for m, err := range a.Vault().Members(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		passes[m.Ref] = web.Pass(a, m.ID, a.Now().Add(time.Hour))
	}
	t.Setenv("LICET_MASTER_KEY", fmt.Sprintf("%x", cfg.Master))
	return dir, passes
}

type models struct {
	Data []struct {
		ID    string
		Licet struct {
			Adapter root.Digest
			Exact   bool
			Shards  []struct {
				Slices     int
				Checkpoint root.Digest
			}
		}
	}
}

func ask(ctx context.Context, method, url, pass, body string, into any) (status int, err error) {
	r, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
	if err != nil {
		return 0, err
	}
	if pass != "" {
		r.Header.Set("Authorization", "Bearer "+pass)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		return 0, err
	}
	return resp.StatusCode, json.Unmarshal(data, into)
}

// TestObjectThenAskThenForget: an objection on the command line changes the very
// next answer of a server in another process, to a model that never saw the
// member; forgetting ends with the digest of a clean build in a third one.
func TestObjectThenAskThenForget(t *testing.T) {
	dir, passes := folder(t)
	s := start(t, dir)
	defer s.kill()
	var before, after, end models
	if _, err := ask(t.Context(), "GET", s.url+"/v1/models", "", "", &before); err != nil {
		t.Fatal(err)
	}
	seen := checkpointsThatSaw(t, dir, "m33")
	if !anySeen(before, seen) {
		t.Fatal("no served checkpoint has seen m33: the test shows nothing")
	}
	licet(t, dir, "object", "--member", "m33")
	var answer struct{ Model string }
	if _, err := ask(t.Context(), "POST", s.url+"/v1/chat/completions", passes["m02"], `{"messages":[{"role":"user","content":"Rain on the"}],"max_tokens":4}`, &answer); err != nil {
		t.Fatal(err)
	}
	if _, err := ask(t.Context(), "GET", s.url+"/v1/models", "", "", &after); err != nil {
		t.Fatal(err)
	}
	if answer.Model == before.Data[0].ID || answer.Model == "" {
		t.Errorf("the next answer is by %q, as before", answer.Model)
	}
	if anySeen(after, seen) {
		t.Error("a served checkpoint has seen m33")
	}
	licet(t, dir, "forget", "--wait")
	var clean app.Digests
	if err := json.Unmarshal([]byte(licet(t, dir, "clean", "--into", filepath.Join(t.TempDir(), "clean"), "--json")), &clean); err != nil {
		t.Fatal(err)
	}
	if _, err := ask(t.Context(), "GET", s.url+"/v1/models", "", "", &end); err != nil {
		t.Fatal(err)
	}
	if got := end.Data[0].Licet; got.Adapter != clean.Adapter || !got.Exact {
		t.Errorf("served is %s (exact %v), the clean build is %s", got.Adapter.Short(), got.Exact, clean.Adapter.Short())
	}
}

func checkpointsThatSaw(t *testing.T, dir, ref string) map[root.Digest]bool {
	t.Helper()
	a, err := app.Open(t.Context(), quayside.Config(dir))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = a.Close() }()
	s, err := a.Served(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	m, seen := quayside.Member(t, a, ref), map[root.Digest]bool{}
	for shard := range s.Learned.Shards {
		met := false
		for slice := range s.Learned.Slices {
			for _, who := range s.Learned.Cells[shard*s.Learned.Slices+slice].Lineage {
				met = met || who == m
			}
			if met {
				seen[s.Learned.Checkpoints[shard][slice+1]] = true
			}
		}
	}
	return seen
}

func anySeen(m models, seen map[root.Digest]bool) bool {
	for _, s := range m.Data[0].Licet.Shards {
		if seen[s.Checkpoint] {
			return true
		}
	}
	return false
}

// client toggles one member's switch over and over, and remembers what it saw
// acknowledged.
type client struct {
	pass  string
	acked string // the last choice that the server confirmed; "" for none
	asked string // the choice that was under way when the server died; "" for none
	seq   uint64
}

// toggle asks once.
func (c *client) toggle(ctx context.Context, url string) error {
	next := "object"
	if c.acked == "object" {
		next = "consent"
	}
	c.asked = next
	var answer struct{ Seq uint64 }
	status, err := ask(ctx, "PUT", url+"/api/choices/train", c.pass, `{"choice":"`+next+`"}`, &answer)
	if err != nil {
		return err
	}
	if status != http.StatusOK {
		return fmt.Errorf("status %d", status)
	}
	c.acked, c.asked, c.seq = next, "", answer.Seq
	return nil
}

var verdictOf = map[string]string{"object": "refused", "consent": "permitted", "": "undecided"}

// check compares with what the server says after its restart: what was
// acknowledged is there; what was under way is there whole or not at all.
func (c *client) check(ctx context.Context, t *testing.T, url string) {
	t.Helper()
	var answer struct {
		Choices []struct {
			Purpose, Verdict string
			Seq              uint64
		}
	}
	if _, err := ask(ctx, "GET", url+"/api/choices", c.pass, "", &answer); err != nil {
		t.Fatal(err)
	}
	for _, got := range answer.Choices {
		if got.Purpose != "train" {
			continue
		}
		switch {
		case got.Verdict == verdictOf[c.acked] && got.Seq == c.seq:
		case c.asked != "" && got.Verdict == verdictOf[c.asked] && got.Seq > c.seq:
			c.acked, c.seq = c.asked, got.Seq // committed, and the answer was lost
		default:
			t.Errorf("acknowledged %q at %d, under way %q; the server says %s at %d", c.acked, c.seq, c.asked, got.Verdict, got.Seq)
		}
		c.asked = ""
	}
}

// TestKilledAtAnyMoment: a server that is killed in the middle of choices and of
// forgetting keeps every choice that a client saw acknowledged, shows nothing
// half written, and goes on forgetting by itself.
func TestKilledAtAnyMoment(t *testing.T) {
	kills := 50
	if testing.Short() {
		kills = 5
	}
	dir, passes := folder(t)
	random := mathrand.New(mathrand.NewPCG(1, 50))
	clients := []*client{}
	for _, ref := range []string{"m33", "m02", "m37", "m45"} {
		clients = append(clients, &client{pass: passes[ref]})
	}
	acknowledged := 0
	for range kills {
		s := start(t, dir)
		for _, c := range clients {
			c.check(t.Context(), t, s.url)
		}
		acknowledged += rush(t, s, clients, 1+random.IntN(25))
	}
	if acknowledged < kills {
		t.Errorf("only %d choices were acknowledged in %d lives", acknowledged, kills)
	}
	// Whoever is left to be forgotten is forgotten without anybody asking.
	s := start(t, dir)
	defer s.kill()
	for _, c := range clients {
		c.check(t.Context(), t, s.url)
	}
	if clients[0].acked == "object" {
		if err := clients[0].toggle(t.Context(), s.url); err != nil {
			t.Fatal(err)
		}
	}
	if err := clients[0].toggle(t.Context(), s.url); err != nil {
		t.Fatal(err)
	}
	var m models
	deadline, stop := context.WithTimeout(t.Context(), 2*time.Minute)
	defer stop()
	for len(m.Data) == 0 || !m.Data[0].Licet.Exact {
		if _, err := ask(deadline, "GET", s.url+"/v1/models", "", "", &m); err != nil {
			t.Fatalf("the served model did not become exact again: %v", err)
		}
	}
	if out := licet(t, dir, "log", "audit"); !strings.Contains(out, "Clean") {
		t.Errorf("audit: %s", out)
	}
	var clean app.Digests
	if err := json.Unmarshal([]byte(licet(t, dir, "clean", "--into", filepath.Join(t.TempDir(), "clean"), "--json")), &clean); err != nil {
		t.Fatal(err)
	}
	if clean.Adapter != m.Data[0].Licet.Adapter {
		t.Errorf("after %d kills %s is served, the clean build is %s", kills, m.Data[0].Licet.Adapter.Short(), clean.Adapter.Short())
	}
}

// rush lets the clients toggle at once and kills the server when it has
// acknowledged so many choices, whatever it is doing then.
func rush(t *testing.T, s *server, clients []*client, until int) (acknowledged int) {
	t.Helper()
	acks := make(chan struct{})
	dead := make(chan struct{})
	var wait sync.WaitGroup
	for _, c := range clients {
		wait.Go(func() {
			for {
				if c.toggle(t.Context(), s.url) != nil {
					return // the server is dead
				}
				select {
				case acks <- struct{}{}:
				case <-dead:
					return
				}
			}
		})
	}
	for range until {
		<-acks
		acknowledged++
	}
	s.kill()
	close(dead)
	wait.Wait()
	return acknowledged
}
