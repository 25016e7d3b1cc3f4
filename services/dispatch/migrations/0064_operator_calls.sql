-- The answer to a command over HTTP, for its repeats: its events, or why it was refused.
ALTER TABLE commands
    ADD COLUMN body_digest bytea,
    ADD COLUMN events      bytea[],
    ADD COLUMN refusal     text;

-- Events of cases, with the bytes of their topic, for those who follow the stream. Whoever adds
-- some holds a lock until the commit, so the numbers become visible in order.
CREATE TABLE case_events (
    seq      bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    event_id uuid        NOT NULL,
    added_at timestamptz NOT NULL DEFAULT now(),
    payload  bytea       NOT NULL
);
CREATE INDEX case_events_event_id ON case_events (event_id);
