-- Numbers that were given to no store: any till takes them at its own risk, up to its plan's cap.
CREATE TABLE open_coupon (
    number     TEXT PRIMARY KEY,
    plan       TEXT NOT NULL,
    revoked_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX open_coupon_by_plan ON open_coupon (plan);

-- Whether a use is of such a number. Each is used once at a time.
ALTER TABLE shared_use ADD COLUMN open INTEGER NOT NULL DEFAULT 0;
CREATE UNIQUE INDEX shared_use_open_once ON shared_use (number) WHERE open = 1 AND voided_by IS NULL;
