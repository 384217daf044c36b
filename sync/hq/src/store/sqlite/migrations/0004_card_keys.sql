-- To whom the keys of which new card were given, and when first and last.
CREATE TABLE card_keys_given (
    card     TEXT NOT NULL,
    terminal INTEGER NOT NULL REFERENCES terminal (id),
    first_at INTEGER NOT NULL,
    last_at  INTEGER NOT NULL,
    PRIMARY KEY (card, terminal)
) STRICT, WITHOUT ROWID;
