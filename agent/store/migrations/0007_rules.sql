-- What sales used up of the caps of rules: a projection like the others. A text that a cap does not
-- count by (no member, no day) is empty. Voids take back; a row may come to nothing.

CREATE TABLE counters (
    member  TEXT NOT NULL,
    day     TEXT NOT NULL,
    subject TEXT NOT NULL,
    span    TEXT NOT NULL,
    times   INTEGER NOT NULL,
    points  INTEGER NOT NULL,
    amount  INTEGER NOT NULL,
    PRIMARY KEY (member, day, subject, span)
) STRICT, WITHOUT ROWID;
