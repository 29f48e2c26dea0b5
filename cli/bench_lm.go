package cli

import (
	"fmt"
	"maps"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"licet/lm/score"
)

func (c *command) benchLMCommand() *cobra.Command {
	var short bool
	var peers, openblas string
	cmd := &cobra.Command{
		Use:   "lm",
		Short: "How fast the language model multiplies, trains and writes",
		Long: `Measures, best of several rounds: training of an adapter of rank 8 on two threads and writing on
one, with random weights of three shapes (1.1M, 5.3M, and SmolLM2's 135M); products of matrices;
the memory of training 135M; opening the bundled base. With --peers, lines of JSON as
bench/lm_peers.py writes them, and --openblas, the program of bench/openblas.c, which is run
in turns with ours, it says how many times their speed that is. Below the floors it ends with
exit code 1. Other work on the machine makes it slower: tokens a second of a processor say
what a quiet one would do.`,
		Args: exactly(0, "no argument but flags"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			others := map[string]score.Peer{}
			if peers != "" {
				f, err := os.Open(peers) //nolint:gosec // the file that was named
				if err != nil {
					return fmt.Errorf("read peers: %w", err)
				}
				defer func() { _ = f.Close() }()
				if others, err = score.ReadPeers(f); err != nil {
					return fmt.Errorf("%s: %w", peers, err)
				}
			}
			return c.benchLM(cmd, score.Options{Now: c.Now, CPU: processorTime, Peak: peakMemory, Short: short}, others, openblas)
		},
	}
	cmd.Flags().BoolVar(&short, "short", false, "fewer rounds")
	cmd.Flags().StringVar(&peers, "peers", "", "a file of what others reach on this machine")
	cmd.Flags().StringVar(&openblas, "openblas", "", "the program of bench/openblas.c")
	return cmd
}

func (c *command) benchLM(cmd *cobra.Command, o score.Options, others map[string]score.Peer, openblas string) error {
	c.say("| what | reached | for each CPU second | floor | the peer | times |")
	c.say("|---|---|---|---|---|---|")
	var below []string
	say := func(r score.Row) { below = append(below, c.sayRow(r, others)...) }
	for r, err := range score.All(cmd.Context(), o) {
		if err != nil {
			return err
		}
		say(r)
	}
	rounds, during := 10, 400*time.Millisecond
	if o.Short {
		rounds = 3
	}
	for _, p := range score.Products {
		r := score.Row{Name: p.Name(), Unit: "GFLOP/s", Ratio: p.Ratio}
		for range rounds { // in turns, so that both meet the same machine
			r.Value = max(r.Value, o.Product(p.Product, during))
			if openblas == "" {
				continue
			}
			got, err := runOpenBLAS(cmd, openblas, p.Product)
			if err != nil {
				return err
			}
			for name, peer := range got {
				if peer.Value > others[name].Value {
					maps.Copy(others, got)
				}
			}
		}
		say(r)
	}
	if len(below) > 0 {
		return fmt.Errorf("%w: %s", errBelow, strings.Join(below, "; "))
	}
	return nil
}

func runOpenBLAS(cmd *cobra.Command, program string, p score.Product) (map[string]score.Peer, error) {
	out, err := exec.CommandContext(cmd.Context(), program, strconv.Itoa(p.Size), strconv.Itoa(p.Threads), "1").Output() //nolint:gosec // the program that was named
	if err != nil {
		return nil, fmt.Errorf("run %s: %w", program, err)
	}
	return score.ReadPeers(strings.NewReader(string(out)))
}

// sayRow prints a row and returns which of its floors it misses.
func (c *command) sayRow(r score.Row, others map[string]score.Peer) (below []string) {
	number := func(v float64) string {
		if v < 10 {
			return strconv.FormatFloat(v, 'f', 3, 64)
		}
		return strconv.FormatFloat(v, 'f', 0, 64)
	}
	var perCPU, floor, peer, times string
	if r.PerCPU > 0 {
		perCPU = number(r.PerCPU)
	}
	if r.Floor > 0 {
		floor = number(r.Floor)
	}
	if !r.OK() {
		below = append(below, fmt.Sprintf("%s: %s %s, want %s", r.Name, number(r.Value), r.Unit, floor))
	}
	name, _, _ := strings.Cut(r.Name, ",") // whatever the weights, the peer's are float32
	if p, ok := others[name]; ok && r.Ratio > 0 {
		ratio := r.Value / p.Value
		peer, times = fmt.Sprintf("%s (%s)", number(p.Value), p.Peer), fmt.Sprintf("%.2f, want %.1f", ratio, r.Ratio)
		if p.PerCPU > 0 && r.PerCPU > 0 {
			times += fmt.Sprintf("; for each CPU second %.2f", r.PerCPU/p.PerCPU)
		}
		if ratio < r.Ratio {
			below = append(below, fmt.Sprintf("%s: %.2f times %s, want %.1f", r.Name, ratio, p.Peer, r.Ratio))
		}
	}
	c.say("| %s | %s %s | %s | %s | %s | %s |", r.Name, number(r.Value), r.Unit, perCPU, floor, peer, times)
	return below
}
