package web_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"licet/ledger"
)

// offline opens the page that checks receipts, as a file, in a browser without a network.
func offline(b context.Context, t *testing.T) tab {
	t.Helper()
	ctx, cancel := chromedp.NewContext(b)
	t.Cleanup(cancel)
	ctx, stop := context.WithTimeout(ctx, time.Minute)
	t.Cleanup(stop)
	page, err := os.ReadFile("static/verify.html")
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "licet-verify.html")
	if err := os.WriteFile(name, page, 0o600); err != nil {
		t.Fatal(err)
	}
	p := tab{t, ctx}
	p.do(chromedp.EmulateViewport(360, 900))
	if _, err := chromedp.Call(ctx, network.Enable, network.EnableParams{}); err != nil {
		t.Fatal(err)
	}
	if _, err := chromedp.Call(ctx, network.EmulateNetworkConditionsByRule, network.EmulateNetworkConditionsByRuleParams{
		MatchedNetworkConditions: []*network.Conditions{{Offline: true, DownloadThroughput: -1, UploadThroughput: -1}},
	}); err != nil {
		t.Fatal(err)
	}
	p.do(chromedp.Navigate("file://" + name))
	return p
}

// TestThePageAgreesWithTheProgram: the page for a browser says of every vector what the
// program says, and why.
func TestThePageAgreesWithTheProgram(t *testing.T) {
	p := offline(browser(t), t)
	read := func(name string) []byte {
		data, err := os.ReadFile(filepath.Join("..", "ledger", "testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	var all struct {
		Receipt, Key string
		Vectors      []struct {
			Name  string
			Holds bool
			Why   string
			Edits json.RawMessage
			Text  string
			Key   string
		}
	}
	if err := json.Unmarshal(read("vectors.json"), &all); err != nil {
		t.Fatal(err)
	}
	for _, v := range all.Vectors {
		key, edits := strings.TrimSpace(string(read(all.Key))), "[]"
		if v.Key != "" {
			key = v.Key
		}
		if v.Edits != nil {
			edits = string(v.Edits)
		}
		script := fmt.Sprintf(`(async () => {
			const receipt = %s, text = %q;
			for (const { path, value } of %s) {
				let at = receipt;
				for (const step of path.slice(0, -1)) at = at[step];
				if (value === undefined) delete at[path.at(-1)]; else at[path.at(-1)] = value;
			}
			try { await licetVerify(text || JSON.stringify(receipt), %q); return "holds"; } catch (e) { return e.message; }
		})()`, read(all.Receipt), v.Text, edits, key)
		got, err := chromedp.Run(p.ctx, chromedp.Evaluate[string](script, chromedp.EvalAwaitPromise))
		if err != nil {
			t.Fatalf("%s: %v", v.Name, err)
		}
		if want := map[bool]string{true: "holds", false: v.Why}[v.Holds]; got != want {
			t.Errorf("%s: %q, want %q", v.Name, got, want)
		}
	}
}

// TestAReceiptInABrowserWithoutANetwork: a member saves the page and their receipt,
// disconnects, and checks. An objector from before the deadline is in nothing; one
// who came late was in a model and is no longer. A changed value is refused, with
// the reason, here and by the program.
func TestAReceiptInABrowserWithoutANetwork(t *testing.T) {
	s := open(t, true)
	if _, body := s.ask("PUT", "/api/choices/train", s.pass("m33"), `{"choice":"object"}`); !strings.Contains(body, "refused") {
		t.Fatalf("object: %s", body)
	}
	if _, err := s.app.Forget(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	_, key := s.ask("GET", "/log/key", "", "")
	key = strings.TrimSpace(key)
	p := offline(browser(t), t)
	check := func(receipt, shows string, says ...string) {
		t.Helper()
		name := filepath.Join(t.TempDir(), "licet-receipt.json")
		if err := os.WriteFile(name, []byte(receipt), 0o600); err != nil {
			t.Fatal(err)
		}
		p.do(
			chromedp.SetUploadFiles(chromedp.CSS("#receipt"), []string{name}), chromedp.SetValue(chromedp.CSS("#key"), key),
			chromedp.Click(chromedp.CSS("#ask button")), chromedp.WaitVisible(chromedp.CSS("#verdict."+shows)),
		)
		text := read(p, chromedp.Text(chromedp.CSS("#verdict")))
		for _, want := range says {
			if !strings.Contains(text, want) {
				t.Errorf("it says %q, want %q", text, want)
			}
		}
		if read(p, chromedp.Evaluate[bool](`document.documentElement.scrollWidth > document.documentElement.clientWidth`)) {
			t.Error("the page is wider than the screen")
		}
		p.shot(shows + says[0][:8])
	}
	_, early := s.ask("GET", "/privacy/receipt", s.pass("m07"), "")
	check(early, "good", "You objected to the purpose “train”", "You are NOT in the corpus", "What it can't show", "graphics card", "simulated")
	_, late := s.ask("GET", "/privacy/receipt", s.pass("m33"), "")
	check(late, "good", "You are in the corpus of the model", "You are NOT in the corpus of the model", "You objected")
	if len(early) > 8<<10 || len(late) > 8<<10 {
		t.Errorf("%d and %d bytes, want at most 8 KiB", len(early), len(late))
	}
	forged := strings.Replace(early, `"type":"objected"`, `"type":"consented"`, 1)
	if forged == early {
		t.Fatal("nothing was changed")
	}
	check(forged, "bad", "It does not hold", "is not in the log as shown")
	if _, err := ledger.Verify([]byte(forged), key); err == nil || !strings.Contains(err.Error(), "is not in the log as shown") {
		t.Errorf("the program says %v", err)
	}
	if n := read(p, chromedp.Evaluate[int](`performance.getEntriesByType("resource").length`)); n != 0 {
		t.Errorf("the page asked for %d things", n)
	}
	reach := fmt.Sprintf(`fetch(%q).then(() => "reached", () => "not reached")`, s.url+"/healthz")
	if got := read(p, chromedp.Evaluate[string](reach, chromedp.EvalAwaitPromise)); got != "not reached" {
		t.Errorf("the network is %s", got)
	}
	p.do(chromedp.Click(chromedp.CSS("#other")))
	check(late, "good", "Vous êtes dans le corpus du modèle", "Vous n'êtes PAS dans le corpus", "la finalité « entraîner l'IA »", "Ce qu'il ne peut pas montrer")
	check(forged, "bad", "Il n'est pas valable", "ne figure pas tel quel dans le journal")
}
