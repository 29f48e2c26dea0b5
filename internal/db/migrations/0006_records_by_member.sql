-- +goose Up
-- A member's records side by side: they are read, and go, together.
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
