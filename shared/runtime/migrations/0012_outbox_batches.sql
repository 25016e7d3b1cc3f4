-- Services must be stopped: the version before reads and writes the table outbox.
ALTER TABLE outbox RENAME TO outbox_rows;
DROP VIEW outbox_digests;

-- The records of a transaction, of one bucket of keys; the nth elements of the arrays are a record.
-- Rows are only added, and go with their whole partition: the segments are filled in turn, and the
-- oldest is emptied before it is filled again.
CREATE SEQUENCE outbox_seq;
CREATE TABLE outbox_batches (
    segment    smallint    NOT NULL,
    seq        bigint      NOT NULL,
    bucket     smallint    NOT NULL,
    event_ids  text[]      NOT NULL,
    topics     text[]      NOT NULL,
    keys       bytea[]     NOT NULL,
    payloads   bytea[]     NOT NULL,
    headers    text[]      NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
) PARTITION BY LIST (segment);
-- Compressing costs more time than it saves.
ALTER TABLE outbox_batches
    ALTER COLUMN event_ids SET STORAGE EXTERNAL,
    ALTER COLUMN topics SET STORAGE EXTERNAL,
    ALTER COLUMN keys SET STORAGE EXTERNAL,
    ALTER COLUMN payloads SET STORAGE EXTERNAL,
    ALTER COLUMN headers SET STORAGE EXTERNAL;
DO $$
BEGIN
    FOR n IN 0..7 LOOP
        EXECUTE format('CREATE TABLE outbox_batches_%s PARTITION OF outbox_batches'
                       ' FOR VALUES IN (%s) WITH (toast_tuple_target = 8160)', n, n);
    END LOOP;
END $$;
CREATE INDEX outbox_batches_seq ON outbox_batches (seq);
CREATE INDEX outbox_batches_created_at ON outbox_batches USING brin (created_at);

-- The segment that is filled now, and since when.
CREATE TABLE outbox_segment (
    current smallint    NOT NULL,
    since   timestamptz NOT NULL DEFAULT now()
);
INSERT INTO outbox_segment (current) VALUES (0);

-- The batches that are not published yet.
CREATE TABLE outbox_waiting (
    seq         bigint      PRIMARY KEY,
    bucket      smallint    NOT NULL,
    records     integer     NOT NULL,
    bytes       integer     NOT NULL,
    only_topics text[],                -- the topics to publish again; all by default
    created_at  timestamptz NOT NULL DEFAULT now()
);

-- Record by record.
CREATE VIEW outbox AS
    SELECT batch.seq, record.nth, record.event_id, record.topic, record.key, record.value,
           record.headers, batch.created_at,
           waiting.seq IS NULL
               OR waiting.only_topics IS NOT NULL AND record.topic <> ALL (waiting.only_topics)
               AS published
      FROM outbox_batches AS batch
      LEFT JOIN outbox_waiting AS waiting USING (seq)
     CROSS JOIN unnest(batch.event_ids, batch.topics, batch.keys, batch.payloads, batch.headers)
           WITH ORDINALITY AS record (event_id, topic, key, value, headers, nth);

-- As the view outbox where it is not published; quick, however large the batches are.
CREATE VIEW outbox_backlog AS
    WITH batch AS MATERIALIZED (
        SELECT stored.*, waiting.only_topics
          FROM outbox_waiting AS waiting JOIN outbox_batches AS stored USING (seq)
    )
    SELECT record.*
      FROM batch
     CROSS JOIN unnest(batch.event_ids, batch.topics, batch.keys, batch.payloads)
           AS record (event_id, topic, key, value)
     WHERE batch.only_topics IS NULL OR record.topic = ANY (batch.only_topics);

-- What the operations role may know of a message: its digest, not its bytes.
CREATE VIEW outbox_digests AS
    SELECT seq, event_id, topic, sha256(value) AS digest, published, created_at FROM outbox;

INSERT INTO outbox_batches (segment, seq, bucket, event_ids, topics, keys, payloads, headers,
                            created_at)
SELECT 0, seq, bucket, ARRAY[event_id], ARRAY[topic], ARRAY[key], ARRAY[value], ARRAY[headers],
       created_at
  FROM outbox_rows;
INSERT INTO outbox_waiting (seq, bucket, records, bytes, created_at)
SELECT seq, bucket, 1, coalesce(length(value), 0), created_at FROM outbox_rows WHERE NOT published;
SELECT setval('outbox_seq', max(seq)) FROM outbox_rows HAVING max(seq) IS NOT NULL;

DROP TABLE outbox_rows CASCADE;  -- with the view contact_rows of intake, which makes it anew
