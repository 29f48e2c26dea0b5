package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"time"

	"github.com/spf13/cobra"

	"licet"
	"licet/app"
	"licet/lm"
	"licet/testdata/village"
	"licet/web"
)

// errSimulated says that invented time is not for real people.
var errSimulated = errors.New("the time of this folder is invented, and it holds members of a real platform: it is not served")

func (c *command) serveCommand() *cobra.Command {
	var listen, weights string
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Serve the pages and the API, and forget as soon as somebody objects",
		Args:  exactly(0, "no argument"),
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			if c.weights, err = lm.ParseWeights(weights); err != nil {
				return usageError{err}
			}
			return c.with(cmd.Context(), func(a *app.App) error { return c.servePages(cmd.Context(), a, listen) })
		},
	}
	cmd.Flags().StringVar(&listen, "listen", "127.0.0.1:8080", "the address to listen on; port 0 takes a free one")
	cmd.Flags().StringVar(&weights, "weights", "bf16", "how the model's weights are kept while it writes: bf16, int8 (half the memory, faster) or float32")
	return cmd
}

func (c *command) servePages(ctx context.Context, a *app.App, listen string) error {
	demo := a.Settings().Simulated
	if demo {
		if err := onlyInvented(ctx, a); err != nil {
			return err
		}
	}
	s, err := web.New(a, web.Options{Log: slog.New(slog.NewTextHandler(c.Err, nil)), Demo: demo})
	if err != nil {
		return err
	}
	var config net.ListenConfig
	l, err := config.Listen(ctx, "tcp", listen)
	if err != nil {
		return fmt.Errorf("listen on %s: %w", listen, err)
	}
	c.say("Serving http://%s/ (stop with Ctrl-C)", l.Addr())
	c.say("  members:  http://%s/privacy", l.Addr())
	c.say("  programs: http://%s/v1/models and /v1/chat/completions (OpenAI-compatible; a pass: licet sign-in --dir %s --member …)", l.Addr(), c.dir)
	return s.Serve(ctx, l)
}

// onlyInvented refuses to serve invented time to anybody but invented people.
func onlyInvented(ctx context.Context, a *app.App) error {
	for m, err := range a.Vault().Members(ctx) {
		if err != nil {
			return err
		}
		if m.Platform != licet.Platform(village.Platform) {
			return fmt.Errorf("%w (platform %q)", errSimulated, m.Platform)
		}
	}
	return nil
}

func (c *command) signInCommand() *cobra.Command {
	var lasts time.Duration
	cmd := &cobra.Command{Use: "sign-in --member ID", Short: "Print a pass with which a member signs in, or a program acts for them"}
	cmd.Flags().DurationVar(&lasts, "for", time.Hour, "how long the pass is valid")
	return c.forMember(cmd, "member", func(_ context.Context, a *app.App, m licet.Member, _ []string) error {
		c.say("%s", web.Pass(a, m.ID, a.Now().Add(lasts)))
		return nil
	})
}
