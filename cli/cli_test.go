package cli_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"licet/cli"
	"licet/internal/db"
)

// asCommand makes the test's own binary behave as licet.
const asCommand = "LICET_TEST_AS_COMMAND"

func TestMain(m *testing.M) {
	if os.Getenv(asCommand) != "" {
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
		code := run(ctx)
		stop()
		os.Exit(code)
	}
	testscript.Main(m, map[string]func(){"licet": func() {
		_ = os.Setenv(asCommand, "1") // for the processes that it starts itself
		os.Exit(run(context.Background()))
	}})
}

func run(ctx context.Context) int {
	return cli.Run(ctx, cli.Process{
		Args: os.Args[1:], In: os.Stdin, Out: os.Stdout, Err: os.Stderr, Env: os.LookupEnv, Now: time.Now, Random: rand.Reader, Executable: os.Executable,
	})
}

// command returns a licet that runs in a process of its own.
func command(t *testing.T, dir string, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], append([]string{"--dir", dir}, args...)...)
	cmd.Env = append(os.Environ(), asCommand+"=1")
	return cmd
}

// licet runs one to its end and returns what it said.
func licet(t *testing.T, dir string, args ...string) string {
	t.Helper()
	cmd := command(t, dir, args...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		t.Fatalf("licet %s: %v\n%s%s", strings.Join(args, " "), err, out.String(), errs.String())
	}
	return out.String()
}

// TestScripts runs testdata/script: what a person would type, and what they see.
func TestScripts(t *testing.T) {
	cmds := map[string]func(*testscript.TestScript, bool, []string){"code": code, "tamper": tamper, "flip": flip}
	maps.Copy(cmds, baseCommands(t))
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Cmds:                cmds,
	})
}

// code N COMMAND … runs a command that must end with exit code N.
func code(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: code N command …")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	got := 0
	if err != nil {
		// The error's text is all that testscript hands out.
		if _, scanErr := fmt.Sscanf(err.Error(), "exit status %d", &got); scanErr != nil {
			ts.Fatalf("%v", err)
		}
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

// tamper DATABASE SQL changes a database behind Licet's back.
func tamper(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: tamper database sql")
	}
	d, err := db.Connect(context.Background(), ts.MkAbs(args[0]), db.Options{})
	ts.Check(err)
	for statement := range strings.SplitSeq(args[1], ";") {
		_, err = d.ExecContext(context.Background(), statement)
		ts.Check(err)
	}
	ts.Check(d.Close())
}

// flip FILE WORD changes one letter of the first WORD in a file.
func flip(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: flip file word")
	}
	path := ts.MkAbs(args[0])
	data, err := os.ReadFile(path)
	ts.Check(err)
	at := bytes.Index(data, []byte(args[1]))
	if at < 0 {
		ts.Fatalf("%s does not hold %q", filepath.Base(path), args[1])
	}
	data[at+len(args[1])-1] ^= 1
	ts.Check(os.WriteFile(path, data, 0o600))
}
