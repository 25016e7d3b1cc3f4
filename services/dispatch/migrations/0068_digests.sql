-- The daily mails of bureaus that get one. seq: the last event of the feed that it tells of.
CREATE TABLE digests (
    bureau   text        NOT NULL,
    day      date        NOT NULL,
    state    text        NOT NULL
             CHECK (state IN ('sending', 'waiting', 'sent', 'empty', 'failed', 'unknown')),
    seq      bigint      NOT NULL,
    at       timestamptz NOT NULL,
    due_at   timestamptz NOT NULL,  -- of the next try, or the end of the one under way
    reason   text,
    PRIMARY KEY (bureau, day)
);
