package ledger_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"licet"
	"licet/ledger"
	"licet/ledger/smt"
	"licet/vault"
)

// receipt makes the receipt of a member who was learned from, objected, and was
// taken out.
func receipt(t *testing.T, w *world) []byte {
	t.Helper()
	token := w.join("0011")
	other := w.join("0022")
	w.add(licet.EventNotified, "", licet.Notified{Notice: "n1", Deadline: "2025-12-18"})
	w.add(licet.EventDelivered, "", licet.Delivered{Notice: "n1"})
	w.now = w.now.Add(47 * 24 * time.Hour)
	frozen := w.add(licet.EventFrozen, "", licet.Frozen{Notice: "n1"})
	var models []ledger.ModelIn
	model := func(name string, members ...licet.Digest) {
		run, values := licet.Sum([]byte(name)), map[licet.Digest]licet.Digest{}
		for _, m := range members {
			values[smt.Slot(run, m)] = licet.Sum(m[:])
		}
		// The tree is never so small in life; slots of strangers make paths long.
		for i := range 40 {
			values[licet.Sum(fmt.Appendf(nil, "%s %d", name, i))] = licet.Sum([]byte{byte(i)})
		}
		tree, adapter := smt.New(values), licet.Sum([]byte(name+" adapter"))
		head, err := w.log.Head(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		built := w.add(licet.EventBuilt, "", licet.Built{Frozen: frozen, At: head, Run: run, Members: tree.Root(), Passages: 7})
		w.add(licet.EventTrained, "", licet.Trained{Run: run, Adapter: adapter})
		models = append(models, ledger.ModelIn{Built: built, Promoted: w.add(licet.EventPromoted, "", licet.Promoted{Run: run, Adapter: adapter}), Members: tree})
	}
	model("with", token, other)
	w.now = w.now.Add(time.Hour)
	objected := w.add(licet.EventObjected, "0011", licet.Objected{Purpose: licet.PurposeTrain, Said: licet.Said{Channel: "web", Language: "en", Notice: "n1", Screen: "privacy"}})
	model("without", other)
	r, err := w.log.Receipt(t.Context(), "0011", []uint64{objected}, models)
	if err != nil {
		t.Fatal(err)
	}
	data, err := json.MarshalIndent(r, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return append(data, '\n')
}

func TestAReceiptHolds(t *testing.T) {
	w := newWorld(t)
	data := receipt(t, w)
	golden(t, "receipt.golden", data)
	v, err := ledger.Verify(data, w.log.Verifier())
	if err != nil {
		t.Fatal(err)
	}
	var said []string
	for _, s := range v.Statements {
		said = append(said, s.What)
	}
	want := []string{"You joined", "You objected to the purpose \"train\"", "You are in the corpus", "You are NOT in the corpus"}
	if len(said) != len(want) {
		t.Fatalf("it says %q", said)
	}
	for i := range want {
		if !strings.HasPrefix(said[i], want[i]) {
			t.Errorf("it says %q, want %q", said[i], want[i])
		}
	}
	if !strings.Contains(v.Limits[0], "SIMULATED") {
		t.Errorf("it does not say that time is invented: %q", v.Limits)
	}
	var small bytes.Buffer
	if err := json.Compact(&small, data); err != nil {
		t.Fatal(err)
	}
	if small.Len() > 8<<10 {
		t.Errorf("%d bytes, want at most 8 KiB", small.Len())
	}
}

// TestEveryChangedValueFails changes every value of a receipt in turn, in every
// way that keeps it well formed, and takes every part away.
func TestEveryChangedValueFails(t *testing.T) {
	w := newWorld(t)
	data := receipt(t, w)
	var whole any
	if err := json.Unmarshal(data, &whole); err != nil {
		t.Fatal(err)
	}
	n := 0
	check := func(path string) {
		n++
		changed, err := json.Marshal(whole)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := ledger.Verify(changed, w.log.Verifier()); !errors.Is(err, ledger.ErrReceipt) {
			t.Errorf("%s changed: %v", path, err)
		}
	}
	walk(whole, "", func(v any) {}, func(path string, set func(any), v any) {
		for _, other := range others(v) {
			set(other)
			check(fmt.Sprintf("%s = %v", path, other))
		}
		set(v)
	})
	if n < 150 {
		t.Errorf("only %d changes were tried", n)
	}
}

// walk calls leaf for every value that holds no other, and can set it.
func walk(v any, path string, set func(any), leaf func(path string, set func(any), v any)) {
	switch v := v.(type) {
	case map[string]any:
		for _, k := range slices.Sorted(maps.Keys(v)) {
			walk(v[k], path+"."+k, func(x any) { v[k] = x }, leaf)
		}
	case []any:
		for i := range v {
			walk(v[i], fmt.Sprintf("%s[%d]", path, i), func(x any) { v[i] = x }, leaf)
		}
	default:
		leaf(path, set, v)
	}
}

func others(v any) []any {
	switch v := v.(type) {
	case string:
		if v == "" {
			return []any{"x"}
		}
		flip := func(i int) string {
			b := []byte(v)
			switch c := b[i]; {
			case c == '9' || c == 'z' || c == 'Z' || c == '/' || c == '+' || c == '=' || c > 126:
				b[i] = 'A'
			default:
				b[i]++
			}
			return string(b)
		}
		return []any{flip(0), flip(len(v) / 2), flip(len(v) - 1), v + "x", v[1:]}
	case float64:
		return []any{v + 1, v - 1, -v - 2}
	case bool:
		return []any{!v}
	}
	return []any{"something"}
}

func TestAReceiptOfAnotherKeyOrLogFails(t *testing.T) {
	w := newWorld(t)
	data := receipt(t, w)
	// Another log of the same name, so with another key.
	k, err := vault.CreateKeys(t.Context(), t.TempDir()+"/keys.db", [32]byte{1}, &stream{n: 1 << 20}, vault.KeysOptions{Sync: "OFF"})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = k.Close() }()
	theirs := &world{TB: t, dir: t.TempDir(), keys: k, now: w.now.Add(-48 * 24 * time.Hour)}
	theirs.open()
	defer theirs.close()
	foreign := receipt(t, theirs)
	if _, err := ledger.Verify(foreign, theirs.log.Verifier()); err != nil {
		t.Fatalf("the other log's own receipt: %v", err)
	}
	if _, err := ledger.Verify(foreign, w.log.Verifier()); !errors.Is(err, ledger.ErrReceipt) {
		t.Errorf("a receipt of another log: %v", err)
	}
	if _, err := ledger.Verify(data, theirs.log.Verifier()); !errors.Is(err, ledger.ErrReceipt) {
		t.Errorf("a receipt with another key: %v", err)
	}
	// Signed again by another key, under our name.
	var r, f ledger.Receipt
	if err := errors.Join(json.Unmarshal(data, &r), json.Unmarshal(foreign, &f)); err != nil {
		t.Fatal(err)
	}
	text, _, _ := strings.Cut(r.Checkpoint, "\n\n")
	_, signature, _ := strings.Cut(f.Checkpoint, "\n\n")
	for name, checkpoint := range map[string]string{
		"signed by another key":          f.Checkpoint,
		"with another's signature":       text + "\n\n" + signature,
		"with a signature of made-up":    text + "\n\n— " + origin + " " + base64.StdEncoding.EncodeToString(make([]byte, 68)) + "\n",
		"with no signature":              text + "\n\n",
		"with the beginning of the text": r.Checkpoint[:len(r.Checkpoint)/2],
	} {
		changed := r
		changed.Checkpoint = checkpoint
		out, err := json.Marshal(changed)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := ledger.Verify(out, w.log.Verifier()); !errors.Is(err, ledger.ErrReceipt) {
			t.Errorf("a checkpoint %s: %v", name, err)
		}
	}
}

func TestAReceiptWithPartsSwappedFails(t *testing.T) {
	w := newWorld(t)
	data := receipt(t, w)
	for name, change := range map[string]func(r *ledger.Receipt){
		"the members' proofs of two models": func(r *ledger.Receipt) {
			r.Models[0].Member, r.Models[1].Member = r.Models[1].Member, r.Models[0].Member
		},
		"the corpora of two models": func(r *ledger.Receipt) { r.Models[0].Built, r.Models[1].Built = r.Models[1].Built, r.Models[0].Built },
		"built and promoted": func(r *ledger.Receipt) {
			r.Models[0].Built, r.Models[0].Promoted = r.Models[0].Promoted, r.Models[0].Built
		},
		"founded for joined":   func(r *ledger.Receipt) { r.Joined = r.Founded },
		"a choice for joined":  func(r *ledger.Receipt) { r.Joined = r.Choices[0] },
		"another version":      func(r *ledger.Receipt) { r.Version = "licet-receipt-1" },
		"a model for a choice": func(r *ledger.Receipt) { r.Choices[0] = r.Models[0].Built },
	} {
		var r ledger.Receipt
		if err := json.Unmarshal(data, &r); err != nil {
			t.Fatal(err)
		}
		change(&r)
		out, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := ledger.Verify(out, w.log.Verifier()); !errors.Is(err, ledger.ErrReceipt) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := ledger.Verify(append(slices.Clone(data), "{}"...), w.log.Verifier()); !errors.Is(err, ledger.ErrReceipt) {
		t.Errorf("something after the receipt: %v", err)
	}
}

func FuzzVerify(f *testing.F) {
	good, err := os.ReadFile("testdata/receipt.golden")
	if err != nil {
		f.Fatal(err)
	}
	key, err := os.ReadFile("testdata/log.pub.golden")
	if err != nil {
		f.Fatal(err)
	}
	want, err := ledger.Verify(good, strings.TrimSpace(string(key)))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add([]byte(`{"version":"licet-receipt-2"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		v, err := ledger.Verify(data, strings.TrimSpace(string(key)))
		if err != nil {
			return
		}
		// Parts may be left out; nothing may be said that the log does not hold.
		for _, s := range v.Statements {
			if !slices.ContainsFunc(want.Statements, func(w ledger.Statement) bool { return w.What == s.What }) {
				t.Errorf("it says %q", s.What)
			}
		}
	})
}

// vectors are receipts, good and bad, that this package and the page for a browser
// are both held to: web reads the same file.
type vectors struct {
	Receipt string `json:"receipt"`
	Key     string `json:"key"`
	Vectors []struct {
		Name  string `json:"name"`
		Holds bool   `json:"holds"`
		Edits []struct {
			Path  []any           `json:"path"`
			Value json.RawMessage `json:"value"` // none: the field is taken away
		} `json:"edits"`
		Text string `json:"text"` // in the place of the receipt
		Key  string `json:"key"`  // in the place of the key
	} `json:"vectors"`
}

func TestVectors(t *testing.T) {
	var all vectors
	if err := json.Unmarshal(file(t, "vectors.json"), &all); err != nil {
		t.Fatal(err)
	}
	if len(all.Vectors) < 25 {
		t.Errorf("only %d", len(all.Vectors))
	}
	for _, v := range all.Vectors {
		var receipt any
		if err := json.Unmarshal(file(t, all.Receipt), &receipt); err != nil {
			t.Fatal(err)
		}
		for _, e := range v.Edits {
			edit(t, receipt, e.Path, e.Value)
		}
		data, err := json.Marshal(receipt)
		if err != nil {
			t.Fatal(err)
		}
		key := strings.TrimSpace(string(file(t, all.Key)))
		if v.Text != "" {
			data = []byte(v.Text)
		}
		if v.Key != "" {
			key = v.Key
		}
		if _, err := ledger.Verify(data, key); (err == nil) != v.Holds {
			t.Errorf("%s: %v, want it to hold: %v", v.Name, err, v.Holds)
		}
	}
}

func file(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// edit changes one value in v, or takes it away.
func edit(t *testing.T, v any, path []any, value json.RawMessage) {
	t.Helper()
	for ; len(path) > 1; path = path[1:] {
		v = at(v, path[0])
	}
	var x any
	if value != nil {
		if err := json.Unmarshal(value, &x); err != nil {
			t.Fatal(err)
		}
	}
	switch in := v.(type) {
	case map[string]any:
		name, _ := path[0].(string)
		if value == nil {
			delete(in, name)
		} else {
			in[name] = x
		}
	case []any:
		i, _ := path[0].(float64)
		in[int(i)] = x
	default:
		t.Fatalf("nothing is at %v", path)
	}
}

func at(v, step any) any {
	if i, ok := step.(float64); ok {
		list, _ := v.([]any)
		return list[int(i)]
	}
	name, _ := step.(string)
	object, _ := v.(map[string]any)
	return object[name]
}
