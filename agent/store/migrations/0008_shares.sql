-- What this till may give by itself of quotas that it shares with others: a projection like the others,
-- one row, the fold of the facts about allowances.

CREATE TABLE shares (
    one    INTEGER PRIMARY KEY CHECK (one = 1),
    holder TEXT NOT NULL
) STRICT;
