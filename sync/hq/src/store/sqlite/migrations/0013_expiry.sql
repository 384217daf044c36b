-- The ledger learns further kinds of movements. A CHECK cannot be altered: the table is written anew.
DROP VIEW ledger_entry;
CREATE TABLE movement_of_now (
    id           INTEGER PRIMARY KEY,
    kind         TEXT NOT NULL
        CHECK (kind IN ('earn', 'void', 'opening', 'resolve', 'return', 'expire', 'adjust')),
    record       INTEGER REFERENCES record (id),
    at           INTEGER NOT NULL,
    from_account INTEGER NOT NULL REFERENCES account (id),
    to_account   INTEGER NOT NULL REFERENCES account (id),
    points       INTEGER NOT NULL CHECK (points > 0 AND points <= 9007199254740991),
    CHECK (from_account <> to_account)
) STRICT;
INSERT INTO movement_of_now SELECT id, kind, record, at, from_account, to_account, points FROM movement;
DROP TABLE movement;
ALTER TABLE movement_of_now RENAME TO movement;

-- An account is read as lots by its movements.
CREATE INDEX movement_from ON movement (from_account);
CREATE INDEX movement_to ON movement (to_account);

CREATE TRIGGER movement_is_kept BEFORE DELETE ON movement
BEGIN SELECT RAISE(ABORT, 'ledger movements are never deleted: book the opposite'); END;
CREATE TRIGGER movement_is_never_changed BEFORE UPDATE ON movement
BEGIN SELECT RAISE(ABORT, 'ledger movements are never changed: book the opposite'); END;

CREATE VIEW ledger_entry AS
    SELECT id AS movement, from_account AS account, -points AS points FROM movement
    UNION ALL
    SELECT id, to_account, points FROM movement;

-- Which lot of whose a movement of kind 'expire' is about: out of the account if it expired, back into it if
-- a fact that came later says that it did not.
CREATE TABLE expiry (
    movement INTEGER PRIMARY KEY REFERENCES movement (id),
    account  INTEGER NOT NULL REFERENCES account (id),
    -- The lot: the record that made it, and its place there.
    terminal BLOB NOT NULL,
    epoch    INTEGER NOT NULL,
    seq      INTEGER NOT NULL,
    lot      INTEGER NOT NULL
) STRICT;
CREATE INDEX expiry_by_account ON expiry (account);

CREATE TRIGGER expiry_is_kept BEFORE DELETE ON expiry
BEGIN SELECT RAISE(ABORT, 'what expired is never deleted: book the opposite'); END;
CREATE TRIGGER expiry_is_never_changed BEFORE UPDATE ON expiry
BEGIN SELECT RAISE(ABORT, 'what expired is never changed: book the opposite'); END;

-- Why a movement of kind 'adjust' was made, and up to which day points that it gave may be spent.
CREATE TABLE adjustment (
    movement INTEGER PRIMARY KEY REFERENCES movement (id),
    reason   TEXT NOT NULL,
    last_day TEXT
) STRICT;

CREATE TRIGGER adjustment_is_kept BEFORE DELETE ON adjustment
BEGIN SELECT RAISE(ABORT, 'adjustments are never deleted: book the opposite'); END;
CREATE TRIGGER adjustment_is_never_changed BEFORE UPDATE ON adjustment
BEGIN SELECT RAISE(ABORT, 'adjustments are never changed: book the opposite'); END;

-- What members have in words, as it was worked out last: good from `seen_at` until `due_at`, when time or a
-- booking changes it. Made of the ledger and the records; may be dropped.
CREATE TABLE holding (
    account  INTEGER PRIMARY KEY REFERENCES account (id),
    seen_at  INTEGER NOT NULL DEFAULT 0,
    due_at   INTEGER NOT NULL DEFAULT 0,
    active   INTEGER NOT NULL DEFAULT 0,
    pending  INTEGER NOT NULL DEFAULT 0,
    spent    INTEGER NOT NULL DEFAULT 0,
    expired  INTEGER NOT NULL DEFAULT 0,
    negative INTEGER NOT NULL DEFAULT 0
) STRICT;
INSERT INTO holding (account) SELECT id FROM account WHERE name LIKE 'member:%';
