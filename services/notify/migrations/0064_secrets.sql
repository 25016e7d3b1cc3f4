-- Which secret a key is wrapped with, as a short id; null for a key from before this step.
ALTER TABLE contact_keys ADD COLUMN secret_id text;
-- The key of the hashes that stand for people. It outlives the secrets that it is wrapped with: with
-- another one everybody would be unknown, and who unsubscribed would get mail again.
CREATE TABLE hash_key (
    only_row  boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    wrapped   bytea NOT NULL,
    secret_id text  NOT NULL
);
