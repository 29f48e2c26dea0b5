package db

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/ncruces/go-sqlite3"
	"github.com/ncruces/go-sqlite3/driver"
)

// A Row is one of those that Rows finds. What it returns is overwritten by the next.
type Row struct{ stmt *sqlite3.Stmt }

// Bytes returns a text or a blob.
func (r Row) Bytes(column int) []byte { return r.stmt.ColumnRawBlob(column) }

// Int returns a whole number.
func (r Row) Int(column int) int64 { return r.stmt.ColumnInt64(column) }

// Rows calls row for each row that a query finds, until it says that it wants no more.
// It does without what database/sql makes of every value, which is most of the time
// that reading millions takes.
func Rows(ctx context.Context, db *sql.DB, query string, row func(Row) (bool, error), texts ...string) error {
	conn, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }() // it goes back, whatever became of the query
	stopped := func(err error) error {  // SQLite calls it an interrupt
		if err != nil && ctx.Err() != nil {
			return ctx.Err()
		}
		return err
	}
	return conn.Raw(func(c any) error {
		raw := c.(driver.Conn).Raw() //nolint:forcetypeassert // Connect opened it
		defer raw.SetInterrupt(raw.SetInterrupt(ctx))
		stmt, _, err := raw.Prepare(query)
		if err != nil {
			return stopped(err)
		}
		defer func() { _ = stmt.Close() }() // its error is that of the last step
		for i, text := range texts {
			if err := stmt.BindText(i+1, text); err != nil {
				return fmt.Errorf("parameter %d: %w", i+1, err)
			}
		}
		for stmt.Step() {
			if more, err := row(Row{stmt}); err != nil || !more {
				return err
			}
		}
		return stopped(stmt.Err())
	})
}
