package cli

import (
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"licet"
	"licet/app"
	"licet/source"
	"licet/source/jsonl"
	"licet/source/stackexchange"
)

func (c *command) initCommand() *cobra.Command {
	var s app.Settings
	var base string
	cmd := &cobra.Command{
		Use:   "init",
		Short: "Make a data folder, its keys and its log",
		Args:  exactly(0, "no argument"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := c.config(true)
			if err != nil {
				return err
			}
			if base != "" {
				e, err := c.shelf().Find(base)
				if err != nil {
					return err
				}
				s.Base = choice(e)
			}
			a, err := app.Create(cmd.Context(), cfg, s)
			if err != nil {
				return err
			}
			c.say("Made %s. Its log is %q under policy %s; its public key is in %s/log.pub.", c.dir, s.Origin, s.Policy, c.dir)
			c.say("The master key stays outside the folder. Keep it apart from backups: without it nothing in the folder can be read.")
			return a.Close()
		},
	}
	f := cmd.Flags()
	f.StringVar(&s.Origin, "origin", "licet.example/log", "the log's name, as verifiers see it")
	f.StringVar(&s.Policy, "policy", "linkedin-2025", "the policy preset")
	f.StringSliceVar(&s.Adults, "adults", nil, "platforms for which you assert that every member is of age (it is recorded)")
	f.StringVar(&base, "base", "", "the base that learning begins with, from \"licet base list\" (default: the bundled one)")
	f.StringVar(&s.Hub, "hub", "", "where \"licet base pull\" gets bases: a mirror of the Hugging Face Hub")
	f.StringVar(&s.HubTokenFile, "hub-token-file", "", "file with the hub's token, for gated bases")
	f.IntVar(&s.Shards, "shards", 0, "shards; 0 chooses from the size of the corpus")
	f.IntVar(&s.Slices, "slices", 0, "slices a shard; 0 chooses")
	f.IntVar(&s.Epochs, "epochs", 0, "epochs a slice; 0 is the default recipe's")
	f.BoolVar(&s.Simulated, "simulated", false, "invent the time: for demonstrations and tests; stamped in the log for ever")
	return cmd
}

func (c *command) importCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "import SOURCE PATH…",
		Short: "Read members and records from a platform, all of it or nothing",
		Long: `Sources: jsonl FILE… (the exchange format, docs/formats/exchange.md) and
stackexchange DIR (a data dump). Reading the same input again changes nothing.`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) < 2 {
				return usageError{fmt.Errorf("import: want a source and a path; see \"licet import --help\"")}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			var src source.Source
			switch args[0] {
			case "jsonl":
				src = jsonl.Open(args[1:]...)
			case "stackexchange":
				if len(args) != 2 {
					return usageError{fmt.Errorf("import stackexchange: want one folder")}
				}
				src = stackexchange.Open(args[1])
			default:
				return usageError{fmt.Errorf("import: unknown source %q: use jsonl or stackexchange", args[0])}
			}
			return c.with(cmd.Context(), func(a *app.App) error {
				sum, err := a.Import(cmd.Context(), src)
				if err != nil {
					return err
				}
				c.say("%s", sum)
				return nil
			})
		},
	}
	return cmd
}

func (c *command) notifyCommand() *cobra.Command {
	var deadline string
	var share bool
	cmd := &cobra.Command{
		Use:   "notify",
		Short: "Publish the notice; the window to object begins",
		Args:  exactly(0, "no argument"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.with(cmd.Context(), func(a *app.App) error {
				var beyond []licet.Purpose
				if share {
					beyond = append(beyond, licet.PurposeShare)
				}
				n, err := a.Notify(cmd.Context(), deadline, beyond...)
				if err != nil {
					return err
				}
				c.say("Published %s. Members can object until the end of %s everywhere on Earth.", n.Notice, n.Deadline)
				return nil
			})
		},
	}
	cmd.Flags().BoolVar(&share, "share", false, "also tell of train/share: giving to others, for ends of their own, what its author permits for that")
	cmd.Flags().StringVar(&deadline, "deadline", "", "the last day to object, YYYY-MM-DD (default: the one that the policy has announced, or in 45 days)")
	return cmd
}

func (c *command) deliverCommand() *cobra.Command {
	var evidence string
	cmd := &cobra.Command{
		Use:   "deliver",
		Short: "Record that the notice reached the members",
		Args:  exactly(0, "no argument"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.with(cmd.Context(), func(a *app.App) error {
				proof := []byte("stated by the operator")
				if evidence != "" {
					data, err := os.ReadFile(evidence)
					if err != nil {
						return fmt.Errorf("read the evidence: %w", err)
					}
					proof = data
				}
				n, err := a.Deliver(cmd.Context(), proof)
				if err != nil {
					return err
				}
				c.say("Recorded: the notice was delivered to %d members.", n)
				if evidence == "" {
					c.say("Nothing shows it but your word, and the log says so: give --evidence next time.")
				}
				return nil
			})
		},
	}
	cmd.Flags().StringVar(&evidence, "evidence", "", "file that shows it (a delivery report); the log keeps its digest")
	return cmd
}

func (c *command) clockCommand() *cobra.Command {
	clock := &cobra.Command{Use: "clock", Short: "The simulated clock"}
	clock.AddCommand(&cobra.Command{
		Use:   "advance DURATION",
		Short: "Move the simulated clock on, for example 1104h",
		Args:  exactly(1, "a duration such as 1104h"),
		RunE: func(cmd *cobra.Command, args []string) error {
			d, err := time.ParseDuration(args[0])
			if err != nil {
				return usageError{err}
			}
			return c.with(cmd.Context(), func(a *app.App) error {
				t, err := a.Advance(d)
				if err != nil {
					return err
				}
				c.say("It is now %s (simulated).", t.Format(time.RFC3339))
				return nil
			})
		},
	})
	return clock
}
