-- What a store may do with e-money beside taking it.
ALTER TABLE store ADD COLUMN desk_top_up INTEGER NOT NULL DEFAULT 0 CHECK (desk_top_up IN (0, 1));
ALTER TABLE store ADD COLUMN desk_issue INTEGER NOT NULL DEFAULT 0
    CHECK (desk_issue IN (0, 1) AND desk_issue <= desk_top_up);

-- One open case of a kind and its words is enough.
CREATE INDEX cases_open ON cases (kind) WHERE closed_at IS NULL;

CREATE TABLE purse_scheme (
    only_row     INTEGER PRIMARY KEY CHECK (only_row = 1),
    body         TEXT NOT NULL,
    funder       TEXT NOT NULL,
    timeout_days INTEGER NOT NULL CHECK (timeout_days > 0),
    made_at      INTEGER NOT NULL
) STRICT;

-- Cards that desks made the programme's.
CREATE TABLE purse_card (
    card        TEXT PRIMARY KEY,
    member      BLOB NOT NULL REFERENCES member (member),
    key_version INTEGER NOT NULL,
    expires     TEXT NOT NULL,
    record      INTEGER NOT NULL REFERENCES record (id)
) STRICT, WITHOUT ROWID;

CREATE TABLE card_block (
    card  TEXT PRIMARY KEY,
    kind  TEXT NOT NULL CHECK (kind IN ('blocked', 'lost', 'replaced', 'expired')),
    why   TEXT NOT NULL,
    since INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE card_replacement (
    old        TEXT PRIMARY KEY,
    new        TEXT NOT NULL UNIQUE,
    store      TEXT NOT NULL REFERENCES store (store),
    ordered_at INTEGER NOT NULL,
    due_at     INTEGER NOT NULL,
    -- Fixed when the wait is over; 0: there is nothing to carry over.
    minor      INTEGER CHECK (minor >= 0),
    restored   BLOB,
    CHECK (old <> new)
) STRICT, WITHOUT ROWID;

-- Movements of purses as terminals intended them, and how they ended.
CREATE TABLE purse_movement (
    txid           BLOB PRIMARY KEY CHECK (length(txid) = 8),
    terminal       INTEGER NOT NULL REFERENCES terminal (id),
    store          TEXT NOT NULL REFERENCES store (store),
    kind           TEXT NOT NULL CHECK (kind IN ('on_card', 'account')),
    -- The number of its kind in a card's log.
    action         INTEGER NOT NULL CHECK (action BETWEEN 1 AND 5),
    card           TEXT NOT NULL,
    member         BLOB,
    minor          INTEGER NOT NULL CHECK (minor > 0),
    of_txid        BLOB,
    from_card      TEXT,
    sale           BLOB,
    before_balance INTEGER,
    before_tmc     INTEGER,
    before_last    BLOB,
    date           TEXT,
    at             INTEGER NOT NULL,
    -- None: HQ moved the account, and the journal has not told of it yet.
    intended       INTEGER REFERENCES record (id),
    unknown        INTEGER NOT NULL DEFAULT 0,
    given_up       INTEGER NOT NULL DEFAULT 0,
    ended          TEXT CHECK (ended IN ('done', 'not_done')),
    ended_by       TEXT CHECK (ended_by IN ('terminal', 'hq', 'person', 'account')),
    ended_at       INTEGER,
    -- Whether the terminal's own journal says how it ended.
    told           INTEGER NOT NULL DEFAULT 0,
    -- The case that waits for a person about it.
    case_id        INTEGER REFERENCES cases (id),
    CHECK ((ended IS NULL) = (ended_by IS NULL)),
    CHECK ((kind = 'on_card') = (before_tmc IS NOT NULL)),
    CHECK ((kind = 'on_card') = (before_balance IS NOT NULL))
) STRICT, WITHOUT ROWID;
CREATE INDEX purse_movement_by_card ON purse_movement (card, before_tmc);
CREATE INDEX purse_movement_open ON purse_movement (card) WHERE ended IS NULL;
CREATE INDEX purse_movement_untold ON purse_movement (terminal) WHERE told = 0;

CREATE TRIGGER purse_movement_ends_once BEFORE UPDATE OF ended ON purse_movement
WHEN OLD.ended IS NOT NULL AND NEW.ended IS NOT OLD.ended
BEGIN SELECT RAISE(ABORT, 'a movement of a purse ends once'); END;

-- A card's history as far as anybody told: which movement took its counter to `tmc`, and what it held then.
CREATE TABLE card_point (
    card     TEXT NOT NULL,
    tmc      INTEGER NOT NULL,
    txid     BLOB,
    balance  INTEGER,
    known_at INTEGER NOT NULL,
    PRIMARY KEY (card, tmc)
) STRICT, WITHOUT ROWID;
-- One (card, tmc) belongs to one movement, and one movement to one (card, tmc).
CREATE UNIQUE INDEX card_point_once ON card_point (txid) WHERE txid IS NOT NULL;

-- Account purses: what was asked and what was answered, so that asking again changes nothing.
CREATE TABLE account_request (
    txid    BLOB PRIMARY KEY,
    request TEXT NOT NULL,
    answer  TEXT NOT NULL,
    at      INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE account_freeze (
    member BLOB PRIMARY KEY REFERENCES member (member),
    why    TEXT NOT NULL,
    since  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE phone (
    device      TEXT PRIMARY KEY,
    member      BLOB NOT NULL REFERENCES member (member),
    enrolled_at INTEGER NOT NULL,
    valid_until TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- The ledger of e-money. `name` is issued:FUNDER, on_card:CARD, account:MEMBER, spent:STORE, owed:HOLDER
-- or expired.
CREATE TABLE emoney_account (
    id    INTEGER PRIMARY KEY,
    name  TEXT NOT NULL UNIQUE,
    -- Running balance; always the sum of its entries.
    minor INTEGER NOT NULL DEFAULT 0
) STRICT;

-- Double entry in one row, as in `movement`.
CREATE TABLE emoney_movement (
    id           INTEGER PRIMARY KEY,
    kind         TEXT NOT NULL CHECK (kind IN
                     ('pay', 'top_up', 'void', 'refund', 'restore', 'give_up', 'expire')),
    txid         BLOB REFERENCES purse_movement (txid),
    at           INTEGER NOT NULL,
    from_account INTEGER NOT NULL REFERENCES emoney_account (id),
    to_account   INTEGER NOT NULL REFERENCES emoney_account (id),
    minor        INTEGER NOT NULL CHECK (minor > 0 AND minor <= 9007199254740991),
    CHECK (from_account <> to_account),
    CHECK ((kind = 'expire') = (txid IS NULL))
) STRICT;
-- Money moves once for a movement, whatever comes twice, late or in another order.
CREATE UNIQUE INDEX emoney_movement_once ON emoney_movement (txid, kind = 'give_up')
    WHERE txid IS NOT NULL;

CREATE TRIGGER emoney_movement_is_kept BEFORE DELETE ON emoney_movement
BEGIN SELECT RAISE(ABORT, 'ledger movements are never deleted: book the opposite'); END;
CREATE TRIGGER emoney_movement_is_never_changed BEFORE UPDATE ON emoney_movement
BEGIN SELECT RAISE(ABORT, 'ledger movements are never changed: book the opposite'); END;

CREATE VIEW emoney_entry AS
    SELECT id AS movement, from_account AS account, -minor AS minor FROM emoney_movement
    UNION ALL
    SELECT id, to_account, minor FROM emoney_movement;
