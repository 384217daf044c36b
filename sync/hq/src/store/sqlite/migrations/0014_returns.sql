-- Goods that came back. What of a sale is back is kept by line, so that no till takes it back once more.
CREATE TABLE goods_return (
    back   BLOB PRIMARY KEY,
    sale   BLOB NOT NULL REFERENCES sale (sale),
    record INTEGER NOT NULL REFERENCES record (id)
) STRICT, WITHOUT ROWID;
CREATE INDEX goods_return_by_sale ON goods_return (sale);

CREATE TABLE returned_line (
    sale     BLOB NOT NULL REFERENCES sale (sale),
    line     INTEGER NOT NULL,
    quantity INTEGER NOT NULL CHECK (quantity > 0),
    PRIMARY KEY (sale, line)
) STRICT, WITHOUT ROWID;
