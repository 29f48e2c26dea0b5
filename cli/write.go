package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"licet"
	"licet/app"
	"licet/draft"
)

func (c *command) draftCommand() *cobra.Command {
	var name, role string
	var seed uint64
	cmd := &cobra.Command{
		Use:   `draft post|comment|message|job-offer|application --as ID "what it is about"`,
		Short: "Write a draft with the served model",
		Args:  exactly(2, "a kind and what it is about"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.with(cmd.Context(), func(a *app.App) error {
				m, err := a.Find(cmd.Context(), name)
				if err != nil {
					return err
				}
				kind, err := draft.Kind(args[0])
				if err != nil {
					return usageError{err}
				}
				d, err := a.Draft(cmd.Context(), draft.Request{Member: m.ID, Kind: kind, Role: licet.Role(role), About: args[1], Seed: seed}, nil)
				if err != nil {
					return err
				}
				c.say("%s\n", d.Text)
				c.say("— %s", d.Label)
				c.say("  originality: %d of %d runs of five words were written by two or more other members", d.Originality.Shared, d.Originality.Grams)
				c.say("  %d drafts left this month", d.Left)
				return nil
			})
		},
	}
	cmd.Flags().StringVar(&name, "as", "", "whose draft it is: the platform's id, or platform/id")
	cmd.Flags().StringVar(&role, "in-the-manner-of", string(licet.RoleMember), "member, manager or recruiter")
	cmd.Flags().Uint64Var(&seed, "seed", 1, "another seed writes another draft")
	_ = cmd.MarkFlagRequired("as") // it fails only for a flag that does not exist
	return cmd
}

func (c *command) matchCommand() *cobra.Command {
	match := &cobra.Command{Use: "match", Short: "Suggest people worth knowing"}
	var name string
	var limit int
	people := &cobra.Command{
		Use:   "people --as ID",
		Short: "Who shares most with a member, and what",
		Args:  exactly(0, "no argument but flags"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.with(cmd.Context(), func(a *app.App) error {
				m, err := a.Find(cmd.Context(), name)
				if err != nil {
					return err
				}
				list, err := a.Match(cmd.Context(), m.ID, limit)
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
			})
		},
	}
	people.Flags().StringVar(&name, "as", "", "for whom: the platform's id, or platform/id")
	people.Flags().IntVar(&limit, "limit", 5, "how many at most")
	_ = people.MarkFlagRequired("as") // it fails only for a flag that does not exist
	match.AddCommand(people)
	return match
}

func (c *command) policyCommand() *cobra.Command {
	policy := &cobra.Command{Use: "policy", Short: "The policy in force"}
	var name, purpose string
	explain := &cobra.Command{
		Use:   "explain --member ID",
		Short: "Say what becomes of a member's records, and by which rules",
		Args:  exactly(0, "no argument but flags"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.with(cmd.Context(), func(a *app.App) error {
				m, err := a.Find(cmd.Context(), name)
				if err != nil {
					return err
				}
				lines, regime, err := a.Explain(cmd.Context(), m.ID, licet.Purpose(purpose))
				if err != nil {
					return err
				}
				c.say("Regime %s: %s", regime.ID, regime.Why["en"])
				for _, l := range lines {
					c.say("  %-16s %3d used, %3d not%s", l.Kind, l.Used, l.Unused, because(l.Reasons))
				}
				return nil
			})
		},
	}
	explain.Flags().StringVar(&name, "member", "", "the member: the platform's id, or platform/id")
	explain.Flags().StringVar(&purpose, "purpose", string(licet.PurposeTrain), "train, voice, match, suggest or access")
	_ = explain.MarkFlagRequired("member") // it fails only for a flag that does not exist
	policy.AddCommand(explain)
	return policy
}

func because(reasons []string) string {
	if len(reasons) == 0 {
		return ""
	}
	return ": " + strings.Join(reasons, ", ")
}
