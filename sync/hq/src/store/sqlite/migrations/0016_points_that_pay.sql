-- The ledger learns further kinds of movements. The check is altered in place, as SQLite's documentation of ALTER
-- TABLE describes for constraints: writing a table of millions of movements anew would keep every till waiting.
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = replace(sql, '''adjust''', '''adjust'', ''spend'', ''unspend''')
    WHERE type = 'table' AND name = 'movement';
PRAGMA writable_schema = RESET;

-- Of the points that a till may spend out of an allowance, those that the ledger has booked as spent.
CREATE TABLE lease_booked (
    allowance TEXT PRIMARY KEY,
    subject   TEXT NOT NULL,
    points    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX lease_booked_subject ON lease_booked (subject);

-- Shares of which a person gave up waiting for the till's word, and why.
CREATE TABLE lease_given_up (
    allowance TEXT PRIMARY KEY,
    freed     INTEGER NOT NULL,
    reason    TEXT NOT NULL,
    at        INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Of which quotas each till holds a share, or held one that it has not forgotten yet: a report is about these alone.
CREATE TABLE lease_holder (
    terminal TEXT NOT NULL,
    subject  TEXT NOT NULL,
    PRIMARY KEY (terminal, subject)
) STRICT, WITHOUT ROWID;
INSERT OR IGNORE INTO lease_holder (terminal, subject)
    SELECT json_extract(fact, '$.fact.terms.holder'), subject FROM lease_fact
    WHERE json_extract(fact, '$.fact.terms.holder') IS NOT NULL;
