-- Phones whose codes do not count any more, as the bundle in force has them.
CREATE TABLE member_code_revoked (
    device BLOB PRIMARY KEY CHECK (length(device) = 32)
) STRICT, WITHOUT ROWID;
