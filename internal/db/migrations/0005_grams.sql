-- +goose Up
-- What others may still quote of records that are gone: runs of words as numbers,
-- sealed under the installation's own key. It outlives an edit, a deletion and an
-- erasure, or somebody's words would come back in others' texts.
CREATE TABLE grams (
	id     INTEGER PRIMARY KEY,
	seq    INTEGER NOT NULL, -- position of the event that had brought the record
	sealed BLOB    NOT NULL
) STRICT;
CREATE INDEX directory_shield ON directory (shield) WHERE shield IS NOT NULL;
