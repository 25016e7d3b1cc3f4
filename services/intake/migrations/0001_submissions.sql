-- A serial number may be skipped when a transaction fails, and is never used twice.
CREATE SEQUENCE serial_numbers MINVALUE 0;

CREATE TABLE submissions (
    identity      bytea       NOT NULL,  -- of source and id, which may be too long for an index
    fingerprint   bytea       NOT NULL,
    first         boolean     NOT NULL,
    source        text        NOT NULL,
    submission_id text        NOT NULL,
    received_at   timestamptz NOT NULL,
    receipt_id    text        NOT NULL,
    receipt       bytea       NOT NULL,
    body          bytea,                 -- of a rejected submission only
    time_replaced boolean     NOT NULL,
    PRIMARY KEY (identity, fingerprint)
);
CREATE UNIQUE INDEX submissions_first ON submissions (identity) WHERE first;
CREATE INDEX submissions_rejected ON submissions (received_at) WHERE body IS NOT NULL;

CREATE TABLE requests (
    request_id      uuid             NOT NULL PRIMARY KEY,
    tracking_number text             NOT NULL UNIQUE,
    jurisdiction    text             NOT NULL,
    service_code    text             NOT NULL,
    submitted_at    timestamptz      NOT NULL,
    address         text,
    latitude        double precision,
    longitude       double precision,
    decided_at      timestamptz,
    outcome         text,
    referral_name   text,
    referral_phone  text,
    referral_url    text,
    case_id         uuid,
    joined_at       timestamptz
);

CREATE TABLE case_steps (
    case_id       uuid        NOT NULL,
    version       integer     NOT NULL,
    status        text        NOT NULL,
    taken_at      timestamptz NOT NULL,
    bureau        text        NOT NULL,
    note          text,
    scheduled_for timestamptz,
    PRIMARY KEY (case_id, version)
);
