package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"licet/app"
	"licet/ledger"
)

func (c *command) logCommand() *cobra.Command {
	log := &cobra.Command{Use: "log", Short: "The log: audit it, export it"}
	log.AddCommand(c.auditCommand(), c.witnessCommand(), &cobra.Command{
		Use:   "export DIR",
		Short: "Write the public part of the log as files, in the layout of C2SP tlog-tiles",
		Args:  exactly(1, "one folder"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.with(cmd.Context(), func(a *app.App) error {
				if err := a.Ledger().Export(cmd.Context(), args[0]); err != nil {
					return err
				}
				c.say("Wrote %s. Anybody audits it with: licet log audit --key log.pub %s", args[0], args[0])
				return nil
			})
		},
	})
	return log
}

func (c *command) witnessCommand() *cobra.Command {
	var w ledger.Witness
	cmd := &cobra.Command{
		Use:   "witness",
		Short: "Ask witnesses to sign the newest checkpoint, and add one",
		Long: `A witness is somebody else's server that signs checkpoints which continue those it has
seen (C2SP tlog-witness): it proves when the log stood as it stands, and that nobody was
shown another one. With --key and --url one is added, once it has signed; "licet serve"
then asks all of them after every change.`,
		Args: exactly(0, "no argument but flags"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if (w.Key == "") != (w.URL == "") {
				return usageError{errors.New("log witness: a witness has both a --key and a --url")}
			}
			return c.with(cmd.Context(), func(a *app.App) error {
				ask := a.Cosign
				if w.Key != "" {
					ask = func(ctx context.Context) ([]ledger.Cosignature, error) { return a.AddWitness(ctx, w) }
				}
				by, err := ask(cmd.Context())
				for _, s := range by {
					c.say("%s signed at %s.", s.Witness, s.Time.Format(time.RFC3339))
				}
				return err
			})
		},
	}
	cmd.Flags().StringVar(&w.Key, "key", "", "the witness's key, NAME+ID+KEY")
	cmd.Flags().StringVar(&w.URL, "url", "", "its address, below which add-checkpoint is")
	return cmd
}

func (c *command) auditCommand() *cobra.Command {
	var key string
	var since []string
	var openings bool
	cmd := &cobra.Command{
		Use:   "audit [URL|DIR]",
		Short: "Replay a log and print every breach",
		Long: `Replays the public part of a log, in the layout of C2SP tlog-tiles, from an address
such as https://example.org/log or from a folder, with nothing but its key: every
tile, every signature, and the clock that binds the operator. A checkpoint that you
kept (--since) must be a beginning of it: otherwise the log was written anew.

Without an address it is the data folder's own log. There --openings (for who has the
master key: the auditor) also reads members' events, and compares the standings that
each freeze states, and who is in each corpus, with what people chose; it is on unless
you say --openings=false.`,
		Args: func(cmd *cobra.Command, args []string) error {
			switch {
			case len(args) > 1:
				return usageError{errors.New("log audit: want one address or folder, or none")}
			case len(args) == 1 && key == "":
				return usageError{errors.New("log audit: give the log's key (--key), which you have from somewhere else than the log")}
			case len(args) == 1 && openings && cmd.Flags().Changed("openings"):
				return usageError{errors.New("log audit: members' events can be opened in the data folder only: leave the address out")}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			var earlier [][]byte
			for _, name := range since {
				data, err := os.ReadFile(name)
				if err != nil {
					return fmt.Errorf("read an earlier checkpoint: %w", err)
				}
				earlier = append(earlier, data)
			}
			if len(args) == 1 {
				return c.auditPublic(cmd.Context(), args[0], key, earlier)
			}
			return c.with(cmd.Context(), func(a *app.App) error {
				report, err := ledger.AuditPublic(cmd.Context(), a.Ledger().Fetch, a.Ledger().Verifier(), earlier...)
				if err != nil {
					return err
				}
				if openings {
					opened, err := a.Audit(cmd.Context())
					if err != nil {
						return err
					}
					report = merge(report, opened)
				}
				return c.sayReport(report, openings)
			})
		},
	}
	cmd.Flags().StringVar(&key, "key", "", "the log's public key, which you have from somewhere else than the log")
	cmd.Flags().StringSliceVar(&since, "since", nil, "an earlier checkpoint of the log, which you kept")
	cmd.Flags().BoolVar(&openings, "openings", true, "also read members' events with the master key (data folder only)")
	return cmd
}

// merge adds what only openings show.
func merge(public, opened *ledger.Report) *ledger.Report {
	seen := map[ledger.Breach]bool{}
	for _, b := range public.Breaches {
		seen[b] = true
	}
	for _, b := range opened.Breaches {
		if !seen[b] {
			public.Breaches = append(public.Breaches, b)
		}
	}
	public.Notes = append(public.Notes, opened.Notes...)
	return public
}

// sayReport prints what an audit found, and says no more than it looked at.
func (c *command) sayReport(r *ledger.Report, opened bool) error {
	for _, b := range r.Breaches {
		c.say("%s", b)
	}
	for _, n := range r.Notes {
		c.say("note: %s", n)
	}
	if len(r.Breaches) > 0 {
		return fmt.Errorf("%w: %d breaches", ledger.ErrDamaged, len(r.Breaches))
	}
	switch {
	case !opened:
		c.say("Clean: %d events; every hash and signature holds, and every rule that needs no opening of members' events. Nobody's choices were read.", r.Events)
	case len(r.Notes) > 0:
		c.say("Clean: %d events; every hash and signature holds, and every rule but for what the notes above say could not be compared.", r.Events)
	default:
		c.say("Clean: %d events, every hash, signature and rule holds.", r.Events)
	}
	return nil
}

func (c *command) auditPublic(ctx context.Context, where, key string, earlier [][]byte) error {
	pub, err := os.ReadFile(key)
	if err != nil {
		return fmt.Errorf("read the log's key: %w", err)
	}
	fetch := fromDir(where)
	if strings.HasPrefix(where, "https://") || strings.HasPrefix(where, "http://") {
		fetch = fromURL(strings.TrimSuffix(where, "/"))
	}
	report, err := ledger.AuditPublic(ctx, fetch, strings.TrimSpace(string(pub)), earlier...)
	if err != nil {
		return err
	}
	return c.sayReport(report, false)
}

func fromDir(dir string) ledger.Fetch {
	return func(_ context.Context, path string) ([]byte, error) {
		return os.ReadFile(filepath.Join(dir, filepath.FromSlash(path)))
	}
}

// largestTile is more than any tile can hold: 256 leaves of 65,535 bytes.
const largestTile = 1 << 25

func fromURL(base string) ledger.Fetch {
	client := &http.Client{Timeout: time.Minute}
	return func(ctx context.Context, path string) ([]byte, error) {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, base+"/"+path, nil)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		resp, err := client.Do(req)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		defer resp.Body.Close()
		switch resp.StatusCode {
		case http.StatusOK:
		case http.StatusNotFound:
			return nil, fmt.Errorf("%s: %w", path, fs.ErrNotExist)
		default:
			return nil, fmt.Errorf("%s: the server answered %s", path, resp.Status)
		}
		data, err := io.ReadAll(io.LimitReader(resp.Body, largestTile))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		return data, nil
	}
}
