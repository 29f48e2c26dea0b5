package cli

import (
	"context"

	"github.com/spf13/cobra"

	"licet"
	"licet/app"
)

// forMember makes cmd a command about one member, whom a flag names.
func (c *command) forMember(cmd *cobra.Command, flag string, do func(ctx context.Context, a *app.App, m licet.Member, args []string) error) *cobra.Command {
	var name string
	if cmd.Args == nil {
		cmd.Args = exactly(0, "no argument but flags")
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return c.with(cmd.Context(), func(a *app.App) error {
			m, err := a.Find(cmd.Context(), name)
			if err != nil {
				return err
			}
			return do(cmd.Context(), a, m, args)
		})
	}
	cmd.Flags().StringVar(&name, flag, "", "the member: the platform's id, or platform/id")
	_ = cmd.MarkFlagRequired(flag) // it fails only for a flag that does not exist
	return cmd
}

func (c *command) objectCommand() *cobra.Command {
	return c.choiceCommand("object", "Record that a member objects", "objects to", (*app.App).Object)
}

func (c *command) consentCommand() *cobra.Command {
	return c.choiceCommand("consent", "Record that a member permits", "permits", (*app.App).Consent)
}

func (c *command) choiceCommand(use, short, says string, choose func(*app.App, context.Context, licet.MemberID, licet.Purpose, licet.Said) (licet.Event, error)) *cobra.Command {
	var purpose, language string
	cmd := &cobra.Command{Use: use + " --member ID", Short: short}
	cmd.Flags().StringVar(&purpose, "purpose", string(licet.PurposeTrain), purposeNames())
	cmd.Flags().StringVar(&language, "language", "en", "the language of the screen on which it was said")
	return c.forMember(cmd, "member", func(ctx context.Context, a *app.App, m licet.Member, _ []string) error {
		state, err := a.Ledger().StateNow(ctx)
		if err != nil {
			return err
		}
		e, err := choose(a, ctx, m.ID, licet.Purpose(purpose), licet.Said{Channel: "cli", Language: language, Notice: state.Notice.Notice})
		if err != nil {
			return err
		}
		c.say("Recorded at position %d of the log: %s %s %s.", e.Seq, m.Ref, says, purpose)
		return nil
	})
}

func (c *command) eraseCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "erase --member ID", Short: "Destroy a member's key and everything they provided"}
	return c.forMember(cmd, "member", func(ctx context.Context, a *app.App, m licet.Member, _ []string) error {
		if err := a.Erase(ctx, m.ID); err != nil {
			return err
		}
		c.say("Erased: the key is overwritten, the records are gone. What they had refused stays refused. Run \"licet forget\" for the model.")
		return nil
	})
}
