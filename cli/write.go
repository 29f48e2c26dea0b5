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

func (c *command) policyCommand() *cobra.Command {
	policy := &cobra.Command{Use: "policy", Short: "The policy in force"}
	var purpose string
	explain := &cobra.Command{Use: "explain --member ID", Short: "Say what becomes of a member's records, and by which rules"}
	explain.Flags().StringVar(&purpose, "purpose", string(licet.PurposeTrain), "train, voice, match, suggest or access")
	policy.AddCommand(c.forMember(explain, "member", func(ctx context.Context, a *app.App, m licet.Member, _ []string) error {
		lines, regime, err := a.Explain(ctx, m.ID, licet.Purpose(purpose))
		if err != nil {
			return err
		}
		c.say("Regime %s: %s", regime.ID, regime.Why["en"])
		for _, l := range lines {
			c.say("  %-16s %3d used, %3d not%s", l.Kind, l.Used, l.Unused, because(l.Reasons))
		}
		return nil
	}))
	return policy
}

func because(reasons []string) string {
	if len(reasons) == 0 {
		return ""
	}
	return ": " + strings.Join(reasons, ", ")
}
