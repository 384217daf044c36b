-- A plan's keys in the order they were made, so that the newest signs. All that were kept before count as the first.
ALTER TABLE token_key ADD COLUMN generation INTEGER NOT NULL DEFAULT 0;
