-- +goose Up
CREATE TABLE events (
	seq    INTEGER PRIMARY KEY,
	time   INTEGER NOT NULL, -- milliseconds since 1970, UTC
	type   TEXT    NOT NULL, -- '' for a member's event: the type is sealed with the body
	member TEXT    NOT NULL, -- '' for the operator's
	body   BLOB    NOT NULL, -- canonical JSON in clear, or sealed under the member's key
	leaf   BLOB    NOT NULL  -- the bytes that the log commits to
) STRICT;
CREATE TABLE hashes (
	id   INTEGER PRIMARY KEY, -- tlog.StoredHashIndex
	hash BLOB NOT NULL
) STRICT;
CREATE TABLE checkpoints (
	size INTEGER PRIMARY KEY,
	note BLOB NOT NULL
) STRICT;
CREATE TABLE members (
	id     TEXT PRIMARY KEY,
	sealed BLOB NOT NULL
) STRICT;
CREATE TABLE records (
	id     TEXT PRIMARY KEY,
	member TEXT    NOT NULL,
	kind   TEXT    NOT NULL,
	seq    INTEGER NOT NULL, -- position of the event that brought these words
	digest BLOB    NOT NULL, -- keyed: says nothing without the community key
	sealed BLOB    NOT NULL
) STRICT;
CREATE INDEX records_member ON records (member, id);
CREATE TABLE blobs (
	id     TEXT PRIMARY KEY,
	member TEXT NOT NULL,
	sealed BLOB NOT NULL
) STRICT;
CREATE INDEX blobs_member ON blobs (member, id);
CREATE TABLE directory (
	hash   BLOB PRIMARY KEY, -- of a folded name or handle, keyed; outlives an erasure
	seq    INTEGER NOT NULL,
	handle INTEGER NOT NULL  -- 1: a handle, 0: a name
) STRICT;

-- An event is never changed and never removed. Erasing destroys a key, not a row.
-- +goose StatementBegin
CREATE TRIGGER events_keep BEFORE UPDATE ON events BEGIN SELECT RAISE(ABORT, 'an event is never changed'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER events_stay BEFORE DELETE ON events BEGIN SELECT RAISE(ABORT, 'an event is never removed'); END;
-- +goose StatementEnd
