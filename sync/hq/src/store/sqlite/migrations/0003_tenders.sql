-- Movements of purses that sales count as their payment. Sales of before are not looked at again.
CREATE TABLE sale_tender (
    sale    BLOB NOT NULL REFERENCES sale (sale),
    -- Its place among the sale's payments with e-money.
    part    INTEGER NOT NULL,
    record  INTEGER NOT NULL REFERENCES record (id),
    -- None: the sale does not say which.
    txid    BLOB CHECK (length(txid) = 8),
    minor   INTEGER NOT NULL,
    state   TEXT NOT NULL CHECK (state IN ('stands', 'waits', 'wrong')),
    since   INTEGER NOT NULL,
    case_id INTEGER REFERENCES cases (id),
    PRIMARY KEY (sale, part),
    -- What waits has one once it is past the time-out.
    CHECK (state <> 'wrong' OR case_id IS NOT NULL)
) STRICT, WITHOUT ROWID;
CREATE INDEX sale_tender_by_txid ON sale_tender (txid) WHERE txid IS NOT NULL;
CREATE INDEX sale_tender_waits ON sale_tender (since) WHERE state = 'waits';
-- A movement is counted once.
CREATE UNIQUE INDEX sale_tender_once ON sale_tender (txid) WHERE state <> 'wrong';
