package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"licet"
	"licet/app"
)

func (c *command) discloseCommand() *cobra.Command {
	var d app.Disclosure
	var purpose string
	cmd := &cobra.Command{
		Use:   "disclose corpus|adapter --to NAME --basis TEXT --out DIR",
		Short: "Give a corpus or an adapter to somebody outside; there is no other way out",
		Long: `Writes the files for a recipient, after the log has said so: who gets what, for which
purpose, on which basis, and whose words are in it. With --purpose train the recipient
works for you; with --purpose train/share for ends of their own, and only what its
author has permitted for that goes along. Whoever objects later is named in a message
to each recipient: see "licet recipients".`,
		Args: exactly(1, "corpus or adapter"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.with(cmd.Context(), func(a *app.App) error {
				d.What, d.Purpose = args[0], licet.Purpose(purpose)
				e, err := a.Disclose(cmd.Context(), d)
				if err != nil {
					return err
				}
				c.say("Logged at position %d, then written to %s: the %s for %s.", e.Seq, d.Dir, d.What, d.Recipient)
				return nil
			})
		},
	}
	f := cmd.Flags()
	f.StringVar(&d.Recipient, "to", "", "who gets it")
	f.StringVar(&d.Basis, "basis", "", "the lawful basis, in words (GDPR, Article 28 contract of 3 May …)")
	f.StringVar(&purpose, "purpose", string(licet.PurposeTrain), "train, or train/share")
	f.StringVar(&d.Dir, "out", "", "an empty or new folder")
	for _, name := range []string{"to", "basis", "out"} {
		_ = cmd.MarkFlagRequired(name) // it fails only for a flag that does not exist
	}
	return cmd
}

func (c *command) recipientsCommand() *cobra.Command {
	var out string
	cmd := &cobra.Command{
		Use:   "recipients",
		Short: "Say who outside has what, and write the messages that they are owed",
		Long: `Lists every disclosure, and for each recipient who has not heard yet how many members
are gone since. With --out it writes one message a disclosure (GDPR, Article 19) for you
to send; "licet recipients told POSITION" then records that they heard it.`,
		Args: exactly(0, "no argument"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.with(cmd.Context(), func(a *app.App) error { return c.recipients(cmd.Context(), a, out) })
		},
	}
	cmd.Flags().StringVar(&out, "out", "", "a folder for the messages")
	cmd.AddCommand(&cobra.Command{
		Use:   "told MESSAGE.json",
		Short: "Record that a recipient heard a message",
		Args:  exactly(1, "the message, as \"licet recipients --out\" wrote it"),
		RunE: func(cmd *cobra.Command, args []string) error {
			data, err := os.ReadFile(args[0])
			if err != nil {
				return fmt.Errorf("read the message: %w", err)
			}
			var m app.Message
			if err := json.Unmarshal(data, &m); err != nil {
				return fmt.Errorf("%s: %w", args[0], err)
			}
			if m.Recipient == "" {
				return usageError{errors.New("recipients told: that is no message of ours")}
			}
			return c.with(cmd.Context(), func(a *app.App) error {
				if err := a.Told(cmd.Context(), m); err != nil {
					return err
				}
				c.say("Recorded: %s heard of %d members.", m.Recipient, len(m.Delete))
				return nil
			})
		},
	})
	return cmd
}

func (c *command) recipients(ctx context.Context, a *app.App, out string) error {
	list, err := a.Recipients(ctx, "")
	if err != nil {
		return err
	}
	messages, err := a.Messages(ctx)
	if err != nil {
		return err
	}
	owed := map[uint64]int{}
	for _, m := range messages {
		owed[m.Disclosed] = len(m.Delete)
	}
	for _, r := range list {
		c.say("%4d  %s: the %s, %s, %s; words of %d members; not told yet: %d who are gone", r.Seq, r.Recipient, r.What, r.Purpose, r.Basis, r.Members, owed[r.Seq])
	}
	if len(list) == 0 {
		c.say("Nobody outside was given anything.")
	}
	if out == "" {
		return nil
	}
	if err := os.MkdirAll(out, 0o700); err != nil {
		return fmt.Errorf("write the messages: %w", err)
	}
	for _, m := range messages {
		data, err := json.MarshalIndent(m, "", "\t")
		if err != nil {
			return fmt.Errorf("write the messages: %w", err)
		}
		name := filepath.Join(out, fmt.Sprintf("disclosure-%d.json", m.Disclosed))
		if err := os.WriteFile(name, append(data, '\n'), 0o600); err != nil {
			return fmt.Errorf("write the messages: %w", err)
		}
		c.say("Wrote %s for %s.", name, m.Recipient)
	}
	return nil
}
