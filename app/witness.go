package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"

	"licet/ledger"
)

// ErrNoWitness says that no witness is configured.
var ErrNoWitness = errors.New("no witness is configured: see \"licet log witness --help\"")

// AddWitness configures somebody else who signs checkpoints, once they have signed one.
func (a *App) AddWitness(ctx context.Context, w ledger.Witness) ([]ledger.Cosignature, error) {
	by, err := a.ledger.Cosign(ctx, append(a.settings.Witnesses, w)...)
	if err != nil {
		return nil, err
	}
	a.settings.Witnesses = append(a.settings.Witnesses, w)
	data, err := json.MarshalIndent(a.settings, "", "\t")
	if err != nil {
		return nil, fmt.Errorf("settings: %w", err)
	}
	if err := os.WriteFile(a.cfg.path("settings.json"), append(data, '\n'), 0o600); err != nil {
		return nil, fmt.Errorf("write the settings: %w", err)
	}
	return by, nil
}

// Cosign asks every configured witness to sign the newest checkpoint.
func (a *App) Cosign(ctx context.Context) ([]ledger.Cosignature, error) {
	if len(a.settings.Witnesses) == 0 {
		return nil, ErrNoWitness
	}
	return a.ledger.Cosign(ctx, a.settings.Witnesses...)
}

// witness asks for signatures, and logs who did not give one: the log goes on without.
func (a *App) witness(ctx context.Context, log *slog.Logger) {
	if _, err := a.Cosign(ctx); err != nil && !errors.Is(err, ErrNoWitness) && ctx.Err() == nil {
		log.WarnContext(ctx, "a witness has not signed", slog.Any("error", err))
	}
}
