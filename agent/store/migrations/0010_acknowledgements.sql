-- What HQ signed of its copy of this journal: the newest of each epoch, and one a day.
CREATE TABLE acknowledgement (
    id     INTEGER PRIMARY KEY,
    at     INTEGER NOT NULL,
    signed TEXT NOT NULL
) STRICT;
