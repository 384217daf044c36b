-- Epochs that HQ gave to terminals whose journal is another than HQ has, and where each goes on from.
CREATE TABLE epoch (
    terminal    INTEGER NOT NULL REFERENCES terminal (id),
    epoch       INTEGER NOT NULL,
    -- What the terminal drew, so that a lost answer can be given again.
    key         BLOB NOT NULL,
    from_epoch  INTEGER NOT NULL,
    from_seq    INTEGER NOT NULL,
    begun_at    INTEGER NOT NULL,
    case_id     INTEGER NOT NULL REFERENCES cases (id),
    PRIMARY KEY (terminal, epoch),
    UNIQUE (terminal, key)
) STRICT, WITHOUT ROWID;
