-- Bytes of records and submissions that nobody can use, by hour: what was kept, and what was only
-- counted since the budget of bytes was spent.
CREATE TABLE garbage (
    topic           text        NOT NULL,
    hour            timestamptz NOT NULL,
    code            text        NOT NULL,
    kept_records    bigint      NOT NULL,
    kept_bytes      bigint      NOT NULL,
    dropped_records bigint      NOT NULL,
    dropped_bytes   bigint      NOT NULL,
    PRIMARY KEY (topic, hour, code)
);
