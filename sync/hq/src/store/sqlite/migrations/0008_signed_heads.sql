-- The newest head of each journal that its terminal signed, as it signed it.
CREATE TABLE signed_head (
    terminal INTEGER NOT NULL REFERENCES terminal (id),
    epoch    INTEGER NOT NULL,
    signed   TEXT NOT NULL,
    PRIMARY KEY (terminal, epoch)
) STRICT, WITHOUT ROWID;
