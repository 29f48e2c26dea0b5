package app_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"licet"
	"licet/app"
	"licet/internal/db"
	"licet/internal/quayside"
	"licet/ledger"
	"licet/ledger/smt"
)

// forge is a tampered log in the making: every event of an honest one, opened.
type forge struct {
	t      *testing.T
	a      *app.App
	events []licet.Event
}

func (f *forge) find(kind licet.EventType, m licet.MemberID) int {
	f.t.Helper()
	i := slices.IndexFunc(f.events, func(e licet.Event) bool { return e.Type == kind && (m == "" || e.Member == m) })
	if i < 0 {
		f.t.Fatalf("no event %s", kind)
	}
	return i
}

func (f *forge) drop(i int) { f.events = slices.Delete(f.events, i, i+1) }

func (f *forge) insert(i int, kind licet.EventType, m licet.MemberID, body any) {
	f.events = slices.Insert(f.events, i, licet.Event{Time: f.events[i-1].Time, Type: kind, Member: m, Body: f.json(body)})
}

func (f *forge) json(body any) json.RawMessage {
	f.t.Helper()
	data, err := json.Marshal(body)
	if err != nil {
		f.t.Fatal(err)
	}
	return data
}

// change rewrites the body of an event.
func change[B any](f *forge, i int, edit func(*B)) {
	f.t.Helper()
	body, err := licet.BodyOf[B](f.events[i])
	if err != nil {
		f.t.Fatal(err)
	}
	edit(&body)
	f.events[i].Body = f.json(body)
}

// resign writes the events as a new log in the same folder, with the real keys: every
// leaf, every hash and every signature of it holds.
func (f *forge) resign() {
	f.t.Helper()
	ctx := context.WithoutCancel(f.t.Context())
	must := func(err error) {
		f.t.Helper()
		if err != nil {
			f.t.Fatal(err)
		}
	}
	d, err := db.Open(ctx, filepath.Join(f.a.Dir(), "licet.db"), db.Options{Sync: "OFF"})
	must(err)
	defer func() { must(d.Close()) }()
	for _, s := range []string{"DROP TRIGGER events_keep", "DROP TRIGGER events_stay", "DELETE FROM events", "DELETE FROM hashes", "DELETE FROM checkpoints"} {
		_, err := d.ExecContext(ctx, s)
		must(err)
	}
	must(os.Remove(filepath.Join(f.a.Dir(), "checkpoint")))
	now := f.events[0].Time
	l, err := ledger.Open(ctx, d, ledger.Options{
		Keys: f.a.Keys(), Seed: f.a.Keys().Signing(), Origin: f.a.Ledger().Origin(), Simulated: true, Now: func() time.Time { return now },
		Checkpoint: filepath.Join(f.a.Dir(), "checkpoint"),
	})
	must(err)
	for _, e := range f.events[1:] {
		now = e.Time
		_, err := l.Do(ctx, func(context.Context, *sql.Tx, uint64) ([]licet.Event, error) {
			return []licet.Event{{Type: e.Type, Member: e.Member, Body: e.Body}}, nil
		})
		must(err)
	}
}

// honest is a folder whose log has everything that can be tampered with: an objection
// before the freeze and one after, a model, a disclosure, a rebuild.
func honest(t *testing.T) string {
	t.Helper()
	ctx := t.Context()
	a := quayside.Trained(t, quayside.Config(t.TempDir()), quayside.Settings(3))
	if _, err := a.Disclose(ctx, app.Disclosure{Recipient: "Tollgate Computing", Purpose: licet.PurposeTrain, Basis: "contract", What: app.GiveCorpus, Dir: filepath.Join(t.TempDir(), "out")}); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Object(ctx, quayside.Member(t, a, "m33"), licet.PurposeTrain, licet.Said{Channel: "test"}); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Forget(ctx, nil); err != nil {
		t.Fatal(err)
	}
	report, err := a.Audit(ctx)
	if err != nil || len(report.Breaches) > 0 {
		t.Fatalf("the honest log: %v, %v", report, err)
	}
	public, err := ledger.AuditPublic(ctx, a.Ledger().Fetch, a.Ledger().Verifier())
	if err != nil || len(public.Breaches) > 0 || public.Events != report.Events {
		t.Fatalf("the honest log, its public part: %v, %v", public, err)
	}
	if err := a.Vault().Scrub(ctx); err != nil {
		t.Fatal(err)
	}
	return a.Dir()
}

// TestTamperedLogs makes logs that lie and signs them again with the real key, so
// that only the rules can catch them.
func TestTamperedLogs(t *testing.T) {
	folder := honest(t)
	day := 24 * time.Hour
	for _, c := range []struct {
		name   string
		tamper func(f *forge)
		want   string
		public bool // anybody sees it; else only who opens members' events
	}{
		{"an early build", func(f *forge) {
			i := f.find(licet.EventFrozen, "")
			for ; i < len(f.events); i++ {
				f.events[i].Time = f.events[i].Time.Add(-10 * day)
			}
		}, "had ended everywhere on Earth", true},
		{"a shortened window", func(f *forge) {
			i := f.find(licet.EventNotified, "")
			n, _ := licet.BodyOf[licet.Notified](f.events[i])
			n.Deadline, n.Notice = "2025-12-10", "notice-again"
			f.insert(f.find(licet.EventFrozen, ""), licet.EventNotified, "", n)
		}, "was shortened", true},
		{"no notice", func(f *forge) { f.drop(f.find(licet.EventNotified, "")) }, "frozen without a notice", true},
		{"no delivery", func(f *forge) { f.drop(f.find(licet.EventDelivered, "")) }, "before the notice was delivered", true},
		{"a delivery two weeks before the freeze", func(f *forge) {
			i, frozen := f.find(licet.EventDelivered, ""), f.find(licet.EventFrozen, "")
			e := f.events[i]
			e.Time = f.events[frozen].Time.Add(-14 * day)
			f.events = slices.Insert(f.events, frozen, e)
			f.drop(i)
			for i := f.find(licet.EventFrozen, "") - 2; f.events[i].Time.After(e.Time); i-- {
				f.events[i].Time = e.Time
			}
		}, "had been with members for under 30 days", true},
		{"a notice of another policy", func(f *forge) {
			change(f, f.find(licet.EventNotified, ""), func(n *licet.Notified) { n.Policy = licet.Sum([]byte("another")) })
		}, "of a policy that is not in force", true},
		{"an objection turned into a yes", func(f *forge) {
			i := f.find(licet.EventObjected, "")
			f.events[i].Type = licet.EventConsented
		}, "a root of standings that the choices before it don't give", false},
		{"an objection to something else", func(f *forge) {
			change(f, f.find(licet.EventObjected, ""), func(o *licet.Objected) { o.Purpose = licet.PurposeMatch })
		}, "a root of standings that the choices before it don't give", false},
		{"a dropped objection", func(f *forge) { f.drop(f.find(licet.EventObjected, "")) }, "which is no freeze", true},
		{"a dropped objection, positions mended", func(f *forge) {
			i := f.find(licet.EventObjected, "")
			f.events[i] = licet.Event{Time: f.events[i].Time, Type: licet.EventIngested, Member: f.events[i].Member, Body: f.json(licet.Ingested{})}
		}, "a root of standings that the choices before it don't give", false},
		{"another root of standings", func(f *forge) {
			change(f, f.find(licet.EventFrozen, ""), func(b *licet.Frozen) { b.Standings = licet.Sum([]byte("another")) })
		}, "a root of standings that the choices before it don't give", false},
		{"an objector in the corpus, all else made to fit", func(f *forge) {
			// The objection of somebody in the first corpus is moved before the freeze, and the root of the freeze made anew.
			late := f.find(licet.EventObjected, quayside.Member(f.t, f.a, "m33"))
			e := f.events[late]
			at := f.find(licet.EventDelivered, "")
			seq := f.events[at].Seq
			e.Time = f.events[at].Time
			f.drop(late)
			f.events = slices.Insert(f.events, at+1, e)
			folder := licet.NewFolder(licet.State{})
			for i := range f.events {
				f.events[i].Seq = uint64(i)
				switch f.events[i].Type {
				case licet.EventFrozen:
					root, err := ledger.StandingsRoot(licet.NewFolder(folder.State()).State())
					if err != nil {
						f.t.Fatal(err)
					}
					change(f, i, func(b *licet.Frozen) { b.Standings = root })
				case licet.EventBuilt:
					change(f, i, func(b *licet.Built) {
						if b.Frozen > seq {
							b.Frozen++
						}
						if b.At > seq && b.At <= uint64(late) {
							b.At++
						}
					})
				default:
				}
				if err := folder.Fold(f.events[i]); err != nil {
					f.t.Fatal(err)
				}
			}
		}, "has 1 members in its corpus who had objected", false},
		{"a model from a manifest of no freeze", func(f *forge) {
			change(f, f.find(licet.EventBuilt, ""), func(b *licet.Built) { b.Frozen-- })
		}, "which is no freeze", true},
		{"another manifest", func(f *forge) {
			change(f, f.find(licet.EventBuilt, ""), func(b *licet.Built) { b.Members = smt.New(nil).Root() })
		}, "another manifest than the one that is kept", false},
		{"an export that the log does not show", func(f *forge) {
			i := f.find(licet.EventDisclosed, "")
			f.events[i].Type, f.events[i].Body = licet.EventDelivered, f.json(licet.Delivered{Notice: f.notice()})
		}, "in a disclosure that the log does not hold", false},
		{"an export that a member can't see", func(f *forge) {
			i := f.find(licet.EventGiven, "")
			f.events[i].Type, f.events[i].Body = licet.EventIngested, f.json(licet.Ingested{})
		}, "can see it", false},
		{"an export of what was not built", func(f *forge) {
			change(f, f.find(licet.EventDisclosed, ""), func(d *licet.Disclosed) { d.Run = licet.Sum([]byte("another")) })
		}, "gave away what was not built", true},
		{"an export for a purpose that nobody was told of", func(f *forge) {
			change(f, f.find(licet.EventDisclosed, ""), func(d *licet.Disclosed) { d.Purpose = licet.PurposeShare })
		}, `gave it for the purpose "train/share"`, true},
		{"consent spread to a new purpose", func(f *forge) {
			change(f, f.find(licet.EventNotified, ""), func(n *licet.Notified) {
				n.Purposes = []licet.Purpose{licet.PurposeTrain, licet.PurposeShare}
			})
			change(f, f.find(licet.EventBuilt, ""), func(b *licet.Built) { b.Purpose = licet.PurposeShare })
		}, "a yes to one purpose is none to another", false},
		{"a corpus for a purpose that nobody was told of", func(f *forge) {
			change(f, f.find(licet.EventBuilt, ""), func(b *licet.Built) { b.Purpose = licet.PurposeMatch })
		}, `built for the purpose "match"`, true},
		{"a model that nobody trained", func(f *forge) {
			change(f, f.find(licet.EventPromoted, ""), func(p *licet.Promoted) { p.Adapter = licet.Sum([]byte("another")) })
		}, "promoted a model that was not trained", true},
		{"forgetting that did not happen", func(f *forge) {
			change(f, f.find(licet.EventForgot, ""), func(b *licet.Forgot) { b.Adapter = licet.Sum([]byte("another")) })
		}, "claims to have forgotten", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			report, public := audited(t, folder, c.tamper)
			if !says(report, c.want) {
				t.Errorf("with openings: %v, want %q", report.Breaches, c.want)
			}
			if says(public, c.want) != c.public {
				t.Errorf("in public: %v, want %q: %v", public.Breaches, c.want, c.public)
			}
			if says(report, "signature") || says(report, "committed to") || says(report, "leaf") || says(report, "tree") {
				t.Errorf("it was not signed again: %v", report.Breaches)
			}
		})
	}
}

func (f *forge) notice() string {
	n, err := licet.BodyOf[licet.Notified](f.events[f.find(licet.EventNotified, "")])
	if err != nil {
		f.t.Fatal(err)
	}
	return n.Notice
}

func says(r *ledger.Report, what string) bool {
	return slices.ContainsFunc(r.Breaches, func(b ledger.Breach) bool { return strings.Contains(b.String(), what) })
}

// forged copies an honest folder and opens its log, to be tampered with.
func forged(t *testing.T, folder string) (f *forge, cfg app.Config) {
	t.Helper()
	ctx := t.Context()
	cfg = quayside.Config(filepath.Join(t.TempDir(), "copy"))
	if err := os.CopyFS(cfg.Dir, os.DirFS(folder)); err != nil {
		t.Fatal(err)
	}
	a, err := app.Open(ctx, cfg)
	if err != nil {
		t.Fatal(err)
	}
	f = &forge{t: t, a: a}
	head, err := a.Ledger().Head(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for e, err := range a.Ledger().Events(ctx, 0, head) {
		if err != nil {
			t.Fatal(err)
		}
		f.events = append(f.events, e)
	}
	return f, cfg
}

// audited tampers with a copy of an honest folder's log, signs it again and audits it.
func audited(t *testing.T, folder string, tamper func(f *forge)) (report, public *ledger.Report) {
	t.Helper()
	ctx := t.Context()
	f, cfg := forged(t, folder)
	tamper(f)
	f.resign()
	if err := f.a.Close(); err != nil {
		t.Fatal(err)
	}
	a, err := app.Open(ctx, cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	}()
	if report, err = a.Audit(ctx); err != nil {
		t.Fatal(err)
	}
	if public, err = ledger.AuditPublic(ctx, a.Ledger().Fetch, a.Ledger().Verifier()); err != nil {
		t.Fatal(err)
	}
	return report, public
}

// TestAForkedTreeIsFound: a log that was written anew, however well, is not the one of
// a checkpoint that somebody kept; nor of the file outside the database.
func TestAForkedTreeIsFound(t *testing.T) {
	ctx := t.Context()
	folder := honest(t)
	kept, err := os.ReadFile(filepath.Join(folder, "checkpoint"))
	if err != nil {
		t.Fatal(err)
	}
	f, cfg := forged(t, folder)
	change(f, f.find(licet.EventDelivered, ""), func(d *licet.Delivered) { d.Members++ })
	f.resign()
	// Nothing in it is against the rules, so that the audit alone finds nothing …
	again, err := ledger.AuditPublic(ctx, f.a.Ledger().Fetch, f.a.Ledger().Verifier())
	if err != nil || len(again.Breaches) > 0 {
		t.Errorf("%v, %v", again, err)
	}
	// … but whoever kept a checkpoint knows, and so does the program where its file was kept.
	again, err = ledger.AuditPublic(ctx, f.a.Ledger().Fetch, f.a.Ledger().Verifier(), kept)
	if err != nil || !says(again, "another tree") {
		t.Errorf("against the checkpoint that was kept: %v, %v", again, err)
	}
	if err := f.a.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(cfg.Dir, "checkpoint"), kept, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := app.Open(ctx, cfg); err == nil || !strings.Contains(err.Error(), "another tree") {
		t.Errorf("opened: %v", err)
	}
}

// TestAnErasureHidesNobodyElse: where somebody was erased after a freeze, everybody
// else's standing is compared all the same; and what can't be is said.
func TestAnErasureHidesNobodyElse(t *testing.T) {
	ctx := t.Context()
	folder := honest(t)
	erased := func(tamper func(f *forge)) (*ledger.Report, string) {
		t.Helper()
		f, cfg := forged(t, folder)
		tamper(f)
		f.resign()
		if err := f.a.Close(); err != nil {
			t.Fatal(err)
		}
		a, err := app.Open(ctx, cfg)
		if err != nil {
			t.Fatal(err)
		}
		defer func() {
			if err := a.Close(); err != nil {
				t.Error(err)
			}
		}()
		if err := a.Erase(ctx, quayside.Member(t, a, "m05")); err != nil {
			t.Fatal(err)
		}
		report, err := a.Audit(ctx)
		if err != nil {
			t.Fatal(err)
		}
		return report, strings.Join(report.Notes, "\n")
	}
	root := func(f *forge) string {
		b, err := licet.BodyOf[licet.Frozen](f.events[f.find(licet.EventFrozen, "")])
		if err != nil {
			t.Fatal(err)
		}
		return filepath.Join(f.a.Dir(), "standings", b.Standings.String()+".json")
	}
	if report, notes := erased(func(*forge) {}); len(report.Breaches) > 0 || !strings.Contains(notes, "of the 60 standings in its root 59 are as the choices before it give them; 1 can't be compared") {
		t.Errorf("an honest log: %v, %s", report.Breaches, notes)
	}
	report, notes := erased(func(f *forge) {
		if err := os.Remove(root(f)); err != nil {
			t.Fatal(err)
		}
	})
	if len(report.Breaches) > 0 || !strings.Contains(notes, "what was kept of it is gone") {
		t.Errorf("nothing was kept: %v, %s", report.Breaches, notes)
	}
	for what, edit := range map[string]func(values map[licet.Digest]licet.Digest){
		"another standing of somebody": func(values map[licet.Digest]licet.Digest) {
			for slot := range values {
				values[slot] = licet.Sum([]byte("another")) // of them all: one is erased
			}
		},
		"two people too many": func(values map[licet.Digest]licet.Digest) {
			values[licet.Sum([]byte("x"))], values[licet.Sum([]byte("y"))] = licet.Digest{}, licet.Digest{}
		},
	} {
		report, _ := erased(func(f *forge) {
			data, err := os.ReadFile(root(f))
			if err != nil {
				t.Fatal(err)
			}
			var values map[licet.Digest]licet.Digest
			if err := json.Unmarshal(data, &values); err != nil {
				t.Fatal(err)
			}
			edit(values)
			change(f, f.find(licet.EventFrozen, ""), func(b *licet.Frozen) { b.Standings = smt.New(values).Root() })
			if err := os.WriteFile(root(f), f.json(values), 0o600); err != nil {
				t.Fatal(err)
			}
		})
		if !says(report, "a root of standings that the choices before it don't give") {
			t.Errorf("%s: %v", what, report.Breaches)
		}
	}
}
