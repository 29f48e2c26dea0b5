package cli

import (
	"fmt"
	"runtime"
	"strings"
	"time"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"

	"licet/lm/sgemm"
	"licet/lm/trainbase"
)

func (c *command) baseTrainCommand() *cobra.Command {
	var o trainbase.Options
	var recipe, kernel string
	var threads int
	cmd := &cobra.Command{
		Use:   "train --recipe FILE --out DIR",
		Short: "Make a base from a recipe: the same bytes on any machine",
		Long: `Reads the texts that the recipe pins by their SHA-256, trains a base and writes it
with its recipe and its digest. A run that was stopped, however, goes on from its
last checkpoint when the same command is given again, to the same bytes. Texts of
"shared" sources lie below data/ in the folder that --shared or LICET_SHARED names.`,
		Args: exactly(0, "no argument"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			r, err := trainbase.Read(recipe)
			if err != nil {
				return err
			}
			if o.Engine, err = engine(kernel, threads); err != nil {
				return err
			}
			o.Shared = c.sharedDir
			o.Tell = func(what string) { c.say("%s", what) }
			o.Report = c.steps()
			_, done, err := trainbase.Train(cmd.Context(), r, o)
			if err != nil {
				return err
			}
			c.say("%d parameters, %d steps. Wrote %s.", done.Result.Parameters, done.Result.Steps, o.Out)
			c.sayScores(done.Result.Measured, done.Order)
			c.say("digest %s", done.Digest)
			return sameDigest(r, done, o.Steps)
		},
	}
	f := cmd.Flags()
	f.StringVar(&recipe, "recipe", "", "the recipe's file")
	f.StringVar(&o.Out, "out", "", "the folder to write")
	f.IntVar(&o.Steps, "steps", 0, "make the whole run this short; 0 is as long as the recipe says")
	f.IntVar(&o.Every, "every", 200, "steps between checkpoints")
	f.IntVar(&threads, "threads", runtime.GOMAXPROCS(0), "threads; the bytes don't depend on them")
	f.StringVar(&kernel, "kernel", "", "portable, avx2 or avx512; the bytes don't depend on it (default: the fastest here)")
	c.sharedFlag(cmd)
	_ = cmd.MarkFlagRequired("recipe") // the flag is there
	_ = cmd.MarkFlagRequired("out")
	return cmd
}

// sharedFlag adds --shared, the folder of public data sets.
func (c *command) sharedFlag(cmd *cobra.Command) {
	shared, _ := c.Env("LICET_SHARED")
	cmd.Flags().StringVar(&c.sharedDir, "shared", shared, "folder with data/ (or LICET_SHARED)")
}

// engine returns the engine of a kernel's name; "" is the fastest.
func engine(kernel string, threads int) (*sgemm.Engine, error) {
	if threads < 1 {
		return nil, usageError{fmt.Errorf("--threads %d: want at least 1", threads)}
	}
	var have []string
	for _, k := range sgemm.Kernels() {
		if k.String() == kernel {
			return sgemm.New(k, threads), nil
		}
		have = append(have, k.String())
	}
	if kernel == "" {
		return sgemm.Best(threads), nil
	}
	return nil, usageError{fmt.Errorf("--kernel %q: this machine has %s", kernel, strings.Join(have, ", "))}
}

// sameDigest compares with the digest that the recipe states, after a whole run.
func sameDigest(r, done *trainbase.Recipe, steps int) error {
	if r.Digest == "" || steps > 0 {
		return nil
	}
	if r.Digest != done.Digest {
		return fmt.Errorf("the recipe states the digest %s: this is another base", r.Digest)
	}
	return nil
}

// steps draws a bar on a terminal; elsewhere it says a line each half minute.
func (c *command) steps() func(trainbase.Step) {
	if f := c.terminal(); f != nil {
		var bar *progressbar.ProgressBar
		return func(s trainbase.Step) {
			if bar == nil {
				bar = progressbar.NewOptions((s.Total-s.First+1)*s.Tokens, progressbar.OptionSetWriter(f), progressbar.OptionClearOnFinish(),
					progressbar.OptionShowIts(), progressbar.OptionSetItsString("tokens"), progressbar.OptionSetPredictTime(true))
			}
			bar.Describe(fmt.Sprintf("step %d of %d, loss %.3f", s.Done, s.Total, s.Loss))
			_ = bar.Set((s.Done - s.First + 1) * s.Tokens) // a bar that can't be drawn stops nothing
		}
	}
	begin := c.Now()
	var last time.Time
	return func(s trainbase.Step) {
		now := c.Now()
		if now.Sub(last) < 30*time.Second && s.Done < s.Total {
			return
		}
		last = now
		spent := now.Sub(begin).Seconds()
		rate := float64((s.Done-s.First+1)*s.Tokens) / max(spent, 0.001)
		left := time.Duration(float64((s.Total-s.Done)*s.Tokens) / rate * float64(time.Second))
		c.say("step %d of %d: loss %.3f, %.0f tokens/s, %s left", s.Done, s.Total, s.Loss, rate, left.Round(time.Second))
	}
}

// sayScores says what a base's losses are beside those of n-grams.
func (c *command) sayScores(scores []trainbase.Score, order int) {
	if len(scores) == 0 {
		return
	}
	c.say("Perplexity, a token, on held-out text of each kind, and of an n-gram model (Kneser-Ney, order %d) of the same texts:", order)
	for _, s := range scores {
		c.say("  %-2s %-14s %8.2f %8.2f   %d documents, %d tokens, %d characters", s.Language, s.Kind, s.Perplexity, s.OfNGrams, s.Documents, s.Tokens, s.Characters)
	}
}
