-- Goods that came back, by the day they did and their record. The sale may be another till's.
CREATE TABLE returns (
    date     TEXT NOT NULL,
    id       INTEGER NOT NULL,
    back     BLOB NOT NULL UNIQUE,
    sale     BLOB NOT NULL,
    currency TEXT NOT NULL,
    total    INTEGER NOT NULL,
    points   INTEGER NOT NULL,
    PRIMARY KEY (date, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX returns_by_sale ON returns (sale);
