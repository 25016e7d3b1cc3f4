-- Records that a person wants parked; the owner of the partition reads them when it claims it.
CREATE TABLE skips (
    topic         text        NOT NULL,
    partition     integer     NOT NULL,
    record_offset bigint      NOT NULL,
    reason        text        NOT NULL,
    actor         text        NOT NULL,
    asked_at      timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (topic, partition, record_offset)
);
