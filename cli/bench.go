package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"licet"
	"licet/app"
	"licet/source/jsonl"
	"licet/testdata/village"
)

func (c *command) benchCommand() *cobra.Command {
	bench := &cobra.Command{Use: "bench", Short: "Measurements"}
	var grids []string
	var tokens int
	forget := &cobra.Command{
		Use:   "forget",
		Short: "What forgetting one member costs, and what sharding costs in turn",
		Long: `Trains the community of the data folder clean, and again after one objection, in a
temporary folder; prints the ratio of the costs in tokens and in processor seconds, and the
share of one big adapter's gain on held-out posts that the merged one keeps.
Without --dir it measures the fictional community.`,
		Args: exactly(0, "no argument but flags"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			tmp, err := os.MkdirTemp("", "licet-bench-")
			if err != nil {
				return fmt.Errorf("make a temporary folder: %w", err)
			}
			defer func() { _ = os.RemoveAll(tmp) }()
			measure := func(a *app.App) error { return c.benchForget(cmd, a, filepath.Join(tmp, "objects"), grids, tokens) }
			if cmd.Flags().Changed("dir") {
				return c.with(cmd.Context(), measure)
			}
			// A fixed community key: the same members in the same slices each time.
			key := licet.Sum([]byte("licet bench"))
			a, err := app.Create(cmd.Context(), app.Config{
				Dir: filepath.Join(tmp, "data"), Now: c.Now, Random: c.Random, CarryOver: &app.CarryOver{Community: key[:], Directory: []byte("[]")},
			}, app.Settings{
				Origin: "bench.example/log", Policy: "linkedin-2025", Simulated: true,
			})
			if err != nil {
				return err
			}
			defer func() { _ = a.Close() }()
			if _, err := a.Import(cmd.Context(), jsonl.FS(village.Files(), "english.jsonl", "french.jsonl")); err != nil {
				return err
			}
			return measure(a)
		},
	}
	forget.Flags().StringSliceVar(&grids, "grid", []string{"4x3"}, "shards x slices to measure, such as 4x3; plan: what the plan chooses")
	forget.Flags().IntVar(&tokens, "tokens", 0, "learn from at most so many tokens; 0: all")
	bench.PersistentFlags().StringVar(&c.sharedDir, "shared", "", "the folder of public data sets, which holds data/ (or LICET_SHARED)")
	bench.AddCommand(forget, c.benchRedactCommand(), c.benchLangidCommand(), c.benchQualityCommand(), c.benchNeardupCommand(), c.benchBuildCommand(), c.benchLMCommand())
	return bench
}

func (c *command) benchForget(cmd *cobra.Command, a *app.App, dir string, grids []string, tokens int) error {
	b, err := a.NewBench(cmd.Context(), dir, tokens, processorTime)
	if err != nil {
		return err
	}
	big, err := b.Big(cmd.Context())
	if err != nil {
		return err
	}
	c.say("%d members, %d tokens, %d epochs; held out: one member in eight. Loss in nats a token: base %.3f, one big adapter %.3f (%.0f CPU s).", b.Members, b.Tokens, b.Epochs, b.BaseLoss, b.One, big.Clean.CPU.Seconds())
	c.say("| shards × slices | steps | tokens again / clean | mean over all members | CPU s again / clean | loss | gain kept |")
	c.say("|---|---|---|---|---|---|---|")
	for _, grid := range grids {
		var shards, slices int
		if grid == "plan" {
			shards, slices = b.Plan()
		} else if n, err := fmt.Sscanf(grid, "%dx%d", &shards, &slices); err != nil || n != 2 || shards < 1 || slices < 1 {
			return usageError{fmt.Errorf("grid %q: want shards x slices such as 4x3, or plan", grid)}
		}
		m, err := b.Measure(cmd.Context(), shards, slices)
		if err != nil {
			return err
		}
		c.say("| %d × %d | %s | %.0f / %.0f = %.1f %% | %.1f %% | %.1f / %.1f = %.1f %% | %.3f | %.2f |", m.Shards, m.Slices, m.Steps,
			m.Again.Tokens, m.Clean.Tokens, 100*m.Again.Tokens/m.Clean.Tokens, 100*m.AllAgain/m.Clean.Tokens,
			m.Again.CPU.Seconds(), m.Clean.CPU.Seconds(), 100*m.Again.CPU.Seconds()/m.Clean.CPU.Seconds(), m.Loss, m.Kept)
	}
	return nil
}

// processorTime returns what this process has used of the processors.
func processorTime() time.Duration {
	var use syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &use) != nil {
		return 0
	}
	return time.Duration(use.Utime.Nano() + use.Stime.Nano())
}
