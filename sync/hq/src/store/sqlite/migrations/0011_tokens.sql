-- The public keys that sign a plan's coupons; HQ's one secret for them is a file beside the database.
CREATE TABLE token_key (
    plan TEXT NOT NULL,
    key  BLOB NOT NULL,
    PRIMARY KEY (plan, key)
) STRICT;

-- Which serials of a plan were issued: so many from the first on.
CREATE TABLE token_batch (
    plan      TEXT NOT NULL,
    first     INTEGER NOT NULL,
    count     INTEGER NOT NULL,
    issued_at INTEGER NOT NULL,
    PRIMARY KEY (plan, first)
) STRICT;

-- A signed coupon's serial; a use without one is out of a till's share. Each is used once at a time.
ALTER TABLE shared_use ADD COLUMN serial INTEGER;
CREATE UNIQUE INDEX shared_use_once ON shared_use (number) WHERE serial IS NOT NULL AND voided_by IS NULL;
