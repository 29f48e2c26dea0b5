package cli

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"licet"
	"licet/app"
	"licet/ledger"
)

func (c *command) receiptCommand() *cobra.Command {
	var out, every string
	cmd := &cobra.Command{
		Use: "receipt --member ID", Short: "Write a member's receipt",
		Long: `Writes what a member chose, and whether the served model has learned from them, as a
file that anybody checks alone. Where the served model has not and an earlier one had,
that one is in it, too, as long as the file stays within 8 KiB. With --every it also
writes a file for each model that was ever served.`,
	}
	cmd.Flags().StringVar(&every, "every", "", "a folder for a receipt of each model that was ever served")
	cmd.Flags().StringVar(&out, "out", "", "the file to write (default: standard output)")
	return c.forMember(cmd, "member", func(ctx context.Context, a *app.App, m licet.Member, _ []string) error {
		data, err := a.Receipt(ctx, m.ID)
		if err != nil {
			return err
		}
		if every != "" {
			if err := c.everyReceipt(ctx, a, m, every); err != nil {
				return err
			}
		}
		if out == "" {
			_, err = c.Out.Write(data)
			return err
		}
		if err := os.WriteFile(out, data, 0o600); err != nil {
			return fmt.Errorf("write the receipt: %w", err)
		}
		c.say("Wrote %s (%d bytes). Check it with: licet verify --key %s/log.pub %s", out, len(data), c.dir, out)
		return nil
	})
}

func (c *command) everyReceipt(ctx context.Context, a *app.App, m licet.Member, dir string) error {
	all, err := a.EveryReceipt(ctx, m.ID)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("write the receipts: %w", err)
	}
	for _, seq := range slices.Sorted(maps.Keys(all)) {
		name := filepath.Join(dir, fmt.Sprintf("model-%d.json", seq))
		if err := os.WriteFile(name, all[seq], 0o600); err != nil {
			return fmt.Errorf("write the receipts: %w", err)
		}
	}
	c.say("Wrote %d receipts into %s, one for each model that was served.", len(all), dir)
	return nil
}

func (c *command) verifyCommand() *cobra.Command {
	var key string
	var witnesses []string
	cmd := &cobra.Command{
		Use:   "verify --key log.pub RECEIPT",
		Short: "Check a receipt, alone and offline",
		Args:  exactly(1, "one receipt"),
		RunE: func(_ *cobra.Command, args []string) error {
			data, err := os.ReadFile(args[0])
			if err != nil {
				return fmt.Errorf("read the receipt: %w", err)
			}
			pub, err := os.ReadFile(key)
			if err != nil {
				return fmt.Errorf("read the log's key: %w", err)
			}
			keys := make([]string, len(witnesses))
			for i, name := range witnesses {
				text, err := os.ReadFile(name)
				if err != nil {
					return fmt.Errorf("read a witness's key: %w", err)
				}
				keys[i] = strings.TrimSpace(string(text))
			}
			v, err := ledger.Verify(data, strings.TrimSpace(string(pub)), keys...)
			if err != nil {
				return errors.Join(errProof, fmt.Errorf("%s: %w", args[0], err))
			}
			c.say("It holds: every event below is in the log %s of %d events.", v.Origin, v.Events)
			for _, s := range v.Statements {
				c.say("  %s", s.What)
			}
			for _, w := range v.Witnessed {
				c.say("  %s had seen this log, whole and never rewritten, on %s.", w.Witness, w.Time.Format("2 January 2006 15:04:05 UTC"))
			}
			c.say("What it can't show:")
			for _, l := range v.Limits {
				c.say("  %s", l)
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&key, "key", "", "the log's public key, which you have from somewhere else than the receipt")
	_ = cmd.MarkFlagRequired("key") // it fails only for a flag that does not exist
	cmd.Flags().StringSliceVar(&witnesses, "witness", nil, "files with keys of witnesses that you trust: one at least must have signed")
	return cmd
}
