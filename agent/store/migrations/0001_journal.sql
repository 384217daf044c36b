-- The journal and what belongs to it. Ids are `epoch * 2^40 + seq`, so that one integer key keeps
-- both in order.
PRAGMA application_id = 1414089804; -- 'TILL'

CREATE TABLE meta (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE journal (
    id   INTEGER PRIMARY KEY,
    at   INTEGER NOT NULL,
    hash BLOB NOT NULL CHECK (length(hash) = 32),
    body TEXT NOT NULL
) STRICT;

CREATE TRIGGER journal_is_never_changed BEFORE UPDATE ON journal
BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;

CREATE TRIGGER journal_is_never_shortened BEFORE DELETE ON journal
BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;

-- A record follows the newest one, or is the first of a later epoch. This also stops
-- INSERT OR REPLACE, which would not fire the triggers above.
CREATE TRIGGER journal_has_no_gaps BEFORE INSERT ON journal
WHEN NEW.id <> (SELECT coalesce(max(id), 0) + 1 FROM journal)
 AND NOT (NEW.id % 1099511627776 = 1 AND NEW.id > (SELECT coalesce(max(id), 0) FROM journal))
BEGIN SELECT RAISE(ABORT, 'the journal has no gaps'); END;

-- Records that HQ has not confirmed.
CREATE TABLE outbox (
    id INTEGER PRIMARY KEY REFERENCES journal (id)
) STRICT;

-- Answers that were given under a key of the caller's, so that asking again changes nothing.
CREATE TABLE answers (
    number       INTEGER PRIMARY KEY,
    key          TEXT NOT NULL UNIQUE,
    request_hash BLOB NOT NULL,
    status       INTEGER NOT NULL,
    response     TEXT NOT NULL,
    at           INTEGER NOT NULL
) STRICT;
