-- E-money. The first part is projections, made from the journal like those of 0002.

-- Movements of purses. `ended` is set once: the guard against a movement that ends twice.
CREATE TABLE purses (
    txid      BLOB PRIMARY KEY CHECK (length(txid) = 8),
    card      TEXT NOT NULL,
    kind      TEXT NOT NULL,
    action    TEXT NOT NULL,
    sale      BLOB,
    of_txid   BLOB,
    from_card TEXT,
    minor     INTEGER NOT NULL,
    currency  TEXT NOT NULL,
    stage     TEXT NOT NULL CHECK (stage IN ('open', 'unknown', 'done', 'not_done', 'given_up', 'owed')),
    date      TEXT NOT NULL,
    intended  INTEGER NOT NULL,
    unknown   INTEGER,
    given_up  INTEGER,
    ended     INTEGER,
    ended_on  TEXT
) STRICT, WITHOUT ROWID;

CREATE INDEX purses_of_card ON purses (card, intended);
CREATE INDEX purses_of_sale ON purses (sale) WHERE sale IS NOT NULL;
CREATE INDEX purses_giving_back ON purses (of_txid) WHERE of_txid IS NOT NULL;
CREATE INDEX purses_restored ON purses (from_card) WHERE from_card IS NOT NULL;
CREATE INDEX purses_of_day ON purses (ended_on) WHERE ended_on IS NOT NULL;
CREATE INDEX purses_to_settle ON purses (intended) WHERE stage IN ('open', 'unknown', 'given_up', 'owed');
-- While one movement of a card or of a sale is not settled, none is begun beside it (invariant 5).
CREATE UNIQUE INDEX one_unsettled_of_card ON purses (card) WHERE stage IN ('open', 'unknown');
CREATE UNIQUE INDEX one_unsettled_of_sale ON purses (sale)
    WHERE stage IN ('open', 'unknown') AND sale IS NOT NULL;

-- How sales were paid. A movement of a purse pays for one sale.
CREATE TABLE tenders (
    id     INTEGER NOT NULL,
    number INTEGER NOT NULL,
    kind   TEXT NOT NULL,
    minor  INTEGER NOT NULL,
    txid   BLOB UNIQUE,
    PRIMARY KEY (id, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE issued_cards (
    card     TEXT NOT NULL,
    id       INTEGER NOT NULL,
    member   BLOB NOT NULL,
    replaces TEXT,
    PRIMARY KEY (card, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE frozen_cards (
    card TEXT PRIMARY KEY,
    id   INTEGER NOT NULL,
    why  TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- The newest state, by its own counter, in which this terminal knows a card.
CREATE TABLE card_seen (
    card    TEXT PRIMARY KEY,
    tmc     INTEGER NOT NULL,
    balance INTEGER NOT NULL,
    last    BLOB
) STRICT, WITHOUT ROWID;

-- What the bundle in force says of e-money, as in 0003.

CREATE TABLE purse_sheet (
    one    INTEGER PRIMARY KEY CHECK (one = 1),
    scheme TEXT NOT NULL,
    desk   TEXT NOT NULL,
    as_of  INTEGER,
    filter TEXT NOT NULL
) STRICT;

CREATE TABLE hot_cards (
    card TEXT PRIMARY KEY,
    why  TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE carry_overs (
    from_card TEXT PRIMARY KEY,
    to_card   TEXT NOT NULL,
    minor     INTEGER NOT NULL,
    currency  TEXT NOT NULL,
    from_day  TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX carry_overs_to ON carry_overs (to_card);

CREATE TABLE member_code_keys (
    number INTEGER PRIMARY KEY,
    key    BLOB NOT NULL CHECK (length(key) = 32)
) STRICT;

-- What the till keeps for itself, as in 0004.

-- Codes that phones showed here, so that each counts once.
CREATE TABLE member_code_nonces (
    nonce  BLOB PRIMARY KEY CHECK (length(nonce) = 32),
    issued INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX member_code_nonces_issued ON member_code_nonces (issued);
