package app_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	mathrand "math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"licet"
	"licet/app"
	"licet/lm"
	"licet/policy"
	"licet/source/jsonl"
	"licet/train"
	"licet/train/gotrain"
)

// TestMain is also the fresh process of the clean side.
func TestMain(m *testing.M) {
	if text := os.Getenv("LICET_TEST_CLEAN"); text != "" {
		if err := cleanProcess(text); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// job is what the clean process is told.
type job struct {
	Dir, Into string
	Strict    bool // the other policy
	Count     int  // for the leaky trainer; 0: an honest one
}

func cleanProcess(text string) error {
	var j job
	if err := json.Unmarshal([]byte(text), &j); err != nil {
		return err
	}
	ctx := context.Background()
	cfg, err := tinyConfig(j.Dir, j.Strict, j.Count)
	if err != nil {
		return err
	}
	a, err := app.Open(ctx, cfg)
	if err != nil {
		return err
	}
	into := cfg
	into.Dir = j.Into
	d, err := a.Clean(ctx, into, nil)
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(d)
}

// runClean builds clean in a fresh process, on one processor.
func runClean(t *testing.T, j job) app.Digests {
	t.Helper()
	text, err := json.Marshal(j)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^$")
	cmd.Env = append(os.Environ(), "LICET_TEST_CLEAN="+string(text), "GOMAXPROCS=1")
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		t.Fatalf("clean process: %v: %s", err, errs.String())
	}
	var d app.Digests
	if err := json.Unmarshal(out.Bytes(), &d); err != nil {
		t.Fatalf("clean process: %v: %s", err, out.String())
	}
	return d
}

func tinyBase() (*lm.Base, error) {
	tok, err := lm.TrainTokenizer(slices.Values([]string{strings.Join(phrases, " ") + strings.Join(phrases, " ")}), 290)
	if err != nil {
		return nil, err
	}
	return lm.NewBase(lm.Config{
		Vocab: tok.Vocab(), Width: 8, Layers: 1, Heads: 2, KVHeads: 1, FFN: 12, Context: 64, RopeTheta: 1e4, NormEps: 1e-5, Tied: true,
	}, tok, 5)
}

func tinyRecipe() lm.Recipe {
	return lm.Recipe{Rank: 2, Alpha: 4, LearningRate: 1e-2, FinalShare: 0.1, Clip: 1, Epochs: 1, Batch: 2, Context: 24, Seed: 3}
}

// leaky is a trainer whose batches depend on how many members there are: it
// claims to be the honest one.
type leaky struct {
	*gotrain.Trainer
	inner *gotrain.Trainer
}

func (l leaky) Slice(ctx context.Context, start []byte, docs [][]int32, report func(done, total int)) ([]byte, error) {
	return l.inner.Slice(ctx, start, docs, report)
}

func tinyConfig(dir string, strict bool, count int) (app.Config, error) {
	base, err := tinyBase()
	if err != nil {
		return app.Config{}, err
	}
	recipe := tinyRecipe()
	cfg := app.Config{Dir: dir, Master: [32]byte{7}, Now: func() time.Time { return start }, Random: rand.Reader, Base: base, Sync: "OFF", Recipe: &recipe}
	if count > 0 {
		cfg.Trainer = func(b *lm.Base, r lm.Recipe) train.Trainer {
			other := r
			other.Batch = 1 + count%4
			return leaky{gotrain.New(b.Threads(1), r), gotrain.New(b.Threads(1), other)}
		}
	}
	if strict {
		cfg.Rules, err = strictPolicy()
	}
	return cfg, err
}

// strictPolicy is the preset and one more exclusion.
func strictPolicy() (*policy.Policy, error) {
	rules, err := os.ReadFile("../policy/presets/linkedin-2025.cedar")
	if err != nil {
		return nil, err
	}
	places, err := os.ReadFile("../policy/presets/linkedin-2025.yaml")
	if err != nil {
		return nil, err
	}
	rules = append(rules, []byte("\n@id(\"never-comments\") forbid (principal, action == Action::\"train\", resource) when { resource.kind == Kind::\"comment\" };\n")...)
	return policy.Parse("strict", rules, places)
}

var start = time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)

var phrases = []string{
	"the pump failed at night", "we moved the valve", "nobody asked the crew", "la pompe est en panne", "rain on the quay", "the boat left without the crew",
	"the queue got shorter", "on recrute une équipe", "a short note on keys", "my first week here", "the budget is late again", "ten years of trams",
}

// sayings are long enough to be quoted without a mark, and to be said nearly the same:
// each is one of a chain in which neighbours are near-duplicates.
var sayings = func() (out []string) {
	words := strings.Fields("when the old pump on the east quay failed for the third time in one winter the crew took it apart by hand cleaned each valve and wrote down what they had found before the inspector came")
	for i := range 6 {
		w := slices.Clone(words)
		for k := range i {
			w[len(w)-1-4*k] = "nobody"
		}
		out = append(out, strings.Join(w, " "))
	}
	return out
}()

// person is what the test itself knows of a member: the oracle.
type person struct {
	id      int
	present bool
	adult   bool
	country string
	refused bool
	yes     bool // said by the person, of training
	signal  bool // a switch of the host site says no for them
	joined  bool // ever
	records map[string]*text

	// at the freeze
	frozenOK, erasedSince bool
}

type text struct {
	kind  string
	words string
	about int // 0: nobody
	late  bool
}

type world struct {
	t      *testing.T
	r      *mathrand.Rand
	a      *app.App
	cfg    app.Config
	people []*person
	next   int
	frozen bool
	strict bool
}

func (w *world) check(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func newWorld(t *testing.T, seed uint64, members, shards, slices, count int) *world {
	t.Helper()
	w := &world{t: t, r: mathrand.New(mathrand.NewPCG(seed, 99))}
	cfg, err := tinyConfig(filepath.Join(scratch(t), "data"), false, count)
	w.check(err)
	w.cfg = cfg
	w.a, err = app.Create(t.Context(), cfg, app.Settings{Origin: "test.example/log", Policy: "linkedin-2025", Shards: shards, Slices: slices, Simulated: true})
	w.check(err)
	t.Cleanup(func() { _ = w.a.Close() })
	for i := range members {
		w.people = append(w.people, &person{id: i + 1, country: "FR", records: map[string]*text{}})
	}
	return w
}

// scratch is a folder in memory where there is one: durability is tested elsewhere.
func scratch(t *testing.T) string {
	t.Helper()
	if _, err := os.Stat("/dev/shm"); err != nil {
		return t.TempDir()
	}
	dir, err := os.MkdirTemp("/dev/shm", "licet-test-")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

func (p *person) ref() string { return fmt.Sprintf("p%d", p.id) }
func (p *person) name() string {
	return fmt.Sprintf("%s Testerson%c", []string{"Ada", "Bo", "Cy"}[p.id%3], 'a'+rune(p.id%26))
}

func (p *person) line() string {
	born := "1980-02-03"
	if !p.adult {
		born = "2012-02-03"
	}
	return fmt.Sprintf(`{"type":"member","id":%q,"name":%q,"handles":["h%d"],"country":%q,"birth_date":%q}`, p.ref(), p.name(), p.id, p.country, born)
}

func (p *person) recordLine(id string) string {
	x := p.records[id]
	about := ""
	if x.about > 0 {
		about = fmt.Sprintf(`,"about":"p%d"`, x.about)
	}
	return fmt.Sprintf(`{"type":"record","id":%q,"member":%q,"kind":%q,"text":%q,"created":"2025-03-%02dT05:06:07Z"%s}`, id, p.ref(), x.kind, x.words, 1+len(x.words)%9, about)
}

// bring imports lines in a random order.
func (w *world) bring(lines ...string) {
	w.t.Helper()
	w.r.Shuffle(len(lines), func(i, j int) { lines[i], lines[j] = lines[j], lines[i] })
	data := `{"type":"exchange","version":1,"platform":"test"}` + "\n" + strings.Join(lines, "\n") + "\n"
	_, err := w.a.Import(w.t.Context(), jsonl.FS(fstest.MapFS{"in": {Data: []byte(data)}}, "in"))
	w.check(err)
}

// all is everything there is, as one import.
func (w *world) all() []string {
	var lines []string
	for _, p := range w.people {
		if !p.present {
			continue
		}
		lines = append(lines, p.line())
		for _, id := range slices.Sorted(maps.Keys(p.records)) {
			lines = append(lines, p.recordLine(id))
		}
	}
	return lines
}

func (w *world) write(p *person) *text {
	x := &text{kind: []string{"post", "post", "comment", "about", "private_message", "recommendation"}[w.r.IntN(6)], late: w.frozen}
	next := w.r.IntN(len(phrases))
	phrase := func() string { // never the same twice in one text: that would be no post
		next++
		return phrases[next%len(phrases)]
	}
	x.words = phrase()
	if w.r.IntN(3) > 0 {
		x.words += " " + phrase() // else: often a duplicate
	}
	other := w.people[w.r.IntN(len(w.people))]
	switch said := sayings[w.r.IntN(len(sayings))]; w.r.IntN(8) {
	case 0: // nearly what others say
		x.words = said
	case 1: // words of others, and more of one's own
		words := strings.Fields(said)
		from := w.r.IntN(len(words) - 12)
		x.words += " " + phrase() + " " + phrase() + " " + strings.Join(words[from:from+9+w.r.IntN(4)], " ") + " so they say"
	}
	switch w.r.IntN(5) {
	case 0:
		x.words += " with " + other.name()
	case 1:
		x.words += fmt.Sprintf(" ask @h%d or h%d", other.id, other.id)
	case 2:
		x.words = "> " + phrase() + "\n" + x.words
	}
	if x.kind == "recommendation" {
		x.about = other.id
	}
	return x
}

// step does one random thing.
func (w *world) step() {
	p := w.people[w.r.IntN(len(w.people))]
	said := licet.Said{Channel: "test"}
	id := licet.MemberID("")
	if p.present {
		m, err := w.a.Find(w.t.Context(), p.ref())
		w.check(err)
		id = m.ID
	}
	if !p.present { // join, or join again
		p.present, p.adult = true, w.r.IntN(6) > 0
		p.joined = true
		lines := []string{p.line()}
		for range 1 + w.r.IntN(3) {
			w.next++
			ref := fmt.Sprintf("r%d", w.next)
			p.records[ref] = w.write(p)
			lines = append(lines, p.recordLine(ref))
		}
		w.bring(lines...)
		return
	}
	ids := slices.Sorted(maps.Keys(p.records))
	switch w.r.IntN(13) {
	case 0:
		_, err := w.a.Object(w.t.Context(), id, licet.PurposeTrain, said)
		w.check(err)
		p.refused, p.yes = true, false
	case 1:
		_, err := w.a.Consent(w.t.Context(), id, licet.PurposeTrain, said)
		w.check(err)
		p.refused, p.yes = false, true
	case 2: // leave
		w.bring(fmt.Sprintf(`{"type":"delete","member":%q}`, p.ref()))
		p.present, p.erasedSince, p.yes, p.signal = false, true, false, false
		clear(p.records)
	case 3, 4:
		w.next++
		ref := fmt.Sprintf("r%d", w.next)
		p.records[ref] = w.write(p)
		w.bring(p.recordLine(ref))
	case 5, 6: // edit
		if len(ids) > 0 {
			ref := ids[w.r.IntN(len(ids))]
			was := *p.records[ref]
			p.records[ref] = w.write(p)
			if now := *p.records[ref]; now.kind == was.kind && now.words == was.words && now.about == was.about {
				p.records[ref] = &was // the same again is no edit
			}
			w.bring(p.recordLine(ref))
		}
	case 7:
		if len(ids) > 0 {
			ref := ids[w.r.IntN(len(ids))]
			delete(p.records, ref)
			w.bring(fmt.Sprintf(`{"type":"delete","record":%q}`, ref))
		}
	case 8:
		p.adult = !p.adult
		w.bring(p.line())
	case 9:
		p.country = []string{"FR", "US", "CA", ""}[w.r.IntN(4)]
		w.bring(p.line())
	case 10:
		w.bring(w.all()...)
	case 11:
		if w.frozen && w.r.IntN(2) == 0 {
			_, err := w.a.Forget(w.t.Context(), nil)
			w.worse(err)
		}
	case 12:
		p.signal = !p.signal
		_, err := w.a.Signal(w.t.Context(), id, licet.SignalHost, p.signal, "test")
		w.check(err)
	}
}

// worse lets a model pass that is worse than its base: tiny ones often are.
func (w *world) worse(err error) {
	w.t.Helper()
	if !errors.Is(err, train.ErrWorse) {
		w.check(err)
	}
}

func (p *person) permitted() bool { return p.present && p.adult && !p.refused && (p.yes || !p.signal) }

// run plays a history and returns the digests of what it ends with.
func (w *world) run() app.Digests {
	ctx := w.t.Context()
	for range 10 + w.r.IntN(25) {
		w.step()
	}
	for _, p := range w.people[:3] { // somebody is always there
		if !p.present {
			p.present, p.adult = true, true
			w.next++
			p.records[fmt.Sprintf("r%d", w.next)] = &text{kind: "post", words: fmt.Sprintf("always %d here on the quay", p.id)}
			lines := []string{p.line()}
			for id := range p.records {
				lines = append(lines, p.recordLine(id))
			}
			w.bring(lines...)
		}
	}
	_, err := w.a.Notify(ctx, "")
	w.check(err)
	_, err = w.a.Deliver(ctx, nil)
	w.check(err)
	_, err = w.a.Advance(60 * 24 * time.Hour)
	w.check(err)
	_, err = w.a.Freeze(ctx)
	w.check(err)
	w.frozen = true
	for _, p := range w.people {
		p.frozenOK, p.erasedSince = p.permitted(), false
	}
	_, err = w.a.Train(ctx, nil)
	w.worse(err)
	for range w.r.IntN(12) {
		w.step()
	}
	if w.r.IntN(4) == 0 { // another policy
		w.check(w.a.Close())
		w.strict = true
		cfg, err := tinyConfig(w.cfg.Dir, true, 0)
		w.check(err)
		cfg.Trainer = w.cfg.Trainer
		w.a, err = app.Open(ctx, cfg)
		w.check(err)
	}
	r, err := w.a.Evaluate(ctx)
	w.check(err)
	w.oracle(r)
	return app.DigestsOf(r.Model)
}

// oracle compares what was admitted with what the test itself says must be.
func (w *world) oracle(r *app.Result) {
	w.t.Helper()
	want := 0
	ok := func(p *person) bool { return p.frozenOK && !p.erasedSince && p.permitted() }
	for _, p := range w.people {
		if !ok(p) {
			continue
		}
		for _, x := range p.records {
			if x.late || x.kind == "private_message" || w.strict && x.kind == "comment" || x.kind == "recommendation" && !ok(w.people[x.about-1]) {
				continue
			}
			want++
		}
	}
	// What is left of a text once others' words are cut may be worth nothing: that is not asked here.
	if got := r.Built.Passages + r.Built.Excluded["duplicate"] + r.Built.Excluded["fragment"]; got != want {
		w.t.Errorf("%d passages are admitted, the test itself counts %d; left out: %v", got, want, r.Built.Excluded)
	}
}

func histories(t *testing.T) int {
	t.Helper()
	if testing.Short() {
		return 8
	}
	if os.Getenv("LICET_LONG") != "" {
		return 1000
	}
	return 500
}

// TestIncrementalIsClean: the law of the house, on random histories. The clean
// side is a fresh process with an empty object store, another order of import
// and one processor.
func TestIncrementalIsClean(t *testing.T) {
	for _, size := range []struct{ members, shards, slices int }{{9, 4, 3}, {16, 16, 8}} {
		for i := range histories(t) {
			t.Run(fmt.Sprintf("%dx%d/%d", size.shards, size.slices, i), func(t *testing.T) {
				t.Parallel()
				w := newWorld(t, uint64(i), size.members, size.shards, size.slices, 0) //nolint:gosec // never negative
				got := w.run()
				want := runClean(t, job{Dir: w.cfg.Dir, Into: filepath.Join(scratch(t), "clean"), Strict: w.strict})
				same(t, got, want)
			})
		}
	}
}

func same(t *testing.T, got, want app.Digests) {
	t.Helper()
	if got.Corpus != want.Corpus || !slices.Equal(got.Cells, want.Cells) {
		t.Error("the corpus is not that of the clean build")
	}
	if got.Adapter != want.Adapter || !slices.EqualFunc(got.Checkpoints, want.Checkpoints, slices.Equal) {
		t.Error("the tensors are not those of the clean build")
	}
}

// TestLeaksAreFound are the negative controls: with one leak planted, the
// comparison of TestIncrementalIsClean must fail.
func TestLeaksAreFound(t *testing.T) {
	t.Run("one extra record", func(t *testing.T) {
		w := newWorld(t, 1, 9, 4, 3, 0)
		got := w.run()
		clean := runClean(t, job{Dir: w.cfg.Dir, Into: filepath.Join(scratch(t), "clean"), Strict: w.strict})
		same(t, got, clean)
		// The same history, and somebody's one more record slips through the freeze.
		w = newWorld(t, 1, 9, 4, 3, 0)
		w.people[0].adult, w.people[0].present = true, true
		w.people[0].records["leak"] = &text{kind: "post", words: "one more record"}
		w.bring(w.people[0].line(), w.people[0].recordLine("leak"))
		if leaked := w.run(); leaked.Corpus == clean.Corpus || leaked.Adapter == clean.Adapter {
			t.Error("one extra record changes nothing: the comparison sees no leak")
		}
	})
	t.Run("a batch boundary that depends on another member", func(t *testing.T) {
		found := false
		for i := range 4 {
			w := newWorld(t, uint64(i), 9, 4, 3, 1) //nolint:gosec // never negative
			got := w.run()
			clean := runClean(t, job{Dir: w.cfg.Dir, Into: filepath.Join(scratch(t), "clean"), Strict: w.strict, Count: 2})
			if got.Corpus != clean.Corpus {
				t.Error("the corpus differs, it should not")
			}
			found = found || got.Adapter != clean.Adapter
		}
		if !found {
			t.Error("batches that depend on a count of members change nothing: the comparison sees no leak")
		}
	})
}
