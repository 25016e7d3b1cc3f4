-- Texts that wait for an operator, and those that one decided about. A text without a row is public,
-- and so is any from before.
CREATE TABLE reviewed_texts (
    text_id    uuid        PRIMARY KEY,  -- the request's for its description, else the note's
    request_id uuid        NOT NULL,
    status     text        NOT NULL,     -- held, released or withheld
    findings   jsonb       NOT NULL,     -- why it was held: classes, each with the words
    held_at    timestamptz NOT NULL DEFAULT now(),
    decided_by text                      -- the operator
);
CREATE INDEX reviewed_texts_of_request ON reviewed_texts (request_id);
CREATE INDEX reviewed_texts_held ON reviewed_texts (held_at, text_id) WHERE status = 'held';

-- The description of a private kind, which no list shows: its holder reads it.
ALTER TABLE requests ADD COLUMN own_text text;
