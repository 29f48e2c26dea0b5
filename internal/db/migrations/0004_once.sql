-- +goose Up
-- An event is inserted once, and next: INSERT OR REPLACE would remove one without
-- asking the trigger that keeps it.
-- +goose StatementBegin
CREATE TRIGGER events_next BEFORE INSERT ON events WHEN NEW.seq <> (SELECT coalesce(max(seq) + 1, 0) FROM events)
BEGIN SELECT RAISE(ABORT, 'an event is the next one, and never replaces another'); END;
-- +goose StatementEnd
