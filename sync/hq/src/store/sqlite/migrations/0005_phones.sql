-- A phone whose certificate was taken back. Its key never counts again.
ALTER TABLE phone ADD COLUMN revoked_at INTEGER;
CREATE INDEX phone_by_member ON phone (member);
