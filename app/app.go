// Package app opens the parts of an installation and joins them: the ledger,
// the vault, the policy, the build graph and the served model. It is wiring;
// the rules live in the packages that it joins.
package app

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/gofrs/flock"

	"licet"
	"licet/draft"
	"licet/internal/cas"
	"licet/internal/db"
	"licet/ledger"
	"licet/lm"
	"licet/policy"
	"licet/train"
	"licet/vault"
	"licet/view"
	"licet/view/redact/presidio"
)

// Errors that callers tell apart.
var (
	// ErrNoFolder says that a data folder has not been created.
	ErrNoFolder = errors.New("not a data folder of Licet")
	// ErrTooEarly says that the window in which members can object is not over.
	ErrTooEarly = errors.New("the window is not over")
	// ErrNoModel says that nothing was trained yet.
	ErrNoModel = errors.New("no model was trained yet")
	// ErrMasterKey says that the master key is not the folder's.
	ErrMasterKey = vault.ErrMasterKey
	// ErrExists says that a data folder is there already.
	ErrExists = errors.New("the data folder exists already")
)

// Settings are the choices of an installation, kept in settings.json.
type Settings struct {
	Origin    string   `json:"origin"`    // names the log
	Policy    string   `json:"policy"`    // the preset
	Adults    []string `json:"adults"`    // platforms whose operator asserts that every member is of age
	Shards    int      `json:"shards"`    // 0: chosen from the size of the corpus
	Slices    int      `json:"slices"`    // 0: likewise
	Simulated bool     `json:"simulated"` // times are invented
	Epochs    int      `json:"epochs"`    // 0: the default recipe's

	Base         *BaseChoice `json:"base,omitempty"`           // nil: the bundled one
	Hub          string      `json:"hub,omitempty"`            // where bases are got; "": the Hugging Face Hub
	HubTokenFile string      `json:"hub_token_file,omitempty"` // holds the token for gated bases

	Witnesses []ledger.Witness `json:"witnesses,omitempty"` // who else signs checkpoints

	Presidio *presidio.Config `json:"presidio,omitempty"` // a service that sees every text too
}

// Config is how to open an installation. Everything from outside comes in here.
type Config struct {
	Dir    string
	Master [32]byte         // wraps the members' keys
	Now    func() time.Time // UTC; ignored where time is simulated
	Random io.Reader
	Base   *lm.Base // nil: the one that the settings name
	Bases  string   // the folder of bases; "" is bases in Dir
	Sync   string   // SQLite's synchronous; "" is FULL
	Temp   string   // the folder of what does not fit into memory; "" is the system's

	// CarryOver gives a new folder another one's community key and directory,
	// for a clean build. Only Create reads it.
	CarryOver *CarryOver
	// Rules replaces the preset's policy, for tests.
	Rules *policy.Policy
	// Trainer replaces the one in the binary.
	Trainer func(b *lm.Base, r lm.Recipe) train.Trainer
	// Weights is how the served model keeps its weights while it writes.
	Weights lm.Weights
	// Recipe replaces the default recipe.
	Recipe *lm.Recipe
}

// App is an open installation. It is safe for concurrent use, also by several
// processes on the same folder.
type App struct {
	cfg      Config
	settings Settings
	db       *sql.DB
	keys     *vault.Keys
	vault    *vault.Vault
	ledger   *ledger.Ledger
	policy   *policy.Policy
	view     *view.View
	objects  *cas.Store
	base     lazyBase
	quota    *draft.Quota
	building *flock.Flock
	follow   follower
	gathered gathered

	mu     sync.Mutex
	served *Served
	plain  *lm.Model // the base, laid out for writing

	compared   *draft.Others // what drafts are compared with
	comparedAt uint64
}

func (c Config) path(name ...string) string {
	return filepath.Join(append([]string{c.Dir}, name...)...)
}

// Create makes a data folder and founds its log.
func Create(ctx context.Context, cfg Config, s Settings) (*App, error) {
	if err := os.MkdirAll(cfg.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("create the data folder: %w", err)
	}
	if _, err := os.Stat(cfg.path("settings.json")); err == nil {
		return nil, fmt.Errorf("%s: %w", cfg.Dir, ErrExists)
	}
	var community []byte
	if cfg.CarryOver != nil {
		community = cfg.CarryOver.Community
	}
	keys, err := vault.CreateKeys(ctx, cfg.path("keys.db"), cfg.Master, cfg.Random, vault.KeysOptions{Community: community, Sync: cfg.Sync})
	if err != nil {
		return nil, err
	}
	if err := keys.Close(); err != nil {
		return nil, fmt.Errorf("close the key file: %w", err)
	}
	if s.Simulated {
		if err := writeClock(cfg, cfg.Now()); err != nil {
			return nil, err
		}
	}
	data, err := json.MarshalIndent(s, "", "\t")
	if err != nil {
		return nil, fmt.Errorf("settings: %w", err)
	}
	if err := os.WriteFile(cfg.path("settings.json"), append(data, '\n'), 0o600); err != nil {
		return nil, fmt.Errorf("write the settings: %w", err)
	}
	a, err := Open(ctx, cfg)
	if err != nil {
		return nil, err
	}
	if err := a.found(ctx); err != nil {
		return nil, errors.Join(err, a.Close())
	}
	return a, nil
}

// found writes what a new log begins with: the policy in force.
func (a *App) found(ctx context.Context) error {
	if err := os.WriteFile(a.cfg.path("log.pub"), []byte(a.ledger.Verifier()+"\n"), 0o644); err != nil { //nolint:gosec // public key
		return fmt.Errorf("write the log's public key: %w", err)
	}
	_, err := a.ledger.Do(ctx, func(ctx context.Context, tx *sql.Tx, _ uint64) ([]licet.Event, error) {
		if c := a.cfg.CarryOver; c != nil {
			if err := a.vault.ImportDirectory(ctx, tx, c.Directory); err != nil {
				return nil, err
			}
			if err := a.vault.ImportGrams(ctx, tx, c.Grams); err != nil {
				return nil, err
			}
		}
		e, err := operator(licet.EventAdopted, licet.Adopted{Policy: a.policy.Name(), Digest: a.policy.Digest()})
		return []licet.Event{e}, err
	})
	return err
}

// Open opens a data folder.
func Open(ctx context.Context, cfg Config) (*App, error) {
	data, err := os.ReadFile(cfg.path("settings.json"))
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("%s: %w: make one with \"licet init\"", cfg.Dir, ErrNoFolder)
	}
	if err != nil {
		return nil, fmt.Errorf("read the settings: %w", err)
	}
	a := &App{cfg: cfg, follow: follower{wake: make(chan struct{}, 1)}}
	if err := json.Unmarshal(data, &a.settings); err != nil {
		return nil, fmt.Errorf("%s: %w", cfg.path("settings.json"), err)
	}
	if err := a.open(ctx); err != nil {
		return nil, errors.Join(err, a.Close())
	}
	return a, nil
}

func (a *App) open(ctx context.Context) (err error) {
	cfg := a.cfg
	if a.keys, err = vault.OpenKeys(ctx, cfg.path("keys.db"), cfg.Master, cfg.Random, vault.KeysOptions{Sync: cfg.Sync}); err != nil {
		return err
	}
	if a.db, err = db.Open(ctx, cfg.path("licet.db"), db.Options{Sync: cfg.Sync}); err != nil {
		return err
	}
	a.vault = vault.New(a.db, a.keys)
	if a.ledger, err = ledger.Open(ctx, a.db, ledger.Options{
		Keys: a.keys, Seed: a.keys.Signing(), Origin: a.settings.Origin, Simulated: a.settings.Simulated, Now: a.Now,
		Checkpoint: cfg.path("checkpoint"),
	}); err != nil {
		return err
	}
	if a.policy = cfg.Rules; a.policy == nil {
		if a.policy, err = policy.Load(a.settings.Policy); err != nil {
			return err
		}
	}
	var adults []licet.Platform
	for _, p := range a.settings.Adults {
		adults = append(adults, licet.Platform(p))
	}
	var options []view.Option
	if a.settings.Presidio != nil {
		service, err := presidio.New(*a.settings.Presidio)
		if err != nil {
			return fmt.Errorf("%s: %w", cfg.path("settings.json"), err)
		}
		options = append(options, view.Asking(service))
	}
	if a.view, err = view.New(a.vault, a.policy, adults, cfg.Temp, options...); err != nil {
		return err
	}
	if a.objects, err = cas.Open(cfg.path("objects"), a.keys.Objects(), cfg.Sync == ""); err != nil {
		return err
	}
	a.quota = draft.NewQuota(a.db)
	a.building = flock.New(cfg.path("building"))
	return nil
}

// Close closes what is open.
func (a *App) Close() error {
	errs := []error{a.gathered.drop()}
	if a.db != nil {
		errs = append(errs, a.db.Close())
	}
	if a.keys != nil {
		errs = append(errs, a.keys.Close())
	}
	return errors.Join(errs...)
}

// Now is the installation's time: the real one, or the simulated clock's.
func (a *App) Now() time.Time {
	if !a.settings.Simulated {
		return a.cfg.Now().UTC()
	}
	t, err := readClock(a.cfg)
	if err != nil {
		return time.Unix(0, 0).UTC() // the ledger never goes back: it keeps the last event's time
	}
	return t
}

// Advance moves the simulated clock on.
func (a *App) Advance(d time.Duration) (time.Time, error) {
	if !a.settings.Simulated {
		return time.Time{}, errors.New("this installation lives in real time: its clock can't be moved")
	}
	if d <= 0 {
		return time.Time{}, errors.New("a clock moves forward only")
	}
	t := a.Now().Add(d)
	return t, writeClock(a.cfg, t)
}

func readClock(cfg Config) (time.Time, error) {
	data, err := os.ReadFile(cfg.path("clock"))
	if err != nil {
		return time.Time{}, fmt.Errorf("read the simulated clock: %w", err)
	}
	return time.Parse(time.RFC3339, string(data))
}

func writeClock(cfg Config, t time.Time) error {
	if err := os.WriteFile(cfg.path("clock"), []byte(t.UTC().Format(time.RFC3339)), 0o600); err != nil {
		return fmt.Errorf("write the simulated clock: %w", err)
	}
	return nil
}

// Settings returns the installation's settings.
func (a *App) Settings() Settings { return a.settings }

// Dir returns the data folder.
func (a *App) Dir() string { return a.cfg.Dir }

// Ledger returns the log.
func (a *App) Ledger() *ledger.Ledger { return a.ledger }

// Vault returns the vault.
func (a *App) Vault() *vault.Vault { return a.vault }

// Keys returns the key file.
func (a *App) Keys() *vault.Keys { return a.keys }

// Policy returns the policy in force.
func (a *App) Policy() *policy.Policy { return a.policy }

// View returns the only door out of the vault.
func (a *App) View() *view.View { return a.view }

// Quota counts drafts.
func (a *App) Quota() *draft.Quota { return a.quota }

// plan chooses shards and slices.
func (a *App) plan(b *lm.Base, tokens int) train.Plan {
	p := train.ChoosePlan(tokens, Speed(b))
	if a.settings.Shards > 0 {
		p.Shards = a.settings.Shards
	}
	if a.settings.Slices > 0 {
		p.Slices = a.settings.Slices
	}
	if a.cfg.Recipe != nil {
		p.Recipe = *a.cfg.Recipe
	}
	if a.settings.Epochs > 0 {
		p.Recipe.Epochs = a.settings.Epochs
	}
	return p
}

// Speed is a cautious guess, in tokens a second, of how fast two cores train on a
// base. It depends on its size alone, because a measured one would make the plan,
// and so the bytes, depend on the machine.
func Speed(b *lm.Base) float64 {
	const small, speed = 6_000_000, 5000
	return min(speed, speed*small/float64(b.Parameters()))
}

func operator(t licet.EventType, body any) (licet.Event, error) {
	data, err := json.Marshal(body)
	if err != nil {
		return licet.Event{}, fmt.Errorf("event %s: %w", t, err)
	}
	return licet.Event{Type: t, Body: data}, nil
}

func member(t licet.EventType, m licet.MemberID, body any) (licet.Event, error) {
	e, err := operator(t, body)
	e.Member = m
	return e, err
}
