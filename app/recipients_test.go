package app_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"licet"
	"licet/app"
	"licet/corpus"
	"licet/internal/quayside"
	"licet/view"
)

// given reads the rows of a corpus that was given away.
func given(t *testing.T, dir string) []corpus.Row {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, "data/train-00000-of-00001.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	rows, err := corpus.ReadRows(data)
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func clean(t *testing.T, a *app.App) {
	t.Helper()
	if r, err := a.Audit(t.Context()); err != nil || len(r.Breaches) > 0 {
		t.Errorf("audit: %v, %v", r, err)
	}
}

// TestRecipientsHearWhoIsGone: what goes out is in the log before it is anywhere
// else; who objects, deletes or is erased afterwards is in a message to each
// recipient until it was sent, once.
func TestRecipientsHearWhoIsGone(t *testing.T) {
	ctx := t.Context()
	a := quayside.Trained(t, quayside.Config(t.TempDir()), quayside.Settings(3))
	out := filepath.Join(t.TempDir(), "out")
	e, err := a.Disclose(ctx, app.Disclosure{Recipient: "Tollgate Computing", Purpose: licet.PurposeTrain, Basis: "contract, Article 28", What: app.GiveCorpus, Dir: out})
	if err != nil {
		t.Fatal(err)
	}
	d, err := licet.BodyOf[licet.Disclosed](e)
	if err != nil {
		t.Fatal(err)
	}
	rows := given(t, out)
	data, err := os.ReadFile(filepath.Join(out, "data/train-00000-of-00001.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) == 0 || licet.Sum(data) != d.Digest {
		t.Fatalf("%d rows, and the log has %s", len(rows), d.Digest)
	}
	in, gone := quayside.Member(t, a, "m33"), quayside.Member(t, a, "m02")
	for _, m := range []licet.MemberID{in, gone} {
		if r, err := a.Recipients(ctx, m); err != nil || len(r) != 1 || r[0].Recipient != "Tollgate Computing" || r[0].Seq != e.Seq {
			t.Errorf("%v, %v: a member does not see who has what", r, err)
		}
	}
	if r, err := a.Recipients(ctx, quayside.Member(t, a, "m07")); err != nil || len(r) != 0 {
		t.Errorf("an objector is told that words of theirs went out: %v, %v", r, err)
	}
	if m, err := a.Messages(ctx); err != nil || len(m) != 0 {
		t.Errorf("messages before anybody is gone: %v, %v", m, err)
	}
	if _, err := a.Object(ctx, in, licet.PurposeMatch, licet.Said{Channel: "test"}); err != nil {
		t.Fatal(err)
	}
	if m, err := a.Messages(ctx); err != nil || len(m) != 0 {
		t.Errorf("objecting to another purpose calls a corpus back: %v, %v", m, err)
	}
	if _, err := a.Object(ctx, in, licet.PurposeTrain, licet.Said{Channel: "test"}); err != nil {
		t.Fatal(err)
	}
	m, err := a.Messages(ctx)
	if err != nil || len(m) != 1 || len(m[0].Delete) != 1 || m[0].Delete[0].Member != in || m[0].Delete[0].Why != "objected" || m[0].Digest != d.Digest {
		t.Fatalf("messages: %+v, %v", m, err)
	}
	if err := a.Told(ctx, m[0]); err != nil {
		t.Fatal(err)
	}
	if m, err := a.Messages(ctx); err != nil || len(m) != 0 {
		t.Errorf("told, and owed again: %+v, %v", m, err)
	}
	if err := a.Erase(ctx, gone); err != nil {
		t.Fatal(err)
	}
	if m, err = a.Messages(ctx); err != nil || len(m) != 1 || len(m[0].Delete) != 1 || m[0].Delete[0].Member != gone || m[0].Delete[0].Why != "erased" {
		t.Errorf("after an erasure: %+v, %v", m, err)
	}
	if err := a.Told(ctx, m[0]); err != nil {
		t.Fatal(err)
	}
	pupil, silent, says := quayside.Member(t, a, "m03"), quayside.Member(t, a, "m04"), quayside.Member(t, a, "m05")
	if _, err := a.JudgeAge(ctx, pupil, false, "their school wrote"); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Consent(ctx, says, licet.PurposeTrain, licet.Said{Channel: "test"}); err != nil {
		t.Fatal(err)
	}
	for _, id := range []licet.MemberID{silent, says} {
		if _, err := a.Signal(ctx, id, licet.SignalHost, true, "test"); err != nil {
			t.Fatal(err)
		}
	}
	if m, err = a.Messages(ctx); err != nil || len(m) != 1 || len(m[0].Delete) != 2 || m[0].Delete[0].Member != pupil || m[0].Delete[0].Why != "under-age" ||
		m[0].Delete[1].Member != silent || m[0].Delete[1].Why != "signal" {
		t.Errorf("after a decision on an age and two signals, one of somebody who has said yes: %+v, %v", m, err)
	}
	clean(t, a)
}

// TestAYesToOnePurposeIsNoneToAnother: for ends of the recipient's own only what its
// author has permitted for that goes along, by a notice that told of it.
func TestAYesToOnePurposeIsNoneToAnother(t *testing.T) {
	ctx := t.Context()
	s := quayside.Settings(3)
	s.Policy = "recommended"
	a := quayside.Trained(t, quayside.Config(t.TempDir()), s)
	share := app.Disclosure{Recipient: "Elsewhere Models", Purpose: licet.PurposeShare, Basis: "consent", What: app.GiveCorpus, Dir: filepath.Join(t.TempDir(), "out")}
	if _, err := a.Disclose(ctx, share); !errors.Is(err, app.ErrNotTold) {
		t.Fatalf("before anybody was told: %v", err)
	}
	yes, whole, no := quayside.Member(t, a, "m02"), quayside.Member(t, a, "m04"), quayside.Member(t, a, "m05")
	for _, c := range []struct {
		m licet.MemberID
		p licet.Purpose
	}{{yes, licet.PurposeShare}, {whole, licet.PurposeTrain}, {no, licet.PurposeShare}} {
		if _, err := a.Consent(ctx, c.m, c.p, licet.Said{Channel: "test"}); err != nil {
			t.Fatal(err)
		}
	}
	// A later no to the whole covers the part.
	if _, err := a.Object(ctx, no, licet.PurposeTrain, licet.Said{Channel: "test"}); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Notify(ctx, "", licet.PurposeShare); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Deliver(ctx, []byte("again")); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Disclose(ctx, share); !errors.Is(err, app.ErrNotTold) {
		t.Fatalf("before the window is over: %v", err)
	}
	if _, err := a.Advance(47 * 24 * time.Hour); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Disclose(ctx, share); err != nil {
		t.Fatal(err)
	}
	rows := given(t, share.Dir)
	if len(rows) == 0 || slices.ContainsFunc(rows, func(r corpus.Row) bool { return r.Member != yes }) {
		t.Errorf("%d rows, not all of who has permitted it", len(rows))
	}
	share.What, share.Dir = app.GiveAdapter, filepath.Join(t.TempDir(), "adapter")
	if _, err := a.Train(ctx, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Disclose(ctx, share); err == nil || !strings.Contains(err.Error(), "have not permitted") {
		t.Errorf("an adapter that learned from others, too: %v", err)
	}
	if _, err := os.Stat(share.Dir); err == nil {
		t.Error("something was written")
	}
	share.Purpose = licet.PurposeTrain
	if _, err := a.Disclose(ctx, share); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(share.Dir, "adapter_model.safetensors")); err != nil {
		t.Error(err)
	}
	clean(t, a)
}

// TestASignalIsNotAPerson: Global Privacy Control keeps somebody out who has said
// nothing; their own yes goes before it, and both stay in the log.
func TestASignalIsNotAPerson(t *testing.T) {
	ctx := t.Context()
	s := quayside.Settings(3)
	s.Policy = "recommended"
	a := quayside.New(t, quayside.Config(t.TempDir()), s)
	m := quayside.Member(t, a, "m02")
	used := func() int {
		lines, _, err := a.Explain(ctx, m, licet.PurposeTrain)
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for _, l := range lines {
			n += l.Used
		}
		return n
	}
	if used() == 0 {
		t.Fatal("nothing of theirs is used: the test shows nothing")
	}
	for i, want := range []bool{true, false} {
		if did, err := a.Signal(ctx, m, licet.SignalGPC, true, "web"); err != nil || did != want {
			t.Errorf("heard for the %dth time: %v, %v", i+1, did, err)
		}
	}
	if n := used(); n != 0 {
		t.Errorf("%d records are used against a signal", n)
	}
	if _, err := a.Consent(ctx, m, licet.PurposeTrain, licet.Said{Channel: "web"}); err != nil {
		t.Fatal(err)
	}
	if used() == 0 {
		t.Error("a signal overrules the person")
	}
	state, err := a.Ledger().StateNow(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if st := state.Members[m]; st.Signals[licet.SignalGPC].Channel != "web" || st.Verdict(licet.PurposeTrain) != licet.Permitted {
		t.Errorf("not both are kept: %+v", st)
	}
	if _, err := a.Signal(ctx, m, "smoke", true, "web"); err == nil {
		t.Error("an unknown signal was recorded")
	}
}

// TestASuspectedMinorIsOutUntilSomebodyDecides, and again when they say so anew.
func TestASuspectedMinorIsOutUntilSomebodyDecides(t *testing.T) {
	ctx := t.Context()
	a := quayside.New(t, quayside.Config(t.TempDir()), quayside.Settings(3))
	list, err := a.Suspects(ctx)
	if err != nil || len(list) == 0 {
		t.Fatalf("suspects: %v, %v", list, err)
	}
	m := list[0]
	out := func() bool {
		lines, _, err := a.Explain(ctx, m, licet.PurposeTrain)
		if err != nil {
			t.Fatal(err)
		}
		return slices.ContainsFunc(lines, func(l view.Line) bool { return slices.Contains(l.Reasons, "never-suspected-minor") })
	}
	if !out() {
		t.Fatal("a suspected minor is not out")
	}
	if _, err := a.JudgeAge(ctx, m, true, " "); err == nil {
		t.Error("a decision without a reason was recorded")
	}
	if _, err := a.JudgeAge(ctx, m, true, "saw their passport"); err != nil {
		t.Fatal(err)
	}
	if out() {
		t.Error("decided, and still out")
	}
	who, err := a.Vault().Member(ctx, m)
	if err != nil {
		t.Fatal(err)
	}
	line, err := json.Marshal(map[string]string{"type": "record", "id": "again", "member": who.Ref, "kind": "post", "text": "I am 16 and I know better.", "created": "2025-11-03T10:00:00Z"})
	if err != nil {
		t.Fatal(err)
	}
	bring(t, a, string(line))
	if !out() {
		t.Error("said anew, and not suspected")
	}
	if _, err := a.JudgeAge(ctx, m, false, "asked them"); err != nil {
		t.Fatal(err)
	}
	bring(t, a, `{"type":"delete","record":"again"}`)
	if !out() {
		t.Error("found to be under age, and used")
	}
	if list, err := a.Suspects(ctx); err != nil || slices.Contains(list, m) {
		t.Errorf("decided, and still on the list: %v", err)
	}
	clean(t, a)
}

// TestAStrangersObjectionActsAtOnce: somebody who is no member is a placeholder in
// everybody's texts from the next answer on, and the rebuild equals the clean one. The
// stranger is called what no model of names takes for a name.
func TestAStrangersObjectionActsAtOnce(t *testing.T) {
	ctx := t.Context()
	cfg := quayside.Config(t.TempDir())
	a := quayside.New(t, cfg, quayside.Settings(3))
	bring(t, a, `{"type":"record","id":"about","member":"m02","kind":"post","text":"Yesterday Harbour Lantern built the second gate, and @orsi_q painted it.","created":"2025-11-03T10:00:00Z"}`)
	if _, err := a.Advance(47 * 24 * time.Hour); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Train(ctx, nil); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(corpusOf(t, a)), "Harbour Lantern") {
		t.Fatal("the stranger is not in the corpus: the test shows nothing")
	}
	before, err := a.Served(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for _, called := range []struct {
		what   string
		handle bool
	}{{"harbour LANTERN", false}, {"@orsi_q", true}} {
		s, err := a.Shield(ctx, called.what, called.handle, "test")
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(strings.ToLower(string(s.Event.Body)), "lantern") {
			t.Errorf("the log says whom it shields: %s", s.Event.Body)
		}
	}
	now, err := a.Served(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if now.Exact || now.Adapter == before.Adapter {
		t.Error("what learned the name is still served")
	}
	if _, err := a.Forget(ctx, nil); err != nil {
		t.Fatal(err)
	}
	for _, word := range []string{"Harbour", "Lantern", "orsi_q"} {
		if strings.Contains(string(corpusOf(t, a)), word) {
			t.Errorf("%q is in the corpus", word)
		}
	}
	c, err := a.Clean(ctx, quayside.Config(t.TempDir()), nil)
	if err != nil {
		t.Fatal(err)
	}
	if s, err := a.Served(ctx); err != nil || s.Adapter != c.Adapter {
		t.Errorf("served is not the clean build: %v", err)
	}
	for _, bad := range []string{"", "—", "two words"} {
		if _, err := a.Shield(ctx, bad, true, "test"); err == nil {
			t.Errorf("%q was taken for a handle", bad)
		}
	}
	clean(t, a)
}
