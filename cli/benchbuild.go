package cli

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"licet"
	"licet/app"
	"licet/internal/crowd"
)

// batch is how many members one import of the crowd has.
const batch = 500

func (c *command) benchBuildCommand() *cobra.Command {
	var records int
	var keep, profile string
	var scale bool
	cmd := &cobra.Command{
		Use:   "build",
		Short: "How fast a corpus is built, from the vault to Parquet, and again after one objection",
		Long: `Makes up a community (texts that chain the words of digitalgov in --shared), imports it, and
measures: from the vault to cells and to Parquet, on as many cores as GOMAXPROCS says; then
from the commit of one objection to the corpus without that member. Floors for 5,000,000
records: 7 MB/s of text a core, 1 GiB, 1 s; below them it ends with exit code 1.`,
		Args: exactly(0, "no argument but flags"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			dir, err := c.shared("digitalgov")
			if err != nil {
				return err
			}
			people, err := crowd.Read(filepath.Join(dir, "content", "news"))
			if err != nil {
				return err
			}
			tmp := keep
			if tmp == "" {
				if tmp, err = os.MkdirTemp("", "licet-bench-"); err != nil {
					return fmt.Errorf("make a temporary folder: %w", err)
				}
				defer func() { _ = os.RemoveAll(tmp) }()
			}
			return c.benchBuild(cmd, people, max(1, records/crowd.PerMember), tmp, profile, scale)
		},
	}
	cmd.Flags().IntVar(&records, "records", 100_000, "how many records")
	cmd.Flags().BoolVar(&scale, "scale", false, "then also time the cells on one core and on all")
	cmd.Flags().StringVar(&profile, "profile", "", "a file for a profile of the processor, for go tool pprof")
	cmd.Flags().StringVar(&keep, "keep", "", "a folder for the community, which is used again where it is there; default: a temporary one")
	return cmd
}

func (c *command) benchBuild(cmd *cobra.Command, people *crowd.Crowd, members int, tmp, profile string, scale bool) error {
	ctx := cmd.Context()
	data := filepath.Join(tmp, fmt.Sprintf("crowd-%d", members))
	key := licet.Sum([]byte("licet bench"))
	cfg := app.Config{Dir: data, Now: c.Now, Random: c.Random, CarryOver: &app.CarryOver{Community: key[:], Directory: []byte("[]")}, Sync: "OFF"}
	if _, err := os.Stat(filepath.Join(data, "ready")); err != nil {
		if err := c.makeCrowd(cmd, cfg, people, members); err != nil {
			return err
		}
	}
	cfg.Sync = ""
	a, err := app.Open(ctx, cfg)
	if err != nil {
		return err
	}
	defer func() { _ = a.Close() }()
	state, err := a.Ledger().StateNow(ctx) // what a server that runs has read long ago
	if err != nil {
		return err
	}
	var who licet.MemberID
	for _, m := range slices.Sorted(maps.Keys(state.Members)) {
		if who = m; state.Members[m].Verdict(licet.PurposeTrain) == licet.Undecided {
			break
		}
	}
	out, err := os.MkdirTemp(tmp, "out-")
	if err != nil {
		return fmt.Errorf("make a temporary folder: %w", err)
	}
	defer func() { _ = os.RemoveAll(out) }()
	if profile != "" {
		f, err := os.Create(profile) //nolint:gosec // the file that was named
		if err != nil {
			return fmt.Errorf("write the profile: %w", err)
		}
		defer func() { _ = f.Close() }()
		if err := pprof.StartCPUProfile(f); err != nil {
			return fmt.Errorf("write the profile: %w", err)
		}
		defer pprof.StopCPUProfile()
	}
	t, err := a.TimeBuild(ctx, out, who, processorTime, c.progress())
	if err != nil {
		return err
	}
	if scale {
		if err := c.sayScale(ctx, a); err != nil {
			return err
		}
	}
	return c.sayTiming(t, float64(people.Bytes(members))/1e6)
}

// sayScale says how much faster all cores are than one.
func (c *command) sayScale(ctx context.Context, a *app.App) error {
	cores := runtime.GOMAXPROCS(1)
	one, err := a.TimeCells(ctx)
	runtime.GOMAXPROCS(cores)
	if err != nil {
		return err
	}
	all, err := a.TimeCells(ctx)
	if err == nil {
		c.say("Cells took %.1f s on one core and %.1f s on %d: %.2f times as fast.", one.Seconds(), all.Seconds(), cores, one.Seconds()/all.Seconds())
	}
	return err
}

// makeCrowd imports a community and waits until its window is over.
func (c *command) makeCrowd(cmd *cobra.Command, cfg app.Config, people *crowd.Crowd, members int) (err error) {
	ctx := cmd.Context()
	if err := os.RemoveAll(cfg.Dir); err != nil {
		return fmt.Errorf("make room: %w", err)
	}
	a, err := app.Create(ctx, cfg, app.Settings{Origin: "bench.example/log", Policy: "linkedin-2025", Simulated: true})
	if err != nil {
		return err
	}
	defer func() { _ = a.Close() }()
	progress := c.progress()
	for from := 0; from < members; from += batch {
		if _, err := a.Import(ctx, people.Members(from, min(from+batch, members))); err != nil {
			return err
		}
		if progress != nil {
			progress("importing", min(from+batch, members), members)
		}
	}
	if _, err := a.Notify(ctx, ""); err != nil {
		return err
	}
	if _, err := a.Deliver(ctx, []byte("bench")); err != nil {
		return err
	}
	const window = 60 * 24 * time.Hour
	if _, err := a.Advance(window); err != nil {
		return err
	}
	if _, err := a.Freeze(ctx); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(cfg.Dir, "ready"), nil, 0o600); err != nil {
		return fmt.Errorf("make a community: %w", err)
	}
	return nil
}

// The floors of a build.
const (
	floorSpeed  = 7.0 // MB of text a second and core
	floorMemory = 1 << 30
	floorAgain  = time.Second
)

func (c *command) sayTiming(t app.Timing, size float64) error {
	cores := runtime.GOMAXPROCS(0)
	peak := peakMemory()
	whole := t.Build + t.Write
	speed := size / whole.Seconds()
	c.say("%d records, %.1f MB of text; %d rows in %d shards of %d slices; %d cores.", t.Records, size, t.Rows, t.Shards, t.Slices, cores)
	for _, why := range slices.Sorted(maps.Keys(t.Excluded)) {
		c.say("  left out, %s: %d", why, t.Excluded[why])
	}
	c.say("| from the vault to | seconds | CPU s | MB/s | MB per CPU s |")
	c.say("|---|---|---|---|---|")
	c.say("| cells | %.1f | %.1f | %.1f | %.1f |", t.Build.Seconds(), t.BuildCPU.Seconds(), size/t.Build.Seconds(), size/t.BuildCPU.Seconds())
	c.say("| Parquet | %.1f | %.1f | %.1f | %.1f |", whole.Seconds(), (t.BuildCPU + t.WriteCPU).Seconds(), speed, size/(t.BuildCPU+t.WriteCPU).Seconds())
	c.say("| of which | seconds | CPU s | |\n|---|---|---|---|")
	for _, x := range t.Stages {
		c.say("| %s | %.1f | %.1f | %.2f cores busy |", x.Name, x.Wall.Seconds(), x.CPU.Seconds(), x.CPU.Seconds()/x.Wall.Seconds())
	}
	c.say("One objection: %d of %d cells made again in %.3f s. Peak of the process: %d MiB.", t.AgainCells, t.Cells, t.Again.Seconds(), peak>>20)
	var below []string
	if per := size / (t.BuildCPU + t.WriteCPU).Seconds(); per < floorSpeed {
		below = append(below, fmt.Sprintf("%.1f MB per CPU second, want %.0f", per, floorSpeed))
	}
	if peak > floorMemory {
		below = append(below, fmt.Sprintf("%d MiB, want at most %d", peak>>20, floorMemory>>20))
	}
	if t.Again > floorAgain {
		below = append(below, fmt.Sprintf("%.2f s after an objection, want at most %.0f", t.Again.Seconds(), floorAgain.Seconds()))
	}
	if len(below) > 0 {
		return fmt.Errorf("below the floors: %s", strings.Join(below, "; "))
	}
	return nil
}

// peakMemory is the most that this process has ever had in memory, in bytes; 0 where
// the system does not say.
func peakMemory() int64 {
	data, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(data), "VmHWM:")
	var kib int64
	if _, err := fmt.Sscan(rest, &kib); err != nil {
		return 0
	}
	return kib << 10
}

// shared returns the folder of a public data set below --shared or LICET_SHARED.
func (c *command) shared(name string) (string, error) {
	root := c.sharedDir
	if root == "" {
		root, _ = c.Env("LICET_SHARED")
	}
	dir := filepath.Join(root, "data", name)
	if _, err := os.Stat(dir); root == "" || err != nil {
		return "", usageError{fmt.Errorf("the data set %q is not there: name the folder that holds data/%s with --shared or LICET_SHARED", name, name)}
	}
	return dir, nil
}
