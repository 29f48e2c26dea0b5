-- +goose Up
-- Somebody who is no member objected: the name counts from this position on at
-- once, not from the next freeze.
ALTER TABLE directory ADD COLUMN shield INTEGER;
