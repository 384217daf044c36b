-- An invite that gives a terminal of before a new certificate, and lets no other in.
ALTER TABLE invite ADD COLUMN terminal BLOB;
