-- Shares of quotas: the facts of each, in order. What is free and who has what is made from them.

CREATE TABLE lease_fact (
    id      INTEGER PRIMARY KEY,
    subject TEXT NOT NULL,
    fact    TEXT NOT NULL
) STRICT;

CREATE INDEX lease_fact_subject ON lease_fact (subject, id);

-- The newest serial that was given out in each epoch of each till, over all quotas.
CREATE TABLE lease_serial (
    terminal BLOB NOT NULL,
    epoch    INTEGER NOT NULL,
    serial   INTEGER NOT NULL,
    PRIMARY KEY (terminal, epoch)
) STRICT, WITHOUT ROWID;
