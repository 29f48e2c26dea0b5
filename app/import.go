package app

import (
	"context"

	"licet/source"
)

// Import reads a source, all of it or nothing.
func (a *App) Import(ctx context.Context, s source.Source) (source.Summary, error) {
	return source.Import(ctx, source.Target{Ledger: a.ledger, Vault: a.vault, Erase: a.Erase}, s)
}
