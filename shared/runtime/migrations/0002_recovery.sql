-- Constant defaults and nullable columns: no row is rewritten, and each lock is brief.
ALTER TABLE consumer_offset
    ADD COLUMN last_offset     bigint,
    ADD COLUMN last_timestamp  bigint,
    ADD COLUMN parked_in_a_row integer NOT NULL DEFAULT 0;

-- Deferred records to retry later, each with the later records of its key, in order of seq.
CREATE TABLE deferred (
    seq           bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    topic         text        NOT NULL,
    partition     integer     NOT NULL,
    record_offset bigint      NOT NULL,
    timestamp     bigint      NOT NULL,
    key           bytea       NOT NULL,
    value         bytea,
    headers       text,
    code          text        NOT NULL,
    attempts      integer     NOT NULL DEFAULT 0,
    deferred_at   timestamptz NOT NULL DEFAULT now()
);
-- A digest, since a key may exceed the maximum length of an index entry.
CREATE INDEX deferred_key ON deferred (topic, partition, md5(key), seq);
