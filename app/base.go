package app

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"licet/lm"
	"licet/lm/bases"
	"licet/train"
)

// ErrBase says that the base which the settings name is not there, or is another one.
var ErrBase = errors.New("the community's base can't be used")

// A BaseChoice is the base that a community's adapters change: its name says where
// it is, its digest what it is.
type BaseChoice struct {
	Name   string `json:"name"`
	Digest string `json:"digest"` // in hexadecimal
}

// lazyBase is opened when it is first needed: a choice is recorded, and a proof
// given, also where the base is gone.
type lazyBase struct {
	mu   sync.Mutex
	base *lm.Base
}

// Base returns the base that adapters change.
func (a *App) Base() (*lm.Base, error) {
	a.base.mu.Lock()
	defer a.base.mu.Unlock()
	if a.base.base == nil {
		b, err := a.openBase()
		if err != nil {
			return nil, err
		}
		a.base.base = b
	}
	return a.base.base, nil
}

func (a *App) openBase() (*lm.Base, error) {
	choice := a.settings.Base
	switch {
	case a.cfg.Base != nil:
		return a.cfg.Base, nil
	case choice == nil:
		return lm.Bundled()
	}
	shelf := bases.Open(BasesDir(a.cfg))
	e, err := shelf.Find(choice.Name)
	if err != nil {
		return nil, fmt.Errorf("%w: %w; its digest is %s", ErrBase, err, choice.Digest)
	}
	b, err := shelf.Base(e)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrBase, err)
	}
	if err := CheckBase(b); err != nil {
		return nil, fmt.Errorf("%s: %w", e.Full(), err)
	}
	if d := b.Digest(); hex.EncodeToString(d[:]) != choice.Digest {
		return nil, fmt.Errorf("%w: %s has digest %x, this community's is %s: get that one, or choose with \"licet base use\" and train anew", ErrBase, e.Full(), d, choice.Digest)
	}
	return b, nil
}

// CheckBase tells what stands against a base for a community.
func CheckBase(b *lm.Base) error {
	if _, err := train.FormOf(b); err != nil {
		return fmt.Errorf("%w: %w", ErrBase, err)
	}
	return nil
}

// BasesDir returns the folder of bases: in the data folder, unless another is given.
func BasesDir(cfg Config) string {
	if cfg.Bases != "" {
		return cfg.Bases
	}
	return cfg.path("bases")
}

// ReadSettings reads the settings of a data folder without opening it. They are
// zero where there is none yet.
func ReadSettings(dir string) (Settings, error) {
	var s Settings
	name := filepath.Join(dir, "settings.json")
	data, err := os.ReadFile(name)
	if errors.Is(err, os.ErrNotExist) {
		return s, nil
	}
	if err != nil {
		return s, fmt.Errorf("read the settings: %w", err)
	}
	if err := json.Unmarshal(data, &s); err != nil {
		return s, fmt.Errorf("%s: %w", name, err)
	}
	return s, nil
}

// UseBase makes a base the one of a data folder; nil is the bundled one. Adapters of
// another base are not served any more.
func UseBase(dir string, choice *BaseChoice) error {
	name := filepath.Join(dir, "settings.json")
	if _, err := os.Stat(name); err != nil {
		return fmt.Errorf("%s: %w: make one with \"licet init\"", dir, ErrNoFolder)
	}
	s, err := ReadSettings(dir)
	if err != nil {
		return err
	}
	s.Base = choice
	data, err := json.MarshalIndent(s, "", "\t")
	if err != nil {
		return fmt.Errorf("settings: %w", err)
	}
	part := name + ".part"
	if err := errors.Join(os.WriteFile(part, append(data, '\n'), 0o600), os.Rename(part, name)); err != nil {
		return fmt.Errorf("write the settings: %w", err)
	}
	return nil
}
