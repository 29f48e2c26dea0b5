// Package cli is the command line: one file a command. It reads flags and
// files, calls app, and says what happened in plain words.
package cli

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"licet/app"
	"licet/draft"
	"licet/ledger"
	"licet/lm"
	"licet/lm/trainbase"
	"licet/source"
)

// Process is what the command line needs of the process that runs it.
type Process struct {
	Args       []string
	In         io.Reader
	Out, Err   io.Writer
	Env        func(string) (string, bool)
	Now        func() time.Time
	Random     io.Reader
	Executable func() (string, error) // to start itself again, as a separate process
}

// The exit codes.
const (
	exitOK      = 0
	exitFailure = 1 // anything else
	exitUsage   = 2 // unknown command or flag
	exitInput   = 3 // bad input: the message names file, line and field
	exitKey     = 4 // wrong or missing master key
	exitLog     = 5 // the log is damaged or does not hold what was claimed
	exitEarly   = 6 // the window is not over
	exitQuota   = 7 // this month's drafts are used up
	exitProof   = 8 // a proof does not hold
)

// errProof says that a proof does not hold.
var errProof = errors.New("the proof does not hold")

// usageError is a wrong flag or argument.
type usageError struct{ error }

// command is what every command shares.
type command struct {
	Process
	dir     string
	keyFile string
	bases   string // the folder of bases; "": in the data folder

	sharedDir string // of public data sets, for measurements

	base *lm.Base // nil: the bundled one

	weights lm.Weights // of the served model while it writes
}

// Run runs one command line and returns its exit code.
func Run(ctx context.Context, p Process) int {
	c := &command{Process: p}
	root := c.root()
	root.SetArgs(p.Args)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return exitOK
	}
	_, _ = fmt.Fprintln(p.Err, "licet:", err)
	return exitCode(err)
}

func exitCode(err error) int {
	var usage usageError
	var input *source.InputError
	switch {
	case errors.As(err, &usage), strings.HasPrefix(err.Error(), "unknown command"), strings.HasPrefix(err.Error(), "required flag"):
		return exitUsage
	case errors.As(err, &input), errors.Is(err, errPolicy), errors.Is(err, trainbase.ErrRecipe), errors.Is(err, trainbase.ErrText):
		return exitInput
	case errors.Is(err, app.ErrMasterKey), errors.Is(err, errNoMaster):
		return exitKey
	case errors.Is(err, ledger.ErrFork), errors.Is(err, ledger.ErrDamaged):
		return exitLog
	case errors.Is(err, app.ErrTooEarly):
		return exitEarly
	case errors.Is(err, draft.ErrQuota):
		return exitQuota
	case errors.Is(err, errProof):
		return exitProof
	}
	return exitFailure
}

func (c *command) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "licet",
		Short: "Train generative AI only where it is permitted, and forget exactly",
		Long: `Licet trains generative AI on what a community's members wrote, only where it is
permitted, and takes a member out again, exactly, when they object.

Begin with "licet demo". Exit codes: 0 done; 1 failure; 2 wrong use; 3 bad input
(file, line and field are named); 4 wrong master key; 5 the log is damaged;
6 the window is not over; 7 quota used up; 8 a proof does not hold.`,
		SilenceUsage: true, SilenceErrors: true,
	}
	root.SetIn(c.In)
	root.SetOut(c.Out)
	root.SetErr(c.Err)
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	dir := "licet-data"
	if d, ok := c.Env("LICET_DIR"); ok {
		dir = d
	}
	root.PersistentFlags().StringVar(&c.dir, "dir", dir, "the data folder (or LICET_DIR)")
	root.PersistentFlags().StringVar(&c.keyFile, "master-key", "", "file with the master key, 32 bytes in hex or base64 (or LICET_MASTER_KEY; default: DIR.key beside the folder)")
	shelf, _ := c.Env("LICET_BASES")
	root.PersistentFlags().StringVar(&c.bases, "bases", shelf, "the folder of bases (or LICET_BASES; default: bases in the data folder)")
	root.AddCommand(c.corpusCommand(),
		c.demoCommand(), c.serveCommand(), c.signInCommand(), c.benchCommand(),
		c.initCommand(), c.importCommand(), c.notifyCommand(), c.deliverCommand(), c.clockCommand(),
		c.objectCommand(), c.consentCommand(), c.shieldCommand(), c.minorsCommand(), c.eraseCommand(),
		c.baseCommand(), c.planCommand(), c.buildCommand(), c.trainCommand(), c.forgetCommand(), c.cleanCommand(),
		c.discloseCommand(), c.recipientsCommand(), c.draftCommand(), c.matchCommand(), c.receiptCommand(), c.verifyCommand(), c.logCommand(), c.policyCommand(),
	)
	return root
}

var errNoMaster = errors.New("no master key")

// master reads the master key from the flag, the environment or the file
// beside the data folder; create makes that file where nothing is given.
func (c *command) master(create bool) (key [32]byte, err error) {
	if c.keyFile == "" {
		if text, ok := c.Env("LICET_MASTER_KEY"); ok {
			return parseMaster("LICET_MASTER_KEY", text)
		}
		c.keyFile = filepath.Clean(c.dir) + ".key"
	}
	data, err := os.ReadFile(c.keyFile)
	if errors.Is(err, os.ErrNotExist) && create {
		if _, err := io.ReadFull(c.Random, key[:]); err != nil {
			return key, fmt.Errorf("make a master key: %w", err)
		}
		if err := os.MkdirAll(filepath.Dir(c.keyFile), 0o700); err != nil {
			return key, fmt.Errorf("make a master key: %w", err)
		}
		if err := os.WriteFile(c.keyFile, []byte(hex.EncodeToString(key[:])+"\n"), 0o600); err != nil {
			return key, fmt.Errorf("make a master key: %w", err)
		}
		return key, nil
	}
	if err != nil {
		return key, fmt.Errorf("%w: give --master-key FILE or set LICET_MASTER_KEY: %w", errNoMaster, err)
	}
	return parseMaster(c.keyFile, string(data))
}

func parseMaster(where, text string) (key [32]byte, err error) {
	text = strings.TrimSpace(text)
	data, err := hex.DecodeString(text)
	if err != nil {
		data, err = base64.StdEncoding.DecodeString(text)
	}
	if err != nil || len(data) != len(key) {
		return key, fmt.Errorf("%w: %s does not hold 32 bytes in hex or base64", errNoMaster, where)
	}
	return [32]byte(data), nil
}

// config says how to open the data folder.
func (c *command) config(create bool) (app.Config, error) {
	key, err := c.master(create)
	return app.Config{Dir: c.dir, Master: key, Now: c.Now, Random: c.Random, Base: c.base, Bases: c.bases, Weights: c.weights}, err
}

// with opens the data folder, runs do and closes it.
func (c *command) with(ctx context.Context, do func(*app.App) error) (err error) {
	cfg, err := c.config(false)
	if err != nil {
		if _, statErr := os.Stat(c.dir); errors.Is(statErr, os.ErrNotExist) {
			return fmt.Errorf("%s: %w: make one with \"licet init\"", c.dir, app.ErrNoFolder)
		}
		return err
	}
	a, err := app.Open(ctx, cfg)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	return do(a)
}

// say writes one line that anybody understands.
func (c *command) say(format string, args ...any) { _, _ = fmt.Fprintf(c.Out, format+"\n", args...) }

func exactly(n int, what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) != n {
			return usageError{fmt.Errorf("%s: want %s; see \"licet %s --help\"", cmd.Name(), what, cmd.Name())}
		}
		return nil
	}
}
