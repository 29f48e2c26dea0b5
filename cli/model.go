package cli

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/spf13/cobra"

	"licet/app"
)

func (c *command) planCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "plan",
		Short: "Say how many shards and slices there will be, and what one objection costs",
		Args:  exactly(0, "no argument"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.with(cmd.Context(), func(a *app.App) error {
				p, tokens, err := a.Plan(cmd.Context())
				if err != nil {
					return err
				}
				base, err := a.Base()
				if err != nil {
					return err
				}
				for _, line := range p.Explain(tokens, app.Speed(base)) {
					c.say("%s", line)
				}
				return nil
			})
		},
	}
}

func (c *command) buildCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "build",
		Short: "Build the corpus of what is permitted; refused before the window is over",
		Args:  exactly(0, "no argument"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.with(cmd.Context(), func(a *app.App) error {
				r, err := a.Build(cmd.Context(), c.progress())
				if err != nil {
					return err
				}
				c.sayCorpus(r)
				return nil
			})
		},
	}
}

func (c *command) sayCorpus(r *app.Result) {
	c.say("Corpus %s: %d of %d records may be learned, %d tokens, %d shards × %d slices.", r.Built.Corpus.Short(), r.Built.Passages, r.Records, r.Tokens, r.Plan.Shards, r.Plan.Slices)
	for _, why := range slices.Sorted(maps.Keys(r.Built.Excluded)) {
		c.say("  left out, %s: %d", why, r.Built.Excluded[why])
	}
}

func (c *command) trainCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "train",
		Short: "Learn from what is permitted, and serve the result",
		Args:  exactly(0, "no argument"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.with(cmd.Context(), func(a *app.App) error {
				r, err := a.Train(cmd.Context(), c.progress())
				if err != nil {
					return err
				}
				c.sayModel(r)
				return nil
			})
		},
	}
}

func (c *command) sayModel(r *app.Result) {
	c.say("Trained %s (%s): %.4f nats a token on held-out text; the base has %.4f.", r.Model.Adapter.Short(), r.Steps, r.Model.Loss, r.Model.BaseLoss)
}

func (c *command) forgetCommand() *cobra.Command {
	var wait bool
	cmd := &cobra.Command{
		Use:   "forget",
		Short: "Rebuild without those who objected, and serve that",
		Args:  exactly(0, "no argument"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.with(cmd.Context(), func(a *app.App) error {
				r, err := a.Forget(cmd.Context(), c.progress())
				if err != nil {
					return err
				}
				if !r.Changed {
					c.say("Nothing to forget: %s is exact.", r.Model.Adapter.Short())
					return nil
				}
				c.sayModel(r)
				c.say("Forgotten: %s ran again; %d objects that had learned from who is gone were destroyed.", r.Steps, r.Swept)
				c.say("%s", r.Model.Adapter)
				return nil
			})
		},
	}
	cmd.Flags().BoolVar(&wait, "wait", true, "wait until it is done")
	return cmd
}

func (c *command) cleanCommand() *cobra.Command {
	var into string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "clean --into DIR",
		Short: "Build the served model again from nothing, and compare",
		Long: `Builds, in an empty folder, what would be served had nobody who is not in the
model ever been here: the others' records are imported in another order, those who
are not in it object first and provide nothing, and every step runs. The digests of
corpus, checkpoints and merged adapter must be those of the served model.`,
		Args: exactly(0, "no argument but flags"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.with(cmd.Context(), func(a *app.App) error {
				var key [32]byte
				if _, err := c.Random.Read(key[:]); err != nil {
					return fmt.Errorf("make a key: %w", err)
				}
				clean, err := a.Clean(cmd.Context(), app.Config{Dir: into, Master: key, Random: c.Random}, c.progress())
				if err != nil {
					return err
				}
				if asJSON {
					return json.NewEncoder(c.Out).Encode(clean)
				}
				s, err := a.Served(cmd.Context())
				if err != nil {
					return err
				}
				if same := sameDigests(app.DigestsOf(s.Learned), clean); !same || !s.Exact {
					return fmt.Errorf("%w: the clean build is %s, served is %s (exact: %v)", errProof, clean.Adapter.Short(), s.Adapter.Short(), s.Exact)
				}
				c.say("Equal: corpus, %d checkpoints and merged adapter %s are those of the clean build.", len(clean.Checkpoints)*(len(clean.Checkpoints[0])-1), clean.Adapter.Short())
				return nil
			})
		},
	}
	cmd.Flags().StringVar(&into, "into", "", "an empty or new folder")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the digests instead of comparing")
	_ = cmd.MarkFlagRequired("into") // it fails only for a flag that does not exist
	return cmd
}

func sameDigests(a, b app.Digests) bool {
	return a.Corpus == b.Corpus && a.Adapter == b.Adapter && slices.Equal(a.Cells, b.Cells) &&
		slices.EqualFunc(a.Checkpoints, b.Checkpoints, slices.Equal)
}
