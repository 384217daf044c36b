-- What the till keeps for itself; HQ never sees it and nothing else is made from it.

-- Open sales, as the agent writes them down.
CREATE TABLE drafts (
    number INTEGER PRIMARY KEY,
    sale   BLOB NOT NULL UNIQUE,
    lane   TEXT NOT NULL,
    body   TEXT NOT NULL
) STRICT;

-- Who may sign in.
CREATE TABLE people (
    person       TEXT PRIMARY KEY,
    name         TEXT NOT NULL,
    role         TEXT NOT NULL CHECK (role IN ('cashier', 'manager')),
    pin          TEXT NOT NULL,
    failed_tries INTEGER NOT NULL DEFAULT 0,
    locked_until INTEGER
) STRICT, WITHOUT ROWID;
