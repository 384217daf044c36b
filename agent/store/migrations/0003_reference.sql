-- What the adopted bundle says. Two sets of tables: one is in force (`meta.slot`), the other takes
-- the next bundle, so that the one in force stays whole until the next is in.

CREATE TABLE bundle_a (
    one      INTEGER PRIMARY KEY CHECK (one = 1),
    version  INTEGER NOT NULL,
    digest   BLOB NOT NULL,
    profile  TEXT NOT NULL,
    rules    TEXT NOT NULL,
    as_of    INTEGER NOT NULL,
    included TEXT NOT NULL,
    holder   BLOB
) STRICT;

CREATE TABLE products_a (
    item       TEXT PRIMARY KEY,
    name       TEXT NOT NULL,
    minor      INTEGER NOT NULL,
    currency   TEXT NOT NULL,
    category   TEXT,
    tax_class  TEXT NOT NULL,
    searchable TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE members_a (
    member       BLOB PRIMARY KEY,
    display_name TEXT NOT NULL,
    tier         TEXT NOT NULL,
    points       INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE cards_a (
    card   TEXT PRIMARY KEY,
    member BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX cards_a_of_member ON cards_a (member);

CREATE TABLE coupons_a (
    number  TEXT PRIMARY KEY,
    plan    TEXT,
    used    TEXT,
    revoked INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

CREATE TABLE elsewhere_a (
    digest INTEGER PRIMARY KEY,
    store  TEXT NOT NULL
) STRICT;

CREATE TABLE bundle_b (
    one      INTEGER PRIMARY KEY CHECK (one = 1),
    version  INTEGER NOT NULL,
    digest   BLOB NOT NULL,
    profile  TEXT NOT NULL,
    rules    TEXT NOT NULL,
    as_of    INTEGER NOT NULL,
    included TEXT NOT NULL,
    holder   BLOB
) STRICT;

CREATE TABLE products_b (
    item       TEXT PRIMARY KEY,
    name       TEXT NOT NULL,
    minor      INTEGER NOT NULL,
    currency   TEXT NOT NULL,
    category   TEXT,
    tax_class  TEXT NOT NULL,
    searchable TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE members_b (
    member       BLOB PRIMARY KEY,
    display_name TEXT NOT NULL,
    tier         TEXT NOT NULL,
    points       INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE cards_b (
    card   TEXT PRIMARY KEY,
    member BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX cards_b_of_member ON cards_b (member);

CREATE TABLE coupons_b (
    number  TEXT PRIMARY KEY,
    plan    TEXT,
    used    TEXT,
    revoked INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

CREATE TABLE elsewhere_b (
    digest INTEGER PRIMARY KEY,
    store  TEXT NOT NULL
) STRICT;
