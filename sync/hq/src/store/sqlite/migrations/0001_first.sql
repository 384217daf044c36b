-- The chain, its stores and what they sell.
CREATE TABLE chain (
    only_row   INTEGER PRIMARY KEY CHECK (only_row = 1),
    name       TEXT NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE store (
    store     TEXT PRIMARY KEY,
    name      TEXT NOT NULL,
    time_zone TEXT NOT NULL,
    currency  TEXT NOT NULL,
    -- The terminal that alone may burn the store's coupon numbers.
    holder    BLOB
) STRICT, WITHOUT ROWID;

CREATE TABLE product (
    item       TEXT PRIMARY KEY,
    name       TEXT NOT NULL,
    price      INTEGER NOT NULL CHECK (price >= 0),
    currency   TEXT NOT NULL,
    category   TEXT,
    tax_class  TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Rules and coupon plans as imported; the newest counts, the others are kept.
CREATE TABLE rule_document (
    id          INTEGER PRIMARY KEY,
    imported_at INTEGER NOT NULL,
    body        TEXT NOT NULL
) STRICT;

-- Terminals, how they come in, and their certificates.
CREATE TABLE terminal (
    id                  INTEGER PRIMARY KEY,
    terminal            BLOB NOT NULL UNIQUE,
    store               TEXT NOT NULL REFERENCES store (store),
    lane                TEXT NOT NULL,
    enrolled_at         INTEGER NOT NULL,
    revoked_at          INTEGER,
    last_contact        INTEGER,
    -- The newest bundle it said it adopted.
    bundle              INTEGER NOT NULL DEFAULT 0,
    certificate_seconds INTEGER NOT NULL
) STRICT;

CREATE TABLE invite (
    secret_hash         BLOB PRIMARY KEY,
    store               TEXT NOT NULL REFERENCES store (store),
    made_at             INTEGER NOT NULL,
    valid_until         INTEGER NOT NULL,
    certificate_seconds INTEGER NOT NULL,
    used_by             INTEGER REFERENCES terminal (id),
    used_at             INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE certificate (
    serial    TEXT PRIMARY KEY,
    terminal  INTEGER NOT NULL REFERENCES terminal (id),
    issued_at INTEGER NOT NULL,
    not_after INTEGER NOT NULL,
    -- SHA-256 of the public key, so that a lost answer can be given again to the same key.
    key_hash  BLOB NOT NULL,
    pem       TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Journals as they came.
CREATE TABLE journal_head (
    terminal INTEGER NOT NULL REFERENCES terminal (id),
    epoch    INTEGER NOT NULL,
    seq      INTEGER NOT NULL,
    hash     BLOB NOT NULL,
    PRIMARY KEY (terminal, epoch)
) STRICT, WITHOUT ROWID;

CREATE TABLE record (
    id          INTEGER PRIMARY KEY,
    terminal    INTEGER NOT NULL REFERENCES terminal (id),
    epoch       INTEGER NOT NULL,
    seq         INTEGER NOT NULL,
    hash        BLOB NOT NULL,
    body        TEXT NOT NULL,
    received_at INTEGER NOT NULL,
    -- The case it opened; then nothing of it is booked.
    case_id     INTEGER REFERENCES cases (id),
    UNIQUE (terminal, epoch, seq)
) STRICT;

CREATE TRIGGER record_is_kept BEFORE DELETE ON record
BEGIN SELECT RAISE(ABORT, 'journal records are never deleted'); END;
CREATE TRIGGER record_is_never_changed BEFORE UPDATE ON record
BEGIN SELECT RAISE(ABORT, 'journal records are never changed'); END;

-- Records of another history than the one in `record`: a cloned or restored terminal.
CREATE TABLE fork_record (
    terminal    INTEGER NOT NULL REFERENCES terminal (id),
    epoch       INTEGER NOT NULL,
    seq         INTEGER NOT NULL,
    hash        BLOB NOT NULL,
    body        TEXT NOT NULL,
    received_at INTEGER NOT NULL,
    case_id     INTEGER NOT NULL REFERENCES cases (id),
    PRIMARY KEY (terminal, epoch, seq, hash)
) STRICT, WITHOUT ROWID;

CREATE TABLE cases (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    kind      TEXT NOT NULL,
    terminal  INTEGER NOT NULL REFERENCES terminal (id),
    epoch     INTEGER NOT NULL,
    seq       INTEGER NOT NULL,
    opened_at INTEGER NOT NULL,
    words     TEXT NOT NULL,
    -- What HQ held against it: JSON.
    evidence  TEXT NOT NULL,
    closed_at INTEGER,
    note      TEXT,
    CHECK ((closed_at IS NULL) = (note IS NULL))
) STRICT;

-- What was sold and what it used up.
CREATE TABLE sale (
    sale      BLOB PRIMARY KEY,
    record    INTEGER NOT NULL REFERENCES record (id),
    voided_by INTEGER REFERENCES record (id)
) STRICT, WITHOUT ROWID;

CREATE TABLE coupon (
    number     TEXT PRIMARY KEY,
    plan       TEXT NOT NULL,
    store      TEXT NOT NULL REFERENCES store (store),
    revoked_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX coupon_by_store ON coupon (store);

CREATE TABLE redemption (
    id        INTEGER PRIMARY KEY,
    number    TEXT NOT NULL REFERENCES coupon (number),
    record    INTEGER NOT NULL REFERENCES record (id),
    terminal  INTEGER NOT NULL REFERENCES terminal (id),
    sale      BLOB NOT NULL,
    at        INTEGER NOT NULL,
    amount    INTEGER NOT NULL,
    currency  TEXT NOT NULL,
    voided_by INTEGER REFERENCES record (id)
) STRICT;
-- Invariant 4 at the lowest floor: one use of a number at a time.
CREATE UNIQUE INDEX redemption_once ON redemption (number) WHERE voided_by IS NULL;
CREATE INDEX redemption_by_record ON redemption (record);

-- Members and what they are known by.
CREATE TABLE member (
    id           INTEGER PRIMARY KEY,
    member       BLOB NOT NULL UNIQUE,
    number       TEXT NOT NULL UNIQUE,
    display_name TEXT NOT NULL,
    tier         TEXT NOT NULL,
    home_store   TEXT NOT NULL REFERENCES store (store)
) STRICT;

CREATE TABLE card (
    card   TEXT PRIMARY KEY,
    member BLOB NOT NULL REFERENCES member (member)
) STRICT, WITHOUT ROWID;
CREATE INDEX card_by_member ON card (member);

CREATE TABLE member_store (
    store  TEXT NOT NULL REFERENCES store (store),
    member BLOB NOT NULL REFERENCES member (member),
    PRIMARY KEY (store, member)
) STRICT, WITHOUT ROWID;

-- The ledger of points. `name` is member:ID, card:IDENTITY, funder:CODE or opening.
CREATE TABLE account (
    id     INTEGER PRIMARY KEY,
    name   TEXT NOT NULL UNIQUE,
    -- Running balance; always the sum of its entries.
    points INTEGER NOT NULL DEFAULT 0
) STRICT;

-- Double entry in one row: the same points leave one account and enter another, so no
-- transaction can fail to sum to zero.
CREATE TABLE movement (
    id           INTEGER PRIMARY KEY,
    kind         TEXT NOT NULL CHECK (kind IN ('earn', 'void', 'opening', 'resolve')),
    record       INTEGER REFERENCES record (id),
    at           INTEGER NOT NULL,
    from_account INTEGER NOT NULL REFERENCES account (id),
    to_account   INTEGER NOT NULL REFERENCES account (id),
    points       INTEGER NOT NULL CHECK (points > 0 AND points <= 9007199254740991),
    CHECK (from_account <> to_account)
) STRICT;

CREATE TRIGGER movement_is_kept BEFORE DELETE ON movement
BEGIN SELECT RAISE(ABORT, 'ledger movements are never deleted: book the opposite'); END;
CREATE TRIGGER movement_is_never_changed BEFORE UPDATE ON movement
BEGIN SELECT RAISE(ABORT, 'ledger movements are never changed: book the opposite'); END;

CREATE VIEW ledger_entry AS
    SELECT id AS movement, from_account AS account, -points AS points FROM movement
    UNION ALL
    SELECT id, to_account, points FROM movement;

CREATE TABLE bundle (
    version      INTEGER PRIMARY KEY,
    published_at INTEGER NOT NULL,
    rules        INTEGER NOT NULL,
    plans        INTEGER NOT NULL,
    products     INTEGER NOT NULL,
    stores       INTEGER NOT NULL,
    members      INTEGER NOT NULL,
    coupons      INTEGER NOT NULL
) STRICT;
