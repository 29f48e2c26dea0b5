package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"time"

	"github.com/spf13/cobra"

	"licet"
	"licet/app"
	"licet/draft"
	"licet/ledger"
	"licet/source/jsonl"
	"licet/testdata/village"
)

// demoStart is when the story begins; its time is invented.
var demoStart = time.Date(2025, 11, 3, 9, 0, 0, 0, time.UTC)

func (c *command) demoCommand() *cobra.Command {
	var once bool
	var listen string
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "The whole story on a fictional community, then its pages",
		Long: `Imports Quayside, a fictional community of 60 people; publishes a notice; lets
time pass while some object; builds, trains and drafts; lets one more object; forgets;
and proves that the result equals a clean build by a separate process. Then it
serves the pages on a loopback port. Time is invented, and the log says so.

It leaves in the data folder: receipts/*.json, log/ and log.pub.`,
		Args: exactly(0, "no argument"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx := cmd.Context()
			if !cmd.Flags().Changed("dir") {
				tmp, err := os.MkdirTemp("", "licet-demo-")
				if err != nil {
					return fmt.Errorf("make a temporary folder: %w", err)
				}
				c.dir = filepath.Join(tmp, "quayside")
			}
			cfg, err := c.config(true)
			if err != nil {
				return err
			}
			start := cfg
			start.Now = func() time.Time { return demoStart }
			a, err := app.Create(ctx, start, app.Settings{
				Origin: "quayside.example/log", Policy: "linkedin-2025", Shards: 4, Slices: 3, Simulated: true,
			})
			if err != nil {
				return err
			}
			d := &demo{command: c, app: a}
			err = d.tell(ctx)
			if err == nil {
				err = d.verdict()
			}
			if err == nil && !once {
				err = c.servePages(ctx, a, listen)
			}
			return errors.Join(err, a.Close())
		},
	}
	cmd.Flags().BoolVar(&once, "once", false, "end with the verdict instead of serving the pages")
	cmd.Flags().StringVar(&listen, "listen", "127.0.0.1:0", "where to serve the pages; port 0 takes a free one")
	return cmd
}

// demo is one telling of the story.
type demo struct {
	*command
	app    *app.App
	proofs int
	broken []string // proofs that did not hold
}

// proof counts a proof, and keeps the ones that do not hold.
func (d *demo) proof(holds bool, what string) {
	d.proofs++
	if !holds {
		d.broken = append(d.broken, what)
	}
}

func (d *demo) verdict() error {
	if len(d.broken) > 0 {
		for _, what := range d.broken {
			d.say("  does not hold: %s", what)
		}
		return fmt.Errorf("%w: %d of %d proofs", errProof, len(d.broken), d.proofs)
	}
	d.say("\nVerdict: all %d proofs hold. Crispin Halloway is out of the model, byte for byte.", d.proofs)
	return nil
}

func (d *demo) tell(ctx context.Context) error {
	for _, part := range []func(context.Context) error{d.beginning, d.window, d.learning, d.objection, d.forgetting, d.clean, d.papers} {
		if err := part(ctx); err != nil {
			return err
		}
	}
	return nil
}

// beginning imports the community and tells it what is planned.
func (d *demo) beginning(ctx context.Context) error {
	d.say("The story is fiction, its time is invented; keys, log, training and proofs are real. Everything is in %s", d.dir)
	sum, err := d.app.Import(ctx, jsonl.FS(village.Files(), "english.jsonl", "french.jsonl"))
	if err != nil {
		return err
	}
	d.say(" 1. Quayside moves in: %d members, %d records, each encrypted under its author's own key.", sum.NewMembers, sum.New)
	n, err := d.app.Notify(ctx, "")
	if err != nil {
		return err
	}
	delivered, err := d.app.Deliver(ctx, []byte("demonstration"))
	if err != nil {
		return err
	}
	d.say(" 2. A notice goes to all %d of them, in English and French: objections count until %s has ended everywhere on Earth.", delivered, n.Deadline)
	return nil
}

// window lets members choose, and time pass.
func (d *demo) window(ctx context.Context) error {
	_, err := d.app.Build(ctx, nil)
	d.proof(errors.Is(err, app.ErrTooEarly), "a build before the deadline is refused")
	if err == nil {
		return errors.New("a build before the deadline was not refused")
	}
	d.say(" 3. The operator tries to begin early. Refused: the window is not over.")
	if _, err := d.app.Advance(20 * 24 * time.Hour); err != nil {
		return err
	}
	objected, consented, err := d.choose(ctx, "before_deadline")
	if err != nil {
		return err
	}
	now, err := d.app.Advance(27 * 24 * time.Hour)
	if err != nil {
		return err
	}
	d.say(" 4. %d members switch it off, %d say yes out loud, the others say nothing. It is now %s: the window is over.", objected, consented, now.Format("2 January 2006"))
	return nil
}

func (d *demo) choose(ctx context.Context, when string) (objected, consented int, err error) {
	choices, err := village.Choices()
	if err != nil {
		return 0, 0, err
	}
	for _, choice := range choices {
		if choice.When != when {
			continue
		}
		m, err := d.app.Find(ctx, village.Platform+"/"+choice.Member)
		if err != nil {
			return 0, 0, err
		}
		state, err := d.app.Ledger().StateNow(ctx)
		if err != nil {
			return 0, 0, err
		}
		said := licet.Said{Channel: "demo", Language: choice.Language, Notice: state.Notice.Notice, Screen: choice.Screen}
		if choice.Choice == "consent" {
			_, err = d.app.Consent(ctx, m.ID, licet.PurposeTrain, said)
			consented++
		} else {
			_, err = d.app.Object(ctx, m.ID, licet.PurposeTrain, said)
			objected++
		}
		if err != nil {
			return 0, 0, err
		}
	}
	return objected, consented, nil
}

// learning builds, trains and drafts.
func (d *demo) learning(ctx context.Context) error {
	b, err := d.app.Build(ctx, d.progress())
	if err != nil {
		return err
	}
	d.say(" 5. Frozen and built: %d of %d records may be learned, in %d shards of %d slices.", b.Built.Passages, b.Records, b.Plan.Shards, b.Plan.Slices)
	r, err := d.app.Train(ctx, d.progress())
	if err != nil {
		return err
	}
	d.say(" 6. Trained on this machine (%s): held-out loss %.3f nats a token; the base, which never read Quayside, has %.3f.", r.Steps, r.Model.Loss, r.Model.BaseLoss)
	d.say(" 7. Drafts, each marked. A model of six million weights writes crudely; the point is whose words it learned from:")
	for _, ask := range []struct{ member, about, kind, role string }{
		{"m02", "This week on the 76", "post", "member"},
		{"m37", "Samedi, la médiathèque", "post", "manager"},
	} {
		if err := d.draft(ctx, ask.member, ask.kind, ask.role, ask.about); err != nil {
			return err
		}
	}
	return nil
}

func (d *demo) draft(ctx context.Context, member, kind, role, about string) error {
	m, err := d.app.Find(ctx, village.Platform+"/"+member)
	if err != nil {
		return err
	}
	k, err := draft.Kind(kind)
	if err != nil {
		return err
	}
	t, err := d.app.Draft(ctx, draft.Request{Member: m.ID, Kind: k, Role: licet.Role(role), About: about, Seed: 7, Tokens: 48}, nil)
	if err != nil {
		return err
	}
	d.say("      %s: %q", m.Name, t.Text)
	d.say("      — %s Others' words: %d of %d runs of five.", t.Label, t.Originality.Shared, t.Originality.Grams)
	return nil
}

// objection is the one that comes after training.
func (d *demo) objection(ctx context.Context) error {
	was, err := d.app.Served(ctx)
	if err != nil {
		return err
	}
	begin := d.Now()
	if _, _, err := d.choose(ctx, "after_training"); err != nil {
		return err
	}
	is, err := d.app.Served(ctx)
	if err != nil {
		return err
	}
	took := d.Now().Sub(begin)
	d.proof(is.Adapter != was.Adapter && !is.Exact, "an objection changes what is served at once")
	loss, err := d.app.Loss(ctx, is, app.HeldOut())
	if err != nil {
		return err
	}
	d.say(" 8. Crispin Halloway objects, too late for any other platform. After %d ms another model is served: %s instead of %s,", took.Milliseconds(), is.Adapter.Short(), was.Adapter.Short())
	d.say("    merged from the checkpoints before the slice that has him (slices kept by shard: %v of %d; held-out loss %.3f).", is.Slices, is.Of, loss)
	return nil
}

func (d *demo) forgetting(ctx context.Context) error {
	begin := d.Now()
	r, err := d.app.Forget(ctx, d.progress())
	if err != nil {
		return err
	}
	s, err := d.app.Served(ctx)
	if err != nil {
		return err
	}
	d.proof(s.Exact && s.Adapter == r.Model.Adapter, "after forgetting, what is served is exact")
	d.say(" 9. Forgotten in %.1f s: %s ran again, %d objects that had learned from him were destroyed. Held-out loss %.3f.", d.Now().Sub(begin).Seconds(), r.Steps, r.Swept, r.Model.Loss)
	return nil
}

// clean compares with a build by another process that never had those who are gone.
func (d *demo) clean(ctx context.Context) error {
	s, err := d.app.Served(ctx)
	if err != nil {
		return err
	}
	exe, err := d.Executable()
	if err != nil {
		return fmt.Errorf("find this program: %w", err)
	}
	into, err := os.MkdirTemp("", "licet-clean-")
	if err != nil {
		return fmt.Errorf("make a temporary folder: %w", err)
	}
	defer func() { _ = os.RemoveAll(into) }()
	cmd := exec.CommandContext(ctx, exe, "--dir", d.dir, "--master-key", d.keyFile, "clean", "--into", filepath.Join(into, "clean"), "--json") //nolint:gosec // this program
	cmd.Env = append(cmd.Environ(), "GOMAXPROCS=1")
	cmd.Stderr = d.Err
	out, err := cmd.Output()
	if err != nil {
		return fmt.Errorf("the clean build: %w", err)
	}
	var digests app.Digests
	if err := json.Unmarshal(out, &digests); err != nil {
		return fmt.Errorf("the clean build's answer: %w", err)
	}
	equal := sameDigests(app.DigestsOf(s.Learned), digests)
	d.proof(equal, "the served model equals the clean build")
	word := "is the same, byte for byte"
	if !equal {
		word = "is NOT the same"
	}
	d.say("10. Another process builds everything from nothing, in another order, on one processor, with him never having written: its model %s %s.", digests.Adapter.Short(), word)
	return nil
}

var canary = regexp.MustCompile(`canary-[a-z0-9]{8}`)

// papers writes what anybody can check, and checks it.
func (d *demo) papers(ctx context.Context) error {
	if err := d.app.Ledger().Export(ctx, filepath.Join(d.dir, "log")); err != nil {
		return err
	}
	report, err := d.app.Audit(ctx)
	if err != nil {
		return err
	}
	d.proof(len(report.Breaches) == 0, "the log's audit finds nothing")
	planted, found, err := d.canaries(ctx)
	if err != nil {
		return err
	}
	d.proof(planted > 0 && found == 0, "no planted secret is in the corpus")
	d.say("11. The log audits clean. Of %d secrets planted in messages, salaries, credentials and payments, %d are in the corpus.", planted, found)
	return d.receipts(ctx)
}

func (d *demo) canaries(ctx context.Context) (planted, found int, err error) {
	var rows []byte
	for r, err := range d.app.Rows(ctx) {
		if err != nil {
			return 0, 0, err
		}
		rows = append(append(rows, r.Text...), '\n')
	}
	texts, err := village.Texts()
	if err != nil {
		return 0, 0, err
	}
	for _, secret := range canary.FindAll(texts, -1) {
		planted++
		if bytes.Contains(rows, secret) {
			found++
		}
	}
	return planted, found, nil
}

// receipts writes one for everybody who chose.
func (d *demo) receipts(ctx context.Context) error {
	choices, err := village.Choices()
	if err != nil {
		return err
	}
	dir := filepath.Join(d.dir, "receipts")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("write receipts: %w", err)
	}
	last := ""
	for _, choice := range choices {
		m, err := d.app.Find(ctx, village.Platform+"/"+choice.Member)
		if err != nil {
			return err
		}
		data, err := d.app.Receipt(ctx, m.ID)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, choice.Member+".json"), data, 0o600); err != nil {
			return fmt.Errorf("write receipts: %w", err)
		}
		v, err := ledger.Verify(data, d.app.Ledger().Verifier())
		d.proof(err == nil, fmt.Sprintf("the receipt of %s (%v)", choice.Member, err))
		if err == nil && len(v.Statements) > 0 {
			last = v.Statements[len(v.Statements)-1].What
		}
	}
	d.say("12. %d receipts are in %s. Crispin Halloway's ends: %q", len(choices), dir, last)
	d.say("    Anybody checks one without us: licet verify --key %s/log.pub %s/m33.json", d.dir, dir)
	return nil
}
