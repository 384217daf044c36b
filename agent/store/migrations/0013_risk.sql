-- Numbers that HQ gave to no store, by plan: any till may take one at its own risk. Of the bundle in force.
CREATE TABLE open_coupons (
    digest INTEGER PRIMARY KEY,
    plan   TEXT NOT NULL
) STRICT;

-- What this till took at its own risk: a projection like the others. What counts are the uses whose
-- record HQ has not confirmed; a void takes its sale's away.
CREATE TABLE risk_uses (
    id       INTEGER NOT NULL,
    number   TEXT NOT NULL,
    plan     TEXT NOT NULL,
    sale     BLOB NOT NULL,
    minor    INTEGER NOT NULL,
    currency TEXT NOT NULL,
    PRIMARY KEY (id, number)
) STRICT, WITHOUT ROWID;
