// Command licet trains generative AI on what a community's members wrote, only
// where it is permitted, and takes a member out again, exactly.
package main

import (
	"context"
	"crypto/rand"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
	"time"

	"licet/cli"
)

func main() {
	// A build makes much that is soon gone: fewer collections cost it a tenth
	// less, as long as there is room. GOGC and GOMEMLIMIT say otherwise.
	if os.Getenv("GOGC") == "" && os.Getenv("GOMEMLIMIT") == "" {
		debug.SetGCPercent(300)
		debug.SetMemoryLimit(880 << 20)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := cli.Run(ctx, cli.Process{
		Args: os.Args[1:], In: os.Stdin, Out: os.Stdout, Err: os.Stderr, Env: os.LookupEnv, Now: time.Now, Random: rand.Reader,
		Executable: os.Executable,
	})
	stop()
	os.Exit(code)
}
