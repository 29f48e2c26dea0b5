-- +goose NO TRANSACTION
-- +goose Up
-- A member's records side by side: they are read, and go, together. To take a large
-- table away SQLite must be able to take that back: not in memory, where the pages of
-- millions of records don't fit. Run twice, it does the same.
PRAGMA temp_store = FILE;
BEGIN IMMEDIATE;
CREATE TABLE records_by_member (
	id     TEXT    NOT NULL UNIQUE,
	member TEXT    NOT NULL,
	kind   TEXT    NOT NULL,
	seq    INTEGER NOT NULL, -- position of the event that brought these words
	digest BLOB    NOT NULL, -- keyed: says nothing without the community key
	sealed BLOB    NOT NULL,
	PRIMARY KEY (member, id)
) STRICT, WITHOUT ROWID;
INSERT INTO records_by_member SELECT id, member, kind, seq, digest, sealed FROM records ORDER BY member, id;
DROP TABLE records;
ALTER TABLE records_by_member RENAME TO records;
COMMIT;
PRAGMA temp_store = MEMORY;
