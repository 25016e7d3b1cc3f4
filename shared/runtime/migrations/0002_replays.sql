-- Log of replayed dead letters, for the topics whose first reader is this service (docs/adr/0009).
CREATE TABLE replays (
    content     bytea       PRIMARY KEY,  -- digest of topic, key, value and headers
    through     bigint      NOT NULL,     -- last offset of the dead-letter topic at the replay
    replayed_at timestamptz NOT NULL DEFAULT now()
);
