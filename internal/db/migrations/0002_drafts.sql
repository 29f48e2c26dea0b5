-- +goose Up
CREATE TABLE drafts (
	member TEXT    NOT NULL,
	month  TEXT    NOT NULL, -- YYYY-MM, UTC
	used   INTEGER NOT NULL,
	PRIMARY KEY (member, month)
) STRICT;
