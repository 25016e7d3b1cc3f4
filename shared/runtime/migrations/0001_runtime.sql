CREATE TABLE consumer_offset (
    topic       text     NOT NULL,
    partition   integer  NOT NULL,
    epoch       bigint   NOT NULL,
    next_offset bigint,
    PRIMARY KEY (topic, partition)
);

CREATE TABLE inbox (
    event    bytea       PRIMARY KEY,
    taken_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE outbox (
    seq        bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    bucket     smallint    NOT NULL,
    event_id   text        NOT NULL,
    topic      text        NOT NULL,
    key        bytea       NOT NULL,
    value      bytea,
    headers    text,
    published  boolean     NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX outbox_unpublished ON outbox (seq) WHERE NOT published;
CREATE INDEX outbox_created_at ON outbox USING brin (created_at);

CREATE TABLE api_keys (
    key_hash text NOT NULL PRIMARY KEY,
    name     text NOT NULL,
    scope    text NOT NULL CHECK (scope IN ('adapter', 'bureau', 'operator'))
);
