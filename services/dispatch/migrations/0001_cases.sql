CREATE TABLE cases (
    case_id           uuid        PRIMARY KEY,
    version           integer     NOT NULL,
    jurisdiction      text        NOT NULL,
    dedup_group       text        NOT NULL,
    service_code      text        NOT NULL,
    status            text        NOT NULL,
    level             text        NOT NULL,
    score             integer     NOT NULL,
    reasons           jsonb       NOT NULL,
    lead_bureau       text        NOT NULL,
    request_count     integer     NOT NULL,
    first_reported_at timestamptz NOT NULL,
    last_reported_at  timestamptz NOT NULL,
    opened_by         uuid        NOT NULL,
    linked_case       uuid,
    problem           jsonb       NOT NULL,
    closed_at         timestamptz
);

CREATE TABLE case_requests (
    request_id uuid PRIMARY KEY,
    case_id    uuid NOT NULL REFERENCES cases
);

CREATE TABLE work_orders (
    work_order_id  uuid        PRIMARY KEY,
    case_id        uuid        NOT NULL REFERENCES cases,
    number         integer     NOT NULL,
    bureau         text        NOT NULL,
    role           text        NOT NULL,
    status         text        NOT NULL,
    version        integer     NOT NULL,
    acknowledge_by timestamptz NOT NULL,
    complete_by    timestamptz NOT NULL,
    route_rule     text        NOT NULL,
    scheduled_for  timestamptz,
    external_id    text,
    UNIQUE (case_id, number)
);

-- What each bureau said, as it came. The digest is over bureau, source and update_id, which
-- together tell a repeat and can be longer than an index takes.
CREATE TABLE updates (
    digest        bytea       PRIMARY KEY,
    bureau        text        NOT NULL,
    source        text        NOT NULL,
    update_id     text        NOT NULL,
    work_order_id text,
    said          jsonb,
    changed       boolean     NOT NULL,
    refused_as    text,
    taken_at      timestamptz NOT NULL DEFAULT now()
);
