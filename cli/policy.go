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
	"licet/policy"
)

// errPolicy says that a policy is not sound.
var errPolicy = errors.New("the policy is not sound")

func (c *command) policyCommand() *cobra.Command {
	p := &cobra.Command{Use: "policy", Short: "Policies: check one, compare two, explain a decision"}
	p.AddCommand(c.checkCommand(), c.diffCommand(), c.explainCommand())
	return p
}

// policyText reads a preset by its name, or a policy of one's own by its files:
// PATH.cedar and PATH.yaml.
func policyText(name string) (base string, rules, places []byte, err error) {
	if slices.Contains(policy.Presets(), name) {
		rules, places, err = policy.Text(name)
		return name, rules, places, err
	}
	path := strings.TrimSuffix(name, ".cedar")
	if rules, err = os.ReadFile(path + ".cedar"); err != nil {
		return "", nil, nil, fmt.Errorf("%q is no preset (%s), and its rules can't be read: %w", name, strings.Join(policy.Presets(), ", "), err)
	}
	if places, err = os.ReadFile(path + ".yaml"); err != nil {
		return "", nil, nil, fmt.Errorf("the regimes of %q: %w", name, err)
	}
	return filepath.Base(path), rules, places, nil
}

func (c *command) checkCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "check PRESET|FILE.cedar…",
		Short: "Say everything that is wrong with a policy",
		Long: `Reads FILE.cedar and FILE.yaml beside it, or a preset. Holds the rules to the schema,
asks them every question that can be asked, and names each rule that would permit what
no policy may: messages, salaries, minors, objectors and the like. Holds the regimes
to what members are told of them.`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usageError{fmt.Errorf("policy check: want a preset (%s) or a file", strings.Join(policy.Presets(), ", "))}
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error {
			bad := 0
			for _, name := range args {
				base, rules, places, err := policyText(name)
				if err != nil {
					return err
				}
				problems := policy.Check(base, rules, places)
				for _, p := range problems {
					c.say("%s", p)
				}
				if len(problems) == 0 {
					c.say("%s: sound.", name)
				}
				bad += len(problems)
			}
			if bad > 0 {
				return fmt.Errorf("%w: %d problems", errPolicy, bad)
			}
			return nil
		},
	}
}

func (c *command) diffCommand() *cobra.Command {
	var purpose string
	cmd := &cobra.Command{
		Use:   "diff A B",
		Short: "Count whose decisions change from one policy to another",
		Args:  exactly(2, "two policies"),
		RunE: func(cmd *cobra.Command, args []string) error {
			var both []*policy.Policy
			for _, name := range args {
				base, rules, places, err := policyText(name)
				if err != nil {
					return err
				}
				p, err := policy.Parse(base, rules, places)
				if err != nil {
					return fmt.Errorf("%w: %w", errPolicy, err)
				}
				both = append(both, p)
			}
			return c.with(cmd.Context(), func(a *app.App) error {
				changes, err := a.ComparePolicies(cmd.Context(), both[0], both[1], licet.Purpose(purpose))
				if err != nil {
					return err
				}
				for _, d := range changes {
					word := "forbids"
					if d.Permit {
						word = "permits"
					}
					c.say("%-16s %4d records of %d members: %s %s (%s), was %s", d.Kind, d.Records, d.Members, args[1], word, strings.Join(d.To, ", "), strings.Join(d.From, ", "))
				}
				if len(changes) == 0 {
					c.say("No decision changes.")
				}
				return nil
			})
		},
	}
	cmd.Flags().StringVar(&purpose, "purpose", string(licet.PurposeTrain), purposeNames())
	return cmd
}

// purposeNames lists the purposes, for a flag's help.
func purposeNames() string {
	var names []string
	for _, p := range licet.Purposes() {
		names = append(names, string(p))
	}
	return strings.Join(names, ", ")
}

func (c *command) explainCommand() *cobra.Command {
	var purpose, record string
	explain := &cobra.Command{Use: "explain --member ID [--record ID]", Short: "Say what becomes of a member's records, and by which rules"}
	explain.Flags().StringVar(&purpose, "purpose", string(licet.PurposeTrain), purposeNames())
	explain.Flags().StringVar(&record, "record", "", "one record, by the platform's id: the decision, its rules and what they saw")
	return c.forMember(explain, "member", func(ctx context.Context, a *app.App, m licet.Member, _ []string) error {
		if p := licet.Purpose(purpose); !p.Known() {
			return usageError{fmt.Errorf("there is no purpose %q: use one of %s", purpose, purposeNames())}
		}
		if record != "" {
			line, err := a.ExplainRecord(ctx, m.ID, record, licet.Purpose(purpose))
			if err != nil {
				return err
			}
			word := "Forbidden"
			if line.Decision.Permit {
				word = "Permitted"
			}
			c.say("%s by %s; what decides about the member is: %s.", word, strings.Join(line.Decision.Rules, ", "), line.From)
			if line.Decision.Permit && len(line.Reasons) > 0 {
				c.say("Not used all the same: %s.", strings.Join(line.Reasons, ", "))
			}
			for _, name := range slices.Sorted(maps.Keys(line.Facts)) {
				c.say("  %-16s %s", name, line.Facts[name])
			}
			return nil
		}
		lines, regime, err := a.Explain(ctx, m.ID, licet.Purpose(purpose))
		if err != nil {
			return err
		}
		c.say("Regime %s: %s", regime.ID, regime.Why["en"])
		for _, l := range lines {
			c.say("  %-16s %3d used, %3d not%s", l.Kind, l.Used, l.Unused, because(l.Reasons))
		}
		return nil
	})
}

func because(reasons []string) string {
	if len(reasons) == 0 {
		return ""
	}
	return ": " + strings.Join(reasons, ", ")
}
