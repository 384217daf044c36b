-- Points of `member_deltas` that may not be spent at once: by whose they are, the record that moved them (a sale
-- or its void) and the sale's own record.
CREATE TABLE pending_deltas (
    owner  TEXT NOT NULL,
    id     INTEGER NOT NULL,
    sold   INTEGER NOT NULL,
    until  INTEGER NOT NULL,
    points INTEGER NOT NULL,
    PRIMARY KEY (owner, id, until)
) STRICT, WITHOUT ROWID;

ALTER TABLE members ADD COLUMN pending INTEGER NOT NULL DEFAULT 0;
