package cli

import (
	"github.com/spf13/cobra"

	"licet"
	"licet/app"
)

func (c *command) objectCommand() *cobra.Command {
	return c.choiceCommand("object", "Record that a member objects", func(cmd *cobra.Command, a *app.App, m licet.Member, p licet.Purpose, said licet.Said) error {
		e, err := a.Object(cmd.Context(), m.ID, p, said)
		if err != nil {
			return err
		}
		c.say("Recorded at position %d of the log: %s objects to %s.", e.Seq, m.Ref, p)
		return nil
	})
}

func (c *command) consentCommand() *cobra.Command {
	return c.choiceCommand("consent", "Record that a member permits", func(cmd *cobra.Command, a *app.App, m licet.Member, p licet.Purpose, said licet.Said) error {
		e, err := a.Consent(cmd.Context(), m.ID, p, said)
		if err != nil {
			return err
		}
		c.say("Recorded at position %d of the log: %s permits %s.", e.Seq, m.Ref, p)
		return nil
	})
}

func (c *command) choiceCommand(use, short string, do func(*cobra.Command, *app.App, licet.Member, licet.Purpose, licet.Said) error) *cobra.Command {
	var name, purpose, language string
	cmd := &cobra.Command{
		Use:   use + " --member ID",
		Short: short,
		Args:  exactly(0, "no argument but flags"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.with(cmd.Context(), func(a *app.App) error {
				m, err := a.Find(cmd.Context(), name)
				if err != nil {
					return err
				}
				state, err := a.Ledger().StateNow(cmd.Context())
				if err != nil {
					return err
				}
				return do(cmd, a, m, licet.Purpose(purpose), licet.Said{Channel: "cli", Language: language, Notice: state.Notice.Notice})
			})
		},
	}
	cmd.Flags().StringVar(&name, "member", "", "the member: the platform's id, or platform/id")
	cmd.Flags().StringVar(&purpose, "purpose", string(licet.PurposeTrain), "train, voice, match, suggest or access")
	cmd.Flags().StringVar(&language, "language", "en", "the language of the screen on which it was said")
	_ = cmd.MarkFlagRequired("member") // it fails only for a flag that does not exist
	return cmd
}

func (c *command) eraseCommand() *cobra.Command {
	var name string
	cmd := &cobra.Command{
		Use:   "erase --member ID",
		Short: "Destroy a member's key and everything they provided",
		Args:  exactly(0, "no argument but flags"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.with(cmd.Context(), func(a *app.App) error {
				m, err := a.Find(cmd.Context(), name)
				if err != nil {
					return err
				}
				if err := a.Erase(cmd.Context(), m.ID); err != nil {
					return err
				}
				c.say("Erased: the key is overwritten, the records are gone. What they had refused stays refused. Run \"licet forget\" for the model.")
				return nil
			})
		},
	}
	cmd.Flags().StringVar(&name, "member", "", "the member: the platform's id, or platform/id")
	_ = cmd.MarkFlagRequired("member") // it fails only for a flag that does not exist
	return cmd
}
