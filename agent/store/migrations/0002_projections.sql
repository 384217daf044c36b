-- What the journal comes to, in the shape the till asks for. All of it can be dropped and rebuilt.
-- Keyed by business day where days are asked for: the key is the index.

CREATE TABLE sales (
    date      TEXT NOT NULL,
    id        INTEGER NOT NULL,
    sale      BLOB NOT NULL UNIQUE,
    at        INTEGER NOT NULL,
    lane      TEXT NOT NULL,
    cashier   TEXT NOT NULL,
    customer  TEXT,
    currency  TEXT NOT NULL,
    total     INTEGER NOT NULL,
    discount  INTEGER NOT NULL,
    points    INTEGER NOT NULL,
    coupons   INTEGER NOT NULL,
    voided_by INTEGER,
    PRIMARY KEY (date, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE voids (
    date TEXT NOT NULL,
    id   INTEGER NOT NULL,
    sale BLOB NOT NULL,
    PRIMARY KEY (date, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE refusals (
    date   TEXT NOT NULL,
    id     INTEGER NOT NULL,
    number TEXT NOT NULL,
    PRIMARY KEY (date, id)
) STRICT, WITHOUT ROWID;

-- Points by `member:…` or, for a card the store did not know, by the card's identity.
CREATE TABLE member_deltas (
    owner  TEXT NOT NULL,
    id     INTEGER NOT NULL,
    points INTEGER NOT NULL,
    PRIMARY KEY (owner, id)
) STRICT, WITHOUT ROWID;

-- A use that stands has voided_by 0: the key lets a number be burnt once, and again only after a void.
CREATE TABLE coupon_uses (
    number    TEXT NOT NULL,
    voided_by INTEGER NOT NULL DEFAULT 0,
    id        INTEGER NOT NULL,
    sale      BLOB NOT NULL,
    PRIMARY KEY (number, voided_by)
) STRICT, WITHOUT ROWID;
