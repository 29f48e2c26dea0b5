package cli

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"licet"
	"licet/app"
)

func (c *command) minorsCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "minors",
		Short: "List members whose own words say that they are under age, until somebody decides",
		Args:  exactly(0, "no argument"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.with(cmd.Context(), func(a *app.App) error {
				list, err := a.Suspects(cmd.Context())
				if err != nil {
					return err
				}
				for _, id := range list {
					m, err := a.Vault().Member(cmd.Context(), id)
					if err != nil {
						return err
					}
					c.say("%s/%s", m.Platform, m.Ref)
				}
				if len(list) == 0 {
					c.say("Nobody.")
				}
				return nil
			})
		},
	}
	var ofAge, under bool
	var reason string
	decide := &cobra.Command{Use: "decide --member ID --of-age|--under-age --reason TEXT", Short: "Decide on a suspected minor; the reason is kept with their data"}
	decide.Flags().BoolVar(&ofAge, "of-age", false, "they are of age: what they wrote before may be used again")
	decide.Flags().BoolVar(&under, "under-age", false, "they are not: nothing of theirs is used, for good")
	decide.Flags().StringVar(&reason, "reason", "", "what was looked at")
	_ = decide.MarkFlagRequired("reason") // it fails only for a flag that does not exist
	cmd.AddCommand(c.forMember(decide, "member", func(ctx context.Context, a *app.App, m licet.Member, _ []string) error {
		if ofAge == under {
			return usageError{errors.New("minors decide: say either --of-age or --under-age")}
		}
		e, err := a.JudgeAge(ctx, m.ID, ofAge, reason)
		if err != nil {
			return err
		}
		c.say("Recorded at position %d of the log.", e.Seq)
		return nil
	}))
	return cmd
}

func (c *command) shieldCommand() *cobra.Command {
	var name, handle string
	cmd := &cobra.Command{
		Use:   "shield --name NAME | --handle HANDLE",
		Short: "Record the objection of somebody who is no member",
		Long: `From here on the name, or the handle, is a placeholder in everybody's texts. The
installation keeps a keyed hash of it and nothing else. What is printed is for the
person: with it, and what they are called, they can show that it was recorded.`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 || (name == "") == (handle == "") {
				return usageError{errors.New("shield: give either --name or --handle")}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.with(cmd.Context(), func(a *app.App) error {
				s, err := a.Shield(cmd.Context(), name+handle, handle != "", "cli")
				if err != nil {
					return err
				}
				c.say("Recorded at position %d of the log. For the person: salt %s.", s.Event.Seq, s.Salt)
				return nil
			})
		},
	}
	cmd.Flags().StringVar(&name, "name", "", "the name, as people write it")
	cmd.Flags().StringVar(&handle, "handle", "", "the handle, with or without @")
	return cmd
}
