-- Each allowance by itself: a till that keeps points of a few hundred members aside does not read and write all of
-- them with every sale. What is left in `shares` is where the holder stands.

CREATE TABLE held_shares (
    allowance TEXT PRIMARY KEY,
    -- Whether it is for a member's points.
    member    INTEGER NOT NULL,
    subject   TEXT NOT NULL,
    held      TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX held_shares_subject ON held_shares (member, subject);

INSERT INTO held_shares (allowance, member, subject, held)
    SELECT each.key, json_extract(each.value, '$.terms.subject.kind') = 'member_points',
        json_extract(each.value, '$.terms.subject'), each.value
    FROM shares, json_each(shares.holder, '$.held') AS each;
UPDATE shares SET holder = json_set(holder, '$.held', json('{}'));
