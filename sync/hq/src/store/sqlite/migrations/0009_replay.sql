-- So that sales can be decided again: which rules a bundle had ...
ALTER TABLE bundle ADD COLUMN document INTEGER REFERENCES rule_document (id);

-- ... and by which tier its stores knew each member. A row for each change; without a tier, the member
-- was no longer among the store's.
CREATE TABLE told_tier (
    store  TEXT NOT NULL REFERENCES store (store),
    member BLOB NOT NULL,
    since  INTEGER NOT NULL REFERENCES bundle (version),
    tier   TEXT,
    PRIMARY KEY (store, member, since)
) STRICT, WITHOUT ROWID;
