-- What the bundle in force says. The next one takes its place whole, in one transaction, so that
-- the one in force stays until the next is in.

CREATE TABLE bundle (
    one      INTEGER PRIMARY KEY CHECK (one = 1),
    version  INTEGER NOT NULL,
    digest   BLOB NOT NULL,
    profile  TEXT NOT NULL,
    rules    TEXT NOT NULL,
    as_of    INTEGER NOT NULL,
    included TEXT NOT NULL,
    holder   BLOB
) STRICT;

CREATE TABLE products (
    item       TEXT PRIMARY KEY,
    name       TEXT NOT NULL,
    minor      INTEGER NOT NULL,
    currency   TEXT NOT NULL,
    category   TEXT,
    tax_class  TEXT NOT NULL,
    searchable TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE members (
    member       BLOB PRIMARY KEY,
    display_name TEXT NOT NULL,
    tier         TEXT NOT NULL,
    points       INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE cards (
    card   TEXT PRIMARY KEY,
    member BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX cards_of_member ON cards (member);

CREATE TABLE coupons (
    number  TEXT PRIMARY KEY,
    plan    TEXT,
    used    TEXT,
    revoked INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

CREATE TABLE elsewhere (
    digest INTEGER PRIMARY KEY,
    store  TEXT NOT NULL
) STRICT;
