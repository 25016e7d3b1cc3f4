-- Events for bureaus, with the bytes of their topics. Whoever adds some of a bureau holds its lock
-- until the commit, so the numbers of a bureau become visible in order.
CREATE TABLE bureau_events (
    seq           bigint      GENERATED ALWAYS AS IDENTITY,
    bureau        text        NOT NULL,
    event_id      uuid        NOT NULL,
    case_id       uuid        NOT NULL,
    work_order_id uuid        NOT NULL,
    level         text        NOT NULL,
    time          timestamptz NOT NULL,
    payload       bytea       NOT NULL,
    PRIMARY KEY (bureau, seq)
);
ALTER TABLE bureau_events ALTER COLUMN payload SET STORAGE EXTERNAL;
CREATE INDEX bureau_events_event_id ON bureau_events (event_id);

-- The answer to an update over HTTP, for its repeats.
ALTER TABLE updates
    ADD COLUMN body_digest bytea,
    ADD COLUMN answer      jsonb;
