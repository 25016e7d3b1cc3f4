-- What was sent again of the topics that this service reads first (docs/adr/0009).
CREATE TABLE replays (
    content     bytea       PRIMARY KEY,  -- digest of topic, key, value and headers
    through     bigint      NOT NULL,     -- copies parked at this offset or before it are settled
    replayed_at timestamptz NOT NULL DEFAULT now()
);
