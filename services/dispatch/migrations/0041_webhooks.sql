CREATE TABLE webhooks (
    bureau          text        PRIMARY KEY,
    url             text        NOT NULL,
    enabled         boolean     NOT NULL,
    disabled_reason text,
    secrets         text[]      NOT NULL,            -- oldest first
    failures        integer     NOT NULL DEFAULT 0,  -- in a row
    probe_at        timestamptz                      -- set while the breaker is open
);

-- Events of bureau_events that a webhook is to get.
CREATE TABLE webhook_deliveries (
    bureau        text        NOT NULL,
    seq           bigint      NOT NULL,
    work_order_id uuid        NOT NULL,
    level         text        NOT NULL,  -- that of the event, or of a more urgent one behind it
    state         text        NOT NULL DEFAULT 'pending'
                  CHECK (state IN ('pending', 'delivered', 'parked')),
    attempts      integer     NOT NULL DEFAULT 0,
    first_at      timestamptz,
    due_at        timestamptz NOT NULL DEFAULT '-infinity',  -- else by the clock of who sends
    PRIMARY KEY (bureau, seq)
);
CREATE INDEX webhook_deliveries_pending ON webhook_deliveries (bureau, level, seq)
    WHERE state = 'pending';
-- Worded unlike the other one, so that no plan of an empty table reads that one for a work order.
CREATE INDEX webhook_deliveries_gate ON webhook_deliveries (work_order_id, seq)
    WHERE state NOT IN ('delivered', 'parked');

CREATE TABLE webhook_calls (
    number      bigint      GENERATED ALWAYS AS IDENTITY,
    bureau      text        NOT NULL,
    event_id    uuid        NOT NULL,
    case_id     uuid        NOT NULL,
    at          timestamptz NOT NULL,
    attempt     integer     NOT NULL,
    status      integer,
    duration_ms integer     NOT NULL,
    error       text,
    PRIMARY KEY (bureau, number)
);
CREATE INDEX webhook_calls_by_case ON webhook_calls (case_id, number);
