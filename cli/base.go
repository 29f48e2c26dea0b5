package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"

	"licet/app"
	"licet/draft"
	"licet/lm"
	"licet/lm/bases"
	"licet/lm/hub"
	"licet/lm/trainbase"
)

func (c *command) baseCommand() *cobra.Command {
	base := &cobra.Command{
		Use:   "base",
		Short: "Get, keep and make the models that learning begins with",
		Long: `A base is a model that no member's text was used for. One comes with the program
and is called "bundled"; others are pulled from the Hugging Face Hub or a mirror,
imported from a folder, or made from a recipe. They are kept in bases/ in the data
folder, or where --bases or LICET_BASES says, for several communities.`,
	}
	base.AddCommand(c.basePullCommand(), c.baseImportCommand(), c.baseListCommand(), c.baseShowCommand(), c.baseUseCommand(), c.baseRemoveCommand(), c.baseTrainCommand())
	return base
}

func (c *command) shelf() *bases.Shelf {
	return bases.Open(app.BasesDir(app.Config{Dir: c.dir, Bases: c.bases}))
}

func choice(e bases.Entry) *app.BaseChoice {
	if e.Name == bases.Bundled {
		return nil
	}
	return &app.BaseChoice{Name: e.Full(), Digest: e.Digest}
}

func (c *command) basePullCommand() *cobra.Command {
	var address, tokenFile string
	cmd := &cobra.Command{
		Use:   "pull ORG/NAME[@REVISION]",
		Short: "Get a base from the Hugging Face Hub or a mirror of it",
		Long: `Asks one host (--hub, LICET_HUB, or the data folder's setting; else huggingface.co)
and the hosts to which it redirects; the token, if any, goes to the first alone.
Only the files that a model is run from come, never code or pickles; each is checked
against the hash that the hub lists. The revision is pinned to its commit. A pull
that was stopped goes on when it is given again; the base appears whole or not at all.`,
		Args: exactly(1, "ORG/NAME or ORG/NAME@REVISION"),
		RunE: func(cmd *cobra.Command, args []string) error {
			ref, err := hub.ParseRef(args[0])
			if err != nil {
				return usageError{err}
			}
			client, err := c.hub(address, tokenFile)
			if err != nil {
				return err
			}
			host, err := client.Host()
			if err != nil {
				return usageError{err}
			}
			c.say("Asking %s for %s, revision %s.", host, ref.Model(), ref.Revision)
			others := map[string]bool{host: true}
			client.Hosts = func(h string) {
				if !others[h] {
					c.say("%s sends us on to %s for files.", host, h)
				}
				others[h] = true
			}
			e, fresh, err := c.shelf().Pull(cmd.Context(), client, ref, c.bytes())
			if err != nil {
				return err
			}
			if !fresh {
				c.say("It is here already: nothing was fetched.")
			}
			c.sayBase(e)
			c.say("Use it with \"licet init --base %s\" or \"licet base use %s\".", e.Full(), e.Full())
			return nil
		},
	}
	cmd.Flags().StringVar(&address, "hub", "", "address of the hub or a mirror, https://HOST (or LICET_HUB)")
	cmd.Flags().StringVar(&tokenFile, "token-file", "", "file with the token for gated models (or LICET_HUB_TOKEN_FILE)")
	return cmd
}

// hub returns the client: of the flags, else of the environment, else of the
// settings, else of the Hugging Face Hub.
func (c *command) hub(address, tokenFile string) (*hub.Client, error) {
	s, err := app.ReadSettings(c.dir)
	if err != nil {
		return nil, err
	}
	first := func(flag, env, setting string) string {
		if flag != "" {
			return flag
		}
		if v, _ := c.Env(env); v != "" {
			return v
		}
		return setting
	}
	client := &hub.Client{URL: first(address, "LICET_HUB", s.Hub), Now: c.Now}
	if name := first(tokenFile, "LICET_HUB_TOKEN_FILE", s.HubTokenFile); name != "" {
		data, err := os.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("read the hub's token: %w", err)
		}
		client.Token = strings.TrimSpace(string(data))
		if client.Token == "" || strings.ContainsFunc(client.Token, func(r rune) bool { return r <= ' ' || r > '~' }) {
			return nil, fmt.Errorf("%s does not hold one token and nothing else", name)
		}
	}
	return client, nil
}

// bytes draws a bar on a terminal; elsewhere it says a line each ten seconds.
func (c *command) bytes() func(done, total int64) {
	if f := c.terminal(); f != nil {
		var bar *progressbar.ProgressBar
		return func(done, total int64) {
			if bar == nil {
				bar = progressbar.NewOptions64(total, progressbar.OptionSetWriter(f), progressbar.OptionShowBytes(true), progressbar.OptionClearOnFinish(), progressbar.OptionSetPredictTime(true))
			}
			_ = bar.Set64(done) // a bar that can't be drawn stops nothing
		}
	}
	var last time.Time
	return func(done, total int64) {
		if now := c.Now(); now.Sub(last) >= 10*time.Second || done == total {
			last = now
			c.say("%s of %s", size(done), size(total))
		}
	}
}

func size(n int64) string {
	switch {
	case n < 1000:
		return fmt.Sprintf("%d bytes", n)
	case n < 1e6:
		return fmt.Sprintf("%.1f kB", float64(n)/1e3)
	case n < 1e9:
		return fmt.Sprintf("%.1f MB", float64(n)/1e6)
	}
	return fmt.Sprintf("%.2f GB", float64(n)/1e9)
}

func (c *command) baseImportCommand() *cobra.Command {
	var name string
	var link bool
	cmd := &cobra.Command{
		Use:   "import DIR",
		Short: "Copy a base from a folder, after checking that it can be run",
		Args:  exactly(1, "a folder"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if name == "" {
				full, err := filepath.Abs(args[0])
				if err != nil {
					return err
				}
				name = filepath.Base(full)
			}
			e, err := c.shelf().Import(cmd.Context(), args[0], name, link)
			if errors.Is(err, bases.ErrName) {
				return usageError{fmt.Errorf("%w: choose another with --name", err)}
			}
			if err != nil {
				return err
			}
			c.sayBase(e)
			return nil
		},
	}
	cmd.Flags().StringVar(&name, "name", "", "its name here (default: the folder's)")
	cmd.Flags().BoolVar(&link, "link", false, "give the files a second name instead of copying them; whoever changes them then damages the base")
	return cmd
}

func (c *command) baseListCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "List the bases that are here",
		Args:  exactly(0, "no argument"),
		RunE: func(*cobra.Command, []string) error {
			list, err := c.shelf().List()
			if err != nil {
				return err
			}
			s, err := app.ReadSettings(c.dir)
			if err != nil {
				return err
			}
			for _, e := range list {
				used := ""
				if uses(s, e) {
					used = ", used by this community"
				}
				where := "in the program"
				if e.Dir() != "" {
					where = size(e.Size()) + " in " + e.Dir()
				}
				c.say("%s  %s parameters, licence %s, %s, digest %.12s%s", e.Full(), count(e.Parameters), licenceOf(e), where, e.Digest, used)
			}
			return nil
		},
	}
}

// uses tells whether a data folder's adapters are of a base.
func uses(s app.Settings, e bases.Entry) bool {
	if s.Origin == "" { // there is no data folder yet
		return false
	}
	if s.Base == nil {
		return e.Name == bases.Bundled
	}
	return s.Base.Digest == e.Digest
}

func licenceOf(e bases.Entry) string {
	if e.Licence == "" {
		return "not stated"
	}
	return e.Licence
}

func count(n int) string {
	if n < 1_000_000 {
		return fmt.Sprint(n)
	}
	return fmt.Sprintf("%.1f million", float64(n)/1e6)
}

func (c *command) sayBase(e bases.Entry) {
	c.say("%s", e.Full())
	c.say("  parameters  %d", e.Parameters)
	c.say("  licence     %s", licenceOf(e))
	c.say("  digest      %s", e.Digest)
	if e.Hub != "" {
		c.say("  from        %s, revision %s, commit %s", e.Hub, e.Revision, e.Commit)
	}
	if e.Dir() != "" {
		c.say("  files       %s in %s", size(e.Size()), e.Dir())
	}
}

func (c *command) baseShowCommand() *cobra.Command {
	var begin string
	var seed uint64
	cmd := &cobra.Command{
		Use:   "show NAME",
		Short: "Say everything of one base, after checking its files",
		Args:  exactly(1, "a base's name"),
		RunE: func(cmd *cobra.Command, args []string) error {
			e, err := c.shelf().Find(args[0])
			if err != nil {
				return err
			}
			if err := e.Verify(); err != nil {
				return err
			}
			c.sayBase(e)
			for _, f := range e.Files {
				c.say("  sha256 %s  %s, %s", f.SHA256, f.Name, size(f.Size))
			}
			if e.Name == bases.Bundled {
				if err := c.sayRecipe(); err != nil {
					return err
				}
			}
			if !cmd.Flags().Changed("write") {
				return nil
			}
			return c.sayMore(cmd.Context(), e, begin, seed)
		},
	}
	cmd.Flags().StringVar(&begin, "write", "", "then let it go on from this text, as it is before it has learned from anybody")
	cmd.Flags().Uint64Var(&seed, "seed", 1, "another seed writes another text")
	return cmd
}

// sayMore writes a text and how the base goes on from it.
func (c *command) sayMore(ctx context.Context, e bases.Entry, begin string, seed uint64) error {
	b, err := c.shelf().Base(e)
	if err != nil {
		return err
	}
	m, err := lm.NewModel(b, nil, lm.BF16)
	if err != nil {
		return err
	}
	c.say("")
	var text strings.Builder
	text.WriteString(begin)
	for piece, err := range lm.NewWriter(m, nil).Write(ctx, b.Tokenizer().Prompt(begin), draft.Sampling(seed, 80)) {
		if err != nil {
			return err
		}
		text.WriteString(piece.Text)
	}
	c.say("%s", text.String())
	return nil
}

// sayRecipe says what the bundled base was made of and how good it is.
func (c *command) sayRecipe() error {
	r, err := trainbase.Parse(lm.BundledRecipe())
	if err != nil {
		return err
	}
	c.say("  made of %d texts; \"licet base train\" makes it again from its recipe:", len(r.Sources))
	for _, s := range r.Sources {
		c.say("    %-2s %s", s.Language, s.Path)
	}
	for _, a := range r.Attribution {
		c.say("  %s", a)
	}
	if r.Result != nil {
		c.sayScores(r.Result.Measured, r.Order)
	}
	return nil
}

func (c *command) baseUseCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "use NAME",
		Short: "Make a base this community's; what was trained on another is served no more",
		Args:  exactly(1, "a base's name"),
		RunE: func(_ *cobra.Command, args []string) error {
			e, err := c.shelf().Find(args[0])
			if err != nil {
				return err
			}
			s, err := app.ReadSettings(c.dir)
			if err != nil {
				return err
			}
			if uses(s, e) {
				c.say("%s is this community's base already.", e.Full())
				return nil
			}
			b, err := c.shelf().Base(e)
			if err != nil {
				return err
			}
			if err := app.CheckBase(b); err != nil {
				return err
			}
			if err := app.UseBase(c.dir, choice(e)); err != nil {
				return err
			}
			c.say("This community's base is now %s, digest %s.", e.Full(), e.Digest)
			c.say("Adapters belong to the base that they were trained on: nothing is served until \"licet train\" has run. Start \"licet serve\" again where it runs.")
			return nil
		},
	}
}

func (c *command) baseRemoveCommand() *cobra.Command {
	var force bool
	cmd := &cobra.Command{
		Use:   "rm NAME",
		Short: "Remove a base, unless this community's models need it",
		Args:  exactly(1, "a base's name"),
		RunE: func(_ *cobra.Command, args []string) error {
			e, err := c.shelf().Find(args[0])
			if err != nil {
				return err
			}
			s, err := app.ReadSettings(c.dir)
			if err != nil {
				return err
			}
			if uses(s, e) && !force {
				return fmt.Errorf("%s is this community's base: without it nothing can be written, trained or forgotten. Choose another with \"licet base use\", or give --force", e.Full())
			}
			if err := c.shelf().Remove(e); err != nil {
				return err
			}
			c.say("Removed %s.", e.Full())
			return nil
		},
	}
	cmd.Flags().BoolVar(&force, "force", false, "remove it also where this community needs it")
	return cmd
}
