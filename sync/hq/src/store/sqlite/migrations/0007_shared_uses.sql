-- Uses of a code that everybody shows, each out of a till's share of its plan's quota.
CREATE TABLE shared_use (
    id        INTEGER PRIMARY KEY,
    number    TEXT NOT NULL,
    plan      TEXT NOT NULL,
    record    INTEGER NOT NULL REFERENCES record (id),
    terminal  INTEGER NOT NULL REFERENCES terminal (id),
    sale      BLOB NOT NULL,
    at        INTEGER NOT NULL,
    amount    INTEGER NOT NULL,
    currency  TEXT NOT NULL,
    voided_by INTEGER REFERENCES record (id)
) STRICT;
CREATE INDEX shared_use_by_record ON shared_use (record);

-- To whom an allowance was granted, by the allowance.
CREATE INDEX lease_fact_terms ON lease_fact (json_extract(fact, '$.fact.terms.id'));
