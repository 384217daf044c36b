-- With what HQ signs allowances, as the bundle in force says.
CREATE TABLE allowance_keys (
    number INTEGER PRIMARY KEY,
    key    BLOB NOT NULL CHECK (length(key) = 32)
) STRICT;
