// Package db opens the database of an installation and brings its tables up to date.
package db

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"
	"net/url"

	_ "github.com/ncruces/go-sqlite3/driver" // SQLite without cgo
	"github.com/pressly/goose/v3"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Options change how a database is opened.
type Options struct {
	// Journal is SQLite's journal mode: "WAL" when empty. "TRUNCATE" leaves no
	// second copy of a page behind once a transaction is over.
	Journal string
	// Sync is SQLite's synchronous setting: "FULL" when empty. Only tests that
	// make thousands of folders set "OFF".
	Sync string
}

// Connect opens the SQLite file at path without touching its tables. Freed
// pages are overwritten with zeros, and every transaction takes the write
// lock when it begins, so that it never fails half way for want of it.
func Connect(ctx context.Context, path string, o Options) (*sql.DB, error) {
	if o.Journal == "" {
		o.Journal = "WAL"
	}
	if o.Sync == "" {
		o.Sync = "FULL"
	}
	query := url.Values{
		"_txlock": {"immediate"},
		"_pragma": {
			"busy_timeout(20000)", "journal_mode(" + o.Journal + ")", "synchronous(" + o.Sync + ")", "secure_delete(ON)", "temp_store(MEMORY)",
		},
	}
	name := (&url.URL{Scheme: "file", OmitHost: true, Path: path, RawQuery: query.Encode()}).String()
	db, err := sql.Open("sqlite3", name)
	if err != nil {
		return nil, fmt.Errorf("open database %s: %w", path, err)
	}
	if err := db.PingContext(ctx); err != nil {
		_ = db.Close()
		return nil, fmt.Errorf("open database %s: %w", path, err)
	}
	return db, nil
}

// Open opens the main database at path and applies the migrations it lacks.
func Open(ctx context.Context, path string, o Options) (*sql.DB, error) {
	db, err := Connect(ctx, path, o)
	if err != nil {
		return nil, err
	}
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, fmt.Errorf("migrations: %w", err)
	}
	provider, err := goose.NewProvider(goose.DialectSQLite3, db, files)
	if err != nil {
		_ = db.Close()
		return nil, fmt.Errorf("migrations: %w", err)
	}
	if _, err := provider.Up(ctx); err != nil {
		_ = db.Close()
		return nil, fmt.Errorf("bring database %s up to date: %w", path, err)
	}
	return db, nil
}
