-- Bureaus whose work orders go to another system: the last event of the feed that was taken, the
-- circuit breaker, and when statuses are read next.
CREATE TABLE forward_systems (
    bureau   text        PRIMARY KEY,
    seq      bigint      NOT NULL DEFAULT 0,
    failures integer     NOT NULL DEFAULT 0,
    probe_at timestamptz,
    poll_at  timestamptz NOT NULL DEFAULT '-infinity'
);

-- Work orders there. A try is committed before the call, by the clock of who sends.
CREATE TABLE forwards (
    work_order_id      uuid        PRIMARY KEY,
    bureau             text        NOT NULL,
    level              text        NOT NULL,
    state              text        NOT NULL DEFAULT 'pending'
                       CHECK (state IN ('pending', 'sent', 'parked', 'dropped', 'done')),
    reason             text,
    attempts           integer     NOT NULL DEFAULT 0,
    first_at           timestamptz,
    due_at             timestamptz NOT NULL DEFAULT '-infinity',
    tried_at           timestamptz,                               -- it may have arrived since
    not_before         timestamptz NOT NULL DEFAULT '-infinity',
    service_request_id text,
    token              text,
    remote_status      text
);
CREATE INDEX forwards_pending ON forwards (bureau, level, work_order_id) WHERE state = 'pending';
CREATE INDEX forwards_sent ON forwards (bureau, work_order_id) WHERE state = 'sent';
CREATE INDEX forwards_parked ON forwards (bureau, work_order_id) WHERE state = 'parked';
