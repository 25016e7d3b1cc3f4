-- When each bureau last read its feed, and the number after which it asked: it has all up to there.
CREATE TABLE feed_reads (
    bureau text        PRIMARY KEY,
    seq    bigint      NOT NULL,
    at     timestamptz NOT NULL
);
