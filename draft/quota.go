package draft

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"licet"
)

// ErrQuota says that a member has used up the drafts of this month.
var ErrQuota = errors.New("this month's drafts are used up")

// Monthly returns how many drafts a plan includes each calendar month (UTC).
func Monthly(p licet.Plan) int {
	if p == licet.PlanPremium {
		return 500
	}
	return 20
}

// Quota counts drafts by member and month. It keeps numbers only, never what
// was asked or written.
type Quota struct{ db *sql.DB }

// NewQuota counts in db.
func NewQuota(db *sql.DB) *Quota { return &Quota{db} }

// Take counts one draft for m at now, or returns ErrQuota and counts nothing.
// It returns how many are left.
func (q *Quota) Take(ctx context.Context, m licet.MemberID, p licet.Plan, now time.Time) (left int, err error) {
	month, limit := now.UTC().Format("2006-01"), Monthly(p)
	var used int
	err = q.db.QueryRowContext(ctx, `INSERT INTO drafts (member, month, used) VALUES (?1, ?2, 1)
		ON CONFLICT (member, month) DO UPDATE SET used = used + 1 WHERE used < ?3 RETURNING used`, m, month, limit).Scan(&used)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, fmt.Errorf("%w: the %s plan has %d a month", ErrQuota, p, limit)
	}
	if err != nil {
		return 0, fmt.Errorf("count a draft: %w", err)
	}
	return limit - used, nil
}

// Left returns how many drafts m may still write in the month of now.
func (q *Quota) Left(ctx context.Context, m licet.MemberID, p licet.Plan, now time.Time) (int, error) {
	var used int
	err := q.db.QueryRowContext(ctx, `SELECT used FROM drafts WHERE member = ? AND month = ?`, m, now.UTC().Format("2006-01")).Scan(&used)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return 0, fmt.Errorf("read the quota: %w", err)
	}
	return max(0, Monthly(p)-used), nil
}
