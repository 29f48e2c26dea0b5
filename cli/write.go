package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"licet"
	"licet/app"
	"licet/draft"
)

func (c *command) draftCommand() *cobra.Command {
	var role string
	var seed uint64
	cmd := &cobra.Command{
		Use:   `draft post|comment|message|job-offer|application --as ID "what it is about"`,
		Short: "Write a draft with the served model",
		Args:  exactly(2, "a kind and what it is about"),
	}
	cmd.Flags().StringVar(&role, "in-the-manner-of", string(licet.RoleMember), "member, manager or recruiter")
	cmd.Flags().Uint64Var(&seed, "seed", 1, "another seed writes another draft")
	return c.forMember(cmd, "as", func(ctx context.Context, a *app.App, m licet.Member, args []string) error {
		kind, err := draft.Kind(args[0])
		if err != nil {
			return usageError{err}
		}
		d, err := a.Draft(ctx, draft.Request{Member: m.ID, Kind: kind, Role: licet.Role(role), About: args[1], Seed: seed}, nil)
		if err != nil {
			return err
		}
		c.say("%s\n", d.Text)
		c.say("— %s", d.Label)
		c.say("  originality: %d of %d runs of five words were written by two or more other members", d.Originality.Shared, d.Originality.Grams)
		c.say("  %d drafts left this month", d.Left)
		return nil
	})
}

func (c *command) matchCommand() *cobra.Command {
	match := &cobra.Command{Use: "match", Short: "Suggest people worth knowing"}
	var limit int
	people := &cobra.Command{Use: "people --as ID", Short: "Who shares most with a member, and what"}
	people.Flags().IntVar(&limit, "limit", 5, "how many at most")
	match.AddCommand(c.forMember(people, "as", func(ctx context.Context, a *app.App, m licet.Member, _ []string) error {
		list, err := a.Match(ctx, m.ID, limit)
		if err != nil {
			return err
		}
		if len(list) == 0 {
			c.say("Nobody: either nothing of yours may be used for suggestions, or nobody shares anything with you.")
		}
		for _, s := range list {
			var why []string
			for _, r := range s.Reasons {
				why = append(why, fmt.Sprintf("%s %q (%.2f)", r.Kind, r.What, r.Weight))
			}
			c.say("%s  %.2f: %s", s.Name, s.Score, strings.Join(why, ", "))
		}
		return nil
	}))
	return match
}
