-- The note that each idempotency key of a call stands for.
CREATE TABLE notes (
    identity    bytea       PRIMARY KEY,  -- of source and key
    fingerprint bytea       NOT NULL,     -- of tracking number and data
    note_id     uuid        NOT NULL,
    added_at    timestamptz NOT NULL DEFAULT now()
);
