// Package draft writes drafts with the served model, labels them as written by
// AI, counts them against a plan and measures how original they are.
package draft
